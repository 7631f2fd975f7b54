"""Rows in = rows out: every kind of cell in every format of workbook ends as a recipient or as a named refusal."""

import base64
import datetime
import struct
import zipfile
import zlib
from pathlib import Path

import openpyxl
import pytest
import xlsxwriter

from getsms_core.contacts.validation import CheckedList, check_list
from getsms_core.spreadsheet import read
from tests.unit.spreadsheet.cell_files import write_package

FORMATS = [
    *("General", "0", "#,##0", "0.00", "0%", "0.00E+00", "@", "+000", '#,##0 "soʻm"', "[$UZS] #,##0", "000-00-00"),
    *("dd.mm.yyyy", "yyyy-mm-dd hh:mm:ss", "hh:mm", "[h]:mm:ss", "mm:ss.0", "mmmm yyyy", "h:mm AM/PM"),
]
ERRORS = ["#N/A", "#REF!", "#VALUE!", "#DIV/0!", "#NAME?", "#NULL!", "#NUM!"]
# An old Excel file of one column: a header, a phone under eight number formats, the seven errors in the order of their
# codes, a formula that was never calculated, TRUE and a text. Nothing that writes the format is at hand.
XLS = zlib.decompress(
    base64.b85decode(
        "c-rk)OGs2v82-*YoQL!Fl}6K`W#tRa0w=I3v0RPVi%NpjoX~v5&?Yxo<|YV&Rz-^hE819XdQc17wFrz_1VJ#?qD8BqpoMz-&p&q@osQr@O2z$$^W"
        "QVy_x<Obx#z#<oVjnN{fY5MB{Rsd-7sTbb0B9CCa5@4Uwj~5(_}SuwNudy`=`udr-{t5;<@{^P0pd5?-`iz(DITz@QKO^oJH%<U@WwT*2H7z6mkr"
        "W<OOaK;z2QwD!~2}`#km!Sowne9!9RRZzOF(v|~EbTG60q@i9{=a~{ZcpK#0vM(R+2S2Bw)ToXyH6?@~oo&5%}nncjz!UQP)T4IB-xcu(L9XNsJ="
        "9*}<<~Ui<;>2Cjqo-%rz(COA!#(5zWmRQmwV~1@?T1Pe$fxX`zz;11d`~S?Qy~LiTU>zfpG$GuGPr#i+(FZ?!etJq@Lbd=aTm3u!rc_1!abB#D%?"
        "veLneORWC2E?b@1vmMjPT4YjPKi_MRCU?(dAxqMTP1Stz*=$NFQZhX(yXWjNdr3fG3}w%1qh*jXJ8JLS&GE3t3MO6=wp%0<4L#vto{Zp}x%%-;X@"
        "Hrmw|ImyTf@4m@Bdb1oEG+dMs6zpLpZ-KAih)VXCxYhMsFJYfgPZ?dy+Y0o`{!!LkX11LAsb_l^*|Mm<mFi<(4?GQyeU5CS`ee(@aQ@``$T&)A4!"
        "S8`enwFxs>ID3(w;?9SD~-xAK4fGwzk_%K7H((eh~3uPA(5*e)du!G8AU|-GcWD-0u0(9T;emDw9H$><Lq8m06)O^SwbLt+FUo5-Xt6yP&cvR1zx"
        "$LTOcwLM5>x+RoA{n?fbAbwEd2Wml-|d}lF|Ryi_MR+F7Ex}!q!P6h8|-o|{cg3o2%%e+g$yO=Lx-mT!>%x_@cqu@QvZ(`o7;JwUOFz?IYbFh&yK"
        "hLB*sU|50nkh}Df&yk4=2tZ9=P<!(7EmN&K<DY$YzpA9%qKd8q|FJ#3^U9y!wmbYOz7uRxhKlAi&Z~)+VuB2b5!Py*ChX~9mEiQ&e4CHeHf%`9Ot"
        "vjpF&tgsx7g?nAH11X-BE|IQr1V<LJvef9aotSp0id9O(OVk5IP#&u25vRqp>6$d^D="
    )
)


def outcomes(path: Path) -> list[tuple[int, str | None, str]]:
    """(row, value, outcome) of each row."""
    checked = check_list(read(path))
    columns = (checked.rows[name].to_pylist() for name in ("row", "value", "outcome"))
    return list(zip(*columns, strict=True))


def codes(checked: CheckedList) -> list[str]:
    return [str(code) for code in checked.rows["outcome"].to_pylist()]


def phones(checked: CheckedList) -> list[int | None]:
    return [phone.as_py() for phone in checked.rows["phone"]]


@pytest.mark.parametrize("has_name", [True, False])
def test_errors_and_formulas_without_a_value_are_refused_by_that_name(tmp_path: Path, has_name: bool) -> None:
    book = xlsxwriter.Workbook(tmp_path / "a.xlsx")
    sheet, column = book.add_worksheet(), int(has_name)
    if has_name:
        sheet.write_column(0, 0, ["Ism", *["Ali"] * (len(ERRORS) + 2)])
    sheet.write(0, column, "Telefon")
    for row, error in enumerate(ERRORS, 1):
        sheet.write_formula(row, column, "=VLOOKUP(A1,B:C,2,0)", None, error)
    sheet.write_formula(len(ERRORS) + 1, column, "=B2&C2", None, "")
    sheet.write_formula(len(ERRORS) + 2, column, "=998901234567", None, "")  # its value was not stored, so it is none
    book.close()
    assert outcomes(tmp_path / "a.xlsx") == [
        *((row, error, "error-value") for row, error in enumerate(ERRORS, 2)),
        (9, "=B2&C2", "formula-without-value"),
        (10, "=998901234567", "formula-without-value"),
    ]
    messages = [problem["message"] for problem in check_list(read(tmp_path / "a.xlsx")).problems()]
    assert "#N/A" in messages[0]
    assert "=B2&C2" in messages[-2]


def test_formulas_that_a_library_wrote_keep_their_rows_before_between_and_after(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    for value in ("=A3", 998901234567, "=A2", "=A2", 998901234568, "=A2", "=A2"):
        sheet.append([value])
    book.save(tmp_path / "a.xlsx")
    assert [(row, code) for row, _, code in outcomes(tmp_path / "a.xlsx")] == [
        *((1, "formula-without-value"), (2, "as-is"), (3, "formula-without-value"), (4, "formula-without-value")),
        *((5, "as-is"), (6, "formula-without-value"), (7, "formula-without-value")),
    ]


def test_a_column_of_nothing_but_uncalculated_formulas_keeps_every_row(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    for row in (["Ism", "Telefon"], *([f"Mijoz {row}", f"=C{row}"] for row in range(2, 30))):
        sheet.append(row)
    book.save(tmp_path / "a.xlsx")
    checked = check_list(read(tmp_path / "a.xlsx"))
    assert checked.phone_column == "Telefon"
    assert codes(checked) == ["formula-without-value"] * 28


@pytest.mark.parametrize("number", [998901234567, 901234567])
def test_a_phone_under_any_number_format_of_xlsx_is_that_number(tmp_path: Path, number: int) -> None:
    book = xlsxwriter.Workbook(tmp_path / "a.xlsx")
    sheet = book.add_worksheet()
    sheet.write(0, 0, "Telefon")
    for row, number_format in enumerate(FORMATS, 1):
        sheet.write_number(row, 0, number + row, book.add_format({"num_format": number_format}))
    book.close()
    checked = check_list(read(tmp_path / "a.xlsx"))
    assert phones(checked) == [
        (998 * 10**9 if number < 10**9 else 0) + number + row for row in range(1, len(FORMATS) + 1)
    ]


def test_dates_and_times_stay_as_the_spreadsheet_shows_them(tmp_path: Path) -> None:
    book = xlsxwriter.Workbook(tmp_path / "a.xlsx")
    sheet = book.add_worksheet()
    sheet.write_row(0, 0, ["Telefon", "Sana"])
    for row, (value, number_format) in enumerate(
        ((45_000, "dd.mm.yyyy"), (45_000.5, "dd.mm.yyyy"), (0.25, "hh:mm"), (12_345_678, "dd.mm.yyyy")), 1
    ):
        sheet.write_number(row, 0, 998901234567 + row)
        sheet.write_number(row, 1, value, book.add_format({"num_format": number_format}))
    book.close()
    assert read(tmp_path / "a.xlsx").table["Sana"].to_pylist() == [*("15.03.2023", "15.03.2023", "06:00", "12345678")]


def test_every_kind_of_cell_of_a_one_column_xlsx_is_one_row(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    values = [
        *(998901234567, 998901234568.0, "998901234569", "+998 90 123-45-70", True, False, 0, -1, 1.5, 10**15),
        *(datetime.datetime(2026, 1, 2, 3, 4), datetime.date(2026, 1, 2), datetime.time(10, 11), datetime.timedelta(3)),
        *(*ERRORS, "=A1", '="998901234567"', "matn", "\u200b998901234571", "'998901234572", "998901234573\n"),
    ]
    for value in ("Telefon", *values):
        sheet.append([value])
    book.save(tmp_path / "a.xlsx")
    assert [row for row, _, _ in outcomes(tmp_path / "a.xlsx")] == list(range(2, len(values) + 2))


def test_an_error_that_the_reader_does_not_know_keeps_the_other_rows(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    for value in ("Telefon", 998901234567, "#N/A", 998901234568):
        sheet.append([value])
    book.save(tmp_path / "whole.xlsx")
    with zipfile.ZipFile(tmp_path / "whole.xlsx") as source, zipfile.ZipFile(tmp_path / "a.xlsx", "w") as target:
        for name in source.namelist():
            target.writestr(name, source.read(name).replace(b"<v>#N/A</v>", b"<v>#SPILL!</v>"))
    assert outcomes(tmp_path / "a.xlsx")[1] == (3, "#SPILL!", "error-value")
    assert check_list(read(tmp_path / "a.xlsx")).counts.accepted == 2


def test_every_kind_of_cell_of_an_xls_is_one_row(tmp_path: Path) -> None:
    (tmp_path / "a.xls").write_bytes(XLS)
    assert [(row, code) for row, _, code in outcomes(tmp_path / "a.xls")] == [
        *((row, "as-is") for row in range(2, 10)),
        *((row, "error-value") for row in range(10, 17)),
        *((17, "formula-without-value"), (18, "not-a-number"), (19, "repaired-format")),
    ]


def test_dates_and_errors_of_an_xlsb_are_their_numbers_and_names(tmp_path: Path) -> None:
    _xlsb(tmp_path / "a.xlsb")
    assert outcomes(tmp_path / "a.xlsb") == [
        *((2, "998901234567", "as-is"), (3, "998901234568", "as-is"), (4, "#N/A", "error-value")),
        (5, "#REF!", "error-value"),
    ]


def test_every_kind_of_cell_of_an_ods_is_one_row(tmp_path: Path) -> None:
    numbers = {
        'office:value-type="float" office:value="998901234501"': "as-is",
        'office:value-type="percentage" office:value="998901234502"': "as-is",
        'office:value-type="currency" office:currency="UZS" office:value="998901234503"': "as-is",
        'office:value-type="time" office:time-value="PT23973629628096H00M00S"': "as-is",  # 998901234504 days
        'table:formula="of:=[.A2]" office:value-type="float" office:value="998901234505"': "as-is",
        'office:value-type="date" office:date-value="2026-01-02"': "not-a-phone",
        'office:value-type="time" office:time-value="PT10H11M12S"': "not-a-phone",
        'office:value-type="boolean" office:boolean-value="true"': "not-a-number",
        'table:formula="of:=NA()" office:value-type="string" office:string-value="" calcext:value-type="error"': (
            "error-value"
        ),
        'table:formula="of:=[.A2]"': "formula-without-value",
        'table:formula="of:=[.A2]" office:value-type="float"': "formula-without-value",
        'table:formula="of:=[.A2]" office:value-type="string"': "formula-without-value",
    }
    texts = ["#N/A" if "error" in attributes else "" for attributes in numbers]
    _ods(tmp_path / "a.ods", list(zip(numbers, texts, strict=True)))
    rows = outcomes(tmp_path / "a.ods")
    assert [row for row, _, _ in rows] == list(range(2, len(numbers) + 2))
    for (_, value, code), expected in zip(rows, numbers.values(), strict=True):
        assert code == expected or (expected == "not-a-phone" and value in ("02.01.2026", "10:11:12"))


def test_errors_are_never_merged_into_a_text(tmp_path: Path) -> None:
    book = xlsxwriter.Workbook(tmp_path / "a.xlsx")
    sheet = book.add_worksheet()
    sheet.write_row(0, 0, ["Ism", "Telefon", "Sinf"])
    sheet.write_formula(1, 0, "=B7", None, "#N/A")
    sheet.write(1, 1, 998901234567)
    sheet.write_formula(1, 2, "=B7", None, "")
    sheet.write_row(2, 0, ["#1 mijoz", 998901234568, "=1+1"])
    sheet.write_string(2, 2, "=1+1")
    book.close()
    accepted = check_list(read(tmp_path / "a.xlsx")).accepted()
    assert accepted["Ism"].to_pylist() == [None, "#1 mijoz"]
    assert accepted["Sinf"].to_pylist() == [None, "=1+1"]


def _ods(path: Path, cells: list[tuple[str, str]]) -> None:
    space = "urn:oasis:names:tc:opendocument:xmlns"
    row = "<table:table-row><table:table-cell {}><text:p>{}</text:p></table:table-cell></table:table-row>"
    rows = row.format('office:value-type="string"', "Telefon") + "".join(
        row.format(attributes, text) if text else row.format(attributes, "").replace("<text:p></text:p>", "")
        for attributes, text in cells
    )
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        archive.writestr("META-INF/manifest.xml", "<manifest/>")
        archive.writestr(
            "content.xml",
            f'<office:document-content xmlns:office="{space}:office:1.0" xmlns:table="{space}:table:1.0" '
            f'xmlns:text="{space}:text:1.0" xmlns:calcext="urn:org:documentfoundation:names:experimental:calc:xmlns:'
            f'calcext:1.0"><office:body><office:spreadsheet><table:table table:name="Varaq">{rows}</table:table>'
            "</office:spreadsheet></office:body></office:document-content>",
        )


def _xlsb(path: Path) -> None:
    """A binary workbook: a header, two phones under a date and a time format, two errors."""

    def record(kind: int, body: bytes = b"") -> bytes:
        head = bytes([kind]) if kind < 128 else bytes([kind & 0x7F | 0x80, kind >> 7])
        return head + bytes([len(body) & 0x7F | 0x80, len(body) >> 7]) + body

    def wide(text: str) -> bytes:
        return struct.pack("<I", len(text)) + text.encode("utf-16-le")

    workbook = record(131) + record(143) + record(156, struct.pack("<II", 0, 1) + wide("rId1") + wide("Mijozlar"))
    styles = record(278) + record(617, struct.pack("<I", 3))
    for number_format in (0, 14, 20):  # General, a date, a time
        styles += record(47, struct.pack("<HH", 0xFFFF, number_format) + bytes(12))
    cells = [
        record(6, struct.pack("<II", 0, 0) + wide("Telefon")),
        record(5, struct.pack("<IId", 0, 1, 998901234567)),
        record(5, struct.pack("<IId", 0, 2, 998901234568)),
        record(3, struct.pack("<IIB", 0, 0, 0x2A)),
        record(3, struct.pack("<IIB", 0, 0, 0x17)),
    ]
    sheet = record(129) + record(148, struct.pack("<IIII", 0, len(cells) - 1, 0, 0)) + record(145)
    for at, cell in enumerate(cells):
        sheet += record(0, struct.pack("<IIHBBBI", at, 0, 300, 0, 0, 0, 0)) + cell
    parts = {
        "xl/workbook.bin": workbook + record(144) + record(132),
        "xl/styles.bin": styles + record(618) + record(279),
        "xl/worksheets/sheet1.bin": sheet + record(146) + record(130),
    }
    write_package(path, "bin", parts)
