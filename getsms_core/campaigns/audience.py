"""The recipients of a campaign: those of its list whom its condition chooses.

Everything that looks at a campaign's recipients (messages, estimates, previews, checks) takes them from here, so that
all of it counts the same rows.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import cached_property

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import sqlalchemy as sa
from sqlmodel import col

from getsms_core import phone
from getsms_core.base.errors import DomainError
from getsms_core.base.kinds import ExcludedReason, MessageKind, OptOutScope
from getsms_core.base.permissions import Actor, Permission
from getsms_core.base.states import CampaignState, Preparation
from getsms_core.campaigns import control, exclusions
from getsms_core.contacts import lists, selection, set_algebra, suppression
from getsms_core.contacts.conditions import (
    Columns,
    Condition,
    ConditionError,
    Unreadable,
    columns_of,
    describe,
    from_json,
)
from getsms_core.contacts.facts import ListFacts
from getsms_core.contacts.validation import CheckedList
from getsms_core.db.engine import Store, now_ms
from getsms_core.db.models import Campaign, Excluded
from getsms_core.delivery import sending_day

Codes = npt.NDArray[np.uint8]
INCLUDED = 0
CODES = {reason: code for code, reason in enumerate(ExcludedReason, 1)}
"""The reasons as numbers in an array; a lower one wins where several hold."""


@dataclass(frozen=True)
class Audience:
    """`accepted`: row, phone and the list's columns of every accepted row, in the order of the list; `reasons`: for
    each of them why it gets no message as one of `CODES`, or `INCLUDED` (empty texts are known once the texts are
    rendered); `day`: YYYY-MM-DD that birthdays count from, "" without a condition; `unreadable`: cells that a
    comparison of numbers or dates passes over."""

    accepted: pa.Table
    reasons: Codes
    day: str = ""
    unreadable: tuple[Unreadable, ...] = ()

    @cached_property
    def positions(self) -> npt.NDArray[np.int64]:
        """The places in `accepted` of those who get a message."""
        return np.flatnonzero(self.reasons == INCLUDED)

    @cached_property
    def recipients(self) -> pa.Table:
        """Those who get a message: row, phone and the list's columns, in the order of the list."""
        everybody = len(self.positions) == self.accepted.num_rows
        return self.accepted if everybody else self.accepted.take(pa.array(self.positions))

    def counts(self) -> dict[str, int]:
        """How many recipients have each reason; every reason present."""
        counts_by_code = np.bincount(self.reasons, minlength=len(CODES) + 1)
        return {reason.value: int(counts_by_code[code]) for reason, code in CODES.items()}

    def must_not_be_empty(self) -> None:
        """Raise `DomainError` (no-recipients, nobody-chosen, all-excluded) where there is nobody to send to."""
        if len(self.positions):
            return
        if (self.reasons > CODES[ExcludedReason.WHERE]).any():
            raise DomainError.of("all-excluded")
        if len(self.reasons):
            raise DomainError.of("nobody-chosen")
        raise DomainError.of("no-recipients")


def recipients(store: Store, campaign: Campaign) -> pa.Table:
    """The recipients of a campaign that has a list: row, phone and the list's columns. Raises as `of`."""
    return of(store, campaign).recipients


def of(store: Store, campaign: Campaign, *, planned: bool = True) -> Audience:
    """The recipients of a campaign and how many of its list are left out; `planned` as in `exclusions.masks`. One that
    is not sent yet has those of the time for which it is planned.

    Raises `DomainError`: no-such-list, list-not-ready, list-erased, no-such-column, ambiguous-column."""
    checked = lists.checked(store, int(campaign.list_id or 0))
    chosen = of_checked(checked, condition_of(campaign), day_of(store, campaign))
    return exclude(store, campaign, chosen, planned=planned)


def exclude(
    store: Store, campaign: Campaign, chosen: Audience, *, planned: bool = True, at: int | None = None
) -> Audience:
    """The same audience without those whom the campaign's exclusions name, for advertising those who opted out of it,
    and the control group: of a started campaign as they were when its messages were made, and as of now before that.
    `planned` and `at` are those of `exclusions.masks`. Raises `DomainError`: no-such-list, list-not-ready,
    list-erased."""
    if not excludes(campaign):
        return chosen
    if campaign.prepared == Preparation.READY and campaign.state != CampaignState.DRAFT:
        return replace(chosen, reasons=_stored_reasons(store, campaign, chosen.reasons.copy()))
    phones = chosen.accepted["phone"].to_numpy()
    masks = exclusions.masks(store, campaign, phones, planned=planned, at=at)
    if campaign.category == MessageKind.ADVERTISING:
        masks[ExcludedReason.ADVERTISING] = np.isin(phones, suppression.numbers(store, OptOutScope.ADVERTISING))
    return without_control(with_masks(chosen, masks), campaign.control, campaign.control_seed)


def excludes(campaign: Campaign) -> bool:
    """Whether anything but the condition may keep recipients of the list from getting a campaign."""
    is_advertising = campaign.category == MessageKind.ADVERTISING
    return bool(exclusions.Exclusions.from_stored(campaign.exclusions)) or is_advertising or bool(campaign.control)


def without_control(chosen: Audience, share: int, seed: int) -> Audience:
    """The same audience without its control group: a share (hundredths of a percent) of those who would get a
    message, drawn with a seed."""
    if not share:
        return chosen
    reasons, positions = chosen.reasons.copy(), chosen.positions
    drawn = control.draw(chosen.recipients["phone"].to_numpy(), share, seed)
    reasons[positions[drawn]] = CODES[ExcludedReason.CONTROL]
    return replace(chosen, reasons=reasons)


def with_masks(chosen: Audience, masks: exclusions.Found) -> Audience:
    """The same audience without those who are marked; `masks` are aligned with `accepted`."""
    reasons = chosen.reasons.copy()
    for reason in ExcludedReason:
        if reason in masks:
            reasons[(reasons == INCLUDED) & masks[reason]] = CODES[reason]
    return replace(chosen, reasons=reasons)


def _stored_reasons(store: Store, campaign: Campaign, reasons: Codes) -> Codes:
    by_exclusion = (
        ExcludedReason.LISTS,
        ExcludedReason.CAMPAIGNS,
        ExcludedReason.DAYS,
        ExcludedReason.ADVERTISING,
        ExcludedReason.CONTROL,
    )
    query = sa.select(col(Excluded.position), col(Excluded.reason)).where(
        col(Excluded.campaign_id) == campaign.id, col(Excluded.reason).in_(by_exclusion)
    )
    with store.reading() as session:
        for position, reason in session.execute(query):
            reasons[position - 1] = CODES[ExcludedReason(reason)]
    return reasons


def of_checked(checked: CheckedList, condition: Condition | None, day: date | None = None) -> Audience:
    """The recipients of a checked list whom a condition chooses; without one all of them."""
    accepted = checked.accepted()
    if condition is None:
        return everybody(accepted)
    day = day or selection.day_for(condition)
    selected = selection.choose(checked, condition, today=day)
    is_chosen = selected.mask[set_algebra.recipient_positions(checked)]
    reasons = np.where(is_chosen, INCLUDED, CODES[ExcludedReason.WHERE]).astype(np.uint8)
    return Audience(accepted, reasons, day.isoformat(), selected.unreadable)


def everybody(accepted: pa.Table) -> Audience:
    """All recipients of a list."""
    return Audience(accepted, np.full(accepted.num_rows, INCLUDED, np.uint8))


def condition_of(campaign: Campaign) -> Condition | None:
    """The condition of a campaign, None where it goes to its whole list."""
    return from_json(campaign.condition) if campaign.condition else None


def condition_words(store: Store, actor: Actor, campaign: Campaign) -> str:
    """The condition of a campaign as a sentence without a full stop, "" without one. Who may not see phones sees
    neither numbers nor the values of personal columns that it names."""
    condition = condition_of(campaign)
    if condition is None or actor.may(Permission.SEE_PHONES):
        return "" if condition is None else describe(condition)
    words = describe(condition, _hidden_columns(store, campaign, columns_of(condition)))
    return phone.mask_text(words, 0)


def _hidden_columns(store: Store, campaign: Campaign, names: Sequence[str]) -> list[str]:
    """Return which of these names mean the phone column or a personal one of the campaign's list, or no column of it:
    rather one too many is hidden."""
    if campaign.list_id is None:
        return list(names)
    row = lists.get(store, campaign.list_id)
    facts = ListFacts.from_stored(row.facts)
    columns, secret = Columns(facts.columns), {facts.phone_column, *row.personal_columns}

    def is_hidden(name: str) -> bool:
        try:
            return columns.find(name) in secret
        except ConditionError:
            return True

    return [name for name in names if is_hidden(name)]


def day_of(store: Store, campaign: Campaign, at: int | None = None) -> date | None:
    """The day that birthdays count from: that for which the messages were made; of a draft, and before that, the day
    on which the sending begins from now, from `at` (UTC ms) or from its planned time on. None without a birthday."""
    if campaign.condition_day and campaign.prepared == Preparation.READY and campaign.state != CampaignState.DRAFT:
        return date.fromisoformat(campaign.condition_day)
    condition = condition_of(campaign)
    if condition is None or not selection.has_birthday(condition):
        return None
    with store.reading() as session:
        return sending_day.of(session, campaign, max(at or campaign.scheduled_at or 0, now_ms(session)))
