"""The names of platforms and bodies, for cards.

``app.authorities`` is a sibling that is never imported here; these are the two tables' columns that
foreign keys already point at.
"""

from __future__ import annotations

import sqlalchemy as sa

from app.core.db import Id

PLATFORM = sa.table(
    "platform", sa.column("id", Id), sa.column("code", sa.Text), sa.column("name", sa.Text)
)
BODY = sa.table(
    "body",
    sa.column("id", Id),
    sa.column("code", sa.Text),
    sa.column("name", sa.Text),
    sa.column("kind", sa.Text),
)
