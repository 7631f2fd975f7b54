"""Whether a campaign's exclusions must be checked again before its first chunk is claimed."""

import sqlalchemy as sa
from sqlmodel import Session, col

from getsms_core import jobs
from getsms_core.base.states import CampaignState, ExclusionCheck, Preparation
from getsms_core.base.work_states import JobKind
from getsms_core.db.documents import Exclusions
from getsms_core.db.models import Campaign


def ask(campaign: Campaign) -> None:
    """Have the exclusions of a campaign checked that begins to send. Lists never change, so a campaign that excludes
    nothing but lists has nothing to check."""
    exclusions = Exclusions.from_stored(campaign.exclusions)
    if exclusions.campaigns or exclusions.days:
        campaign.exclusion_check = ExclusionCheck.NEEDED


def enqueue_needed(session: Session, account_id: int) -> None:
    """Enqueue the checks that running campaigns of an account need. The schedule calls it, so that a campaign that was
    paused meanwhile is checked when it continues: what it must exclude may have changed by then."""
    needed = sa.select(Campaign).where(
        col(Campaign.account_id) == account_id,
        col(Campaign.state) == CampaignState.RUNNING,
        col(Campaign.prepared) == Preparation.READY,
        col(Campaign.exclusion_check) == ExclusionCheck.NEEDED,
    )
    for campaign in session.scalars(needed.order_by(col(Campaign.id))):
        subject = f"campaign:{campaign.id}"
        if not jobs.has_open(session, JobKind.EXCLUSIONS, subject):
            jobs.enqueue(session, JobKind.EXCLUSIONS, subject, campaign.started_by or campaign.created_by)
