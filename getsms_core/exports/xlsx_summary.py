"""The first sheet of a workbook: the figures, then what the file shows, then what its codes mean."""

from typing import Any

from rustpy_xlsxwriter import Format

from getsms_core.base import failure_reasons, formatting
from getsms_core.base.formatting import number, signed_tenths
from getsms_core.base.i18n import N_, _, pgettext
from getsms_core.base.state_meanings import message_meaning
from getsms_core.base.states import COUNTED, LABELS, Figures, MessageState
from getsms_core.billing import price_list
from getsms_core.contacts.conditions import to_text
from getsms_core.exports.columns_of_files import LIST_DELETED
from getsms_core.exports.comparison import Comparison
from getsms_core.exports.file_totals import FileTotals
from getsms_core.exports.query import Selection
from getsms_core.reports import OUTCOME_LABELS, interval, range_in_words

SHARE, COUNT, SOM, SECONDS = "0.0%", "#,##0", "#,##0.00", "#,##0.0"
MOST_NAMES = 200
COLUMN_MEANINGS = {
    "price": N_("so'm for all parts of a message, whether it was sent or not"),
    "cost": N_("so'm of what was sent; 0 where nothing was"),
    "state": N_("the codes below"),
    "sent_at": N_("local time"),
    "settled_at": N_("local time of the final status"),
    "client_key": N_("your own key of the recipient; in masked files a salted hash of the number"),
    "weekday": N_("1 = Monday"),
    LIST_DELETED: N_("the rows of the list are deleted, so its columns are empty"),
}


Line = tuple[str, Any, str, str]
"""What, figure, remark, number format ("" for texts)."""


def lines(selection: Selection, total: int, totals: FileTotals, compared: Comparison) -> list[Line]:
    """Return the lines of the sheet, the figures first."""
    return [*_figures(total, totals, compared), *_contents(selection, totals), *_legend(selection)]


def _figures(total: int, totals: FileTotals, compared: Comparison) -> list[Line]:
    figures = Figures.of(totals.states)
    counts = figures.counts() | {"waiting": figures.waiting, COUNTED: figures.counted}
    always = ("delivered", "rejected", "undelivered", "expired", "waiting", "uncertain")
    rare = ("queued", "sending", "cancelled", COUNTED)
    low, high = interval(figures)
    meaning = (
        _("If all waiting messages fail, and if all are delivered.") if figures.waiting else _("With 95% confidence.")
    )
    of_rate = _("Share delivered of messages with a final status. Waiting and uncertain messages are not in the rate.")
    cost, delivered = price_list.som(totals.sent_cost), figures.delivered
    return [
        (_("Messages"), total, "", COUNT),
        (_("Sent"), figures.sent, _change(figures, compared.before), COUNT),
        *((_(OUTCOME_LABELS[state]), counts[state], "", COUNT) for state in always),
        *((_(OUTCOME_LABELS[state]), counts[state], "", COUNT) for state in rare if counts[state]),
        (_("Delivery rate"), figures.rate, of_rate, SHARE),
        (_("Rate, at least"), low, "" if low is None else meaning, SHARE),
        (_("Rate, at most"), high, "", SHARE),
        *_rate_before(figures, compared.before),
        (_("Median time, s"), compared.median, _("From sent to delivered."), SECONDS),
        (_("95% within, s"), compared.p95, "", SECONDS),
        (_("Submitted SMS parts"), totals.sent_parts, "", COUNT),
        (_("Submitted, so'm"), float(cost), "", SOM),
        (_("So'm for one delivered"), float(cost / delivered) if delivered else None, "", SOM),
        (_("Possible cost of uncertain messages, so'm"), float(price_list.som(totals.uncertain_cost)),
         _("If all of them were sent."), SOM),
        (_("Billed parts"), totals.billed_parts, "", COUNT),
        (_("Billed, so'm"), float(price_list.som(totals.billed)), "", SOM),
    ]  # fmt: skip


def _change(figures: Figures, before: Figures | None) -> str:
    if before is None:
        return ""
    return _("{n} in the period before").format(n=number(before.sent))


def _rate_before(figures: Figures, before: Figures | None) -> list[Line]:
    if before is None or before.rate is None or figures.rate is None:
        return []
    difference = (figures.rate - before.rate) * 100
    remark = _("{points} points against the period before").format(points=signed_tenths(difference))
    return [(_("Delivery rate of the period before"), before.rate, remark, SHARE)]


def _contents(selection: Selection, totals: FileTotals) -> list[Line]:
    """Return what the file shows: period, filters, lists, campaigns."""
    question, rows = selection.question, selection.rows
    # As text: the format of a date would apply to all cells below it.
    days = ((pgettext("date", "From"), question.since), (pgettext("date", "To"), question.until))
    entries: list[tuple[str, str]] = [(label, formatting.day(day)) for label, day in days if day]
    if question.ranges:
        entries.append((_("Number ranges"), ", ".join(map(range_in_words, question.ranges))))
    if question.senders:
        entries.append((_("Sender names"), ", ".join(name or _("Short number") for name in question.senders)))
    if rows.states:
        entries.append((_("State"), ", ".join(_(LABELS[state]) for state in rows.states)))
    if rows.reason:
        entries.append((_("Reason"), failure_reasons.in_words(rows.reason) or rows.reason))
    if rows.condition is not None:
        entries.append((_("Condition"), to_text(rows.condition)))
    entries += [(_("Time zone"), str(selection.zone)), (_("Prices"), _("so'm for all parts of a message"))]
    deleted_lists = [row.name for row in selection.lists.deleted] if LIST_DELETED in selection.columns else []
    entries += [(_("List"), _("“{name}”: its rows are deleted, so its columns are empty.").format(name=name))
                for name in deleted_lists[:MOST_NAMES]]  # fmt: skip
    names = [meta.name for meta in selection.campaigns.values() if meta.id in totals.campaign_ids]
    entries += [(_("Campaign"), name) for name in names[:MOST_NAMES]]
    if len(names) > MOST_NAMES:
        entries.append(("", _("{n} more campaigns").format(n=number(len(names) - MOST_NAMES))))
    return [("", None, "", ""), *((item, text, "", "") for item, text in entries)]


def _legend(selection: Selection) -> list[Line]:
    """Return what the codes and columns of the messages mean."""
    columns = [name for name in selection.columns if name in COLUMN_MEANINGS]
    states: list[Line] = [(state.value, _(LABELS[state]), message_meaning(state), "") for state in MessageState]
    states = states if "state" in columns else []
    return [
        ("", None, "", ""),
        (_("Codes"), None, "", ""),
        *((name, _(COLUMN_MEANINGS[name]), "", "") for name in columns),
        *states,
    ]


def formats(summary: list[Line]) -> dict[int, Format]:
    """Return the number format of each row with a figure."""
    return {
        row: Format().set_num_format(kind)
        for row, (_what, figure, _remark, kind) in enumerate(summary, start=1)
        if kind and figure is not None
    }
