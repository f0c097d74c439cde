"""copyright notices and counter-notices; a duty may carry what its letter alone says

Revision: 0009, after 0008.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
JSON = sa.JSON().with_variant(JSONB(), "postgresql")


def _moment(name, nullable=True):
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)


def upgrade():
    op.add_column("duty", sa.Column("facts", JSON, nullable=True))
    op.create_table(
        "copyright_notice",
        sa.Column("id", ID, nullable=False),
        sa.Column("ref", sa.Text(), nullable=False),
        sa.Column("complaint_id", ID, nullable=False),
        sa.Column("resource_id", ID, nullable=False),
        sa.Column("incident", sa.Text(), nullable=False),
        sa.Column("kid", sa.Text(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("holder_hash", sa.LargeBinary(), nullable=False),
        sa.Column("work_hash", sa.LargeBinary(), nullable=False),
        sa.Column("holds", JSON, nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        _moment("sent_at", nullable=False),
        _moment("countered_at"),
        _moment("restore_due"),
        sa.Column("sealed_court", sa.LargeBinary(), nullable=True),
        _moment("ended_at"),
        sa.ForeignKeyConstraint(
            ["complaint_id"], ["complaint.id"],
            name=op.f("fk_copyright_notice_complaint_id_complaint"),
        ),
        sa.ForeignKeyConstraint(
            ["resource_id"], ["resource.id"],
            name=op.f("fk_copyright_notice_resource_id_resource"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_copyright_notice")),
        sa.UniqueConstraint("complaint_id", name=op.f("uq_copyright_notice_complaint_id")),
        sa.UniqueConstraint("ref", name=op.f("uq_copyright_notice_ref")),
    )
    op.create_index(op.f("ix_copyright_notice_incident"), "copyright_notice", ["incident"])
    op.create_index(
        "ix_copyright_notice_same", "copyright_notice", ["resource_id", "work_hash", "holder_hash"]
    )
    op.create_table(
        "counter_notice",
        sa.Column("id", ID, nullable=False),
        sa.Column("notice_id", ID, nullable=False),
        sa.Column("kid", sa.Text(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("letter", sa.Text(), nullable=True),
        sa.Column("contact_id", ID, nullable=True),
        sa.Column("entered_by", sa.Text(), nullable=True),
        _moment("at", nullable=False),
        sa.ForeignKeyConstraint(
            ["contact_id"], ["contact.id"], name=op.f("fk_counter_notice_contact_id_contact")
        ),
        sa.ForeignKeyConstraint(
            ["notice_id"], ["copyright_notice.id"],
            name=op.f("fk_counter_notice_notice_id_copyright_notice"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_counter_notice")),
        sa.UniqueConstraint("notice_id", name=op.f("uq_counter_notice_notice_id")),
    )


def downgrade():
    op.drop_table("counter_notice")
    op.drop_index("ix_copyright_notice_same", "copyright_notice")
    op.drop_index(op.f("ix_copyright_notice_incident"), "copyright_notice")
    op.drop_table("copyright_notice")
    with op.batch_alter_table("duty", schema=None) as batch_op:
        batch_op.drop_column("facts")
