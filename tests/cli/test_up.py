"""What ``chuku up`` fills in, and what it leaves to the operator."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.cli import up
from app.core import settings
from app.factory import _warn_of_plain_http

pytestmark = pytest.mark.pure
PORTS = up.Ports(portal=1, edge=2, feed=3, origin=4, smtp=5, mailbox=6)


@pytest.fixture(autouse=True)
def no_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in list(up.os.environ):
        if name.startswith("CHUKU_"):
            monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)


def _effective(tmp_path: Path, *, demo: bool) -> settings.Settings:
    env = up._environment(tmp_path / "data", "127.0.0.1", PORTS, demo=demo)
    return settings.load({**up.os.environ, **env})


def test_what_the_file_says_stands(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    Path("chuku.toml").write_text(
        'public_url = "https://chuku.example"\nsmtp_url = "smtp://mail.example"\n'
        'probe_nets = "10.0.0.0/8"\n'
    )
    monkeypatch.setenv("CHUKU_FEED_URL", "https://feed.example")
    for demo in (False, True):
        found = _effective(tmp_path, demo=demo)
        assert found.public_url == "https://chuku.example"
        assert found.smtp_url == "smtp://mail.example"
        assert found.probe_nets == "10.0.0.0/8"
        assert found.feed_url == "https://feed.example"


def test_a_secret_in_a_file_of_its_own_counts_as_given(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    Path("smtp").write_text("smtp://u:p@mail.example\n")
    monkeypatch.setenv("CHUKU_SMTP_URL_FILE", str(Path("smtp").resolve()))
    assert _effective(tmp_path, demo=True).smtp_url == "smtp://u:p@mail.example"


def test_without_the_demo_nothing_points_at_parts_that_do_not_run(tmp_path: Path) -> None:
    found = _effective(tmp_path, demo=False)
    assert (found.smtp_url, found.mailbox_url, found.edge_url, found.origin_url) == ("",) * 4
    assert (found.probe_nets, found.demo) == ("", False)
    assert found.public_url == "http://127.0.0.1:1"


def test_the_demo_points_at_its_own_parts(tmp_path: Path) -> None:
    found = _effective(tmp_path, demo=True)
    assert found.smtp_url == "smtp://127.0.0.1:5"
    assert (found.edge_url, found.origin_url) == ("http://127.0.0.1:2", "http://127.0.0.1:4")
    assert found.demo


@pytest.mark.parametrize(
    ("given", "warned"),
    [
        ({"public_url": "http://chuku.example"}, True),
        ({"public_url": "https://chuku.example"}, False),
        ({"public_url": "http://chuku.example", "insecure_cookies": True}, False),
        ({"public_url": "http://chuku.example", "demo": True}, False),
    ],
)
def test_the_start_warns_of_cookies_in_the_clear(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, given: dict[str, object], warned: bool
) -> None:
    caplog.set_level("WARNING")
    _warn_of_plain_http(settings.load({}, data=str(tmp_path), **given))
    assert ("cookies.insecure" in caplog.text) is warned
