"""Conditions on the columns of a list: who of it is chosen. Pure: no database, no network.

    text ─ grammar ─▶ tree ─ evaluate (on Arrow columns) ─▶ one Boolean for each row
                       └─ words ─▶ text, sentence

A condition is data: the tree is what a segment stores, what a page edits and what the command parses its text into, so
that all three choose the same rows. docs/cli.md describes the text.
"""

from getsms_core.contacts.conditions.columns import Columns
from getsms_core.contacts.conditions.errors import ConditionError
from getsms_core.contacts.conditions.evaluate import PhoneColumn, Selection, Unreadable, evaluate
from getsms_core.contacts.conditions.grammar import bind, parse
from getsms_core.contacts.conditions.tree import (
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
    columns_of,
    from_json,
    to_json,
)
from getsms_core.contacts.conditions.words import describe, to_text, unreadable_sentence

__all__ = [
    "All",
    "Any",
    "Birthday",
    "Columns",
    "Compare",
    "Condition",
    "ConditionError",
    "In",
    "Not",
    "Operator",
    "PhoneColumn",
    "Selection",
    "Unreadable",
    "all_of",
    "any_of",
    "bind",
    "columns_of",
    "describe",
    "evaluate",
    "from_json",
    "parse",
    "to_json",
    "to_text",
    "unreadable_sentence",
]
