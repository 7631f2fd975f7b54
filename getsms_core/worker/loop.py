"""The worker: one thread that owns the database and a pool of threads that only make HTTP calls.

Each turn of the loop is one transaction: it records the results of ended calls and claims the next chunks. It is
committed before any claimed chunk is POSTed, so one turn is both the write after the last POSTs and the write before
the next ones. One transaction a turn needs half as many commits as one transaction a thread and is twice as fast.

Where the gateway answers quickly and accepts everything, the worker claims twice as many chunks as may be in flight:
they wait in the pool for the first free thread, so that no place at the gateway waits for a commit: a fifth faster over
a gateway of 50 ms. `request_notes` tell whoever finds this worker dead which of its claims never began to be sent.
"""

import logging
import queue
import signal
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace
from importlib.metadata import version

from sqlmodel import Session

from getsms_core import jobs
from getsms_core.accounts import policy
from getsms_core.base import clock, logs
from getsms_core.base.errors import DomainError
from getsms_core.base.settings import Settings
from getsms_core.campaigns import logins
from getsms_core.db.engine import Store, now_ms
from getsms_core.delivery import (
    NO_LIMITS,
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
from getsms_core.delivery.poll_schedule import PollSchedule
from getsms_core.delivery.polling import StatusCall
from getsms_core.gateway import STALE, Accepted, Answered, Decision, Gateway, NoAnswer, NothingSent, Unclear
from getsms_core.scheduled import runner
from getsms_core.scheduled.notices import NoticeChecks
from getsms_core.worker import draining, housekeeping, registry, request_lines, request_notes
from getsms_core.worker.calls import GatewayCalls
from getsms_core.worker.job_process import DATABASE_ERRORS, JobProcess
from getsms_core.worker.turn import Intervals, QueuedPost, Turn

log = logging.getLogger("getsms.worker")
IDLE_SECONDS = 0.1
POLLS_AMONG_POSTS = 12
"""While there is something to send, one status call is made after this number of POSTs: receipts can wait, but not
indefinitely."""
DATABASE_RETRY_MAX_SECONDS = 5.0  # seconds
QUICK_SECONDS = 0.25  # a slower answer ends the reserve of claimed chunks
_UNWRITABLE_SEND, _UNWRITABLE_STATUS = Unclear("unexpected"), NoAnswer("unexpected")


class Worker:
    """One worker process. `run` returns when it is stopped, or in drain mode when there is no more work."""

    def __init__(self, store: Store, settings: Settings, gateway: Gateway) -> None:
        self.store, self.settings = store, settings
        self.schedule = PollSchedule(int(settings.poll_first * 1000), int(settings.validity_hours * 3_600_000))
        self.rules = ResultRules(int(settings.poll_first * 1000), settings.uncertain_limit, settings.rejected_limit)
        self.post_ms = int((settings.connect_timeout + settings.read_timeout + 5) * 1000)
        self._limits = NO_LIMITS
        self._stopping = False  # not an Event: a signal handler sets it, perhaps while this thread does
        self.calls = GatewayCalls(gateway, settings.connect_timeout)
        self._unwritten: list[PostResult | StatusCall] = []
        self._flying: dict[str, tuple[QueuedPost, Future[None]]] = {}
        self._suspects: list[PostResult | StatusCall] = []
        self._polls = 0
        self._posts_since_poll = 0
        self._all_quick_and_accepted = False
        self._last_campaign = 0
        self._job_process = JobProcess(store)
        self._watch = registry.HeartbeatWatch()
        self._notes: request_notes.RequestNotes | None = None
        self._written_polls = 0
        self._intervals = Intervals()
        self._notices = NoticeChecks(settings)

    def stop(self) -> None:
        """Claim nothing more; `run` returns when the calls in flight have ended and are recorded."""
        self._stopping = self.calls.stopping = True
        self.calls.ended.put(None)

    def run(self, *, drain: bool = False, receipts_seconds: float = 60) -> None:
        """Work until stopped. With `drain` work until everything is sent, all jobs are done and all receipts have come,
        or until `receipts_seconds` after the last message was sent; calls in flight are waited for."""
        self._register()
        pool = self._new_pool()
        end = draining.DrainEnd(self.store, receipts_seconds) if drain else None
        try:
            while True:
                turn = self._turn_until_written()
                self._begin(pool, turn)
                in_progress = self._flying or self._polls or self._unwritten or self._suspects
                if self._stopping:
                    if not in_progress:
                        return
                elif end is not None and self._job_process.idle and end.reached(self.account_id, turn.idle):
                    self.stop()
                self._wait(turn)
        finally:
            pool.shutdown(wait=True)
            self._record_rest()
            self._deregister()

    def _new_pool(self) -> Executor:
        return ThreadPoolExecutor(self.settings.concurrency, thread_name_prefix="getsms-http")

    def _register(self) -> None:
        """Register this process. Retries when the connection breaks; raises what the database refuses."""
        self.id = clock.new_id()
        # Twice what may be claimed at once: a turn notes its claims before the notes of ended ones are free.
        slots = 4 * self.settings.concurrency
        self._notes = request_notes.create(self.settings.requests_folder, self.id, slots)
        for wait in (0.2, 0.5, 1.0, None):
            try:
                with self.store.writing() as session:
                    self._enter(session)
                    other_logins = logins.campaigns_of_other_logins(session, self.settings)
                for other in other_logins:
                    logs.write(log, logs.WARNING, "campaign.other_login", campaign_id=other.campaign_id)
                logs.write(log, logs.INFO, "worker.started", worker_id=self.id, account_id=self.account_id,
                           sandbox=self.settings.sandbox)  # fmt: skip
                return
            except DATABASE_ERRORS as error:
                if wait is None or (isinstance(error, DomainError) and error.code != "database-unreachable"):
                    raise
                self._log_unavailable(error, wait)
                clock.sleep(wait)

    def _enter(self, session: Session) -> None:
        """Add the row of this worker; its account is that of the settings in this database."""
        self.account_id = logins.move_drafts(session, self.settings)
        registry.register(session, self.account_id, version("getsms-campaigns"), self.id)

    def _log_unavailable(self, error: BaseException, wait: float) -> None:
        logs.write(log, logs.WARNING, "database.unavailable", error=logs.error_code(error), wait_ms=round(wait * 1000))

    def _turn_until_written(self) -> Turn:
        wait = 0.1
        while True:
            try:
                turn = self._turn()
            except DATABASE_ERRORS as error:
                # Results stay in memory until they are written; nothing that was not committed is sent.
                self._log_unavailable(error, wait)
                clock.sleep(wait)
                wait = min(DATABASE_RETRY_MAX_SECONDS, wait * 2)
                if self._stopping and not self._flying and not self._unwritten:
                    return Turn(idle=True)
                continue
            except Exception as error:
                if not self._unwritten:
                    raise
                logs.write(log, logs.ERROR, "answers.unwritable", error=error, answers=len(self._unwritten))
                self._isolate()
                continue
            for ended in self._unwritten:
                if isinstance(ended, PostResult):
                    self._flying.pop(ended.claim.attempt, None)
            self._unwritten.clear()
            return turn

    def _isolate(self) -> None:
        """After a write that failed because of the content of an answer: write the answers one by one, and replace the
        one that cannot be written even alone. The messages of a POST become uncertain; a status call is repeated."""
        if len(self._unwritten) > 1:
            self._suspects += self._unwritten[1:]
            del self._unwritten[1:]
            return
        [answered] = self._unwritten
        if answered.answer in (_UNWRITABLE_SEND, _UNWRITABLE_STATUS):
            raise RuntimeError("Neither an answer nor its replacement could be written")
        if isinstance(answered, PostResult):
            self._unwritten = [replace(answered, answer=_UNWRITABLE_SEND)]
        else:
            self._unwritten = [replace(answered, answer=_UNWRITABLE_STATUS)]

    def _turn(self) -> Turn:
        self._expire_waiting()
        self._collect_ended()
        if not self._unwritten and not self._has_work():
            return Turn(idle=not self._flying and not self._polls and self._job_process.idle)
        return self.store.transact(self._work)

    def _expire_waiting(self) -> None:
        """End claims that waited too long for a thread: while the gateway does not answer, no thread is free."""
        for post, future in self._flying.values():
            if post.stale and not future.cancelled() and future.cancel():
                self.calls.ended.put(PostResult(post.claim, NothingSent(STALE, Decision.RETRY)))

    def _collect_ended(self) -> None:
        if self._suspects:
            if not self._unwritten:
                self._unwritten.append(self._suspects.pop())
            return
        with suppress(queue.Empty):
            while True:
                self._add_ended(self.calls.ended.get_nowait())

    def _reserve(self) -> int:
        """Return how many claimed chunks may wait for a free thread. Above 0 only while every collected answer came
        quickly and accepted all its messages: then no pause is near, and the chunks will not wait for long."""
        answers = [result.answer for result in self._unwritten if isinstance(result, PostResult)]
        if answers:
            self._all_quick_and_accepted = all(
                isinstance(answer, Answered)
                and answer.seconds <= QUICK_SECONDS
                and all(isinstance(verdict, Accepted) for verdict in answer.verdicts)
                for answer in answers
            )
        return self.settings.concurrency if self._all_quick_and_accepted else 0

    def _add_ended(self, ended: PostResult | StatusCall | None) -> None:
        if isinstance(ended, StatusCall):
            self._polls -= 1
        if ended is not None:
            self._unwritten.append(ended)

    def _work(self, session: Session) -> Turn:
        turn = Turn()
        results = [result for result in self._unwritten if isinstance(result, PostResult)]
        health = lock_account(session, self.account_id)
        now = now_ms(session)  # after the lock: waiting for it does not shorten a claim's deadline
        note_connection(session, health, results, now)
        if health.capped != self.rules.contacts:  # saving the cap has counted what was recorded before this lock
            self.rules = replace(self.rules, contacts=health.capped)
        record(session, results, self.rules, now)
        status_calls = [call for call in self._unwritten if isinstance(call, StatusCall)]
        begun = clock.monotonic()
        turn.settled = polling.apply_answers(session, status_calls, self.schedule, now)
        turn.status_calls, turn.write_seconds = len(status_calls), clock.monotonic() - begun
        if self._intervals.dead_workers.is_over:
            registry.mark_dead_workers(
                session, self.account_id, self.id, now, self._watch, self.settings.requests_folder
            )
            requeue_unposted(session, self.id, self._flying.keys() - {sent.claim.attempt for sent in results})
            self._job_process.look_for_cancelling(session)
            self._intervals.dead_workers.begin()
        if not self._stopping:
            if self._intervals.schedule.is_over:
                self._limits = Limits(policy.get(session, self.account_id), self.settings.zone)
                apply_schedule(session, self.account_id, self._limits.policy, self.settings.zone, now)
                runner.mark_due(session, self.settings.zone, now)
                self._notices.check(session, self.account_id, self._limits.policy, now)
                if self._intervals.housekeeping.is_over:
                    housekeeping.enqueue_due(session, self.account_id, self._limits.policy, self.settings.zone, now)
                    self._intervals.housekeeping.begin()
                turn.job = jobs.claim(session, self.id) if self._job_process.idle else None
                self._intervals.schedule.begin()
            self._claim_work(session, turn, now)
        polls = self._polls + self._planned_calls(turn)
        if self._intervals.heartbeat.is_over or polls != self._written_polls:
            if not registry.heartbeat(session, self.id, polls, now):
                self._enter(session)  # the row is gone: a backup was restored, or this process was suspended for a week
                registry.heartbeat(session, self.id, polls, now)
            self._intervals.heartbeat.begin()
            self._written_polls = polls
        turn.idle = self._job_process.idle and not (turn.claims or turn.dues or turn.job or self._flying or self._polls)
        return turn

    def _claim_work(self, session: Session, turn: Turn, now: int) -> None:
        limit = current_rate_limit(
            session, self.account_id, self.id, self._polls, now, self.settings.concurrency, self._reserve()
        )
        turn.wait_ms = limit.wait_ms
        room = limit.free
        if room and self._posts_since_poll >= POLLS_AMONG_POSTS:
            self._lease_requests(session, turn, 1, now)
            room -= self._planned_calls(turn)
        if room:
            turn.claimed = clock.boottime()
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
            if self._notes is not None:
                self._notes.waiting([claimed.attempt for claimed in turn.claims])
            room -= len(turn.claims)
        if room and not turn.claims:
            self._lease_requests(session, turn, room, now)
        if limit.rate > 0 and (turn.claims or turn.dues):
            turn.wait_ms = consume_slots(session, self.account_id, limit, now)

    def _planned_calls(self, turn: Turn) -> int:
        return -(-len(turn.dues) // self.settings.status_batch)

    def _lease_requests(self, session: Session, turn: Turn, calls: int, now: int) -> None:
        self._posts_since_poll = 0
        newest_first = polling.waiting_campaigns(session, self.account_id)
        turn.leased = turn.leased or clock.boottime()
        turn.dues += polling.lease_due(session, newest_first, want=calls * self.settings.status_batch, now=now)

    def _begin(self, pool: Executor, turn: Turn) -> None:
        request_lines.committed(turn)
        for claimed in turn.claims:
            post = QueuedPost(claimed, turn.claimed, clock.boottime())
            self._flying[claimed.attempt] = post, pool.submit(self.calls.post, post, self._notes)
        if self._notes is not None:
            self._notes.keep(self._flying.keys())
        if turn.claims:
            self._last_campaign = turn.claims[-1].campaign_id
            self._posts_since_poll += len(turn.claims)
        size = self.settings.status_batch
        for start in range(0, len(turn.dues), size):
            self._polls += 1
            pool.submit(self.calls.poll, tuple(turn.dues[start : start + size]), turn.leased)
        if turn.job is not None:
            self._job_process.start(turn.job)

    def _wait(self, turn: Turn) -> None:
        seconds = IDLE_SECONDS if turn.wait_ms is None else min(IDLE_SECONDS, turn.wait_ms / 1000)
        if self._job_process.settle():
            return
        with suppress(queue.Empty):
            self._add_ended(self.calls.ended.get(timeout=max(seconds, 0.0005)))

    def _has_work(self) -> bool:
        """Whether a turn is needed; read without the write lock, so that an idle worker blocks nobody."""
        if self._intervals.heartbeat.is_over or self._intervals.dead_workers.is_over:
            return True
        if self._stopping:
            return False
        with self.store.reading() as session:
            now = now_ms(session)
            if len(self._flying) + self._polls < self.settings.concurrency and (
                draining.any_sendable(session, self.account_id, now) or polling.any_due(session, self.account_id, now)
            ):
                return True
            return self._job_process.idle and jobs.any_queued(session)

    def _record_rest(self) -> None:
        """Record the answers that came after an error had ended the loop: else their messages would be uncertain."""
        with suppress(queue.Empty):
            while True:
                self._add_ended(self.calls.ended.get_nowait())
        results = [ended for ended in (*self._unwritten, *self._suspects) if isinstance(ended, PostResult)]
        if not results:
            return
        try:
            with self.store.writing() as session:
                lock_account(session, self.account_id)
                record(session, results, self.rules, now_ms(session))
        except Exception as error:
            logs.write(log, logs.ERROR, "answers.unwritable", error=error, answers=len(results))
            return
        for result in results:
            self._flying.pop(result.claim.attempt, None)

    def _deregister(self) -> None:
        self._job_process.terminate()
        try:
            with self.store.writing() as session:
                jobs.requeue(session, [self.id])
                registry.stop(session, self.id)
        except DATABASE_ERRORS as error:
            self._log_unavailable(error, 0)  # others find by its heartbeat that this worker is gone
        if self._notes is not None:
            self._notes.close(remove=not self._flying)
        logs.write(log, logs.INFO, "worker.stopped", worker_id=self.id)


def install_signals(worker: Worker) -> None:
    """On SIGTERM and SIGINT claim nothing more, finish the calls in flight and end."""

    def handle(_number: int, _frame: object) -> None:
        worker.stop()

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, handle)
