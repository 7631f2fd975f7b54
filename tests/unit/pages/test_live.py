"""Live figures for many viewers: one read for all, never older than the last write of the same page."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace
from typing import Any

import pytest

from pages.ui.shared import live, session


@pytest.fixture
def store(monkeypatch: pytest.MonkeyPatch) -> Any:
    """All that the cache asks of a store: whom it calls after a write."""
    fake = SimpleNamespace(after_write=[])
    monkeypatch.setattr(session, "store", lambda: fake)
    monkeypatch.setattr(live, "_entries", {})
    monkeypatch.setattr(live, "_written", {})
    monkeypatch.setattr(live, "_shown", {})
    return fake


def write(fake: Any) -> None:
    """What a store does after it has committed something."""
    for listener in fake.after_write:
        listener()


@pytest.fixture
def as_page(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Run what follows as this page; "" = as none."""

    def run_as(page_id: str) -> None:
        context = SimpleNamespace(session_id=page_id) if page_id else None
        monkeypatch.setattr(live, "get_script_run_ctx", lambda **_options: context)

    return run_as


class Reader:
    """Counts its reads; each answers the number of the read."""

    def __init__(self) -> None:
        self.reads = 0

    def __call__(self, _store: object) -> int:
        self.reads += 1
        return self.reads


def test_viewers_who_ask_at_once_share_one_read(store: Any) -> None:
    begun, release, reads = threading.Event(), threading.Event(), []

    def slow(_store: object) -> str:
        reads.append(1)
        begun.set()
        assert release.wait(20)
        return "figures"

    with ThreadPoolExecutor(10) as pool:
        viewers = [pool.submit(live.read, "campaign", slow, 60) for _viewer in range(10)]
        assert begun.wait(20)
        release.set()
        assert [viewer.result(60) for viewer in viewers] == ["figures"] * 10
    assert len(reads) == 1


def test_a_value_is_read_again_when_it_is_old_or_something_was_written_or_the_key_is_another(store: Any) -> None:
    read = Reader()
    assert [live.read("a", read, 60) for _viewer in range(3)] == [1, 1, 1]
    write(store)
    assert live.read("a", read, 60) == 2, "whoever presses a button sees what it did"
    assert live.read(("a", "masked"), read, 60) == 3
    assert live.read("a", read, 60) == 2
    assert live.read("b", read, 0) == 4
    assert live.read("b", read, 0) == 5


def test_a_page_sees_its_own_writes_at_once_and_does_not_empty_the_cache_of_others(
    store: Any, as_page: Callable[[str], None]
) -> None:
    read = Reader()
    as_page("mine")
    assert live.read("a", read, 60) == 1
    as_page("another")
    write(store)
    assert live.read("a", read, 60) == 2, "it reads what it has written"
    assert live.read("a", read, 60) == 2
    as_page("mine")
    assert live.read("a", read, 60) == 2
    write(store)
    as_page("another")
    assert live.read("a", read, 60) == 2, "the write of another page waits for the value's time"
    as_page("mine")
    assert live.read("a", read, 60) == 3
    as_page("")
    write(store)
    for page_id in ("mine", "another"):
        as_page(page_id)
        assert live.read("a", read, 60) == 4, "a write outside of any page"


def test_nothing_is_kept_for_a_page_that_was_closed(store: Any, as_page: Callable[[str], None]) -> None:
    as_page("closed")
    live.read("a", Reader(), 60)
    write(store)
    live.note_shown("closed", "fragment", lambda: 1)
    live.close("closed")
    assert live._written == {}
    assert live._shown == {}


def test_a_write_during_a_read_makes_its_value_old_at_once(store: Any) -> None:
    def read_while_somebody_writes(fake: Any) -> str:
        write(fake)
        return "before the write"

    assert live.read("a", read_while_somebody_writes, 60) == "before the write"
    assert live.read("a", lambda _store: "after it", 60) == "after it"


def test_nobody_waits_long_for_the_read_of_somebody_else(store: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live, "PATIENCE", 0.05)
    begun, release = threading.Event(), threading.Event()

    def hangs(_store: object) -> str:
        begun.set()
        assert release.wait(20)
        return "late"

    with ThreadPoolExecutor(1) as pool:
        first = pool.submit(live.read, "a", hangs, 60)
        assert begun.wait(20)
        assert live.read("a", lambda _store: "own", 60) == "own"
        release.set()
        assert first.result(60) == "late"


def test_a_failed_read_is_not_kept(store: Any) -> None:
    def fails(_store: object) -> int:
        raise RuntimeError("the database is away")

    for _viewer in range(2):
        with pytest.raises(RuntimeError):
            live.read("a", fails, 60)
    assert live.read("a", Reader(), 60) == 1


def test_another_store_never_sees_the_values_of_the_first(store: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    read = Reader()
    live.read("a", read, 60)
    monkeypatch.setattr(session, "store", lambda: SimpleNamespace(after_write=[]))
    assert live.read("a", read, 60) == 2


def test_old_values_do_not_pile_up(store: Any) -> None:
    for campaign in range(3 * live._MOST):
        live.read(campaign, Reader(), 0)
    assert len(live._entries) <= live._MOST + 1


def test_a_fragment_is_unchanged_while_what_it_shows_is_equal() -> None:
    facts = {"sent": 1}
    assert not live.is_unchanged("page", "fragment"), "one that was never drawn"
    live.note_shown("page", "fragment", lambda: dict(facts))
    assert live.is_unchanged("page", "fragment")
    assert not live.is_unchanged("page", "other")
    assert not live.is_unchanged("other page", "fragment")
    facts["sent"] = 2
    assert not live.is_unchanged("page", "fragment")
    live.note_shown("page", "fragment", lambda: dict(facts))
    assert live.is_unchanged("page", "fragment")
    live.forget("page")
    assert not live.is_unchanged("page", "fragment")


def test_a_fragment_whose_facts_cannot_be_read_runs_and_says_so_itself() -> None:
    answers = [1]
    live.note_shown("page", "broken", answers.copy().pop)
    live.note_shown("page", "broken", lambda: answers.pop() if answers else [][0])
    assert not live.is_unchanged("page", "broken")
