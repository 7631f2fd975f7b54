"""What is wrong with a condition, in one sentence, with its place in the text and the columns that exist."""

from collections.abc import Sequence

from getsms_core.base.errors import DomainError
from getsms_core.base.i18n import _

_COLUMNS_SHOWN = 100
_LONGEST_NAME = 60


class ConditionError(DomainError):
    """A condition that cannot be used. `position` is the character of the text, from 1, that the error is about; None
    where the condition did not come from a text.

    Codes: bad-condition (it does not follow the grammar, or is too large), bad-condition-value (an ordering without a
    number or a date), no-such-column, ambiguous-column."""

    def __init__(self, code: str, message: str, position: int | None = None) -> None:
        super().__init__(code, message)
        self.position = position

    def with_columns(self, columns: Sequence[str]) -> "ConditionError":
        """The same error with the columns that exist."""
        return ConditionError(self.code, f"{self.message} {_columns(columns)}", self.position)


def condition_error(
    code: str, problem: str, position: int | None = None, columns: Sequence[str] | None = None
) -> ConditionError:
    """The error with the sentence `problem`, which has no full stop, completed by its position and the columns."""
    if position is None:
        message = _("The condition cannot be used: {problem}.").format(problem=problem)
    else:
        message = _("The condition is wrong at character {position}: {problem}.").format(
            position=position, problem=problem
        )
    if columns is not None:
        message += " " + _columns(columns)
    return ConditionError(code, message, position)


def _columns(columns: Sequence[str]) -> str:
    return _("The columns are: {columns}.").format(columns=listed(columns))


def listed(columns: Sequence[str]) -> str:
    """The names for a sentence. Long names and lists of hundreds of columns are cut."""
    shown = ", ".join(shortened(name) for name in columns[:_COLUMNS_SHOWN])
    if len(columns) > _COLUMNS_SHOWN:
        shown += " … " + _("and {n} more").format(n=len(columns) - _COLUMNS_SHOWN)
    return shown


def shortened(text: str) -> str:
    """A piece of the user's text for a sentence: on one line, printable, at most 60 characters."""
    visible = "".join(letter if letter.isprintable() else " " for letter in text[: _LONGEST_NAME + 1])
    return visible if len(text) <= _LONGEST_NAME else visible[:_LONGEST_NAME] + "…"
