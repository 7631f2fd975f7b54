"""A tree as the text that parses to it again, and as a sentence in the reader's language."""

from collections.abc import Callable, Container

from getsms_core.base.i18n import N_, NN_, _, ngettext
from getsms_core.base.masking import STARS
from getsms_core.contacts.conditions.evaluate import Unreadable
from getsms_core.contacts.conditions.tokens import quoted_column, quoted_value
from getsms_core.contacts.conditions.tree import All, Any, Birthday, Compare, Condition, In, Leaf, Not, Operator

_VALUES_SHOWN = 5
_PHRASES = {
    Operator.IS: N_("“{column}” is “{value}”"),
    Operator.IS_NOT: N_("“{column}” is not “{value}”"),
    Operator.LESS: N_("“{column}” is less than {value}"),
    Operator.AT_MOST: N_("“{column}” is at most {value}"),
    Operator.MORE: N_("“{column}” is more than {value}"),
    Operator.AT_LEAST: N_("“{column}” is at least {value}"),
    Operator.CONTAINS: N_("“{column}” contains “{value}”"),
    Operator.STARTS: N_("“{column}” starts with “{value}”"),
}
_EMPTY = {Operator.IS: N_("“{column}” is empty"), Operator.IS_NOT: N_("“{column}” is not empty")}
_AMONG = NN_("“{column}” is one of {n} value: {values}", "“{column}” is one of {n} values: {values}")
_BIRTHDAY = NN_(
    "the birthday in “{column}” is today or within {n} day", "the birthday in “{column}” is today or within {n} days"
)
_BIRTHDAY_TODAY = N_("the birthday in “{column}” is today")


_UNREADABLE = {
    "number": NN_(
        "{n} cell of “{column}” is not a number and no comparison holds for it",
        "{n} cells of “{column}” are not numbers and no comparison holds for them",
    ),
    "date": NN_(
        "{n} cell of “{column}” is not a date and no comparison holds for it",
        "{n} cells of “{column}” are not dates and no comparison holds for them",
    ),
}


def unreadable_sentence(unreadable: Unreadable) -> str:
    """What a comparison could not read, without a full stop."""
    sentence = ngettext(*_UNREADABLE[unreadable.kind], unreadable.cells)
    return sentence.format(n=unreadable.cells, column=unreadable.column)


def to_text(tree: Condition) -> str:
    """The text of a tree: `parse(to_text(tree)) == tree`."""
    return _joined(tree, _leaf_text, " and ", " or ", "not {part}")


def describe(tree: Condition, hidden: Container[str] = ()) -> str:
    """The tree as a sentence in the language of this context, without a full stop; the values that are compared with
    `hidden` columns are starred."""

    def leaf_words(leaf: Leaf) -> str:
        return _leaf_words(leaf, starred=leaf.column in hidden)

    return _joined(tree, leaf_words, f" {_('and')} ", f" {_('or')} ", _("not ({part})"))


def _joined(tree: Condition, leaf: Callable[[Leaf], str], both: str, either: str, negated: str) -> str:
    def write(node: Condition, parent: type[Condition] | None) -> str:
        if isinstance(node, All):
            text = both.join(write(part, All) for part in node.parts)
            return f"({text})" if parent is Not and "(" not in negated else text
        if isinstance(node, Any):
            text = either.join(write(part, Any) for part in node.parts)
            return f"({text})" if parent is All or (parent is Not and "(" not in negated) else text
        if isinstance(node, Not):
            return negated.format(part="{part}").replace("{part}", write(node.part, Not))
        return leaf(node)

    return write(tree, None)


def _leaf_text(leaf: Leaf) -> str:
    column = quoted_column(leaf.column)
    if isinstance(leaf, In):
        return f"{column} in ({', '.join(map(quoted_value, leaf.values))})"
    if isinstance(leaf, Birthday):
        return f"{column} birthday within {leaf.days} days"
    return f"{column} {leaf.operator.value} {quoted_value(leaf.value)}"


def _leaf_words(leaf: Leaf, *, starred: bool) -> str:
    if isinstance(leaf, In):
        n = len(leaf.values)
        shown = STARS if starred else ", ".join(leaf.values[:_VALUES_SHOWN]) + (" …" if n > _VALUES_SHOWN else "")
        return ngettext(*_AMONG, n).format(column=leaf.column, n=n, values=shown)
    if isinstance(leaf, Birthday):
        sentence = ngettext(*_BIRTHDAY, leaf.days) if leaf.days else _(_BIRTHDAY_TODAY)
        return sentence.format(column=leaf.column, n=leaf.days)
    return _comparison_words(leaf, starred)


def _comparison_words(leaf: Compare, starred: bool) -> str:
    phrase = _PHRASES[leaf.operator] if leaf.value or leaf.operator not in _EMPTY else _EMPTY[leaf.operator]
    return _(phrase).format(column=leaf.column, value=STARS if starred else leaf.value)
