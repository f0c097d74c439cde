"""likeness of complaints

Revision: 0003, after 0002.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade():
    op.create_table(
        "likeness",
        sa.Column("complaint_id", ID, nullable=False),
        sa.Column("resource_id", ID, nullable=False),
        sa.Column("copy_of", ID, nullable=True),
        sa.Column(
            "fingerprint",
            sa.JSON().with_variant(postgresql.JSONB(astext_type=sa.Text()), "postgresql"),
            nullable=False,
        ),
        sa.ForeignKeyConstraint(
            ["complaint_id"], ["complaint.id"], name=op.f("fk_likeness_complaint_id_complaint")
        ),
        sa.ForeignKeyConstraint(
            ["copy_of"], ["complaint.id"], name=op.f("fk_likeness_copy_of_complaint")
        ),
        sa.ForeignKeyConstraint(
            ["resource_id"], ["resource.id"], name=op.f("fk_likeness_resource_id_resource")
        ),
        sa.PrimaryKeyConstraint("complaint_id", name=op.f("pk_likeness")),
    )
    op.create_index("ix_likeness_copy_of", "likeness", ["copy_of", "complaint_id"])
    op.create_index(
        "ix_likeness_resource", "likeness", ["resource_id", "complaint_id", "copy_of"]
    )
    op.create_table(
        "likeness_term",
        sa.Column("resource_id", ID, nullable=False),
        sa.Column("term", sa.BigInteger(), nullable=False),
        sa.Column("complaint_id", ID, nullable=False),
        sa.ForeignKeyConstraint(
            ["complaint_id"],
            ["complaint.id"],
            name=op.f("fk_likeness_term_complaint_id_complaint"),
        ),
        sa.ForeignKeyConstraint(
            ["resource_id"], ["resource.id"], name=op.f("fk_likeness_term_resource_id_resource")
        ),
        sa.PrimaryKeyConstraint(
            "resource_id", "term", "complaint_id", name=op.f("pk_likeness_term")
        ),
    )
    op.create_index("ix_likeness_term_complaint", "likeness_term", ["complaint_id"])


def downgrade():
    op.drop_table("likeness_term")
    op.drop_table("likeness")
