"""attachments have a copy without hidden data; a scan may be waited for

Revision: 0005, after 0004.
"""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

WAITING = sa.text("scan = 'waiting'")


def upgrade():
    with op.batch_alter_table("attachment", schema=None) as batch_op:
        batch_op.add_column(sa.Column("found", sa.Text(), nullable=False, server_default=""))
        batch_op.add_column(sa.Column("copy", sa.Text(), nullable=False, server_default="none"))
        batch_op.add_column(sa.Column("copy_type", sa.Text(), nullable=True))
        batch_op.add_column(
            sa.Column(
                "copy_size",
                sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
                nullable=True,
            )
        )
        batch_op.add_column(sa.Column("copy_sha256", sa.Text(), nullable=True))
        batch_op.add_column(sa.Column("copy_vault_sha256", sa.Text(), nullable=True))
        batch_op.create_index(
            "ix_attachment_waiting",
            ["id"],
            unique=False,
            sqlite_where=WAITING,
            postgresql_where=WAITING,
        )


def downgrade():
    with op.batch_alter_table("attachment", schema=None) as batch_op:
        batch_op.drop_index(
            "ix_attachment_waiting", sqlite_where=WAITING, postgresql_where=WAITING
        )
        for name in (
            "copy_vault_sha256",
            "copy_sha256",
            "copy_size",
            "copy_type",
            "copy",
            "found",
        ):
            batch_op.drop_column(name)
