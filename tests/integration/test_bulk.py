"""Many rows in one statement: what goes in comes out, on both databases."""

import sqlalchemy as sa
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from sqlmodel import col

from getsms_core.store.bulk import insert_rows, update_by_id
from getsms_core.store.engine import Store
from getsms_core.store.models import Receipt

COLUMNS = {"message_id": "bigint", "at": "bigint", "status": "text", "billed_parts": "int", "date_sent": "text",
           "date_delivered": "text", "description": "text"}  # fmt: skip
words = st.text(st.characters(exclude_characters="\x00", exclude_categories=["Cs"]), max_size=12)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(words, st.none() | st.integers(-(2**31), 2**31 - 1), words), min_size=1, max_size=20))
@example([('a "quoted" word', None, "NULL"), ("back\\slash", 0, ""), ("{braces}, commas", -1, "line\nbreak\t'")])
def test_any_words_survive_being_added_and_changed(store: Store, rows: list[tuple[str, int | None, str]]) -> None:
    added = [(n, 1_800_000_000_000, status, billed, "", "", told) for n, (status, billed, told) in enumerate(rows)]
    with store.writing() as session:
        session.execute(sa.delete(Receipt))
        insert_rows(session, "receipt", COLUMNS, added)
        kept = sa.select(
            *(col(getattr(Receipt, name)) for name in ("message_id", "status", "billed_parts", "description", "id"))
        ).order_by(col(Receipt.message_id))
        found = session.execute(kept).all()
        assert [tuple(row)[:4] for row in found] == [(n, *row) for n, row in enumerate(rows)]
        changed = update_by_id(
            session,
            "receipt",
            {"status": "text", "billed_parts": "int"},
            [(row.description, row.billed_parts, row.id) for row in found],
        )
        assert changed == len(rows)
        assert [row.status for row in session.execute(kept)] == [told for _status, _billed, told in rows]
