"""``chuku up``: everything on one machine, as one supervised tree of processes."""

from __future__ import annotations

import fcntl
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click

from app.cli.context import settings as read_settings
from app.core import bell
from app.core.log import configure as configure_log
from app.core.settings import PREFIX, Settings, SettingsError, chosen, load
from workers.supervisor import Part, Supervisor

_ROOT = Path(__file__).parent.parent.parent
_LOOPBACK = "127.0.0.0/8, ::1/128"
_SOCKET_MAX = 100  # bytes a unix socket's path may have


@dataclass(frozen=True)
class Ports:
    """Where the parts listen; kept in the data folder, so that addresses stay the same."""

    portal: int
    edge: int
    feed: int
    origin: int
    smtp: int
    mailbox: int


def _free(port: int, host: str = "127.0.0.1") -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return False
    return True


def _any_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _choose_ports(folder: Path, portal: int, edge: int) -> Ports:
    """The asked ports for people, remembered or free ones for the parts inside.

    Raises:
        click.ClickException: a port that people were told of is taken.
    """
    file = folder / "ports.json"
    known: dict[str, int] = json.loads(file.read_text()) if file.is_file() else {}
    asked = {"portal": portal, "edge": edge}
    chosen: dict[str, int] = {}
    for name in ("portal", "edge", "feed", "origin", "smtp", "mailbox"):
        port = asked.get(name) or known.get(name, 0)
        if asked.get(name) and not _free(port):
            option = "--port" if name == "portal" else "--edge-port"
            raise click.ClickException(
                f"port {port} is in use by another program; choose another with {option}"
            )
        while not port or port in chosen.values() or not _free(port):
            port = _any_port()
        chosen[name] = port
    file.write_text(json.dumps(chosen))
    return Ports(**chosen)


def _lock(folder: Path) -> Any:
    """One supervisor per data folder; the lock dies with the process."""
    handle = (folder / "up.lock").open("w")
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise click.ClickException(f"chuku is running already with {folder}") from None
    return handle


def _environment(folder: Path, host: str, ports: Ports, *, demo: bool) -> dict[str, str]:
    """What the parts get told; whatever the operator chose in file or environment stands."""
    shown = "127.0.0.1" if host in {"0.0.0.0", "::"} else host  # noqa: S104 - compared, not bound
    public = f"http://{shown}:{ports.portal}"
    ours = {
        "CHUKU_PUBLIC_URL": public,
        "CHUKU_FEED_URL": f"http://127.0.0.1:{ports.feed}",
        "CHUKU_DEMO": "0",
    }
    if demo:
        ours |= {
            "CHUKU_EDGE_URL": f"http://127.0.0.1:{ports.edge}",
            "CHUKU_ORIGIN_URL": f"http://127.0.0.1:{ports.origin}",
            "CHUKU_SMTP_URL": f"smtp://127.0.0.1:{ports.smtp}",
            "CHUKU_MAILBOX_URL": f"http://127.0.0.1:{ports.mailbox}",
            "CHUKU_PROBE_NETS": _LOOPBACK,
            # Art. 17: ways to complain are published; these reach nobody
            "CHUKU_CONTACT_PHONE": "000-0000-0000",
            "CHUKU_CONTACT_MAIL": "tousu@platform.example",
            "CHUKU_CONTACT_POST": "演示省演示市演示路 1 号",
        }
    given = {f"{PREFIX}{name.upper()}" for name in chosen()}
    env = {name: value for name, value in ours.items() if name not in given}
    if demo:
        env["CHUKU_DEMO"] = "1"
    env["CHUKU_DATA"] = str(folder)
    # The parts start elsewhere: the file beside us must be theirs too.
    env["CHUKU_CONFIG"] = str(Path(os.environ.get("CHUKU_CONFIG", "chuku.toml")).resolve())
    env["PYTHONPATH"] = os.pathsep.join([str(_ROOT), *filter(None, [os.environ.get("PYTHONPATH")])])
    # Model and web processes share two cores; one thread each is faster than many.
    env.setdefault("OMP_NUM_THREADS", "1")
    env["PYTHONDONTWRITEBYTECODE"] = ""  # nine processes import the same modules: compile once
    return env


def _listening(port: int) -> Callable[[], bool]:
    def answers() -> bool:
        try:
            with socket.create_connection(("127.0.0.1", port), timeout=0.5):
                return True
        except OSError:
            return False

    return answers


def _said_ready(file: Path) -> Callable[[], bool]:
    """A part without a port writes its process id when it has begun to work."""

    def answers() -> bool:
        try:
            os.kill(int(file.read_text()), 0)
        except (OSError, ValueError):
            return False
        return True

    return answers


def _redis_server() -> str:
    found = (
        os.environ.get("CHUKU_REDIS_SERVER_BIN")
        or shutil.which("redis-server")
        or shutil.which("valkey-server")
    )
    if not found:
        raise click.ClickException(
            "redis-server is missing; install it: apt-get install redis-server"
        )
    return found


def _redis_part(folder: Path) -> Part:
    sock = folder / "redis.sock"
    if len(os.fsencode(sock)) > _SOCKET_MAX:
        raise click.ClickException(f"the data folder's path is too long for a socket: {folder}")
    (folder / "redis").mkdir(exist_ok=True, mode=0o700)
    bell.configure(f"unix://{sock}?db=0")
    options = {
        "dir": str(folder / "redis"),
        "port": "0",
        "unixsocket": str(sock),
        "unixsocketperm": "700",
        "appendonly": "yes",
        "appendfsync": "everysec",
        "save": "",
        "maxmemory-policy": "noeviction",
        "daemonize": "no",
        "loglevel": "warning",
    }
    argv = [_redis_server(), *(word for k, v in options.items() for word in (f"--{k}", v))]
    return Part("redis", argv, bell.alive)


def _parts(
    folder: Path, host: str, ports: Ports, env: dict[str, str], settings: Settings
) -> list[Part]:
    chuku = [sys.executable, "-m", "app.cli.main"]
    run = folder / "run"
    run.mkdir(exist_ok=True, mode=0o700)
    for stale in run.glob("*.ready"):
        stale.unlink()

    def ours(name: str, *words: str, port: int | None = None, **more: str) -> Part:
        ready = run / f"{name}.ready"
        answers = _listening(port) if port else _said_ready(ready)
        extra = {**env, **more, "READY_FILE": str(ready)}
        return Part(name, [*chuku, *words], answers, extra, cwd=str(_ROOT))

    parts = [
        ours("accesslog", "accesslog"),
        ours("web", "web", "--host", host, "--port", str(ports.portal), port=ports.portal),
        ours("feed", "feed", "--port", str(ports.feed), port=ports.feed),
        # A mail server that hangs holds up letters only, a long capture no letter.
        ours("worker-stop", "worker", "--queues", "stop"),
        ours("worker-default", "worker", "--queues", "default"),
        ours("worker-slow", "worker", "--queues", "slow,default"),
        ours("sweeper", "sweep"),
    ]
    parts[0].answers = (folder / "access.sock").exists
    if settings.demo:
        mailbox = ("--smtp-port", str(ports.smtp), "--port", str(ports.mailbox))
        parts.insert(0, ours("mailbox", "mailbox", *mailbox, port=ports.mailbox))
        parts += _edge_parts(folder, ports, env, settings)
    return parts


def _edge_parts(folder: Path, ports: Ports, env: dict[str, str], settings: Settings) -> list[Part]:
    edge = folder / "edge"
    serve = [
        sys.executable, str(_ROOT / "edge" / "serve.py"),
        "--data", str(edge), "--content", str(folder / "content"),
        "--public", settings.public_url, "--port", str(ports.edge),
        "--origin", f"127.0.0.1:{ports.origin}", "--hosts", str(edge / "hosts.json"),
        "--access-log", str(folder / "access.sock"), "--workers", "2",
    ]  # fmt: skip
    target = json.loads((edge / "target.json").read_text("utf-8"))
    agent = [
        sys.executable, str(_ROOT / "edge" / "agent.py"),
        "--data", str(edge), "--feed", settings.feed_url, "--target", target,
        "--key-file", str(edge / "key"), "--keys", str(edge / "keys.json"),
    ]  # fmt: skip
    return [
        Part("edge", serve, _listening(ports.edge), env, cwd=str(_ROOT)),
        Part("agent", agent, (edge / "status.json").exists, env, cwd=str(_ROOT)),
    ]


def _prepare(env: dict[str, str], *, demo: bool) -> None:
    """Schema and demo data, in a process of its own: its memory is gone when the parts run."""
    verbs = [["db", "upgrade"], *([["demo", "seed"]] if demo else [])]
    for verb in verbs:
        done = subprocess.run(  # noqa: S603 - our own words
            [sys.executable, "-m", "app.cli.main", *verb],
            env={**os.environ, **env},
            cwd=_ROOT,
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            last = (done.stderr.strip().splitlines() or ["no reason given"])[-1]
            raise click.ClickException(f"chuku {' '.join(verb)} failed: {last}")


def _block(ready: dict[str, Any]) -> str:
    lines = [
        "",
        "Chuku 出库 is running. Ctrl-C stops all of it.",
        "",
        f"  portal   {ready['portal']}",
        f"  desk     {ready['desk']}",
        f"  edge     {ready['edge']}",
        f"  mailbox  {ready.get('mailbox') or '-'}",
        f"  data     {ready['data']}",
    ]
    if ready.get("officers"):
        lines += ["", "  Demo sign-ins (the desk's sign-in page shows today's codes):"]
        lines += [
            f"    {o['name']}  {o['role']}  password {o['password']}" for o in ready["officers"][:3]
        ]
        lines += [
            "",
            "  Three things to try:",
            f"    1. File a complaint: {ready['portal']}/complain",
            "       课件最后一页的二维码是赌博网站 (about a course of 云川), then watch it go dark",
            f"    2. Work it at the desk: {ready['desk']}",
            f"    3. Read the letters that go out: {ready.get('mailbox')}",
        ]
    return "\n".join([*lines, ""])


@click.command("up")
@click.option("--host", default="127.0.0.1", show_default=True, help="address to listen on")
@click.option("--port", default=8080, show_default=True, help="portal and desk; 0: any free one")
@click.option("--edge-port", default=8090, show_default=True, help="demo edge; 0: any free one")
@click.option("--data", default=None, help="data folder (default ./var)")
@click.option("--demo", is_flag=True, help="demo platforms, people, edge and mail sink")
def up(host: str, port: int, edge_port: int, data: str | None, *, demo: bool) -> None:
    """Run everything on one machine; prints ``ready {json}`` when all of it answers."""
    began = time.monotonic()
    configure_log("info")
    folder = Path(data or read_settings().data).resolve()
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    lock = _lock(folder)
    ports = _choose_ports(folder, port, edge_port)
    env = _environment(folder, host, ports, demo=demo)
    settings = _effective(env)
    keeper = Supervisor(folder / "logs")

    def halt(_number: int, _frame: Any) -> None:
        raise KeyboardInterrupt

    signal.signal(signal.SIGTERM, halt)
    signal.signal(signal.SIGINT, halt)
    try:
        keeper.start([_redis_part(folder)])
        _prepare(env, demo=demo)
        keeper.start(_parts(folder, host, ports, env, settings), within=90)
        ready = _ready(settings)
        click.echo(_block(ready), err=True)
        click.echo(f"ready {json.dumps(ready, ensure_ascii=False)}")
        click.echo(f"  ready after {time.monotonic() - began:.1f} s", err=True)
        keeper.watch()
    except KeyboardInterrupt:
        click.echo("stopping", err=True)
    except TimeoutError as error:
        raise click.ClickException(str(error)) from error
    finally:
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, signal.SIG_IGN)  # a second Ctrl-C must not leave parts behind
        keeper.stop()
        lock.close()


def _effective(env: dict[str, str]) -> Settings:
    """The settings as the parts will read them."""
    try:
        return load({**os.environ, **env})
    except SettingsError as error:
        raise click.UsageError(str(error)) from error


def _ready(settings: Settings) -> dict[str, Any]:
    demo = settings.demo
    ready: dict[str, Any] = {
        "portal": settings.public_url,
        "desk": f"{settings.public_url}/desk/",
        "edge": settings.edge_url if demo else None,
        "mailbox": settings.mailbox_url if demo else None,
        "data": str(settings.folder),
    }
    if demo:
        people = settings.folder / "demo-officers.json"
        ready["officers"] = json.loads(people.read_text("utf-8"))
    return ready


COMMANDS = (up,)
