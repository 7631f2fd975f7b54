"""Reading a list: the child process does it, its answer becomes a `Sheet` or a refusal in plain words."""

import json
import logging
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import IO, Any

import numpy as np
import pyarrow as pa

import getsms_core
from getsms_core.errors import Refused
from getsms_core.sheet import headers
from getsms_core.sheet.limits import LIMITS, Limits
from getsms_core.sheet.model import OWN_COLUMN, Sheet
from getsms_core.sheet.refusals import refusal

log = logging.getLogger(__name__)
WATCH_SECONDS = 0.25
_ROOT = Path(getsms_core.__file__).resolve().parent.parent


def read(
    path: Path | str,
    *,
    sheet: str | None = None,
    encoding: str | None = None,
    delimiter: str | None = None,
    header_row: int | None = None,
    limits: Limits = LIMITS,
    watch: Callable[[], None] | None = None,
) -> Sheet:
    """The list in a file, all cells as text. What is None is found out by content.

    `header_row` is the row that names the columns, as the spreadsheet counts; 0 says that none does. Raises Refused:
    no-such-file, empty-file, not-a-spreadsheet, encrypted, truncated, too-big, no-such-sheet, no-such-row,
    wrong-encoding, wrong-delimiter. A file that kills its reader is refused as too-big or truncated; nothing else
    happens. The table lives in a file that is already deleted: mapped into memory, gone with the last use.

    `watch` is called several times a second meanwhile; what it raises stops the reading and is raised here."""
    path = Path(path)
    if not path.is_file():
        raise refusal("no-such-file", {"path": str(path)})
    if delimiter is not None and (len(delimiter) != 1 or not delimiter.isascii() or delimiter in '\r\n"'):
        raise refusal("wrong-delimiter", {"delimiter": delimiter})
    with tempfile.TemporaryDirectory(prefix="getsms-sheet-") as folder:
        request = {
            "path": str(path.resolve()),
            "folder": folder,
            "sheet": sheet,
            "encoding": encoding,
            "delimiter": delimiter,
            "limits": asdict(limits),
        }
        answer = _ask(request, Path(folder), watch)
        with pa.memory_map(str(Path(folder) / "table.arrow")) as source:
            table = pa.ipc.open_file(source).read_all()
    return _sheet(table, answer, header_row)


def _ask(request: dict[str, Any], folder: Path, watch: Callable[[], None] | None) -> dict[str, Any]:
    # Nothing of our environment goes along: a reader of strangers' files needs no gateway password.
    environment = {
        "PATH": os.environ.get("PATH", ""),
        "PYTHONPATH": os.pathsep.join([str(_ROOT), *filter(None, [os.environ.get("PYTHONPATH")])]),
        "PYTHONUTF8": "1",
        "ARROW_DEFAULT_MEMORY_POOL": "system",  # mimalloc reserves gigabytes of address space at once
        "OMP_NUM_THREADS": "1",
        "OPENBLAS_NUM_THREADS": "1",
        "MALLOC_ARENA_MAX": "2",
    }
    command = [sys.executable, "-m", "getsms_core.sheet.child", json.dumps(request)]
    with (folder / "stderr").open("wb") as errors:
        code = _run(command, environment, errors, request["limits"]["wall_seconds"], watch)
    written = folder / "answer.json"
    if code == 0 and written.exists():
        answer: dict[str, Any] = json.loads(written.read_text("utf-8"))
        if "refused" in answer:
            raise refusal(answer["refused"], answer["details"])
        return answer
    raise _died(code, (folder / "stderr").read_text("utf-8", "replace"))


def _run(
    command: list[str], environment: dict[str, str], errors: IO[bytes], seconds: float, watch: Callable[[], None] | None
) -> int:
    """The exit code of the child; that of one killed for its time where it takes longer."""
    deadline = time.monotonic() + seconds
    # Its end is seen at once as the end of its output; waiting for a process alone looks twenty times a second.
    child = subprocess.Popen(command, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=errors)
    try:
        while True:
            left = deadline - time.monotonic()
            try:
                child.communicate(timeout=max(0.0, min(left, WATCH_SECONDS) if watch else left))
                return child.returncode
            except subprocess.TimeoutExpired:
                if time.monotonic() >= deadline:
                    return -signal.SIGXCPU
                if watch:
                    watch()
    finally:
        if child.poll() is None:
            child.kill()
            child.communicate()


def _died(code: int, said: str) -> Refused:
    """The refusal for a reader that did not live to answer."""
    log.warning("the reader of a list died with %s: %s", code, said[-2_000:])
    if code in (-signal.SIGXCPU, -signal.SIGKILL):
        return refusal("too-big", {"what": "time"})
    if code < 0 or "MemoryError" in said or "memory allocation" in said:
        return refusal("too-big", {"what": "memory"})
    return refusal("truncated", {})


def _sheet(table: pa.Table, answer: dict[str, Any], header_row: int | None) -> Sheet:
    """Cut the header off, name the columns, leave out the columns that are ours."""
    numbers = table.column("row").to_numpy() + np.int32(1)
    table = table.drop_columns(["row"])
    if header_row is None:
        at = headers.header_of(table)
    elif header_row == 0:
        at = None
    else:
        found = np.flatnonzero(numbers == header_row)
        if not len(found):
            raise refusal("no-such-row", {"row": header_row, "last": int(numbers[-1])})
        at = int(found[0])
    cells = [column[at].as_py() if at is not None else None for column in table.columns]
    first = 0 if at is None else at + 1
    table, shown = table.slice(first), None if at is None else int(numbers[at])
    names = headers.names(cells, answer["indexes"])
    table = table.rename_columns(names)
    ours = [name for name in names if name.startswith(OWN_COLUMN)]
    void = [
        name
        for name, cell, column in zip(names, cells, table.columns, strict=True)
        if not (cell or "").strip() and column.null_count == len(column)
    ]
    table = table.drop_columns([*dict.fromkeys([*ours, *void])])
    if not table.num_rows or not table.num_columns:
        raise refusal("empty-file", {})
    return Sheet(
        table=table,
        first_row_numbers=numbers[first:],
        sheet=answer["sheet"],
        sheets=answer["sheets"],
        encoding=answer["encoding"],
        delimiter=answer["delimiter"],
        header_row=shown,
    )
