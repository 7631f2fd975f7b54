"""Requests that may arrive twice create their list or campaign once.

Streamlit may run a widget's callback twice for one upload: the browser sends the values of all its widgets with every
message, so a message sent before the uploader disappears from the page (a timer of a fragment, a click) contains the
file again. The server has discarded the widget's value by then, treats the file as a change and runs the callback. One
of eight uploads created two lists and two drafts, more on a busy machine.
"""

from collections.abc import Callable

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import Session, col

from getsms_core.base.codes import RequestKind
from getsms_core.base.permissions import Actor
from getsms_core.db.engine import Store, now_ms
from getsms_core.db.models import RequestResult

RETENTION_MS = 30 * 86_400_000


def run_once(session: Session, actor: Actor, kind: RequestKind, key: str, make: Callable[[Session], int]) -> int:
    """Run `make` for the first request of this user with `key` and return its id. Later requests, also concurrent ones
    from another thread or host, return that id and create nothing. With an empty key `make` always runs.

    `session` must be a writing one; a failed request is rolled back with it and may be repeated."""
    if not key:
        return make(session)
    now = now_ms(session)
    session.execute(sa.delete(RequestResult).where(col(RequestResult.created_at) < now - RETENTION_MS))
    values = {"requested_by": actor.name, "kind": kind, "key": key, "result_id": 0, "created_at": now}
    insert = sqlite.insert if session.get_bind().dialect.name == "sqlite" else postgresql.insert
    # PostgreSQL waits here until the transaction that wrote the same key has ended.
    inserted = session.execute(
        insert(RequestResult).values(values).on_conflict_do_nothing().returning(col(RequestResult.result_id))
    ).first()
    same = _same_request(actor, kind, key)
    if inserted is None:
        return int(session.execute(sa.select(col(RequestResult.result_id)).where(*same)).scalar_one())
    result_id = make(session)
    session.execute(sa.update(RequestResult).where(*same).values(result_id=result_id))
    return result_id


def earlier_result(store: Store, actor: Actor, kind: RequestKind, key: str) -> int | None:
    """Return the id that an earlier request of this user created; None for a new request and for an empty key."""
    if not key:
        return None
    with store.reading() as session:
        return session.scalar(sa.select(col(RequestResult.result_id)).where(*_same_request(actor, kind, key)))


def _same_request(actor: Actor, kind: RequestKind, key: str) -> tuple[sa.ColumnElement[bool], ...]:
    return (
        col(RequestResult.requested_by) == actor.name,
        col(RequestResult.kind) == kind,
        col(RequestResult.key) == key,
    )
