"""complaints that arrived in files are known again; what an officer or key brought is listed

Revision: 0008, after 0007.
"""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade():
    op.create_table(
        "arrival",
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("ref", sa.Text(), nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_arrival")),
    )
    op.create_index(
        "ix_complaint_entered_by",
        "complaint",
        ["entered_by", "received_at"],
        sqlite_where=sa.text("entered_by IS NOT NULL"),
        postgresql_where=sa.text("entered_by IS NOT NULL"),
    )


def downgrade():
    op.drop_index("ix_complaint_entered_by", "complaint")
    op.drop_table("arrival")
