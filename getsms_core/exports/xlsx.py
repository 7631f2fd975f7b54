"""The workbook of an export: sheets of typed rows, a summary, and a sheet by day with charts."""

from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
from rustpy_xlsxwriter import Format

from getsms_core.base.formatting import number
from getsms_core.base.i18n import _, pgettext
from getsms_core.base.states import COUNTED, COUNTED_AS_SENT, LABELS, SENT, Figures, MessageState
from getsms_core.billing import price_list
from getsms_core.exports.query import INSTANTS, Selection
from getsms_core.reports import OUTCOME_LABELS, interval, range_in_words
from getsms_core.spreadsheet.xlsx_writer import MOST_ROWS, split, write_workbook

WIDTHS = {"text": 60.0, "phone": 15.0, "sent_at": 19.0, "settled_at": 19.0, "campaign": 28.0, "reason": 24.0}
SHARE = Format().set_num_format("0.0%")
MOST_NAMES = 200
STATES = ("delivered", "undelivered", "expired")


SUMMED_COLUMNS = ("state", "campaign_id", "parts", "price", "billed_parts", "reason")
"""The columns of the database that `FileTotals` reads."""


@dataclass
class FileTotals:
    """Totals of the rows in a file, counted as they are read: messages by state, campaigns, SMS parts and tiyin of
    submitted messages, and the parts and tiyin billed by receipts (`reconciliation.Sums`, row by row)."""

    states: Counter[str] = field(default_factory=Counter)
    campaign_ids: set[int] = field(default_factory=set)
    sent_parts: int = 0
    sent_cost: int = 0
    billed_parts: int = 0
    billed: int = 0

    def add(self, batch: pa.RecordBatch) -> None:
        """Add a batch of the database's columns."""
        for state_count in pc.value_counts(batch["state"]):
            self.states[str(state_count["values"])] += state_count["counts"].as_py()
        by_hand = pc.and_(
            pc.equal(batch["state"], MessageState.ACCEPTED.value), pc.equal(batch["reason"], COUNTED_AS_SENT)
        )
        self.states[COUNTED] += pc.sum(by_hand).as_py() or 0
        self.campaign_ids.update(pc.unique(batch["campaign_id"]).to_pylist())
        parts, price, billed = (batch[name].cast(pa.int64()) for name in ("parts", "price", "billed_parts"))
        sent = pc.is_in(batch["state"], pa.array([state.value for state in SENT]))
        self.sent_parts += pc.sum(parts.filter(sent)).as_py() or 0
        self.sent_cost += pc.sum(price.filter(sent)).as_py() or 0
        self.billed_parts += pc.sum(billed).as_py() or 0
        self.billed += pc.sum(pc.divide(pc.multiply(billed, price), pc.max_element_wise(parts, 1))).as_py() or 0


def write_book(spool: Path, path: Path, selection: Selection, totals: FileTotals) -> None:
    """Write the workbook from an Arrow file of its rows and their totals."""
    with pa.memory_map(str(spool)) as source, pa.ipc.open_file(source) as rows:
        batches = [rows.get_batch(i) for i in range(rows.num_record_batches)]  # mapped: no copy
        total = sum(batch.num_rows for batch in batches)
        sheets: dict[str, Any] = {}
        for n, first in enumerate(range(0, max(total, 1), MOST_ROWS)):
            name = _("Messages") if n == 0 else f"{_('Messages')} {n + 1}"
            sheets[name] = pa.RecordBatchReader.from_batches(rows.schema, split(batches, first, MOST_ROWS))
        columns = [name for name in selection.columns if name in INSTANTS or name == "price"]
        formats = {name: _format(name) for name in columns}
        widths = {name: WIDTHS.get(name, 12.0) for name in selection.columns}
        texts: list[str] = [name for name in ("phone", "request_id") if name in selection.columns]
        summary, lines = _("Summary"), _summary(selection, total, totals)
        formats_of = dict.fromkeys((_("Delivery rate"), _("Rate, at least"), _("Rate, at most")), SHARE)
        formats_of |= dict.fromkeys((_("Submitted, so'm"), _("Billed, so'm")), Format().set_num_format("#,##0.00"))
        numbers = {
            n: formats_of[line[_("What")]]
            for n, line in enumerate(lines, start=1)
            if line[_("What")] in formats_of and isinstance(line[_("Figure")], float)
        }
        days = _days(selection)
        charted = {_("By day"): _charts()} if days else {}
        write_workbook(
            [*sheets.items(), (summary, lines), *((name, days) for name in charted)],
            str(path),
            charts=charted,
            row_formats={summary: numbers} if numbers else {},
            autofilter=dict.fromkeys(sheets, True),
            column_formats={**dict.fromkeys(sheets, formats), **dict.fromkeys(charted, _day_formats())},
            column_widths={
                **dict.fromkeys(sheets, widths),
                summary: [34.0, 24.0],
                **dict.fromkeys(charted, [12.0] * 11),
            },
            ignore_errors=dict.fromkeys(sheets, texts),
        )


def _format(name: str) -> Format:
    return Format().set_num_format("yyyy-mm-dd hh:mm:ss" if name in INSTANTS else "#,##0.00")


def _days(selection: Selection) -> list[dict[str, Any]]:
    """Return one row per day: messages sent and their status, for the charts and for reference."""
    if selection.days is None:
        return []
    return [
        {
            _("Day"): day["at"].date(),
            _("Sent"): int(day["sent"]),
            **{_(LABELS[state]): int(day[state]) for state in STATES},
            _("Waiting"): int(day["waiting"]),
            _("Uncertain"): int(day["uncertain"]),
            _("Delivery rate"): None if day["settled"] == 0 else float(day["rate"]),
            _("Rate, at least"): None if day["sent"] == 0 else float(day["low"]),
            _("Rate, at most"): None if day["sent"] == 0 else float(day["high"]),
            _("Counted as sent"): int(day["counted"]),
        }
        for day in selection.days.to_dict("records")
    ]


def _day_formats() -> dict[str, Format]:
    shares = dict.fromkeys((_("Delivery rate"), _("Rate, at least"), _("Rate, at most")), SHARE)
    return {_("Day"): Format().set_num_format("yyyy-mm-dd")} | shares


def _charts() -> list[dict[str, Any]]:
    """Return the charts of messages by status and of the rate by day; Excel draws them from the sheet's cells."""
    states = [*(_(LABELS[state]) for state in STATES), _("Waiting"), _("Counted as sent"), _("Uncertain")]
    size = {"col": 12, "width": 760, "height": 300}
    return [
        {"type": "column_stacked", "series": states, "categories": _("Day"), "row": 0, "title": _("Messages by day"),
         "y_axis": _("Messages"), **size},
        {"type": "line", "series": [_("Delivery rate")], "categories": _("Day"), "row": 16,
         "title": _("Delivery rate by day"), "y_axis": _("Delivery rate"), **size},
    ]  # fmt: skip


def _summary(selection: Selection, total: int, totals: FileTotals) -> list[dict[str, Any]]:
    figures, question = Figures.of(totals.states), selection.question
    names = [meta.name for meta in selection.campaigns.values() if meta.id in totals.campaign_ids]
    lines: list[tuple[str, Any]] = [(_("Campaign"), name) for name in names[:MOST_NAMES]]
    if len(names) > MOST_NAMES:
        lines.append(("", _("{n} more campaigns").format(n=number(len(names) - MOST_NAMES))))
    # As text: the format of a date would apply to all cells below it.
    days = ((pgettext("date", "From"), question.since), (pgettext("date", "To"), question.until))
    lines += [(label, day.isoformat()) for label, day in days if day]
    if question.ranges:
        lines.append((_("Number ranges"), ", ".join(map(range_in_words, question.ranges))))
    if question.senders:
        lines.append((_("Sender names"), ", ".join(name or _("Short number") for name in question.senders)))
    lines += [(_("Messages"), total)]
    states = figures.counts() | {"accepted": figures.waiting, COUNTED: figures.counted}
    lines += [(_(OUTCOME_LABELS[state]), n) for state, n in states.items() if n]
    lines += [
        (_("Sent"), figures.sent),
        (_("Delivery rate"), "–" if figures.rate is None else figures.rate),
        ("", _("Share delivered of messages with a final status. Waiting and uncertain messages are not in the rate.")),
    ]
    low, high = interval(figures)
    if low is not None and high is not None:
        meaning = (
            _("If all waiting messages fail, and if all are delivered.")
            if figures.waiting
            else _("With 95 % confidence.")
        )
        lines += [(_("Rate, at least"), float(low)), (_("Rate, at most"), float(high)), ("", meaning)]
    lines += [
        (_("Submitted SMS parts"), totals.sent_parts),
        (_("Submitted, so'm"), float(price_list.som(totals.sent_cost))),
        (_("Billed parts"), totals.billed_parts),
        (_("Billed, so'm"), float(price_list.som(totals.billed))),
        ("", ""),
        (_("Time zone"), str(selection.zone)),
        (_("Prices"), _("so'm for all parts of a message")),
    ]
    return [{_("What"): what, _("Figure"): figure} for what, figure in lines]
