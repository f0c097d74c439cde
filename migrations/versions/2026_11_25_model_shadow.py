"""where a candidate model that reads along differs

Revision: 0002, after 0001.
"""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade():
    op.create_table(
        "model_shadow",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column(
            "complaint_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("live", sa.Text(), nullable=False),
        sa.Column("candidate", sa.Text(), nullable=False),
        sa.Column("live_kind", sa.Text(), nullable=False),
        sa.Column("candidate_kind", sa.Text(), nullable=False),
        sa.Column("live_severe", sa.Boolean(), nullable=False),
        sa.Column("candidate_severe", sa.Boolean(), nullable=False),
        sa.Column("live_would_hold", sa.Boolean(), nullable=False),
        sa.Column("candidate_would_hold", sa.Boolean(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["complaint_id"],
            ["complaint.id"],
            name=op.f("fk_model_shadow_complaint_id_complaint"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_model_shadow")),
        sa.UniqueConstraint(
            "complaint_id", "candidate", name=op.f("uq_model_shadow_complaint_id_candidate")
        ),
    )


def downgrade():
    op.drop_table("model_shadow")
