"""What is wrong with a condition: a code with its place in the text and the columns that exist, worded when shown."""

from collections.abc import Sequence
from typing import Any

from getsms_core.base import reasons
from getsms_core.base.errors import DomainError
from getsms_core.base.reasons import Reason

_COLUMNS_SHOWN = 100
_LONGEST_NAME = 60


class ConditionError(DomainError):
    """A condition that cannot be used. `position` is the character of the text, from 1, that the error is about; None
    where the condition did not come from a text.

    Codes: bad-condition (it does not follow the grammar, or is too large), bad-condition-value (an ordering without a
    number or a date), no-such-column, ambiguous-column."""

    position: int | None = None

    def with_columns(self, columns: Sequence[str]) -> "ConditionError":
        """The same error with the columns that exist."""
        sentences = [*self.reason.params[reasons.SENTENCES_KEY], reasons.stored(_columns(columns))]
        error = ConditionError.because(Reason(self.code, {reasons.SENTENCES_KEY: sentences}))
        error.position = self.position
        return error


def condition_error(
    code: str, problem: Reason, position: int | None = None, columns: Sequence[str] | None = None
) -> ConditionError:
    """The error about a `problem`, with its position in the text and the columns that exist."""
    if position is None:
        place = reasons.reason("condition-error", case="stored", problem=problem)
    else:
        place = reasons.reason("condition-error", case="text", position=position, problem=problem)
    parts = [place] if columns is None else [place, _columns(columns)]
    error = ConditionError.because(reasons.several(code, parts))
    error.position = position
    return error


def problem_of(case: str, **params: Any) -> Reason:
    """What is wrong: an entry "condition-problem/case" of `base.reasons`."""
    return reasons.reason("condition-problem", case=case, **params)


def _columns(columns: Sequence[str]) -> Reason:
    return reasons.reason("condition-columns", columns=listed(columns))


def listed(columns: Sequence[str]) -> Reason | list[str]:
    """The names as a parameter of a reason. Long names and lists of hundreds of columns are cut."""
    shown = [shortened(name) for name in columns[:_COLUMNS_SHOWN]]
    if len(columns) <= _COLUMNS_SHOWN:
        return shown
    return reasons.reason("names-cut", names=shown, n=len(columns) - _COLUMNS_SHOWN)


def shortened(text: str) -> str:
    """A piece of the user's text for a sentence: on one line, printable, at most 60 characters."""
    visible = "".join(letter if letter.isprintable() else " " for letter in text[: _LONGEST_NAME + 1])
    return visible if len(text) <= _LONGEST_NAME else visible[:_LONGEST_NAME] + "…"
