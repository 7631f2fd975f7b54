"""Putting a file where it is wanted, whole or not at all."""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def whole(path: Path) -> Iterator[Path]:
    """The place to write to; what stands there in the end takes the place of `path`, or nothing does.

    A pipe or a device is written to: taking its place would rob every other program of it. A link goes on pointing to
    the file that it names."""
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
    """Where the rows of a workbook wait until it is written."""
    return part.with_suffix(".rows")


def traces(path: Path) -> tuple[Path, ...]:
    """A file, and what a process that was killed while it wrote the file has left beside it."""
    return path, _part(path), spool(_part(path))


def _part(path: Path) -> Path:
    return path.with_name(f".{path.name}.part")
