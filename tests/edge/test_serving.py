"""A real nginx and a real agent: what is denied is refused at once and stays refused."""

from __future__ import annotations

import signal
import socket
import time

import pytest

from tests.edge.centre import Centre, exact, prefix
from tests.edge.host import Host, eventually

MEDIA = b"0123456789abcdef" * (1 << 20)  # 16 MiB


@pytest.fixture
def serving(host: Host, centre: Centre) -> Host:
    host.file("/r/A/index.html", b"<p>A</p>")
    host.file("/r/A/video.mp4", MEDIA)
    host.file("/r/B/index.html", b"<p>B</p>")
    host.file("/r/B/video.mp4", MEDIA)
    host.file("/r/A/hls/000.ts", b"segment")
    host.file("/r/AB/index.html", b"<p>AB</p>")
    host.file("/r/A/index.html", b"<p>media A</p>", "media")
    host.start_nginx()
    host.start_agent(centre.port, centre.keys)
    eventually(lambda: centre.acks)
    return host


def test_a_stop_is_refused_within_a_second_and_acknowledged(serving: Host, centre: Centre) -> None:
    assert serving.status_of("/r/A/video.mp4") == 200
    centre.change("A", [exact("/r/A/video.mp4"), prefix("/r/A/hls/")], "H7K2")
    eventually(lambda: serving.status_of("/r/A/video.mp4") == 451, 1)
    assert serving.status_of("/r/A/hls/000.ts") == 451
    assert serving.status_of("/r/A/index.html") == 200
    assert serving.status_of("/r/B/video.mp4") == 200
    ack = eventually(lambda: [a for a in centre.acks if a["seq"] == 1])[0]
    assert ack["target"] == "edge-1"
    assert ack["epoch"] == 1
    assert ack["applied_at"].endswith("Z")


def test_the_refusal_names_its_reference_and_nothing_else(serving: Host, centre: Centre) -> None:
    centre.change("A", [prefix("/r/A")], "H7K2")
    eventually(lambda: serving.status_of("/r/A/video.mp4") == 451)
    for method in ("GET", "HEAD", "POST"):
        for path in ("/r/A/video.mp4?x=1", "/r/A/hls/000.ts", "/r/A/"):
            answer = serving.get(path, method=method, Range="bytes=0-9")
            assert answer.status == 451
            assert answer.headers["Link"] == (
                '<https://chuku.example/blocked/H7K2>; rel="blocked-by"'
            )
            assert answer.headers["X-Block-Ref"] == "H7K2"
            assert answer.headers["Cache-Control"] == "no-store"
            assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
    page = serving.get("/r/A/video.mp4").text
    assert page.index("该资源已暂停提供服务") < page.index("This resource is suspended")
    assert 'href="https://chuku.example/blocked/H7K2"' in page
    assert "style=" not in page
    assert "<script" not in page


def test_a_lift_serves_again(serving: Host, centre: Centre) -> None:
    centre.change("A", [prefix("/r/A/")])
    eventually(lambda: serving.status_of("/r/A/index.html") == 451)
    centre.change("A", [])
    eventually(lambda: serving.status_of("/r/A/index.html") == 200)


def test_a_prefix_covers_whole_segments_only(serving: Host, centre: Centre) -> None:
    centre.change("A", [prefix("/r/A")])
    eventually(lambda: serving.status_of("/r/A/hls/000.ts") == 451)
    assert serving.status_of("/r/A/") == 451
    assert serving.status_of("/r/AB/") == 200


def test_a_page_is_refused_by_its_folder_address_too(serving: Host, centre: Centre) -> None:
    centre.change("A", [exact("/r/A/index.html")])
    eventually(lambda: serving.status_of("/r/A/index.html") == 451)
    assert serving.status_of("/r/A/") == 451
    centre.change("A", [exact("/r/A/")])
    eventually(lambda: serving.status_of("/r/A/index.html") == 451)


def test_hosts_are_judged_apart_and_an_invented_host_is_no_way_round(
    serving: Host, centre: Centre
) -> None:
    centre.change("A", [exact("/r/A/index.html")])
    eventually(lambda: serving.status_of("/r/A/index.html") == 451)
    assert serving.status_of("/r/A/index.html", "invented.example") == 451
    assert serving.get("/r/A/index.html", "media.example").text == "<p>media A</p>"
    centre.change("M", [exact("/r/A/index.html", "media.example")])
    eventually(lambda: serving.status_of("/r/A/index.html", "MEDIA.example:99") == 451)


def test_ordinary_serving_knows_types_ranges_and_conditions(serving: Host) -> None:
    part = serving.get("/r/A/video.mp4", Range="bytes=16-31")
    assert (part.status, part.text) == (206, "0123456789abcdef")
    assert part.headers["Content-Type"] == "video/mp4"
    page = serving.get("/r/A/")
    assert page.headers["Content-Type"] == "text/html; charset=utf-8"
    again = serving.get("/r/A/", **{"If-None-Match": page.headers["ETag"]})
    assert again.status == 304
    assert "nginx/" not in page.headers["Server"]


class Download:
    """A slow reader of a large file."""

    def __init__(self, host: Host, path: str) -> None:
        self.socket = socket.socket()
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 16)
        self.socket.connect(("127.0.0.1", host.port))
        self.socket.settimeout(5)
        self.socket.sendall(f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n".encode())
        self.got = len(self.socket.recv(4096))

    def rest(self, at_most: int) -> int:
        """Read to the end or the cut; the number of bytes in all."""
        try:
            while self.got < at_most and (data := self.socket.recv(1 << 16)):
                self.got += len(data)
        except ConnectionResetError:
            pass
        self.socket.close()
        return self.got


def test_a_running_transfer_is_cut_and_a_bystanders_survives(serving: Host, centre: Centre) -> None:
    denied, bystander = Download(serving, "/r/A/video.mp4"), Download(serving, "/r/B/video.mp4")
    centre.change("A", [exact("/r/A/video.mp4")])
    eventually(lambda: serving.status_of("/r/A/video.mp4") == 451)
    assert denied.rest(len(MEDIA)) < len(MEDIA) // 4
    assert bystander.rest(len(MEDIA)) >= len(MEDIA)
    eventually(lambda: "running transfer cut" in serving.log("nginx"))


def test_denied_stays_denied_while_everything_else_restarts(serving: Host, centre: Centre) -> None:
    centre.change("A", [prefix("/r/A/")], "H7K2")
    eventually(lambda: serving.status_of("/r/A/video.mp4") == 451)
    centre.stop()
    assert serving.end("agent") == 0
    serving.end("nginx")
    serving.start_nginx()
    assert serving.status_of("/r/A/video.mp4") == 451
    assert serving.status_of("/r/B/index.html") == 200
    serving.start_agent(centre.port, centre.keys)
    eventually(lambda: serving.status["alarms"].get("feed"))
    assert serving.status["entries"] == 1
    assert serving.get("/r/A/video.mp4").headers["X-Block-Ref"] == "H7K2"
    centre.start()
    centre.change("B", [prefix("/r/B/")])
    eventually(lambda: serving.status_of("/r/B/index.html") == 451)
    eventually(lambda: serving.status["state"] == "ok")


def test_a_killed_nginx_comes_back_denying_and_is_told_what_it_missed(
    serving: Host, centre: Centre
) -> None:
    centre.change("A", [prefix("/r/A/")])
    eventually(lambda: serving.status_of("/r/A/video.mp4") == 451)
    first = serving.status["nginx"]
    serving.end("nginx", signal.SIGKILL)
    centre.change("B", [exact("/r/B/index.html")])
    eventually(lambda: serving.status["seq"] == 2)
    serving.start_nginx()
    assert serving.status_of("/r/A/video.mp4") == 451
    assert serving.status_of("/r/B/index.html") == 451
    eventually(lambda: serving.status["nginx"] != first)


def test_a_reload_keeps_denying(serving: Host, centre: Centre) -> None:
    centre.change("A", [prefix("/r/A/")])
    eventually(lambda: serving.status_of("/r/A/video.mp4") == 451)
    serving.processes["nginx"].send_signal(signal.SIGHUP)
    for _ in range(10):
        assert serving.status_of("/r/A/video.mp4") == 451
        time.sleep(0.02)
    centre.change("A", [])
    eventually(lambda: serving.status_of("/r/A/video.mp4") == 200)


def test_the_origin_side_still_answers_for_evidence(serving: Host, centre: Centre) -> None:
    centre.change("A", [prefix("/r/A/")])
    eventually(lambda: serving.status_of("/r/A/index.html") == 451)
    with socket.socket(socket.AF_UNIX) as s:
        s.connect(str(serving.data / "origin.sock"))
        s.sendall(b"GET /r/A/index.html HTTP/1.0\r\nHost: 127.0.0.1\r\n\r\n")
        answer = s.makefile("rb").read()
    assert answer.startswith(b"HTTP/1.1 200")
    assert answer.endswith(b"<p>A</p>")


def test_ten_thousand_places_load_and_one_more_holds(serving: Host, centre: Centre) -> None:
    for n in range(2000):
        matches = [exact(f"/n/{n}/{i}.mp4") for i in range(5)]
        centre.now[f"N{n}"] = {
            "epoch": 1, "seq": 1, "generation": 1, "resource": f"N{n}",
            "match": matches, "block_ref": f"R{n}", "dark": True,
        }  # fmt: skip
    centre.epoch, centre.seq, centre.log = 2, 1, []
    centre.change("A", [prefix("/r/A/")])
    eventually(lambda: serving.status["entries"] == 10_001)
    eventually(lambda: serving.get("/n/1999/4.mp4").headers["X-Block-Ref"] == "R1999")
    assert serving.status_of("/n/0/0.mp4") == 451
    eventually(lambda: serving.status_of("/r/A/") == 451)
    centre.change("B", [exact("/r/B/index.html")])
    eventually(lambda: serving.status_of("/r/B/index.html") == 451)
    assert serving.status_of("/r/AB/") == 200
