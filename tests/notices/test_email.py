"""Mail: one recipient, safe headers, and every answer of a server understood."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.notices.channel import LaterError, Outgoing, RefusedError, by_hand, channels
from app.notices.channels.email import Email, message
from tests.notices.make import Sink, start

OUT = Outgoing(
    message_id="<4f7k2m9q.1.first@operator.example>",
    notice_ref="4F7K2M9Q",
    sender="chuku@operator.example",
    name="值班员",
    address="first@auth.example",
    subject="关于停止传输数字教育资源《浮力》的报告",
    text="正文\n",
    html="<!doctype html><p>正文</p>",
    date=datetime(2026, 11, 22, 3, 0, tzinfo=UTC),
)


@pytest.fixture
def server() -> Iterator[Sink]:
    made = Sink()
    controller = start(made)
    yield made
    controller.stop()


def send(sink: Sink, out: Outgoing = OUT, timeout: float = 5) -> str:
    return Email(timeout=timeout).deliver(out, server=f"smtp://127.0.0.1:{sink.port}")


def test_the_servers_own_words_are_the_receipt(server: Sink) -> None:
    server.answers[OUT.address] = "250 kept as 17"
    assert send(server) == "250 kept as 17"
    kept = server.messages[0]
    assert kept["Message-ID"] == OUT.message_id
    assert kept["Subject"] == OUT.subject
    assert server.to() == [OUT.address]
    assert {part.get_content_type() for part in kept.walk()} == {
        "multipart/alternative",
        "text/plain",
        "text/html",
    }


def test_the_same_letter_is_the_same_bytes() -> None:
    assert message(OUT).as_bytes() == message(OUT).as_bytes()


@pytest.mark.parametrize("answer", ["550 no", "554 spam"])
def test_a_permanent_no_is_for_good(server: Sink, answer: str) -> None:
    server.answers[OUT.address] = answer
    with pytest.raises(RefusedError, match=answer[:3]):
        send(server)


def test_an_unknown_mailbox_is_refused(server: Sink) -> None:
    server.answers[OUT.address] = "550 rcpt"
    with pytest.raises(RefusedError, match="no such mailbox"):
        send(server)


def test_a_temporary_no_is_for_now(server: Sink) -> None:
    server.answers[OUT.address] = "451 later"
    with pytest.raises(LaterError) as caught:
        send(server)
    assert not caught.value.doubtful


def test_a_server_that_is_gone_is_for_now() -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    with pytest.raises(LaterError) as caught:
        Email(timeout=1).deliver(OUT, server=f"smtp://127.0.0.1:{port}")
    assert not caught.value.doubtful


def test_a_drop_after_the_message_is_in_doubt(server: Sink) -> None:
    server.answers[OUT.address] = "kept, drop"
    with pytest.raises(LaterError) as caught:
        send(server)
    assert caught.value.doubtful


def test_a_server_that_hangs_after_the_message_is_in_doubt() -> None:
    with _silent() as port, pytest.raises(LaterError) as caught:
        Email(timeout=0.2).deliver(OUT, server=f"smtp://127.0.0.1:{port}")
    assert caught.value.doubtful


class _silent:
    """Says 354 and then nothing more."""

    def __enter__(self) -> int:
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.thread = threading.Thread(target=self._talk, daemon=True)
        self.thread.start()
        return int(self.listener.getsockname()[1])

    def _talk(self) -> None:
        peer, _ = self.listener.accept()
        with peer:
            peer.sendall(b"220 here\r\n")
            for answer in (b"250 ok", b"250 ok", b"250 ok", b"354 go on"):
                peer.recv(65536)
                peer.sendall(answer + b"\r\n")
            while peer.recv(65536):
                pass

    def __exit__(self, *error: object) -> None:
        self.listener.close()
        self.thread.join(2)


@pytest.mark.parametrize("url", ["", "http://x.example", "smtp://"])
def test_without_a_usable_server_it_waits(url: str) -> None:
    with pytest.raises(LaterError):
        Email(timeout=1).deliver(OUT, server=url)


@pytest.mark.parametrize(
    "address",
    [
        "a@b.example\r\nRCPT TO:<x@y.example>",
        "a@b.example, x@y.example",
        "<a@b.example>",
        "nobody",
        "a b@c.example",
        "",
    ],
)
def test_an_address_that_is_more_than_one_is_refused(address: str) -> None:
    with pytest.raises(RefusedError):
        message(replace(OUT, address=address))


NASTY = st.text(
    alphabet=st.one_of(
        st.sampled_from(list("\r\n\t\0,;:<>\"'=?@ \u2028\u202e甲")), st.characters(codec="utf-8")
    ),
    max_size=60,
)


@settings(max_examples=40, deadline=None)
@given(NASTY, NASTY)
def test_no_name_or_title_adds_a_header_or_a_recipient(name: str, subject: str) -> None:
    made = message(replace(OUT, name=name, subject=subject))
    read = message_from_bytes(made.as_bytes(), policy=default)
    assert isinstance(read, EmailMessage)
    assert read.keys() == message(OUT).keys()
    assert [one.addr_spec for one in read["To"].addresses] == [OUT.address]


@pytest.mark.parametrize(
    "title", ["=?utf-8?q?a=0D=0ABcc:_x=40y.example?=", "甲\r\nBcc: x@y.example\r\n\r\n正文"]
)
def test_encoded_words_and_line_breaks_stay_words(title: str) -> None:
    raw = message(replace(OUT, subject=title, name=title)).as_bytes()
    head = raw.split(b"\r\n\r\n")[0].decode()
    assert not any(line.lower().startswith("bcc") for line in head.split("\r\n"))
    read = message_from_bytes(raw, policy=default)
    assert read["Bcc"] is None
    assert "\n" not in read["Subject"]


def test_every_channel_says_whether_it_needs_a_person() -> None:
    assert set(channels()) == {"email", "phone", "paper"}
    assert not by_hand("email")
    assert by_hand("phone")
    assert by_hand("carrier pigeon")
    for name in ("phone", "paper"):
        with pytest.raises(RefusedError):
            channels()[name].deliver(OUT, server="")
