"""A condition as the rows of an editor, and back: groups of rows, joined by and/or, each group also negated.

Two levels of groups are what people build row by row. A deeper condition is edited as text: `from_tree` returns None.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from getsms_core.base.i18n import N_
from getsms_core.contacts.cell_values import keys_of
from getsms_core.contacts.conditions import (
    All,
    Any,
    Birthday,
    Compare,
    Condition,
    In,
    Not,
    Operator,
    all_of,
    any_of,
)

OPERATORS: dict[str, str] = {
    "is": N_("is"),
    "is-not": N_("is not"),
    "in": N_("is one of"),
    "not-in": N_("is none of"),
    "contains": N_("contains"),
    "not-contains": N_("does not contain"),
    "starts": N_("starts with"),
    "less": N_("is less or earlier than"),
    "at-most": N_("is at most or until"),
    "more": N_("is more or later than"),
    "at-least": N_("is at least or from"),
    "empty": N_("is empty"),
    "not-empty": N_("is not empty"),
    "birthday": N_("has a birthday within, days"),
}
_COMPARE = {
    "is": Operator.IS,
    "is-not": Operator.IS_NOT,
    "contains": Operator.CONTAINS,
    "starts": Operator.STARTS,
    "less": Operator.LESS,
    "at-most": Operator.AT_MOST,
    "more": Operator.MORE,
    "at-least": Operator.AT_LEAST,
}
WITHOUT_VALUE = ("empty", "not-empty")


@dataclass(frozen=True)
class Row:
    """One condition: a column, a code of `OPERATORS`, and the value as it was typed (of a list, as it was pasted)."""

    column: str
    operator: str
    value: str = ""

    @property
    def is_complete(self) -> bool:
        """Whether there is a value where the operator needs one."""
        return self.operator in WITHOUT_VALUE or bool(self.value.strip())


@dataclass(frozen=True)
class Group:
    """Rows of which all or any hold; `negated`: and the group does not."""

    rows: tuple[Row, ...]
    joined: str = "all"
    negated: bool = False


@dataclass(frozen=True)
class Groups:
    """Groups of which all or any hold."""

    groups: tuple[Group, ...] = field(default_factory=tuple)
    joined: str = "all"


def to_tree(groups: Groups) -> Condition | None:
    """The condition of the complete rows; None where there are none. Raises `ConditionError` for a value that cannot be
    used."""
    trees = [tree for group in groups.groups if (tree := _group_tree(group)) is not None]
    return _join(groups.joined, trees) if trees else None


def from_tree(tree: Condition) -> Groups | None:
    """The rows of a condition; None where it has more levels than the editor."""
    joined, parts = _parts(tree)
    group = _group(tree)
    if group is not None:
        return Groups((group,))
    groups = [_group(part) for part in parts]
    if any(group is None for group in groups):
        return None
    return Groups(_merged([group for group in groups if group is not None], joined), joined)


def pasted_values(text: str) -> tuple[str, ...]:
    """The values of a pasted list, each once: one on a line, or between commas, semicolons or tabs on one line. What
    shows nothing is none: it would choose the rows with an empty cell."""
    separator = r"[\r\n]+" if re.search(r"[\r\n]", text.strip()) else r"[,;\t]"
    values = list(dict.fromkeys(value.strip() for value in re.split(separator, text)))
    return tuple(value for value, visible in zip(values, keys_of(values), strict=True) if visible)


def _join(joined: str, trees: Sequence[Condition]) -> Condition:
    return all_of(trees) if joined == "all" else any_of(trees)


def _group_tree(group: Group) -> Condition | None:
    trees = [tree for row in group.rows if row.is_complete and (tree := _row_tree(row)) is not None]
    if not trees:
        return None
    tree = _join(group.joined, trees)
    return Not(tree) if group.negated else tree


def _row_tree(row: Row) -> Condition | None:
    if row.operator in ("in", "not-in"):
        values = pasted_values(row.value)
        if not values:
            return None
        return In(row.column, values) if row.operator == "in" else Not(In(row.column, values))
    if row.operator == "empty":
        return Compare(row.column, Operator.IS, "")
    if row.operator == "not-empty":
        return Compare(row.column, Operator.IS_NOT, "")
    if row.operator == "birthday":
        digits = row.value.strip()
        return Birthday(row.column, int(digits) if digits.isascii() and digits.isdecimal() else -1)
    if row.operator == "not-contains":
        return Not(Compare(row.column, Operator.CONTAINS, row.value))
    return Compare(row.column, _COMPARE[row.operator], row.value)


def _parts(tree: Condition) -> tuple[str, tuple[Condition, ...]]:
    if isinstance(tree, All):
        return "all", tree.parts
    if isinstance(tree, Any):
        return "any", tree.parts
    return "all", (tree,)


def _group(tree: Condition) -> Group | None:
    """The group of a tree of one level, or None."""
    row = _row(tree)
    if row is not None:
        return Group((row,))
    negated = isinstance(tree, Not)
    joined, parts = _parts(tree.part if isinstance(tree, Not) else tree)
    rows = [_row(part) for part in parts]
    if any(row is None for row in rows):
        return None
    return Group(tuple(row for row in rows if row is not None), joined, negated)


def _merged(groups: Sequence[Group], joined: str) -> tuple[Group, ...]:
    """Neighbours of one row each as one group: `a and b and (c or d)` has two groups, not three."""
    merged: list[Group] = []
    for group in groups:
        is_plain = len(group.rows) == 1 and not group.negated
        if is_plain and merged and merged[-1].joined == joined and not merged[-1].negated:
            merged[-1] = Group(merged[-1].rows + group.rows, joined)
        else:
            merged.append(Group(group.rows, joined) if is_plain else group)
    return tuple(merged)


def _row(tree: Condition) -> Row | None:
    if isinstance(tree, In):
        return _in_row(tree, "in")
    if isinstance(tree, Birthday):
        return Row(tree.column, "birthday", str(tree.days))
    if isinstance(tree, Compare):
        if not tree.value and tree.operator in (Operator.IS, Operator.IS_NOT):
            return Row(tree.column, "empty" if tree.operator == Operator.IS else "not-empty")
        code = next(code for code, operator in _COMPARE.items() if operator == tree.operator)
        return Row(tree.column, code, tree.value) if tree.value.strip() else None
    if isinstance(tree, Not) and isinstance(tree.part, In):
        return _in_row(tree.part, "not-in")
    if isinstance(tree, Not) and isinstance(tree.part, Compare) and tree.part.operator == Operator.CONTAINS:
        return Row(tree.part.column, "not-contains", tree.part.value)
    return None


def _in_row(tree: In, operator: str) -> Row | None:
    """The row of a list of values; None where pasting it again would give others (a value of several lines)."""
    text = "\n".join(tree.values) if len(tree.values) > 1 else tree.values[0]
    return Row(tree.column, operator, text) if pasted_values(text) == tree.values else None
