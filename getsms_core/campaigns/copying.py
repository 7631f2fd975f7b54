"""Copy a campaign as a draft, to all its recipients or to those that nothing was sent to."""

from dataclasses import replace

import numpy as np
import sqlalchemy as sa
from sqlmodel import Session, col

from getsms_core.base import names, reasons
from getsms_core.base.codes import RequestKind
from getsms_core.base.errors import DomainError
from getsms_core.base.i18n import _
from getsms_core.base.permissions import Actor, Permission
from getsms_core.base.settings import Settings
from getsms_core.base.states import CampaignState, ChunkState, MessageState, Preparation
from getsms_core.campaigns import logins
from getsms_core.campaigns import service as campaigns
from getsms_core.contacts import operations as list_operations
from getsms_core.contacts import storage as list_storage
from getsms_core.db import repeated_requests
from getsms_core.db.engine import Store
from getsms_core.db.models import SPAN, Campaign, Chunk, Message

NEVER_SENT = ("end-time", "counted-as-not-sent")
"""The reasons of cancelled messages that were never sent; messages cancelled with their campaign have no reason.
Opted-out numbers and numbers over the frequency cap are excluded by rule."""


def copy(
    store: Store,
    actor: Actor,
    settings: Settings,
    campaign_id: int,
    name: str = "",
    *,
    rest: bool = False,
    request_key: str = "",
) -> int:
    """Create a draft with the campaign's texts, sender name and kind; return its id. With `rest` its recipients are
    only those of unsent messages: never one whose message was sent, is uncertain or was refused.

    Copying the rest of a campaign of another login cancels it, so that no message is in both. A repeat with the same
    `request_key` returns the draft of the first call. Raises `DomainError`: "no-such-campaign", "still-sending" for the
    rest of a campaign that this login is still sending, "nothing-left"."""
    actor.must(Permission.CAMPAIGN)
    if earlier := repeated_requests.earlier_result(store, actor, RequestKind.CAMPAIGN, request_key):
        return earlier
    campaign = campaigns.get(store, campaign_id)
    draft = replace(campaigns.Draft.of(campaign), name=_name_of_copy(name, campaign.name))
    if rest and campaign.state != CampaignState.DRAFT:
        rest_list = _unsent_list(store, actor, settings, campaign, draft.name)
        if rest_list != campaign.list_id:  # the rest were chosen already, and nobody of them is held out again
            draft = replace(draft, list_id=rest_list, condition="", control=0)
    return campaigns.create(store, actor, settings, draft, request_key=request_key)


def _name_of_copy(name: str, original: str) -> str:
    typed = names.clean("campaign", name) if name.strip() else ""
    return typed or names.shorten("campaign", _("Copy of {name}").format(name=original))


def _unsent_list(store: Store, actor: Actor, settings: Settings, campaign: Campaign, name: str) -> int | None:
    """Return the list of a campaign's unsent recipients."""
    campaign_id = int(campaign.id or 0)
    is_open = campaign.state in logins.STARTED
    if is_open and not logins.other_login(store, campaign, settings):
        raise DomainError.of("still-sending", id=campaign_id)
    if campaign.prepared != Preparation.READY:  # it has no messages yet, so nothing was sent
        if is_open:
            campaigns.cancel(store, actor, campaign_id)
        return campaign.list_id
    with store.reading() as session:
        has_unsent = len(_unsent(session, campaign_id)) > 0
    if campaign.list_id is None or not has_unsent:
        raise DomainError.of("nothing-left", case="copy", id=campaign_id)
    list_storage.checked(store, campaign.list_id)  # raises for an erased list, before anything is cancelled
    if is_open:
        campaigns.cancel(store, actor, campaign_id)
    with store.reading() as session:
        phones = _unsent(session, campaign_id)
    origin = reasons.reason("list-unsent", id=campaign_id, name=campaign.name)
    return list_operations.pick(store, actor, campaign.list_id, phones, name, origin)


def _unsent(session: Session, campaign_id: int) -> "np.ndarray[tuple[int], np.dtype[np.int64]]":
    """Return the numbers of messages that are queued and not in a request, or were cancelled unsent."""
    reason = col(Message.reason)
    queued = sa.and_(col(Message.state) == MessageState.QUEUED, col(Chunk.state) != ChunkState.SENDING)
    cancelled = sa.and_(col(Message.state) == MessageState.CANCELLED, sa.or_(reason.is_(None), reason.in_(NEVER_SENT)))
    query = (
        sa.select(col(Message.phone))
        .join(Chunk, col(Chunk.id) == col(Message.chunk_id))
        .where(col(Message.id).between(campaign_id * SPAN, (campaign_id + 1) * SPAN - 1), sa.or_(queued, cancelled))
    )
    return np.fromiter(session.scalars(query), dtype=np.int64)
