"""The real product as a process tree, for journeys and faults: started, driven, watched, stopped."""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pyotp
import requests

from workers.supervisor import _die_with_parent

ROOT = Path(__file__).parents[1]
GAMBLING = "课件最后一页的二维码是赌博网站"


def eventually(what: Callable[[], Any], *, within: float = 30.0, every: float = 0.1) -> Any:
    """The first true answer of ``what``; fails with its last answer after ``within`` seconds."""
    until = time.monotonic() + within
    answer = None
    while time.monotonic() < until:
        with contextlib.suppress(requests.ConnectionError, http.client.HTTPException, OSError):
            answer = what()
            if answer:
                return answer
        time.sleep(every)
    raise AssertionError(f"not within {within} s; last answer: {answer!r}")


@dataclass
class Product:
    """A running product and how a person, an officer or a fault reaches it."""

    process: subprocess.Popen[str]
    ready: dict[str, Any]
    folder: Path
    env: dict[str, str]
    _used_codes: dict[str, int] = field(default_factory=dict)

    @property
    def portal(self) -> str:
        return self.ready["portal"]

    @property
    def edge(self) -> str:
        return self.ready["edge"]

    # --- the public -----------------------------------------------------------------------

    def complain(self, text: str, resource: str, **more: Any) -> dict[str, Any]:
        """File over the API; the 201 body."""
        headers = more.pop("headers", {})
        answer = requests.post(
            f"{self.portal}/api/v1/complaints",
            json={"text": text, "resource": {"id": resource}, "locators": [], **more},
            headers=headers,
            timeout=30,
        )
        assert answer.status_code == 201, answer.text
        return answer.json()

    def receipt(self, filed: dict[str, Any]) -> requests.Response:
        return requests.get(
            f"{self.portal}/api/v1/receipts/{filed['ref']}",
            headers={"Receipt-Secret": filed["secret"]},
            timeout=10,
        )

    def card(self, resource: str) -> dict[str, Any]:
        return requests.get(f"{self.portal}/api/v1/resources/{resource}", timeout=10).json()

    def resources(self, q: str = "", limit: int = 50) -> list[dict[str, Any]]:
        answer = requests.get(
            f"{self.portal}/api/v1/resources", params={"q": q, "limit": limit}, timeout=10
        )
        return answer.json()["items"]

    # --- the edge -------------------------------------------------------------------------

    def status(self, path: str) -> int:
        """What the serving edge answers to anybody."""
        return requests.get(f"{self.edge}{path}", timeout=10, stream=True).status_code

    def dark(self, resource: str) -> bool:
        """Whether every own address on the plain edge answers 451."""
        own = [
            urlsplit(a["url"])
            for a in self.card(resource)["addresses"]
            if a["url"].startswith(self.edge)
        ]
        return bool(own) and all(
            self.status(a.path if not a.path.endswith("/hls/") else f"{a.path}index.m3u8") == 451
            for a in own
        )

    # --- the desk -------------------------------------------------------------------------

    def sign_in(self, role: str = "officer", n: int = 0) -> requests.Session:
        """A desk session of the n-th demo person of that role."""
        who = [o for o in self.ready["officers"] if o["role"] == role][n]
        session = requests.Session()
        page = session.get(f"{self.ready['desk']}", timeout=10)
        code = self._fresh_code(who)
        answer = session.post(
            f"{self.portal}/desk/sign-in",
            data={
                "csrf_token": _token(page.text),
                "login": who["name"],
                "password": who["password"],
                "code": code,
                "next": "/desk/",
            },
            timeout=10,
        )
        assert answer.ok and "/desk/sign-in" not in answer.url, answer.text[:2000]
        return session

    def _fresh_code(self, who: dict[str, str]) -> str:
        """A code works once: wait for the next step when this one was used."""
        totp = pyotp.TOTP(who["totp_secret"])
        while True:
            step = int(self.now()) // 30
            for candidate in (step - 1, step, step + 1):
                if candidate > self._used_codes.get(who["name"], 0):
                    self._used_codes[who["name"]] = candidate
                    return totp.generate_otp(candidate)
            time.sleep(1)

    def act(self, session: requests.Session, page: str, url: str, **form: str) -> requests.Response:
        """Send a desk form as the browser would: token from the page it stands on."""
        shown = session.get(f"{self.portal}{page}", timeout=10)
        return session.post(
            f"{self.portal}{url}",
            data={"csrf_token": _token(shown.text), **form},
            timeout=30,
        )

    # --- letters --------------------------------------------------------------------------

    def letters(self) -> list[Path]:
        return sorted((self.folder / "mailbox").glob("*.eml"))

    # --- the machine room -----------------------------------------------------------------

    def now(self) -> float:
        """The product's moved clock."""
        try:
            return time.time() + float((self.folder / "clock-offset").read_text())
        except OSError:
            return time.time()

    def move_clock(self, seconds: float) -> None:
        """Move every process's clock; offsets add up."""
        file = self.folder / "clock-offset"
        before = float(file.read_text()) if file.exists() else 0.0
        fresh = file.with_suffix(".new")
        fresh.write_text(str(before + seconds))
        fresh.replace(file)

    def arm(self, *names: str) -> None:
        """The next process that reaches one of these failpoints dies as by kill -9."""
        (self.folder / "failpoints").write_text("\n".join(names))

    def fired(self, name: str) -> bool:
        return name not in (self.folder / "failpoints").read_text().split()

    def pids(self, *words: str) -> list[int]:
        """Processes of this product whose command line has all the words."""
        found = []
        for entry in Path("/proc").iterdir():
            if not entry.name.isdigit():
                continue
            with contextlib.suppress(OSError):
                line = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode()
                environ = (entry / "environ").read_bytes()
                ours = str(self.folder).encode() in environ or str(self.folder) in line
                if ours and all(word in line for word in words):
                    found.append(int(entry.name))
        return found

    def kill(self, *words: str, sig: int = signal.SIGKILL) -> int:
        """Send a signal to the parts whose command line has all the words; how many."""
        pids = [p for p in self.pids(*words) if p != self.process.pid]
        for pid in pids:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, sig)
        return len(pids)

    def chuku(self, *words: str) -> subprocess.CompletedProcess[str]:
        """A verb against this product's data."""
        return subprocess.run(
            [sys.executable, "-m", "app.cli.main", *words],
            cwd=ROOT,
            env={**self.env, "CHUKU_DATA": str(self.folder)},
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )

    def stop(self) -> None:
        """SIGTERM; every process of the product is gone afterwards."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            self.process.wait(30)


def _token(page: str) -> str:
    import re

    found = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', page)
    assert found, page[:2000]
    return found.group(1)


@contextlib.contextmanager
def product(folder: Path, *, demo: bool = True, **environ: str) -> Iterator[Product]:
    """``chuku up`` on free ports with fault testing on, until the block ends."""
    env = {
        **{k: v for k, v in os.environ.items() if not k.startswith("CHUKU_")},
        "CHUKU_FAULTS": "1",
        **environ,
    }
    log = (folder.parent / f"{folder.name}-up.log").open("w")
    process = subprocess.Popen(
        [sys.executable, "-m", "app.cli.main", "up", "--data", str(folder), "--port", "0",
         "--edge-port", "0", *(["--demo"] if demo else [])],
        cwd=ROOT, env=env, stdout=subprocess.PIPE, stderr=log, text=True,
        preexec_fn=_die_with_parent,  # a killed test run leaves no product behind
    )  # fmt: skip
    assert process.stdout is not None
    line = process.stdout.readline()
    assert line.startswith("ready "), (folder.parent / f"{folder.name}-up.log").read_text()[-3000:]
    running = Product(process, json.loads(line[6:]), folder, env)
    try:
        yield running
    finally:
        running.stop()
        log.close()
