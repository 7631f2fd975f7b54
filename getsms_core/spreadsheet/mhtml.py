"""A "single file web page" (MHTML), as Excel and some banks save a table: the HTML parts of a message, a sheet each.
Runs in the child process."""

import email
import email.policy
import re
from email.message import Message
from html import unescape
from pathlib import Path

from getsms_core.spreadsheet.file_type import UnreadableFile
from getsms_core.spreadsheet.grid import Grid
from getsms_core.spreadsheet.html_table import grid_of_page
from getsms_core.spreadsheet.limits import Limits
from getsms_core.spreadsheet.sheet_choice import choose_sheet

_SHEET_NAME = re.compile(
    rb"<x:ExcelWorksheet>.*?<x:Name>(.*?)</x:Name>(?:(?!</x:ExcelWorksheet>).)*?"
    rb'<x:WorksheetSource\s+HRef=3?D?"([^"]*)"',
    re.I | re.S,
)
_TABLE = re.compile(rb"<(?:table|tr|td)[\s>]", re.I)


def read_mhtml(path: Path, encoding: str | None, sheet: str | None, limits: Limits) -> Grid:
    """The grid of the named sheet, else of the first that may be a list. Raises `UnreadableFile`."""
    if (size := path.stat().st_size) > limits.page_bytes:
        raise UnreadableFile("too-big", what="bytes", found=size >> 20, limit=limits.page_bytes >> 20)
    content = path.read_bytes().lstrip(b"\xef\xbb\xbf \t\r\n")
    message = email.message_from_bytes(content, policy=email.policy.compat32)
    pages = [(part, _content(part)) for part in message.walk() if part.get_content_maintype() == "text"]
    names = _sheet_names([content for _, content in pages])
    tables = [(part, content) for part, content in pages if _TABLE.search(content)]
    if not tables:
        raise UnreadableFile("not-a-spreadsheet", kind="MHTML")
    grids = {}
    for number, (part, content) in enumerate(tables, 1):
        charset = encoding or part.get_content_charset()
        name = names.get(_file_name(part), f"Sheet{number}")
        try:
            grids[name if name not in grids else f"{name} {number}"] = grid_of_page(
                content, charset, encoding is not None, limits
            )
        except UnreadableFile as refusal:
            if refusal.code not in ("not-a-spreadsheet", "empty-file"):
                raise
    if not grids:
        raise UnreadableFile("not-a-spreadsheet", kind="MHTML")
    return choose_sheet(grids, sheet)


def _content(part: Message) -> bytes:
    payload = part.get_payload(decode=True)
    return payload if isinstance(payload, bytes) else b""


def _file_name(part: Message) -> str:
    return str(part.get("Content-Location") or "").replace("\\", "/").rpartition("/")[2].lower()


def _sheet_names(pages: list[bytes]) -> dict[str, str]:
    """The names of the sheets by the names of their files, as Excel's first part lists them."""
    return {
        source.decode("utf-8", "replace").replace("\\", "/").rpartition("/")[2].lower(): unescape(
            name.decode("utf-8", "replace")
        )
        for page in pages
        for name, source in _SHEET_NAME.findall(page)
    }
