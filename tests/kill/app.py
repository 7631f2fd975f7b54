"""`getsms serve` as the thing that is killed: the app, its worker, and the process that watches both."""

import os
import signal
import subprocess
import sys
from pathlib import Path

from getsms_core.base import processes
from tests.conftest import find_free_port, poll
from tests.forks import ForkedProcess
from tests.kill.fleet import ROOT

_COMMAND = "from getsms_core.cli import main; main()"


class App:
    """One `getsms serve` on the database and gateway of a run. `forked` = see tests/forks.py."""

    def __init__(self, folder: Path, environment: dict[str, str], *, forked: bool = False) -> None:
        self.log = folder / "app.log"
        self.kills = 0
        self._environment = environment | {"GETSMS_ENV": "test"}
        self._start = ForkedProcess if forked else subprocess.Popen
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it; its worker sends as soon as it has opened the database."""
        inherited = {name: value for name, value in os.environ.items() if not name.startswith("GETSMS_")}
        with self.log.open("ab") as log:
            self._process = self._start(
                [sys.executable, "-c", _COMMAND, "serve", "--port", str(find_free_port())],
                cwd=ROOT,
                env=inherited | self._environment,
                stderr=log,
                start_new_session=True,
            )

    def children(self) -> list[int]:
        """The processes that it watches: app and worker."""
        pid = self._process.pid if self._process else 0
        try:
            return [int(n) for n in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
        except OSError:
            return []

    def kill(self) -> list[int]:
        """SIGKILL to the process that watches; returns the children that it leaves behind, which end by themselves."""
        if self._process is None:
            return []
        left = self.children()
        self._process.kill()
        self._process.wait(30)
        self._process, self.kills = None, self.kills + 1
        return left

    def stop(self, seconds: float = 30) -> None:
        """SIGTERM, as by Ctrl-C; then wait for it."""
        if self._process is not None:
            self._process.send_signal(signal.SIGTERM)
            self._process.wait(seconds)
            self._process = None


def gone(pids: list[int], seconds: float = 30) -> None:
    """Wait until none of these processes is left. Raises AssertionError when one stays."""
    poll(
        lambda: not any(processes.process_start_ticks(pid) for pid in pids), seconds=seconds, what=f"{pids} did not end"
    )
