"""Everything about one number: the look-up against the pandas way, and the index of numbers against other indexes.

    python -m tests.bench.bench_numbers [--messages N] [--lists N] [--database sqlite|postgresql|both] [--ways A,B…]

Compared are no index, a b-tree on message(phone) (on PostgreSQL also hash and BRIN), a table of (phone, message), and
ours, blocks of sorted numbers for each campaign and list. Each in the same database: how long it takes to make for all
that is there and for one more campaign of a million messages, its size, a look-up, sending and receipts beside it.
"""

import argparse
import statistics
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import sqlalchemy as sa
from sqlmodel import Session, col

from getsms_core.base.states import CampaignState, ChunkState
from getsms_core.campaigns import number_indexing
from getsms_core.contacts import list_numbers
from getsms_core.db import bulk, number_index
from getsms_core.db.engine import Store, open_store
from getsms_core.db.models import SPAN, Campaign, Message
from getsms_core.reports import number_history
from tests.bench import bench_polling, bench_sending
from tests.bench.databases import database
from tests.bench.history import TEXT, fill
from tests.engine_support import AZIZA, checked_list

NOW = time.time_ns() // 1_000_000
MILLION = 1_000_000
LOOK_UPS = 60
Numbers = npt.NDArray[np.int64]


def _timed(what: Callable[[], object]) -> float:
    began = time.perf_counter()
    what()
    return time.perf_counter() - began


def _phones(store: Store, count: int) -> list[int]:
    """Numbers of messages of the last campaign."""
    with store.reading() as session:
        query = sa.select(col(Message.phone)).order_by(col(Message.id).desc()).limit(count)
        return [int(phone) for phone in session.scalars(query)]


def _look_up_ms(look_up: Callable[[int], object], phones: Sequence[int]) -> tuple[float, float]:
    """The median and the longest of the look-ups, milliseconds; the first one, which fills caches, is not counted."""
    look_up(phones[0])
    taken = [_timed(lambda phone=phone: look_up(phone)) * 1000 for phone in phones]  # type: ignore[misc]
    return statistics.median(taken), max(taken)


# --------------------------------------------------------------------------------------------- against the pandas way


def _naive(store: Store, phone: int) -> object:
    with Session(store.engine) as session:
        frame = pd.read_sql(sa.select(Message), session.connection())
        campaigns = pd.read_sql(sa.select(Campaign), session.connection())
    return frame[frame["phone"] == phone].merge(campaigns, left_on="campaign_id", right_on="id")


def run(messages: int) -> list[tuple[str, float, float]]:
    """(what, seconds ours, seconds pandas) for so many messages on SQLite; the index is made before."""
    with tempfile.TemporaryDirectory() as folder:
        store = open_store(f"sqlite:///{folder}/bench.db")
        fill(store, messages, NOW)
        number_indexing.index_missing(store)
        phones = _phones(store, LOOK_UPS)
        ours, _longest = _look_up_ms(lambda phone: number_history.history(store, AZIZA, phone), phones)
        naive = _timed(lambda: _naive(store, phones[0]))
        store.close()
    return [("everything about one number", ours / 1000, naive)]


# ------------------------------------------------------------------------------------------------------- other indexes


@dataclass(frozen=True)
class Way:
    """One way to find messages by number: what makes it for all campaigns, what adds one campaign (its phones in the
    order of its messages), the look-up, and the names of what it stores."""

    name: str
    make: Callable[[Store, Sequence[int]], object]
    add: Callable[[Store, int, Numbers], object] | None
    look_up: Callable[[Store, int], object]
    stored: tuple[str, ...]
    drop: str = ""


def _ddl(store: Store, *statements: str) -> None:
    for statement in statements:
        with store.engine.connect() as connection:
            connection.exec_driver_sql(statement)
            connection.commit()


def _direct(store: Store, phone: int) -> object:
    with store.reading() as session:
        return session.execute(sa.select(Message).where(col(Message.phone) == phone)).all()


def _by_table(store: Store, phone: int) -> object:
    with store.reading() as session:
        ids = session.scalars(sa.text("SELECT id FROM number_row WHERE phone = :phone"), {"phone": phone}).all()
        return session.execute(sa.select(Message).where(col(Message.id).in_(ids))).all()


def _numbers(store: Store, campaign: int) -> Numbers:
    span = col(Message.id).between(campaign * SPAN, (campaign + 1) * SPAN - 1)
    with store.reading() as session:
        rows = session.connection().execute(sa.select(col(Message.phone)).where(span).order_by(col(Message.id)))
        return np.array(rows.fetchall(), np.int64).ravel()


def _add_rows(store: Store, campaign: int, phones: Numbers) -> None:
    order = np.argsort(phones, kind="stable")
    ids = campaign * SPAN + 1 + order
    if not store.sqlite:
        bulk.ingest(store, "number_row", pa.table({"phone": phones[order], "id": ids}))
        return
    pairs = list(zip(phones[order].tolist(), ids.tolist(), strict=True))
    for start in range(0, len(pairs), 20_000):  # sending waits for each
        with store.writing() as session:
            session.connection().exec_driver_sql("INSERT INTO number_row VALUES (?, ?)", pairs[start : start + 20_000])


def _make_rows(store: Store, campaigns: Sequence[int]) -> None:
    without = " WITHOUT ROWID" if store.sqlite else ""
    columns = "phone BIGINT NOT NULL, id BIGINT NOT NULL, PRIMARY KEY (phone, id)"
    _ddl(store, f"CREATE TABLE number_row ({columns}){without}")
    for campaign in campaigns:
        _add_rows(store, campaign, _numbers(store, campaign))


def _add_blocks(store: Store, campaign: int, phones: Numbers) -> None:
    blocks = number_index.pack(phones, np.arange(1, len(phones) + 1))
    number_index.ingest(store, number_index.MESSAGES, campaign, blocks)


def _index(kind: str) -> Way:
    using = "" if kind == "b-tree" else f" USING {kind}"
    create = f"CREATE INDEX ix_bench_phone ON message{using} (phone)"
    return Way(kind, lambda store, _campaigns: _ddl(store, create), None, _direct, ("ix_bench_phone",),
               "DROP INDEX ix_bench_phone")  # fmt: skip


def ways(kind: str) -> list[Way]:
    """The ways that a database offers; the last one is ours."""
    return [
        Way("no index", lambda _store, _campaigns: None, None, _direct, ()),
        _index("b-tree"),
        *([_index("hash"), _index("brin")] if kind == "postgresql" else []),
        Way("table of rows", _make_rows, _add_rows, _by_table, ("number_row",), "DROP TABLE number_row"),
        Way(
            "blocks",
            _make_blocks,
            _add_blocks,
            lambda store, phone: number_history.history(store, AZIZA, phone),
            ("message_numbers",),
        ),
    ]


def _megabytes(store: Store, names: Sequence[str]) -> float:
    with store.reading() as session:
        if store.sqlite:
            query = "SELECT sum(pgsize) FROM dbstat WHERE name IN :names OR name = :key"
        else:
            query = (
                "SELECT sum(pg_relation_size(oid)) FROM pg_class WHERE relname IN :names OR relname = :key "
                "OR relname = 'pk_' || :key"
            )
        key = f"sqlite_autoindex_{names[0]}_1" if store.sqlite else names[0]
        statement = sa.text(query).bindparams(sa.bindparam("names", list(names), expanding=True))
        return float(session.scalar(statement, {"key": key}) or 0) / 1e6


def _one_more(store: Store, way: Way, campaign: int) -> tuple[float, float]:
    """Seconds to write a campaign of a million messages, and to add it to the index."""
    numbers = np.arange(1, MILLION + 1, dtype=np.int64)
    phones = 998_900_000_000 + np.random.default_rng(campaign).permutation(100_000_000 // 20)[:MILLION] * 20
    table = pa.table(
        {
            "id": campaign * SPAN + numbers, "campaign_id": np.full(MILLION, campaign, np.int32),
            "chunk_id": campaign * SPAN + (numbers - 1) // 100 + 1, "row": (numbers + 1).astype(np.int32),
            "phone": phones, "text": pa.repeat(TEXT, MILLION), "encoding": pa.repeat("GSM-7", MILLION),
            "parts": np.ones(MILLION, np.int32), "price": np.full(MILLION, 9500, np.int32),
            "number_range": np.ones(MILLION, np.int32), "state": pa.repeat("queued", MILLION),
        }
    )  # fmt: skip
    written = _timed(lambda: bulk.ingest(store, "message", table))
    add = way.add
    added = 0.0 if add is None else _timed(lambda: add(store, campaign, phones))
    span = col(Message.id).between(campaign * SPAN, (campaign + 1) * SPAN - 1)
    with store.writing() as session:
        session.execute(sa.delete(Message).where(span), execution_options={"synchronize_session": False})
        number_index.delete(session, number_index.MESSAGES, campaign)
    return written, added


def _make_blocks(store: Store, campaigns: Sequence[int]) -> None:
    with store.writing() as session:
        own_messages = sa.update(Campaign).where(col(Campaign.id).in_(campaigns))
        session.execute(own_messages.values(numbers_indexed=False), execution_options={"synchronize_session": False})
    number_indexing.index_missing(store)


def _quiet(store: Store) -> None:
    """End what other measurements left open, for which a worker would wait, and keep it from indexing."""
    with store.writing() as session:
        options = {"synchronize_session": False}
        session.execute(sa.update(Campaign).values(numbers_indexed=True), execution_options=options)
        waiting = sa.update(Message).where(col(Message.next_poll_at).is_not(None))
        session.execute(waiting.values(next_poll_at=None), execution_options=options)
        for chunk_state in (ChunkState.QUEUED, ChunkState.SENDING):
            session.execute(sa.text(f"UPDATE chunk SET state = 'done' WHERE state = '{chunk_state.value}'"))
        session.execute(sa.update(Campaign).values(state=CampaignState.FINISHED), execution_options=options)


def _rates(store: Store) -> tuple[float, float]:
    """Messages and receipts a second, the better of two."""
    case, sent, heard = bench_sending.Case(0.0, 8, 30_000), [], []
    for _repeat in range(2):
        _quiet(store)
        sent.append(bench_sending.by_worker(store, case))
        _quiet(store)
        heard.append(bench_polling.written(store, 60_000))
    _quiet(store)
    return max(sent), max(heard)


def compare(kind: str, messages: int, lists: int, names: Sequence[str] = ()) -> None:
    """Measure every way, or those of these names, in one database, then a look-up with lists of a million rows, and
    print it all."""
    with tempfile.TemporaryDirectory(prefix="getsms-bench-") as folder:
        Path(folder).chmod(0o755)
        with database(kind, Path(folder)) as url:
            store = open_store(url)
            campaigns = fill(store, messages, NOW)
            _ddl(store, "ANALYZE")
            print(f"{kind}: {messages:,} messages in {len(campaigns)} campaigns")
            print(f"{'':16}   made    size  look-up  longest  1M written    added   sent/s  receipts/s")
            phones = _phones(store, LOOK_UPS)
            for place, way in enumerate(way for way in ways(kind) if not names or way.name in names):
                seconds = _timed(lambda way=way: way.make(store, campaigns))  # type: ignore[misc]
                slow = not way.stored or way.name == "brin"
                times = _look_up_ms(lambda phone, way=way: way.look_up(store, phone), phones[: 3 if slow else None])  # type: ignore[misc]
                size = _megabytes(store, way.stored) if way.stored else 0.0
                written, added = _one_more(store, way, max(campaigns) + 1000 + place)
                rates = _rates(store)
                print(f"{way.name:16} {seconds:5.1f} s {size:4.0f} MB {times[0]:5.1f} ms {times[1]:5.1f} ms "
                      f"{written:9.2f} s {added:6.2f} s {rates[0]:8,.0f} {rates[1]:11,.0f}", flush=True)  # fmt: skip
                if way.drop:
                    _ddl(store, way.drop)
            _with_lists(store, lists, phones)
            store.close()


def _with_lists(store: Store, lists: int, phones: Sequence[int]) -> None:
    """The look-up beside so many lists of a million rows: one real index of a list, copied for the others."""
    first = checked_list(store, [998_900_000_000])
    numbers = number_index.pack(998_900_000_000 + np.arange(MILLION) * 97, np.arange(1, MILLION + 1))
    with store.writing() as session:
        number_index.delete(session, number_index.LISTS, first)
        taken = _timed(lambda: number_index.write(session, number_index.LISTS, first, numbers))
    for _copy in range(lists - 1):
        copied = checked_list(store, [998_900_000_000])
        with store.writing() as session:
            number_index.delete(session, number_index.LISTS, copied)
            copy = "INSERT INTO list_numbers SELECT :new, first, data FROM list_numbers WHERE list_id = :first"
            session.execute(sa.text(copy), {"new": copied, "first": first})
    in_all = [998_900_000_000 + place * 97 * 1000 for place in range(1, LOOK_UPS)]
    assert len(list_numbers.rows_with(store, in_all[0])) == lists
    times = _look_up_ms(lambda phone: number_history.history(store, AZIZA, phone), in_all)
    size = _megabytes(store, ("list_numbers",))
    print(f"{lists} lists of a million rows, a number in all of them: {times[0]:.1f} ms, longest "
          f"{times[1]:.1f} ms; {size:.0f} MB, {taken:.2f} s a list", flush=True)  # fmt: skip


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--messages", type=int, default=10 * MILLION)
    parser.add_argument("--lists", type=int, default=100)
    parser.add_argument("--database", choices=("sqlite", "postgresql", "both"), default="both")
    parser.add_argument("--ways", default="", help="names of the first column; all without it")
    arguments: Any = parser.parse_args()
    for label, ours, naive in run(min(arguments.messages, MILLION)):
        print(f"{label}: {ours * 1000:.1f} ms, pandas {naive:.2f} s, {naive / ours:,.0f} times")
    for kind in ("sqlite", "postgresql") if arguments.database == "both" else (arguments.database,):
        compare(kind, arguments.messages, arguments.lists, [name for name in arguments.ways.split(",") if name])


if __name__ == "__main__":
    main()
