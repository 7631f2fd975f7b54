"""The parts of an XLSX: where a sheet is in the archive, and its XML in pieces of whole rows."""

import re
import shutil
import xml.etree.ElementTree as ET
import zipfile
from collections.abc import Iterator
from pathlib import Path

from getsms_core.spreadsheet.file_type import plain_name

_CHUNK = 1 << 20
_LONGEST_ROW = 1 << 26  # bytes of XML; no list has a longer row
_SMALL_PART = 1 << 24


def member(archive: zipfile.ZipFile, name: str) -> zipfile.ZipInfo | None:
    """The archive's member of this name, whatever its case and its slashes."""
    return _members(archive).get(name.lower())


def small_part(archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> bytes:
    """The content of a part that is small in every real file."""
    with archive.open(entry) as file:
        return file.read(_SMALL_PART)


def _members(archive: zipfile.ZipFile) -> dict[str, zipfile.ZipInfo]:
    return {plain_name(entry.filename).lower(): entry for entry in archive.infolist()}


def prefix_of(archive: zipfile.ZipFile, sheet_file: zipfile.ZipInfo) -> bytes:
    """Return the prefix of the tags of a sheet: b"" or b"x:"."""
    with archive.open(sheet_file) as file:
        match = re.search(rb"<(\w+:)?worksheet\b", file.read(4_096))
    return (match[1] or b"") if match else b""


def part_of_sheet(archive: zipfile.ZipFile, sheet: str) -> zipfile.ZipInfo | None:
    """The archive's member that holds a sheet."""
    members = _members(archive)

    def root(name: str) -> ET.Element:
        return ET.fromstring(small_part(archive, members[name]))  # noqa: S314 - the child process is bounded

    relation = None
    for element in root("xl/workbook.xml").iter():
        if element.tag.rpartition("}")[2] == "sheet" and element.get("name") == sheet:
            relation = next((value for key, value in element.attrib.items() if key.endswith("}id")), None)
    for element in root("xl/_rels/workbook.xml.rels").iter():
        if relation and element.get("Id") == relation:
            target = (element.get("Target") or "").replace("\\", "/")
            name = target.lstrip("/") if target.startswith("/") else f"xl/{target}"
            return members.get(name.lower())
    return None


def whole_rows(chunks: Iterator[bytes], prefix: bytes) -> Iterator[bytes]:
    """The XML in pieces that end with a whole row."""
    end_tag, pending = b"</" + prefix + b"row>", b""
    for chunk in chunks:
        pending += chunk
        cut = pending.rfind(end_tag)
        if cut < 0:
            if len(pending) > _LONGEST_ROW:
                return
            continue
        cut += len(end_tag)
        yield pending[:cut]
        pending = pending[cut:]
    yield pending


def column_index(letters: bytes) -> int:
    """The place of a column by its letters: A → 0."""
    index = 0
    for letter in letters.upper():
        index = index * 26 + letter - 64
    return index - 1


def with_plain_names(path: Path, target: Path) -> Path | None:
    """A copy of an archive whose members have names with backslashes, a slash in front or the like, with plain names;
    None where it needs none. The reader finds no parts in such an archive."""
    with zipfile.ZipFile(path) as archive:
        if all(plain_name(entry.filename) == entry.filename for entry in archive.infolist()):
            return None
        with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as copy:
            for entry in archive.infolist():
                name = plain_name(entry.filename)
                if not name or name.endswith("/"):
                    continue
                with archive.open(entry) as file, copy.open(name, "w", force_zip64=True) as written:
                    shutil.copyfileobj(file, written, _CHUNK)
    return target
