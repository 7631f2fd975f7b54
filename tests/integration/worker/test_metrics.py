"""The figures for Prometheus, on both databases."""

import re

from getsms_core.db.engine import Store
from getsms_core.worker import readiness
from getsms_core.worker.metrics import Metrics
from tests.engine_support import LOST, Engine, running


def _figures(store: Store) -> dict[str, float]:
    text = Metrics(store).text().decode()
    return {name: float(value) for name, value in re.findall(r"^(getsms_\S+) (\S+)$", text, re.MULTILINE)}


def test_an_empty_database_has_figures(store: Store) -> None:
    figures = _figures(store)
    assert figures['getsms_messages{state="queued"}'] == 0
    assert figures["getsms_queue_age_seconds"] == 0
    assert figures["getsms_chunk_seconds_count"] == 0
    assert readiness.missing(store) == ["worker"]


def test_answers_and_latency_are_counted_once_a_post(store: Store) -> None:
    running(store, 40, chunk_size=10)
    engine = Engine(store)
    engine.send(want=2)
    engine.send(LOST, want=1)
    figures = _figures(store)
    assert figures['getsms_messages{state="accepted"}'] == 20
    assert figures['getsms_messages{state="uncertain"}'] == 10
    assert figures["getsms_chunk_seconds_count"] == 3
    assert figures['getsms_chunk_seconds_bucket{le="+Inf"}'] == 3
    accepted = [value for name, value in figures.items() if "getsms_gateway_answers_total" in name]
    assert sum(accepted) == 3
    assert figures["getsms_receipt_lag_seconds"] >= 0


def test_the_text_is_read_once_for_scrapes_at_the_same_time(store: Store) -> None:
    metrics = Metrics(store)
    before = metrics.text()
    running(store, 10)
    assert metrics.text() == before
