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


class _File(NamedTuple):
    body: bytes
    kind: str
    compressed: bool


_own: dict[str, _File] = {}


@cache
def _names() -> frozenset[str]:
    """The only paths that are ever read."""
    return frozenset(file.relative_to(_FOLDER).as_posix() for file in _FOLDER.rglob("*") if file.is_file())


@cache
def _read(name: str) -> _File:
    body = (_FOLDER / name).read_bytes()
    kind = mimetypes.guess_type(name)[0] or "application/octet-stream"
    return _compressed(body, kind) if Path(name).suffix in _COMPRESSED else _File(body, kind, compressed=False)


def _compressed(body: bytes, kind: str) -> _File:
    return _File(gzip.compress(body, 6), kind, compressed=True)


@cache
def first() -> tuple[str, ...]:
    """The scripts that every page of the app begins with."""
    return tuple(f"/{path}" for path in re.findall(r'(?:src|href)="\./(static/js/[^"]+)"', index_page()))


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
    headers = {"cache-control": _FOR_EVER, "vary": "Accept-Encoding"}
    if not file.compressed:
        return Response(file.body, headers=headers, media_type=file.kind)
    if "gzip" in request.headers.get("accept-encoding", ""):
        return Response(file.body, headers=headers | {"content-encoding": "gzip"}, media_type=file.kind)
    return Response(await to_thread.run_sync(gzip.decompress, file.body), headers=headers, media_type=file.kind)
