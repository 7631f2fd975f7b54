"""A mail server for tests, over a real socket: it keeps what it gets, and refuses what it is told to."""

import asyncio
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from email import message_from_bytes
from email.message import Message
from email.policy import default
from functools import partial
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

from tests.conftest import find_free_port
from tests.waits import background


class _Controller(Controller):
    """The library's, which leaves connections open that a client broke off: they are closed here before its loop
    ends."""

    def __init__(self, *arguments: Any, **more: Any) -> None:
        super().__init__(*arguments, **more)
        self._conversations: list[SMTP] = []

    def factory(self) -> SMTP:
        """A conversation, remembered."""
        protocol: SMTP = super().factory()  # type: ignore[no-untyped-call]
        self._conversations.append(protocol)
        return protocol

    def stop(self, no_assert: bool = False) -> None:
        """Close what is open, then end."""
        asyncio.run_coroutine_threadsafe(self._hang_up(), self.loop).result(10)
        super().stop(no_assert)

    async def _hang_up(self) -> None:
        for conversation in self._conversations:
            transport: Any = conversation.transport
            if transport is not None:
                transport.abort()
        await asyncio.sleep(0)  # a turn of the loop, in which what was aborted is closed
        await asyncio.sleep(0)


class MailServer:
    """What has come, as (recipients, message); whose address is refused; which login is right; whether it hangs up on
    whoever has just handed a mail over, without a word."""

    def __init__(
        self,
        login: tuple[str, str] | None = None,
        refuse: str = "",
        offers_login: bool = True,
        largest: int = 33_554_432,
    ) -> None:
        self.mails: list[tuple[list[str], Message]] = []
        self.login, self.refuse, self.hangs_up = login, refuse, False
        self.port = find_free_port()  # where it listens; the library's own controller cannot be given port 0
        self.controller = _Controller(
            self,
            hostname="127.0.0.1",
            port=self.port,
            authenticator=self._known,
            auth_required=False,
            auth_exclude_mechanism=None if offers_login else ("LOGIN", "PLAIN"),
            auth_require_tls=False,
            data_size_limit=largest,
        )

    def _known(self, _server: SMTP, _session: Session, _envelope: Envelope, _how: str, given: Any) -> AuthResult:
        right = isinstance(given, LoginPassword) and self.login == (given.login.decode(), given.password.decode())
        return AuthResult(success=right, handled=right)

    async def handle_RCPT(
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        """Take a recipient, or not."""
        if self.refuse and self.refuse in address:
            return "550 no such user"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, _session: Session, envelope: Envelope) -> str:
        """Keep the message."""
        content = envelope.content
        assert isinstance(content, bytes)
        self.mails.append((list(envelope.rcpt_tos), message_from_bytes(content, policy=default)))
        if self.hangs_up:
            transport: Any = server.transport
            transport.abort()
        return "250 OK"


@contextmanager
def mail_server(
    login: tuple[str, str] | None = None, refuse: str = "", offers_login: bool = True, largest: int = 33_554_432
) -> Iterator[MailServer]:
    """A running one."""
    server = MailServer(login, refuse, offers_login, largest)
    server.controller.start()
    try:
        yield server
    finally:
        server.controller.stop()


@contextmanager
def scripted(*replies: str, slow: float = 0.0) -> Iterator[int]:
    """The port of a server that says these lines in turn, the first as a greeting and one to each command, whatever it
    is told; then it hangs up. It lets a mail through after "354", and thinks for `slow` seconds then."""
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen()
        listening.settimeout(10)
        with background(partial(_speak, listening, replies, slow)):
            yield listening.getsockname()[1]


def _speak(listening: socket.socket, replies: tuple[str, ...], slow: float) -> None:
    connection, _address = listening.accept()
    connection.settimeout(30)
    with connection, connection.makefile("rb") as heard, suppress(OSError):
        for reply in replies:
            connection.sendall(reply.encode() + b"\r\n")
            if reply.startswith("354"):
                while heard.readline() not in (b".\r\n", b""):
                    pass
                time.sleep(slow)
            elif not heard.readline():
                return
