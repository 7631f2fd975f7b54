"""The files that the program writes: their bytes are stable, and nothing in them is run."""

import csv
import io
from pathlib import Path

import openpyxl
import pandas as pd
import pyarrow as pa
import pytest

from getsms_core.base.errors import DomainError
from getsms_core.cli.table_file import write_table
from getsms_core.exports import table_csv
from getsms_core.spreadsheet import csv_writer, xlsx_writer
from tests.each_case import each_case

BOM = b"\xef\xbb\xbf"
DANGERS = ("=1", "+1", "-1", "@A", "\t=1", "\r=1", "\n=1", "＝1", "＋1", "－1", "＠A")
TABLE = pa.table(
    {
        "Sabab, why": ["=1+1", "a,b", None, 'q"q', "x\ny", "", " a"],
        "Telefon": ["+998 90", "＠A", "-1", "7", "\t=1", "\r=1", "oʻzi"],
    }
)


def test_a_command_cannot_write_where_a_folder_is_missing(tmp_path: Path) -> None:
    with pytest.raises(DomainError) as refused:
        write_table(TABLE, tmp_path / "missing" / "a.csv")
    assert refused.value.code == "cannot-write"


@pytest.mark.parametrize("ending", ["csv", "xlsx"])
def test_a_full_disk_is_a_sentence(tmp_path: Path, ending: str) -> None:
    (tmp_path / f"a.{ending}").symlink_to("/dev/full")
    with pytest.raises(DomainError) as refused:
        write_table(TABLE, tmp_path / f"a.{ending}")
    assert refused.value.code == "cannot-write"


def test_commands_quote_only_what_needs_it(tmp_path: Path) -> None:
    write_table(TABLE, tmp_path / "a.csv")
    assert (tmp_path / "a.csv").read_bytes() == BOM + (
        '"Sabab, why",Telefon\r\n'
        "'=1+1,'+998 90\r\n"
        '"a,b",\'＠A\r\n'
        ",'-1\r\n"
        '"q""q",7\r\n'
        '"x\ny",\'\t=1\r\n'
        ',"\'\r=1"\r\n'
        " a,oʻzi\r\n"
    ).encode()


def test_downloads_quote_every_text() -> None:
    assert (
        csv_writer.text_file(TABLE)
        == BOM
        + (
            '"Sabab, why","Telefon"\n'
            '"\'=1+1","\'+998 90"\n'
            '"a,b","\'＠A"\n'
            '"","\'-1"\n'
            '"q""q","7"\n'
            '"x\ny","\'\t=1"\n'
            '"","\'\r=1"\n'
            '" a","oʻzi"\n'
        ).encode()
    )


def test_the_table_of_a_chart_keeps_its_numbers_and_leaves_what_is_absent_empty() -> None:
    frame = pd.DataFrame(
        {
            "name": ["=1", None, "a,b"],
            "n": [1, 2, 3],
            "rate": [0.5, None, 1.0],
            "at": [pd.Timestamp("2026-01-02", tz="UTC"), pd.Timestamp("2026-01-03", tz="UTC"), pd.NaT],
        }
    )
    assert table_csv(frame) == BOM + (
        b'"name","n","rate","at"\n'
        b'"\'=1",1,0.5,"2026-01-02T00:00:00+00:00"\n'
        b',2,,"2026-01-03T00:00:00+00:00"\n'
        b'"a,b",3,1,\n'
    )


@each_case("danger", DANGERS)
@pytest.mark.parametrize("quoting", ["all", "needed"])
def test_no_way_to_begin_a_formula_gets_into_a_csv(danger: str, quoting: csv_writer.Quoting) -> None:
    out = io.BytesIO()
    csv_writer.write_table(pa.table({"Ism": [danger]}), out, quoting)
    text = out.getvalue().decode("utf-8-sig")
    assert list(csv.reader(io.StringIO(text, newline=""))) == [["Ism"], [f"'{danger}"]]


def test_a_workbook_holds_every_cell_as_text() -> None:
    sheet = openpyxl.load_workbook(io.BytesIO(xlsx_writer.text_file(TABLE))).worksheets[0]
    rows = list(sheet.iter_rows())
    assert [cell.value for cell in rows[0]] == ["Sabab, why", "Telefon"]
    assert [cell.value for cell in rows[1]] == ["=1+1", "+998 90"]
    assert {cell.data_type for row in rows for cell in row if cell.value is not None} == {"s"}
    assert [row[0].value for row in rows[2:]] == ["a,b", None, 'q"q', "x\ny", None, " a"]
    assert sheet.freeze_panes == "A2"


def test_a_text_longer_than_a_cell_is_shortened() -> None:
    long = "a" * (xlsx_writer.MOST_CHARACTERS + 1)
    sheet = openpyxl.load_workbook(io.BytesIO(xlsx_writer.text_file(pa.table({"a": [long]})))).worksheets[0]
    assert sheet["A2"].value == "a" * (xlsx_writer.MOST_CHARACTERS - 1) + "…"


def test_rows_past_the_last_one_of_a_sheet_go_to_the_next(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(xlsx_writer, "MOST_ROWS", 3)
    table = pa.table({"row": [str(n) for n in range(7)]})
    book = openpyxl.load_workbook(io.BytesIO(xlsx_writer.text_file(table)))
    assert book.sheetnames == ["Sheet1", "Sheet2", "Sheet3"]
    assert [[row[0] for row in sheet.values] for sheet in book] == [
        ["row", "0", "1", "2"],
        ["row", "3", "4", "5"],
        ["row", "6"],
    ]
