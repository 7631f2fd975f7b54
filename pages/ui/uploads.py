"""Files that a person uploads: which kinds, and the numbers in one."""

import tempfile
from pathlib import Path

from getsms_core import optouts

TYPES = ["xlsx", "xls", "xlsb", "ods", "csv", "tsv", "txt"]


def numbers_in(name: str, data: bytes | memoryview) -> optouts.Found:
    """The numbers of an uploaded file; only the ending of its name is looked at. Raises `Refused`."""
    with tempfile.TemporaryDirectory(prefix="getsms-") as folder:
        path = Path(folder) / ("upload" + Path(name).suffix.lower())
        path.write_bytes(data)
        return optouts.in_file(path)
