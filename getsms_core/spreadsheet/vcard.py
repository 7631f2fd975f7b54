"""Contacts of a phone or a mail program (vCard 2.1, 3.0 and 4.0): a row for each contact. Runs in the child process.

Several numbers of a contact are one cell, as in any list: the user chooses what becomes of such cells.
"""

import base64
import quopri
import re
from pathlib import Path

from getsms_core.spreadsheet import encodings
from getsms_core.spreadsheet.file_type import UnreadableFile
from getsms_core.spreadsheet.grid import Grid, from_rows
from getsms_core.spreadsheet.limits import Limits

_COLUMNS = {
    "FN": "Name",
    "TEL": "Phone",
    "EMAIL": "E-mail",
    "ORG": "Organization",
    "TITLE": "Title",
    "BDAY": "Birthday",
    "ADR": "Address",
    "NOTE": "Note",
    "NICKNAME": "Nickname",
    "CATEGORIES": "Categories",
}
_NOTHING = "-"
_LINE = re.compile(r"(?:[\w-]+\.)?([\w-]+)((?:;[^:;\"]*(?:\"[^\"]*\"[^:;\"]*)*)*):(.*)", re.S)
_ESCAPED = re.compile(r"\\([nN,;:\\])")
_BASE64 = re.compile(r";(?:ENCODING=\"?)?(?:B|BASE64)\b")
_PARTS = re.compile(r"(?<!\\);")


def read_vcard(path: Path, encoding: str | None, limits: Limits) -> Grid:
    """A row for each contact under English headers; only columns that any contact fills. Raises `UnreadableFile`."""
    if (size := path.stat().st_size) > limits.page_bytes:
        raise UnreadableFile("too-big", what="bytes", found=size >> 20, limit=limits.page_bytes >> 20)
    raw = path.read_bytes()
    source_encoding = encoding or encodings.detect_encoding(raw)
    text = encodings.to_utf8(raw, source_encoding, encoding is not None).decode("utf-8", "replace")
    contacts = [_contact(card, source_encoding) for card in _cards(text)]
    if not contacts:
        raise UnreadableFile("empty-file")
    if len(contacts) > limits.rows:
        raise UnreadableFile("too-big", what="rows", found=len(contacts), limit=limits.rows)
    names = [name for name in _COLUMNS if any(contact.get(name) for contact in contacts)]
    if not names:
        raise UnreadableFile("empty-file")
    for contact in contacts:
        if not any(contact.get(name) for name in names):
            contact[names[0]] = _NOTHING  # a row of empty cells would not be counted
    rows = [[_COLUMNS[name] for name in names], *([contact.get(name) or "" for name in names] for contact in contacts)]
    return from_rows(rows, limits, encoding=source_encoding.removesuffix("-sig"))


def _cards(text: str) -> list[str]:
    return re.findall(
        r"^BEGIN:\s*VCARD[^\n]*\n(.*?)(?=^END:\s*VCARD|^BEGIN:\s*VCARD|\Z)",
        text.replace("\r\n", "\n").replace("\r", "\n"),
        re.I | re.S | re.M,
    )


def _contact(card: str, encoding: str) -> dict[str, str]:
    values: dict[str, list[str]] = {}
    structured = ""
    for line in _logical_lines(card):
        match = _LINE.fullmatch(line)
        if not match:
            continue
        name, parameters = match[1].upper(), match[2].upper()
        value = _decoded(match[3], parameters, encoding)
        if name == "N":
            structured = _full_name(value)
        elif name in _COLUMNS:
            if name in ("ADR", "ORG"):
                parts = [_plain(part) for part in _PARTS.split(value)]
                text = ", ".join(part for part in parts if part)
            else:
                text = _plain(value)
            if text and text not in values.setdefault(name, []):
                values[name].append(text)
    contact = {name: ("; " if name == "TEL" else ", ").join(texts) for name, texts in values.items()}
    contact.setdefault("FN", structured)
    return contact


def _logical_lines(card: str) -> list[str]:
    """The lines of a card, with those that a writer has folded put together."""
    lines: list[str] = []
    soft = False
    for line in card.split("\n"):
        if soft or (lines and line[:1] in (" ", "\t")):
            previous = lines[-1]
            lines[-1] = previous[:-1] + line.lstrip(" \t") if soft else previous + line[1:]
        else:
            lines.append(line)
        soft = "QUOTED-PRINTABLE" in lines[-1].partition(":")[0].upper() and lines[-1].endswith("=")
    return lines


def _decoded(value: str, parameters: str, encoding: str) -> str:
    in_base64 = bool(_BASE64.search(parameters))
    if not in_base64 and "QUOTED-PRINTABLE" not in parameters:
        return value
    charset = re.search(r"CHARSET=\"?([\w-]+)", parameters)
    encoded = value.encode("utf-8", "replace")
    try:
        decoded = base64.b64decode(encoded) if in_base64 else quopri.decodestring(encoded)
    except ValueError:
        return value
    try:
        return decoded.decode(charset[1] if charset else encoding, "replace")
    except LookupError:
        return decoded.decode("utf-8", "replace")


def _plain(value: str) -> str:
    text = _ESCAPED.sub(lambda match: "\n" if match[1] in "nN" else match[1], value)
    return text.strip()


def _full_name(value: str) -> str:
    """Surname;Given;Middle;Prefix;Suffix as they are said."""
    family, given, middle, prefix, suffix, *_ = [*map(_plain, _PARTS.split(value)), *[""] * 5]
    return " ".join(part for part in (prefix, given, middle, family, suffix) if part)
