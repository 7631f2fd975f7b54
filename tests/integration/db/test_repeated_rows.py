"""Rows that the tests write again are those that the program wrote."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from getsms_core.db.engine import Store, open_store
from getsms_core.db.models import Table
from tests import repeated_rows
from tests.conftest import KeptDatabase, copy_sqlite_template
from tests.engine_support import Engine, assert_rollups, counts, running


@pytest.fixture(params=["sqlite", "postgresql"])
def empty_stores(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[[], Any]:
    """Give an empty database of each kind, as often as it is called."""

    @contextmanager
    def empty_store() -> Iterator[Store]:
        if request.param == "sqlite":
            url = copy_sqlite_template(tmp_path)
        else:
            kept: KeptDatabase = request.getfixturevalue("_kept_database")
            kept.empty()
            url = request.getfixturevalue("postgres_url")
        store = open_store(url, upgrade=False)
        yield store
        store.close()

    return empty_store


def contents(store: Store) -> dict[str, list[tuple[Any, ...]]]:
    """All rows of all tables; the times of the last minute are one."""
    now = time.time_ns() // 1_000_000
    with store.reading() as session:
        return {
            name: sorted(
                (tuple("now" if isinstance(v, int) and abs(now - v) < 60_000 else v for v in row)
                 for row in session.execute(sa.select(table))), key=repr)
            for name, table in Table.metadata.tables.items()
        }  # fmt: skip


def test_a_campaign_that_is_written_again_is_the_same_and_goes_on(
    empty_stores: Callable[[], Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(repeated_rows, "_seen", set())
    monkeypatch.setattr(repeated_rows, "_kept", {})
    seen = []
    for time_of_asking in range(3):
        with empty_stores() as store:
            before = len(repeated_rows._kept)
            campaign_id = running(store, 5, chunk_size=2, text="It's {x}: 50%", fields={"x": ["Oʻ"] * 5})
            assert len(repeated_rows._kept) - before == (time_of_asking == 1)
            seen.append(contents(store))
            assert (store.writes == 1) == (time_of_asking == 2)
    assert seen[0] == seen[1] == seen[2]
    assert all(len(seen[0][name]) > 0 for name in ("account", "audit", "campaign", "chunk", "message", "list_block"))
    began = time.time_ns() // 1_000_000
    with empty_stores() as store:
        running(store, 5, chunk_size=2, text="It's {x}: 50%", fields={"x": ["Oʻ"] * 5})
        Engine(store).send(want=9)
        assert counts(store, campaign_id) == {"accepted": 5}
        other_id = running(store, 2)
        assert other_id == campaign_id + 1
        assert_rollups(store, campaign_id, other_id)
        with store.reading() as session:
            created = session.execute(sa.text("SELECT created_at FROM campaign")).scalars().all()
        assert min(created) >= began
