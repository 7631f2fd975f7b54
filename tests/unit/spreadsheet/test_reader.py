"""Reading lists: what is refused and how it is said, then every format, encoding and shape that people have."""

import base64
import csv
import io
import struct
import zipfile
import zlib
from pathlib import Path
from typing import Literal

import openpyxl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from getsms_core.base.errors import DomainError
from getsms_core.spreadsheet import LIMITS, Limits, Sheet, read
from getsms_core.spreadsheet.csv_text import read_csv
from getsms_core.spreadsheet.encodings import detect_encoding
from getsms_core.spreadsheet.grid import filled_rows
from tests.each_case import each_case
from tests.unit.spreadsheet.cell_files import write_package

ROWS = [["Ism", "Telefon"], ["Алишер", "998901234567"], ["Lola", "+998 90 123-45-68"]]
# An old Excel file with these rows and a date; nothing that still writes the format is at hand.
XLS = zlib.decompress(
    base64.b85decode(
        "c-rk)O=uHA6#izjX?|$)XDYNp2?49N4OnX>LE6+%t%5041b+}TH4$plq(m?Fpw*hAAb3)|6zaiC)r&vqL2n*}h#mw%Nc7;rlc3<C&HCo;M$@R"
        "!fEKFzE%WBhoA+kk?wfhDyDtjf;_Thl5^B&73(A@U4OKEh#ZhT^K>eB~*-CAvqM2A#aM&r34OTpAdTx_3l<_V>!5#G}QQ#ewqnN~SHj@ghAY$x8"
        "LP#I_hzi^wi3=_4m5=EOrfZnqX3fV;2Uv2MX&>np#Ss*u!yRE`6(3T9+~<NE_deUaVM#Zd@l3Ab^H+qfYsHS-SR%d3I@;7m%z*+rl**)XvhBuAI"
        "Dx~2P&^(Q94x|5!JfkxEdYG3?CK{0Q@*lt0g``RD!2VcZl@sD%C9OaFb(ZEZ<0La<&df;<M`OA>{L3DTR@D~1-Mv%J*OvVVH`-MQzx^T1_+P3T@"
        "9<d)n0W#CCk0pbixaCMk3)rWOJZ<OHXKPZ)jWCDU&}Z3(t~d(Zrjmk!TWb=Doa?JmkT`txqrGqa)E{EScs5LO({<ORu5fg0vuG7x!4c(+;-iWO|"
        "WDUB`SYQ$O7c)$JqA2D591buMvlJI&L>cop4H#cw1&|8d`gw*33(CgSIZN>l#%*U?!7=~zpWy}V}7CA!4*YZ4Emm0B1n=PlEgpVE(A@v!d-G~="
        "vvV^MB6f|se@l21n%`r;S*g7xKy7J4Rv^--Mskn~N&qz(7f*eGmcG3L-CAfN6zMYa_3JXlcBulR6Js#1FV0VhnDFk!-k2@@tv{8!LlLiLw!)%Zw"
        "|uk|+Lzs@3+viY0jpT&M;={iFnl{=B4I)}4$t)I29ipp4GnKqUGg%Ss8_8i7B%6^R3y?*JlOjO^`vJE|dZVS~rf4Lq%|ML9b0Gevr$p"
    )
)


def write(path: Path, content: bytes | str, encoding: str = "utf-8") -> Path:
    path.write_bytes(content if isinstance(content, bytes) else content.encode(encoding))
    return path


def book(path: Path, rows: list[list[object]], **more_sheets: list[list[object]]) -> Path:
    workbook = openpyxl.Workbook()
    first = workbook.active
    assert first is not None
    first.title = "Mijozlar"
    for row in rows:
        first.append(row)
    for name, sheet_rows in more_sheets.items():
        sheet = workbook.create_sheet(name)
        for row in sheet_rows:
            sheet.append(row)
    workbook.save(path)
    return path


def cells(sheet: Sheet) -> list[list[str | None]]:
    return [list(row.values()) for row in sheet.table.to_pylist()]


def refused(path: Path, **options: object) -> DomainError:
    with pytest.raises(DomainError) as caught:
        read(path, **options)  # type: ignore[arg-type]
    return caught.value


# ------------------------------------------------------------------------------------------------------- refused


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    refusal = refused(tmp_path / "none.xlsx")
    assert refusal.code == "no-such-file"
    assert "none.xlsx" in refusal.message


@pytest.mark.parametrize("content", [b"", b"\n\n  \n", b"\xef\xbb\xbf", b"\0\0\0\0", b"sep=;\n"])
def test_a_file_without_rows_is_empty(tmp_path: Path, content: bytes) -> None:
    assert refused(write(tmp_path / "a.csv", content)).code == "empty-file"


def test_a_workbook_with_nothing_but_a_header_is_empty(tmp_path: Path) -> None:
    assert refused(book(tmp_path / "a.xlsx", [])).code == "empty-file"
    assert refused(book(tmp_path / "b.xlsx", [["Ism", "Telefon"]])).code == "empty-file"


@pytest.mark.parametrize(
    "content",
    [
        b"%PDF-1.7 ...",
        b"\x89PNG\r\n\x1a\n",
        bytes(range(256)) * 40,
        b"<?xml version='1.0'?><svg/>",
        b"<html><body>Sign in</body></html>",
        bytes.fromhex("d0cf11e0a1b11ae1") + bytes(2_000),
    ],
)
def test_what_is_no_spreadsheet_is_refused_whatever_its_name(tmp_path: Path, content: bytes) -> None:
    assert refused(write(tmp_path / "list.xlsx", content)).code == "not-a-spreadsheet"


def test_a_file_of_json_is_named_for_what_it_is(tmp_path: Path) -> None:
    refusal = refused(write(tmp_path / "a.json", '[{"phone": "998901234567"}]'))
    assert (refusal.code, "JSON" in refusal.message) == ("not-a-spreadsheet", True)


def test_the_first_half_of_an_old_xls_is_damaged_and_not_another_kind_of_file(tmp_path: Path) -> None:
    assert refused(write(tmp_path / "a.xls", XLS[:1024])).code == "truncated"


def test_a_zip_of_something_else_is_no_spreadsheet(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "a.xlsx", "w") as archive:
        archive.writestr("photo.jpg", b"x")
    assert refused(tmp_path / "a.xlsx").code == "not-a-spreadsheet"


@pytest.mark.reader_process
def test_a_wrong_sheet_name_is_answered_with_the_right_ones(tmp_path: Path) -> None:
    refusal = refused(book(tmp_path / "a.xlsx", [list(row) for row in ROWS], Boshqa=[["x"]]), sheet="Sheet1")
    assert refusal.code == "no-such-sheet"
    assert "Mijozlar, Boshqa" in refusal.message


def test_an_encoding_that_does_not_fit_is_refused(tmp_path: Path) -> None:
    path = write(tmp_path / "a.csv", "Ism;Telefon\nАлишер;998901234567\n", "cp1251")
    assert refused(path, encoding="utf-8").code == "wrong-encoding"
    assert refused(path, encoding="klingon").code == "wrong-encoding"
    assert refused(path, encoding="hex").code == "wrong-encoding"


def test_a_header_row_beyond_the_file_is_refused(tmp_path: Path) -> None:
    assert refused(write(tmp_path / "a.csv", "a,b\n1,2\n"), header_row=9).code == "no-such-row"


def test_a_delimiter_of_two_characters_is_refused(tmp_path: Path) -> None:
    assert refused(write(tmp_path / "a.csv", "a,b\n1,2\n"), delimiter="||").code == "wrong-delimiter"


@pytest.mark.parametrize("limit", [{"rows": 2}, {"columns": 1}, {"cells": 3}, {"file_bytes": 10}])
@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_a_limit_is_named_in_the_refusal(tmp_path: Path, limit: dict[str, int], kind: str) -> None:
    path = tmp_path / f"a.{kind}"
    if kind == "xlsx":
        book(path, [list(row) for row in ROWS])
    else:
        write(path, "\n".join(",".join(row) for row in ROWS))
    with pytest.raises(DomainError, match=r"limit is \d+"):
        read(path, limits=Limits(**limit))


# ------------------------------------------------------------------------------------------------------- workbooks


@pytest.mark.reader_process
def test_an_xlsx_keeps_numbers_whole_and_says_the_rows_that_the_spreadsheet_shows(tmp_path: Path) -> None:
    rows: list[list[object]] = [[], ["Ism", "Telefon"], ["Ali", 998901234567], [], [" "], ["Lola", 998901234567.0]]
    sheet = read(book(tmp_path / "a.xlsx", rows))
    assert cells(sheet) == [["Ali", "998901234567"], ["Lola", "998901234567"]]
    assert sheet.first_row_numbers.tolist() == [3, 6]
    assert (sheet.sheet, sheet.sheets, sheet.header_row) == ("Mijozlar", ["Mijozlar"], 2)


def test_the_first_sheet_with_anything_in_it_is_read_unless_one_is_named(tmp_path: Path) -> None:
    path = book(tmp_path / "a.xlsx", [], Birinchi=[["Tel"], [901234567]], Ikkinchi=[["Tel"], [911234567]])
    assert read(path).sheet == "Birinchi"
    assert cells(read(path, sheet="Ikkinchi")) == [["911234567"]]


@pytest.mark.parametrize("how", ["hidden", "veryHidden"])
def test_a_hidden_sheet_is_read_only_when_it_is_named_or_the_only_one(
    tmp_path: Path, how: Literal["hidden", "veryHidden"]
) -> None:
    path = book(tmp_path / "a.xlsx", [["Tel"], [901234567]], Joriy=[["Tel"], [911234567]])
    workbook = openpyxl.load_workbook(path)
    workbook["Mijozlar"].sheet_state = how
    workbook.active = 1
    workbook.save(path)
    assert read(path).sheet == "Joriy"
    assert cells(read(path, sheet="Mijozlar")) == [["901234567"]]
    workbook["Joriy"].delete_rows(1, 2)
    workbook.save(path)
    assert read(path).sheet == "Mijozlar"


def test_formulas_links_and_merged_cells_are_their_values(tmp_path: Path) -> None:
    workbook = openpyxl.Workbook()
    sheet = workbook.active
    assert sheet is not None
    sheet.merge_cells("A1:C1")
    sheet["A1"] = "Mijozlar roʻyxati"
    for row in (["Ism", "Telefon", "Jami"], ["Ali", "998901234567", "=1+1"]):
        sheet.append(row)
    sheet["A3"].hyperlink = "http://example.uz"
    workbook.save(tmp_path / "a.xlsx")
    rows = read(tmp_path / "a.xlsx")
    assert rows.columns == ["Ism", "Telefon", "Jami"]
    assert rows.header_row == 2
    assert cells(rows) == [["Ali", "998901234567", None]]


@pytest.mark.reader_process
def test_an_old_xls_is_read(tmp_path: Path) -> None:
    sheet = read(write(tmp_path / "a.xls", XLS))
    assert cells(sheet) == [["Алишер", "998901234567", None], ["Lola", "+998 90 123-45-68", "02.01.2026"]]


@pytest.mark.reader_process
def test_an_xlsb_is_read_under_another_name(tmp_path: Path) -> None:
    _xlsb(tmp_path / "a.xls", [["Ism", "Telefon"], ["Алишер", 998901234567.0]])
    assert cells(read(tmp_path / "a.xls")) == [["Алишер", "998901234567"]]


@pytest.mark.reader_process
def test_an_ods_is_read(tmp_path: Path) -> None:
    cell = '<table:table-cell office:value-type="{}"{}><text:p>{}</text:p></table:table-cell>'
    row = "<table:table-row>{}{}</table:table-row>"
    rows = row.format(cell.format("string", "", "Ism"), cell.format("string", "", "Telefon")) + row.format(
        cell.format("string", "", "Лола"), cell.format("float", ' office:value="998901234567"', "9,98901E+11")
    )
    space = "urn:oasis:names:tc:opendocument:xmlns"
    with zipfile.ZipFile(tmp_path / "a.ods", "w") as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        archive.writestr("META-INF/manifest.xml", "<manifest/>")
        archive.writestr(
            "content.xml",
            f'<office:document-content xmlns:office="{space}:office:1.0" xmlns:table="{space}:table:1.0" '
            f'xmlns:text="{space}:text:1.0"><office:body><office:spreadsheet><table:table table:name="Varaq">{rows}'
            "</table:table></office:spreadsheet></office:body></office:document-content>",
        )
    assert cells(read(tmp_path / "a.ods")) == [["Лола", "998901234567"]]


@pytest.mark.reader_process
def test_a_xlsx_that_is_html_is_read_as_the_table_it_holds(tmp_path: Path) -> None:
    page = "<html><style>td{}</style><table><tr><th>Ism<th>Телефон<tr><td>Ali &amp; Co<td>998901234567</table>"
    sheet = read(write(tmp_path / "a.xlsx", page))
    assert sheet.columns == ["Ism", "Телефон"]
    assert cells(sheet) == [["Ali & Co", "998901234567"]]


def test_merged_cells_of_a_page_keep_every_column_in_its_place(tmp_path: Path) -> None:
    page = (
        "<table><tr><td colspan=3>Roʻyxat<tr><th rowspan=2>№<th colspan='2'>Mijoz<tr><th>Ism<th>Telefon"
        "<tr><td>1<td rowspan=2>Ali<td>998901234567<tr><td>2<td>998901234568"
        "<tr><td colspan=999999999 rowspan=-1>x</table>"
    )
    sheet = read(write(tmp_path / "a.xls", page))
    assert sheet.columns == ["A", "Ism", "Telefon"]
    assert cells(sheet) == [["1", "Ali", "998901234567"], ["2", "", "998901234568"], ["x", None, None]]


@pytest.mark.reader_process
def test_a_xlsx_that_is_csv_is_read_as_csv(tmp_path: Path) -> None:
    assert cells(read(write(tmp_path / "a.xlsx", "Ism;Tel\nAli;901234567\n"))) == [["Ali", "901234567"]]


# ------------------------------------------------------------------------------------------------------------ texts


@each_case("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "cp1251", "cp866", "koi8-r"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_encodings_and_delimiters_are_found_out(tmp_path: Path, encoding: str, delimiter: str) -> None:
    names = ["Алишер Каримов", "Дилноза Юсупова", "Иван Петров"]
    lines = [["Имя", "Телефон"], *([name, f"99890123456{at}"] for at, name in enumerate(names))]
    path = write(tmp_path / "a.txt", "".join(delimiter.join(line) + "\r\n" for line in lines), encoding)
    grid = read_csv(path, None, None, LIMITS)
    assert [list(row.values()) for row in grid.table.to_pylist()][:4] == lines
    assert grid.delimiter == delimiter
    assert grid.encoding == encoding.replace("utf-8-sig", "utf-8").replace("koi8-r", "koi8_r")


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be"])
def test_a_short_utf16_list_is_text_with_and_without_its_mark(tmp_path: Path, encoding: str) -> None:
    """Cyrillic has no zero byte in UTF-16, but control bytes instead: without a mark it was taken for a program."""
    text = "Имя\tТел.\tГород\nЎктам Ғуломов\t+998 90 123 45 67\tТошкент\nЛола\t901234568\tБухоро\n"
    sheet = read(write(tmp_path / "a.csv", text, encoding))
    assert sheet.encoding == encoding
    assert cells(sheet) == [["Ўктам Ғуломов", "+998 90 123 45 67", "Тошкент"], ["Лола", "901234568", "Бухоро"]]


@pytest.mark.parametrize("encoding", ["cp1251", "cp866", "koi8_r"])
def test_names_in_capitals_are_told_apart_as_well(encoding: str) -> None:
    assert (
        detect_encoding("ИМЯ;ТЕЛЕФОН\nАННА ПЕТРОВА;998901234501\nЮРИЙ ЦОЙ;998901234502\n".encode(encoding)) == encoding
    )


@pytest.mark.parametrize("between", [", ", ";", "\t", " ", " | "])
def test_numbers_pasted_in_one_line_are_a_recipient_each(tmp_path: Path, between: str) -> None:
    numbers = [f"9989012345{at:02}" for at in range(40)]
    sheet = read(write(tmp_path / "a.txt", between.join(numbers) + between))
    assert cells(sheet) == [[number] for number in numbers]
    assert set(sheet.first_row_numbers.tolist()) == {1}


def test_one_recipient_in_one_line_keeps_the_columns(tmp_path: Path) -> None:
    assert cells(read(write(tmp_path / "a.csv", "998901234567;301234567;5"))) == [["998901234567", "301234567", "5"]]
    assert cells(read(write(tmp_path / "b.csv", "+998 90 123 45 67\n"))) == [["+998 90 123 45 67"]]


def test_an_encoding_and_a_delimiter_can_be_given(tmp_path: Path) -> None:
    path = write(tmp_path / "a.csv", "Имя,x;Тел\nАли,y;901234567\n", "cp866")
    sheet = read(path, encoding="cp866", delimiter=";", header_row=1)
    assert sheet.columns == ["Имя,x", "Тел"]
    assert sheet.encoding == "cp866"


def test_one_torn_character_does_not_make_another_encoding_of_a_whole_file() -> None:
    assert detect_encoding("Алишер Каримов;998901234567\n".encode() * 5 + b"\xd0") == "utf-8"


def test_a_column_of_numbers_without_a_header_loses_no_number(tmp_path: Path) -> None:
    sheet = read(write(tmp_path / "a.txt", "901234567\n911234567, 931234567\n\nyoʻq\n"))
    assert (sheet.columns, sheet.header_row, sheet.delimiter) == (["A"], None, None)
    assert cells(sheet) == [["901234567"], ["911234567, 931234567"], ["yoʻq"]]
    assert sheet.first_row_numbers.tolist() == [1, 2, 4]


def test_ragged_rows_stay_in_their_places(tmp_path: Path) -> None:
    text = 'Roʻyxat\nIsm,Tel\nAli,901234567\n\n"Lo\nla",911234567,ortiqcha\nVali\n'
    sheet = read(write(tmp_path / "a.csv", text))
    assert sheet.columns == ["Ism", "Tel", "C"]
    assert sheet.header_row == 2
    expected = [["Ali", "901234567", None], ["Lo\nla", "911234567", "ortiqcha"], ["Vali", None, None]]
    assert cells(sheet) == expected
    assert sheet.first_row_numbers.tolist() == [3, 5, 6]


@pytest.mark.parametrize(
    "opened", ['Ism,Tel\n"Ali,901234567\nVali,911234567\n', 'Ism,Tel\n"A,901234567\nB,911234567\n"C",1\n']
)
def test_an_open_quote_swallows_no_rows(tmp_path: Path, opened: str) -> None:
    assert read(write(tmp_path / "a.csv", opened)).table.num_rows == opened.count("\n") - 1


def test_the_line_that_tells_excel_the_delimiter_is_no_row(tmp_path: Path) -> None:
    sheet = read(write(tmp_path / "a.csv", "sep=|\r\nIsm|Tel\r\nAli|901234567\r\n"))
    assert sheet.columns == ["Ism", "Tel"]
    assert sheet.first_row_numbers.tolist() == [2]


def test_nul_bytes_in_a_text_are_left_out(tmp_path: Path) -> None:
    sheet = read(write(tmp_path / "a.csv", b"Ism,Tel\nA\0li,901234567\n"))
    assert cells(sheet) == [["Ali", "901234567"]]


def test_columns_that_are_ours_are_not_read_back(tmp_path: Path) -> None:
    sheet = read(write(tmp_path / "a.csv", "GETSMS: reason,Ism,Tel\ntoo short,Ali,901234567\n"))
    assert sheet.columns == ["Ism", "Tel"]


line = st.lists(st.text(alphabet='abЖ,;" \n7', max_size=5), min_size=1, max_size=4)


@given(st.lists(line, min_size=1, max_size=12), st.sampled_from([",", ";"]))
@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_every_row_of_a_csv_is_exactly_one_row(tmp_path: Path, rows: list[list[str]], delimiter: str) -> None:
    buffer = io.StringIO()
    csv.writer(buffer, delimiter=delimiter, quoting=csv.QUOTE_ALL).writerows(rows)
    path = write(tmp_path / "a.csv", buffer.getvalue())
    if not any(cell.strip() for row in rows for cell in row):
        return
    grid = read_csv(path, "utf-8", delimiter, LIMITS)
    read_rows = [list(row.values()) for row in grid.table.to_pylist()]
    assert [[cell for cell in row if cell] for row in read_rows] == [[cell for cell in row if cell] for row in rows]
    blank = [at for at, row in enumerate(rows) if not any(cell.strip() for cell in row)]
    assert sorted({*range(len(rows))} - {*filled_rows(grid.table).to_pylist()}) == blank


def _xlsb(path: Path, rows: list[list[str | float]]) -> None:
    """The smallest binary workbook: nothing that writes the format is at hand."""

    def record(kind: int, body: bytes = b"") -> bytes:
        head = bytes([kind]) if kind < 128 else bytes([kind & 0x7F | 0x80, kind >> 7])
        return head + bytes([len(body) & 0x7F | 0x80, len(body) >> 7]) + body

    def wide(text: str) -> bytes:
        return struct.pack("<I", len(text)) + text.encode("utf-16-le")

    workbook = record(131) + record(143) + record(156, struct.pack("<II", 0, 1) + wide("rId1") + wide("Mijozlar"))
    sheet = record(129) + record(148, struct.pack("<IIII", 0, len(rows) - 1, 0, len(rows[0]) - 1)) + record(145)
    for at, row in enumerate(rows):
        sheet += record(0, struct.pack("<IIHBBBI", at, 0, 300, 0, 0, 0, 0))
        for column, value in enumerate(row):
            place = struct.pack("<II", column, 0)
            sheet += (
                record(6, place + wide(value))
                if isinstance(value, str)
                else record(5, place + struct.pack("<d", value))
            )
    parts = {
        "xl/workbook.bin": workbook + record(144) + record(132),
        "xl/worksheets/sheet1.bin": sheet + record(146) + record(130),
    }
    write_package(path, "bin", parts)


def test_a_cover_sheet_is_passed_over_for_the_one_that_holds_numbers(tmp_path: Path) -> None:
    cover: list[list[object]] = [["Mijozlar bazasi"], ["2026-yil, mart"]]
    path = book(tmp_path / "a.xlsx", cover, Baza=[["Ism", "Telefon"], ["Ali", "90 123 45 67"]])
    rows = read(path)
    assert (rows.sheet, rows.table.column_names) == ("Baza", ["Ism", "Telefon"])
    assert read(path, sheet=rows.sheets[0]).sheet == rows.sheets[0]


def test_where_no_sheet_holds_a_number_the_first_one_is_read(tmp_path: Path) -> None:
    rows = read(book(tmp_path / "a.xlsx", [["Ism"], ["Ali"]], Baza=[["Shahar"], ["Buxoro"]]))
    assert rows.sheet == rows.sheets[0]


def test_a_zip_of_lists_is_refused_with_their_names(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr("roʻyxat/Mijozlar 2026.xlsx", "x")
        archive.writestr("roʻyxat/rasm.png", "x")
        archive.writestr("__MACOSX/._Mijozlar 2026.xlsx", "x")
    error = refused(tmp_path / "a.zip")
    assert (error.code, "Mijozlar 2026.xlsx" in error.message) == ("not-a-spreadsheet", True)
    assert "rasm" not in error.message
    assert "._" not in error.message


def test_the_name_of_a_list_in_a_zip_of_windows_is_readable(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr("XXXXXX.csv", "x")
    content = (tmp_path / "a.zip").read_bytes().replace(b"XXXXXX", "Список".encode("cp866"))
    assert "Список.csv" in refused(write(tmp_path / "b.zip", content)).message
