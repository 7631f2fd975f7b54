"""what a number opted out of: everything, as all those of before, or advertising"""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("opt_out", sa.Column("scope", sa.String(20), nullable=False, server_default="all"))


def downgrade() -> None:
    op.drop_column("opt_out", "scope")
