"""What the engine asks many times a second is answered from an index, whatever the history: the planners say so."""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy import event

from getsms_core.db import rollups
from getsms_core.db.engine import Store
from getsms_core.db.models import SPAN
from getsms_core.delivery import polling
from getsms_core.delivery.polling import StatusCall
from getsms_core.gateway import Statuses, StatusRecord
from tests.engine_support import NOW, SCHEDULE, Engine, accept, running

HISTORY = 20_000
_OLD_CHUNKS = """
INSERT INTO chunk
    (id, campaign_id, account_id, first_id, last_id, messages, state, attempts, not_before_at, code, detail)
SELECT {span} + 1000 + n, 1, 1, {span} + 1000 + n, {span} + 1000 + n, 1, 'done', 1, 0, '', ''
FROM ({numbers}) AS numbers
"""
_OLD_MESSAGES = """
INSERT INTO message (id, campaign_id, chunk_id, row, phone, text, encoding, parts, price, number_range, state)
SELECT {span} + 1000 + n, 1, {span} + 1000 + n, n, 998900000000 + n, 'Salom', 'GSM-7', 1, 9500, 0, 'delivered'
FROM ({numbers}) AS numbers
"""
_NUMBERS = {
    True: f"WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c WHERE n < {HISTORY}) SELECT n FROM c",
    False: f"SELECT n FROM generate_series(1, {HISTORY}) AS g(n)",
}


@pytest.fixture
def grown(store: Store) -> Store:
    """A campaign with a long history and a few chunks still to send."""
    campaign_id = running(store, 6, chunk_size=1)
    assert campaign_id == 1
    with store.writing() as session:
        for statement in (_OLD_CHUNKS, _OLD_MESSAGES):
            session.execute(sa.text(statement.format(span=SPAN, numbers=_NUMBERS[store.sqlite])))
        session.execute(sa.text("ANALYZE chunk"))
        session.execute(sa.text("ANALYZE message"))
    return store


@contextmanager
def plans(store: Store, *tables: str) -> Iterator[dict[str, str]]:
    """The plan of each different statement that touches one of the tables, by its first words."""
    seen: dict[str, Any] = {}

    def note(_c: object, _cursor: object, statement: str, parameters: Any, *_more: object) -> None:
        if re.match(r"\s*(SELECT|UPDATE)", statement):
            seen.setdefault(statement, parameters)

    plan_by_table: dict[str, str] = {}
    event.listen(store.engine, "before_cursor_execute", note)
    try:
        yield plan_by_table
    finally:
        event.remove(store.engine, "before_cursor_execute", note)
    with store.reading() as session:
        for statement, parameters in seen.items():
            if any(re.search(rf"\b(FROM|JOIN|UPDATE) {name}\b", statement) for name in tables):
                plan_by_table[" ".join(statement.split())] = _plan(store, session.connection(), statement, parameters)


def _plan(store: Store, connection: sa.Connection, statement: str, parameters: Any) -> str:
    if store.sqlite:
        values = parameters[0] if parameters and isinstance(parameters[0], tuple | list) else parameters
        rows = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", values)
        return "\n".join(row[3] for row in rows)
    # A plan that does not know the values: what a connection that has run a statement some times goes over to.
    numbers: dict[str, int] = {}
    general = re.sub(r"%\((\w+)\)s", lambda m: f"${numbers.setdefault(m[1], len(numbers) + 1)}", statement)
    positions = iter(range(1, 100))
    general = re.sub(r"%s", lambda _m: f"${next(positions)}", general)
    rows = connection.exec_driver_sql(f"EXPLAIN (GENERIC_PLAN) {general}")
    return "\n".join(row[0] for row in rows)


def by_index(found: dict[str, str]) -> None:
    assert found
    for statement, plan in found.items():
        assert not re.search(r"Seq Scan on (chunk|message)\b", plan), f"{statement}\n{plan}"
        assert not re.search(r"SCAN (chunk|message)\b(?! USING)", plan), f"{statement}\n{plan}"


def uses(found: dict[str, str], index: str) -> bool:
    return any(index in plan for plan in found.values())


def test_the_cost_of_a_claim_does_not_grow_with_the_history(grown: Store) -> None:
    with plans(grown, "chunk", "message") as plan:
        assert len(Engine(grown).take()) == 6
    by_index(plan)
    assert uses(plan, "ix_chunk_queued")
    assert uses(plan, "ix_chunk_sending")


def test_nor_does_that_of_a_result_nor_of_the_figures(grown: Store) -> None:
    engine = Engine(grown)
    claims = engine.take()
    with plans(grown, "chunk", "message") as plan:
        engine.record(*((claim, accept(claim)) for claim in claims[:3]))
        with grown.reading() as session:
            rollups.figures(session, 1)
    by_index(plan)
    assert uses(plan, "ix_chunk_queued")


def test_nor_that_of_looking_for_lost_chunks(grown: Store) -> None:
    engine = Engine(grown)
    engine.take()
    engine.now += 3_600_000
    with plans(grown, "chunk", "message") as plan:
        assert engine.expire_claims("worker-1") == 6
    by_index(plan)
    assert uses(plan, "ix_chunk_sending")


@pytest.mark.parametrize(
    "ask",
    [
        lambda session: polling.waiting_campaigns(session, 1),
        lambda session: polling.any_due(session, 1, NOW),
        lambda session: polling.any_awaiting_receipt(session, 1),
        lambda session: polling.lease_due(session, [1], want=5, now=NOW + 60_000),
    ],
)
def test_nor_that_of_finding_whom_to_ask_about(grown: Store, ask: Callable[[Any], object]) -> None:
    Engine(grown).send(want=6)
    with plans(grown, "message") as plan, grown.writing() as session:
        ask(session)
    by_index(plan)
    assert uses(plan, "ix_message_poll")


def test_nor_that_of_writing_what_status_calls_told_of_several_chunks(grown: Store) -> None:
    Engine(grown).send(want=6)
    with grown.writing() as session:
        dues = polling.lease_due(session, [1], want=6, now=NOW + 60_000)
    assert len(dues) == 6
    records = [StatusRecord(due.request_id, "", "", "", "sent", 1, "", "", "OK") for due in dues]
    answers = [StatusCall((due,), Statuses([record])) for due, record in zip(dues, records, strict=True)]
    with plans(grown, "chunk", "message") as plan, grown.writing() as session:
        polling.apply_answers(session, answers, SCHEDULE, NOW + 60_000)
    by_index(plan)
    assert uses(plan, "pk_message") or uses(plan, "PRIMARY KEY")
