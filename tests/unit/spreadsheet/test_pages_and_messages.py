"""Tables of web pages under the name of a spreadsheet: HTML however it begins, and single file web pages (MHTML)."""

import base64
import quopri
from pathlib import Path

import pytest

from getsms_core.spreadsheet import read
from tests.each_case import each_case
from tests.unit.spreadsheet.reading import ALI, LOLA, people, refusal, write

TABLE = "<table><tr><th>Ism</th><th>Telefon</th></tr><tr><td>Али</td><td>998901234567</td></tr></table>"


@each_case(
    "beginning",
    [
        "<div>Hisobot</div>",
        "<style>td { color: red }</style>",
        "<!-- Export 1.0 -->\n",
        '<?xml version="1.0" encoding="UTF-8"?>\n<!DOCTYPE html PUBLIC "-//W3C//DTD XHTML 1.0 Strict//EN" "x.dtd">\n',
        '<?xml version="1.0"?><html xmlns:x="urn:schemas-microsoft-com:office:excel">',
        "<!-- a --><!-- b --><center><font size=2>",
        "\ufeff\r\n  <p>Roʻyxat</p>",
        "<style>" + ".x { mso-number-format: General }\n" * 5_000 + "</style>",
        "<title>998935556677</title><h1>Mijozlar</h1>",
        "Hisobot 2026<br>\n",
    ],
)
@pytest.mark.parametrize("name", ["a.xls", "a.html", "a.xlsx", "a.txt"])
def test_a_page_may_begin_with_anything(tmp_path: Path, beginning: str, name: str) -> None:
    assert [(who, phone) for _, who, phone in people(write(tmp_path / name, beginning + TABLE))] == [("Али", ALI)]


@pytest.mark.parametrize("encoding", ["cp1251", "utf-16", "utf-8-sig"])
def test_the_encoding_of_a_page_is_found_out_or_given(tmp_path: Path, encoding: str) -> None:
    path = write(tmp_path / "a.xls", f"<div>Рўйхат</div>{TABLE}", encoding)
    assert people(path)[0][1:] == ("Али", ALI)
    assert people(path, encoding=encoding)[0][1:] == ("Али", ALI)


def test_a_page_that_declares_a_wrong_encoding_is_read_by_its_bytes(tmp_path: Path) -> None:
    path = write(tmp_path / "a.xls", f"<html><meta charset=utf-8>{TABLE}".replace("Али", "Алишер Каримов"), "cp1251")
    assert people(path)[0][1:] == ("Алишер Каримов", ALI)


def test_excel_keeps_the_digits_of_a_rounded_number_beside_it(tmp_path: Path) -> None:
    page = '<table><tr><td>Telefon<tr><td x:num="998901234567">9,98901E+11<tr><td>9,98931E+11</table>'
    assert [phone for _, _, phone in people(write(tmp_path / "a.xls", page))] == [ALI, None]


@pytest.mark.reader_process
def test_rows_that_a_page_hides_are_counted(tmp_path: Path) -> None:
    page = "<table><tr><td>Telefon<tr style='display:none'><td>998901234567<tr hidden><td>901234568<tr><td>931234568</table>"  # noqa: E501
    path = write(tmp_path / "a.xls", page)
    assert read(path).hidden_rows == 2
    assert [phone for _, _, phone in people(path, skip_hidden=True)] == [LOLA]


@pytest.mark.parametrize("content", ["<html><frameset></frameset></html>", "<div>Kirish</div>", "<!doctype html><p>x"])
def test_a_page_without_a_table_is_named(tmp_path: Path, content: str) -> None:
    error = refusal(write(tmp_path / "a.xls", content))
    assert (error.code, "HTML" in error.message) == ("not-a-spreadsheet", True)


@pytest.mark.parametrize("content", ["<rows><row>998901234567</row></rows>", "<?xml version='1.0'?><a/>", "<svg/>"])
def test_other_xml_is_named(tmp_path: Path, content: str) -> None:
    error = refusal(write(tmp_path / "a.xml", content))
    assert (error.code, "XML" in error.message) == ("not-a-spreadsheet", True)


def test_a_header_in_angle_brackets_is_a_text(tmp_path: Path) -> None:
    assert people(write(tmp_path / "a.csv", "<ism>;<telefon>\nAli;998901234567\n")) == [(2, "Ali", ALI)]


def message(*parts: tuple[str, str, str, str], head: str = "MIME-Version: 1.0\r\n") -> bytes:
    """A message of parts: (location, charset, transfer encoding, page)."""
    lines = [
        head
        + 'Content-Type: multipart/related; boundary="----=_X"\r\n\r\nThis is a web page.\r\n\r\n'.replace(
            "\r\n\r\nThis", "\r\n\r\nThis"
        )
    ]
    content = lines[0].encode()
    for location, charset, transfer, page in parts:
        raw = page.encode(charset)
        body = base64.encodebytes(raw) if transfer == "base64" else quopri.encodestring(raw)
        content += (
            (
                f"------=_X\r\nContent-Location: {location}\r\nContent-Transfer-Encoding: {transfer}\r\n"
                f'Content-Type: text/html; charset="{charset}"\r\n\r\n'
            ).encode()
            + body.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")
            + b"\r\n"
        )
    return content + b"------=_X--\r\n"


BOOK = (
    "<html><head><xml><x:ExcelWorkbook><x:ExcelWorksheets><x:ExcelWorksheet><x:Name>Muqova</x:Name>"
    '<x:WorksheetSource HRef="a.files/sheet001.htm"/></x:ExcelWorksheet><x:ExcelWorksheet><x:Name>Mijozlar &amp; K</x:Name>'  # noqa: E501
    '<x:WorksheetSource HRef="a.files/sheet002.htm"/></x:ExcelWorksheet></x:ExcelWorksheets></x:ExcelWorkbook></xml></head>'  # noqa: E501
    "<frameset></frameset></html>"
)


@pytest.mark.parametrize("transfer", ["base64", "quoted-printable"])
@pytest.mark.parametrize("charset", ["utf-8", "windows-1251"])
def test_a_single_file_web_page_is_read(tmp_path: Path, transfer: str, charset: str) -> None:
    page = f"<html><body>{TABLE}</body></html>"
    path = write(tmp_path / "a.xls", message(("file:///C:/a.htm", charset, transfer, page)))
    assert [(who, phone) for _, who, phone in people(path)] == [("Али", ALI)]


@pytest.mark.parametrize("before", [b"\xef\xbb\xbf", b"\r\n\r\n"])
def test_a_mark_or_an_empty_line_may_be_before_a_single_file_web_page(tmp_path: Path, before: bytes) -> None:
    content = before + message(("file:///C:/a.htm", "utf-8", "quoted-printable", TABLE))
    assert [(who, phone) for _, who, phone in people(write(tmp_path / "a.mht", content))] == [("Али", ALI)]


@pytest.mark.reader_process
def test_the_sheets_of_a_single_file_web_page_have_their_names(tmp_path: Path) -> None:
    cover = "<table><tr><td>Mijozlar bazasi</td></tr></table>"
    path = write(
        tmp_path / "a.mht",
        message(
            ("file:///C:/a.htm", "utf-8", "quoted-printable", BOOK),
            ("file:///C:/a.files/sheet001.htm", "utf-8", "quoted-printable", cover),
            ("file:///C:/a.files/sheet002.htm", "utf-8", "base64", TABLE),
            head="From: <Saved by Excel>\r\nSubject: \r\nDate: Mon, 2 Mar 2026 10:00:00 +0500\r\nMIME-Version: 1.0\r\n",
        ),
    )
    sheet = read(path)
    assert (sheet.sheet, sheet.sheets) == ("Mijozlar & K", ["Muqova", "Mijozlar & K"])
    assert refusal(path, sheet="Boshqa").code == "no-such-sheet"


def test_a_single_file_web_page_of_one_part_is_read(tmp_path: Path) -> None:
    path = write(tmp_path / "a.mht", f"MIME-Version: 1.0\nContent-Type: text/html; charset=utf-8\n\n{TABLE}")
    assert people(path)[0][1:] == ("Али", ALI)


def test_a_message_without_a_table_is_named(tmp_path: Path) -> None:
    path = write(tmp_path / "a.mht", message(("a.htm", "utf-8", "base64", "<p>Salom</p>")))
    assert "MHTML" in refusal(path).message
