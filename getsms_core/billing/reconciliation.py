"""Parts and money from the roll-ups: the one definition for every page, file and command.

Of any set of messages, by state: `planned` is all of them by the price list, `sent` those that the gateway accepted,
`billed` the parts that receipts name, at the price of a part. The remainder has no billed parts: waiting messages,
messages that expired without a receipt or whose receipt names no parts, and messages that were never sent.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session, col

from getsms_core.base.states import COUNTED, SENT, Figures, MessageState
from getsms_core.db.engine import Store
from getsms_core.db.models import SPAN, Message, RollUp


@dataclass(frozen=True, slots=True)
class Remainder:
    """Messages of one state whose receipts name no parts, and the parts and tiyin that were predicted for them."""

    messages: int
    parts: int
    cost: int


_SENT = tuple(state.value for state in SENT)


@dataclass
class Sums:
    """Sums for one key, by state: messages (and those `COUNTED` as sent), SMS parts and tiyin by the
    price list; and of the messages whose receipts name a count of parts (`told`): how many, the parts and tiyin
    predicted, those billed."""

    messages: dict[str, int] = field(default_factory=dict)
    parts: dict[str, int] = field(default_factory=dict)
    cost: dict[str, int] = field(default_factory=dict)
    told: dict[str, int] = field(default_factory=dict)
    told_parts: dict[str, int] = field(default_factory=dict)
    told_cost: dict[str, int] = field(default_factory=dict)
    billed_parts: int = 0
    billed: int = 0  # tiyin: billed parts at the price of a part

    @property
    def figures(self) -> Figures:
        """The figures of these messages."""
        return Figures.of(self.messages)

    @property
    def sent_parts(self) -> int:
        """SMS parts of the messages that were submitted."""
        return sum([self.parts.get(name, 0) for name in _SENT])

    @property
    def sent_cost(self) -> int:
        """The cost of the submitted messages by the price list, tiyin."""
        return sum([self.cost.get(name, 0) for name in _SENT])

    @property
    def planned_parts(self) -> int:
        """SMS parts of all messages."""
        return sum(self.parts.values())

    @property
    def planned_cost(self) -> int:
        """The cost of all messages by the price list, tiyin."""
        return sum(self.cost.values())

    @property
    def expected_cost(self) -> int:
        """The cost of the messages whose receipts name parts, by the price list, tiyin."""
        return sum(self.told_cost.values())

    @property
    def remainder(self) -> dict[str, Remainder]:
        """By state, the messages whose receipts name no parts: with those whose receipts do they are all messages, and
        their parts and cost with `told_parts` and `told_cost` what was planned."""
        left = {
            state.value: Remainder(
                self.messages.get(state.value, 0) - self.told.get(state.value, 0),
                self.parts.get(state.value, 0) - self.told_parts.get(state.value, 0),
                self.cost.get(state.value, 0) - self.told_cost.get(state.value, 0),
            )
            for state in MessageState
        }
        return {state: remainder for state, remainder in left.items() if remainder.messages}

    def add(self, other: "Sums") -> None:
        """Add the sums of other messages."""
        for name in ("messages", "parts", "cost", "told", "told_parts", "told_cost"):
            totals = getattr(self, name)
            for state, n in getattr(other, name).items():
                totals[state] = totals.get(state, 0) + n
        self.billed_parts += other.billed_parts
        self.billed += other.billed

    def add_state(self, state: str, values: Sequence[int]) -> None:
        """Add the values that `columns()` selected for a state."""
        messages, counted, *money = values
        self.messages[state] = self.messages.get(state, 0) + messages
        self.messages[COUNTED] = self.messages.get(COUNTED, 0) + counted
        for name, n in zip(("parts", "cost", "told", "told_parts", "told_cost"), money, strict=False):
            totals = getattr(self, name)
            totals[state] = totals.get(state, 0) + n
        if money:
            self.billed_parts += money[5]
            self.billed += money[6]


def columns(money: bool = True) -> list[sa.ColumnElement[int]]:
    """Return SQL columns over the roll-ups, to be grouped by state, for `Sums.add_state`. Without `money` only
    messages, which is faster."""
    messages: list[sa.ColumnElement[int]] = [sa.func.sum(col(RollUp.messages)), sa.func.sum(col(RollUp.counted))]
    if not money:
        return messages
    # All messages of a cell have one price per part; an emptied cell holds zeros. The type is explicit because
    # SQLAlchemy would round by a floor() of its own on SQLite, which raises for NULL.
    parts = sa.func.nullif(col(RollUp.parts), 0, type_=sa.BigInteger())
    expected = col(RollUp.expected_parts) * col(RollUp.cost) // parts
    billed = col(RollUp.billed_parts) * col(RollUp.cost) // parts
    values: tuple[Any, ...] = (
        RollUp.parts, RollUp.cost, RollUp.billed_messages, RollUp.expected_parts, expected, RollUp.billed_parts, billed,
    )  # fmt: skip
    return [*messages, *map(sa.func.sum, values)]


def sums_of(session: Session, campaign_id: int) -> Sums:
    """Return the sums of one campaign; `queued` includes messages in flight."""
    rows = session.execute(
        sa.select(col(RollUp.state), *columns())
        .where(col(RollUp.campaign_id) == campaign_id)
        .group_by(col(RollUp.state))
    )
    sums = Sums()
    for state, *values in rows:
        sums.add_state(state.value, [int(n or 0) for n in values])
    return sums


@dataclass(frozen=True)
class Billed:
    """Of the messages whose receipts name a count of parts (`messages`): the parts and tiyin that were predicted and
    those that were billed; and by state the `remainder`, the messages whose receipts name none."""

    messages: int = 0
    parts: int = 0
    cost: int = 0
    billed_parts: int = 0
    billed_cost: int = 0
    remainder: Mapping[str, Remainder] = field(default_factory=dict)

    @classmethod
    def of(cls, sums: Sums) -> "Billed":
        """Return the comparison of sums with money."""
        return cls(
            messages=sum(sums.told.values()),
            parts=sum(sums.told_parts.values()),
            cost=sums.expected_cost,
            billed_parts=sums.billed_parts,
            billed_cost=sums.billed,
            remainder=sums.remainder,
        )

    @property
    def extra_cost(self) -> int:
        """Tiyin that were billed above the prediction; negative for less."""
        return self.billed_cost - self.cost

    @property
    def more(self) -> int:
        """Parts billed beyond the prediction; negative where fewer were."""
        return self.billed_parts - self.parts

    @property
    def waiting(self) -> int:
        """Sent messages whose parts no receipt names, yet or ever."""
        return sum(remainder.messages for state, remainder in self.remainder.items() if state in SENT)


@dataclass(frozen=True, slots=True)
class BillingDifference:
    """A message whose billed parts differ from the prediction."""

    id: int
    row: int
    text: str
    encoding: str
    parts: int
    billed_parts: int


def compare(store: Store, campaign_id: int) -> Billed:
    """Return predicted against billed parts and cost. All numbers of a range have one price in a campaign, so billed
    parts have it too."""
    with store.reading() as session:
        return Billed.of(sums_of(session, campaign_id))


def differences(store: Store, campaign_id: int, limit: int = 20) -> list[BillingDifference]:
    """Return the first messages whose billed parts differ from the prediction. Reads the campaign's messages: call it
    only where `compare` reports a difference."""
    columns = (Message.id, Message.row, Message.text, Message.encoding, Message.parts, Message.billed_parts)
    with store.reading() as session:
        rows = session.execute(
            sa.select(*map(col, columns))
            .where(
                col(Message.id).between(campaign_id * SPAN, (campaign_id + 1) * SPAN - 1),
                col(Message.billed_parts) != col(Message.parts),
            )
            .order_by(col(Message.id))
            .limit(limit)
        )
        return [BillingDifference(*row) for row in rows]
