"""The gate's WebSockets before the real app: floods, too many pages, and rights that change while a page is open."""

import re
import socket
import struct
import time
from collections.abc import Callable
from contextlib import ExitStack, suppress

import pytest
import requests
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ClientState_pb2 import ClientState
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import ClientConnection, connect
from websockets.typing import Origin

from getsms_core.base.permissions import Role
from getsms_core.users import service as users
from getsms_core.users import sessions
from getsms_core.users.identity import UserInfo
from pages.ui.gate.sockets import MAX_OPEN_PAGES
from tests.conftest import poll
from tests.integration.users.gate_server import PASSWORD, Server
from tests.waits import background

pytestmark = pytest.mark.xdist_group("gate")
SLOW = 60


def _add(server: Server, name: str, role: Role = Role.ANALYST) -> UserInfo:
    return users.create(server.store, server.administrator, name, PASSWORD, role)


def _open(server: Server, browser: requests.Session) -> ClientConnection:
    return connect(
        f"ws://{server.host}/_stcore/stream",
        additional_headers={"Cookie": f"getsms_session={browser.cookies['getsms_session']}"},
        origin=Origin(server.url),
        proxy=None,
        max_size=None,
        ping_interval=None,
    )


def _run() -> bytes:
    return bytes(BackMsg(rerun_script=ClientState()).SerializeToString())


def _close_code(page: ClientConnection, seconds: float = SLOW) -> int:
    """The code that the server closes this socket with."""
    until = time.monotonic() + seconds
    try:
        while True:
            page.recv(timeout=max(0.01, until - time.monotonic()))
    except ConnectionClosed as closed:
        return closed.rcvd.code if closed.rcvd else 1006


def _answers(page: ClientConnection) -> bool:
    """Whether the app runs its script for this page."""
    page.send(_run())
    return len(page.recv(timeout=SLOW)) > 0


def test_a_flood_closes_its_own_socket_only(server: Server) -> None:
    _add(server, "Flood")
    browser, other = server.sign_in("Flood"), server.sign_in()
    with _open(server, browser) as flood, _open(server, other) as page:

        def send() -> None:
            with suppress(ConnectionClosed):
                for _number in range(5000):
                    flood.send(_run())

        with background(send):
            assert _close_code(flood) == 1008
        assert requests.get(f"{server.url}/_stcore/health", timeout=10).text == "ok"
        assert _answers(page)
        flooder = max(int(user_id) for user_id in re.findall(r"gate.socket_closed user_id=(\d+) ", server.log))
        assert server.log.count(f"gate.socket_closed user_id={flooder} code=1008") == 1


def test_a_flood_of_one_who_does_not_read_does_not_stop_the_app(server: Server) -> None:
    browser = server.sign_in()
    before = len(server.log)
    cookie = browser.cookies["getsms_session"]
    host, port = server.host.split(":")
    payload = _run()
    frame = struct.pack("!BB4s", 0x82, 0x80 | len(payload), bytes(4)) + payload  # a mask of zeros changes nothing
    with socket.create_connection((host, int(port)), 10) as client:
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        client.sendall(
            f"GET /_stcore/stream HTTP/1.1\r\nHost: {server.host}\r\nOrigin: {server.url}\r\nUpgrade: websocket\r\n"
            f"Connection: Upgrade\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Version: 13\r\n"
            f"Cookie: getsms_session={cookie}\r\n\r\n".encode()
        )
        assert client.recv(12) == b"HTTP/1.1 101"
        try:
            for _number in range(50):
                client.sendall(frame * 100)
        except OSError:
            pass  # the server closed it
        poll(lambda: "gate.socket_closed user_id=1 " in server.log[before:], seconds=SLOW)
        assert requests.get(f"{server.url}/_stcore/health", timeout=10).text == "ok"
        with _open(server, server.sign_in()) as page:
            assert _answers(page)


@pytest.mark.parametrize(
    ("frame", "code"),
    [(b"x" * (1024 * 1024 + 1), 1009), (b"\xff\xff\xff", 1008), ("text", 1003)],
    ids=["too long", "no message", "text"],
)
def test_a_message_that_no_browser_sends_closes_its_page_only(server: Server, frame: bytes | str, code: int) -> None:
    browser = server.sign_in()
    with _open(server, browser) as page, _open(server, browser) as other:
        page.send(frame)
        assert _close_code(page) == code
        assert _answers(other)
    assert "Traceback" not in server.log


def test_a_burst_that_a_fast_person_sends_closes_nothing(server: Server) -> None:
    before = len(server.log)
    with _open(server, server.sign_in()) as page:
        for _number in range(100):
            page.send(_run())
        assert _answers(page)
    assert "gate.socket_closed" not in server.log[before:]


def test_the_number_of_open_pages_of_a_user_is_limited(server: Server) -> None:
    name = "Pages"
    _add(server, name)
    browser = server.sign_in(name)
    with ExitStack() as open_pages:
        pages = [open_pages.enter_context(_open(server, browser)) for _number in range(MAX_OPEN_PAGES)]
        refused = browser.get(f"{server.url}/")
        assert refused.status_code == 429
        assert f"{MAX_OPEN_PAGES} pages of this app are open under your name" in refused.text
        with pytest.raises(InvalidStatus) as handshake:
            _open(server, browser)
        assert handshake.value.response.status_code == 403
        assert server.sign_in().get(f"{server.url}/").status_code == 200
        pages[0].close()
        poll(lambda: browser.get(f"{server.url}/").status_code == 200, seconds=SLOW)
        assert _answers(open_pages.enter_context(_open(server, browser)))


def _change_role(server: Server, person: UserInfo) -> None:
    users.change_role(server.store, server.administrator, person.id, Role.MARKETER)


def _disable(server: Server, person: UserInfo) -> None:
    users.disable(server.store, server.administrator, person.id)


def _change_password(server: Server, person: UserInfo) -> None:
    users.change_password(server.store, server.administrator, person.id, "quite another one")


@pytest.mark.parametrize("change", [_change_role, _disable, _change_password])
def test_a_change_by_another_app_server_closes_the_pages_that_are_open(
    server: Server, change: Callable[[Server, UserInfo], None]
) -> None:
    person = _add(server, f"Open {change.__name__.strip('_')}", Role.MANAGER)
    browser, other = server.sign_in(person.name), server.sign_in()
    with _open(server, browser) as first, _open(server, browser) as second, _open(server, other) as unchanged:
        assert _answers(first)
        change(server, person)  # in this process: to the server it is another one
        assert [_close_code(first), _close_code(second)] == [1008, 1008]
        assert _answers(unchanged)
    assert browser.get(f"{server.url}/", allow_redirects=False).status_code == 303


def test_a_revoked_session_closes_its_pages_only(server: Server) -> None:
    person = _add(server, "Revoked")
    browser, other = server.sign_in(person.name), server.sign_in(person.name)
    live_session = sessions.find(server.store, browser.cookies["getsms_session"])
    assert live_session is not None
    with _open(server, browser) as page, _open(server, other) as unchanged:
        assert _answers(page)
        sessions.revoke(server.store, server.administrator, live_session[1].id)
        assert _close_code(page) == 1008
        assert _answers(unchanged)


def test_signing_out_closes_the_pages_of_that_session_only(server: Server) -> None:
    browser, other = server.sign_in(), server.sign_in()
    with _open(server, browser) as page, _open(server, other) as unchanged:
        browser.post(f"{server.url}/sign-out", allow_redirects=False)
        assert _close_code(page) == 1008
        assert _answers(unchanged)
