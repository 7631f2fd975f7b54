"""One cache of compiled SQL for all engines of a process: SQLAlchemy keys it by the engine's own dialect object."""

from collections.abc import Iterator
from contextlib import contextmanager

import sqlalchemy as sa
from sqlalchemy.util import LRUCache

_STATEMENTS = 5000  # SQLAlchemy keeps 500 for each engine; one run of the tests has some two thousand
_dialects: dict[str, sa.Dialect] = {}
_compiled = LRUCache[object, object](_STATEMENTS)
_is_shared = True


@contextmanager
def separate_dialects() -> Iterator[None]:
    """Let the engines that are made inside keep their own dialects: the simulator replaces their methods."""
    global _is_shared
    _is_shared = False
    try:
        yield
    finally:
        _is_shared = True


def share_compiled_statements(engine: sa.Engine) -> None:
    """Give a new engine the dialect, and so the compiled statements, of the first engine of its kind that connected.

    Safe where all databases of a kind in this process have one version: what a dialect learns from its first
    connection is not asked again."""
    if not _is_shared:
        return
    shared = _dialects.get(engine.dialect.name)
    if shared is None or shared.server_version_info is None:  # not connected yet
        _dialects[engine.dialect.name] = engine.dialect
    else:
        setattr(engine.dialect, "initialize", lambda _connection: None)  # noqa: B010  (mypy: a method)
        engine.dialect = shared
    engine.update_execution_options(compiled_cache=_compiled)
