"""Order among campaigns: tags, and the archive of those that the list does not show."""

from collections.abc import Sequence

import sqlalchemy as sa
from sqlmodel import Session, col

from getsms_core.audit import log as audit
from getsms_core.base import names
from getsms_core.base.errors import DomainError
from getsms_core.base.permissions import Actor, Permission
from getsms_core.base.states import CampaignState
from getsms_core.campaigns import build
from getsms_core.db.engine import Store, now_ms
from getsms_core.db.models import Campaign, CampaignTag

MOST_TAGS = 20
"""Tags of one campaign."""
_ARCHIVABLE = (CampaignState.DRAFT, CampaignState.FINISHED, CampaignState.CANCELLED)


def tag(
    store: Store, actor: Actor, campaign_ids: Sequence[int], add: Sequence[str] = (), remove: Sequence[str] = ()
) -> dict[int, list[str]]:
    """Add tags to campaigns and remove others, on all of them or on none; return the tags of each. A tag that differs
    from a known one in case alone is that one.

    Raises `DomainError`: "no-such-campaign", "bad-tag", "too-many-tags"."""
    actor.must(Permission.CAMPAIGN)
    cleaned = [names.clean("tag", word) for word in add]
    removed_keys = {names.clean("tag", word).casefold() for word in remove}
    with store.writing() as session:
        known = {word.casefold(): word for word in session.scalars(sa.select(col(CampaignTag.tag)).distinct())}
        wanted = {word.casefold(): known.get(word.casefold(), word) for word in cleaned}
        result = {}
        for campaign_id in dict.fromkeys(campaign_ids):
            build.get_campaign(session, campaign_id)
            before = _tags_of(session, campaign_id)
            remaining = {word.casefold(): word for word in before if word.casefold() not in removed_keys}
            after = sorted((remaining | wanted).values(), key=str.casefold)
            if len(after) > MOST_TAGS:
                raise DomainError.of("too-many-tags", id=campaign_id, most=MOST_TAGS)
            if after != before:
                session.execute(sa.delete(CampaignTag).where(col(CampaignTag.campaign_id) == campaign_id))
                session.add_all(CampaignTag(campaign_id=campaign_id, tag=word) for word in after)
                audit.note(session, actor, "campaign.tag", f"campaign:{campaign_id}", before=before, tags=after)
            result[campaign_id] = after
    return result


def _tags_of(session: Session, campaign_id: int) -> list[str]:
    query = sa.select(col(CampaignTag.tag)).where(col(CampaignTag.campaign_id) == campaign_id)
    return sorted(session.scalars(query), key=str.casefold)


def all_tags(store: Store) -> list[str]:
    """Return every tag in use."""
    with store.reading() as session:
        return sorted(session.scalars(sa.select(col(CampaignTag.tag)).distinct()), key=str.casefold)


def archive(store: Store, actor: Actor, campaign_ids: Sequence[int], *, archived: bool = True) -> None:
    """Put campaigns into the archive or take them out of it, all or none. Their figures stay in every report.

    Raises `DomainError`: "no-such-campaign", "wrong-state" for one that may still send."""
    actor.must(Permission.CAMPAIGN)
    with store.writing() as session:
        now = now_ms(session)
        for campaign_id in dict.fromkeys(campaign_ids):
            campaign: Campaign = build.get_campaign(session, campaign_id)
            if archived and campaign.state not in _ARCHIVABLE:
                raise build.wrong_state(campaign, "archive")
            if (campaign.archived_at is not None) == archived:
                continue
            campaign.archived_at = now if archived else None
            action = "campaign.archive" if archived else "campaign.unarchive"
            audit.note(session, actor, action, f"campaign:{campaign_id}")
