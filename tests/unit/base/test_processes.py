"""Signals that arrive at any moment."""

import sys
from types import FrameType
from typing import Any

from getsms_core.base.processes import SignalFlag


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
