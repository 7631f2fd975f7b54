"""Deleting a draft: nothing of it was sent, so nothing of it is needed for the reports."""

from collections.abc import Sequence

import sqlalchemy as sa
from sqlmodel import Session, col

from getsms_core import jobs
from getsms_core.audit import log as audit
from getsms_core.base.errors import Conflict
from getsms_core.base.permissions import Actor, Permission
from getsms_core.base.states import CampaignState
from getsms_core.campaigns import build, draft_input, response_uploads
from getsms_core.db.documents import Exclusions
from getsms_core.db.engine import Store
from getsms_core.db.models import Campaign, CampaignTag, Notice


def delete_draft(store: Store, actor: Actor, campaign_id: int) -> str:
    """Delete a draft with its messages and return its name; its list, and test SMS that were sent of it, stay.

    Raises `DomainError`: no-such-campaign, wrong-state (it is not a draft), draft-needed (another campaign excludes its
    recipients)."""
    return delete_drafts(store, actor, [campaign_id])[0]


def delete_drafts(store: Store, actor: Actor, campaign_ids: Sequence[int]) -> list[str]:
    """Delete several drafts, all or none of them; return their names. Raises as `delete_draft`."""
    actor.must(Permission.CAMPAIGN)
    with store.writing() as session:
        return [_delete_draft(session, actor, campaign_id) for campaign_id in dict.fromkeys(campaign_ids)]


def _delete_draft(session: Session, actor: Actor, campaign_id: int) -> str:
    campaign = build.get_campaign(session, campaign_id)
    if campaign.state is not CampaignState.DRAFT:
        raise build.wrong_state(campaign, "delete")
    if excluding := _excluding_campaign(session, campaign_id):
        raise Conflict.of("draft-needed", id=excluding.id, name=excluding.name)
    jobs.withdraw(session, f"campaign:{campaign_id}")
    response_uploads.forget(session, campaign_id)
    build.delete_messages(session, campaign_id)
    session.execute(sa.delete(CampaignTag).where(col(CampaignTag.campaign_id) == campaign_id))
    session.execute(sa.delete(Notice).where(col(Notice.campaign_id) == campaign_id))  # their link leads nowhere
    draft_input.forget(session, campaign_id)
    session.execute(sa.delete(Campaign).where(col(Campaign.id) == campaign_id))
    audit.note(session, actor, "campaign.delete", f"campaign:{campaign_id}", name=campaign.name)
    return campaign.name


def _excluding_campaign(session: Session, campaign_id: int) -> Campaign | None:
    """A campaign that has not ended and excludes the recipients of this one, whom it could not name any more."""
    query = sa.select(Campaign).where(col(Campaign.state).not_in((CampaignState.FINISHED, CampaignState.CANCELLED)))
    return next(
        (
            campaign
            for campaign in session.scalars(query)
            if campaign_id in Exclusions.from_stored(campaign.exclusions).campaigns
        ),
        None,
    )
