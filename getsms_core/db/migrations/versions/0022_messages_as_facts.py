"""the codes and parameters of failures of lists and files and of outcomes of reports; old sentences stay

Only adds columns: a million rows take milliseconds.
"""

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("export", sa.Column("code", sa.String(), nullable=False, server_default=""))
    for table in ("recipient_list", "export", "saved_report"):
        op.add_column(table, sa.Column("message_params", sa.JSON(), nullable=True))


def downgrade() -> None:
    for table in ("saved_report", "export", "recipient_list"):
        op.drop_column(table, "message_params")
    op.drop_column("export", "code")
