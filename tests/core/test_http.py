"""The one outgoing client: which addresses it dials, what it cuts, what it refuses."""

from __future__ import annotations

import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from app.core import http
from app.core.transaction import transaction

LOOPBACK = http.networks("127.0.0.0/8")


class _Host(BaseHTTPRequestHandler):
    def do_GET(self):
        if self.path == "/big":
            body = b"x" * 300_000
        elif self.path == "/slow":
            time.sleep(0.4)
            body = b"late"
        elif self.path == "/away":
            self.send_response(302)
            self.send_header("Location", "http://169.254.169.254/latest")
            self.end_headers()
            return
        else:
            body = self.headers["Host"].encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_args):
        pass


@pytest.fixture(scope="module")
def host():
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Host)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"127.0.0.1:{server.server_port}"
    server.shutdown()


# Design page 6, fact 8: forms that ``ipaddress.is_private`` lets through.
@pytest.mark.parametrize(
    "address",
    ["127.0.0.1", "10.0.0.1", "100.64.0.1", "100.100.100.200", "169.254.169.254", "224.0.0.1",
     "192.0.0.8", "0.0.0.0", "::1", "::ffff:127.0.0.1", "64:ff9b::7f00:1", "2002:7f00:1::",
     "::127.0.0.1", "fe80::1%eth0", "fd00::1"],
)  # fmt: skip
def test_inner_addresses_are_never_dialled(address):
    assert not http.may_dial(address, 80)


def test_public_addresses_are_dialled_on_web_ports_only():
    assert http.may_dial("93.184.216.34", 443)
    assert not http.may_dial("93.184.216.34", 6379)


def test_a_listed_network_may_be_dialled_on_any_port():
    assert http.may_dial("127.0.0.1", 8090, LOOPBACK)
    assert not http.may_dial("10.0.0.1", 8090, LOOPBACK)


@pytest.mark.parametrize(
    "url",
    ["http://2130706433/", "http://0x7f.1/", "http://127.1/", "http://[::1]/", "file:///etc/passwd",
     "gopher://127.0.0.1/", "http://user@127.0.0.1/", "http:///nohost"],
)  # fmt: skip
def test_odd_spellings_of_loopback_are_refused(url):
    with pytest.raises(http.HttpError):
        http.fetch(url, deadline=2)


def test_the_address_dialled_may_differ_from_the_name_asked(host):
    answer = http.fetch(
        "http://media.example:8090/x", connect_to=host, allow_private=LOOPBACK, deadline=3
    )
    assert answer.body == b"media.example:8090"
    assert answer.remote == "127.0.0.1"


def test_a_body_is_cut_at_its_limit(host):
    answer = http.fetch(f"http://{host}/big", allow_private=LOOPBACK, max_bytes=1000)
    assert answer.truncated
    assert len(answer.body) == 1000


def test_a_slow_answer_ends_at_the_deadline(host):
    with pytest.raises(http.HttpError):
        http.fetch(f"http://{host}/slow", allow_private=LOOPBACK, deadline=0.2)


def test_a_redirect_to_an_inner_address_is_not_followed(host):
    with pytest.raises(http.HttpError):
        http.fetch(f"http://{host}/away", allow_private=LOOPBACK, redirects=3, deadline=3)


def test_redirects_are_answers_unless_asked_for(host):
    assert http.fetch(f"http://{host}/away", allow_private=LOOPBACK).status == 302


def test_nobody_calls_out_inside_a_transaction(app, host):
    with transaction(), pytest.raises(RuntimeError):
        http.fetch(f"http://{host}/", allow_private=LOOPBACK)
