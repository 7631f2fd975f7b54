"""The practice gateway that belongs to a folder: find the one that runs, or start it as a process of its own.

It works for whoever holds it and ends with the last of them, even when that is killed: it looks at its holders' process
numbers itself. It survives one holder that stops while another still needs it.
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

START_SECONDS = 20.0  # seconds that a start may take
_STOP_SECONDS = 5.0  # seconds until a gateway that was asked to end is killed
_children: dict[int, "subprocess.Popen[bytes]"] = {}


class ControlRefused(RuntimeError):
    """The control endpoint refused a wish; says why in its own words."""


def control(url: str, name: str, wish: dict[str, Any] | None = None, timeout: float = 10) -> Any:
    """Ask a practice gateway's control endpoint (GET), or wish something of it (POST): `control(url, "faults",
    {"faults": "drip:0.1", "latency": 0.05})`, `control(url, "ledger?full=1")`. `url` is the gateway's address; seconds.
    Raises `ControlRefused`, or `OSError` if it does not answer."""
    parts = urlsplit(url)
    connection = HTTPConnection(parts.hostname or "", parts.port, timeout=timeout)
    try:
        body = None if wish is None else orjson.dumps(wish)
        connection.request("GET" if wish is None else "POST", f"/control/{name}", body)
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
    """A practice gateway that runs. `url` is what a `Gateway` takes."""

    url: str
    pid: int
    started_by_us: bool
    _stopped: bool = field(default=False, repr=False)

    def stop(self) -> None:
        """Let go of it: it ends unless another process holds it, or a person started it by itself. Idempotent."""
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
    """The practice gateway of a folder, started if none runs; call `stop()` on it when done. A running one is taken as
    it is, whatever the arguments. `latency` is in seconds, `options` are more of the command's. The folder holds its
    ledger (`sandbox.db`), its address (`sandbox.json`) and its last words (`sandbox.log`). With `port` 0 it comes back
    on the port that it had. Raises `DomainError` where it cannot start."""
    try:
        state_dir.mkdir(parents=True, exist_ok=True)
        (state_dir / "sandbox.start").touch()
    except OSError as error:
        sentence = _("The folder {folder} of the practice gateway cannot be written: {reason}. Change GETSMS_FILES.")
        raise DomainError("folder-not-writable", sentence.format(folder=state_dir, reason=os_reason(error))) from error
    state = state_dir / "sandbox.db"
    with _file_lock(state_dir / "sandbox.start"):
        running = find_running(state_dir)
        if running is not None:
            with suppress(OSError, ControlRefused):
                control(running.url, "hold", {"pid": os.getpid()})
                return running
        arguments = [
            *("--state", str(state), "--port", str(port), "--latency", str(latency), "--faults", faults),
            *("--delivery-speed", str(delivery_speed), "--parent-pid", str(os.getpid()), *options),
        ]
        with (state_dir / "sandbox.log").open("wb") as log:
            child = subprocess.Popen(
                [sys.executable, "-m", "getsms_core.sandbox", *arguments],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=log,
                cwd=Path(__file__).resolve().parent.parent.parent,
                start_new_session=True,  # Ctrl-C is for us: the gateway must outlive the last request
            )
        _children[child.pid] = child

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
        sentence = (state_dir / "sandbox.log").read_text("utf-8", "replace").strip()
        sentence = sentence.removeprefix("Error: ")  # click's word in front of a sentence
        raise DomainError(
            "sandbox-failed", _("The practice gateway could not start: {reason}").format(reason=sentence[-500:])
        )


def find_running(state_dir: Path) -> RunningSandbox | None:
    """The practice gateway that runs for this folder, without holding it; `None` if there is none."""
    state = state_dir / "sandbox.db"
    try:
        info = orjson.loads(state.with_suffix(".json").read_bytes())
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
