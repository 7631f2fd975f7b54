"""The practice gateway of a folder: find the running one, or start it as a separate process.

It runs for its holders and ends with the last of them, even if that is killed: it checks its holders' pids itself. It
keeps running when one holder stops while another holds it.
"""

import fcntl
import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from time import monotonic
from typing import Any
from urllib.parse import urlsplit

import orjson

from getsms_core.base.errors import DomainError, os_reason
from getsms_core.base.i18n import _
from getsms_core.base.settings import Settings
from getsms_core.sandbox import control_tokens

START_SECONDS = 20.0  # the longest start
_STOP_SECONDS = 5.0  # until a gateway that does not end is killed
_children: dict[int, "subprocess.Popen[bytes]"] = {}


class ControlRefused(RuntimeError):
    """The control endpoint refused a request; the message is its reason."""


def control(url: str, name: str, wish: dict[str, Any] | None = None, timeout: float = 10) -> Any:
    """Call a practice gateway's control endpoint, by GET or with `wish` by POST: `control(url, "faults",
    {"faults": "drip:0.1", "latency": 0.05})`, `control(url, "ledger?full=1")`. `url` is the address of a gateway that
    this process has found or started, so that it knows its token; seconds. Raises `ControlRefused`, or `OSError` if it
    does not answer."""
    parts = urlsplit(url)
    connection = HTTPConnection(parts.hostname or "", parts.port, timeout=timeout)
    try:
        body = None if wish is None else orjson.dumps(wish)
        connection.request("GET" if wish is None else "POST", f"/control/{name}", body, control_tokens.headers(url))
        response = connection.getresponse()
        value = orjson.loads(response.read())
    except (HTTPException, ValueError) as error:
        raise ConnectionError(f"not a practice gateway: {error}") from None
    finally:
        connection.close()
    if response.status != 200:
        raise ControlRefused(str(value.get("error")))
    return value


@dataclass
class RunningSandbox:
    """A running practice gateway. `url` is the address for `Gateway`."""

    url: str
    pid: int
    started_by_us: bool
    _stopped: bool = field(default=False, repr=False)

    def stop(self) -> None:
        """Release it: it ends unless another process holds it, or a user started it alone. Idempotent."""
        if self._stopped:
            return
        self._stopped = True
        try:
            ending = control(self.url, "release", {"pid": os.getpid()})["ending"]
        except (OSError, ControlRefused):
            ending = True
        child = _children.get(self.pid)
        if ending and child is not None:
            del _children[self.pid]
            try:
                child.wait(_STOP_SECONDS)
            except subprocess.TimeoutExpired:
                child.kill()
                child.wait()
        elif ending:
            with suppress(TimeoutError):
                _wait_until(lambda: not _is_answering(self.url), _STOP_SECONDS)


def ensure_running(
    state_dir: Path,
    *,
    port: int = 0,
    latency: float = 0.0,
    faults: str = "",
    delivery_speed: float = 1.0,
    options: tuple[str, ...] = (),
) -> RunningSandbox:
    """Return the practice gateway of a folder, started if none runs; call `stop()` on it at the end. A running one is
    returned whatever the arguments. `latency` is in seconds, `options` are further options of the command. The folder
    has its ledger (`sandbox.db`), its address (`sandbox.json`) and its log (`sandbox.log`). With `port` 0 it uses
    its last port again. Raises `DomainError`: "folder-not-writable", "sandbox-failed"."""
    try:
        state_dir.mkdir(parents=True, exist_ok=True)
        (state_dir / "sandbox.start").touch()
    except OSError as error:
        sentence = _("The folder {folder} of the practice gateway cannot be written: {reason}. Change GETSMS_FILES.")
        raise DomainError("folder-not-writable", sentence.format(folder=state_dir, reason=os_reason(error))) from error
    with _file_lock(state_dir / "sandbox.start"):
        running = find_running(state_dir)
        if running is not None:
            with suppress(OSError, ControlRefused):
                control(running.url, "hold", {"pid": os.getpid()})
                return running
        arguments = [
            *("--state", str(state_dir / "sandbox.db"), "--port", str(port), "--latency", str(latency)),
            *("--faults", faults, "--delivery-speed", str(delivery_speed)),
            *("--parent-pid", str(os.getpid()), *options),
        ]
        return _start(state_dir, arguments)


def ensure_running_for(settings: Settings) -> RunningSandbox:
    """Return the practice gateway of these settings as `ensure_running` does. Its files are in `run` beside the folder
    of files, its log is like those of the other processes."""
    log = ("--log-format", settings.log_format, "--log-zone", settings.timezone)
    return ensure_running(settings.files.absolute().parent / "run", port=settings.sandbox_port, options=log)


def _start(state_dir: Path, arguments: list[str]) -> RunningSandbox:
    """Start the process and wait for its address. Raises `DomainError`: "sandbox-failed"."""
    with (state_dir / "sandbox.log").open("wb") as log:
        child = subprocess.Popen(
            [sys.executable, "-m", "getsms_core.sandbox", *arguments],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=log,
            cwd=Path(__file__).resolve().parent.parent.parent,
            start_new_session=True,  # Ctrl-C must not reach it: it has to outlive the last request
        )
    _children[child.pid] = child
    running: RunningSandbox | None = None

    def ready() -> bool:
        nonlocal running
        running = find_running(state_dir)
        return child.poll() is not None or (running is not None and running.pid == child.pid)

    with suppress(TimeoutError):
        _wait_until(ready, START_SECONDS)
    if running is not None and running.pid == child.pid:
        return RunningSandbox(running.url, child.pid, True)
    child.kill()
    child.wait()
    del _children[child.pid]
    output = (state_dir / "sandbox.log").read_text("utf-8", "replace").strip().removeprefix("Error: ")  # click's prefix
    raise DomainError(
        "sandbox-failed", _("The practice gateway could not start: {reason}").format(reason=output[-500:])
    )


def find_running(state_dir: Path) -> RunningSandbox | None:
    """Return the running practice gateway of this folder without holding it; `None` if there is none."""
    state = state_dir / "sandbox.db"
    try:
        info = orjson.loads(state.with_suffix(".json").read_bytes())
        control_tokens.remember(info["url"], info.get("token", ""))  # a gateway of release 0.1 has none
        about = control(info["url"], "about", timeout=2)
        same = about["pid"] == info["pid"] and about["state"] == str(state.resolve())
        return RunningSandbox(info["url"], info["pid"], False) if same else None
    except (OSError, ValueError, KeyError, ControlRefused):
        return None


def _is_answering(url: str) -> bool:
    try:
        control(url, "about", timeout=2)
    except (OSError, ControlRefused):
        return False
    return True


@contextmanager
def _file_lock(path: Path) -> Iterator[None]:
    with path.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _wait_until(condition: Callable[[], bool], seconds: float) -> None:
    never, deadline = threading.Event(), monotonic() + seconds
    while not condition():
        if monotonic() > deadline:
            raise TimeoutError
        never.wait(0.02)
