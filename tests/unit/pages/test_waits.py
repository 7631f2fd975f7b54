"""The figure of how long people and timers wait for pages."""

import re

import pytest

from pages.ui.gate.waits import BOUNDS, Waits


def _figures(waits: Waits) -> dict[str, float]:
    lines = re.findall(r"^getsms_page_seconds_(\S+) (\S+)$", waits.text().decode(), re.MULTILINE)
    return {name: float(value) for name, value in lines}


def test_nothing_has_run_yet() -> None:
    assert set(_figures(Waits()).values()) == {0.0}


@pytest.mark.parametrize(("seconds", "first_bucket"), [(0.0, "0.05"), (0.05, "0.05"), (0.051, "0.1"), (30.1, "+Inf")])
def test_a_run_is_counted_in_every_bucket_from_its_time_on(seconds: float, first_bucket: str) -> None:
    waits = Waits()
    waits.add("timer", seconds)
    figures = _figures(waits)
    names = [*(f"{bound:g}" for bound in BOUNDS), "+Inf"]
    counted = [name for name in names if figures[f'bucket{{kind="timer",le="{name}"}}'] == 1]
    assert counted == names[names.index(first_bucket) :]
    assert figures['sum{kind="timer"}'] == seconds
    assert figures['count{kind="timer"}'] == 1
    assert figures['count{kind="person"}'] == 0
