"""The health check of `getsms serve` on real sockets: it never waits, and it tells a hang from a pause of its own."""

import socket
from collections.abc import Iterator

import pytest

from getsms_core.base import healthcheck
from getsms_core.base.healthcheck import HANG_TIMEOUT_SECONDS, STARTUP_TIMEOUT_SECONDS, HealthCheck
from tests.conftest import poll

STEP = 1.0


class Clock:
    """Monotonic seconds that a test moves."""

    now = 1000.0

    def monotonic(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """The clock of the health check."""
    moved = Clock()
    monkeypatch.setattr(healthcheck, "time", moved)
    return moved


@pytest.fixture
def app() -> Iterator[socket.socket]:
    """A listening socket: the kernel accepts for it, and nobody answers unless the test does."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        yield listening


@pytest.fixture
def check(app: socket.socket, clock: Clock) -> Iterator[HealthCheck]:
    """A check of the app, which was just started."""
    asking = HealthCheck(*app.getsockname())
    asking.begin()
    yield asking
    asking.end()


def _answer(app: socket.socket) -> None:
    connection, _address = app.accept()
    with connection:
        connection.recv(1000)
        connection.sendall(b"HTTP/1.1 200 OK\r\n\r\nok")


def _pass(check: HealthCheck, clock: Clock, seconds: float) -> bool:
    hangs = False
    for _second in range(round(seconds / STEP)):
        clock.now += STEP
        hangs = check.hangs()
    return hangs


def test_an_app_that_stops_answering_hangs_after_a_minute(app: socket.socket, check: HealthCheck, clock: Clock) -> None:
    check.hangs()
    _answer(app)
    poll(lambda: not check.hangs() and check.answered, seconds=30)
    assert not _pass(check, clock, HANG_TIMEOUT_SECONDS - 1)
    assert _pass(check, clock, 3)


def test_an_app_that_answers_late_does_not_hang(app: socket.socket, check: HealthCheck, clock: Clock) -> None:
    for _round in range(4):
        _pass(check, clock, HANG_TIMEOUT_SECONDS - 10)
        _answer(app)
        poll(lambda: check.silent_seconds() < STEP, seconds=30)


def test_an_app_that_starts_slowly_has_more_time(check: HealthCheck, clock: Clock) -> None:
    assert not _pass(check, clock, STARTUP_TIMEOUT_SECONDS - 1)
    assert _pass(check, clock, 3)


def test_nobody_is_blamed_while_the_caller_itself_was_stopped(
    app: socket.socket, check: HealthCheck, clock: Clock
) -> None:
    check.hangs()
    _answer(app)
    poll(lambda: not check.hangs() and check.answered, seconds=30)
    clock.now += 10 * HANG_TIMEOUT_SECONDS
    assert not check.hangs()
    assert _pass(check, clock, HANG_TIMEOUT_SECONDS + 1)


def test_a_port_where_nobody_listens_is_silence(clock: Clock) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        check = HealthCheck(*unused.getsockname())
    check.begin()
    assert _pass(check, clock, STARTUP_TIMEOUT_SECONDS + 1)
    assert not check.answered
