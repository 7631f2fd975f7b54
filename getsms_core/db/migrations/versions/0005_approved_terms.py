"""the terms that an approval was given for

A campaign that was approved before has none: it must be approved again when it is next started or resumed.
"""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("campaign", sa.Column("approved_terms", sa.JSON(), nullable=True))


def downgrade() -> None:
    op.drop_column("campaign", "approved_terms")
