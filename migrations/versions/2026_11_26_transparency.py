"""public figures, and finding a complaint's entry in the log by its reference

Revision: 0006, after 0005.
"""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

FILED = "action = 'complaint.filed'"
STATEMENT = "outcome = 'found' AND hold_ref IS NOT NULL AND "


def _moment(name):
    return sa.Column(name, sa.DateTime(timezone=True), nullable=True)


def upgrade():
    op.create_table(
        "public_case",
        sa.Column("incident", sa.Text(), nullable=False),
        sa.Column("exercise", sa.Boolean(), nullable=False),
        sa.Column("article", sa.Integer(), nullable=True),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        _moment("accepted_at"),
        _moment("dark_at"),
        _moment("decided_at"),
        sa.Column("outcome", sa.Text(), nullable=True),
        sa.Column("found_article", sa.Integer(), nullable=True),
        _moment("ended_at"),
        sa.Column("ending", sa.Text(), nullable=True),
        sa.Column("hold_ref", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("incident", name=op.f("pk_public_case")),
    )
    op.create_index(
        "ix_public_case_statement",
        "public_case",
        ["decided_at", "incident"],
        sqlite_where=sa.text(STATEMENT + "exercise = 0"),
        postgresql_where=sa.text(STATEMENT + "NOT exercise"),
    )
    op.create_table(
        "public_tally",
        sa.Column("month", sa.Text(), nullable=False),
        sa.Column("measure", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("n", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("month", "measure", "key", name=op.f("pk_public_tally")),
    )
    op.create_table(
        "public_cursor",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("leaf", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        _moment("first_at"),
        _moment("complete_at"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_public_cursor")),
    )
    op.create_index(
        "ix_audit_entry_filed",
        "audit_entry",
        ["subject"],
        sqlite_where=sa.text(FILED),
        postgresql_where=sa.text(FILED),
    )


def downgrade():
    op.drop_index("ix_audit_entry_filed", table_name="audit_entry")
    op.drop_table("public_cursor")
    op.drop_table("public_tally")
    op.drop_table("public_case")
