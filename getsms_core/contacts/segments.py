"""Saved conditions: a name for a condition, used again on every list that has its columns."""

import sqlalchemy as sa
from sqlmodel import Session, col, select

from getsms_core.audit import log as audit
from getsms_core.base import names
from getsms_core.base.errors import DomainError, NotFound
from getsms_core.base.permissions import Actor, Permission
from getsms_core.contacts.conditions import Condition, columns_of, from_json, to_json, to_text
from getsms_core.db.engine import Store, now_ms
from getsms_core.db.models import Segment
from getsms_core.db.upserts import insert_unless_exists

_NOTED = 1_000
"""Characters of a condition that the audit log keeps: it may list 100,000 values."""


def save(store: Store, actor: Actor, name: str, condition: Condition) -> Segment:
    """Save a condition under a name; a segment of this name in any case gets the new condition.

    Raises `DomainError`: not-allowed, empty-name, long-name."""
    actor.must(Permission.LISTS)
    name = names.clean("segment", name)
    with store.writing() as session:
        new = Segment(name=name, name_key=_key(name), condition=to_json(condition), created_at=now_ms(session),
                      created_by=actor.name)  # fmt: skip
        segment = insert_unless_exists(session, new)
        if segment is not None:
            audit.note(session, actor, "segment.create", f"segment:{segment.id}", name=name)
        else:
            segment = _find(session, name)
            if segment is None:
                raise _missing(store, name)  # another process has just deleted it
            conditions = ({"condition": text[:_NOTED]} for text in (segment.condition, to_json(condition)))
            segment.condition = to_json(condition)
            segment.created_at, segment.created_by = now_ms(session), actor.name
            changes = audit.changes(*conditions)
            audit.note(session, actor, "segment.change", f"segment:{segment.id}", name=segment.name, **changes)
        session.flush()
        session.refresh(segment)
        session.expunge(segment)
        return segment


def all_segments(store: Store) -> list[Segment]:
    """The segments, by name."""
    with store.reading() as session:
        return list(session.exec(select(Segment).order_by(col(Segment.name_key))))


def get(store: Store, name: str) -> Segment:
    """The segment of this name in any case. Raises `DomainError` (no-such-segment) with the names that exist."""
    with store.reading() as session:
        segment = _find(session, name.strip())
    if segment is None:
        raise _missing(store, name)
    return segment


def condition_of(segment: Segment) -> Condition:
    """The condition that a segment stores."""
    return from_json(segment.condition)


def delete(store: Store, actor: Actor, name: str) -> str:
    """Delete a segment and return its name; campaigns and lists that used it keep their condition.

    Raises `DomainError`: not-allowed, no-such-segment."""
    actor.must(Permission.LISTS)
    with store.writing() as session:
        segment = _find(session, name.strip())
        if segment is not None:
            audit.note(session, actor, "segment.delete", f"segment:{segment.id}", name=segment.name)
            session.execute(sa.delete(Segment).where(col(Segment.id) == segment.id))
            return segment.name
    raise _missing(store, name)


def describe_document(segment: Segment) -> dict[str, object]:
    """{"name", "where", "columns"} for a script."""
    condition = condition_of(segment)
    return {"name": segment.name, "where": to_text(condition), "columns": columns_of(condition)}


def _find(session: Session, name: str) -> Segment | None:
    return session.scalars(select(Segment).where(col(Segment.name_key) == _key(name))).first()


def _key(name: str) -> str:
    return " ".join(name.casefold().split())


def _missing(store: Store, name: str) -> DomainError:
    names = ", ".join(segment.name for segment in all_segments(store))
    if not names:
        return NotFound.of("no-such-segment", case="none", name=name)
    return NotFound.of("no-such-segment", name=name, names=names)
