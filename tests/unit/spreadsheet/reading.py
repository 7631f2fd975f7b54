"""Helpers of the tests that read files: what a file gives, or why it is refused."""

from pathlib import Path
from typing import Any

import pytest

from getsms_core.base.errors import DomainError
from getsms_core.contacts.validation import check_list
from getsms_core.spreadsheet import read

ALI, LOLA = 998901234567, 998931234568


def write(path: Path, content: bytes | str, encoding: str = "utf-8") -> Path:
    """The path, with this content."""
    path.write_bytes(content if isinstance(content, bytes) else content.encode(encoding))
    return path


def people(path: Path, **options: Any) -> list[tuple[int, str, int | None]]:
    """(row as the spreadsheet counts, name, phone) of every row; the name is the first column that is not the phone."""
    checked = check_list(read(path, **options))
    names = [name for name in checked.columns if name != checked.phone_column]
    fields = checked.fields[names[0]].to_pylist() if names else [""] * checked.rows.num_rows
    rows = checked.rows.to_pylist()
    return [(row["row"], name or "", row["phone"]) for row, name in zip(rows, fields, strict=True)]


def refusal(path: Path, **options: Any) -> DomainError:
    """The error of a file that is refused."""
    with pytest.raises(DomainError) as caught:
        read(path, **options)
    return caught.value
