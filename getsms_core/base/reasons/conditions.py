"""Sentences about the conditions that choose recipients; a `condition-problem` is a part of a sentence."""

from getsms_core.base.i18n import N_
from getsms_core.base.reasons.entries import Entry

SENTENCES: dict[str, Entry] = {
    "condition-error/text": N_("The condition is wrong at character {position}: {problem}."),
    "condition-error/stored": N_("The condition cannot be used: {problem}."),
    "condition-columns": N_("The columns are: {columns}."),
    "names-cut": N_("{names} … and {n} more"),
    "found": N_("found “{word}”"),
    "found/end": N_("but the text ends"),
    # What the grammar expects.
    "condition-problem/not-opened": N_("“)” closes a group that was not opened"),
    "condition-problem/not-closed": N_("the text ends before “)” closes the group"),
    "condition-problem/operator": N_(
        "expected an operator (= != < <= > >= contains starts in) after the column, {found}"
    ),
    "condition-problem/operator-or-quotes": N_(
        "expected an operator (= != < <= > >= contains starts in) after the column, {found}; a column with spaces is "
        'written in "double quotes"'
    ),
    "condition-problem/value-in-double": N_(
        "expected a value, {found} in double quotes, which are for columns; use 'single quotes'"
    ),
    "condition-problem/column-in-single": N_(
        'expected a column, {found} in single quotes, which are for values; use "double quotes"'
    ),
    "condition-problem/value": N_("expected a value, {found}"),
    "condition-problem/value-or-quotes": N_("expected a value, {found}; as a value it is written in 'single quotes'"),
    "condition-problem/column": N_("expected a column, {found}"),
    "condition-problem/values": N_("expected a list of values in parentheses, {found}"),
    "condition-problem/comma": N_(
        "expected and, or or the end, {found}; a value with a comma is written in 'single quotes'"
    ),
    "condition-problem/in-group": N_(
        "expected and, or or ), {found}; a value with spaces is written in 'single quotes'"
    ),
    "condition-problem/next": N_(
        "expected and, or or the end, {found}; a value with spaces is written in 'single quotes'"
    ),
    "condition-problem/days": N_("expected a number of days, {found}"),
    "condition-problem/others": N_("expected {names}, {found}"),
    "condition-problem/in-list": N_(
        "expected , or ) in the list of values, {found}; a value with spaces is written in 'single quotes'"
    ),
    # Characters.
    "condition-problem/too-long": N_("it is longer than {most} characters"),
    "condition-problem/nul": N_("a NUL character"),
    "condition-problem/surrogate": N_("a character is damaged (half of a surrogate pair)"),
    "condition-problem/single-quote": N_("the quote ' is not closed; inside quotes two of them '' are one apostrophe"),
    "condition-problem/double-quote": N_('the quote " is not closed'),
    "condition-problem/curly-quote": N_(
        "“{quote}” is not a quote here: write 'single quotes' for values and \"double quotes\" for columns"
    ),
    "condition-problem/unexpected": N_("“{word}” is not expected here"),
    # Values, columns and limits.
    "condition-problem/empty-value": N_("every cell contains an empty text"),
    "condition-problem/no-values": N_("the list of values is empty"),
    "condition-problem/days-value": N_("“{value}” is not a number of days"),
    "condition-problem/days-range": N_("a birthday is within 0 to {most} days"),
    "condition-problem/ambiguous-value": N_("“{value}” can mean {large} or {small}: write {large} or {small}0"),
    "condition-problem/unordered-value": N_("“{value}” is neither a number, as 500000, nor a date, as 31.12.2026"),
    "condition-problem/ambiguous-column": N_("“{column}” can mean several columns: {alike}"),
    "condition-problem/no-column": N_("there is no column “{column}”"),
    "condition-problem/not-stored": N_("what is stored is not a condition"),
    "condition-problem/conditions": N_("more than {most} conditions"),
    "condition-problem/list-values": N_("more than {most} values in lists"),
    "condition-problem/depth": N_("more than {most} groups inside each other"),
}
