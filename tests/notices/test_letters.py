"""From a promise to a signature: the jobs against a real SMTP server and a moved clock."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError

from app.accounts import queries as accounts
from app.audit import queries as audit
from app.authorities import queries as authorities
from app.core.errors import ConflictError, InvalidError
from app.core.transaction import reading, transaction
from app.notices import jobs, queries, rows, sending, service, steps
from app.notices.models import Delivery, LetterLink, Notice
from app.notices.values import NoticeView
from app.outbox.models import OutboxRow
from tests.catalogue.make import bring
from tests.notices.conftest import Clock
from tests.notices.make import MINUTE, Sink, claim, make_letter, sample
from tests.outbox_run import drain

HOUR = timedelta(hours=1)


def promise(at: datetime, **more: Any) -> str:
    with transaction() as tx:
        return tx.get_one(Notice, make_letter(tx, at, **more)).ref


def look(ref: str) -> NoticeView:
    with reading() as session:
        return queries.letter(session, ref)


def settled() -> list[str]:
    """What the incident was told, in order."""
    with reading() as session:
        return [
            row.payload["state"]
            for row in session.scalars(
                select(OutboxRow)
                .where(OutboxRow.topic == "incidents.notice_settled")
                .order_by(OutboxRow.id)
            )
        ]


def token(ref: str, step: str = "first") -> str:
    with reading() as session:
        row = rows.notice(session, ref)
        found = next(d for d in rows.deliveries(session, row.id) if d.step == step)
        return rows.token(row, found.contact_id)


def go(hands: Clock, step: timedelta) -> None:
    hands.forward(step)
    drain()


def calls(role: str) -> list[str]:
    with reading() as session:
        here = authorities.platform(session, "yunchuan").id
        return [p.why for p in accounts.open_pages(session, [here]) if p.role == role]


def test_a_promised_letter_is_numbered_frozen_and_sent(
    world: Any, sink: Sink, at: datetime
) -> None:
    ref = promise(at)
    assert look(ref).state == "promised"
    drain()
    seen = look(ref)
    assert (seen.state, seen.number, seen.step) == ("sent", "云智资〔2026〕1号", "first")
    assert sink.to() == ["first@auth.example"]
    mail = sink.messages[0]
    assert mail["Message-ID"] == seen.deliveries[0].message_id
    assert "云智资〔2026〕1号" in mail["Subject"]
    assert f"/letter/{token(ref)}" in sink.text()
    assert settled() == ["sent"]
    with reading() as session:
        plain, page, eml = queries.rendered(session, ref)
        names = [e.action for e in audit.entries(session, subject=f"notice:{ref}")]
    assert "第二十条" in plain.decode()
    assert "<article" in page.decode()
    assert token(ref).encode() not in plain + page + eml
    assert sending.MASKED in "".join(_parts(eml))
    assert names == ["notice.promise", "notice.render", "notice.sent", "notice.kept"]


def _parts(eml: bytes) -> list[str]:
    from email import message_from_bytes
    from email.policy import default

    message = message_from_bytes(eml, policy=default)
    return [str(p.get_content()) for p in message.walk() if not p.is_multipart()]


def test_promising_twice_is_promising_once(world: Any, sink: Sink, at: datetime) -> None:
    assert promise(at) == promise(at)
    drain()
    assert len(sink.kept) == 1


def test_the_incident_is_told_once_that_the_letter_is_drawn_up(
    world: Any, sink: Sink, at: datetime
) -> None:
    ref = promise(at)
    drain()
    with reading() as session:
        found = session.scalars(
            select(OutboxRow.payload).where(OutboxRow.topic == "incidents.notice_rendered")
        ).all()
    assert found == [{"notice_ref": ref}]


def test_a_letter_that_was_drawn_up_cannot_be_changed(world: Any, sink: Sink, at: datetime) -> None:
    ref = promise(at)
    drain()
    for change in (
        "rendered_text = 'x'",
        "number = 'x'",
        "body_id = (SELECT min(id) FROM body)",
        "roles = '[\"police\"]'",
        "article = 22",
    ):
        with pytest.raises(DBAPIError, match="frozen"), transaction() as tx:
            tx.execute(text(f"UPDATE notice SET {change} WHERE ref = :ref"), {"ref": ref})


def test_unsigned_goes_through_the_recipients_own_chain_and_no_further(
    world: Any, sink: Sink, at: datetime, hands: Clock
) -> None:
    ref = promise(at)
    drain()
    go(hands, 29 * MINUTE)
    assert look(ref).step == "first"
    go(hands, 1 * MINUTE)  # Arts. 20, 21: nudged after 30 minutes
    assert look(ref).step == "nudge"
    assert look(ref).nudged == 1
    assert sink.to() == ["first@auth.example"] * 2
    letter, nudge = sink.messages
    assert "催签" in nudge["Subject"]
    assert nudge["In-Reply-To"] == letter["Message-ID"]
    assert f"/letter/{token(ref)}" in nudge.get_body(("plain",)).get_content()  # type: ignore[union-attr]
    go(hands, 2 * HOUR)
    assert look(ref).step == "second_contact"
    assert sink.to()[2:] == ["second@auth.example"]
    assert token(ref, "second_contact") != token(ref)
    go(hands, 2 * HOUR)
    assert look(ref).step == "second_channel"
    assert len(calls("officer")) == 1
    go(hands, 2 * HOUR)
    assert look(ref).step == "supervisor"
    assert calls("supervisor") == [
        "A letter is still unsigned after all the recipient's contacts; see to it."
    ]
    go(hands, 100 * HOUR)
    assert set(sink.to()) == {"first@auth.example", "second@auth.example"}
    assert look(ref).state == "sent"
    assert settled() == ["sent"]


def test_article_22_waits_four_hours_then_a_working_day(
    world: Any, sink: Sink, at: datetime, hands: Clock
) -> None:
    ref = promise(
        at, article=22, sign_within=4 * HOUR, facts=sample(category="suitability", kind=None)
    )
    drain()
    go(hands, 4 * HOUR)  # Sunday the 22nd
    assert look(ref).step == "nudge"
    go(hands, 20 * HOUR)
    assert look(ref).step == "nudge"
    go(hands, 24 * HOUR)  # the end of Monday, the next working day, has passed
    assert look(ref).step == "second_contact"


def test_a_signature_ends_the_chain(world: Any, sink: Sink, at: datetime, hands: Clock) -> None:
    ref = promise(at)
    drain()
    with transaction() as tx:
        service.mark_read(tx, token=token(ref), at=at)
    assert look(ref).state == "delivered"
    with transaction() as tx:
        assert service.sign(tx, token=token(ref), name="王清和", position="科长", at=at)
        assert not service.sign(tx, token=token(ref), name="别人", position="别的", at=at)
    go(hands, 48 * HOUR)
    seen = look(ref)
    assert (seen.state, seen.step, seen.nudged) == ("signed", "first", 0)
    assert seen.signature is not None
    assert seen.signature.name == "王清和"
    assert len(sink.kept) == 1
    assert settled() == ["sent", "signed"]
    with reading() as session:
        log = str([e.data for e in audit.entries(session, subject=f"notice:{ref}")])
    assert "王清和" not in log


def test_a_refused_contact_is_followed_by_the_next_at_once(
    world: Any, sink: Sink, at: datetime, hands: Clock
) -> None:
    sink.answers["first@auth.example"] = "550 gone"
    ref = promise(at)
    drain()
    assert sink.to() == ["second@auth.example"]
    seen = look(ref)
    assert [d.state for d in seen.deliveries] == ["bounced", "sent"]
    assert seen.deliveries[0].last_error == "550 gone"
    assert (seen.state, seen.step) == ("sent", "second_contact")
    assert settled() == ["bounced", "sent"]


def test_article_24_is_open_until_somebody_takes_the_report(
    world: Any, sink: Sink, at: datetime, hands: Clock
) -> None:
    sink.answers |= dict.fromkeys(("first@auth.example", "second@auth.example"), "550 gone")
    ref = promise(at, article=24, facts=sample(category="designated", kind="版本陈旧"))
    drain()
    assert look(ref).step == "second_channel"
    assert look(ref).state == "bounced"
    assert settled() == ["bounced"]
    with transaction() as tx:
        service.record_handover(
            tx, notice_ref=ref, how="phone", name="陈书远", position="处长", account=3, at=at
        )
    assert look(ref).state == "signed"
    assert look(ref).sent_at == at
    assert look(ref).deliveries[-1].state == "delivered"
    assert settled() == ["bounced", "signed"]
    with pytest.raises(ConflictError), transaction() as tx:
        service.record_handover(
            tx, notice_ref=ref, how="phone", name="陈书远", position="处长", account=3, at=at
        )


def test_when_no_contact_takes_it_the_duty_fails_and_a_supervisor_is_called(
    world: Any, sink: Sink, at: datetime, hands: Clock
) -> None:
    sink.answers |= dict.fromkeys(("first@auth.example", "second@auth.example"), "550 gone")
    ref = promise(at)
    drain()
    go(hands, 3 * HOUR)
    assert look(ref).step == "supervisor"
    assert look(ref).state == "failed"
    assert settled() == ["bounced", "failed"]
    assert calls("supervisor") == [
        "A letter reached none of the recipient's contacts; hand it over and record it."
    ]


def test_mail_that_comes_back_later_opens_the_duty_again(
    world: Any, sink: Sink, at: datetime
) -> None:
    ref = promise(at)
    drain()
    first = look(ref).deliveries[0]
    with transaction() as tx:
        service.record_return(
            tx, notice_ref=ref, delivery_id=first.id, reason="信箱不存在", by="account:3", at=at
        )
    drain()
    assert settled() == ["sent", "bounced", "sent"]
    assert sink.to() == ["first@auth.example", "second@auth.example"]
    with pytest.raises(ConflictError), transaction() as tx:
        service.record_return(
            tx, notice_ref=ref, delivery_id=first.id, reason="", by="account:3", at=at
        )


def test_a_busy_server_gets_the_same_message_again(
    world: Any, sink: Sink, at: datetime, hands: Clock
) -> None:
    sink.answers["first@auth.example"] = "451 later"
    ref = promise(at)
    drain()
    assert look(ref).state == "rendered"
    assert look(ref).deliveries[0].attempts == 1
    assert settled() == []
    sink.answers.clear()
    go(hands, timedelta(seconds=5))
    assert look(ref).state == "sent"
    assert sink.to() == ["first@auth.example"]


def test_a_server_down_for_an_hour_loses_nothing(
    world: Any, sink: Sink, at: datetime, hands: Clock
) -> None:
    sink.answers |= dict.fromkeys(("first@auth.example", "second@auth.example"), "451 later")
    ref = promise(at)
    drain()
    for _ in range(12):
        go(hands, 5 * MINUTE)
    with reading() as session:
        parked = session.scalars(
            select(OutboxRow).where(
                OutboxRow.topic == "notices.deliver", OutboxRow.parked_at.is_not(None)
            )
        ).all()
    assert not parked
    assert "451" in (look(ref).deliveries[0].last_error or "")
    sink.answers.clear()
    go(hands, 6 * MINUTE)
    assert look(ref).state == "sent"
    assert set(sink.to()) == {"first@auth.example", "second@auth.example"}


def test_a_crash_after_the_server_took_it_sends_the_same_message(
    world: Any, sink: Sink, at: datetime, hands: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Killed(BaseException):
        pass

    def kill(name: str) -> None:
        if name == "notice:after-smtp":
            raise Killed

    monkeypatch.setattr(jobs, "failpoint", kill)
    ref = promise(at)
    with pytest.raises(Killed):
        drain()
    with transaction() as tx:  # in doubt: it may be out, so it stays told
        assert not service.cancel(tx, duty_key="4F7K2M9Q:report:4", at=at)
    monkeypatch.setattr(jobs, "failpoint", lambda name: None)
    go(hands, 2 * MINUTE)  # the lease of the dead worker ends
    assert sink.to() == ["first@auth.example"] * 2
    assert sink.kept[0] == sink.kept[1]
    assert look(ref).state == "sent"
    assert settled() == ["sent"]
    go(hands, MINUTE)
    assert len(sink.kept) == 2


def test_a_server_that_drops_after_taking_it_gets_one_message_id(
    world: Any, sink: Sink, at: datetime, hands: Clock
) -> None:
    sink.answers["first@auth.example"] = "kept, drop"
    ref = promise(at)
    drain()
    assert look(ref).state == "rendered"
    sink.answers.clear()
    go(hands, timedelta(seconds=5))
    assert len({one["Message-ID"] for one in sink.messages}) == 1
    assert look(ref).state == "sent"


def test_a_letter_not_out_yet_can_be_called_back(world: Any, sink: Sink, at: datetime) -> None:
    ref = promise(at)
    with transaction() as tx:
        assert service.cancel(tx, duty_key="4F7K2M9Q:report:4", at=at)
    drain()
    assert look(ref).state == "cancelled"
    assert look(ref).number is None
    assert not sink.kept
    assert settled() == []


def test_a_letter_that_is_out_stays_told(world: Any, sink: Sink, at: datetime) -> None:
    promise(at)
    drain()
    with transaction() as tx:
        assert not service.cancel(tx, duty_key="4F7K2M9Q:report:4", at=at)
        assert not service.cancel(tx, duty_key="unknown", at=at)


def test_a_letter_called_back_while_the_server_held_it_is_told_as_sent(
    world: Any, sink: Sink, at: datetime
) -> None:
    ref = promise(at)
    with transaction() as tx:
        notice_id = rows.notice(tx, ref).id
    jobs.send(notice_id=notice_id)
    with transaction() as tx:
        delivery = rows.deliveries(tx, notice_id)[0].id
        assert service.cancel(tx, duty_key="4F7K2M9Q:report:4", at=at)
    with transaction() as tx:
        sending.accepted(tx, delivery_id=delivery, receipt="250 ok", at=at)
    assert look(ref).state == "sent"
    assert settled() == ["sent"]


def test_a_body_without_contacts_is_a_supervisors_task_at_once(
    world: Any, sink: Sink, at: datetime
) -> None:
    with transaction() as tx:
        tx.execute(text("UPDATE contact SET to_at = from_at"))
    ref = promise(at)
    drain()
    assert look(ref).state == "failed"
    assert len(calls("supervisor")) == 1
    assert settled() == ["failed"]
    with transaction() as tx:
        assert not bring(tx, [{"type": "contact", "body": "auth", "name": "新联系人",
            "channel": "email", "address": "new@auth.example", "rank": 1}], at).errors  # fmt: skip
        sender = sending.Sender("chuku@operator.example", "http://127.0.0.1:8080")
        steps.again(tx, notice_ref=ref, sender=sender, by="account:3", at=at)
    drain()
    assert sink.to() == ["new@auth.example"]
    assert settled() == ["failed", "sent"]
    with pytest.raises(ConflictError), transaction() as tx:
        steps.again(tx, notice_ref=ref, sender=sender, by="account:3", at=at)


def test_an_exercise_goes_to_exercise_contacts_only_and_counts_apart(
    world: Any, sink: Sink, at: datetime, hands: Clock
) -> None:
    ref = promise(at, exercise=True)
    drain()
    go(hands, 100 * HOUR)
    assert set(sink.to()) == {"drill@auth.example"}
    assert "【演练】" in sink.messages[0]["Subject"]
    assert look(ref).number == "云智资演练〔2026〕1号"
    promise(hands.now, duty_key="real")
    drain()
    assert "云智资〔2026〕1号" in sink.messages[-1]["Subject"]


def test_the_link_is_stored_hashed_and_bound_to_one_contact(
    world: Any, sink: Sink, at: datetime
) -> None:
    ref = promise(at)
    drain()
    secret = token(ref)
    assert len(secret) == 22  # 128 bit
    with reading() as session:
        link = session.scalars(select(LetterLink)).one()
        delivery = session.scalars(select(Delivery)).one()
        assert secret not in str(vars(link))
        assert link.contact_id == delivery.contact_id


def test_no_canary_of_a_complainant_reaches_any_letter(
    world: Any, sink: Sink, at: datetime, hands: Clock
) -> None:
    canaries = {"complainant": "金丝雀甲", "contact": "13800001234", "text": "金丝雀原文"}
    for name, value in canaries.items():
        with pytest.raises(InvalidError), transaction() as tx:
            make_letter(tx, at, facts=sample(**{name: value}))
    promise(at, kind="inform", body="zhongxin", roles=["provider"])
    drain()
    go(hands, 30 * MINUTE)
    go(hands, 2 * HOUR)
    sent = sink.text()
    assert len(sink.kept) == 3
    for canary in (*canaries.values(), "11时", "02分", "3件"):
        assert canary not in sent


def test_a_correction_names_the_letter_it_corrects(world: Any, sink: Sink, at: datetime) -> None:
    first = promise(at)
    drain()
    with reading() as session:
        first_id = rows.notice(session, first).id
    second = promise(
        at, duty_key="4F7K2M9Q:correct:9", kind="correct", supersedes=first_id,
        facts=sample(wording="correct", correction="unfounded"),
    )  # fmt: skip
    drain()
    assert look(second).supersedes == first
    assert "云智资〔2026〕1号" in sink.messages[-1].get_body(("plain",)).get_content()  # type: ignore[union-attr]
    with reading() as session:
        page = queries.by_token(session, token(first))
    assert page.followed_by == (("correct", "云智资〔2026〕2号"),)


def test_another_bodys_letter_is_not_quoted(world: Any, sink: Sink, at: datetime) -> None:
    first = promise(at)
    drain()
    with reading() as session:
        first_id = rows.notice(session, first).id
    promise(at, duty_key="b", body="reg", roles=["regulator"], supersedes=first_id)
    drain()
    assert "〔2026〕1号" not in sink.messages[-1].get_body(("plain",)).get_content()  # type: ignore[union-attr]


def test_a_forwarded_claim_is_nudged_like_any_letter(
    world: Any, sink: Sink, at: datetime, hands: Clock
) -> None:
    ref = promise(
        at, kind="forward", body="zhongxin", roles=["provider"],
        facts=sample(kind="copyright", claim=claim()),
    )  # fmt: skip
    drain()
    go(hands, 30 * MINUTE)
    assert look(ref).nudged == 1
    assert len(sink.kept) == 2


@pytest.mark.parametrize("kind", ["nudge", "outcome", "letter"])
def test_only_letters_of_their_own_are_promised(world: Any, at: datetime, kind: str) -> None:
    with pytest.raises(InvalidError), transaction() as tx:
        make_letter(tx, at, kind=kind)


def test_names_with_line_breaks_change_no_header(world: Any, sink: Sink, at: datetime) -> None:
    with transaction() as tx:
        tx.execute(text("UPDATE contact SET name = :n"), {"n": "甲\r\nBcc: x@y.example"})
    promise(at, facts=sample(resource_title="浮力\r\nBcc: x@y.example\r\n\r\n正文"))
    drain()
    assert sink.to() == ["first@auth.example"]
    assert sink.messages[0]["Bcc"] is None


def test_no_mail_server_keeps_the_letter_and_says_why(
    world: Any, at: datetime, hands: Clock
) -> None:
    world.config["CHUKU"] = replace(world.config["CHUKU"], smtp_url="")
    ref = promise(at)
    drain()
    assert look(ref).state == "rendered"
    assert "CHUKU_SMTP_URL" in (look(ref).deliveries[0].last_error or "")
