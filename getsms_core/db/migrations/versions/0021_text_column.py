"""the column of the list whose values decide which text a recipient gets; campaigns of before have none

No large table is touched.
"""

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("campaign", sa.Column("text_column", sa.String(), nullable=False, server_default=""))


def downgrade() -> None:
    op.drop_column("campaign", "text_column")
