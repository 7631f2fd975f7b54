"""The account's rate limit: requests a second and requests in flight, POSTs and status calls of all workers."""

from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy import bindparam as given
from sqlmodel import Session, col

from getsms_core.accounts.policy import Policy
from getsms_core.db.models import CHUNK_SENDING, Account, Chunk, Worker, table
from getsms_core.delivery.decisions import BACKOFF_MAX


@dataclass(frozen=True)
class RateLimit:
    """How many requests may be sent now, and how long to wait (ms) if the rate allows none."""

    free: int
    wait_ms: float | None
    rate: float
    next_slot_us: int


_account, _chunk, _worker = table(Account), table(Chunk), table(Worker)
_LOCK = (
    sa.select(_account.c.failures, _account.c.failed_at, _account.c.policy)
    .where(_account.c.id == given("account_id"))
    .with_for_update()
)
_ACCOUNT = sa.select(
    _account.c.concurrency,
    _account.c.rate,
    _account.c.next_slot_us,
    sa.select(sa.func.count())
    .where(_chunk.c.account_id == given("account_id"), CHUNK_SENDING)
    .scalar_subquery()
    .label("posts"),
    sa.select(sa.func.count())
    .where(_chunk.c.account_id == given("account_id"), CHUNK_SENDING, _chunk.c.worker_id != given("me"))
    .scalar_subquery()
    .label("others_posts"),
    sa.select(sa.func.coalesce(sa.func.sum(_worker.c.polls), 0))
    .where(_worker.c.account_id == given("account_id"), _worker.c.stopped_at.is_(None), _worker.c.id != given("me"))
    .scalar_subquery()
    .label("others"),
).where(_account.c.id == given("account_id"))


@dataclass(frozen=True)
class ConnectionHealth:
    """How connecting to the account's gateway went: failures in a row, and when the last one was counted (UTC ms).
    `capped`: whether a frequency cap is set now."""

    failures: int
    failed_at: int
    capped: bool = False


def lock_account(session: Session, account_id: int) -> ConnectionHealth:
    """Lock the account's row until the transaction ends, so that two workers never consume one slot."""
    failures, failed_at, policy = session.connection().execute(_LOCK, {"account_id": account_id}).one()
    return ConnectionHealth(failures, failed_at, Policy.from_stored(policy).has_cap)


def current_rate_limit(
    session: Session, account_id: int, me: str, polls: int, now: int, threads: int = 0, reserve: int = 0
) -> RateLimit:
    """Return what may be sent at `now` (UTC ms); `polls` are this worker's status calls in flight. Lock first.

    A worker with `threads` threads may claim `reserve` chunks above the limit while no other worker has any: its
    threads keep the limit, and other workers count its claims and start only below the limit."""
    account = session.connection().execute(_ACCOUNT, {"account_id": account_id, "me": me}).one()
    next_slot_us = account.next_slot_us
    early = next_slot_us / 1000 - now
    if early > _longest_wait(account.rate):  # the clock was set back since then, perhaps by hours
        next_slot_us = now * 1000
    elif early > 0:
        return RateLimit(0, early, account.rate, next_slot_us)
    free = account.concurrency - account.posts - int(account.others) - polls
    if account.rate > 0:
        return RateLimit(max(0, min(free, 1)), None, account.rate, next_slot_us)
    alone = not account.others_posts and not account.others
    if alone and threads <= account.concurrency:
        free += reserve
    return RateLimit(max(0, free), None, account.rate, next_slot_us)


def _longest_wait(rate: float) -> float:
    """Return how far ahead the next slot may be, ms: after failures to connect, or at a low rate."""
    return max(BACKOFF_MAX, 1000 / rate if rate > 0 else 0)


def consume_slots(session: Session, account_id: int, limit: RateLimit, now: int) -> float | None:
    """Consume the account's slot for one request. Returns how long until the next one, ms; None without a rate.

    A request that is late by less than a slot does not delay the next ones, so that the average rate is exact."""
    if limit.rate <= 0:
        return None
    interval = 1_000_000 / limit.rate
    late = now * 1000 - limit.next_slot_us
    slot = int(limit.next_slot_us + interval if late < interval else now * 1000 + interval)
    session.execute(sa.update(Account).where(col(Account.id) == account_id).values(next_slot_us=slot))
    return max(0.0, slot / 1000 - now)
