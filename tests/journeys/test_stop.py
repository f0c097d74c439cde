"""The main job: a complaint stops a resource, provably."""

from __future__ import annotations

import socket
import time
from urllib.parse import urlsplit

import pytest
import requests

from tests.running import GAMBLING, Product, eventually

pytestmark = pytest.mark.journey


def _courses(running: Product) -> list[dict]:
    """Courses with a large film, by size."""
    found = []
    for card in running.resources(limit=100):
        media = [a["url"] for a in card["addresses"] if a["role"] == "media"]
        own = [m for m in media if m.startswith(running.edge)]
        if own and card["state"] == "online":
            size = int(requests.head(own[0], timeout=5).headers.get("Content-Length", 0))
            if size > 8_000_000:
                found.append({**card, "media": own[0]})
    return found


def _slow_download(url: str) -> socket.socket:
    """A download that has begun and reads slowly."""
    where = urlsplit(url)
    link = socket.create_connection((where.hostname, where.port))
    link.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 65536)
    link.sendall(f"GET {where.path} HTTP/1.1\r\nHost: {where.netloc}\r\n\r\n".encode())
    assert link.recv(1024).startswith(b"HTTP/1.1 200")
    return link


def _drain(link: socket.socket, within: float) -> int:
    """Bytes until the other side ends; fails if it never does."""
    link.settimeout(within)
    total = 0
    try:
        while piece := link.recv(262144):
            total += len(piece)
    except ConnectionResetError:
        pass
    return total


def test_a_complaint_makes_the_course_dark_and_cuts_only_its_own_transfer(running: Product):
    denied, bystander = _courses(running)[:2]
    cut, spared = _slow_download(denied["media"]), _slow_download(bystander["media"])
    size = int(requests.head(bystander["media"], timeout=5).headers["Content-Length"])
    began = time.monotonic()
    filed = running.complain(GAMBLING, denied["id"])
    eventually(lambda: running.status(urlsplit(denied["media"]).path) == 451, within=20)
    took = time.monotonic() - began
    assert _drain(cut, 10) < size
    assert _drain(spared, 30) >= size - 2048
    eventually(lambda: running.dark(denied["id"]), within=20)
    eventually(lambda: running.card(denied["id"])["state"] == "stopped", within=30)
    assert running.card(bystander["id"])["state"] == "online"
    assert running.receipt(filed).json()["state"] in {"received", "accepted", "handling"}
    print(f"accepted to refused: {took:.2f} s")
    page = requests.get(denied["addresses"][0]["url"], timeout=5)
    assert page.status_code == 451
    assert 'rel="blocked-by"' in page.headers["Link"]
    assert page.headers["Cache-Control"] == "no-store"
    assert "赌博" not in page.text
