"""What may not be claimed: messages without text, to opted-out numbers or above the frequency cap, and campaigns above
a spending limit."""

import string
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlmodel import Session, col

from getsms_core.accounts.policy import Policy, counted_by_cap
from getsms_core.base import reasons
from getsms_core.base.kinds import MessageKind, OptOutScope
from getsms_core.base.states import MessageState
from getsms_core.db.models import CHUNK_SENDING, Campaign, Chunk, Message, RollUp
from getsms_core.delivery.pauses import pause_account, pause_campaign
from getsms_core.delivery.schedule import day_start_hour, in_flight_cost, spent_cost
from getsms_core.messages.invisible import is_blank

EMPTY_TEXT = "empty-text"
_VISIBLE = frozenset(string.ascii_letters + string.digits)
"""Texts that begin with one of these are not blank: the call for each of a hundred messages was 2 % of a claim."""


class QueuedMessage(NamedTuple):
    """A message to send. `price` is tiyin; `opt_out` is what its number opted out of as of the claim, a value of
    `OptOutScope`."""

    id: int
    phone: int
    text: str
    parts: int
    price: int
    number_range: int
    variant: int | None = None
    cut: int | None = None
    opt_out: str | None = None


@dataclass(frozen=True)
class Limits:
    """The account's rules and the zone in which its days and quiet hours are."""

    policy: Policy
    zone: ZoneInfo

    def begin(self, session: Session, account_id: int, now: int) -> "ClaimLimits":
        """Return the rules for one claim."""
        quiet = {kind for kind in MessageKind if self.policy.of_kind(kind).quiet_until(self.zone, now) is not None}
        return ClaimLimits(self, session, account_id, now, frozenset(quiet))


NO_LIMITS = Limits(Policy(), ZoneInfo("UTC"))


@dataclass
class ClaimLimits:
    """The rules during one claim; messages that it permits count at once."""

    limits: Limits
    session: Session
    account_id: int
    now: int
    quiet_kinds: frozenset[str]
    _day_left: int | None = None
    _campaign_left: dict[int, int] = field(default_factory=dict)
    _taken: dict[tuple[int, str], int] = field(default_factory=dict)

    def held(self, messages: Sequence[QueuedMessage], kind: str, is_test: bool) -> dict[int, str]:
        """Return why messages of a campaign of this kind must not be sent, by id: "empty-text", "opted-out" or
        "frequency-cap". Test SMS have no cap."""
        opted_out = {OptOutScope.ALL} if kind != MessageKind.ADVERTISING else set(OptOutScope)
        held = {message.id: "opted-out" for message in messages if message.opt_out and message.opt_out in opted_out}
        held |= {message.id: EMPTY_TEXT for message in messages if message.text[:1] not in _VISIBLE and
                 is_blank(message.text)}  # fmt: skip
        policy = self.limits.policy.of_kind(kind)
        if is_test or not policy.cap_messages:
            return held
        counted = self._counted_kind(kind)
        phones = [message.phone for message in messages]
        counted_before = counted_by_cap(self.session, policy, phones, self.now, counted)
        flying = self._flying(phones, counted)
        for message in messages:
            taken = self._taken.get((message.phone, counted), 0)
            message_count = counted_before.get(message.phone, 0) + flying.get(message.phone, 0) + taken
            if message_count >= policy.cap_messages:
                held.setdefault(message.id, "frequency-cap")
            elif message.id not in held:
                self._taken[message.phone, counted] = taken + 1
        return held

    def uncount(self, messages: Sequence[QueuedMessage], kind: str, is_test: bool) -> None:
        """No longer count messages that `held` permitted and that are not claimed after all: a message of another
        campaign to the same number was cancelled for a cap that was not reached."""
        if is_test or not self.limits.policy.of_kind(kind).cap_messages:
            return
        counted = self._counted_kind(kind)
        for message in messages:
            self._taken[message.phone, counted] -= 1

    def _counted_kind(self, kind: str) -> str:
        """Return which kind of SMS counts for the cap of a campaign of this kind; "": every kind."""
        return kind if self.limits.policy.counts_apart else ""

    def _flying(self, phones: Sequence[int], kind: str) -> dict[int, int]:
        """Return how many messages of a kind ("": of every kind) to each number are in flight, without test SMS."""
        query = (
            sa.select(col(Message.phone), sa.func.count())
            .select_from(Chunk)
            .join(Message, col(Message.id).between(col(Chunk.first_id), col(Chunk.last_id)))
            .join(Campaign, col(Campaign.id) == col(Chunk.campaign_id))
            .where(
                CHUNK_SENDING,
                col(Campaign.is_test).is_(False),
                col(Message.chunk_id) == col(Chunk.id),
                col(Message.state) == MessageState.QUEUED,
                col(Message.phone).in_(phones),
            )
            .group_by(col(Message.phone))
        )
        if kind:
            query = query.where(col(Campaign.category) == kind)
        return dict(self.session.execute(query).all())

    def affords(self, campaign_id: int, campaign_limit: int | None, cost: int) -> bool:
        """Whether `cost` (tiyin) is within the daily and the campaign's limit; pauses the campaigns of a reached
        limit."""
        day = self.limits.policy.spend_day
        if day is not None:
            if self._day_left is None:
                of_account = col(Campaign.account_id) == self.account_id
                since = col(RollUp.hour) >= day_start_hour(self.limits.zone, self.now)
                self._day_left = day - spent_cost(self.session, of_account, since)
                self._day_left -= in_flight_cost(self.session, col(Chunk.account_id) == self.account_id)
            if cost > self._day_left:
                pause_account(self.session, self.account_id, reasons.reason("spend-day", limit=reasons.money(day)))
                return False
        if campaign_limit is not None:
            if campaign_id not in self._campaign_left:
                left = campaign_limit - spent_cost(self.session, col(Campaign.id) == campaign_id)
                self._campaign_left[campaign_id] = left - in_flight_cost(
                    self.session, col(Chunk.campaign_id) == campaign_id
                )
            if cost > self._campaign_left[campaign_id]:
                reached = reasons.reason("spend-campaign", limit=reasons.money(campaign_limit))
                pause_campaign(self.session, campaign_id, reached)
                return False
            self._campaign_left[campaign_id] -= cost
        if self._day_left is not None:
            self._day_left -= cost
        return True
