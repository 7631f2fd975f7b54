"""From the text of a condition to its tree.

    condition  or
    or         and ("or" and)*              not binds tighter than and, and tighter than or
    and        not ("and" not)*
    not        "not" not | "(" or ")" | leaf
    leaf       COLUMN (= != < <= > >=) VALUE
               COLUMN ["not"] contains VALUE | COLUMN ["not"] starts [with] VALUE
               COLUMN ["not"] in (VALUE, VALUE …)
               COLUMN is [not] empty | COLUMN is [not] VALUE
               COLUMN birthday within N [days]

Keywords are written in any case. A word that is a keyword only in its place (in, is, empty …) may be a column or a
value without quotes; `and`, `or`, `not` need quotes. Lark's LALR parser keeps its own stack, so that a deep text cannot
exhaust Python's; the tree is built while parsing, without a tree of Lark's.
"""

from functools import cache

from lark import Lark, Token, Transformer, UnexpectedToken, v_args

from getsms_core.base.reasons import Reason
from getsms_core.contacts.conditions.columns import Columns
from getsms_core.contacts.conditions.errors import ConditionError, condition_error, problem_of, shortened
from getsms_core.contacts.conditions.tokens import ConditionLexer, what_is_found
from getsms_core.contacts.conditions.tree import (
    Birthday,
    Compare,
    Condition,
    In,
    Not,
    Operator,
    all_of,
    any_of,
    with_columns,
)

_GRAMMAR = r"""
?start: either
?either: both | both (OR both)+ -> any_of
?both: single | single (AND single)+ -> all_of
?single: NOT single -> negated | LPAR either RPAR -> group | leaf

?leaf: column COMPARE value            -> compare
    | column CONTAINS value            -> contains
    | column NOT CONTAINS value        -> not_contains
    | column STARTS value              -> starts
    | column STARTS WITH value         -> starts
    | column NOT STARTS value          -> not_starts
    | column NOT STARTS WITH value     -> not_starts
    | column IN VALUES                 -> within
    | column NOT IN VALUES             -> not_within
    | column IS EMPTY                  -> empty
    | column IS NOT EMPTY              -> not_empty
    | column IS any_value              -> same
    | column IS NOT any_value          -> not_same
    | column BIRTHDAY WITHIN WORD      -> birthday
    | column BIRTHDAY WITHIN WORD DAYS -> birthday

?column: WORD | COLUMN | IN | IS | EMPTY | CONTAINS | STARTS | WITH | BIRTHDAY | WITHIN | DAYS
?any_value: WORD | STRING | IN | IS | CONTAINS | STARTS | WITH | BIRTHDAY | WITHIN | DAYS
?value: any_value | EMPTY

%declare WORD STRING COLUMN COMPARE VALUES LPAR RPAR COMMA
%declare AND OR NOT IN IS EMPTY CONTAINS STARTS WITH BIRTHDAY WITHIN DAYS
"""


def parse(text: str, columns: Columns | None = None) -> Condition:
    """The tree of a condition's text. With `columns` each name becomes that of the column it means.

    Raises `ConditionError`: bad-condition, bad-condition-value, no-such-column, ambiguous-column; its `position` is the
    character, from 1, and its message lists the columns where they are given."""
    names = columns.names if columns else None
    try:
        tree: Condition = _parser().parse(text)  # type: ignore[assignment]  # the transformer makes the result
    except UnexpectedToken as error:
        raise condition_error("bad-condition", _problem(error), _position(error.token, text), names) from None
    except ConditionError as error:
        if columns is None:
            raise
        raise error.with_columns(columns.names) from None
    return tree if columns is None else bind(tree, columns)


def bind(tree: Condition, columns: Columns) -> Condition:
    """The tree with the names of the columns that it means. Raises `ConditionError`: no-such-column,
    ambiguous-column."""
    return with_columns(tree, columns.find)


@cache
def _parser() -> Lark:
    return Lark(_GRAMMAR, parser="lalr", lexer=ConditionLexer, transformer=_ToTree(), maybe_placeholders=False)


def _at(token: Token) -> int:
    return (token.start_pos or 0) + 1


@v_args(inline=True)
class _ToTree(Transformer[Token, Condition]):
    """Makes a node of each rule. Lark calls it while parsing, from the leaves up."""

    def any_of(self, *parts: Condition | Token) -> Condition:
        return any_of(part for part in parts if not isinstance(part, Token))

    def all_of(self, *parts: Condition | Token) -> Condition:
        return all_of(part for part in parts if not isinstance(part, Token))

    def negated(self, _not: Token, part: Condition) -> Condition:
        return Not(part)

    def group(self, _left: Token, part: Condition, _right: Token) -> Condition:
        return part

    def compare(self, column: Token, operator: Token, value: Token) -> Condition:
        return _compare(column, Operator(str(operator)), value)

    def contains(self, column: Token, *rest: Token) -> Condition:
        return _compare(column, Operator.CONTAINS, rest[-1])

    def not_contains(self, column: Token, *rest: Token) -> Condition:
        return Not(_compare(column, Operator.CONTAINS, rest[-1]))

    def starts(self, column: Token, *rest: Token) -> Condition:
        return _compare(column, Operator.STARTS, rest[-1])

    def not_starts(self, column: Token, *rest: Token) -> Condition:
        return Not(_compare(column, Operator.STARTS, rest[-1]))

    def same(self, column: Token, *rest: Token) -> Condition:
        return _compare(column, Operator.IS, rest[-1])

    def not_same(self, column: Token, *rest: Token) -> Condition:
        return _compare(column, Operator.IS_NOT, rest[-1])

    def empty(self, column: Token, *_rest: Token) -> Condition:
        return Compare(str(column), Operator.IS, "", column_at=_at(column))

    def not_empty(self, column: Token, *_rest: Token) -> Condition:
        return Compare(str(column), Operator.IS_NOT, "", column_at=_at(column))

    def within(self, column: Token, *rest: Token) -> Condition:
        return In(str(column), rest[-1].value, column_at=_at(column))

    def not_within(self, column: Token, *rest: Token) -> Condition:
        return Not(self.within(column, *rest))

    def birthday(self, column: Token, _birthday: Token, _within: Token, days: Token, *_rest: Token) -> Condition:
        if not (days.isascii() and days.isdecimal() and len(days) <= 3):
            problem = problem_of("days-value", value=shortened(str(days)))
            raise condition_error("bad-condition", problem, _at(days))
        return Birthday(str(column), int(days), column_at=_at(column), days_at=_at(days))


def _compare(column: Token, operator: Operator, value: Token) -> Compare:
    return Compare(str(column), operator, str(value), column_at=_at(column), value_at=_at(value))


def _position(token: Token, text: str) -> int:
    return len(text) + 1 if token.type == "$END" else _at(token)


def _problem(error: UnexpectedToken) -> Reason:
    """What is wrong where the parser could not go on: what it met, what it expects there, and the usual cause."""
    expected, token = set(error.accepts or error.expected), error.token
    if token.type == "RPAR" and expected & {"AND", "$END"}:
        return problem_of("not-opened")
    if token.type == "$END" and "RPAR" in expected:
        return problem_of("not-closed")
    unexpected = what_is_found(None if token.type == "$END" else str(token))
    case = _case(expected, token.type)
    if case != "others":
        return problem_of(case, found=unexpected)
    return problem_of(case, names=sorted(_SPELLED.get(name, name.lower()) for name in expected), found=unexpected)


def _case(expected: set[str], met: str) -> str:
    """The case of the problem where one of the tokens `expected` should be and `met` is."""
    if "COMPARE" in expected:
        return "operator-or-quotes" if met in ("WORD", "$END") else "operator"
    if "STRING" in expected:
        if met == "COLUMN":
            return "value-in-double"
        return "value-or-quotes" if met in ("AND", "OR", "NOT") else "value"
    if "COLUMN" in expected:
        return "column-in-single" if met == "STRING" else "column"
    if "VALUES" in expected:
        return "values"
    if met == "COMMA":
        return "comma"
    if "AND" in expected:
        return "in-group" if "RPAR" in expected else "next"
    return "days" if "WORD" in expected else "others"


_SPELLED = {"LPAR": "(", "RPAR": ")", "COMMA": ","}
