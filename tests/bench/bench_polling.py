"""Receipts: how fast they are written, and whether a million messages with an id each are followed in time:
python -m tests.bench.bench_polling [--messages N] [--sending R] [--calls C] [--database sqlite|postgresql|both]

The clock is the simulation's, a second a turn; the database and the engine's steps are real. R messages leave a second
and C status calls are made a second; 85 % have their last word within a minute, the rest within hours, some never.
"""

import argparse
import gc
import tempfile
import time
from pathlib import Path

import numpy as np
import pyarrow as pa
import sqlalchemy as sa
from sqlmodel import col

from getsms_core.base.states import ChunkState, MessageState
from getsms_core.db import bulk, rollups
from getsms_core.db.engine import Store, open_store
from getsms_core.db.models import SPAN, Message
from getsms_core.delivery import polling
from getsms_core.delivery.poll_schedule import PollSchedule
from getsms_core.delivery.polling import StatusCall
from getsms_core.delivery.receipt_decisions import DueRequest
from getsms_core.gateway import Statuses, StatusRecord
from tests.bench.databases import database
from tests.factories import NOW, make_campaign

HOUR = 3_600_000
SCHEDULE = PollSchedule(first_ms=5_000, validity_ms=24 * HOUR)
NEVER = np.iinfo(np.int64).max


def build(store: Store, messages: int, a_second: float) -> tuple[int, "np.ndarray[tuple[int], np.dtype[np.int64]]"]:
    """A campaign whose messages leave one after the other, an id each; and when each has its last word (UTC ms)."""
    dice = np.random.default_rng(1)
    campaign = make_campaign(store, state="running", started_at=NOW, messages=messages)
    numbers = np.arange(1, messages + 1, dtype=np.int64)
    left = NOW + (numbers * 1000 / a_second).astype(np.int64)
    ids = campaign * SPAN + numbers
    bulk.ingest(store, "message", pa.table({
        "id": ids, "campaign_id": np.full(messages, campaign, np.int32),
        "chunk_id": campaign * SPAN + (numbers - 1) // 100 + 1, "row": (numbers + 1).astype(np.int32),
        "phone": 998_900_000_000 + numbers, "text": pa.repeat("Salom", messages),
        "encoding": pa.repeat("GSM-7", messages),
        "parts": np.ones(messages, np.int32), "price": np.full(messages, 9500, np.int32),
        "number_range": np.ones(messages, np.int32), "state": pa.repeat("accepted", messages),
        "request_id": pa.array(ids).cast(pa.string()), "left_at": left, "next_poll_at": left + SCHEDULE.first_ms,
    }))  # fmt: skip
    chunks = np.arange(1, -(-messages // 100) + 1, dtype=np.int64)
    bulk.ingest(store, "chunk", pa.table({
        "id": campaign * SPAN + chunks, "campaign_id": np.full(len(chunks), campaign, np.int32),
        "account_id": np.ones(len(chunks), np.int32), "first_id": campaign * SPAN + (chunks - 1) * 100 + 1,
        "last_id": campaign * SPAN + np.minimum(chunks * 100, messages),
        "messages": np.full(len(chunks), 100, np.int32), "state": pa.repeat(ChunkState.DONE.value, len(chunks)),
        "attempts": np.ones(len(chunks), np.int32), "not_before_at": np.zeros(len(chunks), np.int64),
        "code": pa.repeat("", len(chunks)), "detail": pa.repeat("", len(chunks)),
    }))  # fmt: skip
    with store.writing() as session:
        moves = rollups.RollUpDeltas()
        for hour in np.unique(left // HOUR):
            n = int((left // HOUR == hour).sum())
            moves.add(campaign, 1, MessageState.ACCEPTED, int(hour) * HOUR, messages=n, parts=n, cost=n * 9500)
        moves.write(session)
    kind = dice.choice(3, messages, p=[0.85, 0.13, 0.02])
    wait = np.where(kind == 0, dice.exponential(15_000, messages), dice.exponential(2 * HOUR, messages))
    return campaign, np.where(kind == 2, NEVER, left + wait.astype(np.int64))


def follow(store: Store, campaign: int, words: "np.ndarray[tuple[int], np.dtype[np.int64]]", calls: int) -> None:
    """Turn by turn until nothing waits; prints how late the latest question was, and how fast receipts were written."""
    now, polled, late, settled, busy = NOW, 0, 0, 0, 0.0
    samples: list[int] = []
    while True:
        with store.reading() as session:
            first = session.scalar(sa.select(sa.func.min(col(Message.next_poll_at))).where(
                col(Message.campaign_id) == campaign, col(Message.next_poll_at).is_not(None)))  # fmt: skip
        if first is None:
            break
        now = max(now + 1000, int(first))
        late = max(late, now - int(first))
        samples.append(now - int(first))
        begun = time.perf_counter()
        with store.writing() as session:
            dues = polling.lease_due(session, [campaign], want=calls, now=now)
        answers = []
        for due in dues:
            over = words[due.message_id - campaign * SPAN - 1] <= now
            record = StatusRecord(due.request_id, "", str(998_900_000_000 + due.message_id % SPAN), "Salom",
                                  "delivered" if over else "sent", 1, "", "", "OK")  # fmt: skip
            answers.append(StatusCall((due,), Statuses([record])))
        with store.writing() as session:
            settled += polling.apply_answers(session, answers, SCHEDULE, now)
        busy += time.perf_counter() - begun
        polled += len(dues)
    hours = (now - NOW) / HOUR
    each_id = polled / len(words)
    print(f"  {polled:,} calls, {each_id:.2f} an id, {settled:,} last words, {hours:.1f} h of simulated time")
    print(f"  the latest question was {late / 1000:.1f} s late (99 % under {np.percentile(samples, 99) / 1000:.1f} s)")
    print(f"  the engine's steps took {busy:.0f} s: {polled / busy:,.0f} calls a second", flush=True)


def written(store: Store, messages: int) -> float:
    """Receipts a second where a hundred messages share an id, fifty ids a write, with their roll-ups."""
    campaign, _words = build(store, messages, 1_000_000)
    with store.writing() as session:
        # One update of each message, as sending does: two left PostgreSQL one version more of each row to read over.
        one_date = "CASE WHEN id % 100 = 1 THEN next_poll_at END"
        shared = f"UPDATE message SET request_id = 'r' || chunk_id, next_poll_at = {one_date} WHERE campaign_id = :id"
        session.execute(sa.text(shared), {"id": campaign})
    with store.reading() as session:
        rows = session.execute(sa.select(col(Message.id), col(Message.phone), col(Message.request_id)).where(
            col(Message.campaign_id) == campaign)).all()  # fmt: skip
    records: dict[str, list[StatusRecord]] = {}
    for _id, phone, request in rows:
        records.setdefault(str(request), []).append(
            StatusRecord(str(request), "", str(phone), "Salom", "delivered", 1, "", "", "OK")
        )
    now = NOW + HOUR
    gc.collect()
    gc.freeze()  # all the answers at once are the simulation's; a worker holds those of a turn
    dues: list[DueRequest] = []
    begun = time.perf_counter()
    while True:
        answers = [StatusCall((due,), Statuses(records[due.request_id])) for due in dues]
        with store.writing() as session:  # as a worker's turn does: it writes the answers and leases the next ids
            polling.apply_answers(session, answers, SCHEDULE, now)
            dues = polling.lease_due(session, [campaign], want=50, now=now)
        if not dues:
            break
    return messages / (time.perf_counter() - begun)


def run(kind: str, messages: int, sending: float, calls: int) -> None:
    """Both measurements on one database, printed."""
    with tempfile.TemporaryDirectory(prefix="getsms-bench-") as folder:
        Path(folder).chmod(0o755)
        with database(kind, Path(folder)) as url:
            store = open_store(url)
            fast = written(store, min(messages, 200_000))
            print(f"{kind}: {fast:,.0f} receipts a second, 100 messages an id, with their roll-ups", flush=True)
            print(
                f"{kind}: {messages:,} messages with an id each, {sending:g} leave and {calls} calls are made a second"
            )
            campaign, words = build(store, messages, sending)
            follow(store, campaign, words, calls)
            store.close()


def main() -> None:
    """Measure on each database that was asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--messages", type=int, default=1_000_000)
    parser.add_argument("--sending", type=float, default=100)
    parser.add_argument("--calls", type=int, default=400)
    parser.add_argument("--database", choices=("sqlite", "postgresql", "both"), default="both")
    arguments = parser.parse_args()
    for kind in ("sqlite", "postgresql") if arguments.database == "both" else (arguments.database,):
        run(kind, arguments.messages, arguments.sending, arguments.calls)


if __name__ == "__main__":
    main()
