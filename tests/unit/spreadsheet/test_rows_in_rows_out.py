"""Every row of a file is a recipient or a named refusal: each kind of cell, in each format, in the first row, between
and in the last row, alone in its row and beside a name."""

from pathlib import Path

import pytest

from getsms_core.contacts.validation import check_list
from getsms_core.spreadsheet import read
from tests.each_case import each_case
from tests.unit.spreadsheet import cell_files
from tests.unit.spreadsheet.cell_files import (
    BOOLEAN,
    CALCULATED,
    DATED,
    EMPTY_TEXT,
    ERROR,
    FORMULA,
    NUMBER,
    PHONE,
    TEXT,
    WRITERS,
    write_xls,
)

EXPECTED = {
    TEXT: "as-is",
    NUMBER: "as-is",
    DATED: "as-is",
    CALCULATED: "as-is",
    ERROR: "error-value",
    BOOLEAN: "not-a-number",
    FORMULA: "formula-without-value",
    EMPTY_TEXT: "empty",
}
# A formula of XLSB always has a value.
KINDS = [
    (file_format, kind) for file_format in WRITERS for kind in EXPECTED if (file_format, kind) != ("xlsb", FORMULA)
]
NAMES = {1: (), 2: ((TEXT, "Ali"),), 3: ((TEXT, "Ali"), (TEXT, "Toshkent"))}


def outcomes(path: Path) -> list[tuple[int, str]]:
    """(row, outcome) of each row."""
    checked = check_list(read(path))
    return list(zip(checked.rows["row"].to_pylist(), checked.rows["outcome"].to_pylist(), strict=True))


def rows_of(kind: str, width: int) -> list[cell_files.Row]:
    """A header and five rows: the kind is in the first, the third and the last."""
    header: cell_files.Row = ((TEXT, "Ism"), (TEXT, "Shahar"))[: width - 1]
    rows: list[cell_files.Row] = [(*header, (TEXT, "Telefon"))]
    rows += [(*NAMES[width], (NUMBER if at % 2 else kind, PHONE + at)) for at in range(5)]
    return rows


@pytest.mark.parametrize("width", [1, 2, 3])
@each_case(("file_format", "kind"), KINDS)
def test_each_row_is_there_once(tmp_path: Path, file_format: str, kind: str, width: int) -> None:
    path = tmp_path / f"list.{file_format}"
    WRITERS[file_format](path, rows_of(kind, width))
    wanted = [(at + 2, "as-is" if at % 2 else EXPECTED[kind]) for at in range(5)]
    if kind == EMPTY_TEXT and width == 1:  # nothing at all is in these rows
        wanted = [row for row in wanted if row[1] != "empty"]
    assert outcomes(path) == wanted


@pytest.mark.parametrize("width", [1, 2])
def test_an_xls_that_excel_calculated_may_have_prepared_formulas_below_the_list(tmp_path: Path, width: int) -> None:
    rows = [*rows_of(NUMBER, width), ((FORMULA, ""),) * width, ((FORMULA, ""),) * width]
    write_xls(tmp_path / "a.xls", rows, calculated=True)
    assert [row for row, _ in outcomes(tmp_path / "a.xls")] == [2, 3, 4, 5, 6]
    write_xls(tmp_path / "b.xls", rows)
    assert outcomes(tmp_path / "b.xls")[5:] == [(7, "formula-without-value"), (8, "formula-without-value")]


def test_an_xls_of_many_sectors_keeps_its_formulas(tmp_path: Path) -> None:
    rows: list[cell_files.Row] = [((TEXT, "Telefon"),), *[((NUMBER, PHONE + at),) for at in range(9_000)]]
    write_xls(tmp_path / "a.xls", [*rows, ((FORMULA, ""),)])
    assert outcomes(tmp_path / "a.xls")[-2:] == [(9_001, "as-is"), (9_002, "formula-without-value")]
