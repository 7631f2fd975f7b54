"""Removing a campaign that could not be created."""

import sqlalchemy as sa
from sqlmodel import col

from getsms_core import jobs
from getsms_core.audit import log as audit
from getsms_core.base.permissions import Actor
from getsms_core.campaigns import build, draft_input
from getsms_core.contacts import storage
from getsms_core.db.engine import Store
from getsms_core.db.models import Campaign, RecipientList


def discard(store: Store, actor: Actor, campaign_id: int | None, list_id: int | None) -> None:
    """Delete a campaign whose messages could not be made, and the list that was saved for it alone; None deletes
    neither. Both are noted in the audit log."""
    if campaign_id is None and list_id is None:
        return
    with store.writing() as session:
        if campaign_id is not None:
            build.delete_messages(session, campaign_id)
            session.execute(sa.delete(Campaign).where(col(Campaign.id) == campaign_id))
            jobs.withdraw(session, f"campaign:{campaign_id}")
            draft_input.forget(session, campaign_id)
            audit.note(session, actor, "campaign.take-away", f"campaign:{campaign_id}")
        if list_id is not None:
            storage.delete(session, list_id)
            session.execute(sa.delete(RecipientList).where(col(RecipientList.id) == list_id))
            jobs.withdraw(session, f"list:{list_id}")
            audit.note(session, actor, "list.take-away", f"list:{list_id}")
