"""The roll-ups that the reports read."""

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from getsms_core.base.states import MessageState
from getsms_core.db.models.base import BIG_INTEGER, Table, enum_text


class RollUp(Table, table=True):
    """The roll-up that every chart reads, updated in the transaction that changes its messages.

    `hour` is the hour since 1970 in which the messages were sent (0 = not sent). An hour is a cohort: its messages
    change their state and stay in it."""

    __tablename__ = "tally"
    campaign_id: int = Field(primary_key=True)
    hour: int = Field(primary_key=True, index=True)
    number_range: int = Field(primary_key=True)
    state: MessageState = Field(primary_key=True, sa_type=enum_text(MessageState))
    messages: int
    parts: int = Field(sa_type=BIG_INTEGER)
    cost: int = Field(sa_type=BIG_INTEGER)  # tiyin
    billed_parts: int = Field(default=0, sa_type=BIG_INTEGER)
    billed_messages: int = Field(default=0, sa_type=BIG_INTEGER)  # messages whose receipts name a count of parts
    expected_parts: int = Field(default=0, sa_type=BIG_INTEGER)  # the parts that were predicted for those messages
    counted: int = Field(default=0, sa_type=BIG_INTEGER, sa_column_kwargs={"server_default": "0"})
    """Those of `messages` that a user counted as sent: they have no id, so no receipt can come for them."""


class VariantRollUp(Table, table=True):
    """The same roll-up by variant, for campaigns with several texts."""

    __tablename__ = "variant_tally"

    campaign_id: int = Field(primary_key=True)
    variant: int = Field(primary_key=True)
    state: MessageState = Field(primary_key=True, sa_type=enum_text(MessageState))
    messages: int
    parts: int = Field(sa_type=BIG_INTEGER)
    cost: int = Field(sa_type=BIG_INTEGER)  # tiyin
    billed_parts: int = Field(default=0, sa_type=BIG_INTEGER)
    billed_messages: int = Field(default=0, sa_type=BIG_INTEGER)  # messages whose receipts name a count of parts
    expected_parts: int = Field(default=0, sa_type=BIG_INTEGER)  # the parts that were predicted for those messages
    counted: int = Field(default=0, sa_type=BIG_INTEGER, sa_column_kwargs={"server_default": "0"})
    """Those of `messages` that a user counted as sent: they have no id, so no receipt can come for them."""


class ReasonRollUp(Table, table=True):
    """How many messages did not arrive, by the hour in which they were sent as in `RollUp`, by state and by reason
    (`base.failure_reasons.stored_code`). Messages without a reason have no row: `RollUp` counts all."""

    __tablename__ = "reason_tally"

    campaign_id: int = Field(primary_key=True)
    hour: int = Field(primary_key=True)
    number_range: int = Field(primary_key=True)
    state: MessageState = Field(primary_key=True, sa_type=enum_text(MessageState))
    reason: str = Field(primary_key=True)
    messages: int


class CutColumn(Table, table=True):
    """A column of a campaign's list whose values have roll-ups. `ids` are the numbers of its values in the roll-ups,
    the same for one value in every campaign, first 0 for an empty cell; `values` are the texts of the others."""

    __tablename__ = "cut_column"
    campaign_id: int = Field(primary_key=True)
    position: int = Field(primary_key=True)
    name: str
    ids: list[int] = Field(sa_type=sa.JSON)
    values: list[str] = Field(sa_type=sa.JSON)


class _CutCounts(SQLModel):
    """Messages of one value by state, in one row: with a row for each state, 200 values of ten million messages took
    five times as long to read."""

    queued: int
    accepted: int
    rejected: int
    uncertain: int
    delivered: int
    undelivered: int
    expired: int
    cancelled: int
    counted: int  # those of `accepted` that a user counted as sent
    sent_cost: int = Field(sa_type=BIG_INTEGER)  # tiyin of the submitted ones


class CutRollUp(Table, _CutCounts, table=True):
    """The roll-up by the id of a value of a `CutColumn` and by hour, updated in the transaction that changes its
    messages. A message counts once for each of its campaign's columns."""

    __tablename__ = "cut_tally"
    campaign_id: int = Field(primary_key=True)
    position: int = Field(primary_key=True)
    value: int = Field(primary_key=True, sa_type=BIG_INTEGER)
    hour: int = Field(primary_key=True)


class CutTotalRollUp(Table, _CutCounts, table=True):
    """The same over all hours, for filters without a period: with campaigns of three hours a third of the rows."""

    __tablename__ = "cut_total"
    campaign_id: int = Field(primary_key=True)
    position: int = Field(primary_key=True)
    value: int = Field(primary_key=True, sa_type=BIG_INTEGER)


class DeliveryTimeRollUp(Table, table=True):
    """Histogram of the time to delivery: buckets of a log scale, 8 an octave of seconds."""

    __tablename__ = "delay"
    campaign_id: int = Field(primary_key=True)
    number_range: int = Field(primary_key=True)
    bucket: int = Field(primary_key=True)
    messages: int


class HourlyDeliveryTimeRollUp(Table, table=True):
    """The same by the hour in which the messages were sent, as in `RollUp`, for filters with a period. Over all time it
    would be six times as slow as `DeliveryTimeRollUp`: 370 ms for 10 million messages."""

    __tablename__ = "hour_delay"

    campaign_id: int = Field(primary_key=True)
    hour: int = Field(primary_key=True)
    number_range: int = Field(primary_key=True)
    bucket: int = Field(primary_key=True)
    messages: int
