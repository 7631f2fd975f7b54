"""roll-ups by the values of a column over all hours, computed from those by hour

A campaign with 200 values takes a millisecond.
"""

import sqlalchemy as sa
from alembic import op

revision = "0031"
down_revision = "0030"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_KEY = ("campaign_id", "position", "value")
_COUNTS = ("queued", "accepted", "rejected", "uncertain", "delivered", "undelivered", "expired", "cancelled", "counted",
           "sent_cost")  # fmt: skip


def upgrade() -> None:
    op.create_table(
        "cut_total",
        *(sa.Column(name, sa.Integer(), nullable=False) for name in ("campaign_id", "position")),
        sa.Column("value", BIG, nullable=False),
        *(sa.Column(name, sa.Integer(), nullable=False) for name in _COUNTS[:-1]),
        sa.Column("sent_cost", BIG, nullable=False),
        sa.PrimaryKeyConstraint(*_KEY, name=op.f("pk_cut_total")),
    )
    by_hour = sa.table("cut_tally", *map(sa.column, (*_KEY, *_COUNTS)))
    total = sa.table("cut_total", *map(sa.column, (*_KEY, *_COUNTS)))
    key = [by_hour.c[name] for name in _KEY]
    sums = sa.select(*key, *(sa.func.sum(by_hour.c[name]) for name in _COUNTS)).group_by(*key)
    op.execute(sa.insert(total).from_select([*_KEY, *_COUNTS], sums))


def downgrade() -> None:
    op.drop_table("cut_total")
