"""The addresses of files that Streamlit has given to a session: nobody else may use them.

By itself Streamlit answers `/media/…` to anybody who knows the address, takes an upload under any file id, and lets a
WebSocket continue any page whose id it names. The gate therefore reads on the way to the browser which addresses and
which page ids a session is given. Everything here runs in the event loop's thread.
"""

from collections import OrderedDict
from collections.abc import Iterator

from google.protobuf.message import DecodeError  # type: ignore[import-untyped]
from starlette.types import Scope
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

MEDIA, UPLOADS = "/media/", "/_stcore/upload_file/"
_MARKS = (MEDIA.encode(), UPLOADS.encode())
MOST_ADDRESSES = 500
"""Of one session: the oldest are forgotten."""
MOST_SESSIONS = 5_000
_PROTOCOLS = b"sec-websocket-protocol"
_LONGEST_END = 400
"""Bytes of the message at the end of a run, at most."""
_PAGE_PLACE = 2
"""Where Streamlit's browser code puts the page that it continues, among the WebSocket's protocols."""


class Addresses:
    """Which session may use which address, and which page of Streamlit belongs to which user."""

    def __init__(self) -> None:
        self._by_session: OrderedDict[str, OrderedDict[str, None]] = OrderedDict()
        self._page_owners: OrderedDict[str, int] = OrderedDict()

    def note(self, session_id: str, data: bytes) -> None:
        """Remember the addresses in a message to the browser of this session. Most messages have none: the search for
        their beginnings takes 10 µs a MB, reading every message would take 2 ms."""
        if any(mark in data for mark in _MARKS):
            for address in _addresses_in(data):
                known = self._by_session.setdefault(session_id, OrderedDict())
                known[address] = None
                known.move_to_end(address)
                self._by_session.move_to_end(session_id)
                _shorten(known, MOST_ADDRESSES)
                _shorten(self._by_session, MOST_SESSIONS)

    def may_use(self, session_id: str, path: str) -> bool:
        """Return whether this address of a file was given to this session."""
        return path in self._by_session.get(session_id, ())

    def note_page(self, user_id: int, page_id: str) -> None:
        """Remember whose page this is."""
        self._page_owners[page_id] = user_id
        _shorten(self._page_owners, MOST_SESSIONS)

    def without_foreign_page(self, scope: Scope, user_id: int) -> Scope:
        """Return the scope of a WebSocket that continues no page but the user's own; another one becomes a new page."""
        headers = []
        for name, value in scope["headers"]:
            if name.lower() == _PROTOCOLS:
                parts = [part.strip() for part in value.decode("latin-1").split(",")]
                if len(parts) > _PAGE_PLACE and self._page_owners.get(parts[_PAGE_PLACE]) != user_id:
                    value = ", ".join(parts[:_PAGE_PLACE]).encode("latin-1")
            headers.append((name, value))
        return {**scope, "headers": headers}


def page_id_in(data: bytes) -> str:
    """Return the id of the page that the first message of a run names; "" in other messages."""
    message = _read(data)
    if message is None or message.WhichOneof("type") != "new_session":
        return ""
    return str(message.new_session.initialize.session_id)


def ends_run(data: bytes) -> bool:
    """Return whether this message says that a run of the page or of a fragment has ended."""
    if len(data) > _LONGEST_END:
        return False
    message = _read(data)
    return message is not None and message.WhichOneof("type") == "script_finished"


def _addresses_in(data: bytes) -> Iterator[str]:
    """Yield addresses in the fields where Streamlit puts those of files; text of users may contain the same letters."""
    message = _read(data)
    kind = message.WhichOneof("type") if message else None
    if message is None or kind is None:
        return
    addresses: list[str] = []
    if kind == "backend_operation_response":
        addresses.append(message.backend_operation_response.deferred_file.url)
    elif kind == "file_urls_response":
        addresses += [urls.upload_url for urls in message.file_urls_response.file_urls]
    elif kind == "logo":
        addresses += [message.logo.image, message.logo.icon_image]
    elif kind == "delta":
        element = message.delta.new_element
        addresses.append(element.download_button.url)
        addresses += [image.url for image in element.imgs.imgs]
    for address in addresses:
        if address.startswith((MEDIA, UPLOADS)):
            yield address


def _read(data: bytes) -> ForwardMsg | None:
    message = ForwardMsg()
    try:
        message.ParseFromString(data)
    except DecodeError:
        return None
    return message


def _shorten(known: "OrderedDict[str, None] | OrderedDict[str, int] | OrderedDict[str, OrderedDict[str, None]]",
             most: int) -> None:  # fmt: skip
    while len(known) > most:
        known.popitem(last=False)
