"""A user's decision on uncertain messages: count as sent, count as not sent, or send again."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from enum import StrEnum
from itertools import groupby

import sqlalchemy as sa
from sqlmodel import Session, col

from getsms_core.accounts import gateway_account, policy
from getsms_core.audit import log as audit
from getsms_core.base.errors import DomainError, NotFound
from getsms_core.base.kinds import MessageKind
from getsms_core.base.permissions import Actor, Permission
from getsms_core.base.settings import Settings
from getsms_core.base.states import COUNTED_AS_SENT, CampaignState, MessageState, change
from getsms_core.db.engine import Store, now_ms
from getsms_core.db.models import MESSAGE_UNCERTAIN, SPAN, Campaign, Chunk, Message
from getsms_core.db.moves import move_by_id
from getsms_core.db.rollups import ContactKey, RollUpDeltas, hour_of, remove_contacts
from getsms_core.delivery import approval_terms
from getsms_core.delivery.claims import last_chunk
from getsms_core.delivery.completion import finish

BATCH = 20_000
RESTORED = "restored"
"""The code of a message that was not yet sent when the restored backup was made, and of its campaign."""
COLUMNS = ("reason", "chunk_id", "left_at", "next_poll_at")
COUNTED_AS_NOT_SENT = "counted-as-not-sent"


class Resolution(StrEnum):
    """A user's decision on an uncertain message."""

    SENT = "sent"
    NOT_SENT = "not-sent"
    AGAIN = "again"


def resolve(
    store: Store,
    actor: Actor,
    campaign_id: int,
    how: Resolution,
    *,
    message_ids: Sequence[int] | None = None,
    rows: tuple[int | None, int | None] = (None, None),
    settings: Settings | None = None,
    left_at: Mapping[int, int | None] | None = None,
) -> int:
    """Resolve a campaign's uncertain messages, or those of `message_ids`, from the first to the last of `rows` of the
    spreadsheet; returns how many. A repeat changes nothing. `left_at` (UTC ms, by message id) names the attempt that
    the user decided on: a message that was sent again since then stays uncertain.

    SENT: accepted permanently and in no delivery rate, because no id is known to poll. NOT_SENT: cancelled. AGAIN:
    queued in new chunks of the same campaign, which continues or, as by `resume`, awaits approval; only this decision
    of a user makes the program POST a message a second time. NOT_SENT and AGAIN free the number for the frequency cap,
    so that the first attempt does not block the second.
    Raises `DomainError` ("not-allowed", and those of `check_resend`)."""
    actor.must(Permission.CAMPAIGN)

    def work(session: Session) -> int:
        campaign = session.get(Campaign, campaign_id, with_for_update=True)
        if campaign is None:
            raise NotFound.of("no-such-campaign", id=campaign_id)
        if how is Resolution.AGAIN:
            _check_resend_allowed(session, campaign, settings)
        uncertain = _uncertain(session, campaign_id, message_ids, rows)
        if left_at is not None:
            uncertain = ([row for row in batch if row.left_at == left_at.get(row.id)] for batch in uncertain)
        resolved = _resolve_messages(session, campaign, how, uncertain)
        session.flush()
        if count_restored_uncertain(session, campaign_id):
            pass  # it stays paused until a user has decided on all of them
        elif resolved and how is Resolution.AGAIN and campaign.state == CampaignState.FINISHED:
            _continue(session, campaign, actor)
        elif resolved:
            finish(session, {campaign_id: campaign.state}, now_ms(session))
        if resolved:
            audit.note(session, actor, "campaign.resolve", f"campaign:{campaign_id}", how=how.value, messages=resolved)
        return resolved

    return store.transact(work)


def _continue(session: Session, campaign: Campaign, actor: Actor) -> None:
    """Have a finished campaign send again. Where its approval is no longer valid, or the rules now require one, it
    awaits approval."""
    change(campaign, CampaignState.RUNNING)
    campaign.finished_at = None
    session.flush()
    if approval_terms.hold_for_approval(session, campaign, now_ms(session)):
        audit.note(session, actor, "campaign.ask-approval", f"campaign:{campaign.id}", messages=campaign.messages)


def _resolve_messages(
    session: Session, campaign: Campaign, how: Resolution, batches: Iterator[Sequence[sa.Row[tuple[int, ...]]]]
) -> int:
    """Write the decision on each message, with new chunks for AGAIN; returns how many messages."""
    campaign_id, resolved = campaign.id or 0, 0
    moves = RollUpDeltas()
    frees_number = how is not Resolution.SENT and not campaign.is_test
    contacts: Counter[ContactKey] = Counter()
    is_service = campaign.category == MessageKind.SERVICE
    next_chunk_id = last_chunk(session, campaign_id) + 1
    for batch in batches:
        changes = []
        for chunk_id, group in groupby(batch, key=lambda row: row.chunk_id):
            messages = list(group)
            if how is Resolution.AGAIN:
                session.add(_new_chunk(campaign, next_chunk_id, messages, chunk_id))
            changes += [_message_row(row, how, next_chunk_id) for row in messages]
            next_chunk_id += how is Resolution.AGAIN
        for row in batch:
            _count_resolution(moves, campaign_id, row, how)
            contacts[row.phone, hour_of(row.left_at), is_service] += frees_number
        move_by_id(session, MessageState.UNCERTAIN, COLUMNS, changes)
        resolved += len(batch)
    moves.write(session)
    if frees_number and policy.get(session, campaign.account_id).has_cap:
        remove_contacts(session, contacts)
    return resolved


def _new_chunk(
    campaign: Campaign, chunk_id: int, messages: Sequence[sa.Row[tuple[int, ...]]], old_chunk_id: int
) -> Chunk:
    return Chunk(
        id=chunk_id,
        campaign_id=campaign.id or 0,
        account_id=campaign.account_id,
        first_id=messages[0].id,
        last_id=messages[-1].id,
        messages=len(messages),
        code="again",
        detail=str(old_chunk_id % SPAN),
    )


def count_restored_uncertain(session: Session, campaign_id: int) -> int:
    """Return how many messages are still uncertain because the database was restored from a backup."""
    query = sa.select(sa.func.count()).where(
        col(Message.campaign_id) == campaign_id, MESSAGE_UNCERTAIN, col(Message.reason) == RESTORED
    )
    return session.scalar(query) or 0


def count_uncertain(store: Store, campaign_id: int, rows: tuple[int | None, int | None]) -> int:
    """Return how many uncertain messages a campaign has in these spreadsheet rows (first and last, inclusive)."""
    query = sa.select(sa.func.count()).where(
        col(Message.campaign_id) == campaign_id, MESSAGE_UNCERTAIN, *_row_range(rows)
    )
    with store.reading() as session:
        return session.scalar(query) or 0


def _row_range(rows: tuple[int | None, int | None]) -> list[sa.ColumnElement[bool]]:
    first, last = rows
    from_first = [] if first is None else [col(Message.row) >= first]
    return from_first if last is None else [*from_first, col(Message.row) <= last]


def check_resend(store: Store, campaign_id: int, settings: Settings | None = None) -> None:
    """Check that messages of this campaign can be sent again. Raises `DomainError`: "no-such-campaign",
    "campaign-cancelled", "ended" after its end time, "other-login"."""
    with store.reading() as session:
        campaign = session.get(Campaign, campaign_id)
        if campaign is None:
            raise NotFound.of("no-such-campaign", id=campaign_id)
        _check_resend_allowed(session, campaign, settings)


def _check_resend_allowed(session: Session, campaign: Campaign, settings: Settings | None) -> None:
    if campaign.state == CampaignState.CANCELLED:
        raise DomainError.of("campaign-cancelled", id=campaign.id)
    if campaign.ends_at is not None and campaign.ends_at <= now_ms(session):
        raise DomainError.of("ended", id=campaign.id)
    if settings is not None:
        gateway_account.require_in_force(session, campaign, settings)


def _uncertain(
    session: Session, campaign_id: int, ids: Sequence[int] | None, rows: tuple[int | None, int | None]
) -> Iterator[Sequence[sa.Row[tuple[int, ...]]]]:
    columns = (
        col(Message.id),
        col(Message.chunk_id),
        col(Message.left_at),
        col(Message.parts),
        col(Message.price),
        col(Message.number_range),
        col(Message.variant),
        col(Message.cut),
        col(Message.phone),
    )
    query = sa.select(*columns).where(col(Message.campaign_id) == campaign_id, MESSAGE_UNCERTAIN, *_row_range(rows))
    if ids is not None:
        sorted_ids = sorted(set(ids))
        for start in range(0, len(sorted_ids), 500):
            yield session.execute(
                query.where(col(Message.id).in_(sorted_ids[start : start + 500])).order_by(col(Message.id))
            ).all()
        return
    last = 0
    while batch := session.execute(query.where(col(Message.id) > last).order_by(col(Message.id)).limit(BATCH)).all():
        last = batch[-1].id
        yield batch


def _message_row(row: sa.Row[tuple[int, ...]], how: Resolution, chunk_id: int) -> tuple[object, ...]:
    if how is Resolution.SENT:
        return (
            MessageState.ACCEPTED.value,
            COUNTED_AS_SENT,
            row.chunk_id,
            row.left_at,
            None,
            row.id,
        )
    if how is Resolution.NOT_SENT:
        return MessageState.CANCELLED.value, COUNTED_AS_NOT_SENT, row.chunk_id, None, None, row.id
    return MessageState.QUEUED.value, None, chunk_id, None, None, row.id


def _count_resolution(moves: RollUpDeltas, campaign_id: int, row: sa.Row[tuple[int, ...]], how: Resolution) -> None:
    state, left_at = {
        Resolution.SENT: (MessageState.ACCEPTED, row.left_at),
        Resolution.NOT_SENT: (MessageState.CANCELLED, None),
        Resolution.AGAIN: (MessageState.QUEUED, None),
    }[how]
    moves.add(
        campaign_id,
        row.number_range,
        MessageState.UNCERTAIN,
        row.left_at,
        messages=-1,
        parts=-row.parts,
        cost=-row.price,
        variant=row.variant,
        cut=row.cut,
    )
    moves.add(campaign_id, row.number_range, state, left_at, messages=1, parts=row.parts, cost=row.price,
              variant=row.variant, cut=row.cut, counted=int(how is Resolution.SENT),
              reason=COUNTED_AS_NOT_SENT)  # fmt: skip
