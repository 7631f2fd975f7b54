"""Breakdowns by anything: by a column of the list, by list, kind, author, text, number range, sender name and day.

The parts of each add up to the total of its filter. A column that a campaign was created to be cut by is read from its
roll-ups, as long as the filter names no number range; any other one is counted from the messages, which is slower
(some seconds for ten million)."""

from collections import Counter, defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta, tzinfo
from typing import Any

import pandas as pd
import pyarrow as pa
import sqlalchemy as sa
from sqlmodel import Session, col

from getsms_core import phone
from getsms_core.base.errors import NotAllowed, NotFound
from getsms_core.base.permissions import Actor, Permission
from getsms_core.billing.reconciliation import Sums
from getsms_core.contacts import list_columns
from getsms_core.contacts.cell_values import keys_of
from getsms_core.contacts.facts import ListFacts
from getsms_core.contacts.list_columns import PREFIX
from getsms_core.db.engine import Store, now_ms
from getsms_core.db.models import Campaign, Message, RecipientList, Response, RollUp
from getsms_core.db.response_versions import published
from getsms_core.messages import variants
from getsms_core.reports import cut_counts
from getsms_core.reports.breakdowns import EPOCH
from getsms_core.reports.filters import HOUR, Filter
from getsms_core.reports.rollup_queries import (
    Meta,
    add_up,
    campaigns_of,
    frame,
    local_hour,
    of_ranges,
    range_name,
    span,
)

CUTS = ("list", "author", "category", "variant", "range", "sender", "day")
"""What messages can be broken down by, besides `column:NAME`."""

LISTS_OFFERED = 50
"""The newest lists of a filter, whose columns are offered; any other column can be named."""

_OF_CAMPAIGN: Mapping[str, Callable[[Meta], str]] = {
    "author": lambda meta: meta.created_by,
    "category": lambda meta: str(meta.category),
    "sender": lambda meta: meta.sender,
}


_NOT_SUMMED = ("parts", "planned_cost", "billed_parts", "billed_cost", "expected_cost")
"""Columns of `rollup_queries.frame` that the sums of values do not have."""


@dataclass
class _Parts:
    """The sums and responses of each value. Values that are alike, but spelled differently in two campaigns, are one
    part, called as most messages have it."""

    sums: dict[str | None, Sums] = field(default_factory=dict)
    responses: Counter[str | None] = field(default_factory=Counter)
    spellings: dict[str | None, Counter[str | None]] = field(default_factory=lambda: defaultdict(Counter))

    def add(self, value: str | None, sums: Sums, responses: int = 0, key: str | None = None) -> None:
        """Add messages to a part; `key` is the same for values that are alike."""
        key = value if key is None else key
        self.sums.setdefault(key, Sums()).add(sums)
        self.responses[key] += responses
        self.spellings[key][value] += sum(sums.messages.values())

    def value(self, key: str | None) -> str | None:
        """Return what a part is called."""
        return self.spellings[key].most_common(1)[0][0]

    def masked(self) -> "_Parts":
        """Return the parts without a whole phone number; those that look alike without it are one part."""
        masked_parts = _Parts()
        values = [self.value(key) for key in self.sums]
        shown_values = phone.mask_cells(pa.array(values, pa.string())).to_pylist()
        for (key, sums), value, shown in zip(self.sums.items(), values, shown_values, strict=True):
            masked_parts.add(shown, sums, self.responses[key], key=key if shown == value else shown)
        return masked_parts

    def frame(self) -> pd.DataFrame:
        """Return a row for each part: value, figures, money, responses."""
        named = {(self.value(key),): sums for key, sums in self.sums.items()}
        cut_frame = frame(["value"], named, money=True).drop(columns=list(_NOT_SUMMED))
        cut_frame["value"] = cut_frame["value"].astype(object).where(cut_frame["value"].notna(), None)
        cut_frame["responses"] = pd.Series([self.responses[key] for key in self.sums], dtype="int64")
        return cut_frame


def check(store: Store, actor: Actor, question: Filter, zone: tzinfo, by: str) -> str:
    """Return a cut with its column as the lists write it. Raises `DomainError`: "no-such-cut", "no-such-column", and
    "hidden-column" where the column is personal and the user may not see phones."""
    with store.reading() as session:
        return _check(session, actor, campaigns_of(session, question, zone), by)


def _check(session: Session, actor: Actor, campaigns: Mapping[int, Meta], by: str) -> str:
    if by in CUTS:
        return by
    rows = lists_of(session, campaigns)
    known = dict.fromkeys(
        f"{PREFIX}{column}" for row in rows.values() for column in list_columns.names(ListFacts.from_stored(row.facts))
    )
    if not by.startswith(PREFIX):
        raise NotFound.of("no-such-cut", name=by, known=", ".join([*CUTS, *(known or [f"{PREFIX}NAME"])]))
    name = by.removeprefix(PREFIX)
    spelled = [(row, own_name) for row in rows.values() if (own_name := list_columns.column_of(row, name))]
    if not spelled:
        raise NotFound.of("no-such-column", case="export", name=by, known=", ".join(known) or "–")
    if not actor.may(Permission.SEE_PHONES) and any(
        list_columns.is_personal(row, own_name) for row, own_name in spelled
    ):
        raise NotAllowed.of("hidden-column", column=spelled[0][1])
    return PREFIX + spelled[0][1]


def by_cut(store: Store, actor: Actor, question: Filter, zone: tzinfo, by: str, now: int | None = None) -> pd.DataFrame:
    """Return a row for each value, most sent messages first, days in their order: `value` (text; "" = empty cell,
    None = no such value: the list lacks the column or is deleted, the campaign has one text, the message was not sent;
    of a column, numbers are masked for users who may not see them, and values that look alike then are one row),
    the columns of `rollup_queries.frame` with `sent_cost` (tiyin), and `responses`. Raises `DomainError` as `check`."""
    actor.must(Permission.READ)
    with store.reading() as session:
        campaigns = campaigns_of(session, question, zone)
        by = _check(session, actor, campaigns, by)
        if by.startswith(PREFIX):
            parts = _by_column(store, session, question, zone, campaigns, by.removeprefix(PREFIX))
        elif by == "day":
            parts = _by_day(session, question, zone, campaigns, now or now_ms(session))
        elif by == "range":
            parts = _by_range(session, question, zone, campaigns)
        elif by == "variant":
            parts = _by_text(session, question, zone, campaigns)
        else:
            parts = _by_campaign(session, question, zone, campaigns, by)
    if by.startswith(PREFIX) and not actor.may(Permission.SEE_PHONES):
        parts = parts.masked()
    cut_frame = parts.frame()
    if by == "day":
        return cut_frame.sort_values("value", kind="stable", na_position="last").reset_index(drop=True)
    return cut_frame.sort_values(["sent", "value"], ascending=[False, True], kind="stable").reset_index(drop=True)


def columns(store: Store, actor: Actor, question: Filter, zone: tzinfo) -> dict[str, bool]:
    """Return the columns of the lists of a filter that the user may break down by, and whether a campaign has roll-ups
    for each; those first."""
    actor.must(Permission.READ)
    chosen_by_column: dict[str, bool] = {}
    spelled: dict[str, str] = {}
    with store.reading() as session:
        campaigns = campaigns_of(session, question, zone)
        rows = lists_of(session, campaigns)
    chosen = {name.casefold() for meta in campaigns.values() for name in meta.cuts or ()}
    for row in sorted(rows.values(), key=lambda row: -int(row.id or 0))[:LISTS_OFFERED]:
        names = list_columns.names(ListFacts.from_stored(row.facts))
        alike = Counter(name.casefold() for name in names)
        for name in names:
            if actor.may(Permission.SEE_PHONES) or not list_columns.is_personal(row, name):
                only = alike[name.casefold()] == 1  # else the list has columns that differ in case alone
                spelling = spelled.setdefault(name.casefold(), name) if only else name
                chosen_by_column[spelling] = name.casefold() in chosen
    return dict(sorted(chosen_by_column.items(), key=lambda pair: not pair[1]))


def lists_of(session: Session, campaigns: Mapping[int, Meta]) -> dict[int, RecipientList]:
    """Return the lists of campaigns that are not deleted, by their ids."""
    ids = sorted({meta.list_id for meta in campaigns.values() if meta.list_id is not None})
    rows = session.scalars(sa.select(RecipientList).where(col(RecipientList.id).in_(ids)))
    return {int(row.id or 0): row for row in rows.all()}


def _by_campaign(session: Session, question: Filter, zone: tzinfo, campaigns: Mapping[int, Meta], by: str) -> _Parts:
    sums = add_up(session, question, zone, campaigns, [col(RollUp.campaign_id)], money=True)
    responses = _responses(session, question, zone, campaigns)
    values = values_of_campaigns(session, campaigns, by)
    parts = _Parts()
    for (campaign_id,), campaign_sums in sums.items():
        parts.add(values[campaign_id], campaign_sums, responses.get((campaign_id,), 0))
    return parts


def values_of_campaigns(session: Session, campaigns: Mapping[int, Meta], by: str) -> dict[int, str | None]:
    """Return what each campaign has of "list", "author", "category" or "sender"; None where its list is deleted. Of
    several lists with one name each has its number behind."""
    if by != "list":
        return {i: _OF_CAMPAIGN[by](meta) for i, meta in campaigns.items()}
    rows = lists_of(session, campaigns)
    names = Counter(row.name for row in rows.values())
    values: dict[int, str | None] = {}
    for campaign_id, meta in campaigns.items():
        row = rows.get(meta.list_id or 0)
        name = row.name if row else None
        values[campaign_id] = f"{name} ({row.id})" if row and names[row.name] > 1 else name
    return values


def _by_day(session: Session, question: Filter, zone: tzinfo, campaigns: Mapping[int, Meta], now: int) -> _Parts:
    hours = local_hour(zone, *span(session, question, zone, campaigns, now))
    day = sa.case((col(RollUp.hour) > 0, hours // 24), else_=-1)
    sums = add_up(session, question, zone, campaigns, [day], money=True)
    hour = col(Message.left_at) // (HOUR * 1000)
    responses = Counter[int]()
    for (sent_hour,), n in _responses(session, question, zone, campaigns, hour).items():
        local = pd.Timestamp(sent_hour * HOUR, unit="s", tz="UTC").tz_convert(zone) if sent_hour else None
        responses[(local.date() - EPOCH).days if local else -1] += n
    parts = _Parts()
    for (index,), day_sums in sums.items():
        value = (EPOCH + timedelta(days=int(index))).isoformat() if index >= 0 else None
        parts.add(value, day_sums, responses[int(index)])
    return parts


def _by_range(session: Session, question: Filter, zone: tzinfo, campaigns: Mapping[int, Meta]) -> _Parts:
    sums = add_up(session, question, zone, campaigns, [col(RollUp.number_range)], money=True)
    responses = _responses(session, question, zone, campaigns, col(Message.number_range))
    parts = _Parts()
    for (index,), range_sums in sums.items():
        parts.add(range_name(int(index)), range_sums, responses.get((index,), 0))
    return parts


def _by_text(session: Session, question: Filter, zone: tzinfo, campaigns: Mapping[int, Meta]) -> _Parts:
    texts = texts_of(session, campaigns)
    whole = question.since is None and question.until is None and not question.ranges
    counted = cut_counts.of_texts(session, question, zone, campaigns, rolled_up=whole)
    responses = _responses(session, question, zone, campaigns, col(Message.campaign_id), col(Message.variant))
    parts = _Parts()
    for (campaign_id, variant), sums in counted.items():
        names = texts.get(campaign_id, [])
        value = names[variant] if variant is not None and variant < len(names) else None
        parts.add(value, sums, responses.get((campaign_id, variant), 0))
    return parts


def texts_of(session: Session, campaigns: Mapping[int, Meta]) -> dict[int, list[str]]:
    """Return what the texts of each campaign with several are called: letters, or the values of its text column, ""
    for the fallback."""
    columns = (col(Campaign.id), col(Campaign.text_column), col(Campaign.variants))
    query = sa.select(*columns).where(col(Campaign.id).in_(sorted(campaigns)))
    texts: dict[int, list[str]] = {}
    for campaign_id, text_column, stored in session.execute(query):
        if further := variants.from_stored(stored):
            by_value = ["", *(variant.value or "" for variant in further)]
            texts[campaign_id] = by_value if text_column else list(variants.LETTERS[: len(further) + 1])
    return texts


def _by_column(
    store: Store, session: Session, question: Filter, zone: tzinfo, campaigns: Mapping[int, Meta], name: str
) -> _Parts:
    rolled = {} if question.ranges else cut_counts.rolled_up_columns(session, campaigns, name)
    parts = _Parts()
    value_counts = list(cut_counts.from_roll_ups(session, question, zone, campaigns, rolled))
    others = {campaign_id: meta for campaign_id, meta in campaigns.items() if campaign_id not in rolled}
    rows = lists_of(session, others)
    value_counts += cut_counts.from_messages(store, session, question, zone, others, rows, name)
    keys = keys_of([value or "" for value, _sums, _responses in value_counts])
    for (value, sums, responses), key in zip(value_counts, keys, strict=True):
        parts.add(value, sums, responses, None if value is None else key)
    return parts


def _responses(
    session: Session, question: Filter, zone: tzinfo, campaigns: Mapping[int, Meta], *by: Any
) -> dict[tuple[Any, ...], int]:
    """Return the responses to the messages of a filter, by columns of the message; by campaign without any."""
    columns = by or (col(Response.campaign_id),)
    where = [col(Response.campaign_id).in_(sorted(campaigns)), published(Response), *sent_within(question, zone)]
    query = sa.select(*columns, sa.func.count()).select_from(Response)
    query = query.join(Message, col(Message.id) == col(Response.message_id)).where(*where).group_by(*columns)
    return {tuple(row[:-1]): int(row[-1]) for row in session.execute(query)}


def sent_within(question: Filter, zone: tzinfo) -> list[sa.ColumnElement[bool]]:
    """Return a filter's period and number ranges as conditions on messages."""
    return cut_counts.sent_within(question, zone) + of_ranges(question, col(Message.number_range))
