"""Many rows in one statement: what goes in comes out, on both databases."""

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from sqlmodel import Session, col

from getsms_core.base.errors import DomainError
from getsms_core.base.states import ChunkState
from getsms_core.db.bulk import insert_rows, pipelined, update_by_attempt, update_by_id
from getsms_core.db.engine import Store
from getsms_core.db.models import Chunk, Receipt
from tests.effort import times
from tests.engine_support import chunks_of, running

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
