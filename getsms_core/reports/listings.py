"""Lists of pages: campaigns, drafts, opt-outs, the audit log. Paged by key, newest first."""

from collections.abc import Sequence

import sqlalchemy as sa
from sqlmodel import col, select
from sqlmodel.sql.expression import SelectOfScalar

from getsms_core.base.masking import mask_all_numbers, mask_details
from getsms_core.base.names import printable
from getsms_core.base.permissions import Actor, Permission
from getsms_core.base.states import CampaignState, Figures
from getsms_core.db import rollups, text_search
from getsms_core.db.engine import Store
from getsms_core.db.models import Audit, Campaign, OptOut


def drafts(store: Store, created_by: str, limit: int = 5) -> list[Campaign]:
    """Return a user's own drafts."""
    own_drafts = select(Campaign).where(
        col(Campaign.state) == CampaignState.DRAFT, col(Campaign.created_by) == created_by
    )
    with store.reading() as session:
        return list(session.exec(own_drafts.order_by(col(Campaign.id).desc()).limit(limit)))


def campaigns(
    store: Store,
    *,
    state: str | None = None,
    search: str = "",
    tests: bool = False,
    drafts: bool = True,
    archived: bool = True,
    before_id: int | None = None,
    limit: int = 50,
) -> list[tuple[Campaign, Figures]]:
    """Return campaigns before `before_id` with their figures, without tests, drafts and those in the archive where
    these are False; `search` is part of the name."""
    query = select(Campaign).order_by(col(Campaign.id).desc()).limit(limit)
    if state is not None:
        query = query.where(col(Campaign.state) == CampaignState(state))
    if not tests:
        query = query.where(col(Campaign.is_test).is_(False))
    if not drafts:
        query = query.where(col(Campaign.state) != CampaignState.DRAFT)
    if not archived:
        query = query.where(col(Campaign.archived_at).is_(None))
    if before_id is not None:
        query = query.where(col(Campaign.id) < before_id)
    if words := printable(search):
        query = query.where(text_search.contains(col(Campaign.name), words))
    with store.reading() as session:
        campaign_rows = list(session.exec(query))
        counts = rollups.figures_of(session, [campaign.id for campaign in campaign_rows if campaign.id])
    return [(campaign, counts[campaign.id]) for campaign in campaign_rows if campaign.id]


def names(store: Store, ids: Sequence[int]) -> dict[int, str]:
    """Return the names of these campaigns in any state, without those that do not exist."""
    with store.reading() as session:
        rows = session.execute(sa.select(col(Campaign.id), col(Campaign.name)).where(col(Campaign.id).in_(ids)))
        return {int(campaign_id or 0): name for campaign_id, name in rows}


def opt_outs(
    store: Store, actor: Actor, *, search: str = "", after_phone: int | None = None, limit: int = 50
) -> list[OptOut]:
    """Return opted-out numbers in ascending order, for users who may see phones; `search` is part of the number, the
    reason or the source. Raises `DomainError` ("not-allowed")."""
    actor.must(Permission.SEE_PHONES)
    query = _matching(search).order_by(col(OptOut.phone)).limit(limit)
    if after_phone is not None:
        query = query.where(col(OptOut.phone) > after_phone)
    with store.reading() as session:
        return list(session.exec(query))


def newest_opt_outs(store: Store, actor: Actor, *, search: str = "", limit: int = 50) -> list[OptOut]:
    """Return opted-out numbers, newest first."""
    actor.must(Permission.SEE_PHONES)
    query = _matching(search).order_by(col(OptOut.created_at).desc(), col(OptOut.phone)).limit(limit)
    with store.reading() as session:
        return list(session.exec(query))


def _matching(search: str) -> SelectOfScalar[OptOut]:
    query = select(OptOut)
    if words := printable(search):
        conditions = [text_search.contains(col(OptOut.reason), words), text_search.contains(col(OptOut.source), words)]
        digits = "".join(letter for letter in words if letter.isdecimal())
        if digits and not words.strip("+0123456789 -()"):
            conditions.append(sa.cast(col(OptOut.phone), sa.String).contains(digits))
        query = query.where(sa.or_(*conditions))
    return query


def opt_out_count(store: Store) -> int:
    """Return the count of opted-out numbers."""
    with store.reading() as session:
        return session.scalar(sa.select(sa.func.count()).select_from(OptOut)) or 0


def audit(
    store: Store,
    actor: Actor,
    *,
    who: str | None = None,
    what: str | None = None,
    subject: str = "",
    address: str = "",
    since: int | None = None,
    until: int | None = None,
    before_id: int | None = None,
    limit: int = 100,
) -> list[Audit]:
    """Return entries of the audit log by user, action, subject ("campaign:7") and network address, from `since` until
    `until` (UTC ms). Numbers in them are masked for users who may not see phones. Raises `DomainError`
    ("not-allowed")."""
    actor.must(Permission.SETTINGS)
    query = select(Audit).order_by(col(Audit.id).desc()).limit(limit)
    for column, wanted in ((Audit.actor, who), (Audit.action, what), (Audit.subject, printable(subject) or None)):
        if wanted is not None:
            query = query.where(col(column) == wanted)
    if address := printable(address):
        query = query.where(col(Audit.detail)["address"].as_string() == address)
    if since is not None:
        query = query.where(col(Audit.at) >= since)
    if until is not None:
        query = query.where(col(Audit.at) < until)
    if before_id is not None:
        query = query.where(col(Audit.id) < before_id)
    with store.reading() as session:
        entries = list(session.exec(query))
        session.expunge_all()
    if not actor.may(Permission.SEE_PHONES):
        for entry in entries:
            entry.subject = mask_all_numbers(entry.subject)
            entry.detail = {name: mask_details(value) for name, value in entry.detail.items()}
    return entries


def audit_choices(store: Store) -> tuple[list[str], list[str]]:
    """Return all users and actions in the audit log."""
    with store.reading() as session:
        who = session.scalars(sa.select(col(Audit.actor)).distinct().order_by(col(Audit.actor)))
        actions = session.scalars(sa.select(col(Audit.action)).distinct().order_by(col(Audit.action)))
        return list(who), list(actions)
