"""The page behind a block reference."""

from __future__ import annotations

from flask import Blueprint, render_template

from app.core.access import public
from app.core.db import db
from app.core.errors import NotFoundError
from app.suspension import queries

pages = Blueprint("suspension", __name__)


@pages.get("/blocked/<ref>")
@public
def blocked(ref: str) -> str:
    """What anybody may know of a block reference: that it stands, and how to ask why."""
    found = queries.blocked(db.session(), ref.upper())
    if found is None:
        raise NotFoundError("There is no suspension with this reference. Check the address.")
    return render_template("suspension/blocked.html", blocked=found)


BLUEPRINTS = (pages,)
