"""Retention: after so many months the texts and numbers of a campaign are erased; its counts and charts stay.

Nothing that is still under way is touched: a campaign is erased once it has ended and nothing of it waits, is uncertain
or is queued. It goes in small steps, so that sending never waits for it, and one that is cut off goes on where it was.
"""

from datetime import datetime
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from dateutil.relativedelta import relativedelta
from sqlmodel import Session, col

from getsms_core.accounts.policy import Policy
from getsms_core.audit import log as audit
from getsms_core.base.permissions import SYSTEM
from getsms_core.base.states import CampaignState, MessageState
from getsms_core.db.bulk import rows_changed
from getsms_core.db.engine import Store, now_ms
from getsms_core.db.models import (
    SPAN,
    Attempt,
    Audit,
    Campaign,
    Chunk,
    Contact,
    ListBlock,
    ListFile,
    Message,
    Receipt,
    RecipientList,
    RollUp,
)
from getsms_core.db.rollups import HOUR

STEP = 5_000  # messages a transaction
ERASED = "erased"
"""The state of a list whose rows are gone."""
_OPEN = (MessageState.QUEUED, MessageState.SENDING, MessageState.ACCEPTED, MessageState.UNCERTAIN)
_ENDED = (CampaignState.FINISHED, CampaignState.CANCELLED)


def months_before(now: int, months: int, zone: ZoneInfo) -> int:
    """The same local day and hour `months` earlier (UTC ms); the last day of a month that is too short."""
    return int((datetime.fromtimestamp(now / 1000, zone) - relativedelta(months=months)).timestamp() * 1000)


def request_due_erasures(session: Session, account_id: int, policy: Policy, zone: ZoneInfo, now: int) -> int:
    """Ask for the erasing of what is old enough; returns how many campaigns. A worker calls it once a minute."""
    if not policy.erase_months:
        return 0
    before = months_before(now, policy.erase_months, zone)
    under_way = sa.exists().where(
        col(RollUp.campaign_id) == col(Campaign.id), col(RollUp.state).in_(_OPEN), col(RollUp.messages) > 0
    )
    due = sa.update(Campaign).where(
        col(Campaign.account_id) == account_id,
        col(Campaign.state).in_(_ENDED),
        col(Campaign.finished_at) < before,
        col(Campaign.erasing) == "",
        ~under_way,
    )
    return rows_changed(session.execute(due.values(erasing="asked"), execution_options={"synchronize_session": False}))


def erase(store: Store, campaign_id: int) -> None:
    """Erase the texts and numbers of a campaign that was asked for, and of its list once no campaign needs that. A
    second call does nothing."""
    with store.reading() as session:
        campaign = session.get(Campaign, campaign_id)
    if campaign is None or campaign.erasing in ("", "done"):
        return
    last, end = campaign_id * SPAN, (campaign_id + 1) * SPAN - 1
    while (last := _step(store, last, end)) < end:
        pass
    with store.writing() as session:
        now = now_ms(session)
        session.execute(
            sa.update(Campaign).where(col(Campaign.id) == campaign_id).values(erasing="done", erased_at=now)
        )
        _of_list(session, campaign.list_id)
        _of_numbers(session, int(campaign.finished_at or now))
        audit.note(session, SYSTEM, "campaign.erase", f"campaign:{campaign_id}", messages=campaign.messages)


def _step(store: Store, last: int, end: int) -> int:
    """Erase the next messages after `last`; returns the last id that is done, `end` when none is left."""
    with store.writing() as session:
        ids = session.scalars(
            sa.select(col(Message.id)).where(col(Message.id) > last, col(Message.id) <= end)
            .order_by(col(Message.id)).limit(STEP)
        ).all()  # fmt: skip
        first, until = (ids[0], ids[-1]) if len(ids) == STEP else (last + 1, end)
        span = (first, until)
        quietly = {"synchronize_session": False}
        session.execute(
            sa.update(Message)
            .where(col(Message.id).between(*span))
            .values(text="", phone=0, reason=None, request_id=None, gateway_id=None),
            execution_options=quietly,
        )
        session.execute(
            sa.update(Receipt).where(col(Receipt.message_id).between(*span)).values(description=""),
            execution_options=quietly,
        )
        if until == end:  # what the gateway said of a chunk may quote a number
            chunks = (end - SPAN + 1, end)
            session.execute(sa.update(Chunk).where(col(Chunk.id).between(*chunks)).values(detail=""))
            session.execute(sa.update(Attempt).where(col(Attempt.chunk_id).between(*chunks)).values(detail=""))
    return int(until)


def _of_list(session: Session, list_id: int | None) -> None:
    needed = sa.select(col(Campaign.id)).where(col(Campaign.list_id) == list_id, col(Campaign.erasing) != "done")
    if list_id is None or session.execute(needed.limit(1)).first() is not None:
        return
    for part in (ListBlock, ListFile):
        session.execute(sa.delete(part).where(col(part.list_id) == list_id))
    session.execute(sa.update(RecipientList).where(col(RecipientList.id) == list_id).values(state=ERASED))
    audit.note(session, SYSTEM, "list.erase", f"list:{list_id}")


def _of_numbers(session: Session, before: int) -> None:
    """Numbers that stand elsewhere and are as old: how often each was written to, and in the audit log."""
    session.execute(sa.delete(Contact).where(col(Contact.hour) < before // HOUR))
    old = sa.update(Audit).where(col(Audit.subject).like("phone:%"), col(Audit.at) < before)
    session.execute(old.values(subject="phone:erased"), execution_options={"synchronize_session": False})
