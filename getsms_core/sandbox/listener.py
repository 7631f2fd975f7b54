"""The listening socket of the practice gateway, which can be closed at any moment.

Written here because asyncio's own server drops a connection that it has accepted but not yet wrapped when it is closed
(`Server._attach` asserts that it still listens): the caller then waits on a socket that nobody reads or closes.
"""

import asyncio
import errno
import socket
from collections.abc import Callable

_BACKLOG = 1024  # connections that the system queues until they are accepted
_AT_ONCE = 64  # connections accepted in one turn of the loop
_RESPITE = 0.2  # seconds without accepting connections after the process ran out of open files
_NO_FILES = frozenset({errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM})


class Listener:
    """Listens on `host` and `port` (0 for any) in the running loop; each connection gets a protocol from `make`.

    Raises `OSError` if the address cannot be bound.
    """

    def __init__(self, host: str, port: int, make: Callable[[], asyncio.Protocol]) -> None:
        self._make = make
        self._loop = asyncio.get_running_loop()
        self._arriving: set[asyncio.Future[object]] = set()
        family, _, _, _, address = socket.getaddrinfo(
            host or None, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]  # fmt: skip
        self._socket = socket.create_server((str(address[0]), port), family=family, backlog=_BACKLOG)
        self._socket.setblocking(False)
        self.port = int(self._socket.getsockname()[1])
        self._open = True
        self._loop.add_reader(self._socket, self._take)

    def close(self) -> None:
        """Refuse new connections; those already accepted are served."""
        if self._open:
            self._open = False
            self._loop.remove_reader(self._socket)
            self._socket.close()

    async def settled(self) -> None:
        """Wait until every accepted connection has its protocol."""
        while self._arriving:
            await asyncio.wait(self._arriving)

    def _take(self) -> None:
        for _ in range(_AT_ONCE):
            try:
                arrived, _peer = self._socket.accept()
            except (BlockingIOError, InterruptedError, ConnectionAbortedError):
                return
            except OSError as error:
                if error.errno not in _NO_FILES:
                    raise
                self._loop.remove_reader(self._socket)
                self._loop.call_later(_RESPITE, self._again)
                return
            arrived.setblocking(False)
            task: asyncio.Future[object] = asyncio.ensure_future(
                self._loop.connect_accepted_socket(self._make, arrived)
            )
            self._arriving.add(task)
            task.add_done_callback(self._arriving.discard)

    def _again(self) -> None:
        if self._open:
            self._loop.add_reader(self._socket, self._take)
