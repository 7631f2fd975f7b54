"""Origin and Host checks of requests."""

import re
from collections.abc import Collection
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


def is_allowed(host: str | None, names: Collection[str]) -> bool:
    """Return whether a Host header names one of these hosts, whatever its port; "*.example.uz" is every name below.
    No names: every host."""
    if not names:
        return True
    name = (host or "").lower()
    name = name.rpartition(":")[0] if re.search(r":\d+$", name) else name
    return name in names or any(known.startswith("*.") and name.endswith(known[1:]) for known in names)


def is_host(host: str | None) -> bool:
    """Return whether this Host header names a host, or is missing. Libraries raise errors for other values."""
    return not host or _HOST.fullmatch(host) is not None
