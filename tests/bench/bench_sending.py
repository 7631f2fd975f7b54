"""How fast chunks go out: the worker against a bare thread pool that POSTs and writes the same rows, in the same run.

    python -m tests.bench.bench_sending --database sqlite --seconds 3

The gateway is a function that sleeps for its latency, so that what is measured is the engine and not a server that
shares the two cores. The pool claims nothing and promises nothing: it is what the promise is paid against.
"""

import argparse
import logging
import queue
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import sqlalchemy as sa
from pydantic import SecretStr
from sqlmodel import col

from getsms_core.base import logs
from getsms_core.base.log_limit import RepetitionFilter
from getsms_core.base.settings import Settings
from getsms_core.base.states import MessageState
from getsms_core.campaigns import build
from getsms_core.campaigns import service as campaigns
from getsms_core.db.bulk import update_by_id
from getsms_core.db.engine import Store, open_store
from getsms_core.db.models import SPAN, Attempt, Chunk
from getsms_core.delivery import QueuedMessage, claim, lock_account
from getsms_core.delivery.claims import QueuedChunk, waiting_messages
from getsms_core.gateway import Accepted, Answered, Gateway, Item, NoAnswer, SendAnswer, StatusAnswer
from getsms_core.worker.loop import Worker
from tests.bench.databases import database
from tests.engine_support import AZIZA, checked_list, phones, settings_for

CHUNK = 100
LOG_FORMS: tuple[logs.LogFormat, ...] = ("text", "json")


class Asleep(Gateway):
    """A gateway that takes everything after `latency` seconds and never speaks to the network."""

    def __init__(self, latency: float) -> None:
        super().__init__("http://127.0.0.1:9/", "bench", SecretStr("bench"))
        self.latency, self.requests = latency, 0

    def send(
        self,
        items: Sequence[Item],
        nickname: str | None = None,
        before_first_byte: Callable[[], None] | None = None,
    ) -> SendAnswer:
        """Accept every message under one request id."""
        if before_first_byte is not None:
            before_first_byte()
        time.sleep(self.latency)
        self.requests += 1
        return Answered([Accepted(str(self.requests), "") for _ in items], 200, self.latency)

    def status(self, request_ids: Sequence[str]) -> StatusAnswer:
        """Receipts are not what is measured."""
        return NoAnswer("not-measured")


@dataclass(frozen=True)
class Case:
    """One measurement: gateway latency in seconds, requests in flight, messages to send."""

    latency: float
    flying: int
    messages: int

    @property
    def ceiling(self) -> float | None:
        """Messages a second if nothing but the gateway took time."""
        return CHUNK * self.flying / self.latency if self.latency else None


def settings(flying: int) -> Settings:
    """An account of its own; the first status call lies beyond the measurement."""
    return settings_for(login="bench", password=SecretStr("bench"), concurrency=flying, poll_first=86_400)


def prepared(store: Store, case: Case) -> int:
    """A running campaign of so many messages."""
    list_id = checked_list(store, phones(case.messages))
    campaign_id = campaigns.create(store, AZIZA, settings(case.flying), campaigns.Draft("Bench", "Salom", list_id))
    build.prepare(store, campaign_id)
    campaigns.start(store, AZIZA, campaign_id)
    return campaign_id


def by_worker(store: Store, case: Case) -> float:
    """Messages a second with the real worker, from the first claim to the last record."""
    campaign_id = prepared(store, case)
    Worker(store, settings(case.flying), Asleep(case.latency)).run(drain=True, receipts_seconds=0)
    with store.reading() as session:
        span = col(Attempt.chunk_id).between(campaign_id * SPAN, (campaign_id + 1) * SPAN - 1)
        first, last = session.execute(
            sa.select(sa.func.min(col(Attempt.started_at)), sa.func.max(col(Attempt.ended_at))).where(span)
        ).one()
    return case.messages / max(0.001, float(last - first) / 1000)


def _accepted(messages: Sequence[QueuedMessage], answer: SendAnswer) -> list[tuple[str, str, int]]:
    assert isinstance(answer, Answered)
    pairs = zip(messages, answer.verdicts, strict=True)
    return [(MessageState.ACCEPTED.value, v.request_id, m.id) for m, v in pairs if isinstance(v, Accepted)]


def by_pool(store: Store, case: Case) -> float:
    """Messages a second with threads that read a chunk, POST it and write its rows, each in its own transaction."""
    campaign_id = prepared(store, case)
    gateway = Asleep(case.latency)
    with store.reading() as session:
        rows = session.scalars(sa.select(Chunk).where(col(Chunk.campaign_id) == campaign_id)).all()
    chunks: queue.SimpleQueue[QueuedChunk] = queue.SimpleQueue()
    for row in rows:
        chunks.put(QueuedChunk(row.id, row.campaign_id, row.account_id, row.first_id, row.last_id, row.attempts))

    def work() -> None:
        while True:
            try:
                chunk = chunks.get_nowait()
            except queue.Empty:
                return
            with store.reading() as session:
                messages = waiting_messages(session, [chunk])[chunk.id]
            answer = gateway.send([Item(m.phone, m.text) for m in messages])
            ids = _accepted(messages, answer)
            with store.writing() as session:
                update_by_id(session, "message", ("state", "request_id"), ids)
                session.execute(sa.update(Chunk).where(col(Chunk.id) == chunk.id).values(code="pool"))

    threads = [threading.Thread(target=work) for _ in range(case.flying)]
    begin = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(1800)
    taken = time.perf_counter() - begin
    campaigns.cancel(store, AZIZA, campaign_id)
    return case.messages / taken


def claim_cost(store: Store, repeat: int = 50) -> float:
    """Milliseconds of one claim of one chunk, median, with whatever history the database holds."""
    took = []
    for _ in range(repeat):
        begin = time.perf_counter()
        with store.writing() as session:
            lock_account(session, 1)
            claim(session, 1, "bench", want=1, post_ms=1000, now=time.time_ns() // 1_000_000)
            session.rollback()
        took.append(time.perf_counter() - begin)
    return sorted(took)[repeat // 2] * 1000


class Kept(logging.Handler):
    """Keeps the events of a run."""

    def __init__(self) -> None:
        super().__init__()
        self.records: list[logging.LogRecord] = []

    def emit(self, record: logging.LogRecord) -> None:
        """Keep one."""
        self.records.append(record)


@contextmanager
def logging_to(handler: logging.Handler | None) -> Iterator[None]:
    """Send the events of this program to a handler alone; None: to nobody, and none is made."""
    root, ours = logging.getLogger(), logging.getLogger("getsms")
    before, handlers = ours.level, root.handlers[:]
    root.handlers[:] = [handler] if handler else []
    ours.setLevel(logging.INFO if handler else logging.CRITICAL)
    try:
        yield
    finally:
        root.handlers[:] = handlers
        ours.setLevel(before)


def log_cost(kind: str, rounds: int) -> None:
    """Print the share of the CPU time of sending that the log takes: sending without it, and writing its very lines
    again, the least of some rounds in one run. The difference of two runs varies by more than the share, 10 %."""
    case, seconds, limits = Case(0.0, 8, 20_000), list[float](), Kept()
    with tempfile.TemporaryDirectory(prefix="getsms-bench-") as folder, database(kind, Path(folder)) as url:
        store = open_store(url)
        for number in range(rounds + 1):
            prepared(store, case)
            with logging_to(None if number else limits):
                began = time.process_time()
                Worker(store, settings(case.flying), Asleep(case.latency)).run(drain=True, receipts_seconds=0)
                seconds += [time.process_time() - began] if number else []
        store.close()
        sending, lines = min(seconds), len(limits.records)
        print(f"{kind}: {sending * 1e6 / case.messages:.1f} µs of CPU a message, {lines / case.messages:.3f} lines")
        for form in LOG_FORMS:
            with (Path(folder) / form).open("w") as file:
                handler = logging.StreamHandler(file)
                handler.setFormatter(logs.formatter(settings(1).zone, form))
                handler.addFilter(RepetitionFilter())
                with logging_to(handler):
                    writing = min(_write_again(limits.records) for _round in range(rounds))
            print(f"as {form}: {writing * 1e6 / lines:.1f} µs a line, {writing / sending:.1%} of sending", flush=True)


def _write_again(records: Sequence[logging.LogRecord]) -> float:
    events = [(logging.getLogger(r.name), r.levelno, r.msg, r.fields) for r in records]  # type: ignore[attr-defined]
    began = time.process_time()
    for logger, level, event, fields in events:
        logs.write(logger, level, event, **fields)
    return time.process_time() - began


def table(kind: str, seconds: float) -> None:
    """Measure the cases that the design names on a new database of this kind, and print them."""
    print(f"{kind}: messages a second, worker and bare pool in turn")
    print("latency  in flight   worker     pool  worker/pool  of the ceiling")
    with tempfile.TemporaryDirectory(prefix="getsms-bench-") as folder, database(kind, Path(folder)) as url:
        store = open_store(url)
        for latency in (0.0, 0.05, 0.2):
            for flying in (1, 4, 8, 16):
                ceiling = Case(latency, flying, 0).ceiling or 25_000
                messages = int(min(ceiling, 30_000) * seconds) // CHUNK * CHUNK
                case = Case(latency, flying, max(messages, CHUNK * flying))
                worker, pool = by_worker(store, case), by_pool(store, case)
                share = f"{worker / case.ceiling:.0%}" if case.ceiling else "-"
                figures = f"{worker:8,.0f} {pool:8,.0f} {worker / pool:12.2f} {share:>15}"
                print(f"{latency * 1000:4.0f} ms {flying:10} {figures}", flush=True)
        print(f"one claim beside all that history: {claim_cost(store):.1f} ms")
        store.close()


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--database", choices=["sqlite", "postgresql"], default="sqlite")
    parser.add_argument("--seconds", type=float, default=2.0, help="of each measurement, roughly")
    parser.add_argument("--log-rounds", type=int, default=0, help="measure the cost of the log alone, so many times")
    arguments = parser.parse_args()
    if arguments.log_rounds:
        log_cost(arguments.database, arguments.log_rounds)
        return
    table(arguments.database, arguments.seconds)


if __name__ == "__main__":
    main()
