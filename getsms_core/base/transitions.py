"""One table of transitions for each thing that has a state: the only place that says which state may follow which.

`base.states` holds the tables and `change`, which assigns the state of one row. `db.moves` writes the states of many
rows: the states that they may come from are taken from the same table. Nothing else assigns a state: a test reads the
sources.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Generic, TypeVar

from getsms_core.base import reasons
from getsms_core.base.errors import Conflict

S = TypeVar("S", bound=StrEnum)


@dataclass(frozen=True)
class StateTable(Generic[S]):
    """The states of one thing. `transitions[before][after]` says what causes the transition, in English, for the
    diagram in docs/states.md.

    `table` and `column` name where the state is stored. `initial` are the states in which a row may be added, the usual
    one first. `stored` maps a state that rows do not store to the one that they store instead."""

    table: str
    states: type[S]  # a StrEnum that belongs to this table alone
    transitions: Mapping[S, Mapping[S, str]]
    initial: tuple[S, ...]
    column: str = "state"
    stored: Mapping[S, S] = field(default_factory=dict)

    def may(self, before: S, after: S) -> bool:
        """Return whether a row in `before` may move to `after`; staying in a state is always allowed."""
        return before == after or after in self.transitions.get(before, {})

    def check(self, before: S, after: S) -> None:
        """Raise `Conflict` ("wrong-state") if the table has no such transition."""
        if not self.may(before, after):
            thing, was, becomes = (reasons.thing(self.table), *(reasons.state(self.table, s) for s in (before, after)))
            raise Conflict.of("wrong-state", case="table", thing=thing, before=was, after=becomes)

    def sources(self, after: S, among: Iterable[S] | None = None) -> tuple[S, ...]:
        """Return the stored states that a row may move to `after` from, in the order of the enum.

        `among` names fewer of them; `after` itself may be one: such a row stays in its state and gets the other values.
        Raises `Conflict` ("wrong-state") if the table does not allow one of `among`."""
        before = [state for state in self.states if after in self.transitions[state]] if among is None else list(among)
        for state in before:
            self.check(state, after)
        stored = {self.stored.get(state, state) for state in before}
        return tuple(state for state in self.states if state in stored)

    def final(self) -> tuple[S, ...]:
        """Return the states that nothing follows."""
        return tuple(state for state in self.states if not self.transitions[state])
