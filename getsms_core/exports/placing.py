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
    part = folder / f".{path.name}.part"
    try:
        yield part
        if special:
            with part.open("rb") as made, path.open("wb") as out:
                shutil.copyfileobj(made, out)
        else:
            part.replace(path)
    finally:
        part.unlink(missing_ok=True)
        if special:
            folder.rmdir()
