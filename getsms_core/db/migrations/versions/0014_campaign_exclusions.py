"""whom a campaign excludes, and whether that is checked again at its start"""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("campaign", sa.Column("exclusions", sa.JSON(), nullable=False, server_default="{}"))
    op.add_column("campaign", sa.Column("exclusion_check", sa.String(), nullable=False, server_default=""))


def downgrade() -> None:
    op.drop_column("campaign", "exclusion_check")
    op.drop_column("campaign", "exclusions")
