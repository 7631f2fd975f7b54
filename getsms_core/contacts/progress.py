"""The progress of a list's check, stored in its row, and cancelling the check."""

import time
from dataclasses import dataclass

import sqlalchemy as sa
from sqlmodel import col

from getsms_core.audit import log as audit
from getsms_core.base.i18n import N_, _
from getsms_core.base.permissions import Actor, Permission
from getsms_core.db import bulk
from getsms_core.db.engine import Store, now_ms
from getsms_core.db.models import RecipientList

STEPS = {
    "received": N_("File received"),
    "reading": N_("Reading the file"),
    "checking": N_("Checking every number"),
    "keeping": N_("Keeping the list"),
}
"""The steps of a check, in order, with their labels."""
OPEN = ("waiting", "checking")
CANCEL_CHECK_SECONDS = 0.5


class Cancelled(Exception):
    """The check must stop: the list was cancelled or deleted, or another worker finished it."""


@dataclass(frozen=True)
class Progress:
    """The progress of a check: the step, its index in STEPS, the rows of the file once they are known, and when the
    check began (UTC ms)."""

    step: str
    place: int
    rows: int | None
    began_at: int | None


def read(row: RecipientList) -> Progress:
    """Return the progress in a list's row."""
    stored = row.facts.get("progress") or {}
    step = stored.get("step", "received")
    return Progress(step, list(STEPS).index(step), stored.get("rows"), stored.get("began_at"))


class CheckProgress:
    """Stores the steps of one check and raises `Cancelled` once it is not wanted any more."""

    def __init__(self, store: Store, list_id: int) -> None:
        self.store, self.list_id = store, list_id
        self._began_at: int | None = None
        self._rows: int | None = None
        self._looked = 0.0

    def step(self, name: str, rows: int | None = None) -> None:
        """Store that a step begins."""
        self._rows = rows if rows is not None else self._rows
        with self.store.writing() as session:
            self._began_at = self._began_at or now_ms(session)
            progress = {"step": name, "rows": self._rows, "began_at": self._began_at}
            marked = session.execute(
                sa.update(RecipientList)
                .where(col(RecipientList.id) == self.list_id, col(RecipientList.state).in_(OPEN))
                .values(facts={"progress": progress})
            )
            if bulk.rows_changed(marked) == 0:
                raise Cancelled
        self._looked = time.monotonic()

    def look(self) -> None:
        """Raise `Cancelled` where the check was cancelled. Queries the database at most twice a second."""
        if time.monotonic() - self._looked < CANCEL_CHECK_SECONDS:
            return
        self._looked = time.monotonic()
        with self.store.reading() as session:
            state = session.scalar(sa.select(col(RecipientList.state)).where(col(RecipientList.id) == self.list_id))
        if state not in OPEN:
            raise Cancelled


def cancel(store: Store, actor: Actor, list_id: int) -> bool:
    """Stop the check of a list; its file is kept, so that it can be read again. Return False where it had already
    ended."""
    actor.must(Permission.LISTS)
    with store.writing() as session:
        stopped = session.execute(
            sa.update(RecipientList)
            .where(col(RecipientList.id) == list_id, col(RecipientList.state).in_(OPEN))
            .values(
                state="failed",
                code="cancelled",
                message=_("{name} cancelled the check. The file is kept: read it again, or delete it.").format(
                    name=actor.name
                ),
                facts={},
            )
        )
        if bulk.rows_changed(stopped) == 0:
            return False
        audit.note(session, actor, "list.cancel", f"list:{list_id}")
        return True
