"""roll-ups know which messages were billed, and in which hour the delivered ones left

The new columns are counted from the messages: about ten seconds a million of them.
"""

from math import log2

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
NEW = ("billed_messages", "expected_parts")
COUNTED = """
    SELECT campaign_id, {key} AS key, {range} AS number_range, state,
           count(billed_parts) AS billed_messages, sum(parts) AS expected_parts
    FROM message WHERE billed_parts IS NOT NULL GROUP BY 1, 2, 3, 4
"""
HOUR = "coalesce(left_at, 0) / 3600000"


def upgrade() -> None:
    for table in ("tally", "variant_tally"):
        for column in NEW:
            op.add_column(table, sa.Column(column, BIG, nullable=False, server_default="0"))
    values = ", ".join(f"{column} = counted.{column}" for column in NEW)
    op.execute(f"""
        UPDATE tally SET {values} FROM ({COUNTED.format(key=HOUR, range="number_range")}) AS counted
        WHERE tally.campaign_id = counted.campaign_id AND tally.hour = counted.key
              AND tally.number_range = counted.number_range AND tally.state = counted.state
    """)
    op.execute(f"""
        UPDATE variant_tally SET {values} FROM ({COUNTED.format(key="variant", range="0")}) AS counted
        WHERE variant_tally.campaign_id = counted.campaign_id AND variant_tally.variant = counted.key
              AND variant_tally.state = counted.state
    """)
    keys = ("campaign_id", "hour", "number_range", "bucket")
    op.create_table(
        "hour_delay",
        *(sa.Column(name, sa.Integer(), nullable=False) for name in (*keys, "messages")),
        sa.PrimaryKeyConstraint(*keys, name=op.f("pk_hour_delay")),
    )
    op.execute(f"""
        INSERT INTO hour_delay (campaign_id, hour, number_range, bucket, messages)
        SELECT campaign_id, {HOUR}, number_range, {_bucket()}, count(*) FROM message
        WHERE state = 'delivered' AND settled_at IS NOT NULL AND left_at IS NOT NULL GROUP BY 1, 2, 3, 4
    """)


def _bucket() -> str:
    """SQL for `tallies.bucket_of` of the seconds between `left_at` and `settled_at`."""
    connection = op.get_bind()
    if connection.dialect.name != "sqlite":
        seconds = "((settled_at - left_at) / 1000.0::float8)"
        return f"CASE WHEN {seconds} > 1 THEN CAST(round(ln({seconds}) / ln(2.0::float8) * 8) AS int) ELSE 0 END"
    # SQLite has a logarithm only where it was compiled with one.
    raw = connection.connection.driver_connection
    assert raw is not None
    raw.create_function("delay_bucket", 1, lambda ms: round(log2(ms / 1000) * 8) if ms > 1000 else 0)
    return "delay_bucket(settled_at - left_at)"


def downgrade() -> None:
    op.drop_table("hour_delay")
    for table in ("tally", "variant_tally"):
        with op.batch_alter_table(table) as batch:
            for column in NEW:
                batch.drop_column(column)
