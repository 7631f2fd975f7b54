"""Rows of tables: a campaign's messages, receipts, chunk log and uncertain messages. Paged by key."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt
import sqlalchemy as sa
from sqlalchemy.sql.selectable import Select
from sqlmodel import Session, col

from getsms_core import phone
from getsms_core.base import names
from getsms_core.base.codes import AttemptOutcome
from getsms_core.base.masking import mask_all_numbers, mask_own_number, mask_phone
from getsms_core.base.permissions import Actor, Permission
from getsms_core.base.states import COUNTED, COUNTED_AS_SENT, ChunkState, MessageState
from getsms_core.db import text_search
from getsms_core.db.engine import Store
from getsms_core.db.models import CHUNK_SENDING, MESSAGE_UNCERTAIN, SPAN, Attempt, Campaign, Chunk, Message, Receipt
from getsms_core.delivery import loss_reasons
from getsms_core.messages import variants
from getsms_core.reports.filters import Filter
from getsms_core.reports.rollup_queries import of_ranges
from getsms_core.users import attempts

LONGEST_SEARCH = names.LIMITS["search"].length


@dataclass(frozen=True)
class MessageRow:
    """A message as tables show it; `number` counts within the campaign, `price` is tiyin, instants are UTC ms."""

    id: int
    number: int
    row: int
    phone: str
    text: str
    encoding: str
    parts: int
    price: int
    state: str
    reason: str | None
    request_id: str | None
    left_at: int | None
    settled_at: int | None
    status_word: str | None
    billed_parts: int | None


FEW_ROWS = 500
"""Up to this number of rows of a list the database looks for their messages."""
_AT_ONCE = 2_000  # messages that are read at a time to find those of many rows


def messages_page(
    store: Store,
    actor: Actor,
    campaign_id: int,
    state: str | None = None,
    search: str = "",
    after_id: int | None = None,
    limit: int = 100,
    *,
    reason: str | None = None,
    rows_of_list: npt.NDArray[np.int32] | None = None,
    number_range: str | None = None,
    sent: tuple[int, int] | None = None,
) -> list[MessageRow]:
    """Return a campaign's messages after `after_id`, in the order of the list; with `reason` those that did not arrive
    for it (a code or the gateway's own words).

    `state` is a message state ("sending" too), "waiting" (accepted, a receipt can come), "counted" (counted as sent) or
    None; `number_range` is a name of `phone.RANGES`, `sent` the instants (UTC ms) from which and until which messages
    were sent. `search` is part of a phone number (digits, in any notation) or
    of the text. For users who may not see phones numbers are masked, and a search finds whole numbers and what the
    masked text shows: a part of a number would reveal the rest; how many numbers they may try is limited.
    `rows_of_list` are the only rows of the list whose messages are returned (`message_columns.rows_with`). Raises
    `DomainError` ("not-allowed", "too-many-tries")."""
    actor.must(Permission.READ)
    mask, search = not actor.may(Permission.SEE_PHONES), names.printable(search)[:LONGEST_SEARCH]
    if mask and _is_whole_number(search):
        attempts.count_number_search(store, actor.name, _whole_number(search), time.time_ns() // 1_000_000)
    query = _messages(campaign_id)
    flying = sa.select(col(Chunk.id)).where(col(Chunk.campaign_id) == campaign_id, CHUNK_SENDING)
    if state is not None:
        query = query.where(*in_state(state, flying))
    if number_range is not None:
        query = query.where(*of_ranges(Filter(ranges=(number_range,)), col(Message.number_range)))
    if sent is not None:
        query = query.where(col(Message.left_at) >= sent[0], col(Message.left_at) < sent[1])
    if search:
        query = query.where(_matches_search(search, mask))
    at_once, wanted = limit, None
    if rows_of_list is not None and len(rows_of_list) <= FEW_ROWS:
        query = query.where(col(Message.row).in_(rows_of_list.tolist()))
    elif rows_of_list is not None:
        at_once, wanted = max(limit, _AT_ONCE), set(rows_of_list.tolist())
    page: list[MessageRow] = []
    with store.reading() as session:
        if reason:
            query = query.where(loss_reasons.having_reason(session, [campaign_id], reason))
        in_flight, kept = set(session.scalars(flying)), kept_numbers(session, actor, campaign_id)
        while len(page) < limit:
            rows = session.execute(query.where(col(Message.id) > (after_id or 0)).limit(at_once)).all()
            wanted_rows = [row for row in rows if wanted is None or row.row in wanted]
            shown = ((message_row(row, in_flight, kept), row.phone) for row in wanted_rows)
            page += [row for row, phone in shown if not (mask and search) or _shows(row, phone, search)]
            if len(rows) < at_once:
                break
            after_id = rows[-1][0]
    return page[:limit]


def uncertain_page(
    store: Store, actor: Actor, campaign_id: int, after_id: int | None = None, limit: int = 100
) -> list[MessageRow]:
    """Return a campaign's uncertain messages after `after_id`; `left_at` is the start of their POST, `reason` what
    was lost."""
    return messages_page(store, actor, campaign_id, MessageState.UNCERTAIN, after_id=after_id, limit=limit)


def uncertain_cost(store: Store, campaign_id: int, message_ids: Sequence[int] = ()) -> int:
    """Return the cost (tiyin) of a campaign's uncertain messages, or of those with these ids."""
    query = sa.select(sa.func.coalesce(sa.func.sum(col(Message.price)), 0)).where(
        col(Message.campaign_id) == campaign_id, MESSAGE_UNCERTAIN
    )
    if message_ids:
        query = query.where(col(Message.id).in_(message_ids))
    with store.reading() as session:
        return int(session.scalar(query) or 0)


def message(store: Store, actor: Actor, message_id: int) -> MessageRow | None:
    """Return one message."""
    message_rows = messages_page(store, actor, message_id // SPAN, after_id=message_id - 1, limit=1)
    return message_rows[0] if message_rows and message_rows[0].id == message_id else None


def message_columns() -> list[Any]:
    """Return the columns that `message_row` reads."""
    return [*(getattr(Message, name) for name in MessageRow.__dataclass_fields__ if name != "number"),
            col(Message.chunk_id)]  # fmt: skip


def _messages(campaign_id: int) -> Select[tuple[object, ...]]:
    span = col(Message.id).between(campaign_id * SPAN, (campaign_id + 1) * SPAN - 1)
    return sa.select(*message_columns()).where(span, col(Message.campaign_id) == campaign_id).order_by(col(Message.id))


def in_state(state: str, flying: Select[int]) -> list[sa.ColumnElement[bool] | sa.TextClause]:
    """Return the conditions of the messages in a state, named as for `messages_page`; `flying` selects the chunks
    that are in a request."""
    if state in (MessageState.SENDING, MessageState.QUEUED):
        inside = col(Message.chunk_id).in_(flying)
        return [col(Message.state) == MessageState.QUEUED, inside if state == MessageState.SENDING else ~inside]
    if state == MessageState.UNCERTAIN:
        return [MESSAGE_UNCERTAIN]
    if state in ("waiting", COUNTED):
        counted = sa.func.coalesce(col(Message.reason), "") == COUNTED_AS_SENT
        return [col(Message.state) == MessageState.ACCEPTED, counted if state == COUNTED else ~counted]
    return [col(Message.state) == MessageState(state)]


def _matches_search(search: str, mask: bool) -> sa.ColumnElement[bool]:
    digits = "".join(letter for letter in search if letter.isdecimal())
    conditions = [text_search.contains(col(Message.text), search)]
    if digits and not search.strip("+0123456789 -()*"):
        if not mask:
            conditions.append(sa.cast(col(Message.phone), sa.String).contains(digits))
        elif _is_whole_number(search):
            conditions.append(col(Message.phone) == _whole_number(search))
    return sa.or_(*conditions)


def _is_whole_number(search: str) -> bool:
    digits = sum(map(str.isdecimal, search))
    return digits in (9, 12) and not search.strip("+0123456789 -()*")


def _whole_number(search: str) -> int:
    digits = "".join(str(int(letter)) for letter in search if letter.isdecimal())
    return int(digits if len(digits) == 12 else f"998{digits}")


def _shows(row: MessageRow, phone: int, search: str) -> bool:
    """Return whether a masked row shows what was searched for, or is the message to the whole number."""
    if any(map(str.isdecimal, search)) and not search.strip("+0123456789 -()*") and _whole_number(search) == phone:
        return True
    return search.casefold() in row.text.casefold()


def kept_numbers(session: Session, actor: Actor, campaign_id: int) -> frozenset[str] | None:
    """Return which numbers of a campaign's messages stay readable for users who may not see phones: those that its
    texts name (`phone.numbers_in`); None for users who see all."""
    if actor.may(Permission.SEE_PHONES):
        return None
    row = session.execute(sa.select(col(Campaign.text), col(Campaign.variants)).where(col(Campaign.id) == campaign_id))
    return numbers_of_texts(*next(iter(row), ("", None)))


def numbers_of_texts(text: str, stored_variants: Sequence[Mapping[str, Any]] | None) -> frozenset[str]:
    """Return the numbers that the texts of a campaign name: its own and those of its `variants`."""
    return phone.numbers_in(variants.all_texts(text, stored_variants))


def message_row(row: sa.Row[tuple[object, ...]], in_flight: set[int], kept: frozenset[str] | None) -> MessageRow:
    """Return a message as tables show it; unless `kept` is None, without whole numbers but those of `kept` in its text.
    `row` has the columns of `MessageRow` without `number`, and the chunk's id; `in_flight` are the chunks that are in a
    request."""
    values = {name: getattr(row, name) for name in MessageRow.__dataclass_fields__ if name != "number"}
    values["number"] = row.id % SPAN
    values["phone"] = str(row.phone or "") if kept is None else mask_phone(row.phone)
    if kept is not None:
        values["text"] = phone.mask_text(row.text, row.phone, kept)
        for name in ("reason", "status_word"):
            values[name] = values[name] and mask_all_numbers(mask_own_number(str(values[name]), row.phone))
    flies = row.state == MessageState.QUEUED and row.chunk_id in in_flight
    values["state"] = MessageState.SENDING.value if flies else row.state.value
    return MessageRow(**values)


@dataclass(frozen=True)
class ReceiptRow:
    """A receipt of a message, polled at an instant (UTC ms); the gateway's dates are unchanged texts."""

    at: int
    status: str
    billed_parts: int | None
    date_sent: str
    date_delivered: str
    description: str


def receipts_of(store: Store, actor: Actor, message_id: int) -> list[ReceiptRow]:
    """Return all receipts of a message, oldest first; without whole numbers for users who may not see them.
    Raises `DomainError` ("not-allowed")."""
    actor.must(Permission.READ)
    columns = [getattr(Receipt, name) for name in ReceiptRow.__dataclass_fields__]
    with store.reading() as session:
        receipt_rows = session.execute(
            sa.select(*columns).where(col(Receipt.message_id) == message_id).order_by(col(Receipt.id))
        )
        rows = [ReceiptRow(*row) for row in receipt_rows]
        phone = session.scalar(sa.select(col(Message.phone)).where(col(Message.id) == message_id)) or 0
    if actor.may(Permission.SEE_PHONES):
        return rows

    def masked(text: str) -> str:
        return mask_all_numbers(mask_own_number(text, phone))

    return [
        replace(row, status=masked(row.status), date_sent=masked(row.date_sent), description=masked(row.description),
                date_delivered=masked(row.date_delivered))
        for row in rows
    ]  # fmt: skip


@dataclass(frozen=True)
class AttemptRow:
    """One attempt to submit a chunk; instants are UTC ms."""

    number: int
    worker_id: str
    started_at: int
    ended_at: int
    outcome: AttemptOutcome
    code: str
    detail: str


@dataclass(frozen=True)
class ChunkRow:
    """A chunk and its attempts; `number`, `first` and `last` count within the campaign."""

    id: int
    number: int
    first: int
    last: int
    messages: int
    state: str
    code: str
    detail: str
    claimed_at: int | None
    attempts: tuple[AttemptRow, ...]


def chunk_log(
    store: Store,
    actor: Actor,
    campaign_id: int,
    before_id: int | None = None,
    limit: int = 100,
    state: str | None = None,
) -> list[ChunkRow]:
    """Return a campaign's chunks before `before_id` that were claimed at least once, latest first; for users who may
    not see phones without whole numbers in what the gateway said. Raises `DomainError` ("not-allowed")."""
    actor.must(Permission.READ)
    last = (campaign_id + 1) * SPAN - 1 if before_id is None else before_id - 1
    query = (
        sa.select(Chunk)
        .where(col(Chunk.id).between(campaign_id * SPAN, last), col(Chunk.attempts) > 0)
        .order_by(col(Chunk.id).desc())
        .limit(limit)
    )
    if state is not None:
        query = query.where(col(Chunk.state) == ChunkState(state))
    with store.reading() as session:
        chunks = session.scalars(query).all()
        tries = _tries(store, [chunk.id for chunk in chunks])
    mask_text = str if actor.may(Permission.SEE_PHONES) else mask_all_numbers
    return [
        ChunkRow(chunk.id, chunk.id % SPAN, chunk.first_id % SPAN, chunk.last_id % SPAN, chunk.messages,
                 chunk.state.value, chunk.code, mask_text(chunk.detail), chunk.claimed_at,
                 tuple(replace(attempt, detail=mask_text(attempt.detail)) for attempt in tries.get(chunk.id, ())))
        for chunk in chunks
    ]  # fmt: skip


def _tries(store: Store, chunk_ids: Sequence[int]) -> dict[int, list[AttemptRow]]:
    columns = [getattr(Attempt, name) for name in AttemptRow.__dataclass_fields__]
    attempts_by_chunk: dict[int, list[AttemptRow]] = {}
    with store.reading() as session:
        rows = session.execute(
            sa.select(col(Attempt.chunk_id), *columns)
            .where(col(Attempt.chunk_id).in_(chunk_ids))
            .order_by(col(Attempt.chunk_id), col(Attempt.started_at), col(Attempt.ended_at))
        )
        for row in rows:
            attempts_by_chunk.setdefault(row[0], []).append(AttemptRow(*row[1:]))
    return attempts_by_chunk
