"""What the XLSX writer leaves out: values beside the formulas of charts, a date axis, marked points, names of ranges.

Only small parts of the file are written again; the sheets keep their compressed bytes. Without the values, programs
that do not calculate (previews, mail) draw empty charts; without a date axis, days without messages leave no gap;
without marks the line of a single day is invisible."""

import re
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Any
from xml.etree import ElementTree
from zipfile import ZIP_DEFLATED, ZipFile

_C = "http://schemas.openxmlformats.org/drawingml/2006/chart"
_EPOCH = date(1899, 12, 30)  # day 0 of Excel
_REFERENCE = re.compile(r"^'?(?P<sheet>.+?)'?!\$(?P<column>[A-Z]+)\$(?P<first>\d+)(?::\$[A-Z]+\$(?P<last>\d+))?$")
_MARKER = f'<c:marker xmlns:c="{_C}"><c:symbol val="circle"/><c:size val="6"/></c:marker>'
DATE_FORMAT = "yyyy-mm-dd"


def finish(
    path: Path,
    columns: Mapping[str, Sequence[Sequence[Any]]],
    ranges: Mapping[str, str],
    formats: Mapping[str, Mapping[str, str]],
) -> None:
    """Complete the charts and the names of a workbook. `columns` are the cells of each sheet with charts, column by
    column with the heading first, `formats` their number formats by heading; `ranges` are names of ranges and what they
    mean ("Messages!$A$1:$B$9")."""
    with ZipFile(path, "a", ZIP_DEFLATED) as book:
        for name in book.namelist():
            if name.startswith("xl/charts/chart"):
                _replace(book, name, _chart(book.read(name), columns, formats))
        _replace(book, "xl/workbook.xml", _names(book.read("xl/workbook.xml").decode(), ranges).encode())


def _replace(book: ZipFile, name: str, data: bytes) -> None:
    """Replace a part. The few bytes of the old one stay in the file without an entry."""
    book.filelist.remove(book.NameToInfo.pop(name))
    book.writestr(name, data)


def _names(xml: str, ranges: Mapping[str, str]) -> str:
    names = "".join(f'<definedName name="{name}">{_escaped(where)}</definedName>' for name, where in ranges.items())
    if "</definedNames>" in xml:
        return xml.replace("</definedNames>", f"{names}</definedNames>", 1)
    return xml.replace("</sheets>", f"</sheets><definedNames>{names}</definedNames>", 1)


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;")


def _chart(
    xml: bytes, columns: Mapping[str, Sequence[Sequence[Any]]], formats: Mapping[str, Mapping[str, str]]
) -> bytes:
    for prefix, uri in (
        ("c", _C),
        ("a", "http://schemas.openxmlformats.org/drawingml/2006/main"),
        ("r", "http://schemas.openxmlformats.org/officeDocument/2006/relationships"),
    ):
        ElementTree.register_namespace(prefix, uri)
    root = ElementTree.fromstring(xml)  # noqa: S314  (our own writer's)
    for reference in (*root.iter(f"{{{_C}}}numRef"), *root.iter(f"{{{_C}}}strRef")):
        _fill(reference, columns, formats)
    for line in root.iter(f"{{{_C}}}lineChart"):
        for series in line.findall(f"{{{_C}}}ser"):
            _mark(series)
    for area in root.iter(f"{{{_C}}}plotArea"):
        for axis in area.findall(f"{{{_C}}}catAx"):
            _date_axis(axis)
    return bytes(ElementTree.tostring(root, encoding="UTF-8", xml_declaration=True))


def _fill(
    reference: ElementTree.Element,
    columns: Mapping[str, Sequence[Sequence[Any]]],
    formats: Mapping[str, Mapping[str, str]],
) -> None:
    """Write the values that a formula refers to beside it, and their number format: without it a share is 0.8 in
    programs that do not read the cells."""
    match = _REFERENCE.match(reference.findtext(f"{{{_C}}}f") or "")
    cache = next((child for child in reference if child.tag.endswith("Cache")), None)
    if match is None or cache is None or match["sheet"] not in columns:
        return
    cells = columns[match["sheet"]][_index(match["column"])]
    first, last = int(match["first"]), int(match["last"] or match["first"])
    values = list(cells[first - 1 : last])
    for child in list(cache):
        if child.tag != f"{{{_C}}}formatCode":
            cache.remove(child)
        elif number_format := formats.get(match["sheet"], {}).get(str(cells[0])):
            child.text = number_format
    ElementTree.SubElement(cache, f"{{{_C}}}ptCount", {"val": str(len(values))})
    for i, value in enumerate(values):
        if value is not None:
            point = ElementTree.SubElement(cache, f"{{{_C}}}pt", {"idx": str(i)})
            ElementTree.SubElement(point, f"{{{_C}}}v").text = _text(value)


def _text(value: Any) -> str:
    if isinstance(value, datetime):
        value = value.date()
    return str((value - _EPOCH).days) if isinstance(value, date) else str(value)


def _index(letters: str) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + ord(letter) - ord("A") + 1
    return number - 1


def _mark(series: ElementTree.Element) -> None:
    marker = series.find(f"{{{_C}}}marker")
    if marker is not None:
        place = list(series).index(marker)
        series.remove(marker)
        series.insert(place, ElementTree.fromstring(_MARKER))  # noqa: S314


def _date_axis(axis: ElementTree.Element) -> None:
    axis.tag = f"{{{_C}}}dateAx"
    for child in list(axis):
        if child.tag in (f"{{{_C}}}lblAlgn", f"{{{_C}}}noMultiLvlLbl"):
            axis.remove(child)
        elif child.tag == f"{{{_C}}}numFmt":
            child.attrib.update({"formatCode": DATE_FORMAT, "sourceLinked": "0"})
    ElementTree.SubElement(axis, f"{{{_C}}}baseTimeUnit", {"val": "days"})
