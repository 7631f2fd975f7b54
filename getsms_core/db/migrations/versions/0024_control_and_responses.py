"""the control group of a campaign, and the rows of uploaded responses with amount and time

Only adds columns and a table: a million rows take milliseconds.
"""

import sqlalchemy as sa
from alembic import op

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    for name in ("control", "control_seed"):
        op.add_column("campaign", sa.Column(name, sa.Integer(), nullable=False, server_default="0"))
    for name in ("amount", "responded_at"):
        op.add_column("response", sa.Column(name, BIG, nullable=True))
    op.create_table(
        "response_event",
        sa.Column("campaign_id", sa.Integer(), nullable=False),
        *(sa.Column(name, BIG, nullable=False) for name in ("recipient", "responded_at", "amount")),
        sa.Column("ordinal", sa.Integer(), nullable=False),
        sa.Column("created_at", BIG, nullable=False),
        sa.Column("created_by", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint(
            "campaign_id", "recipient", "responded_at", "amount", "ordinal", name="pk_response_event"
        ),
    )


def downgrade() -> None:
    op.drop_table("response_event")
    for name in ("responded_at", "amount"):
        op.drop_column("response", name)
    for name in ("control_seed", "control"):
        op.drop_column("campaign", name)
