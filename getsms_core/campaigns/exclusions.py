"""Who is excluded from a campaign besides its condition: numbers of other lists, people who got chosen campaigns or are
not new since one, and everybody who got anything in the last days.

"Got" is accepted, delivered or uncertain, or on its way to the gateway; test SMS do not count. A chosen campaign that
is still sending excludes those whom it is going to reach, too, also before its messages are made. New since a campaign
is who was not in its list, whatever became of the messages; who is not new counts as excluded by a campaign. The check
is made when the messages are made, and again when the sending starts: `recheck`.
"""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import sqlalchemy as sa
from sqlmodel import Session, col

from getsms_core.base.errors import DomainError, NotFound
from getsms_core.base.kinds import ExcludedReason
from getsms_core.base.states import CampaignState, ChunkState, MessageState, Preparation
from getsms_core.base.work_states import ListState
from getsms_core.contacts import storage
from getsms_core.db.documents import Exclusions as Exclusions
from getsms_core.db.engine import Store, now_ms
from getsms_core.db.models import SPAN, Account, Campaign, Chunk, Excluded, Message, RollUp
from getsms_core.db.rollups import HOUR

Numbers = npt.NDArray[np.int64]
Found = dict[ExcludedReason, npt.NDArray[np.bool_]]
MAX_DAYS = 3650
DAY_MS = 86_400_000
GOT = (MessageState.ACCEPTED, MessageState.DELIVERED, MessageState.UNCERTAIN)
OPEN = (CampaignState.AWAITING_APPROVAL, CampaignState.SCHEDULED, CampaignState.RUNNING, CampaignState.PAUSED)


def require_valid(session: Session, exclusions: Exclusions) -> None:
    """Raise `DomainError` (no-such-list, list-not-ready, no-such-campaign, not-sent-yet, bad-days) for what cannot be
    excluded."""
    for list_id in exclusions.lists:
        if storage.get_row(session, list_id).state != ListState.READY:
            raise DomainError.of("list-not-ready", id=list_id)
    for campaign_id in exclusions.campaigns:
        if session.get(Campaign, campaign_id) is None:
            raise NotFound.of("no-such-campaign", id=campaign_id)
    for campaign_id in exclusions.new_since:
        sent = session.get(Campaign, campaign_id)
        if sent is None:
            raise NotFound.of("no-such-campaign", id=campaign_id)
        if sent.started_at is None:
            raise DomainError.of("not-sent-yet", id=campaign_id, name=sent.name)
    if exclusions.days is not None and not 1 <= exclusions.days <= MAX_DAYS:
        raise DomainError.of("bad-days", most=MAX_DAYS)


def masks(
    store: Store,
    campaign: Campaign,
    phones: Numbers,
    *,
    lists: bool = True,
    planned: bool = True,
    at: int | None = None,
) -> Found:
    """Return for each reason which of these numbers it excludes from the campaign. Lists never change: with
    `lists=False` they are not read again. `planned`: a chosen campaign whose messages are not made yet excludes those
    who are going to get it. Days count back from the start of the sending: now, or later at `at` (UTC ms) or at the
    campaign's planned time.

    Raises `DomainError`: no-such-list, list-not-ready, list-erased."""
    exclusions = Exclusions.from_stored(campaign.exclusions)
    masks_by_reason: Found = {}
    if exclusions.lists and lists:
        masks_by_reason[ExcludedReason.LISTS] = _among(
            phones, [_numbers_of_list(store, list_id) for list_id in exclusions.lists]
        )
    audiences = [
        _numbers_of_audience(store, campaign_id)
        for campaign_id in exclusions.new_since
        if lists and campaign_id != campaign.id
    ]
    if planned:
        audiences += [_numbers_planned(store, campaign_id) for campaign_id in exclusions.campaigns
                      if campaign_id != campaign.id]  # fmt: skip
    with store.reading() as session:
        if exclusions.campaigns or audiences:
            got = [
                _numbers_of_campaign(session, campaign_id)
                for campaign_id in exclusions.campaigns
                if campaign_id != campaign.id
            ]
            masks_by_reason[ExcludedReason.CAMPAIGNS] = _among(phones, got + audiences)
        if exclusions.days:
            since = max(at or campaign.scheduled_at or 0, now_ms(session)) - exclusions.days * DAY_MS
            recent = [
                _numbers_that_got(session, campaign_id, since)
                for campaign_id in _campaigns_since(session, campaign, since)
            ]
            masks_by_reason[ExcludedReason.DAYS] = _among(phones, recent)
    return masks_by_reason


def _among(phones: Numbers, others: Sequence[Numbers]) -> npt.NDArray[np.bool_]:
    known = np.concatenate(others) if others else np.empty(0, np.int64)
    return np.isin(phones, known)


def _numbers_of_list(store: Store, list_id: int) -> Numbers:
    column = storage.load(store, list_id, ["phone"])["phone"].drop_null()
    numbers: Numbers = column.to_numpy().astype(np.int64)
    return numbers


def _numbers_of_audience(store: Store, campaign_id: int) -> Numbers:
    """Who was in a campaign's list, and who has a message of it or was excluded from it: all that is left where the
    list is gone.

    Raises `DomainError` ("nobody-known") where both are erased, so that everybody would be new."""
    with store.reading() as session:
        campaign = session.get(Campaign, campaign_id)
        if campaign is None:
            raise NotFound.of("no-such-campaign", id=campaign_id)
        numbers = _numbers(session, campaign_id, col(Message.phone) > 0)
        in_list = campaign.list_id is not None and storage.get_row(session, campaign.list_id).state == ListState.READY
        if not in_list:
            numbers = np.concatenate([numbers, _numbers_excluded(session, campaign_id)])
    if in_list:
        return np.concatenate([numbers, _numbers_of_list(store, int(campaign.list_id or 0))])
    if not len(numbers):
        raise DomainError.of("nobody-known", id=campaign_id, name=campaign.name)
    return numbers


def _numbers_excluded(session: Session, campaign_id: int) -> Numbers:
    excluded_rows = sa.select(col(Excluded.phone)).where(
        col(Excluded.campaign_id) == campaign_id, col(Excluded.phone).is_not(None)
    )
    rows = session.connection().execute(excluded_rows).fetchall()
    return np.fromiter((row[0] for row in rows), np.int64, len(rows))


def _numbers_planned(store: Store, campaign_id: int) -> Numbers:
    """Who is going to get a started campaign whose messages are not made yet. A small campaign may be built while a
    large one is: it went to everybody whom the large one was going to reach. What that one excludes of campaigns that
    are not built either is passed over: two may exclude each other."""
    from getsms_core.campaigns import audience

    with store.reading() as session:
        campaign = session.get(Campaign, campaign_id)
    if campaign is None or campaign.state not in OPEN or campaign.prepared == Preparation.READY:
        return np.empty(0, np.int64)
    try:
        recipients = audience.of(store, campaign, planned=False).recipients
    except DomainError:  # it cannot be built, so nobody gets it
        return np.empty(0, np.int64)
    numbers: Numbers = recipients["phone"].to_numpy()
    return numbers


def _numbers_of_campaign(session: Session, campaign_id: int) -> Numbers:
    """Who got the campaign, or will get it while it has not ended."""
    state = session.scalar(sa.select(col(Campaign.state)).where(col(Campaign.id) == campaign_id))
    states = (*GOT, MessageState.QUEUED) if state in OPEN else GOT
    got = _numbers(session, campaign_id, col(Message.state).in_(states))
    return np.concatenate([got, _numbers_on_their_way(session, campaign_id)])


def _numbers_that_got(session: Session, campaign_id: int, since: int) -> Numbers:
    got = _numbers(session, campaign_id, col(Message.state).in_(GOT), col(Message.left_at) >= since)
    return np.concatenate([got, _numbers_on_their_way(session, campaign_id)])


def _numbers_on_their_way(session: Session, campaign_id: int) -> Numbers:
    """Those whose chunk is in a request right now: their messages still say queued."""
    span = (campaign_id * SPAN, (campaign_id + 1) * SPAN - 1)
    sending = sa.select(col(Chunk.id)).where(col(Chunk.id).between(*span), col(Chunk.state) == ChunkState.SENDING)
    chunk_ids = list(session.scalars(sending))
    if not chunk_ids:
        return np.empty(0, np.int64)
    return _numbers(
        session, campaign_id, col(Message.state) == MessageState.QUEUED, col(Message.chunk_id).in_(chunk_ids)
    )


def _numbers(session: Session, campaign_id: int, *where: sa.ColumnElement[bool]) -> Numbers:
    span = col(Message.id).between(campaign_id * SPAN, (campaign_id + 1) * SPAN - 1)
    rows = session.connection().execute(sa.select(col(Message.phone)).where(span, *where)).fetchall()
    return np.fromiter((row[0] for row in rows), np.int64, len(rows))


def _campaigns_since(session: Session, campaign: Campaign, since: int) -> list[int]:
    """The other campaigns that sent something since an instant (UTC ms), by the roll-ups, or have a chunk on its way.
    Practice does not exclude from a campaign of a real login, nor the other way round."""
    practice = sa.select(col(Account.sandbox)).where(col(Account.id) == campaign.account_id).scalar_subquery()
    sent = sa.exists().where(
        col(RollUp.campaign_id) == col(Campaign.id), col(RollUp.hour) >= since // HOUR, col(RollUp.state).in_(GOT)
    )
    sending = sa.exists().where(col(Chunk.campaign_id) == col(Campaign.id), col(Chunk.state) == ChunkState.SENDING)
    query = (
        sa.select(col(Campaign.id))
        .join(Account, col(Account.id) == col(Campaign.account_id))
        .where(
            col(Campaign.id) != campaign.id,
            col(Campaign.is_test).is_(False),
            col(Account.sandbox) == practice,
            sa.or_(sent, sa.and_(col(Campaign.state).in_(OPEN), sending)),
        )
    )
    return [int(campaign_id) for campaign_id in session.scalars(query) if campaign_id is not None]
