"""joins, pings and appeals of complaints; no closed complaint without an answer; search tokens anew

Revision: 0007, after 0006.
"""

import sqlalchemy as sa
from alembic import op

from app.catalogue.tokens import index_text, stage
from app.intake.answered import POSTGRESQL, SQLITE

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
COLUMNS = (
    ("joins_id", ID),
    ("sealed_ping", sa.LargeBinary()),
    ("appealed_at", sa.DateTime(timezone=True)),
)
RESOURCES = sa.text(
    "SELECT r.id, r.title, r.ref, r.subject, r.grade, b.name FROM resource AS r "
    "LEFT JOIN body AS b ON b.id = r.provider_id WHERE r.id > :after ORDER BY r.id LIMIT 500"
)
TOKENS = sa.text("UPDATE resource_search SET tokens = :tokens WHERE resource_id = :id")


def upgrade():
    for name, kind in COLUMNS:
        op.add_column("complaint", sa.Column(name, kind, nullable=True))
    op.create_index("ix_resource_title", "resource", ["title"])
    for statement in SQLITE if _sqlite() else POSTGRESQL:
        op.execute(statement)
    _index_anew()


def _sqlite():
    return op.get_bind().dialect.name == "sqlite"


def _index_anew():
    """Initials are found by whole words from now on, so every resource gets its tokens again."""
    connection, after = op.get_bind(), 0
    while rows := connection.execute(RESOURCES, {"after": after}).all():
        for id_, title, ref, subject, grade, provider in rows:
            words = index_text(
                title, ref, subject, grade, stage(grade) + subject, grade + subject, provider or ""
            )
            connection.execute(TOKENS, {"id": id_, "tokens": words})
            after = id_
    if _sqlite():
        op.execute("INSERT INTO resource_fts(resource_fts) VALUES ('rebuild')")


def downgrade():
    if _sqlite():
        op.execute("DROP TRIGGER complaint_answered")
        op.execute("DROP TRIGGER complaint_not_born_closed")
    else:
        op.execute("DROP TRIGGER complaint_answered ON complaint")
        op.execute("DROP FUNCTION chuku_complaint_answered()")
    op.drop_index("ix_resource_title", "resource")
    for name, _ in reversed(COLUMNS):
        op.drop_column("complaint", name)
