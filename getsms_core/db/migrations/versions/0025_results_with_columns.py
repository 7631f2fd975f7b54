"""a list's key and personal columns, columns of a campaign that get roll-ups, and what a user chose last, and salts of hashes

Only adds columns without a table rewrite, and tables: a million rows take milliseconds.
"""

import sqlalchemy as sa
from alembic import op

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_COUNTS = ("queued", "accepted", "rejected", "uncertain", "delivered", "undelivered", "expired", "cancelled", "counted")


def upgrade() -> None:
    op.add_column("recipient_list", sa.Column("key_column", sa.String(), nullable=False, server_default=""))
    op.add_column("recipient_list", sa.Column("personal_columns", sa.JSON(), nullable=False, server_default="[]"))
    op.add_column("campaign", sa.Column("cuts", sa.JSON(), nullable=False, server_default="[]"))
    op.add_column("message", sa.Column("cut", sa.Integer(), nullable=True))
    op.create_table(
        "cut_column",
        sa.Column("campaign_id", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("ids", sa.JSON(), nullable=False),
        sa.Column("values", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("campaign_id", "position", name=op.f("pk_cut_column")),
    )
    op.create_table(
        "cut_tally",
        *(sa.Column(name, sa.Integer(), nullable=False) for name in ("campaign_id", "position")),
        sa.Column("value", BIG, nullable=False),
        sa.Column("hour", sa.Integer(), nullable=False),
        *(sa.Column(name, sa.Integer(), nullable=False) for name in _COUNTS),
        sa.Column("sent_cost", BIG, nullable=False),
        sa.PrimaryKeyConstraint("campaign_id", "position", "value", "hour", name=op.f("pk_cut_tally")),
    )
    op.create_table(
        "remembered_choice",
        sa.Column("user_name", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("value", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("user_name", "name", name=op.f("pk_remembered_choice")),
    )
    op.create_table(
        "salt",
        sa.Column("purpose", sa.String(), nullable=False),
        sa.Column("value", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("purpose", name=op.f("pk_salt")),
    )


def downgrade() -> None:
    for table in ("salt", "remembered_choice", "cut_tally", "cut_column"):
        op.drop_table(table)
    op.drop_column("message", "cut")
    op.drop_column("campaign", "cuts")
    op.drop_column("recipient_list", "personal_columns")
    op.drop_column("recipient_list", "key_column")
