"""queued messages whose text shows nothing become excluded rows

Release 0.1 made them. They are neither sent nor counted: each is a row of `excluded`, as if the campaign were built
now. The texts of all queued messages are read, three seconds a million.
"""

from collections import Counter
from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from alembic import op

from getsms_core.messages.invisible import is_blank

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

STEP = 10_000


def table(name: str, *columns: str) -> sa.TableClause:
    return sa.table(name, *map(sa.column, columns))


MESSAGE = table("message", "id", "campaign_id", "chunk_id", "state", "row", "phone", "text", "parts", "price",
                "number_range", "variant")  # fmt: skip
CHUNK = table("chunk", "id", "state", "messages")
CAMPAIGN = table("campaign", "id", "messages", "parts", "cost")
EXCLUDED = table("excluded", "campaign_id", "position", "row", "phone", "reason")
EXCLUDED_ROLLUP = table("excluded_rollup", "campaign_id", "reason", "recipients")
TALLY = table("tally", "campaign_id", "hour", "number_range", "state", "messages", "parts", "cost")
VARIANT_TALLY = table("variant_tally", "campaign_id", "variant", "state", "messages", "parts", "cost")


def upgrade() -> None:
    connection = op.get_bind()
    queued = (
        sa.select(MESSAGE)
        .join(CHUNK, MESSAGE.c.chunk_id == CHUNK.c.id)
        .where(sa.text("chunk.state = 'queued'"), MESSAGE.c.state == "queued")
        .order_by(MESSAGE.c.id)
    )
    with connection.execute(queued, execution_options={"yield_per": STEP}) as rows:
        blank = [message for message in rows if is_blank(message.text)]
    for start in range(0, len(blank), STEP):
        exclude(connection, blank[start : start + STEP])


def exclude(connection: sa.Connection, messages: Sequence[Any]) -> None:
    positions = last_positions(connection, {message.campaign_id for message in messages})
    excluded = []
    for message in messages:
        positions[message.campaign_id] += 1
        excluded.append({"campaign_id": message.campaign_id, "position": positions[message.campaign_id],
                         "row": message.row, "phone": message.phone, "reason": "empty_text"})  # fmt: skip
    connection.execute(sa.insert(EXCLUDED), excluded)
    by_id = sa.delete(MESSAGE).where(MESSAGE.c.id == sa.bindparam("message_id"))
    connection.execute(by_id, [{"message_id": message.id} for message in messages])
    for chunk_id, n in Counter(message.chunk_id for message in messages).items():  # an empty one ends when claimed
        connection.execute(sa.update(CHUNK).where(CHUNK.c.id == chunk_id).values(messages=CHUNK.c.messages - n))
    subtract(connection, CAMPAIGN, {"id": "campaign_id"}, messages)
    subtract(connection, TALLY, {"campaign_id": "campaign_id", "number_range": "number_range"}, messages,
             TALLY.c.hour == 0, TALLY.c.state == "queued")  # fmt: skip
    of_variants = [message for message in messages if message.variant is not None]
    subtract(connection, VARIANT_TALLY, {"campaign_id": "campaign_id", "variant": "variant"}, of_variants,
             VARIANT_TALLY.c.state == "queued")  # fmt: skip
    for campaign_id, n in Counter(message.campaign_id for message in messages).items():
        key = (EXCLUDED_ROLLUP.c.campaign_id == campaign_id, EXCLUDED_ROLLUP.c.reason == "empty_text")
        more = sa.update(EXCLUDED_ROLLUP).where(*key).values(recipients=EXCLUDED_ROLLUP.c.recipients + n)
        if not connection.execute(more).rowcount:
            first = {"campaign_id": campaign_id, "reason": "empty_text", "recipients": n}
            connection.execute(sa.insert(EXCLUDED_ROLLUP).values(first))


def last_positions(connection: sa.Connection, campaign_ids: set[int]) -> dict[int, int]:
    """The last used position among the excluded rows of each campaign."""
    last = sa.func.max(EXCLUDED.c.position)
    query = sa.select(EXCLUDED.c.campaign_id, last).where(EXCLUDED.c.campaign_id.in_(sorted(campaign_ids)))
    positions = dict.fromkeys(campaign_ids, 0)
    for campaign_id, position in connection.execute(query.group_by(EXCLUDED.c.campaign_id)):
        positions[campaign_id] = position
    return positions


def subtract(
    connection: sa.Connection,
    target: sa.TableClause,
    keys: dict[str, str],
    messages: Sequence[Any],
    *where: sa.ColumnElement[bool],
) -> None:
    """Subtract messages, parts and cost from the rows of a table; `keys` are its columns and those of a message."""
    sums: dict[tuple[Any, ...], list[int]] = {}
    for message in messages:
        total = sums.setdefault(tuple(getattr(message, name) for name in keys.values()), [0, 0, 0])
        for index, amount in enumerate((1, message.parts, message.price)):
            total[index] += amount
    for key, (n, parts, cost) in sums.items():
        of_key = [target.c[name] == value for name, value in zip(keys, key, strict=True)]
        changes = {"messages": target.c.messages - n, "parts": target.c.parts - parts, "cost": target.c.cost - cost}
        connection.execute(sa.update(target).where(*of_key, *where).values(changes))


def downgrade() -> None:
    pass  # they stay excluded
