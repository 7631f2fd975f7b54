"""The gateway's last answers to a sender name, which are known without sending an SMS.

The gateway has no call that checks a name; it refuses a wrong one (errors 202 and 203) only at a submission, and
then accepts no message."""

from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from sqlmodel import Session, col

from getsms_core.base.codes import AttemptOutcome
from getsms_core.db.engine import Store
from getsms_core.db.models import ATTEMPT_NOTHING_SENT, SPAN, Attempt, Campaign, Chunk

REFUSED = ("nickname-not-set", "nickname-wrong")
TAKEN = (AttemptOutcome.ACCEPTED, AttemptOutcome.PART, AttemptOutcome.REJECTED, AttemptOutcome.LATE)
_CAMPAIGNS = 20  # the latest chunks of a name that are searched


@dataclass(frozen=True)
class SenderName:
    """A name, and when the gateway last accepted and refused it (UTC ms, None: never)."""

    name: str
    taken_at: int | None
    refused_at: int | None

    @property
    def refused(self) -> bool:
        """Return whether the last answer was a refusal."""
        return self.refused_at is not None and self.refused_at > (self.taken_at or 0)


def sender_name(store: Store, account_id: int | None, name: str) -> SenderName:
    """Return the last answers to a name for an account, or for any."""
    with store.reading() as session:
        ids = session.scalars(
            sa.select(col(Campaign.id))
            .where(col(Campaign.sender) == name, *([col(Campaign.account_id) == account_id] if account_id else []))
            .where(col(Campaign.started_at).is_not(None))
            .order_by(col(Campaign.id).desc())
            .limit(_CAMPAIGNS)
        ).all()
        taken = accepted_at(session, ids)
        refused = session.scalar(
            sa.select(sa.func.max(col(Attempt.ended_at)))
            .join(Chunk, col(Chunk.id) == col(Attempt.chunk_id))
            .where(ATTEMPT_NOTHING_SENT, col(Attempt.code).in_(REFUSED), col(Chunk.campaign_id).in_(ids))
        )
    return SenderName(name, taken, refused)


def accepted_at(session: Session, campaign_ids: Sequence[int | None]) -> int | None:
    """Return when the gateway last accepted messages of the first of these campaigns of which it accepted any."""
    for campaign_id in campaign_ids:
        span = (int(campaign_id or 0) * SPAN, (int(campaign_id or 0) + 1) * SPAN - 1)
        taken = session.scalar(
            sa.select(sa.func.max(col(Attempt.ended_at))).where(
                col(Attempt.chunk_id).between(*span), col(Attempt.outcome).in_(TAKEN)
            )
        )
        if taken is not None:
            return int(taken)
    return None
