"""The tokens of practice gateways that this process may control, by address."""

import threading
from urllib.parse import urlsplit

_tokens: dict[str, str] = {}
_lock = threading.Lock()


def remember(url: str, token: str) -> None:
    """Remember the token of the practice gateway at this address."""
    with _lock:
        _tokens[urlsplit(url).netloc] = token


def headers(url: str) -> dict[str, str]:
    """Return the headers that a control request to this address needs; {} for a gateway that this process does not
    know."""
    with _lock:
        token = _tokens.get(urlsplit(url).netloc)
    return {"Authorization": f"Bearer {token}"} if token else {}
