"""receipts of several records, records set aside, status calls that fail"""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

INSTANT = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.add_column("message", sa.Column("unanswered", sa.Integer(), nullable=True))
    op.add_column("receipt", sa.Column("part", sa.String(), nullable=False, server_default=""))
    op.create_index(
        "ix_receipt_part",
        "receipt",
        ["message_id"],
        sqlite_where=sa.text("part <> ''"),
        postgresql_where=sa.text("part <> ''"),
    )
    op.create_table(
        "set_aside",
        sa.Column("campaign_id", sa.Integer(), nullable=False),
        sa.Column("fingerprint", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("request_id", sa.String(), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.Column("times", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("campaign_id", "fingerprint", name=op.f("pk_set_aside")),
    )
    op.create_table(
        "status_fault",
        sa.Column("campaign_id", sa.Integer(), nullable=False),
        sa.Column("code", sa.String(), nullable=False),
        sa.Column("detail", sa.String(), nullable=False),
        sa.Column("calls", sa.Integer(), nullable=False),
        sa.Column("since_at", INSTANT, nullable=False),
        sa.Column("last_at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("campaign_id", "code", name=op.f("pk_status_fault")),
    )


def downgrade() -> None:
    op.drop_table("status_fault")
    op.drop_table("set_aside")
    op.drop_index("ix_receipt_part", "receipt")
    op.drop_column("receipt", "part")
    op.drop_column("message", "unanswered")
