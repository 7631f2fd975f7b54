"""where a phone number is, and requests to erase one

No large table is touched: workers fill the new tables from campaigns and lists of before, a million numbers in a
second.
"""

import sqlalchemy as sa
from alembic import op

revision = "0029"
down_revision = "0028"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    for owner in ("campaign", "list"):
        table = {"campaign": "message_numbers", "list": "list_numbers"}[owner]
        op.create_table(
            table,
            sa.Column(f"{owner}_id", sa.Integer(), nullable=False),
            sa.Column("first", BIG, nullable=False),
            sa.Column("data", sa.LargeBinary(), nullable=False),
            sa.PrimaryKeyConstraint(f"{owner}_id", "first", name=op.f(f"pk_{table}")),
        )
    for table in ("campaign", "recipient_list"):
        op.add_column(table, sa.Column("numbers_indexed", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.create_table(
        "number_erasure",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("phone", BIG, nullable=True),
        sa.Column("requested_at", BIG, nullable=False),
        sa.Column("requested_by", sa.String(), nullable=False),
        sa.Column("messages", sa.Integer(), nullable=False),
        sa.Column("list_rows", sa.Integer(), nullable=False),
        sa.Column("finished_at", BIG, nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_number_erasure")),
    )
    where = sa.text("phone IS NOT NULL")
    op.create_index("uq_number_erasure_phone", "number_erasure", ["phone"], unique=True, sqlite_where=where,
                    postgresql_where=where)  # fmt: skip


def downgrade() -> None:
    op.drop_table("number_erasure")
    for table in ("recipient_list", "campaign"):
        op.drop_column(table, "numbers_indexed")
    op.drop_table("list_numbers")
    op.drop_table("message_numbers")
