"""Erasing one number on request: its texts, names and the number itself; decision 19 says what stays and why.

The request opts the number out of everything at once. A job then erases what has ended; what is under way (a message
that is queued, waits for its receipt or is uncertain, a list of a campaign that has not ended) is erased later: workers
try again every hour until nothing is left. Only then the request forgets the number.
"""

from collections.abc import Container, Sequence

import sqlalchemy as sa
from sqlmodel import Session, col

from getsms_core import jobs
from getsms_core.audit import log as audit
from getsms_core.base.failure_reasons import stored_code
from getsms_core.base.kinds import OptOutScope
from getsms_core.base.masking import mask_own_number
from getsms_core.base.permissions import SYSTEM, Actor, Permission
from getsms_core.base.states import COUNTED_AS_SENT, CampaignState, MessageState, Preparation
from getsms_core.base.work_states import JobKind, JobState, ListState
from getsms_core.campaigns import draft_input, response_uploads
from getsms_core.campaigns.build import delete_messages
from getsms_core.contacts import list_numbers, row_erasure, storage
from getsms_core.db import number_index
from getsms_core.db.bulk import rows_changed
from getsms_core.db.engine import Store, now_ms
from getsms_core.db.models import (
    SPAN,
    Attempt,
    Audit,
    Campaign,
    Chunk,
    Contact,
    Excluded,
    Job,
    Message,
    NumberErasure,
    OptOut,
    Receipt,
)
from getsms_core.db.upserts import insert_unless_exists

SOURCE = "erasure"
"""The source of an opt-out that an erasure added."""
RETRY_MS = 3_600_000
_ENDED = (CampaignState.FINISHED, CampaignState.CANCELLED)
_FINAL = (
    MessageState.DELIVERED,
    MessageState.UNDELIVERED,
    MessageState.EXPIRED,
    MessageState.REJECTED,
    MessageState.CANCELLED,
)
_QUIETLY = {"synchronize_session": False}


def subject(erasure_id: int) -> str:
    """Return the subject of the job, in which the number is not named."""
    return f"erasure:{erasure_id}"


def request(store: Store, actor: Actor, phone: int) -> int:
    """Have everything about a number erased, an administrator's right; return the id of the request. It opts the number
    out of everything. A repeat returns the request that is under way. Raises `DomainError` ("not-allowed")."""
    actor.must(Permission.SETTINGS)

    def work(session: Session) -> int:
        now = now_ms(session)
        _opt_out(session, actor, phone, now)
        wanted = NumberErasure(phone=phone, requested_at=now, requested_by=actor.name)
        added = insert_unless_exists(session, wanted)
        if added is None:
            under_way = sa.select(col(NumberErasure.id)).where(col(NumberErasure.phone) == phone)
            erasure_id = int(session.scalar(under_way) or 0)
        else:
            erasure_id = int(added.id or 0)
            audit.note(session, actor, "number.erase-request", subject(erasure_id))
        jobs.enqueue(session, JobKind.ERASE_NUMBER, subject(erasure_id), actor.name)
        return erasure_id

    return store.transact(work)


def _opt_out(session: Session, actor: Actor, phone: int, now: int) -> None:
    """Add the number to the opt-outs, or widen and strip its entry: a reason may hold a name."""
    entry = OptOut(phone=phone, source=SOURCE, created_at=now, created_by=actor.name, scope=OptOutScope.ALL)
    if insert_unless_exists(session, entry) is None:
        present = sa.update(OptOut).where(col(OptOut.phone) == phone)
        session.execute(present.values(scope=OptOutScope.ALL, reason=""), execution_options=_QUIETLY)


def under_way(store: Store, phone: int) -> NumberErasure | None:
    """Return the request to erase a number that is not finished; None without one."""
    with store.reading() as session:
        return session.scalar(sa.select(NumberErasure).where(col(NumberErasure.phone) == phone))


def request_due(session: Session, now: int) -> int:
    """Enqueue again the requests that are not finished and were tried more than an hour ago (`now` in UTC ms); return
    their number. A worker calls it once a minute."""
    unfinished = sa.select(NumberErasure).where(col(NumberErasure.phone).is_not(None))
    recent = sa.or_(col(Job.state).in_((JobState.QUEUED, JobState.RUNNING)), col(Job.ended_at) > now - RETRY_MS)
    tried = set(session.scalars(sa.select(col(Job.subject)).where(col(Job.kind) == JobKind.ERASE_NUMBER, recent)))
    due = [erasure for erasure in session.scalars(unfinished) if subject(int(erasure.id or 0)) not in tried]
    for erasure in due:
        jobs.enqueue(session, JobKind.ERASE_NUMBER, subject(int(erasure.id or 0)), erasure.requested_by)
    return len(due)


def ask_again(store: Store, actor: Actor, erasure_id: int) -> None:
    """Enqueue a request again that has failed. Raises `DomainError` ("not-allowed")."""
    actor.must(Permission.SETTINGS)
    with store.writing() as session:
        jobs.enqueue(session, JobKind.ERASE_NUMBER, subject(erasure_id), actor.name)


# ------------------------------------------------------------------------------------------------------------- the job


def erase(store: Store, erasure_id: int, run: jobs.JobRun | None = None) -> bool:
    """Erase what has ended of the number of a request; return whether nothing is left. It continues from what it finds;
    a repeat after the end does nothing."""
    with store.reading() as session:
        wanted = session.get(NumberErasure, erasure_id)
    if wanted is None or wanted.phone is None:
        return True
    phone = wanted.phone
    open_messages = _erase_messages(store, erasure_id, phone)
    places_by_list = list_numbers.rows_with(store, phone)
    open_lists = 0
    for lists_done, (list_id, places) in enumerate(places_by_list.items()):
        if run is not None:
            run.progress(store, lists_done, len(places_by_list))
        open_lists += not _erase_rows(store, erasure_id, list_id, phone, places)
    if open_messages or open_lists:
        return False
    return store.transact(lambda session: _finish(session, erasure_id, phone, places_by_list))


def _erase_messages(store: Store, erasure_id: int, phone: int) -> int:
    """Erase the messages that nothing can happen to any more, and who got none; return how many are left."""
    with store.writing() as session:
        ids = number_index.message_ids(session, phone)
        _forget_drafts(session, {message_id // SPAN for message_id in ids})
        draft_input.forget_number(session, phone)
        columns = (col(Message.id), col(Message.chunk_id), col(Message.status_word), col(Message.reason))
        # Of the messages that share a request id one carries the date of the next status call, also after its own final
        # receipt. Who erases it, or takes one without a date for ended, leaves messages that are never polled again.
        counted_as_sent = sa.and_(col(Message.state) == MessageState.ACCEPTED, col(Message.reason) == COUNTED_AS_SENT)
        ended = sa.and_(col(Message.next_poll_at).is_(None), sa.or_(col(Message.state).in_(_FINAL), counted_as_sent))
        of_number = (col(Message.id).in_(ids), col(Message.phone) == phone)
        rows = session.execute(sa.select(*columns).where(*of_number, ended)).all()
        erased = [row.id for row in rows]
        quoting = [row.id for row in rows if _quotes(row.status_word, phone)]
        # Roll-ups count reasons by their code, which quotes no number.
        for reason in {row.reason for row in rows}:
            same = sa.update(Message).where(col(Message.id).in_([row.id for row in rows if row.reason == reason]))
            values = {
                "text": "",
                "phone": 0,
                "request_id": None,
                "gateway_id": None,
                "reason": stored_code(reason) or None,
            }
            session.execute(same.values(values), execution_options=_QUIETLY)
        session.execute(
            sa.update(Message).where(col(Message.id).in_(quoting)).values(status_word=None), execution_options=_QUIETLY
        )
        session.execute(
            sa.update(Receipt).where(col(Receipt.message_id).in_(erased)).values(description=""),
            execution_options=_QUIETLY,
        )
        _erase_answers(session, {row.chunk_id for row in rows}, phone)
        for campaign_id in {message_id // SPAN for message_id in erased}:
            number_index.forget(session, number_index.MESSAGES, campaign_id, phone)
        _count(session, erasure_id, messages=len(erased))
        return len(session.scalars(sa.select(col(Message.id)).where(*of_number)).all())


def _forget_drafts(session: Session, campaign_ids: set[int]) -> None:
    """Delete the messages of drafts: they are made again, without the number, when the draft is started."""
    query = sa.select(Campaign).where(col(Campaign.id).in_(campaign_ids), col(Campaign.state) == CampaignState.DRAFT)
    for campaign in session.scalars(query.with_for_update()).all():
        delete_messages(session, int(campaign.id or 0))
        campaign.prepared, campaign.worker_id = Preparation.NONE, None
        campaign.messages, campaign.parts, campaign.cost = 0, 0, 0


def _erase_answers(session: Session, chunk_ids: set[int], phone: int) -> None:
    """Erase what the gateway said about a chunk where it quotes the number."""
    for model, chunk_id in ((Chunk, col(Chunk.id)), (Attempt, col(Attempt.chunk_id))):
        columns = (col(model.id), col(model.detail))
        for row in session.execute(sa.select(*columns).where(chunk_id.in_(chunk_ids), col(model.detail) != "")).all():
            if _quotes(row.detail, phone):
                session.execute(sa.update(model).where(col(model.id) == row.id).values(detail=""))


def _quotes(text: str | None, phone: int) -> bool:
    return bool(text) and mask_own_number(str(text), phone) != text


def _erase_rows(store: Store, erasure_id: int, list_id: int, phone: int, places: Sequence[int]) -> bool:
    """Erase the rows of a list; return False, and change nothing, while a campaign that has not ended uses it."""
    with store.writing() as session:
        row = storage.get_row(session, list_id, lock=True)
        if row.state != ListState.READY:
            return True
        campaigns = session.scalars(sa.select(Campaign).where(col(Campaign.list_id) == list_id)).all()
        if any(campaign.state not in (*_ENDED, CampaignState.DRAFT) for campaign in campaigns):
            return False
        _forget_drafts(session, {int(campaign.id or 0) for campaign in campaigns})
        erased = row_erasure.erase(session, row, phone, places)
        session.add(row)
        jobs.withdraw(session, f"list:{list_id}")
        _count(session, erasure_id, list_rows=erased)
    return True


def _finish(session: Session, erasure_id: int, phone: int, erased_lists: Container[int]) -> bool:
    """Erase the rest of the number's traces and the number of the request; return False, and change nothing, where a
    list or messages with the number were stored meanwhile, made from what was read before."""
    ids = number_index.message_ids(session, phone)
    of_number = (col(Message.id).in_(ids), col(Message.phone) == phone)
    in_lists = number_index.find(session, number_index.LISTS, phone)
    if any(list_id not in erased_lists for list_id in in_lists) or session.scalar(
        sa.select(sa.exists().where(*of_number))
    ):
        return False
    session.execute(sa.delete(Contact).where(col(Contact.phone) == phone))
    response_uploads.forget_number(session, phone)
    for index in (number_index.MESSAGES, number_index.LISTS):
        for owner_id in number_index.find(session, index, phone):
            number_index.forget(session, index, owner_id, phone)
    # Only campaigns of lists that hold numbers have such rows; the campaign leads the key.
    campaigns = session.scalars(sa.select(col(Campaign.id)).where(col(Campaign.erased_at).is_(None))).all()
    for campaign_id in campaigns:
        rows = sa.update(Excluded).where(col(Excluded.campaign_id) == campaign_id, col(Excluded.phone) == phone)
        session.execute(rows.values(phone=None), execution_options=_QUIETLY)
    for entry in session.scalars(sa.select(Audit).where(col(Audit.subject) == f"phone:{phone}")).all():
        entry.subject = "phone:erased"  # a reason may hold a name
        entry.detail = {name: value for name, value in entry.detail.items() if name == "address"}
    finish = sa.update(NumberErasure).where(col(NumberErasure.id) == erasure_id, col(NumberErasure.phone).is_not(None))
    if rows_changed(
        session.execute(finish.values(phone=None, finished_at=now_ms(session)), execution_options=_QUIETLY)
    ):
        wanted = session.execute(
            sa.select(col(NumberErasure.messages), col(NumberErasure.list_rows)).where(
                col(NumberErasure.id) == erasure_id
            )
        ).one()
        audit.note(session, SYSTEM, "number.erase", subject(erasure_id), messages=wanted.messages,
                   list_rows=wanted.list_rows)  # fmt: skip
    return True


def _count(session: Session, erasure_id: int, *, messages: int = 0, list_rows: int = 0) -> None:
    counts = {
        "messages": col(NumberErasure.messages) + messages,
        "list_rows": col(NumberErasure.list_rows) + list_rows,
    }
    this = sa.update(NumberErasure).where(col(NumberErasure.id) == erasure_id)
    session.execute(this.values(counts), execution_options=_QUIETLY)
