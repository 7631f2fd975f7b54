"""XLS of Excel 5, whose texts are in a code page, and what XLS, XLSB and ODS show."""

import struct
import zipfile
from pathlib import Path

import pytest

from getsms_core.spreadsheet import read
from tests.unit.spreadsheet.cell_files import container, write_xls, write_xlsb
from tests.unit.spreadsheet.reading import ALI, LOLA, people, refusal, write

ROWS: list[list[str | float]] = [
    ["Исм", "Телефон"],
    ["Алишер Ғаниев".replace("Ғ", "Г"), ALI],
    ["Лола’", "+998 93 123-45-68"],
]


def record(kind: int, body: bytes = b"") -> bytes:
    """A record of BIFF."""
    return struct.pack("<HH", kind, len(body)) + body


def excel_5(
    rows: list[list[str | float]],
    encoding: str = "cp1251",
    code_page: int | None = None,
    sheet: str = "Лист1",
    hidden: tuple[int, ...] = (),
    formats: tuple[int, ...] = (0,),
) -> bytes:
    """The stream of a workbook; numbers in the third column and on have the last of `formats`."""
    page = record(0x42, struct.pack("<H", code_page)) if code_page is not None else b""
    styles = b"".join(record(0xE0, struct.pack("<HHHH", 0, number, 0, 0) + bytes(8)) for number in formats)
    head = record(0x809, struct.pack("<HHHH", 0x500, 5, 0x0DBB, 0x07CC)) + page + styles
    name = sheet.encode(encoding)
    start = len(head) + 4 + 7 + len(name) + 4
    head += record(0x85, struct.pack("<IHB", start, 0, len(name)) + name) + record(0x0A)
    body = record(0x809, struct.pack("<HHHH", 0x500, 0x10, 0x0DBB, 0x07CC))
    body += record(0x200, struct.pack("<HHHHH", 0, len(rows), 0, max(map(len, rows)), 0))
    for at, row in enumerate(rows):
        height = 0x20 if at in hidden else 0
        body += record(0x208, struct.pack("<HHHHHHHH", at, 0, len(row), 255, 0, 0, height | 0x100, 15))
        for column, value in enumerate(row):
            place = struct.pack("<HHH", at, column, len(formats) - 1 if column > 1 else 0)
            if isinstance(value, str):
                text = value.encode(encoding)
                body += record(0x204, place + struct.pack("<H", len(text)) + text)
            else:
                body += record(0x203, place + struct.pack("<d", value))
    return head + body + record(0x0A)


def xls(path: Path, stream: bytes) -> Path:
    return write(path, container(stream.ljust(4096, b"\0"), "Book"))


@pytest.mark.parametrize("code_page", [None, 1251, 1252, 1200, 0x8001])
def test_cyrillic_of_excel_5_is_read_with_and_without_a_code_page(tmp_path: Path, code_page: int | None) -> None:
    path = xls(tmp_path / "a.xls", excel_5(ROWS, code_page=code_page))
    assert people(path) == [(2, ROWS[1][0], ALI), (3, "Лола’", LOLA)]
    assert read(path).sheets == ["Лист1"]


@pytest.mark.parametrize(
    ("encoding", "code_page"),
    [("cp866", 866), ("cp866", None), ("mac_cyrillic", 10007), ("mac_cyrillic", 10000), ("mac_cyrillic", None)],
)
def test_other_code_pages_of_excel_5_are_read(tmp_path: Path, encoding: str, code_page: int | None) -> None:
    rows: list[list[str | float]] = [["Имя", "Телефон"], ["Алишер Каримов", ALI], ["Дилноза Юсупова", LOLA]]
    path = xls(tmp_path / "a.xls", excel_5(rows, encoding, code_page))
    assert people(path) == [(2, "Алишер Каримов", ALI), (3, "Дилноза Юсупова", LOLA)]


def test_a_western_list_of_excel_5_stays_western(tmp_path: Path) -> None:
    rows: list[list[str | float]] = [["Name", "Phone"], ["Müller", ALI], ["José", LOLA]]
    path = xls(tmp_path / "a.xls", excel_5(rows, "cp1252", 1252, "Tabelle1"))
    assert people(path) == [(2, "Müller", ALI), (3, "José", LOLA)]


def test_an_encoding_for_excel_5_is_used_or_refused(tmp_path: Path) -> None:
    path = xls(tmp_path / "a.xls", excel_5(ROWS, code_page=1252))
    assert people(path, encoding="cp1251")[0][1] == ROWS[1][0]
    assert people(path, encoding="cp866")[0][1] != ROWS[1][0]
    assert refusal(path, encoding="utf-8").code == "wrong-encoding"
    assert refusal(path, encoding="klingon").code == "wrong-encoding"
    assert read(path, encoding="cp1251").encoding == "cp1251"


@pytest.mark.parametrize("kind", ["xlsx", "xls", "xlsb", "ods"])
def test_an_encoding_for_a_newer_workbook_is_refused(tmp_path: Path, kind: str) -> None:
    from tests.unit.spreadsheet.cell_files import NUMBER, WRITERS

    WRITERS[kind](tmp_path / f"a.{kind}", [[(NUMBER, ALI)]])
    error = refusal(tmp_path / f"a.{kind}", encoding="cp1251")
    assert (error.code, kind.upper() in error.message) == ("encoding-not-applicable", True)


def test_excel_5_without_a_container_is_read(tmp_path: Path) -> None:
    assert people(write(tmp_path / "a.xls", excel_5(ROWS)))[0] == (2, ROWS[1][0], ALI)


def test_a_torn_excel_5_is_damaged(tmp_path: Path) -> None:
    assert refusal(write(tmp_path / "a.xls", container(excel_5(ROWS)[:60].ljust(4096, b"\0"), "Book"))).code in (
        "truncated",
        "empty-file",
    )


def test_dates_percents_and_hidden_rows_of_excel_5(tmp_path: Path) -> None:
    rows: list[list[str | float]] = [["Исм", "Тел", "Фоиз"], ["Али", ALI, 0.15], ["Лола", LOLA, 0.5]]
    path = xls(tmp_path / "a.xls", excel_5(rows, hidden=(1,), formats=(0, 9)))
    sheet = read(path)
    assert (sheet.table["Фоиз"].to_pylist(), sheet.hidden_rows) == (["15%", "50%"], 1)
    assert people(path, skip_hidden=True) == [(3, "Лола", LOLA)]


SPACE = "urn:oasis:names:tc:opendocument:xmlns"


def test_an_ods_shows_percents_dates_times_and_counts_filtered_rows(tmp_path: Path) -> None:
    cell = "<table:table-cell {}><text:p>{}</text:p></table:table-cell>"
    values = [
        ('office:value-type="percentage" office:value="0.15"', "15,00%"),
        ('office:value-type="date" office:date-value="2026-12-31T18:30:00"', "31.12.26"),
        ('office:value-type="time" office:time-value="PT09H05M00S"', "09:05"),
        ('office:value-type="float" office:value="5"', "5"),
    ]
    states = ["", ' table:visibility="filter"', ' table:visibility="collapse"', ""]
    rows = (
        "<table:table-row>"
        + cell.format('office:value-type="string"', "Telefon")
        + cell.format('office:value-type="string"', "Qiymat")
        + "</table:table-row>"
    )
    for at, (attributes, text) in enumerate(values):
        phone = cell.format(f'office:value-type="float" office:value="{ALI + at}"', ALI + at)
        note = "<table:table-cell {}><office:annotation><text:p>izoh</text:p></office:annotation><text:p>{}</text:p></table:table-cell>"  # noqa: E501
        rows += f"<table:table-row{states[at]}>{phone}{note.format(attributes, text)}</table:table-row>"
    with zipfile.ZipFile(tmp_path / "a.ods", "w") as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        archive.writestr("META-INF/manifest.xml", "<manifest/>")
        archive.writestr(
            "content.xml",
            f'<office:document-content xmlns:office="{SPACE}:office:1.0" xmlns:table="{SPACE}:table:1.0" '
            f'xmlns:text="{SPACE}:text:1.0"><office:body><office:spreadsheet><table:table table:name="V">{rows}'
            "</table:table></office:spreadsheet></office:body></office:document-content>",
        )
    sheet = read(tmp_path / "a.ods")
    assert sheet.table["Qiymat"].to_pylist() == ["15,00%", "31.12.2026 18:30", "09:05", "5"]
    assert sheet.hidden_rows == 2
    assert [phone for _, _, phone in people(tmp_path / "a.ods", skip_hidden=True)] == [ALI, ALI + 3]


@pytest.mark.parametrize(("kind", "writer"), [("xls", write_xls), ("xlsb", write_xlsb)])
def test_binary_workbooks_show_dates_and_keep_phones(tmp_path: Path, kind: str, writer: object) -> None:
    from tests.unit.spreadsheet.cell_files import DATED, NUMBER, TEXT

    rows = [[(TEXT, "Telefon"), (TEXT, "Sana")], [(NUMBER, ALI), (DATED, 46387)], [(DATED, LOLA), (DATED, 46388)]]
    writer(tmp_path / f"a.{kind}", rows)  # type: ignore[operator]
    sheet = read(tmp_path / f"a.{kind}")
    assert sheet.table["Sana"].to_pylist() == ["31.12.2026", "01.01.2027"]
    assert sheet.table["Telefon"].to_pylist() == [str(ALI), str(LOLA)]
    assert sheet.hidden_rows == 0
