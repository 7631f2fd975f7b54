"""Spreadsheets read in the test's own process: a third of a second less for each file than in a child process.

The child protects the program from a file that crashes its reader or takes too much memory. Tests of that, and one of
each kind of file, are marked `reader_process` and start the child."""

import json
import subprocess
import traceback
import warnings
from collections.abc import Sequence
from types import SimpleNamespace
from typing import IO, Any

from getsms_core.spreadsheet import child

MODULE = "getsms_core.spreadsheet.child"


class ReadHere:
    """In the place of `subprocess.Popen` in the parent of the reader: it has ended when it is made."""

    def __init__(self, command: Sequence[str], *, stderr: IO[bytes], **_options: Any) -> None:
        assert command[2] == MODULE
        self.returncode = 0
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # the child's are not seen either
                child.main(json.loads(command[3]))
        except Exception:
            stderr.write(traceback.format_exc().encode())
            self.returncode = 1

    def poll(self) -> int:
        """The exit code."""
        return self.returncode

    def communicate(self, timeout: float | None = None) -> tuple[bytes, bytes]:
        """The output: none."""
        return b"", b""


subprocess_here = SimpleNamespace(
    Popen=ReadHere, PIPE=subprocess.PIPE, DEVNULL=subprocess.DEVNULL, TimeoutExpired=subprocess.TimeoutExpired
)
"""What `getsms_core.spreadsheet.subprocess_reader` needs of the module `subprocess`."""
