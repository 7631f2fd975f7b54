"""Many rows in one statement: what goes in comes out, on both databases."""

import numpy as np
import pyarrow as pa
import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from sqlmodel import Session, col

from getsms_core.base.errors import DomainError
from getsms_core.base.states import ChunkState
from getsms_core.campaigns import service as campaigns
from getsms_core.db import bulk, number_index
from getsms_core.db.bulk import insert_rows, pipelined, update_by_attempt, update_by_id
from getsms_core.db.documents import Exclusions
from getsms_core.db.engine import Store
from getsms_core.db.models import Chunk, Excluded, ListNumbers, Message, MessageNumbers, Receipt, Table, table
from getsms_core.db.row_ranges import join_ranges
from tests.effort import times
from tests.engine_support import AZIZA, checked_list, chunks_of, phones, running, settings_for

COLUMNS = ("message_id", "at", "status", "billed_parts", "date_sent", "date_delivered", "description")
RECEIPT = ("id", "message_id", "at", "status", "date_sent", "date_delivered", "description")
words = st.text(st.characters(exclude_characters="\x00", exclude_categories=["Cs"]), max_size=12)


@settings(max_examples=times(20), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(words, st.none() | st.integers(-(2**31), 2**31 - 1), words), min_size=1, max_size=20))
@example([('a "quoted" word', None, "NULL"), ("back\\slash", 0, ""), ("{braces}, commas", -1, "line\nbreak\t'")])
def test_any_words_survive_being_added_and_changed(store: Store, rows: list[tuple[str, int | None, str]]) -> None:
    added = [
        (n, 1_800_000_000_000, status, billed, "", "", description)
        for n, (status, billed, description) in enumerate(rows)
    ]
    with store.writing() as session:
        session.execute(sa.delete(Receipt))
        insert_rows(session, "receipt", COLUMNS, added)
        query = sa.select(
            *(col(getattr(Receipt, name)) for name in ("message_id", "status", "billed_parts", "description", "id"))
        ).order_by(col(Receipt.message_id))
        stored_rows = session.execute(query).all()
        assert [tuple(row)[:4] for row in stored_rows] == [(n, *row) for n, row in enumerate(rows)]
        changed = update_by_id(
            session,
            "receipt",
            ("status", "billed_parts"),
            [(row.description, row.billed_parts, row.id) for row in stored_rows],
        )
        assert changed == len(rows)
        assert [row.status for row in session.execute(query)] == [description for _status, _billed, description in rows]


@pytest.mark.parametrize("count", [15, 16, 19, 20, 99, 100, 137, 500, 749])
def test_rows_of_few_and_many_blocks_are_added_to_changed_and_counted_alike(store: Store, count: int) -> None:
    """Columns with one value, NULL or not, and with many; a guard that leaves rows out; the order of the rows."""
    rows = [(n, 1, "sent", None, "", f"at {n % 7}", "" if n % 5 else "odd") for n in range(count, 0, -1)]
    query = sa.select(*(table(Receipt).c[name] for name in ("id", *COLUMNS))).order_by(col(Receipt.id))
    with store.writing() as session:
        insert_rows(session, "receipt", COLUMNS, rows)
        stored_rows = [tuple(row) for row in session.execute(query)]
        assert [row[1:] for row in stored_rows] == rows
        by_id = {row[0]: row for row in stored_rows}
        updates = [("delivered", None if n % 3 else n, row_id) for n, row_id in enumerate(by_id)]
        missing = ("delivered", 0, max(by_id) + 1)
        guard = "receipt.description = ''"
        changed = update_by_id(session, "receipt", ("status", "billed_parts"), [*updates, missing], guard=guard)
        expected = {row_id: (status, billed) for status, billed, row_id in updates if not by_id[row_id][-1]}
        assert changed == len(expected)
        after = {row.id: (row.status, row.billed_parts) for row in session.execute(query)}
        assert after == {row_id: expected.get(row_id, ("sent", None)) for row_id in by_id}
        # All values alike, so that only the ids differ: the guard still leaves rows out, and a missing id is no change.
        same = [("late", 3, row_id) for row_id in (*by_id, max(by_id) + 1)]
        changed = update_by_id(session, "receipt", ("status", "billed_parts"), same, guard=guard)
        late = {row_id for row_id, row in by_id.items() if not row[-1]}
        assert changed == len(late)
        assert {row.id for row in session.execute(query) if (row.status, row.billed_parts) == ("late", 3)} == late
        assert update_by_id(session, "receipt", ("status",), [("lost", row_id) for row_id in by_id]) == count
        assert set(session.scalars(sa.select(col(Receipt.status)))) == {"lost"}


@pytest.mark.parametrize("ids", [(7,), (5, 6, 8), (1, 2, 1_000_000), (3, 11), (900, 4, 901)])
def test_rows_change_whether_their_ids_lie_close_together_or_far_apart(store: Store, ids: tuple[int, ...]) -> None:
    with store.writing() as session:
        insert_receipts(session, *ids, 2_000_000)
        assert update_by_id(session, "receipt", ("status",), [(f"of {row_id}", row_id) for row_id in ids]) == len(ids)
        by_id = sa.select(col(Receipt.id), col(Receipt.status)).order_by(col(Receipt.id))
        after = [tuple(row) for row in session.execute(by_id)]
    assert after == [*((row_id, f"of {row_id}") for row_id in sorted(ids)), (2_000_000, "sent")]


@pytest.mark.parametrize("count", [10, 300])
def test_an_update_that_fails_is_refused_however_many_rows_it_has(store: Store, count: int) -> None:
    ids = range(1, count + 1)
    with store.writing() as session:
        insert_receipts(session, *ids)

    def work(session: Session) -> None:
        update_by_id(session, "receipt", ("message_id", "id"), [(row_id, 1, row_id) for row_id in ids])

    with pytest.raises(DomainError) as refusal:
        store.transact(work)
    assert refusal.value.code == "stored-meanwhile"
    assert receipt_ids(store) == list(ids)


def test_ranges_that_touch_or_overlap_are_read_as_one() -> None:
    assert join_ranges([(8, 9), (1, 4), (3, 3), (4, 6), (7, 7), (20, 29)]) == [(1, 9), (20, 29)]
    assert join_ranges([]) == []


@pytest.mark.parametrize("count", [1, 25, 120])
def test_many_rows_are_added_to_those_with_their_key(store: Store, count: int) -> None:
    keys = [(998_900_000_000 + n, n % 2) for n in range(count)]
    with store.writing() as session:
        for added in (1, 10):
            rows = [(*key, added, 7) for key in keys]
            insert_rows(session, "contact", ("phone", "hour", "messages", "service"), rows, adding=("messages",),
                        key=("phone", "hour"))  # fmt: skip
        stored = session.execute(sa.text("SELECT phone, hour, messages, service FROM contact ORDER BY phone")).all()
    assert [tuple(row) for row in stored] == [(*key, 11, 7) for key in keys]


def test_of_many_chunks_those_change_that_are_at_their_attempt_and_in_their_state(store: Store) -> None:
    campaign_id = running(store, 5, chunk_size=1)
    ids = [chunk.id for chunk in chunks_of(store, campaign_id)]
    stored_chunks = [("a", ChunkState.SENDING), ("b", ChunkState.SENDING), ("c", ChunkState.DONE),
                     (None, ChunkState.QUEUED), ("new", ChunkState.SENDING)]  # fmt: skip
    with store.writing() as session:
        for id, (attempt, state) in zip(ids, stored_chunks, strict=True):
            session.execute(sa.update(Chunk).where(col(Chunk.id) == id).values(attempt=attempt, state=state))
        wanted_chunks = [
            ("a", ids[0]),
            ("old", ids[1]),
            ("b", ids[1]),
            ("c", ids[2]),
            ("d", ids[3]),
            ("older", ids[4]),
            ("e", ids[4] + 1),
        ]
        rows = [(ChunkState.DONE, f"by {attempt}", attempt, ChunkState.SENDING, id) for attempt, id in wanted_chunks]
        assert update_by_attempt(session, "chunk", ("state", "code"), rows) == {"a", "b"}
        now = session.execute(sa.select(col(Chunk.state), col(Chunk.code)).order_by(col(Chunk.id))).all()
    assert [tuple(row) for row in now] == [
        ("done", "by a"),
        ("done", "by b"),
        ("done", ""),
        ("queued", ""),
        ("sending", ""),
    ]


def test_what_is_there_already_is_added_to(store: Store) -> None:
    columns = ("phone", "hour", "messages")
    with store.writing() as session:
        for rows in ([(998901234567, 1, 2)], [(998901234567, 1, 3), (998901234567, 2, 1)]):
            insert_rows(session, "contact", columns, rows, adding=("messages",), key=("phone", "hour"))
        assert session.execute(sa.text("SELECT hour, messages FROM contact ORDER BY hour")).all() == [(1, 5), (2, 1)]


def insert_receipts(session: Session, *ids: int) -> None:
    insert_rows(session, "receipt", RECEIPT, [(id, id, 1, "sent", "", "", "") for id in ids])


def receipt_ids(store: Store) -> list[int | None]:
    with store.reading() as session:
        return list(session.scalars(sa.select(col(Receipt.id)).order_by(col(Receipt.id))))


def test_statements_that_are_not_waited_for_are_all_executed_in_their_order(store: Store) -> None:
    with store.writing() as session:
        insert_receipts(session, 1)
        with pipelined(session):
            for id in range(2, 12):
                insert_receipts(session, id)
                update_by_id(session, "receipt", ("status",), [(f"after {id}", id - 1)])
        statuses = session.scalars(sa.select(col(Receipt.status)).order_by(col(Receipt.id))).all()
        insert_receipts(session, 12)
    assert statuses == [*(f"after {id}" for id in range(2, 12)), "sent"]
    assert receipt_ids(store) == list(range(1, 13))


@pytest.mark.parametrize("more", [0, 3])
def test_one_of_them_that_fails_takes_the_whole_transaction_back(store: Store, more: int) -> None:
    def work(session: Session) -> None:
        insert_receipts(session, 1)
        with pipelined(session):
            insert_receipts(session, 2)
            insert_receipts(session, 5)
            for id in range(more):
                insert_receipts(session, 10 + id)

    with store.writing() as session:
        insert_receipts(session, 5)
    with pytest.raises(DomainError) as refusal:
        store.transact(work)
    assert refusal.value.code == "stored-meanwhile"
    assert receipt_ids(store) == [5]


def test_a_deadlock_among_them_is_tried_again(store: Store) -> None:
    if store.sqlite:
        return
    tries: list[int] = []

    def work(session: Session) -> None:
        tries.append(1)
        with pipelined(session):
            insert_receipts(session, 1)
            if len(tries) < 3:
                session.connection().exec_driver_sql("DO $$ BEGIN RAISE EXCEPTION USING ERRCODE = '40P01'; END $$")

    store.transact(work)
    assert (len(tries), receipt_ids(store)) == (3, [1])


def test_a_connection_that_breaks_meanwhile_is_a_database_that_cannot_be_reached(store: Store) -> None:
    if store.sqlite:
        return

    def work(session: Session) -> None:
        with pipelined(session):
            insert_receipts(session, 1)
            session.connection().exec_driver_sql("DO $$ BEGIN PERFORM pg_terminate_backend(pg_backend_pid()); END $$")
            insert_receipts(session, 2)

    with pytest.raises(DomainError) as refusal:
        store.transact(work)
    assert refusal.value.code == "database-unreachable"
    with store.writing() as session:
        insert_receipts(session, 3)
    assert receipt_ids(store) == [3]


# -------------------------------------------------------------------------------------------------------- whole tables

ODD_WORDS = ["Ali\\N", "\\N", "a\\tb", 'a, "b"', "Ўктам 🎂", "\\"]


def rows_of(store: Store, model: type[Table], owner: str, owner_id: int) -> list[dict[str, object]]:
    """The rows of an owner, without the ids, which begin with the owner's."""
    query = sa.select(table(model)).where(table(model).c[owner] == owner_id)
    with store.reading() as session:
        rows = [dict(row) for row in session.execute(query).mappings()]
    return [{name: value for name, value in row.items() if name != "id" and not name.endswith("_id")} for row in rows]


@pytest.mark.parametrize("store_url", ["postgresql"], indirect=True)
def test_few_and_many_rows_are_copied_to_postgresql_alike(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    list_id = checked_list(store, phones(6), ism=ODD_WORDS)
    exclusions = Exclusions(lists=(checked_list(store, phones(2)),))
    draft_of_both = campaigns.Draft("Sale", "Salom {ism}", list_id, exclusions=exclusions, cuts=("ism",))
    written: list[list[list[dict[str, object]]]] = []
    for few_rows in (bulk.FEW_COPIED_ROWS, 0):
        monkeypatch.setattr(bulk, "FEW_COPIED_ROWS", few_rows)
        campaign_id = campaigns.create(store, AZIZA, settings_for(), draft_of_both)
        campaigns.prepare(store, campaign_id)
        other_list = checked_list(store, phones(1))
        with store.writing() as session:
            number_index.delete(session, number_index.LISTS, other_list)
        blocks = number_index.pack(np.array(phones(3)), np.arange(1, 4))
        number_index.ingest(store, number_index.LISTS, other_list, blocks)
        written.append(
            [rows_of(store, model, "campaign_id", campaign_id) for model in (Message, Chunk, Excluded, MessageNumbers)]
            + [rows_of(store, ListNumbers, "list_id", other_list)]
        )
    assert written[0] == written[1]
    assert [len(rows) for rows in written[0]] == [4, 1, 2, 1, 1]
    assert [row["text"] for row in written[0][0]] == [f"Salom {word}" for word in ODD_WORDS[2:]]


@pytest.mark.parametrize("store_url", ["postgresql"], indirect=True)
@pytest.mark.parametrize("few_rows", [bulk.FEW_COPIED_ROWS, 0])
def test_a_copy_that_fails_says_why_and_leaves_no_row(
    store: Store, monkeypatch: pytest.MonkeyPatch, few_rows: int
) -> None:
    monkeypatch.setattr(bulk, "FEW_COPIED_ROWS", few_rows)
    campaign_id = running(store, 2)
    before = rows_of(store, MessageNumbers, "campaign_id", campaign_id)
    known = int(str(before[0]["first"]))
    blocks = number_index.pack(np.array([known - 1, known]), np.arange(1, 3))
    new_and_known = [number_index.Block(known - 1, blocks[0].data), number_index.Block(known, blocks[0].data)]
    with pytest.raises(DomainError) as refusal:
        number_index.ingest(store, number_index.MESSAGES, campaign_id, new_and_known)
    assert refusal.value.code == "stored-meanwhile"
    without_rest = pa.table({"id": pa.array([1], pa.int64()), "campaign_id": pa.array([campaign_id], pa.int32())})
    with pytest.raises(DomainError, match="null value in column") as refusal:
        bulk.ingest(store, "chunk", without_rest)
    assert refusal.value.code == "ingest-failed"
    assert rows_of(store, MessageNumbers, "campaign_id", campaign_id) == before
    assert len(chunks_of(store, campaign_id)) == 1
