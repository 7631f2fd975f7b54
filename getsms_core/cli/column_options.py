"""`--key`, `--personal` and `--cut`: what the columns of a list are for."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, TypeVar

import click

from getsms_core.base.errors import DomainError
from getsms_core.base.i18n import N_
from getsms_core.base.permissions import Actor

if TYPE_CHECKING:
    from getsms_core.contacts.facts import ListFacts
    from getsms_core.db.engine import Store

F = TypeVar("F", bound=Callable[..., Any])


@dataclass(frozen=True)
class ColumnRoles:
    """The columns that the options name, as they were typed: of the list its key and the personal ones (None: leave
    what the list says), and those that the campaign is broken down by."""

    key: str | None = None
    personal: tuple[str, ...] = ()
    cuts: tuple[str, ...] = ()

    def found(self, facts: "ListFacts") -> "ColumnRoles":
        """Return them as the list writes them. Raises `DomainError`: "no-such-column", "ambiguous-column",
        "personal-cut" for a column that is both personal and a cut."""
        from getsms_core.contacts import list_columns

        roles = ColumnRoles(
            list_columns.find(facts, self.key) if self.key else self.key,
            tuple(list_columns.find(facts, name) for name in self.personal),
            tuple(dict.fromkeys(list_columns.find(facts, name) for name in self.cuts)),
        )
        for name in roles.cuts:
            if name in roles.personal:
                raise DomainError.of("personal-cut", column=name)
        return roles

    def not_personal(self, facts: "ListFacts") -> "ListFacts":
        """Return the facts of a file that was checked, in which no column to count by becomes personal because it holds
        phone numbers: its values are masked in every breakdown."""
        with_phones = tuple(name for name in facts.with_phones or () if name not in self.cuts)
        return replace(facts, with_phones=with_phones or None)

    def describe(self, store: "Store", actor: Actor, list_id: int) -> None:
        """Keep key and personal columns with the list; its earlier personal columns stay personal."""
        if self.key is None and not self.personal:
            return
        from getsms_core.contacts import list_columns, lists

        kept_columns = lists.get(store, list_id).personal_columns
        list_columns.describe(
            store, actor, list_id, self.key, [*kept_columns, *self.personal] if self.personal else None
        )


def role_options(command: F) -> F:
    """Add the options to a command, as its arguments `key_column`, `personal` and `cuts`."""
    cut = click.option("--cut", "cuts", multiple=True, metavar="COLUMN", help=N_("Count by the values of this column."))
    personal = click.option(
        "--personal",
        multiple=True,
        metavar="COLUMN",
        help=N_("Hide this column as phones are hidden; may be repeated."),
    )
    key = click.option(
        "--key", "key_column", metavar="COLUMN", help=N_("The column with your own key of each recipient.")
    )
    return key(personal(cut(command)))


def roles_of(asked: dict[str, Any]) -> ColumnRoles:
    """Take the options out of a command's arguments."""
    return ColumnRoles(asked.pop("key_column"), asked.pop("personal"), asked.pop("cuts"))
