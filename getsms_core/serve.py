"""`getsms serve`: the app, a worker and, in sandbox mode, the practice gateway, started and stopped as one.

This process only supervises. Its children are separate processes, so that a page that hangs cannot stop the sending;
they end with it however it ends (on Linux the kernel ensures this), and a child that ends is restarted.
"""

import errno
import logging
import os
import secrets
import signal
import socket
import subprocess
import sys
import time
import webbrowser
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPException
from urllib.parse import urlsplit

from getsms_core.base import logs, processes
from getsms_core.base.errors import DomainError, os_reason
from getsms_core.base.healthcheck import HealthCheck
from getsms_core.base.i18n import _, set_language
from getsms_core.base.places import APP
from getsms_core.base.processes import print_to_stderr
from getsms_core.base.settings import Settings, load
from getsms_core.db import wal
from getsms_core.sandbox.process import RunningSandbox, ensure_running_for
from getsms_core.users import server_secret

log = logging.getLogger("getsms.serve")
PORTS_TRIED = 50
BACK_OFF_MAX = 30.0  # seconds
HEALTHY_SECONDS = 60.0  # a child that ran this long resets its back-off
APP_STOP_SECONDS = 5.0
MEMORY = {
    name: os.environ.get(name, value)
    for name, value in (("MALLOC_ARENA_MAX", "4"), ("MALLOC_MMAP_THRESHOLD_", "1048576"))
}
"""For the C library of the app, whose threads otherwise keep blocks of uploaded files: 90 MB after 12 of 50 MB."""
_ANY_HOSTS = ("0.0.0.0", "::", "")  # noqa: S104 - compared, not bound
_TROUBLE = "trouble"
_COMMAND = "import sys; from getsms_core.cli import main; sys.exit(main())"


@dataclass
class Child:
    """A supervised process."""

    name: str
    command: list[str]
    stop_seconds: float
    environment: dict[str, str] = field(default_factory=dict)
    health: HealthCheck | None = None
    """Checked while it runs; a child that hangs is killed and restarted."""
    process: subprocess.Popen[bytes] | None = None
    started_at: float = 0.0
    deaths: int = 0
    again_at: float = 0.0

    def start(self) -> None:
        """Start it; it ends with this process."""
        parent = os.getpid()
        self.started_at = time.monotonic()
        if self.health is not None:
            self.health.begin()
        # A separate session: Ctrl-C reaches only this process, which then stops its children one by one.
        self.process = subprocess.Popen(
            self.command,
            env={**os.environ, **self.environment},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            start_new_session=True,
            preexec_fn=lambda: processes.die_with_parent(parent),  # safe: one thread
        )

    def watch(self) -> None:
        """Restart it when it has ended, with a longer delay each time, and log that."""
        now = time.monotonic()
        if self.process is None:
            if now >= self.again_at:
                self.start()
            return
        code = self.process.poll()
        if code is None:
            if self.health is not None and self.health.hangs():
                self._kill_hanging(self.process, round(self.health.silent_seconds()))
            return
        wait = self._start_later(now)
        logs.write(log, logs.WARNING, "process.ended", name=self.name, exit_code=code, wait_ms=round(wait * 1000))

    def _kill_hanging(self, process: subprocess.Popen[bytes], seconds: int) -> None:
        process.kill()  # a process that hangs does not handle SIGTERM
        process.wait()
        self._start_later(time.monotonic())
        logs.write(log, logs.WARNING, "process.hung", name=self.name, silent_s=seconds)

    def _start_later(self, now: float) -> float:
        """Schedule the restart of an ended process; returns the seconds until then."""
        self.deaths = 1 if now - self.started_at > HEALTHY_SECONDS else self.deaths + 1
        wait = min(BACK_OFF_MAX, 2.0 ** (self.deaths - 1))
        self.process, self.again_at = None, now + wait
        return wait

    def ask_to_stop(self) -> None:
        """Send SIGTERM: the child finishes its work and ends."""
        if self.health is not None:
            self.health.end()
        if self.process is not None and self.process.poll() is None:
            self.process.terminate()


def serve(settings: Settings, port: int = 8501, host: str = "127.0.0.1", open_browser: bool = False) -> int:
    """Run everything until SIGINT or SIGTERM; returns the exit code. Raises `DomainError` when the database cannot be
    opened or no port is free. Call it from the main thread."""
    set_language(settings.language)
    logs.log_to_stderr(settings.zone, settings.log_format)
    port = _choose_port(host, port)
    token = secrets.token_urlsafe(24)
    stop = processes.SignalFlag()
    children = [
        Child("worker", [sys.executable, "-c", _COMMAND, "worker"], _in_flight_seconds(settings)),
        Child(
            "app",
            _app(host, port),
            APP_STOP_SECONDS,
            {"CAMPAIGNS_SETUP_TOKEN": token, "CAMPAIGNS_SERVED": "1"} | MEMORY,
            HealthCheck(_connect_host(host), port),
        ),
    ]
    gateway: RunningSandbox | None = None
    with _stop_on_signals(stop):
        try:
            for child in reversed(children):  # the app takes longest
                child.start()
            gateway = start_sandbox(settings)
            announced = False
            while not stop.wait(0.1):
                for child in children:
                    child.watch()
                if not announced and (first_page := _first_page(settings, host, port)) is not None:
                    announced = True
                    if first_page == _TROUBLE:
                        from getsms_core.db.engine import open_store

                        open_store(settings.database_url).close()  # raises the reason as a sentence
                        server_secret.load_or_create(settings.secret_path)  # also raises the reason
                    place = announce(settings, host, port, token if first_page == "/welcome" else "")
                    if open_browser:
                        webbrowser.open(place)
        finally:
            _stop(children, stop)
            if gateway is not None:
                gateway.stop()
            if settings.sqlite_file is not None:  # a killed child leaves its writes in the log
                wal.checkpoint(settings.sqlite_file)
            print_to_stderr(_("Stopped."))
    return 0


def start_sandbox(settings: Settings) -> RunningSandbox | None:
    """Return the practice gateway of these settings, started if it does not run; None in live mode. The caller holds it
    and calls `stop()` at the end."""
    return ensure_running_for(settings) if settings.sandbox else None


def address(settings: Settings, host: str, port: int) -> str:
    """Return the address to open in a browser: this app's own, or where GETSMS_ALLOWED_HOSTS refuses that, the
    setting's, or one with an allowed name."""
    name = "127.0.0.1" if host in _ANY_HOSTS else host
    own = f"http://{f'[{name}]' if ':' in name else name}:{port}"
    named = [f"http://{known.replace('*', 'app')}:{port}" for known in sorted(settings.hosts)]
    places = [own, settings.app_url, *named]
    return next(place for place in places if settings.allows_host(urlsplit(place).netloc))


def announce(settings: Settings, host: str, port: int, token: str) -> str:
    """Print where the messages go, the address to open and, with a `token`, that of the first start; return the latter
    of the two addresses. No login: services keep these lines in their logs."""
    if settings.sandbox:
        print_to_stderr(_("Sandbox: nothing leaves this machine."))
    else:
        print_to_stderr(_("Live: messages are sent through {address}.").format(address=settings.shown_url))
    place = address(settings, host, port)
    print_to_stderr(_("Open {address}   (Ctrl-C stops everything)").format(address=place))
    if token:
        print_to_stderr(first_start_line(settings, host, port, token))
        return first_start_address(settings, host, port, token)
    return place


def first_start_address(settings: Settings, host: str, port: int, token: str) -> str:
    """Return the address where the first administrator is created."""
    return f"{address(settings, host, port)}/welcome?token={token}"


def first_start_line(settings: Settings, host: str, port: int, token: str) -> str:
    """Return the line printed while there is no administrator."""
    return _("First start: choose the administrator at {address}").format(
        address=first_start_address(settings, host, port, token)
    )


def _app(host: str, port: int) -> list[str]:
    options = {"server.address": host, "server.port": port, "server.headless": "true", "server.fileWatcherType": "none"}
    command = [sys.executable, "-m", "streamlit", "run", str(APP / "app.py")]
    return command + [f"--{name}={value}" for name, value in options.items()]


def _in_flight_seconds(settings: Settings) -> float:
    """Return how long a worker may wait for the answers to its requests; if it is killed earlier, they become
    uncertain."""
    return settings.connect_timeout + settings.read_timeout + 10


def _choose_port(host: str, first_port: int) -> int:
    for port in range(first_port, first_port + PORTS_TRIED):
        if _is_free(host, port):
            if port != first_port:
                print_to_stderr(
                    _("Port {taken} is taken by another program. Using {port}.").format(taken=first_port, port=port)
                )
            return port
    raise DomainError(
        "port-taken",
        _(
            "Port {port} is taken by another program, and the next {n} too. Name a free one: getsms serve --port N"
        ).format(port=first_port, n=PORTS_TRIED - 1),
    )


def _is_free(host: str, port: int) -> bool:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # a closing connection does not occupy the port
        try:
            probe.bind((host, port))
        except OSError as error:
            if isinstance(error, socket.gaierror) or error.errno != errno.EADDRINUSE:
                sentence = _(
                    "The app cannot listen on {host}, port {port}: {reason}. Name another with --host or --port."
                )
                why = errno.EADDRNOTAVAIL if isinstance(error, socket.gaierror) else error.errno
                reason = os_reason(OSError(why, str(error)))
                raise DomainError("host-wrong", sentence.format(host=host, port=port, reason=reason)) from None
            return False
    return True


def _first_page(settings: Settings, host: str, port: int) -> str | None:
    """Return where the app redirects an anonymous user, which shows whether an administrator exists; None while it does
    not answer. A request is quicker than opening the database here: SQLAlchemy takes a second to load."""
    connection = HTTPConnection(_connect_host(host), port, timeout=5)
    try:
        connection.request("GET", "/", headers={"Host": urlsplit(address(settings, host, port)).netloc})
        answer = connection.getresponse()
        return _TROUBLE if answer.status >= 500 else answer.getheader("location", "")
    except (HTTPException, OSError):
        return None
    finally:
        connection.close()


def _connect_host(host: str) -> str:
    """Return the host to connect to from this machine."""
    return host if host not in _ANY_HOSTS else "127.0.0.1"


@contextmanager
def _stop_on_signals(stop: processes.SignalFlag) -> Iterator[None]:
    def handle(_number: int, _frame: object) -> None:
        stop.set()

    numbers = [signal.SIGINT, signal.SIGTERM]
    if signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:  # nohup: it continues without its terminal
        numbers.append(signal.SIGHUP)
    before = {number: signal.signal(number, handle) for number in numbers}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _stop(children: list[Child], stop: processes.SignalFlag) -> None:
    stop.clear()  # from here on another Ctrl-C stops at once
    begun = time.monotonic()
    for child in children:
        child.ask_to_stop()
    announced = False
    for child in children:
        while child.process is not None and child.process.poll() is None:
            waited = time.monotonic() - begun
            if waited > 1 and not announced:
                announced = True
                print_to_stderr(
                    _("Stopping: waiting for the answers to what is on its way. Ctrl-C again leaves at once.")
                )
            if waited > child.stop_seconds or stop.wait(0.05):
                child.process.kill()
                child.process.wait()


def main() -> int:
    """`python -m getsms_core.serve [PORT]`, where the command `getsms` is not installed."""
    processes.keep_files_private()
    try:
        return serve(load(), int(sys.argv[1]) if len(sys.argv) > 1 else 8501)
    except DomainError as refusal:
        print_to_stderr(refusal.message)
        return 1


if __name__ == "__main__":
    sys.exit(main())
