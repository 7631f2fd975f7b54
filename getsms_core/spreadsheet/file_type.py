"""Detect the type of a file by its content; its name only breaks ties. Runs in the child process."""

import re
import zipfile
from pathlib import Path

from getsms_core.spreadsheet.limits import Limits
from getsms_core.spreadsheet.utf16 import detect_without_bom

XLSX, XLSB, XLS, ODS, HTML, TEXT = "xlsx", "xlsb", "xls", "ods", "html", "text"
_OLE = bytes.fromhex("d0cf11e0a1b11ae1")  # XLS, and the container of an encrypted XLSX
_JSON = re.compile(rb'(?:\[\s*)?\{\s*"[^"]*"\s*:|\[\s*\{\s*\}')
_OTHER_FORMATS = {
    b"%PDF": "PDF",
    b"\x89PNG": "PNG",
    b"\xff\xd8\xff": "JPEG",
    b"GIF8": "GIF",
    b"Rar!": "RAR",
    b"7z\xbc\xaf": "7-Zip",
    b"\x1f\x8b": "gzip",
    b"SQLite format 3": "SQLite",
    b"PAR1": "Parquet",
    b"{\\rtf": "RTF",
    b"\x7fELF": "program",
    b"MZ\x90": "program",
}


class UnreadableFile(Exception):
    """A file that cannot be read: a code for `errors` and the parameters of its message. Crosses the process as
    JSON."""

    def __init__(self, code: str, **details: object) -> None:
        super().__init__(code)
        self.code = code
        self.details = details


def detect_file_type(path: Path, limits: Limits) -> str:
    """XLSX, XLSB, XLS, ODS, HTML or TEXT; raises `UnreadableFile` for other types or beyond the limits."""
    size = path.stat().st_size
    if size == 0:
        raise UnreadableFile("empty-file")
    if size > limits.file_bytes:
        raise UnreadableFile("too-big", what="bytes", found=size >> 20, limit=limits.file_bytes >> 20)
    with path.open("rb") as file:
        head = file.read(65_536)
    if head.startswith(b"PK"):
        return _zip_file_type(path, limits)
    if head.startswith(_OLE):
        return _ole_file_type(path)
    for magic, name in _OTHER_FORMATS.items():
        if head.startswith(magic):
            raise UnreadableFile("not-a-spreadsheet", kind=name)
    start = head.lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if not start.replace(b"\0", b""):
        raise UnreadableFile("empty-file")
    if start.startswith(b"<?xml") and b"schemas-microsoft-com:office:spreadsheet" in head:
        raise UnreadableFile("not-a-spreadsheet", kind="XML")
    if start.startswith((b"<!doctype html", b"<html", b"<table", b"<head", b"<meta", b"<body")):
        return HTML
    if start.startswith((b"<?xml", b"<svg", b"<!doctype")):
        raise UnreadableFile("not-a-spreadsheet", kind="XML")
    if _JSON.match(start):
        raise UnreadableFile("not-a-spreadsheet", kind="JSON")
    if _is_binary(head):
        raise UnreadableFile("not-a-spreadsheet", kind="binary")
    return TEXT


def _zip_file_type(path: Path, limits: Limits) -> str:
    try:
        with zipfile.ZipFile(path) as archive:
            entries = archive.infolist()
    except (zipfile.BadZipFile, EOFError, OSError, NotImplementedError, ValueError):
        raise UnreadableFile("truncated") from None
    unpacked, packed = sum(entry.file_size for entry in entries), sum(entry.compress_size for entry in entries)
    bomb = unpacked > limits.unpacked_ratio * max(packed, 1) and unpacked > 64 << 20
    if unpacked > limits.unpacked_bytes or bomb:
        raise UnreadableFile("too-big", what="unpacked", found=unpacked >> 20, limit=limits.unpacked_bytes >> 20)
    names = {entry.filename for entry in entries}
    if any(entry.flag_bits & 1 for entry in entries):
        raise UnreadableFile("encrypted")
    if "xl/workbook.xml" in names:
        return XLSX
    if "xl/workbook.bin" in names:
        return XLSB
    if "content.xml" in names and "META-INF/manifest.xml" in names:
        with zipfile.ZipFile(path) as archive, archive.open("META-INF/manifest.xml") as manifest:
            if b"encryption-data" in manifest.read(1 << 20):
                raise UnreadableFile("encrypted")
        return ODS
    if any(name.startswith("xl/") for name in names):
        return XLSX  # an odd writer; the reader says what is missing
    raise UnreadableFile("not-a-spreadsheet", kind="ZIP")


def _ole_file_type(path: Path) -> str:
    content = path.read_bytes()
    if "EncryptedPackage".encode("utf-16-le") in content:
        raise UnreadableFile("encrypted")
    if any(name.encode("utf-16-le") in content for name in ("Workbook", "Book")):
        return XLS
    if path.suffix.lower() == ".xls":  # its directory may be in the missing part
        raise UnreadableFile("truncated")
    raise UnreadableFile("not-a-spreadsheet", kind="OLE")


def _is_binary(head: bytes) -> bool:
    """Return whether the bytes cannot be text. UTF-16 is full of control bytes and is text."""
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        return False
    if detect_without_bom(head):
        return False
    zeros = head.count(0)
    odd = zeros + sum(head.count(code) for code in range(1, 32) if code not in b"\t\r\n\f\v\x1a\x1b")
    return odd > max(8, len(head) // 50)
