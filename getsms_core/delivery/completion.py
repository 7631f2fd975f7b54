"""The end of a campaign's sending."""

import logging

import sqlalchemy as sa
from sqlalchemy import bindparam as given
from sqlmodel import Session, col

from getsms_core.base import logs
from getsms_core.base.codes import NoticeEvent
from getsms_core.base.states import CAMPAIGN_STATES, CampaignState
from getsms_core.db.after_commit import log_after_commit
from getsms_core.db.bulk import rows_changed
from getsms_core.db.models import CHUNK_QUEUED, CHUNK_SENDING, Campaign, Chunk, table
from getsms_core.db.moves import moving
from getsms_core.notices import events

log = logging.getLogger("getsms.sending")
CAMPAIGN_OPEN = CAMPAIGN_STATES.sources(CampaignState.FINISHED)
END_TIME = "end-time"
_chunk = table(Chunk)
_OPEN = (
    sa.select(_chunk.c.id)
    .where(_chunk.c.campaign_id == given("campaign_id"), CHUNK_QUEUED)
    .limit(1)
    .subquery()
    .select()
).union_all(
    sa.select(_chunk.c.id)
    .where(_chunk.c.campaign_id == given("campaign_id"), CHUNK_SENDING)
    .limit(1)
    .subquery()
    .select()
)


def finish(session: Session, campaigns: dict[int, CampaignState], now: int) -> None:
    """Finish the campaigns that have no chunk queued or in flight; their receipts are still polled."""
    connection = session.connection()
    ended = col(Campaign.code) == END_TIME  # keep the reason that names the messages that were not sent
    for campaign_id, state in sorted(campaigns.items()):
        if state in CAMPAIGN_OPEN and connection.execute(_OPEN, {"campaign_id": campaign_id}).first() is None:
            finished = session.execute(
                moving(
                    Campaign,
                    CampaignState.FINISHED,
                    col(Campaign.id) == campaign_id,
                    code=sa.case((ended, END_TIME), else_=""),
                    reason=sa.case((ended, col(Campaign.reason)), else_=""),
                    reason_params=sa.case((ended, col(Campaign.reason_params))),
                    finished_at=now,
                )
            )
            log_after_commit(session, log, logs.INFO, "campaign.finished", campaign_id=campaign_id)
            if rows_changed(finished):
                events.of_campaign(session, NoticeEvent.FINISHED, campaign_id, str(now), now)
