"""Find a recent campaign with the same text to the same list: a warning before sending, never a refusal."""

import sqlalchemy as sa
from sqlmodel import Session, col

from getsms_core.base.states import CampaignState
from getsms_core.db.engine import Store, now_ms
from getsms_core.db.models import Campaign, RecipientList
from getsms_core.messages.gsm7_replacements import replace_in_text

RECENT_MS = 2 * 86_400_000  # from any hour of yesterday to any hour of today
_C = CampaignState
SENT_STATES = (_C.AWAITING_APPROVAL, _C.SCHEDULED, _C.RUNNING, _C.PAUSED, _C.FINISHED)


def find_duplicate(store: Store, campaign: Campaign, text: str | None = None) -> Campaign | None:
    """Return the newest campaign of the last two days, started or scheduled, or one that awaits approval, with the same
    text to the same list: the list itself or the same file uploaded again. Tests do not count; apostrophes, quotes,
    case and spaces are ignored."""
    if campaign.list_id is None:
        return None
    plain_text = _plain(campaign.text if text is None else text)
    with store.reading() as session:
        started_at = sa.func.coalesce(col(Campaign.started_at), col(Campaign.scheduled_at), col(Campaign.created_at))
        waits = col(Campaign.state) == _C.AWAITING_APPROVAL  # it will be sent, whenever it was written
        was_sent = sa.or_(
            col(Campaign.state).in_(SENT_STATES),
            sa.and_(col(Campaign.state) == _C.CANCELLED, col(Campaign.started_at).is_not(None)),
        )
        candidates = session.scalars(
            sa.select(Campaign)
            .where(
                col(Campaign.id) != campaign.id,
                col(Campaign.is_test).is_(False),
                col(Campaign.list_id).in_(_lists_of_same_file(session, campaign.list_id)),
                was_sent,
                sa.or_(started_at >= now_ms(session) - RECENT_MS, waits),
            )
            .order_by(col(Campaign.id).desc())
        )
        return next((candidate for candidate in candidates if _plain(candidate.text) == plain_text), None)


def _lists_of_same_file(session: Session, list_id: int) -> list[int]:
    digest = sa.select(col(RecipientList.sha256)).where(col(RecipientList.id) == list_id).scalar_subquery()
    other_ids = session.scalars(
        sa.select(col(RecipientList.id)).where(col(RecipientList.sha256) == digest, col(RecipientList.sha256) != "")
    )
    return [list_id, *(int(other_id) for other_id in other_ids if other_id is not None)]


def _plain(text: str) -> str:
    return " ".join(replace_in_text(text).casefold().split())
