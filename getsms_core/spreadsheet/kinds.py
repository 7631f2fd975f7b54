"""Which reader takes which kind of file. Runs in the child process; each reader is imported where it is needed."""

from pathlib import Path
from typing import Any

from getsms_core.spreadsheet import file_type
from getsms_core.spreadsheet.file_type import UnreadableFile
from getsms_core.spreadsheet.grid import Grid
from getsms_core.spreadsheet.limits import Limits


def read_grid(path: Path, kind: str, request: dict[str, Any], folder: Path, limits: Limits) -> Grid:
    """The grid of a file of one of the kinds of `file_type`. Raises `UnreadableFile`."""
    encoding, sheet = request["encoding"], request["sheet"]
    if encoding and kind in file_type.WORKBOOKS:
        raise UnreadableFile("encoding-not-applicable", kind=file_type.WORKBOOKS[kind], encoding=encoding)
    if kind == file_type.TEXT:
        from getsms_core.spreadsheet.csv_text import read_csv

        return read_csv(path, encoding, request["delimiter"], limits)
    if kind == file_type.HTML:
        from getsms_core.spreadsheet.html_table import read_html

        return read_html(path, encoding, limits)
    if kind == file_type.MHTML:
        from getsms_core.spreadsheet.mhtml import read_mhtml

        return read_mhtml(path, encoding, sheet, limits)
    if kind == file_type.OLD_XLS:
        from getsms_core.spreadsheet.old_excel import read_old_xls

        return read_old_xls(path, encoding, sheet, limits)
    if kind == file_type.XML_SPREADSHEET:
        from getsms_core.spreadsheet.xml_spreadsheet import read_xml_spreadsheet

        return read_xml_spreadsheet(path, encoding, sheet, limits)
    if kind == file_type.VCARD:
        from getsms_core.spreadsheet.vcard import read_vcard

        return read_vcard(path, encoding, limits)
    if kind in (file_type.SYLK, file_type.DIF):
        from getsms_core.spreadsheet.exchange_formats import read_dif, read_sylk

        return (read_sylk if kind == file_type.SYLK else read_dif)(path, encoding, limits)
    from getsms_core.spreadsheet.workbook import read_workbook

    return read_workbook(path, kind, sheet, folder, limits)
