"""The text that was sent to the same list a short while ago: a remark before it is sent again, never a refusal."""

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
    """The newest campaign of the last two days, begun or still to begin, with the same text to the same list: the list
    itself or the same file uploaded again. Tests do not count; apostrophes, quotes, case and spaces make no other
    text."""
    if campaign.list_id is None:
        return None
    wanted = _plain(campaign.text if text is None else text)
    with store.reading() as session:
        begun = sa.func.coalesce(col(Campaign.started_at), col(Campaign.scheduled_at), col(Campaign.created_at))
        left = sa.or_(
            col(Campaign.state).in_(SENT_STATES),
            sa.and_(col(Campaign.state) == _C.CANCELLED, col(Campaign.started_at).is_not(None)),
        )
        found = session.scalars(
            sa.select(Campaign)
            .where(
                col(Campaign.id) != campaign.id,
                col(Campaign.is_test).is_(False),
                col(Campaign.list_id).in_(_lists_alike(session, campaign.list_id)),
                left,
                begun >= now_ms(session) - RECENT_MS,
            )
            .order_by(col(Campaign.id).desc())
        )
        return next((one for one in found if _plain(one.text) == wanted), None)


def _lists_alike(session: Session, list_id: int) -> list[int]:
    mine = sa.select(col(RecipientList.sha256)).where(col(RecipientList.id) == list_id).scalar_subquery()
    alike = session.scalars(
        sa.select(col(RecipientList.id)).where(col(RecipientList.sha256) == mine, col(RecipientList.sha256) != "")
    )
    return [list_id, *(int(found) for found in alike if found is not None)]


def _plain(text: str) -> str:
    return " ".join(replace_in_text(text).casefold().split())
