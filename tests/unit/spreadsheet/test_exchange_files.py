"""Contacts (vCard), SYLK, DIF and XML Spreadsheet, as phones, mail programs and spreadsheets write them; and the kinds
that are refused by their names."""

import zipfile
from pathlib import Path

import pytest

from getsms_core.spreadsheet import read
from tests.each_case import each_case
from tests.unit.spreadsheet.reading import ALI, LOLA, people, refusal, write

CARD = "BEGIN:VCARD\r\nVERSION:{}\r\n{}\r\nEND:VCARD\r\n"


@each_case(
    ("version", "lines"),
    [
        ("3.0", "N:Karimov;Ali;;;\r\nFN:Ali Karimov\r\nTEL;TYPE=CELL:+998 90 123-45-67"),
        ("2.1", "N;CHARSET=UTF-8;ENCODING=QUOTED-PRINTABLE:=41=6C=69;;;;\r\nTEL;CELL;VOICE:998901234567"),
        ("4.0", 'FN:Ali\r\nTEL;VALUE=uri;TYPE="voice,cell":tel:+998-90-123-45-67'),
        (
            "3.0",
            "FN:Ali\r\nitem1.TEL;type=pref:(90) 123 45 67\r\nitem1.X-ABLabel:Ish\r\nPHOTO;ENCODING=b:AAAA\r\n BBBB",
        ),
        ("3.0", "FN:Ali\r\nTEL:+99890\r\n 1234567"),
        ("2.1", "FN:Ali\r\nTEL;WORK:998901234567\r\nTEL;CELL:+998 90 123 45 67"),
        ("3.0", "FN;ENCODING=B;CHARSET=UTF-8:QWxp\r\nTEL:998901234567"),
        ("2.1", "FN;CHARSET=UTF-8;BASE64:QWxp\r\nTEL:998901234567"),
        ("3.0", 'N:;Ali;;;\r\nTEL;TYPE="CELL;x":998901234567\r\nNOTE:bir\\, ikki\\nuch'),
    ],
)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_a_contact_is_a_row(tmp_path: Path, version: str, lines: str, encoding: str) -> None:
    content = CARD.format(version, lines) + CARD.format(version, "FN:Lola\r\nTEL:931234568")
    rows = people(write(tmp_path / "contacts.vcf", content, encoding))
    assert [(who.split()[0], phone) for _, who, phone in rows] == [("Ali", ALI), ("Lola", LOLA)]


@pytest.mark.reader_process
def test_cyrillic_names_of_old_phones_are_read(tmp_path: Path) -> None:
    encoded = "".join(f"={byte:02X}" for byte in "Алишер".encode())
    content = CARD.format(
        "2.1", f"N;CHARSET=UTF-8;ENCODING=QUOTED-PRINTABLE:;{encoded[:12]}=\r\n{encoded[12:]};;;\r\nTEL:998901234567"
    )
    assert people(write(tmp_path / "a.vcf", content)) == [(2, "Алишер", ALI)]
    old = CARD.format("2.1", "FN:Алишер\r\nTEL:998901234567")
    assert people(write(tmp_path / "b.vcf", old, "cp1251")) == [(2, "Алишер", ALI)]


def test_contacts_without_or_with_several_numbers_stay_rows(tmp_path: Path) -> None:
    cards = ["FN:Ali\r\nTEL:998901234567\r\nTEL:931234568", "FN:Vali\r\nEMAIL:v@x.uz", "FN:Lola\r\nTEL:931234568"]
    path = write(tmp_path / "a.vcf", "".join(CARD.format("3.0", card) for card in cards))
    assert people(path) == [(2, "Ali", None), (3, "Vali", None), (4, "Lola", LOLA)]


SYLK = "ID;PWXL;N;E\r\nP;PGeneral\r\nP;P0%\r\nP;Pdd.mm.yyyy\r\nB;Y3;X3;D0 0 2 2\r\n{}E\r\n"


@pytest.mark.parametrize(
    "cells",
    [
        'C;Y1;X1;K"Ism"\r\nC;X2;K"Telefon"\r\nC;Y2;X1;K"Ali"\r\nC;X2;K998901234567\r\nC;Y3;X1;K"Lola"\r\nC;X2;K"93 123 45 68"\r\n',  # noqa: E501
        'C;X1;Y1;K"Ism"\nC;X2;Y1;K"Telefon"\nC;X1;Y2;K"Ali"\nC;X2;Y2;K9.98901234567E+11\nC;X1;Y3;K"Lola"\nC;X2;Y3;K931234568\n',
        'F;P0;FG0G;X1\r\nC;Y1;X1;K"Ism"\r\nC;Y1;X2;K"Telefon"\r\nF;Y2;X1\r\nC;K"Ali"\r\nF;X2\r\nC;K998901234567;ER1C1\r\nC;Y3;X1;K"Lola"\r\nC;Y3;X2;K931234568\r\n',
    ],
)
def test_a_sylk_file_is_read(tmp_path: Path, cells: str) -> None:
    assert people(write(tmp_path / "a.slk", SYLK.format(cells))) == [(2, "Ali", ALI), (3, "Lola", LOLA)]


@pytest.mark.reader_process
def test_escapes_percents_dates_and_hidden_rows_of_a_sylk_file(tmp_path: Path) -> None:
    cells = (
        'C;Y1;X1;K"Ism"\r\nC;X2;K"Tel"\r\nC;X3;K"Foiz"\r\nC;Y2;X1;K"A;;""B""\x1bN Hu"\r\nC;X2;K901234567\r\nF;P1;X3\r\nC;K0.15\r\n'  # noqa: E501
        'F;M0;R3\r\nC;Y3;X1;K"Али"\r\nC;X2;K931234568\r\nF;P2;X3\r\nC;K46387\r\n'
    )
    sheet = read(write(tmp_path / "a.slk", SYLK.format(cells), "cp1251"))
    assert sheet.table["Foiz"].to_pylist() == ["15%", "31.12.2026"]
    assert (sheet.table["Ism"][0].as_py()[:5], sheet.hidden_rows) == ('A;"B"', 1)


@pytest.mark.parametrize(
    "content", ["ID;Phone;Ism\n1;998901234567;Ali\n", "ID;P\n7;998901234567\n", "ID;Pul;Tel\n1;5;998901234567\n"]
)
def test_a_csv_that_begins_like_sylk_is_a_csv(tmp_path: Path, content: str) -> None:
    assert [phone for _, _, phone in people(write(tmp_path / "a.csv", content))] == [ALI]


def dif(rows: list[list[str]]) -> str:
    """The rows as Excel writes them."""
    lines = ["TABLE", "0,1", '"EXCEL"', "VECTORS", f"0,{len(rows)}", '""', "TUPLES", "0,2", '""', "DATA", "0,0", '""']
    for row in rows:
        lines += ["-1,0", "BOT"]
        for cell in row:
            lines += [f"0,{cell}", "V"] if cell.isdecimal() else ["1,0", '"' + cell.replace('"', '""') + '"']
    return "\r\n".join([*lines, "-1,0", "EOD", ""])


@pytest.mark.parametrize("encoding", ["utf-8", "cp1251"])
def test_a_dif_file_is_read(tmp_path: Path, encoding: str) -> None:
    rows = [["Ism", "Телефон"], ['Али "K"', "998901234567"], ["Lola", "+998 93 123-45-68"]]
    assert people(write(tmp_path / "a.dif", dif(rows), encoding)) == [(2, 'Али "K"', ALI), (3, "Lola", LOLA)]


@pytest.mark.reader_process
def test_a_damaged_dif_file_is_refused(tmp_path: Path) -> None:
    assert refusal(write(tmp_path / "a.dif", 'TABLE\r\n0,1\r\n"EXCEL"\r\n')).code == "truncated"


XML = (
    '<?xml version="1.0"{}?>\n<?mso-application progid="Excel.Sheet"?>\n'
    '<Workbook xmlns="urn:schemas-microsoft-com:office:spreadsheet" xmlns:ss="urn:schemas-microsoft-com:office:spreadsheet"'  # noqa: E501
    ' xmlns:x="urn:schemas-microsoft-com:office:excel"><Styles><Style ss:ID="p"><NumberFormat ss:Format="0%"/></Style>'
    '<Style ss:ID="d"><NumberFormat ss:Format="dd\\.mm\\.yyyy\\ hh:mm"/></Style><Style ss:ID="n"><NumberFormat ss:Format="0"/>'  # noqa: E501
    "</Style></Styles>{}</Workbook>"
)
SHEET = '<Worksheet ss:Name="{}"><Table>{}</Table></Worksheet>'
HEAD = (
    '<Row><Cell><Data ss:Type="String">Ism</Data></Cell><Cell><Data ss:Type="String">Телефон</Data></Cell>'
    '<Cell><Data ss:Type="String">Boshqa</Data></Cell></Row>'
)
ROW = '<Row{}><Cell><Data ss:Type="String">{}</Data></Cell><Cell ss:StyleID="n"><Data ss:Type="{}">{}</Data></Cell>{}</Row>'  # noqa: E501


@pytest.mark.parametrize(
    ("kind", "phone"), [("Number", "998901234567"), ("Number", "9.98901234567E11"), ("String", "90 123 45 67")]
)
@pytest.mark.parametrize(
    ("declared", "encoding"), [("", "utf-8"), (' encoding="windows-1251"', "cp1251"), ("", "utf-16")]
)
def test_an_xml_spreadsheet_is_read(tmp_path: Path, kind: str, phone: str, declared: str, encoding: str) -> None:
    rows = (
        HEAD + ROW.format("", "Али", kind, phone, "") + ROW.format(' ss:Index="5"', "Lola", "Number", "931234568", "")
    )
    path = write(tmp_path / "a.xls", XML.format(declared, SHEET.format("Mijozlar", rows)), encoding)
    assert people(path) == [(2, "Али", ALI), (5, "Lola", LOLA)]
    assert read(path).sheet == "Mijozlar"


@pytest.mark.reader_process
def test_places_formats_and_hidden_rows_of_an_xml_spreadsheet(tmp_path: Path) -> None:
    other = '<Cell ss:StyleID="{}"><Data ss:Type="{}">{}</Data></Cell>'
    rows = (
        HEAD
        + ROW.format(' ss:Hidden="1"', "Ali", "Number", "901234567", other.format("p", "Number", "0.15"))
        + ROW.format("", "Lola", "Number", "931234568", other.format("d", "DateTime", "2026-12-31T18:30:00.000"))
        + '<Row><Cell ss:Index="2"><Data ss:Type="Error">#N/A</Data></Cell></Row>'
        + '<Row><Cell ss:Index="2" ss:Formula="=R1C1"/></Row>'
    )
    cover = '<Row><Cell ss:MergeAcross="1"><Data ss:Type="String">Roʻyxat</Data></Cell></Row>'
    path = write(tmp_path / "a.xml", XML.format("", SHEET.format("Muqova", cover) + SHEET.format("Baza", rows)))
    sheet = read(path)
    assert (sheet.sheet, sheet.sheets, sheet.hidden_rows) == ("Baza", ["Muqova", "Baza"], 1)
    assert sheet.table["Boshqa"].to_pylist()[:2] == ["15%", "31.12.2026 18:30"]
    assert [row for row, _, _ in people(path)] == [2, 3, 4, 5]
    assert [row for row, _, _ in people(path, skip_hidden=True)] == [3, 4, 5]


OTHER_TEXTS = {
    "BEGIN:VCALENDAR\nVERSION:2.0\n": "iCalendar",
    "INSERT INTO clients VALUES ('Ali', '998901234567');": "SQL",
    "-- dump\nCREATE TABLE a (b int);": "SQL",
    "%!PS-Adobe-3.0\n": "PostScript",
    "dn: cn=Ali\ncn: Ali\ntelephoneNumber: 998901234567\n": "LDIF",
    '{"type": "x", "998901234567": 1}': "JSON",
    '[["Ali", "998901234567"], ["Lola", "998931234568"]]': "JSON",
    '[[1, "998901234567"], [2, "998931234568"]]': "JSON",
    '["vcard", [["version", {}, "text", "4.0"], ["tel", {}, "uri", "tel:998901234567"]]]': "JSON",
    "{\\rtf1 998901234567}": "RTF",
}
OTHER_BYTES = {
    b"ARROW1\0\0": "Arrow",
    b"bplist00\xd1": "property list",
    b"\x00\x00\x1a\x00\x00\x10": "Lotus 1-2-3",
    b"\x00\x01\x00\x00Standard Jet DB": "Access",
    bytes.fromhex("d0cf11e0a1b11ae1") + bytes(600) + "WordDocument".encode("utf-16-le"): "Word",
}


@each_case(("content", "kind"), [*OTHER_TEXTS.items(), *OTHER_BYTES.items()])
def test_other_kinds_are_refused_by_their_names(tmp_path: Path, content: str | bytes, kind: str) -> None:
    error = refusal(write(tmp_path / "a.xlsx", content))
    assert (error.code, f"({kind})" in error.message) == ("not-a-spreadsheet", True)


@pytest.mark.parametrize(
    ("member", "kind"),
    [
        ("word/document.xml", "Word"),
        ("ppt/presentation.xml", "PowerPoint"),
        ("Index/Document.iwa", "Apple Numbers"),
        ("list.csv", "ZIP"),
    ],
)
def test_archives_of_other_programs_are_refused_by_their_names(tmp_path: Path, member: str, kind: str) -> None:
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr(member, b"x")
    assert f"({kind})" in refusal(tmp_path / "a.zip").message


def test_an_encoding_for_a_kind_that_says_its_own_is_refused(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "a.xlsx", "w") as archive:
        archive.writestr("xl/workbook.xml", b"x")
    assert refusal(tmp_path / "a.xlsx", encoding="cp1251").code == "encoding-not-applicable"
