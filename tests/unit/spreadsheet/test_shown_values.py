"""What the cells of a workbook show: dates, times, percents; hidden rows; names of sheets; headers that look alike."""

import datetime
import io
import zipfile
from pathlib import Path
from typing import Any

import openpyxl
import pytest
import xlsxwriter

from getsms_core.contacts.validation import check_list
from getsms_core.messages.merge_fields import column_for
from getsms_core.spreadsheet import csv_writer, number_formats, read, xlsx_writer
from tests.each_case import each_case
from tests.unit.spreadsheet.cell_files import BOOLEAN, NUMBER, TEXT, WRITERS
from tests.unit.spreadsheet.reading import ALI, LOLA, people, refusal, write

MOMENT = datetime.datetime(2026, 12, 31, 18, 30)
SHOWN: list[tuple[Any, str, str]] = [
    (MOMENT, "dd.mm.yyyy hh:mm", "31.12.2026 18:30"),
    (MOMENT, "yyyy-mm-dd h:mm:ss", "31.12.2026 18:30"),
    (MOMENT, "m/d/yy h:mm", "31.12.2026 18:30"),
    (MOMENT, "dd.mm.yyyy", "31.12.2026"),
    (MOMENT, "hh:mm", "18:30"),
    (MOMENT, "h:mm AM/PM", "6:30 PM"),
    (MOMENT, "dd.mm", "31.12"),
    (MOMENT, "yyyy", "2026"),
    (MOMENT, "[$-419]d mmmm yyyy;@", "31.12.2026"),
    (datetime.date(2026, 12, 31), "mm-dd-yy", "31.12.2026"),
    (datetime.time(9, 5), "hh:mm", "09:05"),
    (datetime.time(9, 5, 7), "h:mm:ss", "9:05:07"),
    (datetime.timedelta(hours=26, minutes=5), "[h]:mm", "26:05"),
    (datetime.time(9, 5), 'h" soat "mm" daqiqa"', "9 soat 05 daqiqa"),
    (datetime.time(9, 5), "h.mm", "9.05"),
    (datetime.time(9, 5), "hh\\hmm", "09h05"),
    (datetime.time(9, 5), 'h:mm\\ "час";@', "9:05 час"),
    (datetime.time(9, 5), "m/d/yy h:mm", "9:05"),
    (datetime.timedelta(hours=26, minutes=5), '[h]" soat "mm" daqiqa"', "26 soat 05 daqiqa"),
    (datetime.timedelta(hours=26, minutes=5), "[mm]:ss", "1565:00"),
    (0.15, "0%", "15%"),
    (0.1525, "0.00%", "15.25%"),
    (-0.055, "0.0%", "-5.5%"),
    (1.5, "0%", "150%"),
    (0.005, "0%", "1%"),
    (0.1525, "#,##0.00%", "15.25%"),
    (12.5, "#,##0%", "1 250%"),
    (0.1525, "0.0#%", "15.25%"),
    (0.15, "0.0#%", "15.0%"),
    (0.15, "0.00\\ %", "15.00 %"),
    (0.07, "00%", "07%"),
    (-0.1, "0%;[Red]-0%", "-10%"),
    (-0.1, "0%;(0%)", "(10%)"),
    (0, '0%;-0%;"yoʻq"', "yoʻq"),
    (0.15, '+0%" chegirma";-0%', "+15% chegirma"),
    (-0.001, "0%", "0%"),
    (MOMENT, "dd.mm.yy\\ hh:mm\\:ss.000", "31.12.2026 18:30"),
    (datetime.time(9, 5), "[hh]:mm", "09:05"),
    (123456789.12, "General", "123456789.12"),
    (-98765432.1, "General", "-98765432.1"),
    (1 / 3, "General", "0.333333333"),
    (7, "0000", "0007"),
    (1200.5, "0.00", "1200.50"),
    (1500, '#,##0 "soʻm"', "1500"),
    (15, '0" %"', "15"),
    (0, "dd.mm.yyyy", "00.01.1900"),
    (1, "dd.mm.yyyy", "01.01.1900"),
    (-5, "dd.mm.yyyy", "-5"),
    (True, "General", "TRUE"),
    ("2026-12-31", "General", "2026-12-31"),
    ("15%", "General", "15%"),
    (998901234567, "0%", "998901234567"),
    (998901234567, "dd.mm.yyyy", "998901234567"),
    (901234567, "000000000000", "901234567"),
]


@each_case(("value", "number_format", "expected"), SHOWN)
def test_a_cell_is_merged_as_excel_shows_it(tmp_path: Path, value: Any, number_format: str, expected: str) -> None:
    book = xlsxwriter.Workbook(tmp_path / "a.xlsx")
    sheet = book.add_worksheet()
    sheet.write_row(0, 0, ["Telefon", "Qiymat"])
    sheet.write(1, 0, ALI)
    write_cell = sheet.write_string if isinstance(value, str) else sheet.write
    write_cell(1, 1, value, book.add_format({"num_format": number_format}))
    book.close()
    assert read(tmp_path / "a.xlsx").table["Qiymat"].to_pylist() == [expected]


@pytest.mark.parametrize("kind", ["xlsx", "xls", "xlsb", "ods"])
def test_a_boolean_is_shown_as_excel_shows_it(tmp_path: Path, kind: str) -> None:
    path = tmp_path / f"a.{kind}"
    WRITERS[kind](path, [[(TEXT, "Telefon"), (TEXT, "Faol")], [(NUMBER, ALI), (BOOLEAN, "")]])
    assert read(path).table["Faol"].to_pylist() == ["TRUE"]


def test_dates_that_count_from_1904_are_the_same_days(tmp_path: Path) -> None:
    book = xlsxwriter.Workbook(tmp_path / "a.xlsx", {"date_1904": True})
    sheet = book.add_worksheet()
    sheet.write_row(0, 0, ["Telefon", "Sana"])
    sheet.write(1, 0, ALI)
    sheet.write_datetime(1, 1, MOMENT, book.add_format({"num_format": "dd.mm.yyyy hh:mm"}))
    book.close()
    assert read(tmp_path / "a.xlsx").table["Sana"].to_pylist() == ["31.12.2026 18:30"]


def test_above_the_limit_dates_are_shown_and_percents_are_not(tmp_path: Path) -> None:
    rows = 100_001
    book = xlsxwriter.Workbook(tmp_path / "a.xlsx", {"constant_memory": True})
    sheet = book.add_worksheet()
    day, percent = book.add_format({"num_format": "dd.mm.yyyy hh:mm"}), book.add_format({"num_format": "0%"})
    sheet.write_row(0, 0, ["Telefon", "Sana", "Foiz"])
    for row in range(1, rows + 1):
        sheet.write_number(row, 0, 998900000000 + row)
        if row < 3:
            sheet.write_datetime(row, 1, MOMENT, day)
            sheet.write_number(row, 2, 0.15, percent)
    book.close()
    shown = read(tmp_path / "a.xlsx")
    assert (shown.table["Sana"][0].as_py(), shown.table["Foiz"][0].as_py()) == ("31.12.2026 18:30", "0.15")
    assert (shown.as_shown, shown.hidden_rows) == (False, None)
    assert refusal(tmp_path / "a.xlsx", skip_hidden=True).code == "hidden-rows-unknown"


def hidden_book(path: Path) -> Path:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    for row in (["Ism", "Telefon"], ["Ali", ALI], ["Vali", ALI + 1], ["Lola", LOLA], ["Guli", LOLA + 1]):
        sheet.append(row)
    sheet.auto_filter.ref = "A1:B5"
    sheet.auto_filter.add_filter_column(0, ["Ali", "Lola"])
    sheet.row_dimensions[3].hidden = True
    sheet.row_dimensions[5].hidden = True
    book.save(path)
    return path


def test_hidden_and_filtered_rows_are_counted_and_can_be_left_out(tmp_path: Path) -> None:
    path = hidden_book(tmp_path / "a.xlsx")
    assert (read(path).hidden_rows, read(path).skipped_rows) == (2, 0)
    assert [row for row, _, _ in people(path)] == [2, 3, 4, 5]
    assert people(path, skip_hidden=True) == [(2, "Ali", ALI), (4, "Lola", LOLA)]
    assert read(path, skip_hidden=True).skipped_rows == 2


def test_a_text_file_has_no_hidden_rows(tmp_path: Path) -> None:
    path = write(tmp_path / "a.csv", "Ism,Telefon\nAli,998901234567\n")
    assert (read(path, skip_hidden=True).hidden_rows, read(path).as_shown) == (0, True)


@pytest.mark.parametrize(
    "change",
    [
        lambda name: name.replace("/", "\\"),
        lambda name: "/" + name,
        lambda name: "\\" + name.replace("/", "\\"),
        lambda name: "./" + name,
        lambda name: ".\\" + name.replace("/", "\\"),
        lambda name: name.replace("xl/", "XL/"),
        str.upper,
    ],
)
def test_names_in_the_archive_may_be_written_otherwise(tmp_path: Path, change: Any) -> None:
    hidden_book(tmp_path / "a.xlsx")
    with zipfile.ZipFile(tmp_path / "a.xlsx") as source, zipfile.ZipFile(tmp_path / "b.xlsx", "w") as target:
        for name in source.namelist():
            target.writestr(change(name), source.read(name))
    assert len(people(tmp_path / "b.xlsx", skip_hidden=True)) == 2


@pytest.mark.parametrize(
    ("header", "field"),
    [
        ("Имя фамилия".replace("й", "и\u0306"), "Имя фамилия"),
        ("Ис\u200bм", "Исм"),
        ("\ufeffIsm\u00a0 sharif", "Ism sharif"),
        ("Toʻlov", "To'lov"),
        ("Й".replace("Й", "И\u0306") + "ил", "Йил"),
    ],
)
def test_a_header_matches_the_field_that_looks_the_same(tmp_path: Path, header: str, field: str) -> None:
    sheet = read(write(tmp_path / "a.csv", f"{header},Telefon\nAli,998901234567\n"))
    assert column_for(field, sheet.columns) == sheet.columns[0]
    assert column_for(header, sheet.columns) == sheet.columns[0]


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("Йил", "И\u0306ил"),
        ("Ism", "Is\u200bm"),
        ("Ism sharif", "Ism\u00a0sharif"),
        ("Summa", "Ѕumma"),
        ("Toʻlov", "To‘lov"),
        ("Ism", "Ｉｓｍ"),
        ("Ism", "Ism\ufe0f"),
    ],
)
def test_two_headers_that_look_the_same_are_refused_by_name(tmp_path: Path, first: str, second: str) -> None:
    error = refusal(write(tmp_path / "a.csv", f"{first},Telefon,{second}\nAli,998901234567,x\n"))
    assert error.code == "similar-headers"
    assert "A" in error.message
    assert "C" in error.message


def test_the_same_header_twice_gets_a_number(tmp_path: Path) -> None:
    assert read(write(tmp_path / "a.csv", "Ism,Telefon,Ism\nAli,998901234567,x\n")).columns == [
        "Ism",
        "Telefon",
        "Ism 2",
    ]


LIVE = ["-20% Ali", "=1+1", "'=x", "+", "@ali", "'plain", "\tx", "O'ktam", "''-a", "＝1"]


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
@pytest.mark.parametrize("header", ["Ism", "=Ism", "-Ism"])
def test_rejected_rows_come_back_as_they_were(tmp_path: Path, kind: str, header: str) -> None:
    book = xlsxwriter.Workbook(tmp_path / "a.xlsx", {"strings_to_formulas": False})
    sheet = book.add_worksheet()
    for row, (name, phone) in enumerate([(header, "Telefon"), *((name, "12345") for name in LIVE)]):
        sheet.write_string(row, 0, name)
        sheet.write_string(row, 1, phone)
    book.close()
    before = check_list(read(tmp_path / "a.xlsx", header_row=1))
    refused = before.refused_table()
    out = io.BytesIO()
    if kind == "csv":
        csv_writer.write_table(refused, out, quoting="needed")
        assert not [
            line for line in out.getvalue().decode("utf-8-sig").splitlines() if line.split(",")[1][:1] in "=-+@"
        ]
    else:
        xlsx_writer.write_texts(refused, out)
    again = read(write(tmp_path / f"b.{kind}", out.getvalue()), header_row=1)
    assert again.columns == before.columns
    assert again.table.columns[0].to_pylist() == before.fields.columns[0].to_pylist()


def test_a_database_that_writes_null_gives_an_empty_value(tmp_path: Path) -> None:
    names = ["\\N", "NULL", "None", "nan", "Null Karimov", "none", "NULLA"]
    path = write(
        tmp_path / "a.csv", "Ism,Telefon\n" + "".join(f"{name},99890123450{at}\n" for at, name in enumerate(names))
    )
    expected = [None, None, None, None, "Null Karimov", "none", "NULLA"]
    assert check_list(read(path)).fields["Ism"].to_pylist() == expected


@pytest.mark.parametrize("code", ["", "General", "@", "#,##0", '"x"', "# ?/?", "0.00E+00", "[Red]0", ";;;"])
def test_other_formats_show_the_stored_number(code: str) -> None:
    assert number_formats.parse(code) is None
