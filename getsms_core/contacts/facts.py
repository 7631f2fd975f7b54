"""What a list's row keeps about how it was read or made: the column `facts`."""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any

from getsms_core.base.reasons import Reason


@dataclass(frozen=True)
class Derivation:
    """How a list was made from others: `how` is a code ("merge", "filter" …), `lists` the ids of its sources, `keep`
    which of two duplicates counts in a merge, `details` what only one kind of derivation has."""

    how: str
    lists: tuple[int, ...] = ()
    keep: str | None = None
    details: Mapping[str, Any] = field(default_factory=dict)

    @classmethod
    def from_stored(cls, stored: Mapping[str, Any]) -> "Derivation":
        """Return what `to_stored` returned."""
        details = {name: value for name, value in stored.items() if name not in ("how", "lists", "keep")}
        return cls(str(stored.get("how", "")), tuple(stored.get("lists") or ()), stored.get("keep"), details)

    def to_stored(self) -> dict[str, Any]:
        """Return it as JSON."""
        keep = {} if self.keep is None else {"keep": self.keep}
        return {"how": self.how, "lists": list(self.lists), **keep, **self.details}

    @property
    def is_merge(self) -> bool:
        """Whether it can be repeated with another choice of duplicates."""
        return self.how == "merge"


_ALWAYS = ("sheet", "sheets", "encoding", "delimiter", "header_row", "phone_column", "columns")


@dataclass(frozen=True)
class ListFacts:
    """How a list was read. `file_columns` and `file_phone_column` are those of the file where its rows were appended to
    another list; `with_phones` the columns that became personal because they hold phone numbers. None: not known, as
    for lists that were not read from a file and for those of older releases."""

    sheet: str | None = None
    sheets: tuple[str, ...] = ()
    encoding: str | None = None
    delimiter: str | None = None
    header_row: int | None = None
    phone_column: str = ""
    columns: tuple[str, ...] = ()
    phone_columns: tuple[str, ...] | None = None
    phone_column_decided: bool | None = None
    damaged_rows: tuple[int, ...] | None = None
    hidden_rows: int | None = None
    skipped_rows: int | None = None
    as_shown: bool | None = None
    file_columns: tuple[str, ...] | None = None
    file_phone_column: str | None = None
    erased_rows: int | None = None
    with_phones: tuple[str, ...] | None = None
    origin: Reason | None = None  # stored in a column of its own
    made: Derivation | None = None

    @classmethod
    def from_stored(cls, stored: Mapping[str, Any] | None) -> "ListFacts":
        """Return the facts of a row; unknown keys are ignored, missing ones have their default."""
        known: dict[str, Any] = {}
        for name in (fact.name for fact in fields(cls)):
            value = (stored or {}).get(name)
            if value is not None and name != "origin":
                known[name] = tuple(value) if isinstance(value, list) else value
        derivation = known.pop("made", None)
        return cls(**known, made=Derivation.from_stored(derivation) if derivation else None)

    def to_stored(self) -> dict[str, Any]:
        """Return them as JSON."""
        values = {fact.name: getattr(self, fact.name) for fact in fields(self) if fact.name != "origin"}
        values["made"] = self.made.to_stored() if self.made else None
        stored_values = {name: value for name, value in values.items() if value is not None or name in _ALWAYS}
        return {name: list(value) if isinstance(value, tuple) else value for name, value in stored_values.items()}

    @property
    def column_of_file(self) -> str:
        """The column of the file that holds the phones."""
        return self.file_phone_column or self.phone_column
