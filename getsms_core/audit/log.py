"""The audit log: a row for every decision of a user or the program, written in the same transaction, and for sign-ins
and downloads."""

from collections.abc import Mapping
from typing import Any

from sqlmodel import Session

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


def note_alone(store: Store, actor: Actor, action: str, subject: str, **detail: Any) -> None:
    """`note` in a transaction of its own, for what changes nothing else: a download."""
    with store.writing() as session:
        note(session, actor, action, subject, **detail)
