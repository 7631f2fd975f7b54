"""why messages did not arrive: the reason of each from its last receipt, and how many have which

Reads the messages that did not arrive and their receipts: about ten seconds a million of them.
"""

from collections import Counter

import sqlalchemy as sa
from alembic import op

from getsms_core.base.failure_reasons import code_of, stored_code

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None

BATCH = 20_000
FAILED = "state IN ('undelivered', 'expired')"
LAST_RECEIPTS = sa.text(f"""
    SELECT message.id, receipt.description FROM message JOIN receipt ON receipt.message_id = message.id
    WHERE message.{FAILED} AND message.reason IS NULL AND receipt.description <> '' AND message.id > :after
          AND receipt.id = (SELECT max(newest.id) FROM receipt AS newest WHERE newest.message_id = message.id)
    ORDER BY message.id LIMIT {BATCH}
""")
LOST = """
    SELECT campaign_id, coalesce(left_at, 0) / 3600000 AS hour, number_range, state, reason, count(*) AS messages
    FROM message WHERE reason IS NOT NULL AND state IN ('rejected', 'undelivered', 'expired', 'cancelled')
    GROUP BY 1, 2, 3, 4, 5
"""


def upgrade() -> None:
    made = op.create_table(
        "reason_tally",
        sa.Column("campaign_id", sa.Integer(), nullable=False),
        sa.Column("hour", sa.Integer(), nullable=False),
        sa.Column("number_range", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(20), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("messages", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("campaign_id", "hour", "number_range", "state", "reason", name="pk_reason_tally"),
    )
    connection = op.get_bind()
    _set_reasons(connection)
    counts: Counter[tuple[int, int, int, str, str]] = Counter()
    for campaign_id, hour, number_range, state, reason, n in connection.execute(sa.text(LOST)):
        if code := stored_code(reason):
            counts[campaign_id, hour, number_range, state, code] += n
    names = ("campaign_id", "hour", "number_range", "state", "reason")
    rows = [{**dict(zip(names, key, strict=True)), "messages": n} for key, n in sorted(counts.items())]
    for start in range(0, len(rows), BATCH):
        op.bulk_insert(made, rows[start : start + BATCH])


def _set_reasons(connection: sa.Connection) -> None:
    """Set the reason of each message whose last receipt gives one."""
    after = 0
    while receipts := connection.execute(LAST_RECEIPTS, {"after": after}).all():
        after = receipts[-1][0]
        by_code: dict[str, list[int]] = {}
        for message_id, description in receipts:
            by_code.setdefault(code_of(description), []).append(message_id)
        for code, ids in by_code.items():
            if code:
                change = sa.text("UPDATE message SET reason = :code WHERE id IN :ids").bindparams(
                    sa.bindparam("ids", expanding=True)
                )
                connection.execute(change, {"code": code, "ids": ids})


def downgrade() -> None:
    op.drop_table("reason_tally")
