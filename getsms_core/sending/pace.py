"""The account's pace: requests a second and requests in flight, POSTs and status calls together, over all workers."""

from dataclasses import dataclass

import sqlalchemy as sa
from sqlmodel import Session, col

from getsms_core.statuses import ChunkState
from getsms_core.store.models import Account, Chunk, Worker


@dataclass(frozen=True)
class Allowance:
    """How many requests may leave now, and how long to wait (ms) where the rate allows none."""

    free: int
    wait_ms: float | None
    rate: float
    next_slot_us: int


def lock(session: Session, account_id: int) -> None:
    """Take the account's row until the transaction ends, so that no two workers take one slot."""
    session.execute(sa.select(col(Account.id)).where(col(Account.id) == account_id).with_for_update())


def allowance(session: Session, account_id: int, me: str, my_polls: int, now: int) -> Allowance:
    """What may leave at `now` (UTC ms); `my_polls` are the status calls that this worker has in flight. Lock first."""
    account = session.execute(
        sa.select(col(Account.concurrency), col(Account.rate), col(Account.next_slot_us)).where(
            col(Account.id) == account_id
        )
    ).one()
    early = account.next_slot_us / 1000 - now
    if early > 0:
        return Allowance(0, early, account.rate, account.next_slot_us)
    posts = session.scalar(
        sa.select(sa.func.count()).where(col(Chunk.account_id) == account_id, col(Chunk.state) == ChunkState.SENDING)
    )
    others = session.scalar(
        sa.select(sa.func.coalesce(sa.func.sum(col(Worker.polls)), 0)).where(
            col(Worker.account_id) == account_id, col(Worker.stopped_at).is_(None), col(Worker.id) != me
        )
    )
    free = max(0, account.concurrency - (posts or 0) - int(others or 0) - my_polls)
    return Allowance(min(free, 1) if account.rate > 0 else free, None, account.rate, account.next_slot_us)


def spend(session: Session, account_id: int, had: Allowance, now: int) -> float | None:
    """One request leaves: move the account's slot. Returns how long until the next may leave, ms; None without a rate.

    A request that is late by less than a slot does not push the ones behind it: the average rate is the one that was set."""
    if had.rate <= 0:
        return None
    interval = 1_000_000 / had.rate
    late = now * 1000 - had.next_slot_us
    slot = int(had.next_slot_us + interval if late < interval else now * 1000 + interval)
    session.execute(sa.update(Account).where(col(Account.id) == account_id).values(next_slot_us=slot))
    return max(0.0, slot / 1000 - now)
