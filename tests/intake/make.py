"""Complaints through the service, as a door would hand them over."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from app.intake import service
from app.intake.values import Contact, Filed, Filing

STORY = "课件最后一页的二维码是赌博网站"


def make_complaint(tx: Session, at: datetime, **more: object) -> Filed:
    values = {"source": "portal", "text": STORY, "resource_ref": "R0001", **more}
    return service.file_complaint(tx, filing=Filing(**values), at=at)  # type: ignore[arg-type]


def by_mail(address: str = "zhao@school.example") -> Contact:
    return Contact(way="email", address=address, name="赵老师")
