"""Which column of a list a name means."""

import re
import unicodedata
from collections import defaultdict
from collections.abc import Sequence

from getsms_core.contacts.conditions.errors import condition_error, listed, problem_of, shortened
from getsms_core.contacts.conditions.keys import APOSTROPHES, INVISIBLE

_APOSTROPHES = re.compile(f"[{APOSTROPHES}]")
_INVISIBLE = re.compile(f"[{INVISIBLE}]")


class Columns:
    """The columns of a list, looked up by the names that people type."""

    def __init__(self, names: Sequence[str]) -> None:
        self.names = tuple(names)
        self._exact = frozenset(names)
        self._alike: defaultdict[str, list[str]] = defaultdict(list)
        for name in names:
            self._alike[_key(name)].append(name)

    def find(self, name: str, position: int | None = None) -> str:
        """The column called exactly so; else the only one that differs in case, in the kind of apostrophe, in how
        Unicode composes letters, in spaces or in invisible characters.

        Raises `ConditionError`: no-such-column, ambiguous-column."""
        if name in self._exact:
            return name
        alike = self._alike.get(_key(name), [])
        if len(alike) == 1:
            return alike[0]
        if alike:
            problem = problem_of("ambiguous-column", column=shortened(name), alike=listed(alike))
            raise condition_error("ambiguous-column", problem, position, self.names)
        problem = problem_of("no-column", column=shortened(name))
        raise condition_error("no-such-column", problem, position, self.names)


def _key(name: str) -> str:
    visible = _INVISIBLE.sub("", unicodedata.normalize("NFC", name))
    return " ".join(_APOSTROPHES.sub("'", visible).casefold().split())
