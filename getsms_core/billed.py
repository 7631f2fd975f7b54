"""What the gateway billed against what was predicted, from the roll-ups."""

from dataclasses import dataclass

import sqlalchemy as sa
from sqlmodel import col

from getsms_core.statuses import FINAL, SENT, MessageState
from getsms_core.store.engine import Store
from getsms_core.store.models import SPAN, Message, Tally

TOLD = (MessageState.DELIVERED, MessageState.UNDELIVERED)
"""A message in one of these has a receipt, and the receipt a count of parts; one that expired may have had none."""


@dataclass(frozen=True, slots=True)
class Billed:
    """Of the messages whose receipts have come (`messages`): the parts and tiyin that were predicted and those that
    were billed. `waiting` were sent and have no receipt yet or never had one; `elsewhere` are parts billed of those."""

    messages: int = 0
    parts: int = 0
    cost: int = 0
    billed_parts: int = 0
    billed_cost: int = 0
    waiting: int = 0
    elsewhere: int = 0

    @property
    def more(self) -> int:
        """Parts billed beyond the prediction; negative where fewer were."""
        return self.billed_parts - self.parts


@dataclass(frozen=True, slots=True)
class Differing:
    """A message that was billed otherwise than predicted."""

    id: int
    row: int
    text: str
    encoding: str
    parts: int
    billed_parts: int


def compare(store: Store, campaign_id: int) -> Billed:
    """Predicted against billed. All numbers of a range have one price in a campaign, so billed parts have it too."""
    sums = [sa.func.sum(column) for column in (Tally.messages, Tally.parts, Tally.cost, Tally.billed_parts)]
    with store.reading() as session:
        rows = session.execute(
            sa.select(col(Tally.state), col(Tally.number_range), *sums)
            .where(col(Tally.campaign_id) == campaign_id, col(Tally.state).in_(SENT | FINAL))
            .group_by(col(Tally.state), col(Tally.number_range))
        ).all()
    told = [[int(n) for n in sums] for state, _range, *sums in rows if state in TOLD]
    rest = [[int(n) for n in sums] for state, _range, *sums in rows if state not in TOLD]
    return Billed(
        messages=sum(n[0] for n in told),
        parts=sum(n[1] for n in told),
        cost=sum(n[2] for n in told),
        billed_parts=sum(n[3] for n in told),
        billed_cost=sum(n[3] * n[2] // n[1] for n in told if n[1]),
        waiting=sum(n[0] for n in rest),
        elsewhere=sum(n[3] for n in rest),
    )


def differing(store: Store, campaign_id: int, limit: int = 20) -> list[Differing]:
    """The first messages that were billed otherwise than predicted. Reads the campaign's messages: ask only where
    `compare` says that there are any."""
    columns = (Message.id, Message.row, Message.text, Message.encoding, Message.parts, Message.billed_parts)
    with store.reading() as session:
        found = session.execute(
            sa.select(*map(col, columns))
            .where(
                col(Message.id).between(campaign_id * SPAN, (campaign_id + 1) * SPAN - 1),
                col(Message.billed_parts) != col(Message.parts),
            )
            .order_by(col(Message.id))
            .limit(limit)
        )
        return [Differing(*row) for row in found]
