"""tags of campaigns, and which are in the archive

Only adds a column and a table: a million rows take milliseconds.
"""

import sqlalchemy as sa
from alembic import op

revision = "0028"
down_revision = "0027"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.add_column("campaign", sa.Column("archived_at", BIG, nullable=True))
    op.create_table(
        "campaign_tag",
        sa.Column("campaign_id", sa.Integer(), nullable=False),
        sa.Column("tag", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("campaign_id", "tag", name="pk_campaign_tag"),
    )
    op.create_index("ix_campaign_tag_tag", "campaign_tag", ["tag"])


def downgrade() -> None:
    op.drop_table("campaign_tag")
    op.drop_column("campaign", "archived_at")
