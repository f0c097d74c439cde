"""Over a real socket: a large body arrives whole, and its temporary file is not in clear."""

from __future__ import annotations

import contextlib
import hashlib
import os
import socket
import tempfile
import threading
import time
import urllib.request

import pytest
from waitress.server import create_server

from app.cli.receiving import Channel


@pytest.fixture
def address():
    def digest(environ, start):
        total = hashlib.sha256()
        while piece := environ["wsgi.input"].read(70_000):
            total.update(piece)
        start("200 OK", [("Content-Type", "text/plain")])
        return [total.hexdigest().encode()]

    server = create_server(digest, host="127.0.0.1", port=0, threads=2)
    server.channel_class = Channel

    def serve() -> None:
        with contextlib.suppress(OSError, ValueError):  # it is closed from outside
            server.run()

    threading.Thread(target=serve, daemon=True).start()
    yield "127.0.0.1", server.effective_port
    server.close()


def _answer(link: socket.socket) -> bytes:
    said = b""
    while not said.partition(b"\r\n\r\n")[2]:
        said += link.recv(4096)
    return said


def test_a_large_body_is_sealed_while_it_waits(address, tmp_path, monkeypatch):
    kept = []
    real = tempfile.TemporaryFile
    monkeypatch.setattr(
        tempfile, "TemporaryFile", lambda *_a, **_k: kept.append(real(dir=tmp_path)) or kept[-1]
    )

    body = b"clear words " * 200_000
    with socket.create_connection(address) as link:
        link.sendall(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n" % len(body))
        link.sendall(body[:-1])
        while not kept or os.fstat(kept[0].fileno()).st_size < len(body) - 200_000:
            time.sleep(0.01)
        lying = os.pread(kept[0].fileno(), 3_000_000, 0)
        link.sendall(body[-1:])
        answer = _answer(link)
    assert answer.endswith(hashlib.sha256(body).hexdigest().encode())
    assert len(kept) == 1
    assert b"clear words" not in lying


@pytest.mark.parametrize("size", [0, 10, 300_000])
def test_bodies_of_every_size_arrive(address, size):
    body = os.urandom(size)
    url = f"http://{address[0]}:{address[1]}/"
    with urllib.request.urlopen(urllib.request.Request(url, data=body)) as answer:
        assert answer.read() == hashlib.sha256(body).hexdigest().encode()


def test_a_body_in_chunks_arrives(address):
    with socket.create_connection(address) as link:
        link.sendall(b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n")
        for _ in range(3):
            link.sendall(b"5\r\nwords\r\n")
        link.sendall(b"0\r\n\r\n")
        assert _answer(link).endswith(hashlib.sha256(b"words" * 3).hexdigest().encode())
