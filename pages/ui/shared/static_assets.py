"""Streamlit's own front end, from memory and compressed once: a new browser asks for a hundred files.

Streamlit serves them from the disk and as they are, 8 MB for a page with charts; compressed they are 2 MB. Behind the
authentication gate each would cost a database query, though the files are public.
"""

import gzip
import mimetypes
import re
from functools import cache
from pathlib import Path
from typing import NamedTuple

import streamlit
from anyio import to_thread
from starlette.requests import Request
from starlette.responses import Response

PREFIX = "/static/"
_FOLDER = Path(streamlit.__file__).parent / "static" / "static"
_FOR_EVER = "public, max-age=31536000, immutable"  # a file's name holds its hash
_COMPRESSED = frozenset({".js", ".css", ".json", ".svg", ".map"})


class File(NamedTuple):
    """A file in memory, and the headers that say what it is, as HTTP writes them."""

    body: bytes
    kind: str
    compressed: bool

    @property
    def headers(self) -> dict[str, str]:
        """The headers of a response with this body."""
        headers = {"cache-control": _FOR_EVER, "vary": "Accept-Encoding"}
        return headers | {"content-encoding": "gzip"} if self.compressed else headers

    @property
    def head(self) -> bytes:
        """The headers and the empty line before the body."""
        kind = f"{self.kind}; charset=utf-8" if self.kind.startswith("text/") else self.kind
        headers = self.headers | {"content-length": str(len(self.body)), "content-type": kind}
        return "".join(f"{name}: {value}\r\n" for name, value in headers.items()).encode("ascii") + b"\r\n"


_own: dict[str, File] = {}
_ready: dict[str, File] = {}
"""By the path of the request; filled by the first request for a file."""


@cache
def _names() -> frozenset[str]:
    """The only paths that are ever read."""
    return frozenset(file.relative_to(_FOLDER).as_posix() for file in _FOLDER.rglob("*") if file.is_file())


@cache
def _read(name: str) -> File:
    body = (_FOLDER / name).read_bytes()
    kind = mimetypes.guess_type(name)[0] or "application/octet-stream"
    return _compressed(body, kind) if Path(name).suffix in _COMPRESSED else File(body, kind, compressed=False)


def _compressed(body: bytes, kind: str) -> File:
    return File(gzip.compress(body, 6), kind, compressed=True)


@cache
def first() -> tuple[str, ...]:
    """The scripts that every page of the app begins with."""
    return tuple(f"/{path}" for path in re.findall(r'(?:src|href)="\./(static/js/[^"]+)"', index_page()))


@cache
def of_elements(*elements: str) -> tuple[str, ...]:
    """The scripts of these elements ("PlotlyChart", as Streamlit's front end calls them) without the first ones. Raises
    `KeyError` for an element that Streamlit does not have."""
    files = {Path(name).name.split(".")[0]: name for name in _names() if name.startswith("js/")}
    names = [files[element] for element in elements]
    for name in names:  # grows meanwhile
        names += [other for other in _imports(name) if other not in names and PREFIX + other not in first()]
    return tuple(PREFIX + name for name in dict.fromkeys(names))


def _imports(name: str) -> list[str]:
    """The scripts that a script imports, which it names at its beginning."""
    with (_FOLDER / name).open(encoding="utf-8") as file:
        return [f"js/{other}" for other in re.findall(r'(?:from|import)"\./([^"]+\.js)"', file.read(20_000))]


def index_page() -> str:
    """The page that loads Streamlit's front end."""
    return (_FOLDER.parent / "index.html").read_text("utf-8")


def add(path: str, text: str) -> None:
    """Serve a script of our own, public as Streamlit's are; `path` begins with PREFIX and changes with the text."""
    _own[path.removeprefix(PREFIX)] = _compressed(text.encode(), "text/javascript")


async def answer(request: Request) -> Response | None:
    """The file that is asked for; None where Streamlit has no such file."""
    name = request.url.path.removeprefix(PREFIX)
    if (name not in _own and name not in _names()) or request.method not in ("GET", "HEAD"):
        return None
    file = _own[name] if name in _own else await to_thread.run_sync(_read, name)
    _ready[PREFIX + name] = file
    if not file.compressed or "gzip" in request.headers.get("accept-encoding", ""):
        return Response(file.body, headers=file.headers, media_type=file.kind)
    body = await to_thread.run_sync(gzip.decompress, file.body)
    return Response(body, headers=file._replace(compressed=False).headers, media_type=file.kind)


def ready(path: str) -> File | None:
    """The file of this path, where it has been asked for before."""
    return _ready.get(path)
