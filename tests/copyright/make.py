"""Complete notices and counter-notices, and letters drawn up as a worker would."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from sqlalchemy import text
from sqlalchemy.orm import Session

from app.copyright import service
from app.copyright.values import Counter, Notice, Party
from app.core.keystore import keys
from app.intake.values import Filed

HOLDER = Party(
    name="云川示例出版社", phone="0871-65000000", mail="rights@press.example",
    address="云川市示例路1号",
)  # fmt: skip
NOTICE = Notice(
    holder=HOLDER,
    work="《函数的图象》（示例出版社，2024年第1版）",
    statement="课件第3至20页照抄本书第二章，未经许可。",
    resource="R0001",
    title="高中物理",
    ownership=("作品登记证书.pdf",),
    true=True,
)
COUNTER = Counter(
    provider=Party(name="云川示例中学", phone="0871-65111111", mail="", address="云川市学府路2号"),
    what="课件《高中物理》，全部地址",
    proof="该内容由本校教师自行编写，附教案底稿编号2023-07。",
    true=True,
)


def send(tx: Session, at: datetime, **more: object) -> Filed:
    kid, _ = keys().new_data_key()
    return service.send_notice(tx, notice=replace(NOTICE, **more), files=(), kid=kid, at=at)


def ref_of(tx: Session, filed: Filed) -> str:
    found = tx.execute(
        text("SELECT ref FROM copyright_notice WHERE complaint_id = :id"),
        {"id": filed.complaint_id},
    )
    return str(found.scalar_one())


def incident_of(tx: Session, filed: Filed) -> str:
    found = tx.execute(
        text("SELECT incident FROM copyright_notice WHERE complaint_id = :id"),
        {"id": filed.complaint_id},
    )
    return str(found.scalar_one())


def a_contact(tx: Session) -> int:
    return int(tx.execute(text("SELECT min(id) FROM contact")).scalar_one())


def answer(tx: Session, ref: str, at: datetime, **more: object) -> None:
    service.counter(
        tx, ref=ref, given=replace(COUNTER, **more), letter="L0000001",
        contact_id=a_contact(tx), at=at,
    )  # fmt: skip
