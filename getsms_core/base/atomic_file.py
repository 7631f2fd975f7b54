"""Write a file completely or not at all."""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def whole(path: Path) -> Iterator[Path]:
    """Yield a temporary path to write to, which replaces `path` at the end; after an error `path` is unchanged.

    A pipe or a device is written to instead of replaced, as other programs use it. A link keeps pointing to its
    file."""
    path = path.resolve() if path.is_symlink() else path
    special = path.exists() and not path.is_file()
    folder = Path(tempfile.mkdtemp(prefix="getsms-")) if special else path.parent
    part = _part(folder / path.name)
    try:
        yield part
        if special:
            with part.open("rb") as part_file, path.open("wb") as out:
                shutil.copyfileobj(part_file, out)
        else:
            part.replace(path)
    finally:
        part.unlink(missing_ok=True)
        if special:
            folder.rmdir()


def spool(part: Path) -> Path:
    """Return the path of the rows of a workbook until it is written."""
    return part.with_suffix(".rows")


def traces(path: Path) -> tuple[Path, ...]:
    """Return a file and the temporary files that a killed writer may have left beside it."""
    return path, _part(path), spool(_part(path))


def _part(path: Path) -> Path:
    return path.with_name(f".{path.name}.part")
