"""How long the account waits after it could not connect."""

from collections.abc import Sequence

import sqlalchemy as sa
from sqlmodel import Session, col

from getsms_core.db.models import Account
from getsms_core.delivery.decisions import PostResult, backoff_ms
from getsms_core.delivery.rate_limit import ConnectionHealth
from getsms_core.gateway import STALE, Decision, NothingSent


def note_connection(session: Session, health: ConnectionHealth, results: Sequence[PostResult], now: int) -> None:
    """Delay the account after each failure to connect, longer each time; of failures at the same moment only the first
    counts; one of the future is of before the clock was set back. Claims that became stale before their POST are
    ignored."""
    results = [s for s in results if not (isinstance(s.answer, NothingSent) and s.answer.code == STALE)]
    failed = [s for s in results if isinstance(s.answer, NothingSent) and s.answer.decision is Decision.RETRY]
    values: dict[str, int] = {}
    if len(failed) < len(results):
        values = {"failures": 0} if health.failures else {}
    elif failed and (health.failed_at > now or any(sent.claim.claimed_at >= health.failed_at for sent in failed)):
        wait = backoff_ms(health.failures + 1)
        values = {"failures": health.failures + 1, "failed_at": now, "next_slot_us": (now + wait) * 1000}
    if values:
        account_id = results[0].claim.account_id
        session.execute(sa.update(Account).where(col(Account.id) == account_id).values(**values))
