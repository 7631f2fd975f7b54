"""The workbook of an export: a summary, a sheet by day with charts, and sheets of typed rows.

The names of sheets and ranges are the same in every language and always there: other files refer to them."""

from pathlib import Path
from typing import Any

import pyarrow as pa
from rustpy_xlsxwriter import Format

from getsms_core.base.i18n import _
from getsms_core.base.states import LABELS
from getsms_core.exports.columns_of_files import INSTANTS, of_list
from getsms_core.exports.comparison import Comparison
from getsms_core.exports.file_totals import SUMMED_COLUMNS, FileTotals
from getsms_core.exports.query import Selection
from getsms_core.exports.xlsx_summary import COUNT, SHARE, SOM, formats, lines
from getsms_core.reports import interval
from getsms_core.spreadsheet.workbook_parts import DATE_FORMAT, finish
from getsms_core.spreadsheet.xlsx_writer import MOST_ROWS, split, write_workbook

__all__ = ["SUMMED_COLUMNS", "FileTotals", "write_book"]
SUMMARY, BY_DAY, MESSAGES = "Summary", "By day", "Messages"
WIDTHS = {"text": 60.0, "phone": 15.0, "sent_at": 19.0, "settled_at": 19.0, "campaign": 28.0, "reason": 24.0}
STATES = ("delivered", "undelivered", "expired")
PRINT = {"landscape": True, "fit_to_pages": (1, 0), "repeat_rows": 0, "paper_size": 9, "footer": "&L&A&R&P / &N"}
"""A4 across, one page wide, the heading on every page; the sheet and the page number below."""


def write_book(spool: Path, path: Path, selection: Selection, totals: FileTotals, compared: Comparison) -> None:
    """Write the workbook from an Arrow file of its rows and their totals."""
    with pa.memory_map(str(spool)) as source, pa.ipc.open_file(source) as rows:
        batches = [rows.get_batch(i) for i in range(rows.num_record_batches)]  # mapped: no copy
        total = sum(batch.num_rows for batch in batches)
        parts: dict[str, Any] = {}
        for n, first in enumerate(range(0, max(total, 1), MOST_ROWS)):
            name = MESSAGES if n == 0 else f"{MESSAGES} {n + 1}"
            parts[name] = pa.RecordBatchReader.from_batches(rows.schema, split(batches, first, MOST_ROWS))
        summary = lines(selection, total, totals, compared)
        days = _days(totals)
        headings = rows.schema.names
        columns = dict(zip(headings, selection.columns, strict=True))
        row_formats = {heading: Format().set_num_format(kind) for heading, name in columns.items()
                       if (kind := _number_format(name))}  # fmt: skip
        widths = {heading: WIDTHS.get(name, 18.0 if of_list(name) else 12.0) for heading, name in columns.items()}
        texts = [heading for heading, name in columns.items() if name in ("phone", "request_id") or of_list(name)]
        shown = [{_("What"): item, _("Figure"): figure, _("Remark"): remark} for item, figure, remark, _kind in summary]
        sheets = [(SUMMARY, shown), (BY_DAY, days), *parts.items()]
        write_workbook(
            sheets,
            str(path),
            charts={BY_DAY: _charts()} if days.num_rows else {},
            row_formats={SUMMARY: formats(summary)},
            autofilter=dict.fromkeys([BY_DAY, *parts], True),
            column_formats={**dict.fromkeys(parts, row_formats), BY_DAY: _day_formats(days.column_names)},
            column_widths={
                **dict.fromkeys(parts, widths),
                SUMMARY: [42.0, 24.0, 60.0],
                BY_DAY: [12.0] * days.num_columns,
            },
            ignore_errors=dict.fromkeys(parts, texts),
            page_setup=dict.fromkeys((SUMMARY, BY_DAY, *parts), PRINT),
        )
    ranges = {
        "SummaryTable": _range(SUMMARY, 3, len(summary)),
        "ByDayTable": _range(BY_DAY, days.num_columns, days.num_rows),
        "MessagesTable": _range(MESSAGES, len(headings), min(total, MOST_ROWS)),
    }
    cells = [[name, *days[name].to_pylist()] for name in days.column_names]
    finish(path, {BY_DAY: cells}, ranges, {BY_DAY: _day_kinds(days.column_names)})


def _range(sheet: str, columns: int, rows: int) -> str:
    letters, n = "", columns
    while n:
        n, letter_index = divmod(n - 1, 26)
        letters = chr(ord("A") + letter_index) + letters
    return f"'{sheet}'!$A$1:${letters}${rows + 1}"


def _number_format(name: str) -> str:
    if name in INSTANTS:
        return "yyyy-mm-dd hh:mm:ss"
    return {"price": SOM, "cost": SOM, "day": DATE_FORMAT, "seconds_to_delivery": "#,##0.000"}.get(name, "")


def _days(totals: FileTotals) -> pa.Table:
    """Return one row per day: messages sent and their status, for the charts and for reference."""
    days = totals.days()
    bounds = [interval(figures) for _day, figures in days]
    counts = {
        _("Sent"): [figures.sent for _day, figures in days],
        **{_(LABELS[state]): [figures.counts()[state] for _day, figures in days] for state in STATES},
        _("Waiting"): [figures.waiting for _day, figures in days],
        _("Uncertain"): [figures.uncertain for _day, figures in days],
    }
    shares = {
        _("Delivery rate"): [figures.rate for _day, figures in days],
        _("Rate, at least"): [low for low, _high in bounds],
        _("Rate, at most"): [high for _low, high in bounds],
    }
    columns = {_("Day"): pa.array([day for day, _figures in days], pa.date32())}
    columns |= {name: pa.array(values, pa.int64()) for name, values in counts.items()}
    columns |= {name: pa.array(values, pa.float64()) for name, values in shares.items()}
    columns[_("Counted as sent")] = pa.array([figures.counted for _day, figures in days], pa.int64())
    return pa.table(columns)


def _day_kinds(names: list[str]) -> dict[str, str]:
    shares = (_("Delivery rate"), _("Rate, at least"), _("Rate, at most"))
    return dict.fromkeys(names, COUNT) | dict.fromkeys(shares, SHARE) | {_("Day"): DATE_FORMAT}


def _day_formats(names: list[str]) -> dict[str, Format]:
    return {name: Format().set_num_format(kind) for name, kind in _day_kinds(names).items()}


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
