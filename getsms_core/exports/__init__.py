"""Export files: `write` writes one in this process, `enqueue` asks a worker for it.

A file has one row per message, in the order of campaigns and their lists. CSV, Parquet, XLSX and JSON (an array of
objects) have the same columns and rows; columns and states keep their codes in every language, so that scripts can
read them."""

from getsms_core.exports.columns_of_files import COLUMNS, EXCEL_RU, MORE_COLUMNS
from getsms_core.exports.cut_file import CUT_FORMATS, cut_as_json, cut_rows, read_cut, write_cut
from getsms_core.exports.jobs import (
    KEPT_DAYS,
    ExportRequest,
    all_exports,
    ask_again,
    check,
    delete,
    enqueue,
    fail,
    get,
    give_up,
    make,
    may_open,
    open_file,
    sweep,
)
from getsms_core.exports.row_filter import RowFilter
from getsms_core.exports.service import BOARD, FORMATS, Written, report, table_csv, write

__all__ = [
    "BOARD",
    "COLUMNS",
    "CUT_FORMATS",
    "EXCEL_RU",
    "FORMATS",
    "KEPT_DAYS",
    "MORE_COLUMNS",
    "ExportRequest",
    "RowFilter",
    "Written",
    "all_exports",
    "ask_again",
    "check",
    "cut_as_json",
    "cut_rows",
    "delete",
    "enqueue",
    "fail",
    "get",
    "give_up",
    "make",
    "may_open",
    "open_file",
    "read_cut",
    "report",
    "sweep",
    "table_csv",
    "write",
    "write_cut",
]
