"""`--where` and `--segment`: the options of every command that selects rows of a list by a condition."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

import click

from getsms_core.base.i18n import N_, _

if TYPE_CHECKING:
    from getsms_core.contacts.conditions import Columns, Condition, Unreadable
    from getsms_core.db.engine import Store

F = TypeVar("F", bound=Callable[..., Any])


def where_options(command: F) -> F:
    """Add `--where` and `--segment` to a command, as its arguments `where` and `segment`."""
    segment = click.option("--segment", metavar="NAME", help=N_("Only rows that this segment selects."))
    where = click.option(
        "--where",
        metavar="EXPR",
        help=N_("Only rows that meet this condition, as in: Shahar = Toshkent and Yosh >= 25"),
    )
    return where(segment(command))


def condition_of(
    store: "Store", where: str | None, segment: str | None, columns: "Columns | None" = None
) -> "Condition | None":
    """Return the condition of the options, which both must hold; None without options.

    Raises `DomainError` ("no-such-segment"), and `ConditionError` with the columns of the list if they are given."""
    if where is None and segment is None:
        return None
    from getsms_core.contacts import conditions, segments

    parts = []
    if segment is not None:
        saved = segments.condition_of(segments.get(store, segment))
        parts.append(saved if columns is None else conditions.bind(saved, columns))
    if where is not None:
        parts.append(conditions.parse(where, columns))
    return conditions.all_of(parts)


def unreadable_lines(unreadable: "tuple[Unreadable, ...]") -> list[str]:
    """Return a sentence for each column with cells that a comparison cannot read."""
    from getsms_core.contacts.conditions import unreadable_sentence

    return [_("Note: {sentence}").format(sentence=unreadable_sentence(column)) for column in unreadable]
