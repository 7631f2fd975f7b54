"""the control group of a campaign, and amount and time of responses

Only adds columns and a table: a million rows take milliseconds.
"""

import sqlalchemy as sa
from alembic import op

revision = "0027"
down_revision = "0026"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    for name in ("control", "control_seed"):
        op.add_column("campaign", sa.Column(name, sa.Integer(), nullable=False, server_default="0"))
    for name in ("amount", "responded_at"):
        op.add_column("response", sa.Column(name, BIG, nullable=True))
    op.create_table(
        "control_response",
        sa.Column("campaign_id", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("amount", BIG, nullable=True),
        sa.Column("responded_at", BIG, nullable=True),
        sa.Column("created_at", BIG, nullable=False),
        sa.Column("created_by", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("campaign_id", "position", name="pk_control_response"),
    )


def downgrade() -> None:
    op.drop_table("control_response")
    for name in ("responded_at", "amount"):
        op.drop_column("response", name)
    for name in ("control_seed", "control"):
        op.drop_column("campaign", name)
