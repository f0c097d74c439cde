"""Nobody at the desk: the clock's end calls, writes, and keeps the resource dark (page 2.7)."""

from __future__ import annotations

import pytest

from tests.faults.ground import Ground
from tests.faults.oracles import mails
from tests.running import eventually

pytestmark = [pytest.mark.fault, pytest.mark.timeout(900)]


def test_article_20_the_review_clocks_end_calls_the_supervisor_and_the_resource_stays_dark(
    ground: Ground,
):
    resource = ground.fresh()
    ground.complain(resource)
    ground.stopped(resource)
    incident = ground.incident(resource)["ref"]
    assert ground.notices(incident) == [], "a precaution writes to nobody before its review"

    ground.product.move_clock(31 * 60)

    eventually(lambda: f"review:{incident}" in ground.calls(incident), within=60)
    eventually(ground.all_sent(incident, 3), within=120)
    told = {role for row in ground.notices(incident) for role in row["roles"]}
    assert told == {"authority", "regulator", "provider"}
    refs = {row["ref"] for row in ground.notices(incident)}
    arrived = [
        mail.get_body(("plain",)).get_content()
        for _name, mail, _raw in mails(ground.product.folder / "mailbox")
        if str(mail["X-Chuku-Notice"]) in refs and "In-Reply-To" not in mail
    ]
    assert len(arrived) == 3
    assert all("待核实" in text and "先行停传" in text for text in arrived)
    assert ground.dark(resource)
    assert ground.incident(resource)["state"] == "precaution"
    assert [hold["lifted_at"] for hold in ground.holds(resource)] == [None]
    page = ground.seat("supervisor").get(f"{ground.product.portal}/desk/", timeout=30).text
    assert incident in page
    assert ground.confirm(incident).status_code == 200
