"""Responses of a campaign's recipients: uploaded by phone number or client key, matched to its messages and to its
control group.

Each row of an upload is an event (person, time, amount). A row that was uploaded before is not counted again: the same
file twice changes nothing, and the file of the next month adds to this one. `Response` has the sum of each person.
"""

from collections import Counter
from collections.abc import Callable, Container, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, tzinfo
from pathlib import Path
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlmodel import Session, col

from getsms_core.audit import log as audit
from getsms_core.base import reasons
from getsms_core.base.errors import DomainError
from getsms_core.base.kinds import ExcludedReason
from getsms_core.base.permissions import Actor, Permission
from getsms_core.base.states import SENT, MessageState
from getsms_core.campaigns import response_rows, response_writing
from getsms_core.campaigns.build import get_campaign
from getsms_core.campaigns.response_rows import (
    DAY_MS,
    UNKNOWN,
    Columns,
    ResponseRows,
    UnusedReason,
    UnusedRow,
)
from getsms_core.campaigns.response_writing import Event
from getsms_core.contacts import storage
from getsms_core.contacts.conditions.keys import keys
from getsms_core.db.engine import Store
from getsms_core.db.models import SPAN, Campaign, Excluded, Message, ResponseEvent
from getsms_core.db.response_versions import published, responded
from getsms_core.jobs import JobRun

MOST_AMOUNT = 10**17
"""Tiyin that an upload may add up to. Phone numbers in the column of amounts make more: a sum of 100,000 of them does
not fit into 64 bits, and SQLite refuses each report of the campaign then."""
_UNMATCHED_SHOWN = 20
_ARRIVED = (*SENT, MessageState.UNCERTAIN)
"""A response to a message in one of these states may be an answer to it."""


@dataclass(frozen=True)
class MatchResult:
    """The result of an upload: `matched` recipients with a message who responded, of whom `new` had not before;
    `control`: members of the control group among them besides; `amount` (tiyin) of the rows with a message that count;
    `known`: rows that an earlier upload had, which are not counted again; `unmatched` people without a message or
    earlier than it, the first phone numbers in `examples`; `refused` rows that cannot be read. `unused` names each
    row that is not counted."""

    matched: int
    new: int
    unmatched: int
    examples: tuple[int, ...]
    refused: int
    amount: int = 0
    control: int = 0
    known: int = 0
    unused: tuple[UnusedRow, ...] = ()


class _Person(NamedTuple):
    """Somebody whom the campaign knows: id of the message, or minus the position of the control group; when the
    message was sent (None: it was not), of the control group when the campaign started; and its text."""

    recipient: int
    sent_at: int | None
    variant: int | None


def from_file(
    store: Store,
    actor: Actor,
    campaign_id: int,
    path: Path,
    columns: Columns = Columns(),  # noqa: B008
    options: dict[str, Any] | None = None,
    *,
    zone: tzinfo = UTC,
    replace: bool = False,
) -> MatchResult:
    """Store responses from a spreadsheet; times without a zone are local to `zone`; with `replace` earlier responses
    are deleted.

    Raises `DomainError` for a file that cannot be read, "no-such-column", "no-such-campaign", "no-key-column",
    "list-deleted" (people named by key need the campaign's list), and "no-numbers" where it names nobody."""
    actor.must(Permission.CAMPAIGN)
    return save(store, actor, campaign_id, response_rows.from_file(path, columns, zone, options), replace=replace)


def from_text(
    store: Store,
    actor: Actor,
    campaign_id: int,
    text: str,
    columns: Columns = Columns(),  # noqa: B008
    *,
    zone: tzinfo = UTC,
    replace: bool = False,
) -> MatchResult:
    """Store responses from typed or pasted numbers, or from a pasted table. Raises as `from_file`."""
    actor.must(Permission.CAMPAIGN)
    return save(store, actor, campaign_id, response_rows.from_text(text, columns, zone), replace=replace)


def save(
    store: Store,
    actor: Actor,
    campaign_id: int,
    given: ResponseRows,
    *,
    replace: bool = False,
    run: JobRun | None = None,
    also: Callable[[Session, MatchResult], None] = lambda session, result: None,
) -> MatchResult:
    """Match rows to a campaign's messages and its control group, and store them as responses: all of them count from
    one transaction on, in which `also` writes too. `run` is the job that does it."""
    actor.must(Permission.CAMPAIGN)
    if not len(given.rows):
        raise DomainError.of("no-numbers")
    if sum(amount for amount in given.amounts.tolist() if amount != UNKNOWN) > MOST_AMOUNT:
        raise DomainError.of("amounts-too-large", most=reasons.money(MOST_AMOUNT))
    with store.reading() as session:
        campaign = get_campaign(session, campaign_id, lock=False)
    rows_of_keys = _rows_of_keys(store, campaign, set(given.keys)) if given.by_key else {}
    with store.reading() as session:
        people = _people(session, campaign, given, rows_of_keys)
    events, unused = _events(given, people)
    events.sort()
    matched = {event[0] for event in events if event[0] > 0}
    with response_writing.upload(store, campaign_id, run) as new:
        stored, stored_before = (set(), set()) if replace else _stored(store, campaign_id)
        fresh = [event for event in events if event not in stored] if stored else events
        result = MatchResult(
            matched=len(matched),
            new=len(matched - stored_before),
            unmatched=len({(row.value, row.reason) for row in unused}),
            examples=_examples(given, unused),
            refused=len(given.unused),
            amount=sum(amount for recipient, _at, amount, _ordinal in events if recipient > 0 and amount != UNKNOWN),
            control=len({event[0] for event in events if event[0] < 0}),
            known=len(events) - len(fresh),
            unused=tuple(sorted([*given.unused, *unused], key=lambda row: row.row)),
        )
        new.write(fresh, actor.name, replace=replace, run=run)

        def publish(session: Session) -> None:
            get_campaign(session, campaign_id)
            new.publish(session, replace=replace)
            audit.note(session, actor, "campaign.responses", f"campaign:{campaign_id}", matched=result.matched,
                       unmatched=result.unmatched, replaced=replace)  # fmt: skip
            also(session, result)

        store.transact(publish)
        response_writing.clean_up(new)
    return result


def _stored(store: Store, campaign_id: int) -> tuple[set[Event], set[int]]:
    """Return the events that count, and the ids of the messages with a response."""
    event = ResponseEvent
    columns = (col(event.recipient), col(event.responded_at), col(event.amount), col(event.ordinal))
    events = sa.select(*columns).where(col(event.campaign_id) == campaign_id, published(event))
    with store.reading() as session:
        connection = session.connection()
        stored: set[Event] = {(row[0], row[1], row[2], row[3]) for row in connection.execute(events)}
        return stored, {int(row[0]) for row in connection.execute(responded(campaign_id))}


def _rows_of_keys(store: Store, campaign: Campaign, wanted: Container[str]) -> dict[str, list[int]]:
    """Return the rows of the campaign's list for each of these client keys: a client may have several numbers, or one
    that was refused. Instead of a duplicate it names the row that counts. Raises `DomainError`: "no-key-column",
    "list-deleted"."""
    try:
        if campaign.list_id is None:
            raise DomainError.of("list-deleted", id=campaign.id)
        column = storage.get(store, campaign.list_id).key_column
        if not column:
            raise DomainError.of("no-key-column", id=campaign.list_id)
        table = storage.load(store, campaign.list_id, ["row", "other", storage.FIELD + column])
    except DomainError as error:
        if error.code in ("no-such-list", "list-erased", "list-not-ready"):
            raise DomainError.of("list-deleted", id=campaign.id) from None
        raise
    compared = keys(table[storage.FIELD + column].combine_chunks()).to_pylist()
    rows: dict[str, list[int]] = {}
    for key, row, other in zip(compared, table["row"].to_pylist(), table["other"].to_pylist(), strict=True):
        if key and key in wanted:
            rows.setdefault(key, []).append(other or row)
    return rows


def _people(
    session: Session, campaign: Campaign, given: ResponseRows, rows_of_keys: Mapping[str, Sequence[int]]
) -> list[_Person | None]:
    """Return whom each row names, in one pass over the campaign's messages: phones have no index."""
    campaign_id = int(campaign.id or 0)
    rows_named = {row for rows in rows_of_keys.values() for row in rows}
    wanted_set = rows_named if given.by_key else set(given.phones.tolist())
    people_by_place: dict[int, _Person] = {}
    messages = sa.select(
        col(Message.phone), col(Message.row), col(Message.id), col(Message.state), col(Message.left_at),
        col(Message.variant),
    ).where(col(Message.id).between(campaign_id * SPAN, (campaign_id + 1) * SPAN - 1))  # fmt: skip
    connection = session.connection()
    for phone, row, message_id, state, left_at, variant in connection.execute(messages.order_by(col(Message.id))):
        place = row if given.by_key else phone
        if place in wanted_set:
            sent_at = left_at if state in _ARRIVED else None
            earlier = people_by_place.get(place)
            if earlier is None or (earlier.sent_at is None and sent_at is not None):
                people_by_place[place] = _Person(message_id, sent_at, variant)
    held_out = sa.select(col(Excluded.phone), col(Excluded.row), col(Excluded.position)).where(
        col(Excluded.campaign_id) == campaign_id, col(Excluded.reason) == ExcludedReason.CONTROL
    )
    for held_out_phone, row, position in connection.execute(held_out):
        place = row if given.by_key else held_out_phone or 0
        if place in wanted_set:
            people_by_place.setdefault(place, _Person(-position, campaign.started_at, None))
    if not given.by_key:
        return [people_by_place.get(phone) for phone in given.phones.tolist()]
    people_by_key = {
        key: max((people_by_place[row] for row in rows if row in people_by_place), key=_standing, default=None)
        for key, rows in rows_of_keys.items()
    }
    return [people_by_key.get(key) for key in given.keys]


def _standing(person: _Person) -> tuple[int, int]:
    """Rank the numbers of one client: who got a message responded to it, to the first one, whatever is sent later; a
    message that was not sent says more than the control group. Of equals the first row counts."""
    rank = 0 if person.recipient < 0 else 1 if person.sent_at is None else 2
    return rank, -(person.sent_at or 0)


def _events(given: ResponseRows, people: Sequence[_Person | None]) -> tuple[list[Event], list[UnusedRow]]:
    """Return the rows that count, and why the others do not."""
    events: list[Event] = []
    unused: list[UnusedRow] = []
    equal: Counter[tuple[int, int, int]] = Counter()
    for i, person in enumerate(people):
        at, amount = int(given.times[i]), int(given.amounts[i])
        if person is None:
            reason: UnusedReason | None = UnusedReason.NO_MESSAGE
        else:
            # Without a limit for the control group as well, its purchases of before would count, theirs alone.
            reason = _too_early(person.sent_at, at, bool(given.whole_days[i]))
            if at != UNKNOWN and person.sent_at is not None:
                at = max(at, person.sent_at)  # a whole day begins before the message of that day
        if reason is not None or person is None:
            unused.append(UnusedRow(int(given.rows[i]), given.values[i], reason or UnusedReason.NO_MESSAGE))
            continue
        key = (person.recipient, at, amount)
        events.append((*key, equal[key]))
        equal[key] += 1
    return events, unused


def _too_early(sent_at: int | None, at: int, whole_day: bool) -> UnusedReason | None:
    if sent_at is None:
        return UnusedReason.NOT_SENT
    last = at + DAY_MS - 1 if whole_day else at
    return UnusedReason.EARLIER if at != UNKNOWN and last < sent_at else None


def _examples(given: ResponseRows, unused: Sequence[UnusedRow]) -> tuple[int, ...]:
    if given.by_key:
        return ()
    unused_rows = {unused_row.row for unused_row in unused}
    phones = (int(phone) for row, phone in zip(given.rows, given.phones, strict=True) if row in unused_rows)
    return tuple(dict.fromkeys(phones))[:_UNMATCHED_SHOWN]
