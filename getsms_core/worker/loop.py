"""The worker: one thread that owns the database and a pool of threads that do nothing but HTTP.

Each turn of the loop is one transaction: write what has ended, take what may begin. It is committed before anything it
took leaves, so a turn is at once the write after the last POSTs and the write before the next ones. Grouping them so
cost half as many commits as a transaction for each thread, and made twice the speed.

Where the gateway answers quickly and well, a few chunks more are claimed than may be in flight: they wait in the pool
for the first thread that is free, so that no place at the gateway waits for a commit. A killed worker leaves so many
more uncertain; that is the price of a fifth more speed over a gateway of 50 ms.
"""

import logging
import queue
import signal
import subprocess
import threading
import time
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field, replace
from importlib.metadata import version
from typing import NamedTuple

from sqlalchemy.exc import InterfaceError, OperationalError
from sqlmodel import Session

from getsms_core.accounts import policy
from getsms_core.base.errors import DomainError
from getsms_core.base.settings import Settings
from getsms_core.campaigns import logins, retention
from getsms_core.db.engine import Store, now_ms
from getsms_core.delivery import (
    NO_LIMITS,
    Claim,
    Limits,
    PostResult,
    ResultRules,
    apply_schedule,
    claim,
    consume_slots,
    current_rate_limit,
    lock_account,
    note_connection,
    polling,
    record,
    requeue_unposted,
)
from getsms_core.delivery.polling import DueRequest, PollSchedule, StatusCall
from getsms_core.gateway import STALE, Accepted, Answered, Decision, Gateway, NoAnswer, NothingSent, Unclear
from getsms_core.scheduled import runner
from getsms_core.worker import draining, registry
from getsms_core.worker import jobs as worker_jobs

log = logging.getLogger("getsms.worker")
IDLE_SECONDS = 0.1
DEAD_WORKER_CHECK_MS = 1_000
RETENTION_CHECK_MS = 60_000  # between two looks for what is old enough to be erased
SCHEDULE_CHECK_MS = 200  # between two looks for scheduled campaigns and errands
POLLS_AMONG_POSTS = 12
"""While there is something to send, one status call leaves after so many POSTs: receipts can wait, but not for ever."""
DATABASE_RETRY_MAX_SECONDS = 5.0  # seconds
STALE_SECONDS = 5.0  # from the claim to the POST
POOL_WAIT_SECONDS = 1.0  # that a claim may wait here for a thread, so that a pause holds within a second
QUICK_SECONDS = 0.25  # an answer that took longer lets nothing wait here
RESERVE_DIVISOR = 2  # one chunk may wait for so many that may be in flight
_UNWRITABLE_SEND, _UNWRITABLE_STATUS = Unclear("unexpected"), NoAnswer("unexpected")
DATABASE_ERRORS = (DomainError, OperationalError, InterfaceError)


def _clock() -> float:
    """Seconds that also pass while the machine sleeps, where the system has such a clock."""
    return time.clock_gettime(getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC))


@dataclass
class Turn:
    """What one transaction decided: what may leave, and how long to wait when nothing may. `claimed` is `_clock()`."""

    claims: list[Claim] = field(default_factory=list)
    dues: list[DueRequest] = field(default_factory=list)
    errand: worker_jobs.Job | None = None
    wait_ms: float | None = None
    idle: bool = False
    claimed: float = 0.0


class QueuedPost(NamedTuple):
    """A claim that was handed to the pool; when it was claimed and when handed over, both `_clock()`."""

    claim: Claim
    claimed: float
    at: float

    @property
    def stale(self) -> bool:
        """Whether it may not leave any more. Its wait counts from the commit, which may take long by itself."""
        now = _clock()
        return now - self.claimed > STALE_SECONDS or now - self.at > POOL_WAIT_SECONDS


class Worker:
    """One worker process. `run` returns when it is stopped, or in drain mode when nothing is left to do."""

    def __init__(self, store: Store, settings: Settings, gateway: Gateway) -> None:
        self.store, self.settings, self.gateway = store, settings, gateway
        self.schedule = PollSchedule(int(settings.poll_first * 1000), int(settings.validity_hours * 3_600_000))
        self.rules = ResultRules(int(settings.poll_first * 1000), settings.uncertain_limit, settings.rejected_limit)
        self.post_ms = int((settings.connect_timeout + settings.read_timeout + 5) * 1000)
        self._limits = NO_LIMITS
        self._stopping = threading.Event()
        self._ended: queue.SimpleQueue[PostResult | StatusCall | None] = queue.SimpleQueue()
        self._unwritten: list[PostResult | StatusCall] = []
        self._flying: dict[str, tuple[QueuedPost, Future[None]]] = {}
        self._suspects: list[PostResult | StatusCall] = []
        self._polls = 0
        self._posts_since_poll = 0
        self._all_well = False
        self._last_campaign = 0
        self._errand: tuple[worker_jobs.Job, subprocess.Popen[bytes]] | None = None
        self._beat_at = self._buried_at = self._looked_at = self._erased_at = self._written_polls = 0

    def stop(self) -> None:
        """Take nothing more; `run` returns when what is in flight has ended and is written."""
        self._stopping.set()
        self._ended.put(None)

    def run(self, *, drain: bool = False, receipts_seconds: float = 60) -> None:
        """Work until stopped, or with `drain` until nothing is left to send or to do and all receipts have come, or
        until `receipts_seconds` after the last message was sent; what is in flight then is waited for."""
        self._arrive()
        pool = ThreadPoolExecutor(self.settings.concurrency, thread_name_prefix="getsms-http")
        end = draining.DrainEnd(self.store, receipts_seconds) if drain else None
        try:
            while True:
                turn = self._turn_until_written()
                self._begin(pool, turn)
                in_hand = self._flying or self._polls or self._unwritten or self._suspects
                if self._stopping.is_set():
                    if not in_hand:
                        return
                elif end is not None and self._errand is None and end.reached(self.account_id, turn.idle):
                    self.stop()
                self._wait(turn)
        finally:
            pool.shutdown(wait=True)
            self._leave()

    def _arrive(self) -> None:
        """A row for this process; a connection that breaks just then is tried again, a database that refuses is
        told."""
        for wait in (0.2, 0.5, 1.0, None):
            try:
                with self.store.writing() as session:
                    self.account_id = logins.move_drafts(session, self.settings)
                    self.id = registry.register(session, self.account_id, version("getsms-campaigns"))
                    other_logins = logins.campaigns_of_other_logins(session, self.settings)
                for other in other_logins:
                    log.warning("%s", other.warning)
                return
            except DATABASE_ERRORS as error:
                if wait is None or (isinstance(error, DomainError) and error.code != "database-unreachable"):
                    raise
                log.warning("The database cannot be used just now, trying again in %.1f s: %s", wait, error)
                time.sleep(wait)

    def _turn_until_written(self) -> Turn:
        wait = 0.1
        while True:
            try:
                turn = self._turn()
            except DATABASE_ERRORS as error:
                # What has ended stays in hand until it is written; nothing that was not committed leaves.
                log.warning("The database cannot be used just now, trying again in %.1f s: %s", wait, error)
                time.sleep(wait)
                wait = min(DATABASE_RETRY_MAX_SECONDS, wait * 2)
                if self._stopping.is_set() and not self._flying and not self._unwritten:
                    return Turn(idle=True)
                continue
            except Exception:
                if not self._unwritten:
                    raise
                log.exception("Answers could not be written; they are tried one by one")
                self._isolate()
                continue
            for ended in self._unwritten:
                if isinstance(ended, PostResult):
                    self._flying.pop(ended.claim.attempt, None)
            self._unwritten.clear()
            return turn

    def _isolate(self) -> None:
        """After a write that failed for what is in an answer: write the answers one by one, and replace the one that
        cannot be written even alone. The messages of a POST are uncertain then; a status call is made again."""
        if len(self._unwritten) > 1:
            self._suspects += self._unwritten[1:]
            del self._unwritten[1:]
            return
        [answered] = self._unwritten
        if answered.answer in (_UNWRITABLE_SEND, _UNWRITABLE_STATUS):
            raise RuntimeError("An answer could not be written, nor could its loss")
        if isinstance(answered, PostResult):
            self._unwritten = [replace(answered, answer=_UNWRITABLE_SEND)]
        else:
            self._unwritten = [replace(answered, answer=_UNWRITABLE_STATUS)]

    def _turn(self) -> Turn:
        self._give_back()
        self._drain_ended()
        if not self._unwritten and not self._something_to_do():
            return Turn(idle=not self._flying and not self._polls and self._errand is None)
        return self.store.transact(self._work)

    def _give_back(self) -> None:
        """What waits too long for a thread ends at once: while the gateway stands still, the threads do, too."""
        for handed, future in self._flying.values():
            if handed.stale and not future.cancelled() and future.cancel():
                self._ended.put(PostResult(handed.claim, NothingSent(STALE, Decision.RETRY)))

    def _drain_ended(self) -> None:
        if self._suspects:
            if not self._unwritten:
                self._unwritten.append(self._suspects.pop())
            return
        with suppress(queue.Empty):
            while True:
                self._keep(self._ended.get_nowait())

    def _reserve(self) -> int:
        """How many chunks may wait here, claimed, for a free place: some while every answer in hand came quickly and
        accepted all, so that no pause can be near, and they will not wait for long."""
        answers = [each.answer for each in self._unwritten if isinstance(each, PostResult)]
        if answers:
            self._all_well = all(
                isinstance(answer, Answered)
                and answer.seconds <= QUICK_SECONDS
                and all(isinstance(verdict, Accepted) for verdict in answer.verdicts)
                for answer in answers
            )
        return -(-self.settings.concurrency // RESERVE_DIVISOR) if self._all_well else 0

    def _keep(self, ended: PostResult | StatusCall | None) -> None:
        if isinstance(ended, StatusCall):
            self._polls -= 1
        if ended is not None:
            self._unwritten.append(ended)

    def _work(self, session: Session) -> Turn:
        turn = Turn()
        ended = [e for e in self._unwritten if isinstance(e, PostResult)]
        was = lock_account(session, self.account_id)
        now = now_ms(session)  # after the lock: waiting for it takes nothing from a claim's deadline
        note_connection(session, was, ended, now)
        record(session, ended, self.rules, now)
        polling.apply_answers(session, [e for e in self._unwritten if isinstance(e, StatusCall)], self.schedule, now)
        if now - self._buried_at >= DEAD_WORKER_CHECK_MS:
            registry.mark_dead_workers(session, self.account_id, self.id, now)
            requeue_unposted(session, self.id, self._flying.keys() - {sent.claim.attempt for sent in ended})
            self._buried_at = now
        if not self._stopping.is_set():
            if now - self._looked_at >= SCHEDULE_CHECK_MS:
                self._limits = Limits(policy.get(session, self.account_id), self.settings.zone)
                self.rules = replace(self.rules, contacts=self._limits.policy.cap_messages > 0)
                apply_schedule(session, self.account_id, self._limits.policy, self.settings.zone, now)
                runner.mark_due(session, self.settings.zone, now)
                if now - self._erased_at >= RETENTION_CHECK_MS:
                    retention.request_due_erasures(
                        session, self.account_id, self._limits.policy, self.settings.zone, now
                    )
                    self._erased_at = now
                turn.errand = worker_jobs.claim_next(session, self.id) if self._errand is None else None
                self._looked_at = now
            self._take(session, turn, now)
        calls = self._polls + self._calls(turn)
        if now - self._beat_at >= registry.HEARTBEAT_MS or calls != self._written_polls:
            registry.heartbeat(session, self.id, calls, now)
            self._beat_at, self._written_polls = now, calls
        turn.idle = not (turn.claims or turn.dues or turn.errand or self._flying or self._polls or self._errand)
        return turn

    def _take(self, session: Session, turn: Turn, now: int) -> None:
        had = current_rate_limit(
            session, self.account_id, self.id, self._polls, now, self.settings.concurrency, self._reserve()
        )
        turn.wait_ms = had.wait_ms
        room = had.free
        if room and self._posts_since_poll >= POLLS_AMONG_POSTS:
            self._ask(session, turn, 1, now)
            room -= self._calls(turn)
        if room:
            turn.claimed = _clock()
            turn.claims = claim(
                session,
                self.account_id,
                self.id,
                want=room,
                post_ms=self.post_ms,
                now=now,
                after=self._last_campaign,
                limits=self._limits,
            )
            room -= len(turn.claims)
        if room and not turn.claims:
            self._ask(session, turn, room, now)
        if had.rate > 0 and (turn.claims or turn.dues):
            turn.wait_ms = consume_slots(session, self.account_id, had, now)

    def _calls(self, turn: Turn) -> int:
        return -(-len(turn.dues) // self.settings.status_batch)

    def _ask(self, session: Session, turn: Turn, calls: int, now: int) -> None:
        self._posts_since_poll = 0
        newest_first = polling.waiting_campaigns(session, self.account_id)
        turn.dues += polling.lease_due(session, newest_first, want=calls * self.settings.status_batch, now=now)

    def _begin(self, pool: ThreadPoolExecutor, turn: Turn) -> None:
        for each in turn.claims:
            handed = QueuedPost(each, turn.claimed, _clock())
            self._flying[each.attempt] = handed, pool.submit(self._post, handed)
        if turn.claims:
            self._last_campaign = turn.claims[-1].campaign_id
            self._posts_since_poll += len(turn.claims)
        size = self.settings.status_batch
        for start in range(0, len(turn.dues), size):
            self._polls += 1
            pool.submit(self._poll, tuple(turn.dues[start : start + size]))
        if turn.errand is not None:
            self._errand = (turn.errand, worker_jobs.start_process(turn.errand))

    def _post(self, handed: QueuedPost) -> None:
        one = handed.claim
        if handed.stale:
            # This process stood still after the claim was committed, or a gateway that was quick is no more. Others may
            # have given the chunk up meanwhile, and a person may have sent it again: what leaves now would be a second
            # SMS. Or the campaign was paused since.
            self._ended.put(PostResult(one, NothingSent(STALE, Decision.RETRY)))
            return
        try:
            answer = self.gateway.send(one.items, nickname=one.sender or None)
        except Exception:
            # Whatever went wrong here, the POST may have left.
            log.exception("Sending chunk %s ended in an unforeseen error", one.chunk_id)
            self._ended.put(PostResult(one, Unclear("unforeseen")))
            return
        self._ended.put(PostResult(one, answer))

    def _poll(self, dues: tuple[DueRequest, ...]) -> None:
        if self._stopping.is_set():  # the call waited for a thread; its ids are due again when their lease is over
            self._ended.put(StatusCall((), NoAnswer(polling.NOTHING_TO_ASK)))
            return
        ids = [each.request_id for each in dues if each.request_id]
        try:
            answer = self.gateway.status(ids) if ids else NoAnswer(polling.NOTHING_TO_ASK)
        except Exception:
            log.exception("A status call ended in an unforeseen error")
            answer = NoAnswer("unforeseen")
        self._ended.put(StatusCall(dues, answer))

    def _wait(self, turn: Turn) -> None:
        seconds = IDLE_SECONDS
        if turn.wait_ms is not None:
            seconds = min(seconds, turn.wait_ms / 1000)
        if self._errand is not None and self._errand[1].poll() is not None:
            self._errand_ended(*self._errand)
            return
        with suppress(queue.Empty):
            self._keep(self._ended.get(timeout=max(seconds, 0.0005)))

    def _errand_ended(self, done: worker_jobs.Job, process: "subprocess.Popen[bytes]") -> None:
        if process.returncode != 0:
            log.warning("%s %s ended with %s", done.kind, done.id, process.returncode)
            try:
                worker_jobs.record_crash(self.store, done)
            except DATABASE_ERRORS as error:
                log.warning("The database cannot be used just now, the end of %s is kept: %s", done.kind, error)
                time.sleep(IDLE_SECONDS)
                return
        self._errand = None

    def _something_to_do(self) -> bool:
        """A look without the write lock, so that an idle worker disturbs nobody."""
        with self.store.reading() as session:
            now = now_ms(session)
            if now - self._beat_at >= registry.HEARTBEAT_MS or now - self._buried_at >= DEAD_WORKER_CHECK_MS:
                return True
            if self._stopping.is_set():
                return False
            if len(self._flying) + self._polls < self.settings.concurrency and (
                draining.any_sendable(session, self.account_id, now) or polling.any_due(session, self.account_id, now)
            ):
                return True
            return self._errand is None and worker_jobs.any_pending(session)

    def _leave(self) -> None:
        if self._errand is not None:
            self._errand[1].terminate()
            self._errand[1].wait()
        try:
            with self.store.writing() as session:
                worker_jobs.requeue(session, [self.id])
                registry.stop(session, self.id)
        except DATABASE_ERRORS as error:
            log.warning("The database is away; others will find this worker gone by themselves: %s", error)


def install_signals(worker: Worker) -> None:
    """SIGTERM and SIGINT: take nothing more, finish what is in flight, leave."""

    def handle(_number: int, _frame: object) -> None:
        worker.stop()

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, handle)
