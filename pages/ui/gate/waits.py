"""How long people and timers waited for runs of pages, since this app server began; a figure for Prometheus.

Everything here runs in the event loop's thread, but for the text of the figure.
"""

from bisect import bisect_left
from itertools import accumulate
from typing import Literal, TypeAlias

Kind: TypeAlias = Literal["person", "timer"]
BOUNDS = (0.05, 0.1, 0.2, 0.3, 0.5, 0.75, 1.0, 1.5, 2.0, 3.0, 5.0, 10.0, 30.0)
"""Upper bounds of the buckets, seconds."""


class Waits:
    """Runs by how long they took, from the arrival of the browser's message to the end of the run."""

    def __init__(self) -> None:
        self._counts: dict[Kind, list[int]] = {kind: [0] * (len(BOUNDS) + 1) for kind in ("person", "timer")}
        self._seconds: dict[Kind, float] = {"person": 0.0, "timer": 0.0}

    def add(self, kind: Kind, seconds: float) -> None:
        """Count a run that somebody's click or a timer asked for."""
        self._counts[kind][bisect_left(BOUNDS, seconds)] += 1
        self._seconds[kind] += seconds

    def text(self) -> bytes:
        """Return the figure in Prometheus' text format."""
        from prometheus_client import CollectorRegistry, generate_latest  # which few installations need
        from prometheus_client.core import HistogramMetricFamily
        from prometheus_client.registry import Collector

        family = HistogramMetricFamily(
            "getsms_page_seconds", "From a click, or a timer's question, to the end of the page's run.", labels=["kind"]
        )
        for kind, counts in self._counts.items():
            bounds = [*(f"{bound:g}" for bound in BOUNDS), "+Inf"]
            buckets = [(bound, float(n)) for bound, n in zip(bounds, accumulate(counts), strict=True)]
            family.add_metric([kind], buckets, self._seconds[kind])

        class _Figure(Collector):
            def collect(self) -> list[HistogramMetricFamily]:
                return [family]

        registry = CollectorRegistry(auto_describe=False)
        registry.register(_Figure())
        return generate_latest(registry)


WAITS = Waits()
"""Those of this process."""
