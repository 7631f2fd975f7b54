"""how many of the SMS that a frequency cap counts are service messages

Rows of before say 0: a cap of a kind's own counts anew when it is set.
"""

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("contact", sa.Column("service", sa.Integer(), nullable=False, server_default="0"))


def downgrade() -> None:
    op.drop_column("contact", "service")
