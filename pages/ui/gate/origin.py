"""Origin and Host checks of requests."""

import re
from urllib.parse import urlsplit

_HOST = re.compile(r"[A-Za-z0-9._\-]+(:\d{1,5})?|\[[0-9A-Fa-f:.]+\](:\d{1,5})?", re.ASCII)


def same_origin(origin: str | None, host: str | None) -> bool:
    """Return whether a browser sent this from a page of this app. A request without an Origin is refused: browsers send
    one with every POST.

    Only host and port are compared: a proxy that terminates TLS changes the scheme, and must pass the Host on."""
    if not origin or not host:
        return False
    try:
        return urlsplit(origin).netloc.lower() == host.lower()
    except ValueError:  # an IPv6 bracket that is not closed
        return False


def is_host(host: str | None) -> bool:
    """Return whether this Host header names a host, or is missing. Libraries raise errors for other values."""
    return not host or _HOST.fullmatch(host) is not None
