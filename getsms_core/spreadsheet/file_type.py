"""Detect the type of a file by its content; its name only breaks ties. Runs in the child process."""

import re
import zipfile
from contextlib import suppress
from pathlib import Path

from getsms_core.spreadsheet.limits import Limits
from getsms_core.spreadsheet.utf16 import detect_without_bom

XLSX, XLSB, XLS, ODS, HTML, TEXT = "xlsx", "xlsb", "xls", "ods", "html", "text"
OLD_XLS, MHTML, XML_SPREADSHEET, VCARD, SYLK, DIF = "old-xls", "mhtml", "xml-spreadsheet", "vcard", "sylk", "dif"
# These hold no encoding that could be chosen: the file itself says it.
WORKBOOKS = {XLSX: "XLSX", XLSB: "XLSB", XLS: "XLS", ODS: "ODS"}
_OLE = bytes.fromhex("d0cf11e0a1b11ae1")  # XLS, and the container of an encrypted XLSX
_JSON = re.compile(rb'(?:\[\s*)?\{\s*"[^"]*"\s*:|\[\s*\{\s*\}|\[\s*(?:"[^"]*"\s*,\s*)?\[\s*[\["\d]')
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
    b"ARROW1": "Arrow",
    b"bplist00": "property list",
    b"BM6": "BMP",
    b"II*\x00": "TIFF",
    b"MM\x00*": "TIFF",
    b"RIFF": "media file",
    b"\x00\x00\x02\x00": "Lotus 1-2-3",
    b"\x00\x00\x1a\x00": "Lotus 1-2-3",
    b"WPC": "WordPerfect",
    b"!BDN": "Outlook",
    b"\x00\x01\x00\x00Standard": "Access",
}


# Excel 2 to 5 without a container: the first record says the version.
_BIFF = (b"\x09\x00\x04\x00", b"\x09\x02\x06\x00", b"\x09\x04\x06\x00", b"\x09\x08\x08\x00\x00\x05")
_OTHER_TEXTS = {
    r"begin:\s*vcalendar": "iCalendar",
    r"begin:\s*vnote": "vNote",
    r"%!ps": "PostScript",
    r"(?:--[^\n]*\n\s*|/\*.*?\*/\s*;?\s*)*(?:insert\s+into|create\s+table|set\s+names|drop\s+table)\s": "SQL",
    r"dn:\s?[^\n]*\n(?:[\w;-]+::?\s)": "LDIF",
}
_OTHER_ARCHIVES = {
    "word/": "Word",
    "ppt/": "PowerPoint",
    "Index/Document.iwa": "Apple Numbers",
    "Index.zip": "Apple Numbers",
    "index.xml": "Apple Numbers",
    "Documents/1/": "XPS",
    "content.xml": "OpenDocument",
}
_LISTS = (".xlsx", ".xlsm", ".xlsb", ".xls", ".ods", ".csv", ".tsv", ".txt", ".vcf")
_FILES_SHOWN = 5
_UTF8_NAME = 1 << 11  # the flag of an archive's member
_OTHER_STREAMS = {"WordDocument": "Word", "PowerPoint Document": "PowerPoint", "__properties_version1.0": "Outlook"}
_PROLOGUE = re.compile(r"(?:\s|<\?.*?\?>|<!--.*?-->|<!doctype(?!\s+html)[^>]*>)*", re.S)
_HTML = re.compile(
    r"<(?:!doctype\s+html|html|head|meta|body|title|style|script|div|center|font|p|span|br|h\d|b|form|link)\b"
)
_TABLE = re.compile(r"<(?:table|tr|td)[\s>]")
_TABLE_BELOW_TEXT = re.compile(r"<table[\s>].*?<tr[\s>].*?<t[dh][\s>].*?</", re.S)
_TABLE_BYTES = re.compile(rb"<(?:table|tr|td)[\s>]", re.I)


class UnreadableFile(Exception):
    """A file that cannot be read: a code for `errors` and the parameters of its message. Crosses the process as
    JSON."""

    def __init__(self, code: str, **details: object) -> None:
        super().__init__(code)
        self.code = code
        self.details = details


def detect_file_type(path: Path, limits: Limits) -> str:
    """One of the kinds above; raises `UnreadableFile` for other kinds or beyond the limits."""
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
    if head.startswith(_BIFF):
        return OLD_XLS
    for magic, name in _OTHER_FORMATS.items():
        if head.startswith(magic):
            raise UnreadableFile("not-a-spreadsheet", kind=name)
    if not head.lstrip(b"\xef\xbb\xbf \t\r\n").replace(b"\0", b""):
        raise UnreadableFile("empty-file")
    return _text_file_type(path, head, limits)


def _text_file_type(path: Path, head: bytes, limits: Limits) -> str:
    text = _beginning(head)
    if text.startswith("<"):
        if kind := _markup_file_type(path, text, limits):
            return kind
    elif re.match(r"begin:\s*vcard\b", text):
        return VCARD
    elif re.match(r"id;p[^\n]*\r?\n(?:(?:id|[bcfop]|nn|e|w);|e\s*$)", text):
        return SYLK
    elif re.match(r"table\r?\n\s*0\s*,\s*1\r?\n\"", text):
        return DIF
    elif re.match(r"(?:[\w-]+:[^\n]*\r?\n(?:[ \t][^\n]*\r?\n)*){0,30}?content-type:\s*(?:multipart/|text/html)", text):
        return MHTML
    if not text.startswith("<") and _TABLE_BELOW_TEXT.search(text):
        return HTML
    for pattern, name in _OTHER_TEXTS.items():
        if re.match(pattern, text):
            raise UnreadableFile("not-a-spreadsheet", kind=name)
    if _JSON.match(text.encode("utf-8", "replace")):
        raise UnreadableFile("not-a-spreadsheet", kind="JSON")
    if _is_binary(head):
        raise UnreadableFile("not-a-spreadsheet", kind="binary")
    return TEXT


def _beginning(head: bytes) -> str:
    """The beginning of a text in lower case, without a mark of the encoding and without white space in front."""
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        text = head.decode("utf-16", "replace")
    else:
        text = head.decode(detect_without_bom(head) or "utf-8", "replace")
    return text.lstrip("\ufeff \t\r\n").lower()


def _markup_file_type(path: Path, beginning: str, limits: Limits) -> str | None:
    """HTML with a table or XML that a spreadsheet program wrote; None where it is a text after all, such as a header
    <name>. Raises `UnreadableFile` for other XML and for pages without a table."""
    if "schemas-microsoft-com:office:spreadsheet" in beginning and not _HTML.match(_without_prologue(beginning)):
        return XML_SPREADSHEET
    if _TABLE.search(beginning):
        return HTML
    is_page, is_xml = _HTML.match(_without_prologue(beginning)), beginning.startswith(("<?xml", "<svg", "<!doctype"))
    with path.open("rb") as file:
        content = file.read(limits.page_bytes)
    content = content.replace(b"\0", b"")  # enough of UTF-16 to find a tag
    if _TABLE_BYTES.search(content):  # a page may begin with many styles
        return HTML
    if is_page:
        raise UnreadableFile("not-a-spreadsheet", kind="HTML")
    if is_xml or (re.match(r"<[a-z][\w:.-]*[\s/>]", beginning) and content.rstrip().endswith(b">")):
        raise UnreadableFile("not-a-spreadsheet", kind="XML")
    return None


def _without_prologue(text: str) -> str:
    """The text without declaration, document type and comments in front."""
    return _PROLOGUE.sub("", text, count=1)


def plain_name(name: str) -> str:
    """The name of an archive's member as the formats write it: with slashes, without / or ./ in front, and in small
    letters where the folder xl has capitals: the names of parts are compared without case."""
    plain = re.sub(r"^(?:\.?/)+", "", name.replace("\\", "/"))
    return plain.lower() if plain[:3].lower() == "xl/" and plain[:3] != "xl/" else plain


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
    names = {plain_name(entry.filename) for entry in entries}
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
    for part, kind in _OTHER_ARCHIVES.items():
        if any(name.startswith(part) for name in names):
            raise UnreadableFile("not-a-spreadsheet", kind=kind)
    if lists := _lists_in(entries):
        raise UnreadableFile("not-a-spreadsheet", what="zipped", files=lists[:_FILES_SHOWN])
    raise UnreadableFile("not-a-spreadsheet", kind="ZIP")


def _lists_in(entries: list[zipfile.ZipInfo]) -> list[str]:
    """The names of the files in an archive that may be lists."""
    names = []
    for entry in entries:
        name = entry.filename
        if not entry.flag_bits & _UTF8_NAME:
            with suppress(UnicodeError):  # Windows here writes names in cp866; zipfile takes them for cp437
                name = name.encode("cp437").decode("cp866")
        folder, _, base_name = name.replace("\\", "/").rpartition("/")
        if base_name.lower().endswith(_LISTS) and "__MACOSX" not in folder:
            names.append(base_name)
    return names


def _ole_file_type(path: Path) -> str:
    content = path.read_bytes()
    if "EncryptedPackage".encode("utf-16-le") in content:
        raise UnreadableFile("encrypted")
    if "Workbook".encode("utf-16-le") in content:
        return XLS
    if "Book".encode("utf-16-le") in content:
        return OLD_XLS
    for stream, kind in _OTHER_STREAMS.items():
        if stream.encode("utf-16-le") in content:
            raise UnreadableFile("not-a-spreadsheet", kind=kind)
    if path.suffix.lower() == ".xls":  # its directory may be in the missing part
        raise UnreadableFile("truncated")
    raise UnreadableFile("not-a-spreadsheet", kind="OLE")


def _is_binary(head: bytes) -> bool:
    """Return whether the bytes cannot be text. UTF-16 is full of control bytes and is text."""
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        return False
    if detect_without_bom(head):
        return False
    head = head.rstrip(b"\0")  # some old programs fill the last block so
    zeros = head.count(0)
    odd = zeros + sum(head.count(code) for code in range(1, 32) if code not in b"\t\r\n\f\v\x1a\x1b")
    return odd > max(8, len(head) // 50)
