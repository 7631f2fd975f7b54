"""What is known of one phone number: its messages in all campaigns, the lists that hold it, its opt-out."""

import time
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import load_only
from sqlmodel import Session, col

from getsms_core.audit import log as audit
from getsms_core.base.errors import DomainError
from getsms_core.base.kinds import OptOutScope
from getsms_core.base.masking import mask_phone
from getsms_core.base.permissions import Actor, Permission
from getsms_core.base.states import ChunkState, MessageState
from getsms_core.contacts import list_numbers, lists
from getsms_core.db import number_index
from getsms_core.db.engine import Store
from getsms_core.db.models import SPAN, Campaign, Chunk, Message, NumberErasure, OptOut, RecipientList
from getsms_core.phone import check, mask_text, outcome
from getsms_core.reports.message_log import MessageRow, message_row, numbers_of_texts
from getsms_core.users import attempts


@dataclass(frozen=True)
class NumberMessage:
    """A message to the number, and its campaign."""

    campaign_id: int
    campaign: str
    is_test: bool
    message: MessageRow


@dataclass(frozen=True)
class NumberOptOut:
    """The opt-out of the number; `created_at` is UTC ms."""

    scope: OptOutScope
    source: str
    reason: str
    created_at: int
    created_by: str


@dataclass(frozen=True)
class NumberHistory:
    """`phone` as the reader may see it; `messages` newest campaign first; `lists`: id, name and how many rows have the
    number, those of test SMS left out; `erasing`: whether everything about it is being erased."""

    phone: str
    opt_out: NumberOptOut | None
    lists: tuple[tuple[int, str, int], ...]
    messages: tuple[NumberMessage, ...]
    erasing: bool


def parse(text: str) -> int:
    """Return the number that a text holds, in any notation. Raises `DomainError` with the code of the outcome."""
    checked = check(text)
    if checked.outcome == outcome.Outcome.EMPTY:
        raise DomainError.of("no-number")
    if checked.number is None:
        raise DomainError(checked.outcome.value, outcome.message(checked.outcome, text.strip()))
    return checked.number


def look_up(store: Store, actor: Actor, phone: int) -> NumberHistory:
    """Return what is known of a number, and note in the audit log that the actor asked. Raises `DomainError` as
    `note`."""
    note(store, actor, phone)
    return history(store, actor, phone)


def note(store: Store, actor: Actor, phone: int, *, typed: bool = True) -> None:
    """Note in the audit log that the actor looks up a number. Users who see masked numbers may only try a limited
    number of those that they have `typed`. Raises `DomainError` ("not-allowed", "too-many-tries")."""
    actor.must(Permission.READ)
    if typed and not actor.may(Permission.SEE_PHONES):
        attempts.count_number_search(store, actor.name, phone, time.time_ns() // 1_000_000)
    audit.note_alone(store, actor, "number.look-up", f"phone:{phone}")


def of_message(store: Store, actor: Actor, message_id: int) -> int:
    """Return the number of a message, for pages to look it up without showing it. Raises `DomainError`: "not-allowed",
    "number-erased"."""
    actor.must(Permission.READ)
    with store.reading() as session:
        phone = session.scalar(sa.select(col(Message.phone)).where(col(Message.id) == message_id))
    if not phone:
        raise DomainError.of("number-erased")
    return phone


def history(store: Store, actor: Actor, phone: int) -> NumberHistory:
    """Return what is known of a number that was looked up: for what is drawn again. For users who may not see phones
    the number is masked everywhere. Raises `DomainError` ("not-allowed")."""
    actor.must(Permission.READ)
    mask = not actor.may(Permission.SEE_PHONES)
    with store.reading() as session:
        in_messages, in_lists = number_index.look_up(session, phone, number_index.MESSAGES, number_index.LISTS)
        messages = _messages(session, number_index.message_ids(session, phone, in_messages), phone, mask)
        erasing = sa.exists().where(col(NumberErasure.phone) == phone)
        opt_out, is_erasing = session.execute(
            sa.select(OptOut, erasing)
            .select_from(sa.select(sa.literal(1)).subquery())
            .outerjoin(OptOut, col(OptOut.phone) == phone)
        ).one()
        rows_of_lists = list_numbers.rows_with(store, phone, in_lists)
        columns = load_only(*(getattr(RecipientList, name) for name in ("name", "filename", "options")))
        of_lists = sa.select(RecipientList).options(columns).where(col(RecipientList.id).in_(rows_of_lists))
        list_rows = session.scalars(of_lists).all()
        held = {int(row.id or 0): row.name for row in list_rows if not lists.is_internal(row)}
    return NumberHistory(
        mask_phone(phone) if mask else str(phone),
        None if opt_out is None else _opt_out(opt_out, mask),
        tuple((list_id, held[list_id], len(rows)) for list_id, rows in rows_of_lists.items() if list_id in held),
        messages,
        bool(is_erasing),
    )


def _messages(session: Session, ids: list[int], phone: int, mask: bool) -> tuple[NumberMessage, ...]:
    if not ids:
        return ()
    columns = [getattr(Message, name) for name in MessageRow.__dataclass_fields__ if name != "number"]
    columns += [col(Message.chunk_id), col(Campaign.name).label("campaign_name"), col(Campaign.is_test)]
    columns += [col(Campaign.text).label("template"), col(Campaign.variants)]
    query = (
        sa.select(*columns)
        .join(Campaign, col(Campaign.id) == col(Message.campaign_id))
        .where(col(Message.id).in_(ids), col(Message.phone) == phone)
    )
    rows = session.execute(query.order_by(col(Message.id).desc())).all()
    queued = {row.chunk_id for row in rows if row.state == MessageState.QUEUED}
    sending = sa.select(col(Chunk.id)).where(col(Chunk.id).in_(queued), col(Chunk.state) == ChunkState.SENDING)
    in_flight = set(session.scalars(sending)) if queued else set()

    def shown(row: sa.Row[tuple[object, ...]]) -> MessageRow:
        return message_row(row, in_flight, numbers_of_texts(row.template, row.variants) if mask else None)

    return tuple(NumberMessage(row.id // SPAN, row.campaign_name, row.is_test, shown(row)) for row in rows)


def _opt_out(row: OptOut, mask: bool) -> NumberOptOut:
    def shown(text: str) -> str:
        return mask_text(text, row.phone) if mask else text

    return NumberOptOut(row.scope, shown(row.source), shown(row.reason), row.created_at, row.created_by)
