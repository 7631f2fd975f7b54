"""The limit on repeated messages of libraries."""

import logging
import time

import pytest

from getsms_core.base import log_limit
from getsms_core.base.log_limit import PER_MINUTE, RepetitionFilter


def _record(message: str, *args: object, name: str = "asyncio") -> logging.LogRecord:
    return logging.LogRecord(name, logging.ERROR, "", 0, message, args or None, None)


def test_a_message_that_repeats_is_written_twenty_times_a_minute(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [100.0]
    monkeypatch.setattr(time, "monotonic", lambda: now[0])
    limit = RepetitionFilter()
    passed = [limit.filter(_record("accept failed: %d", n)) for n in range(1000)]
    assert passed == [True] * PER_MINUTE + [False] * (1000 - PER_MINUTE)
    assert limit.filter(_record("something else"))
    assert limit.filter(_record("accept failed: %d", 1, name="another logger"))
    now[0] += 60
    again = _record("accept failed: %d", 7)
    assert limit.filter(again)
    assert again.getMessage() == f"accept failed: 7 (and {1000 - PER_MINUTE} more like it)"


def test_messages_that_begin_alike_count_together() -> None:
    limit = RepetitionFilter()
    head = "x" * 80
    assert sum(limit.filter(_record(f"{head} {n}")) for n in range(100)) == PER_MINUTE


def test_the_programs_own_events_always_pass() -> None:
    limit = RepetitionFilter()
    for _n in range(1000):
        record = _record("chunk.claimed", name="getsms.worker")
        record.fields = {"chunk_id": 1}
        assert limit.filter(record)


def test_many_kinds_of_messages_do_not_fill_the_memory() -> None:
    limit = RepetitionFilter()
    for n in range(5_000):
        limit.filter(_record(f"message {n}"))
    assert len(limit._windows) <= log_limit._MOST_KINDS + 1
