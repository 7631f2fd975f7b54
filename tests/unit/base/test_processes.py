"""Signals that arrive at any moment, and the pause of the collector."""

import gc
import sys
from types import FrameType
from typing import Any

import pytest

from getsms_core.base.processes import SignalFlag, collector_paused


def test_a_signal_in_the_middle_of_a_wait_ends_it() -> None:
    """A handler runs between two bytecode instructions of `wait`, whichever they are."""
    outcomes = [_wait_with_signal_at(moment) for moment in range(60)]
    assert all(outcomes)


def _wait_with_signal_at(moment: int) -> bool:
    flag, seen = SignalFlag(), 0

    def trace(frame: FrameType, event: str, _argument: Any) -> Any:
        nonlocal seen
        frame.f_trace_opcodes = True
        if event == "opcode":
            seen += 1
            if seen == moment + 1:
                flag.set()
        return trace

    sys.settrace(trace)
    try:
        first = flag.wait(0)
    finally:
        sys.settrace(None)
    return first or seen <= moment or flag.wait(0)


def test_a_flag_that_was_cleared_is_waited_for_anew() -> None:
    flag = SignalFlag()
    flag.set()
    flag.set()
    flag.clear()
    assert not flag.wait(0)
    flag.set()
    assert flag.wait(10)
    assert not flag.wait(0)


def test_the_collector_is_paused_in_the_block_and_runs_after_it_even_if_the_block_fails() -> None:
    inside: list[bool] = []

    @collector_paused()
    def fail() -> None:
        inside.append(gc.isenabled())
        raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    assert (inside, gc.isenabled()) == ([False], True)


def test_a_collector_that_was_off_stays_off() -> None:
    gc.disable()
    try:
        with collector_paused(), collector_paused():
            pass
        assert not gc.isenabled()
    finally:
        gc.enable()
