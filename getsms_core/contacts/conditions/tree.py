"""A condition as data: a typed tree that serialises to JSON.

A leaf compares one column; `All`, `Any` and `Not` combine. The nodes check themselves, so that a tree from a page or
from a stored segment keeps the same limits as a parsed text.
"""

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any as AnyValue

from getsms_core.base.reasons import Reason
from getsms_core.contacts.conditions.errors import condition_error, problem_of
from getsms_core.contacts.conditions.keys import key
from getsms_core.contacts.conditions.values import ordering_value

MAX_DEPTH = 100
"""Groups and `not`s around a leaf. Deeper trees are refused: recursion over them would exceed Python's limit."""
MAX_CONDITIONS = 200
"""Leaves of a tree. Each may cost 0.1 s on a million rows."""
MAX_VALUES = 200_000
"""Values of all `in` lists of a tree."""
MAX_DAYS = 366


class Operator(StrEnum):
    """How a leaf compares a cell with a value."""

    IS = "="
    IS_NOT = "!="
    LESS = "<"
    AT_MOST = "<="
    MORE = ">"
    AT_LEAST = ">="
    CONTAINS = "contains"
    STARTS = "starts"

    @property
    def orders(self) -> bool:
        """Whether it compares numbers or dates, and never text."""
        return self in (Operator.LESS, Operator.AT_MOST, Operator.MORE, Operator.AT_LEAST)


@dataclass(frozen=True, slots=True)
class Compare:
    """One column against one value. An empty value with `=` means: the cell is empty."""

    column: str
    operator: Operator
    value: str
    column_at: int | None = field(default=None, compare=False)
    value_at: int | None = field(default=None, compare=False)

    def __post_init__(self) -> None:
        _check_text(self.column, self.value)
        if self.operator.orders:
            ordering_value(self.value, self.value_at)
        elif self.operator in (Operator.CONTAINS, Operator.STARTS) and not key(
            self.value, trim=self.operator == Operator.STARTS
        ):  # every cell contains what shows nothing
            raise condition_error("bad-condition", problem_of("empty-value"), self.value_at)


@dataclass(frozen=True, slots=True)
class In:
    """The cell equals one of the values, each compared as `=` compares."""

    column: str
    values: tuple[str, ...]
    column_at: int | None = field(default=None, compare=False)

    def __post_init__(self) -> None:
        _check_text(self.column, *self.values)
        if not self.values:
            raise condition_error("bad-condition", problem_of("no-values"), self.column_at)


@dataclass(frozen=True, slots=True)
class Birthday:
    """The column's date has its next anniversary today or in the next `days` days."""

    column: str
    days: int
    column_at: int | None = field(default=None, compare=False)
    days_at: int | None = field(default=None, compare=False)

    def __post_init__(self) -> None:
        _check_text(self.column)
        if not 0 <= self.days <= MAX_DAYS:
            raise condition_error("bad-condition", problem_of("days-range", most=MAX_DAYS), self.days_at)


@dataclass(frozen=True, slots=True)
class All:
    """Every part holds (`and`). Use `all_of`, which flattens."""

    parts: tuple["Condition", ...]


@dataclass(frozen=True, slots=True)
class Any:
    """At least one part holds (`or`). Use `any_of`, which flattens."""

    parts: tuple["Condition", ...]


@dataclass(frozen=True, slots=True)
class Not:
    """The part does not hold: its exact complement, empty cells included."""

    part: "Condition"


Leaf = Compare | In | Birthday
Condition = Leaf | All | Any | Not


def all_of(parts: Iterable[Condition]) -> Condition:
    """The parts joined by `and`; nested ones are merged, a single part stays itself. Raises ValueError for none."""
    return _joined(All, parts)


def any_of(parts: Iterable[Condition]) -> Condition:
    """The parts joined by `or`; nested ones are merged, a single part stays itself. Raises ValueError for none."""
    return _joined(Any, parts)


def _joined(kind: type[All] | type[Any], parts: Iterable[Condition]) -> Condition:
    flat: list[Condition] = []
    for part in parts:
        flat.extend(part.parts if isinstance(part, kind) else (part,))
    if not flat:
        raise ValueError("no conditions to join")
    return flat[0] if len(flat) == 1 else kind(tuple(flat))


def leaves(tree: Condition) -> Iterator[Leaf]:
    """The leaves, in the order of the text."""
    if isinstance(tree, All | Any):
        for part in tree.parts:
            yield from leaves(part)
    elif isinstance(tree, Not):
        yield from leaves(tree.part)
    else:
        yield tree


def columns_of(tree: Condition) -> list[str]:
    """The columns that the tree names, each once, in the order of the text."""
    return list(dict.fromkeys(leaf.column for leaf in leaves(tree)))


def with_columns(tree: Condition, find: Callable[[str, int | None], str]) -> Condition:
    """The tree with each column replaced by what `find(column, position)` returns."""
    if isinstance(tree, All | Any):
        return type(tree)(tuple(with_columns(part, find) for part in tree.parts))
    if isinstance(tree, Not):
        return Not(with_columns(tree.part, find))
    return replace(tree, column=find(tree.column, tree.column_at))


def to_json(tree: Condition) -> str:
    """The tree for storage: ASCII, so that every database keeps it as it is."""
    return json.dumps(_document(tree))


def from_json(text: str) -> Condition:
    """The tree of `to_json`. Raises `ConditionError` (bad-condition, bad-condition-value) for anything else."""
    try:
        tree = _node(json.loads(text), 0)
    except (RecursionError, ValueError, TypeError, KeyError, AttributeError):
        raise condition_error("bad-condition", problem_of("not-stored")) from None
    check_size(tree)
    return tree


def check_size(tree: Condition) -> None:
    """Raise `ConditionError` (bad-condition) where a tree has too many conditions or values."""
    all_leaves = list(leaves(tree))
    if len(all_leaves) > MAX_CONDITIONS:
        raise condition_error("bad-condition", too_many_conditions())
    if sum(len(leaf.values) for leaf in all_leaves if isinstance(leaf, In)) > MAX_VALUES:
        raise condition_error("bad-condition", too_many_values())


def too_many_conditions() -> Reason:
    """What is wrong with more than MAX_CONDITIONS leaves."""
    return problem_of("conditions", most=MAX_CONDITIONS)


def too_many_values() -> Reason:
    """What is wrong with more than MAX_VALUES values."""
    return problem_of("list-values", most=MAX_VALUES)


def too_deep() -> Reason:
    """What is wrong with more than MAX_DEPTH nested groups."""
    return problem_of("depth", most=MAX_DEPTH)


def _document(tree: Condition) -> dict[str, AnyValue]:
    if isinstance(tree, All):
        return {"all": [_document(part) for part in tree.parts]}
    if isinstance(tree, Any):
        return {"any": [_document(part) for part in tree.parts]}
    if isinstance(tree, Not):
        return {"not": _document(tree.part)}
    if isinstance(tree, In):
        return {"column": tree.column, "in": list(tree.values)}
    if isinstance(tree, Birthday):
        return {"column": tree.column, "birthday_within": tree.days}
    return {"column": tree.column, "operator": tree.operator.value, "value": tree.value}


def _node(document: AnyValue, depth: int) -> Condition:
    if depth > MAX_DEPTH:
        raise condition_error("bad-condition", too_deep())
    if "all" in document:
        return all_of([_node(part, depth + 1) for part in _list(document["all"])])
    if "any" in document:
        return any_of([_node(part, depth + 1) for part in _list(document["any"])])
    if "not" in document:
        return Not(_node(document["not"], depth + 1))
    column = _text(document["column"])
    if "in" in document:
        return In(column, tuple(_text(value) for value in _list(document["in"])))
    if "birthday_within" in document:
        days = document["birthday_within"]
        if type(days) is not int:
            raise TypeError("days")
        return Birthday(column, days)
    return Compare(column, Operator(document["operator"]), _text(document["value"]))


def _list(value: AnyValue) -> Sequence[AnyValue]:
    if not isinstance(value, list):
        raise TypeError("a list")
    return value


def _text(value: AnyValue) -> str:
    if not isinstance(value, str):
        raise TypeError("a text")
    return value


def _check_text(*texts: str) -> None:
    """Neither Arrow nor PostgreSQL stores half a surrogate pair; PostgreSQL stores no NUL."""
    for text in texts:
        if not text.isascii() and any("\ud800" <= letter <= "\udfff" for letter in text):
            raise condition_error("bad-condition", problem_of("surrogate"))
        if "\0" in text:
            raise condition_error("bad-condition", problem_of("nul"))
