"""Start, watch and bound the child process that reads a file; turn its end into an answer or a `DomainError`."""

import json
import logging
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import asdict
from pathlib import Path
from typing import Any

import getsms_core
from getsms_core.base import logs
from getsms_core.base.errors import DomainError, os_cause
from getsms_core.base.temporary import temporary_folder
from getsms_core.spreadsheet.errors import read_error
from getsms_core.spreadsheet.limits import LIMITS, Limits

log = logging.getLogger("getsms.reader")
WATCH_SECONDS = 0.25
_TAB = {"\\t": "\t", "tab": "\t"}  # as users can write it in a shell
_ROOT = Path(getsms_core.__file__).resolve().parent.parent


class Reading:
    """A file that a child process is reading; leaving the block ends the child and deletes its files."""

    def __init__(self, request: dict[str, Any]) -> None:
        self._cleanup = ExitStack()
        folder = self._cleanup.enter_context(temporary_folder())
        try:
            self.table = folder / "table.arrow"
            self._answer, self._errors = folder / "answer.json", folder / "stderr"
            self._deadline = time.monotonic() + request["limits"]["wall_seconds"]
            command = [
                sys.executable,
                "-m",
                "getsms_core.spreadsheet.child",
                json.dumps(request | {"folder": str(folder)}),
            ]
            with self._errors.open("wb") as errors:
                # The end of its output shows the end of the child at once; `Popen.wait` polls twenty times a second.
                self._child = subprocess.Popen(
                    command, env=_environment(), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=errors
                )
        except BaseException:
            self._cleanup.close()
            raise

    def __enter__(self) -> "Reading":
        return self

    def __exit__(self, *_: object) -> None:
        if self._child.poll() is None:
            self._child.kill()
        self._child.communicate()
        self._cleanup.close()

    def answer(self, watch: Callable[[], None] | None = None) -> dict[str, Any]:
        """Wait for the child's answer. Raises `DomainError`, and what `watch` raises."""
        code = self._wait(watch)
        if code == 0 and self._answer.exists():
            answer: dict[str, Any] = json.loads(self._answer.read_text("utf-8"))
            if "refused" in answer:
                raise read_error(answer["refused"], answer["details"])
            return answer
        raise _died(code, self._errors.read_text("utf-8", "replace"))

    def _wait(self, watch: Callable[[], None] | None) -> int:
        """The exit code of the child; that of one killed for its time where it takes longer."""
        while True:
            left = self._deadline - time.monotonic()
            try:
                self._child.communicate(timeout=max(0.0, min(left, WATCH_SECONDS) if watch else left))
                return self._child.returncode
            except subprocess.TimeoutExpired:
                if time.monotonic() >= self._deadline:
                    return -signal.SIGXCPU
                if watch:
                    watch()


def begin(
    path: Path | str,
    *,
    sheet: str | None = None,
    encoding: str | None = None,
    delimiter: str | None = None,
    limits: Limits = LIMITS,
) -> Reading:
    """Start reading a file; `read` finishes it. Raises `DomainError`: no-such-file, cannot-read, wrong-delimiter."""
    path = Path(path)
    if not path.is_file():
        path_kind = "folder" if path.is_dir() else "no-file" if path.exists() else "nothing"
        raise read_error("no-such-file", {"what": path_kind, "path": str(path)})
    try:
        path.open("rb").close()
    except OSError as error:
        raise read_error("cannot-read", {"file": str(path), "reason": os_cause(error)}) from error
    delimiter = _TAB.get(delimiter or "", delimiter)
    if delimiter is not None and (len(delimiter) != 1 or not delimiter.isascii() or delimiter in '\r\n"'):
        raise read_error("wrong-delimiter", {"delimiter": delimiter})
    options = {"sheet": sheet, "encoding": encoding, "delimiter": delimiter}
    return Reading({"path": str(path.resolve()), **options, "limits": asdict(limits)})


def _environment() -> dict[str, str]:
    # Our environment is not passed on: a reader of untrusted files does not need the gateway password.
    return {
        "PATH": os.environ.get("PATH", ""),
        "PYTHONPATH": os.pathsep.join([str(_ROOT), *filter(None, [os.environ.get("PYTHONPATH")])]),
        "PYTHONUTF8": "1",
        "ARROW_DEFAULT_MEMORY_POOL": "system",  # mimalloc reserves gigabytes of address space at once
        "OMP_NUM_THREADS": "1",
        "OPENBLAS_NUM_THREADS": "1",
        "MALLOC_ARENA_MAX": "2",
    }


def _died(code: int, error_output: str) -> DomainError:
    """Return the error for a reader that died without an answer."""
    kinds = re.findall(r"^(\w+(?:Error|Exception))", error_output, re.MULTILINE)  # its words may quote a cell
    logs.write(log, logs.WARNING, "reader.died", exit_code=code, error=kinds[-1] if kinds else "")
    if code in (-signal.SIGXCPU, -signal.SIGKILL):
        return read_error("too-big", {"what": "time"})
    if code < 0 or "MemoryError" in error_output or "memory allocation" in error_output:
        return read_error("too-big", {"what": "memory"})
    return read_error("truncated", {})
