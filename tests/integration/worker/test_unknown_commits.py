"""A commit that succeeds and seems to fail, as when the connection breaks just then."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy.exc import OperationalError
from sqlmodel import Session

from getsms_core.db.engine import Store
from getsms_core.sandbox.thread import run_in_thread
from getsms_core.worker.turn import Turn
from tests.engine_support import assert_rollups, counts, running
from tests.integration.worker.test_loop import AT_ONCE, drain, ledger, live


def test_what_was_claimed_by_a_commit_that_seemed_to_fail_is_sent_once_and_not_uncertain(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody POSTs such a claim: its worker queues it again, long before its deadline."""
    transact, lost = store.transact, list[int]()

    def and_lose_the_first(work: Callable[[Session], Any]) -> Any:
        turn = transact(work)
        if isinstance(turn, Turn) and turn.claims and not lost:
            lost.append(len(turn.claims))
            raise OperationalError("", None, Exception("the connection broke"))
        return turn

    with run_in_thread(tmp_path / "gateway.db", rules=AT_ONCE) as sandbox:
        settings = live(sandbox.url)
        campaign_id = running(store, 4, settings=settings, chunk_size=2)
        monkeypatch.setattr(store, "transact", and_lose_the_first)
        drain(store, settings)
        assert lost
        assert (ledger(sandbox.url)["messages"], ledger(sandbox.url)["twice"]) == (4, 0)
    assert counts(store, campaign_id).get("uncertain", 0) == 0
    assert_rollups(store, campaign_id)
