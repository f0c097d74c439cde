"""The parts alone, for scaled-out set-ups: web, feed, worker, sweep, edge, mailbox; settings."""

from __future__ import annotations

import os
import sys
from dataclasses import fields
from pathlib import Path

import click

from app.cli.context import settings as read_settings

_ROOT = Path(__file__).parent.parent.parent


def _serve(host: str, port: int, threads: int, waiters: int) -> None:
    import waitress  # noqa: PLC0415 - only the web process needs it
    from waitress.server import BaseWSGIServer  # noqa: PLC0415

    from app.cli.receiving import Channel  # noqa: PLC0415
    from app.factory import create_app  # noqa: PLC0415

    app = create_app(read_settings())
    app.config["FEED_WAITERS"] = waiters
    BaseWSGIServer.channel_class = Channel
    # Slow clients wait in the one asynchronous channel loop, not in threads: 200 of them starve
    # nobody (design page 6, fact 6).
    waitress.serve(
        app,
        host=host,
        port=port,
        threads=threads,
        connection_limit=2000,
        channel_timeout=75,
        max_request_body_size=530 * 1024 * 1024,
        ident=None,
        clear_untrusted_proxy_headers=False,  # app.core.web reads them from trusted hops only
    )


@click.command("web")
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option("--port", default=8080, show_default=True)
def web(host: str, port: int) -> None:
    """Portal, desk and API."""
    _serve(host, port, read_settings().web_threads, waiters=3)


@click.command("feed")
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option("--port", default=8081, show_default=True)
@click.option("--waiters", default=200, show_default=True, help="edges that may wait at once")
def feed(host: str, port: int, waiters: int) -> None:
    """The same application for waiting edges, so that they never hold the web's threads."""
    _serve(host, port, threads=waiters + 4, waiters=waiters)


@click.command("worker")
@click.option("--queues", default="stop,default,slow", show_default=True)
def worker(queues: str) -> None:
    """Answer rings on the named queues."""
    os.chdir(_ROOT)
    os.execv(sys.executable, [sys.executable, "-m", "workers", "--queues", queues])  # noqa: S606


@click.command("sweep")
def sweep() -> None:
    """Ring for what nobody rang for; work when Redis is gone."""
    os.chdir(_ROOT)
    os.execv(sys.executable, [sys.executable, "-m", "workers.sweeper"])  # noqa: S606


@click.command(
    "edge",
    context_settings={"ignore_unknown_options": True, "help_option_names": []},
    add_help_option=False,
)
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
def edge(arguments: tuple[str, ...]) -> None:
    """The agent beside nginx on a serving host (edge/agent.py; --help for its options)."""
    agent = str(_ROOT / "edge" / "agent.py")
    os.execv(sys.executable, [sys.executable, agent, *arguments])  # noqa: S606


@click.command("mailbox")
@click.option("--smtp-port", type=int, required=True)
@click.option("--port", type=int, required=True)
def mailbox(smtp_port: int, port: int) -> None:
    """The demo's mail sink, with a page to read the letters."""
    from app.demo import mailbox as sink  # noqa: PLC0415

    sink.serve(read_settings().folder / "mailbox", smtp_port=smtp_port, http_port=port)


@click.command("settings")
def settings() -> None:
    """Every setting with its default and meaning."""
    from app.core.settings import PREFIX, Settings  # noqa: PLC0415

    for one in fields(Settings):
        default = f" (default {one.default})" if one.default not in ("", None) else ""
        click.echo(f"{PREFIX}{one.name.upper():24} {one.metadata['doc']}{default}")


COMMANDS = (web, feed, worker, sweep, edge, mailbox, settings)
