"""Files in which every cell is of a chosen kind, written byte by byte: no library writes a formula without a value, an
error or an empty text into each of these formats."""

import struct
import zipfile
from collections.abc import Callable, Mapping, Sequence
from html import escape
from pathlib import Path

PHONE = 998901234567
TEXT, NUMBER, DATED, EMPTY_TEXT, ERROR, BOOLEAN, FORMULA, CALCULATED = (
    *("text", "number", "number under a date format", "empty text", "error", "boolean"),
    *("formula without a value", "calculated formula"),
)
Row = Sequence[tuple[str, int | str]]
"""Cells as (kind, value)."""

# ------------------------------------------------------------------------------------------------------------ XLSX, ODS


def write_xlsx(path: Path, rows: Sequence[Row]) -> None:
    """Strings are in the cells; style 1 is a date format."""
    cells = {
        TEXT: '<c r="{r}" t="inlineStr"><is><t>{v}</t></is></c>',
        NUMBER: '<c r="{r}"><v>{v}</v></c>',
        DATED: '<c r="{r}" s="1"><v>{v}</v></c>',
        EMPTY_TEXT: '<c r="{r}" t="inlineStr"><is><t></t></is></c>',
        ERROR: '<c r="{r}" t="e"><v>#N/A</v></c>',
        BOOLEAN: '<c r="{r}" t="b"><v>1</v></c>',
        FORMULA: '<c r="{r}"><f>A1</f></c>',
        CALCULATED: '<c r="{r}"><f>A1</f><v>{v}</v></c>',
    }
    body = "".join(
        f'<row r="{at}">'
        + "".join(cells[kind].format(r=f"{'ABC'[place]}{at}", v=value) for place, (kind, value) in enumerate(row))
        + "</row>"
        for at, row in enumerate(rows, 1)
    )
    main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    write_package(path, "xml", {
        "xl/workbook.xml": f'<workbook xmlns="{main}" xmlns:r="{_OFFICE}/officeDocument/2006/relationships"><sheets>'
        '<sheet name="Varaq" sheetId="1" r:id="rId1"/></sheets></workbook>',
        "xl/styles.xml": f'<styleSheet xmlns="{main}"><cellXfs count="2"><xf numFmtId="0"/><xf numFmtId="14"/>'
        "</cellXfs></styleSheet>",
        "xl/worksheets/sheet1.xml": f'<worksheet xmlns="{main}"><sheetData>{body}</sheetData></worksheet>',
    })  # fmt: skip


def write_ods(path: Path, rows: Sequence[Row]) -> None:
    """The phone under a time format is a duration of as many days."""
    cells = {
        TEXT: ('office:value-type="string"', "{v}"),
        NUMBER: ('office:value-type="float" office:value="{v}"', "{v}"),
        DATED: ('office:value-type="time" office:time-value="PT{hours}H00M00S"', ""),
        EMPTY_TEXT: ('office:value-type="string"', ""),
        ERROR: (
            'table:formula="of:=NA()" office:value-type="string" office:string-value="" calcext:value-type="error"',
            "#N/A",
        ),
        BOOLEAN: ('office:value-type="boolean" office:boolean-value="true"', "TRUE"),
        FORMULA: ('table:formula="of:=[.A1]"', ""),
        CALCULATED: ('table:formula="of:=[.A1]" office:value-type="float" office:value="{v}"', "{v}"),
    }

    def cell(kind: str, value: int | str) -> str:
        attributes, text = cells[kind]
        paragraph = f"<text:p>{text}</text:p>" if text else ""
        hours = value * 24 if isinstance(value, int) else 0
        return f"<table:table-cell {attributes}>{paragraph}</table:table-cell>".format(v=value, hours=hours)

    body = "".join(f"<table:table-row>{''.join(cell(*each) for each in row)}</table:table-row>" for row in rows)
    space = "urn:oasis:names:tc:opendocument:xmlns"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        archive.writestr("META-INF/manifest.xml", "<manifest/>")
        archive.writestr(
            "content.xml",
            f'<office:document-content xmlns:office="{space}:office:1.0" xmlns:table="{space}:table:1.0" '
            f'xmlns:text="{space}:text:1.0" xmlns:calcext="urn:org:documentfoundation:names:experimental:calc:xmlns:'
            f'calcext:1.0"><office:body><office:spreadsheet><table:table table:name="Varaq">{body}</table:table>'
            "</office:spreadsheet></office:body></office:document-content>",
        )


# ----------------------------------------------------------------------------------------------------------- XLSB, XLS


def write_xlsb(path: Path, rows: Sequence[Row]) -> None:
    """A formula without a value does not exist in this format."""

    def record(kind: int, body: bytes = b"") -> bytes:
        head = bytes([kind]) if kind < 128 else bytes([kind & 0x7F | 0x80, kind >> 7])
        return head + bytes([len(body) & 0x7F | 0x80, len(body) >> 7]) + body

    def wide(text: str) -> bytes:
        return struct.pack("<I", len(text)) + text.encode("utf-16-le")

    def cell(column: int, kind: str, value: int | str) -> bytes:
        head = struct.pack("<II", column, int(kind == DATED))
        match kind:
            case "number" | "number under a date format":
                return record(5, head + struct.pack("<d", value))
            case "calculated formula":
                return record(9, head + struct.pack("<dHII", value, 0, 0, 0))
            case "error":
                return record(3, head + b"\x2a")
            case "boolean":
                return record(4, head + b"\x01")
        return record(6, head + wide("" if kind == EMPTY_TEXT else str(value)))

    styles = record(278) + record(617, struct.pack("<I", 2))
    styles += b"".join(record(47, struct.pack("<HH", 0xFFFF, number_format) + bytes(12)) for number_format in (0, 14))
    width = max(map(len, rows))
    sheet = record(129) + record(148, struct.pack("<IIII", 0, len(rows) - 1, 0, width - 1)) + record(145)
    for at, row in enumerate(rows):
        sheet += record(0, struct.pack("<IIHBBBI", at, 0, 300, 0, 0, 0, 0))
        sheet += b"".join(cell(column, *each) for column, each in enumerate(row))
    write_package(path, "bin", {
        "xl/workbook.bin": record(131) + record(143) + record(156, struct.pack("<II", 0, 1) + wide("rId1")
                                                                      + wide("Varaq")) + record(144) + record(132),
        "xl/styles.bin": styles + record(618) + record(279),
        "xl/worksheets/sheet1.bin": sheet + record(146) + record(130),
    })  # fmt: skip


def write_xls(path: Path, rows: Sequence[Row], *, calculated: bool = False) -> None:
    """BIFF8 in a container of one stream. With `calculated` the file says that Excel has calculated it."""

    def record(kind: int, body: bytes = b"") -> bytes:
        return struct.pack("<HH", kind, len(body)) + body

    def wide(text: str) -> bytes:
        return b"\x01" + text.encode("utf-16-le")

    def cell(row: int, column: int, kind: str, value: int | str) -> bytes:
        head = struct.pack("<HHH", row, column, int(kind == DATED))
        formula = struct.pack("<HIH", 0, 0, 5) + b"\x44" + struct.pack("<HH", 0, 0)  # =$A$1
        match kind:
            case "number" | "number under a date format":
                return record(0x203, head + struct.pack("<d", value))
            case "calculated formula":
                return record(0x06, head + struct.pack("<d", value) + formula)
            case "formula without a value":
                return record(0x06, head + b"\x03\0\0\0\0\0\xff\xff" + formula)
            case "error":
                return record(0x205, head + b"\x2a\x01")
            case "boolean":
                return record(0x205, head + b"\x01\x00")
        text = "" if kind == EMPTY_TEXT else str(value)
        return record(0x204, head + struct.pack("<H", len(text)) + wide(text))

    sheet = record(0x809, struct.pack("<HHHHII", 0x600, 0x10, 0, 0, 0, 0))
    sheet += record(0x200, struct.pack("<IIHHH", 0, len(rows), 0, max(map(len, rows)), 0))
    sheet += b"".join(cell(at, column, *each) for at, row in enumerate(rows) for column, each in enumerate(row))
    sheet += record(0x0A)
    formats = b"".join(
        record(0xE0, struct.pack("<HHHH", 0, number_format, 0, 0) + bytes(12)) for number_format in (0, 14)
    )
    head = (
        record(0x809, struct.pack("<HHHHII", 0x600, 0x05, 0, 0, 0, 0)) + record(0x42, struct.pack("<H", 1200)) + formats
    )
    head += record(0x1C1, struct.pack("<HHI", 0x1C1, 0, 191029)) if calculated else b""
    name = b"\x05" + wide("Varaq")
    start = len(head) + 4 + 6 + len(name) + 4
    workbook = head + record(0x85, struct.pack("<IBB", start, 0, 0) + name) + record(0x0A) + sheet
    path.write_bytes(container(workbook.ljust(4096, b"\0")))


def container(stream: bytes, name: str = "Workbook") -> bytes:
    """A compound file of one stream; at least 4,096 bytes, so that it needs no small sectors."""
    end, count = 0xFFFFFFFE, -(-len(stream) // 512)
    stream = stream.ljust(count * 512, b"\0")
    fats = 1
    while fats * 128 < count + fats + 1:
        fats += 1
    fat = [0xFFFFFFFD] * fats + [end] + [*range(fats + 2, fats + 1 + count), end]
    fat += [0xFFFFFFFF] * (fats * 128 - len(fat))

    def entry(entry_name: str, kind: int, child: int, first: int, size: int) -> bytes:
        encoded = (entry_name + "\0").encode("utf-16-le") if entry_name else b""
        body = encoded.ljust(64, b"\0") + struct.pack("<HBB", len(encoded), kind, 1)
        return (body + struct.pack("<III", 0xFFFFFFFF, 0xFFFFFFFF, child)).ljust(116, b"\0") + struct.pack(
            "<IQ", first, size
        )

    directory = entry("Root Entry", 5, 1, end, 0) + entry(name, 2, 0xFFFFFFFF, fats + 1, len(stream))
    directory += entry("", 0, 0xFFFFFFFF, 0, 0) * 2
    header = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(16) + struct.pack("<HHHHH", 0x3E, 3, 0xFFFE, 9, 6) + bytes(6)
    header += struct.pack("<IIIIIIIII", 0, fats, fats, 0, 4096, end, 0, end, 0)
    header += struct.pack("<109I", *range(fats), *[0xFFFFFFFF] * (109 - fats))
    return header + struct.pack(f"<{len(fat)}I", *fat) + directory + stream


_OFFICE = "http://schemas.openxmlformats.org"


def write_package(path: Path, ending: str, parts: Mapping[str, str | bytes]) -> None:
    """Write a workbook of one sheet from its parts (`xl/workbook.…`, `xl/worksheets/sheet1.…`, `xl/styles.…`)."""
    kinds = f"{_OFFICE}/officeDocument/2006/relationships"
    relations = f'<Relationships xmlns="{_OFFICE}/package/2006/relationships">{{}}</Relationships>'
    relation = f'<Relationship Id="rId{{}}" Type="{kinds}/{{}}" Target="{{}}"/>'
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("[Content_Types].xml", "<Types/>")
        archive.writestr("_rels/.rels", relations.format(relation.format(1, "officeDocument", f"xl/workbook.{ending}")))
        archive.writestr(
            f"xl/_rels/workbook.{ending}.rels",
            relations.format(
                relation.format(1, "worksheet", f"worksheets/sheet1.{ending}")
                + (relation.format(2, "styles", f"styles.{ending}") if f"xl/styles.{ending}" in parts else "")
            ),
        )
        for name, content in parts.items():
            archive.writestr(name, content)


# ----------------------------------------------------------------------------------------------------------- CSV, HTML


def _shown(kind: str, value: int | str) -> str:
    """What a program that writes text writes for such a cell."""
    return {EMPTY_TEXT: "", ERROR: "#N/A", BOOLEAN: "TRUE", FORMULA: "=A1"}.get(kind, str(value))


def write_csv(path: Path, rows: Sequence[Row]) -> None:
    path.write_text("".join(";".join(_shown(*cell) for cell in row) + "\r\n" for row in rows), "utf-8")


def write_html(path: Path, rows: Sequence[Row]) -> None:
    body = "".join("<tr>" + "".join(f"<td>{escape(_shown(*cell))}</td>" for cell in row) + "</tr>" for row in rows)
    path.write_text(f"<html><meta charset=utf-8><table>{body}</table></html>", "utf-8")


WRITERS: dict[str, Callable[[Path, Sequence[Row]], None]] = {
    "xlsx": write_xlsx,
    "xls": write_xls,
    "xlsb": write_xlsb,
    "ods": write_ods,
    "csv": write_csv,
    "html": write_html,
}
