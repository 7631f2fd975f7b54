"""segments, and the condition of a campaign"""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0009"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "segment",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("name_key", sa.String(), nullable=False),
        sa.Column("condition", sa.String(), nullable=False),
        sa.Column("created_at", BIG, nullable=False),
        sa.Column("created_by", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_segment")),
        sa.UniqueConstraint("name_key", name=op.f("uq_segment_name_key")),
    )
    op.add_column("campaign", sa.Column("condition", sa.String(), nullable=False, server_default=""))
    op.add_column("campaign", sa.Column("condition_day", sa.String(), nullable=False, server_default=""))


def downgrade() -> None:
    op.drop_column("campaign", "condition_day")
    op.drop_column("campaign", "condition")
    op.drop_table("segment")
