"""The page docs/states.md, made from the tables of transitions: `python -m getsms_core.base.state_diagrams FILE`."""

import sys
from enum import StrEnum
from pathlib import Path

from getsms_core.base.states import STATE_TABLES
from getsms_core.base.transitions import StateTable

INTRODUCTION = """# States

Made from the tables in `getsms_core/base/states.py` and `work_states.py` by `make states`: change them there. The
program uses the same tables for every change of a state: `base.states.change` for one row, `db.moves` for many. It
cannot make a transition that is not here.
"""


def page() -> str:
    """Return the page: a diagram and a list of causes for each table."""
    return "\n".join([INTRODUCTION, *map(_section, STATE_TABLES)])


def _section(states: StateTable[StrEnum]) -> str:
    heading = f"{states.table.replace('_', ' ').capitalize()}"
    if states.column != "state":
        heading += f": {states.column.replace('_', ' ')}"
    lines = [f"## {heading}", "", f"Stored in `{states.table}.{states.column}`."]
    lines += [
        f"`{state.value}` is stored as `{stored.value}`: it follows from another row."
        for state, stored in states.stored.items()
    ]
    lines += ["", "```mermaid", "stateDiagram-v2"]
    lines += [f'    state "{_label(state)}" as {_key(state)}' for state in states.transitions]
    lines += [f"    [*] --> {_key(state)}" for state in states.initial]
    for before, afters in states.transitions.items():
        lines += [f"    {_key(before)} --> {_key(after)}: {cause}" for after, cause in afters.items()]
    lines += [f"    {_key(state)} --> [*]" for state in states.final()]
    return "\n".join([*lines, "```", ""])


def _label(state: StrEnum) -> str:
    return state.value or "(empty)"


def _key(state: StrEnum) -> str:
    return state.name.lower()


if __name__ == "__main__":
    Path(sys.argv[1]).write_text(page(), encoding="utf-8")
