"""A breakdown as a file: one row a value, with the same figures as the pages."""

from collections.abc import Iterator
from datetime import tzinfo
from pathlib import Path
from typing import Any

import orjson
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet
from rustpy_xlsxwriter import Format

from getsms_core.base.atomic_file import whole
from getsms_core.base.errors import NotFound
from getsms_core.base.permissions import Actor, Permission
from getsms_core.billing import price_list
from getsms_core.db.engine import Store
from getsms_core.exports.columns import text_for_excel
from getsms_core.exports.columns_of_files import EXCEL_RU
from getsms_core.reports import STATES, Filter, by_cut
from getsms_core.spreadsheet import csv_writer
from getsms_core.spreadsheet.csv_writer import CsvWriter
from getsms_core.spreadsheet.xlsx_writer import shorten_texts, write_workbook

CUT_FORMATS = ("csv", "xlsx", "json", "parquet")
CUT_SHEET = "Breakdown"
"""The name of the sheet, the same in every language: other files refer to it."""
_SHARES = ("rate", "low", "high")


def cut_rows(frame: pd.DataFrame) -> Iterator[dict[str, Any]]:
    """Yield {"value", "sent", "delivered", "rate", "low", "high", "cost", "responses", "messages"} for each value:
    rates 0 to 1 or None, cost is tiyin of what was sent."""
    messages = frame[STATES].sum(axis=1).tolist()
    for row, n in zip(frame.to_dict("records"), messages, strict=True):
        shares = {name: None if pd.isna(row[name]) else float(row[name]) for name in _SHARES}
        yield {
            "value": row["value"],
            "sent": int(row["sent"]),
            "delivered": int(row["delivered"]),
            **shares,
            "cost": int(row["sent_cost"]),
            "responses": int(row["responses"]),
            "messages": int(n),
        }


def write_cut(
    store: Store, actor: Actor, question: Filter, by: str, format: str, path: Path, zone: tzinfo, csv_for: str = ""
) -> list[dict[str, Any]]:
    """Write the breakdown of a filter to `path`, replacing an existing file; return its rows as `cut_rows`. `csv_for`
    is EXCEL_RU for a CSV that Excel in Russian opens. The file is written completely or not at all. Raises
    `DomainError` ("not-allowed", "no-such-format" and as `reports.by_cut`)."""
    if format not in CUT_FORMATS:
        raise NotFound.of("no-such-format", case="known", name=format, known=", ".join(CUT_FORMATS))
    rows = read_cut(store, actor, question, by, zone)
    with whole(path) as part:
        if format == "json":
            part.write_bytes(cut_as_json(rows) + b"\n")
        else:
            _write_table(_table(rows, format, csv_for), format, part, csv_for)
    return rows


def read_cut(store: Store, actor: Actor, question: Filter, by: str, zone: tzinfo) -> list[dict[str, Any]]:
    """Return the rows of a breakdown as `cut_rows`. Raises `DomainError` ("not-allowed" and as `reports.by_cut`)."""
    actor.must(Permission.EXPORT)
    return list(cut_rows(by_cut(store, actor, question, zone, by)))


def cut_as_json(rows: list[dict[str, Any]]) -> bytes:
    """Return the rows as a JSON array, a row a line."""
    return b"[\n" + b",\n".join(orjson.dumps(_document(row)) for row in rows) + b"\n]"


def _document(row: dict[str, Any]) -> dict[str, Any]:
    return row | {"cost": price_list.document(row["cost"])}


def _table(rows: list[dict[str, Any]], format: str, csv_for: str) -> pa.Table:
    money = {"csv": pa.string(), "xlsx": pa.float64(), "parquet": pa.decimal128(18, 2)}[format]
    som = [price_list.som(row["cost"]) for row in rows]
    costs = [f"{cost:.2f}" if format == "csv" else float(cost) if format == "xlsx" else cost for cost in som]
    types = {"value": pa.string(), **dict.fromkeys(_SHARES, pa.float64()), "cost": money}
    names = ("value", "sent", "delivered", "rate", "low", "high", "cost", "responses", "messages")
    columns = [
        pa.array(costs if name == "cost" else [row[name] for row in rows], types.get(name, pa.int64()))
        for name in names
    ]
    table = pa.table(columns, names)
    if csv_for != EXCEL_RU:
        return table
    for name in (*_SHARES, "cost"):
        decimal = pc.replace_substring(table[name].cast(pa.string()), ".", ",")
        table = table.set_column(names.index(name), name, decimal)
    return table.set_column(0, "value", text_for_excel(table["value"].combine_chunks()))


def _write_table(table: pa.Table, format: str, path: Path, csv_for: str) -> None:
    if format == "parquet":
        pyarrow.parquet.write_table(table, str(path))
    elif csv_for == EXCEL_RU:
        with path.open("wb") as file, CsvWriter(file, table.schema, safe=table.column_names, delimiter=";") as writer:
            for batch in table.to_batches():
                writer.write(batch)
    elif format == "csv":
        with path.open("wb") as file:
            csv_writer.write_table(table, file)
    else:
        texts = pa.Table.from_batches(map(shorten_texts, table.to_batches()), table.schema)
        formats = dict.fromkeys(_SHARES, Format().set_num_format("0.0%"))
        formats |= {"cost": Format().set_num_format("#,##0.00")}
        formats |= dict.fromkeys(("sent", "delivered", "responses", "messages"), Format().set_num_format("#,##0"))
        write_workbook(
            [(CUT_SHEET, texts)], str(path), autofilter={CUT_SHEET: True}, column_formats={CUT_SHEET: formats},
            column_widths={CUT_SHEET: {"value": 30.0, **dict.fromkeys(table.column_names[1:], 12.0)}},
        )  # fmt: skip
