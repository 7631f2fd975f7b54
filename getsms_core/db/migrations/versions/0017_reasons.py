"""the parameters of reasons, beside their codes; the sentences of older releases stay"""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("campaign", sa.Column("reason_params", sa.JSON(), nullable=True))
    op.add_column("recipient_list", sa.Column("origin_params", sa.JSON(), nullable=True))


def downgrade() -> None:
    op.drop_column("recipient_list", "origin_params")
    op.drop_column("campaign", "reason_params")
