"""alerts last, and are tried again

What was told in the days before had other keys and is forgotten: what still lasts is mailed once more.
"""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

INSTANT = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.drop_table("alert")
    op.create_table(
        "alert",
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("again_at", INSTANT, nullable=True),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_alert")),
    )


def downgrade() -> None:
    op.drop_table("alert")
    op.create_table(
        "alert",
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_alert")),
    )
