"""Campaigns paused by the program, with the reason for users."""

import logging

import sqlalchemy as sa
from sqlmodel import Session, col

from getsms_core.audit import log as audit
from getsms_core.base import logs
from getsms_core.base.codes import NoticeEvent
from getsms_core.base.permissions import SYSTEM
from getsms_core.base.reasons import Reason
from getsms_core.base.states import CampaignState
from getsms_core.db.after_commit import log_after_commit
from getsms_core.db.bulk import rows_changed
from getsms_core.db.engine import now_ms
from getsms_core.db.models import Campaign, reason_values
from getsms_core.db.moves import moving
from getsms_core.notices import events

log = logging.getLogger("getsms.sending")

ACCOUNT_CODES = frozenset({"ip-not-registered", "login-missing", "login-wrong", "account-blocked", "limit-over"})
"""Refusals of the whole account: all its running campaigns are paused at once."""


def pause_campaign(session: Session, campaign_id: int, reason: Reason) -> None:
    """Pause a running campaign; a code of `ACCOUNT_CODES` pauses all running campaigns of its account."""
    if reason.code in ACCOUNT_CODES:
        account_id = session.scalar(sa.select(col(Campaign.account_id)).where(col(Campaign.id) == campaign_id))
        pause_account(session, account_id or 0, reason)
    else:
        _pause(session, col(Campaign.id) == campaign_id, reason)


def pause_account(session: Session, account_id: int, reason: Reason) -> None:
    """Pause all running campaigns of an account."""
    _pause(session, col(Campaign.account_id) == account_id, reason)


def _pause(session: Session, which: sa.ColumnElement[bool], reason: Reason) -> None:
    running = sa.select(col(Campaign.id)).where(which, col(Campaign.state) == CampaignState.RUNNING)
    for campaign_id in [int(row_id or 0) for row_id in session.scalars(running.order_by(col(Campaign.id)))]:
        among = [CampaignState.RUNNING]
        paused = session.execute(
            moving(
                Campaign, CampaignState.PAUSED, col(Campaign.id) == campaign_id, among=among, **reason_values(reason)
            )
        )
        audit.note(session, SYSTEM, "campaign.pause", f"campaign:{campaign_id}", code=reason.code, reason=reason)
        log_after_commit(session, log, logs.WARNING, "campaign.paused", campaign_id=campaign_id, code=reason.code)
        if rows_changed(paused):
            now = now_ms(session)
            events.of_campaign(session, NoticeEvent.PAUSED, campaign_id, f"{reason.code}:{now}", now)
