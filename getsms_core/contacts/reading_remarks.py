"""What a user should know about how a file was read: its other sheets, hidden rows, values that are not as shown."""

from getsms_core.base.i18n import _, ngettext
from getsms_core.contacts.facts import ListFacts
from getsms_core.spreadsheet.limits import SHOWN_ROWS


def _number(n: int) -> str:
    """A number as this language writes it; the formats of languages take 40 ms to import."""
    from getsms_core.base import formatting

    return formatting.number(n)


def reading_remarks(facts: ListFacts) -> list[str]:
    """The sentences about a list's facts, in the language of this context; facts of older lists may lack the keys."""
    remarks = []
    others = [name for name in facts.sheets if name != facts.sheet]
    if others:
        remarks.append(
            ngettext(
                "The file has several sheets. “{sheet}” was read; this one was not: {others}.",
                "The file has several sheets. “{sheet}” was read; these were not: {others}.",
                len(others),
            ).format(sheet=facts.sheet, others=", ".join(f"“{name}”" for name in others))
        )
    hidden, skipped = facts.hidden_rows or 0, facts.skipped_rows or 0
    if skipped:
        remarks.append(
            ngettext(
                "{n} row is hidden or filtered out in the spreadsheet and was left out.",
                "{n} rows are hidden or filtered out in the spreadsheet and were left out.",
                skipped,
            ).format(n=_number(skipped))
        )
    elif hidden:
        remarks.append(
            ngettext(
                "{n} row is hidden or filtered out in the spreadsheet; it is part of the list.",
                "{n} rows are hidden or filtered out in the spreadsheet; they are part of the list.",
                hidden,
            ).format(n=_number(hidden))
        )
    if facts.as_shown is False:
        remarks.append(
            _(
                "The sheet has more than {limit} rows: percents and times are shown as stored numbers (0.15, not 15%) "
                "and hidden rows were not looked for."
            ).format(limit=_number(SHOWN_ROWS))
        )
    return remarks
