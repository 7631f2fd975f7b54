"""The first start: whether there is no user, the token for creating the first administrator, the line with its
address."""

import asyncio
import logging
import os
import secrets
import socket
import sys
from contextlib import suppress
from pathlib import Path
from urllib.parse import parse_qsl, urlencode

from anyio import to_thread
from starlette.types import Scope

from getsms_core.base import i18n, logs
from getsms_core.base.errors import DomainError
from getsms_core.serve import first_start_line
from getsms_core.users import service as users
from pages.ui.shared import session

SERVED = os.environ.pop("CAMPAIGNS_SERVED", "") == "1"
"""`getsms serve` started this process and prints the address itself."""
_TOKEN = os.environ.pop("CAMPAIGNS_SETUP_TOKEN", "") or secrets.token_urlsafe(24)
_LISTEN_SECONDS = 60
_SCOPE_KEY = "getsms.setup_token"
_log = logging.getLogger("getsms.gate")
_has_users = False  # users are never deleted


def is_first_start() -> bool:
    """Return whether no user exists."""
    global _has_users
    _has_users = _has_users or not users.has_no_users(session.store())
    return not _has_users


def is_token(value: str) -> bool:
    """Return whether this is the token of this start, compared in constant time."""
    return secrets.compare_digest(value.encode("utf-8", "replace"), _TOKEN.encode())


def take_token(scope: Scope) -> None:
    """Move the token out of the query string, in place: servers write the query into their access log when they
    respond."""
    query = scope["query_string"].decode("latin-1")
    if "token=" in query:
        fields = parse_qsl(query, keep_blank_values=True)
        scope[_SCOPE_KEY] = next((value for name, value in fields if name == "token"), "")
        scope["query_string"] = urlencode([field for field in fields if field[0] != "token"]).encode("ascii")


def token_of(scope: Scope) -> str:
    """Return the token that the address had; "" = none."""
    return str(scope.get(_SCOPE_KEY, ""))


async def announce() -> None:
    """Print the address for creating the first administrator, where there is none, once the server listens."""
    try:
        if SERVED or not await to_thread.run_sync(is_first_start):
            return
    except DomainError as refusal:
        logs.write(_log, logs.ERROR, "gate.unavailable", code=refusal.code)  # every page shows its sentence
        return
    address = ("127.0.0.1", 8501)
    with suppress(TimeoutError):
        async with asyncio.timeout(_LISTEN_SECONDS):
            while (listening := listening_at()) is None:
                await asyncio.sleep(0.1)
            address = listening
    settings = session.settings()
    i18n.set_language(settings.language)
    print(first_start_line(settings, *address, _TOKEN), file=sys.stderr, flush=True)


def listening_at() -> tuple[str, int] | None:
    """Return host and port of this process's first listening TCP socket. The ASGI server does not pass them to the
    app."""
    folder = Path("/proc/self/fd" if sys.platform == "linux" else "/dev/fd")
    for descriptor in sorted(int(entry.name) for entry in folder.iterdir()):
        try:
            with socket.socket(fileno=os.dup(descriptor)) as probe:
                if probe.family not in (socket.AF_INET, socket.AF_INET6) or probe.type != socket.SOCK_STREAM:
                    continue
                if probe.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN):
                    host, port = probe.getsockname()[:2]
                    return host, port
        except OSError:  # a file, or closed meanwhile
            continue
    return None
