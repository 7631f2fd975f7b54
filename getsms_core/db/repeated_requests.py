"""Requests that may arrive twice make their list or campaign once.

Streamlit may run a widget's callback twice for one upload: the browser sends the values of all its widgets with every
message, so a message that leaves before the uploader is gone from the page (a timer of a fragment, a click) carries
the file again. The server has forgotten the widget's value by then, takes the file for a change and runs the callback.
One of eight uploads made two lists and two drafts so, more on a busy machine.
"""

from collections.abc import Callable

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import Session, col

from getsms_core.base.permissions import Actor
from getsms_core.db.engine import Store, now_ms
from getsms_core.db.models import RequestResult

RETENTION_MS = 30 * 86_400_000


def run_once(session: Session, actor: Actor, kind: str, key: str, make: Callable[[Session], int]) -> int:
    """The id that `make` returned when this user's request `key` came first; later ones, also at the same moment from
    another thread or host, return that id and make nothing. With an empty key `make` always runs.

    `session` must be a writing one; a request that fails is rolled back with it and may come again."""
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


def earlier_result(store: Store, actor: Actor, kind: str, key: str) -> int | None:
    """What this user's request made when it came before; None for a new one, and with an empty key."""
    if not key:
        return None
    with store.reading() as session:
        return session.scalar(sa.select(col(RequestResult.result_id)).where(*_same_request(actor, kind, key)))


def _same_request(actor: Actor, kind: str, key: str) -> tuple[sa.ColumnElement[bool], ...]:
    return (
        col(RequestResult.requested_by) == actor.name,
        col(RequestResult.kind) == kind,
        col(RequestResult.key) == key,
    )
