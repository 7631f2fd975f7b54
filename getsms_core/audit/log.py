"""The audit log: a row for every decision of a user or the program, written in the same transaction, and for sign-ins
and downloads."""

from collections.abc import Collection, Mapping
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlmodel import Session, col

from getsms_core.base.permissions import Actor
from getsms_core.base.reasons import stored
from getsms_core.db.engine import Store, now_ms
from getsms_core.db.models import Audit


def note(session: Session, actor: Actor, action: str, subject: str, **detail: Any) -> None:
    """Record that `actor` did `action` ("campaign.start") to `subject` ("campaign:7"), and in the detail `address` from
    which network address, where it is known. No secrets, no full phone lists."""
    if actor.address:
        detail["address"] = actor.address
    session.add(Audit(at=now_ms(session), actor=actor.name, action=action, subject=subject, detail=stored(detail)))


def changes(before: Mapping[str, Any], after: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """Return the details of a change, to be given to `note`: what differs, as it was and as it is."""
    old, new = stored(before), stored(after)
    names = [name for name in {**old, **new} if old.get(name) != new.get(name)]
    return {"before": {name: old.get(name) for name in names}, "after": {name: new.get(name) for name in names}}


class Entry(NamedTuple):
    """Who did what."""

    actor: str
    action: str


def entries_about(session: Session, subject: str, actions: Collection[str], deletions: Collection[str]) -> list[Entry]:
    """Return the entries of these actions about a subject, oldest first. What precedes the last of its `deletions` is
    about another one: until migration 0034 SQLite gave the id of the newest row again once that was deleted."""
    about = col(Audit.subject) == subject
    deleted = sa.select(sa.func.coalesce(sa.func.max(col(Audit.id)), 0)).where(about, col(Audit.action).in_(deletions))
    query = sa.select(col(Audit.actor), col(Audit.action)).where(
        about, col(Audit.action).in_(actions), col(Audit.id) > deleted.scalar_subquery()
    )
    return [Entry(actor, action) for actor, action in session.execute(query.order_by(col(Audit.id)))]


def last_actor(session: Session, subject: str, action: str) -> str | None:
    """Return who did this to a subject last; None where nobody has."""
    query = sa.select(col(Audit.actor)).where(col(Audit.subject) == subject, col(Audit.action) == action)
    return session.scalar(query.order_by(col(Audit.id).desc()).limit(1))


def note_alone(store: Store, actor: Actor, action: str, subject: str, **detail: Any) -> None:
    """`note` in a transaction of its own, for what changes nothing else: a download."""
    with store.writing() as session:
        note(session, actor, action, subject, **detail)
