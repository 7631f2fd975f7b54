"""Retention: after a number of months the texts and numbers of a campaign are erased; its counts and charts stay.

A campaign is erased only once it has ended and none of its messages is queued, waiting or uncertain. It is erased in
small transactions, so that sending never waits, and an interrupted run continues where it stopped.
"""

from datetime import datetime
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from dateutil.relativedelta import relativedelta
from sqlmodel import Session, col

from getsms_core import jobs
from getsms_core.accounts.policy import Policy
from getsms_core.audit import log as audit
from getsms_core.base import failure_reasons
from getsms_core.base.codes import Erasure
from getsms_core.base.permissions import SYSTEM
from getsms_core.base.states import COUNTED_AS_SENT, CampaignState, MessageState
from getsms_core.base.work_states import JobKind, ListState
from getsms_core.campaigns import excluded, response_uploads
from getsms_core.contacts import storage
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
    Message,
    Receipt,
    RecipientList,
    RollUp,
)
from getsms_core.db.moves import moving
from getsms_core.db.rollups import HOUR

STEP = 5_000  # messages a transaction
RETRY_MS = 3_600_000
_OPEN = (MessageState.QUEUED, MessageState.SENDING, MessageState.ACCEPTED, MessageState.UNCERTAIN)
_ENDED = (CampaignState.FINISHED, CampaignState.CANCELLED)


def months_before(now: int, months: int, zone: ZoneInfo) -> int:
    """Return the same local day and hour `months` earlier (UTC ms); the last day of a shorter month."""
    return int((datetime.fromtimestamp(now / 1000, zone) - relativedelta(months=months)).timestamp() * 1000)


def request_due_erasures(session: Session, account_id: int, policy: Policy, zone: ZoneInfo, now: int) -> int:
    """Enqueue the erasure of campaigns that are old enough; return their number. A worker calls it once a minute. One
    that failed is tried again after an hour."""
    if not policy.erase_months:
        return 0
    before = months_before(now, policy.erase_months, zone)
    under_way = sa.exists().where(  # messages counted as sent are accepted, and no receipt can come for them
        col(RollUp.campaign_id) == col(Campaign.id),
        col(RollUp.state).in_(_OPEN),
        col(RollUp.messages) > col(RollUp.counted),
    )
    busy = jobs.unavailable_subjects(session, JobKind.ERASE, now - RETRY_MS)
    due = sa.select(col(Campaign.id)).where(
        col(Campaign.account_id) == account_id,
        col(Campaign.state).in_(_ENDED),
        col(Campaign.finished_at) < before,
        col(Campaign.erasing) == Erasure.NONE,
        ~under_way,
    )
    subjects = [f"campaign:{campaign_id}" for campaign_id in session.scalars(due.order_by(col(Campaign.id)))]
    wanted = [subject for subject in subjects if subject not in busy]
    for subject in wanted:
        jobs.enqueue(session, JobKind.ERASE, subject, SYSTEM.name)
    return len(wanted)


def erase(store: Store, campaign_id: int, run: jobs.JobRun | None = None) -> None:
    """Erase the texts and numbers of an ended campaign, and of its list once no campaign needs it; `run` is the job
    that does it. A repeat does nothing."""
    with store.reading() as session:
        campaign = session.get(Campaign, campaign_id)
    if campaign is None or campaign.erasing == Erasure.DONE or campaign.state not in _ENDED:
        return
    last, end = campaign_id * SPAN, (campaign_id + 1) * SPAN - 1
    while (last := _erase_next(store, last, end)) < end:
        if run is not None:
            run.progress(store, last - campaign_id * SPAN, campaign.messages)
    with store.writing() as session:
        now = now_ms(session)
        erased = sa.update(Campaign).where(col(Campaign.id) == campaign_id, col(Campaign.erasing) != Erasure.DONE)
        if not rows_changed(session.execute(erased.values(erasing=Erasure.DONE, erased_at=now))):
            return
        excluded.erase_numbers(session, campaign_id)
        response_uploads.forget(session, campaign_id)
        number_index.delete(session, number_index.MESSAGES, campaign_id)
        _erase_list(session, campaign.list_id)
        _erase_old_contacts(session, int(campaign.finished_at or now))
        audit.note(session, SYSTEM, "campaign.erase", f"campaign:{campaign_id}", messages=campaign.messages)


def _erase_next(store: Store, last: int, end: int) -> int:
    """Erase the next messages after `last`; return the last erased id, `end` when none remains."""
    with store.writing() as session:
        ids = session.scalars(
            sa.select(col(Message.id)).where(col(Message.id) > last, col(Message.id) <= end)
            .order_by(col(Message.id)).limit(STEP)
        ).all()  # fmt: skip
        first, until = (ids[0], ids[-1]) if len(ids) == STEP else (last + 1, end)
        span = (first, until)
        quietly = {"synchronize_session": False}
        # The gateway's own words may quote a number; the roll-up of reasons keeps them without.
        known_codes = sorted({*failure_reasons.WORDS, COUNTED_AS_SENT})
        known_code = sa.case((col(Message.reason).in_(known_codes), col(Message.reason)), else_=None)
        session.execute(
            sa.update(Message)
            .where(col(Message.id).between(*span))
            .values(text="", phone=0, reason=known_code, request_id=None, gateway_id=None),
            execution_options=quietly,
        )
        session.execute(
            sa.update(Receipt).where(col(Receipt.message_id).between(*span)).values(description=""),
            execution_options=quietly,
        )
        if until == end:  # the gateway's answer about a chunk may quote a number
            chunks = (end - SPAN + 1, end)
            session.execute(sa.update(Chunk).where(col(Chunk.id).between(*chunks)).values(detail=""))
            session.execute(sa.update(Attempt).where(col(Attempt.chunk_id).between(*chunks)).values(detail=""))
    return int(until)


def _erase_list(session: Session, list_id: int | None) -> None:
    needed = sa.select(col(Campaign.id)).where(col(Campaign.list_id) == list_id, col(Campaign.erasing) != Erasure.DONE)
    if list_id is None or session.execute(needed.limit(1)).first() is not None:
        return
    storage.delete(session, list_id)
    session.execute(moving(RecipientList, ListState.ERASED, col(RecipientList.id) == list_id))
    jobs.withdraw(session, f"list:{list_id}")
    audit.note(session, SYSTEM, "list.erase", f"list:{list_id}")


def _erase_old_contacts(session: Session, before: int) -> None:
    """Erase equally old numbers elsewhere: in the message counts per number and in the audit log."""
    session.execute(sa.delete(Contact).where(col(Contact.hour) < before // HOUR))
    old = sa.update(Audit).where(col(Audit.subject).like("phone:%"), col(Audit.at) < before)
    session.execute(old.values(subject="phone:erased"), execution_options={"synchronize_session": False})
