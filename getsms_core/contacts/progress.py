"""A list's check while it is under way: its progress, which its job holds, cancelling it, and checking again."""

import time
from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from sqlmodel import Session, col

from getsms_core import jobs
from getsms_core.audit import log as audit
from getsms_core.base.errors import DomainError
from getsms_core.base.i18n import N_
from getsms_core.base.permissions import Actor, Permission
from getsms_core.base.work_states import LIST_UNCHECKED, JobKind, JobState, ListState
from getsms_core.db import bulk
from getsms_core.db.engine import Store
from getsms_core.db.models import JOB_OPEN, Job, ListFile, RecipientList, message_values
from getsms_core.db.moves import moving

STEPS = {
    "received": N_("File received"),
    "reading": N_("Reading the file"),
    "checking": N_("Checking every number"),
    "keeping": N_("Keeping the list"),
}
"""The steps of a check, in order, with their labels."""
CANCEL_CHECK_SECONDS = 0.5


class Cancelled(Exception):
    """The check must stop: the list was cancelled or deleted, or another worker has its job."""


@dataclass(frozen=True)
class Progress:
    """The progress of a check: the step, its index in STEPS, the rows of the file once they are known, and when the
    check began (UTC ms). `step` is "" and `place` -1 while it waits for a worker."""

    step: str
    place: int
    rows: int | None
    began_at: int | None


def states(store: Store, rows: Sequence[RecipientList]) -> dict[int, str]:
    """Return the state of each list by its id, in the words that scripts know: a pending one is "checking" while its
    job runs, and "waiting" otherwise."""
    running = {list_id for list_id, state in jobs.open_jobs(store, JobKind.LIST).items() if state == JobState.RUNNING}
    words = {row.id or 0: row.state.value for row in rows}
    pending = {row.id or 0 for row in rows if row.state == ListState.PENDING}
    return words | {list_id: "checking" if list_id in running else "waiting" for list_id in pending}


def job_of(store: Store, actor: Actor, list_id: int) -> jobs.JobInfo | None:
    """Return the job that checks a list, or None."""
    return next((job for job in jobs.of_subject(store, actor, f"list:{list_id}") if job.kind == JobKind.LIST), None)


def read(job: jobs.JobInfo | None) -> Progress:
    """Return the progress of the job that checks a list; None where there is none yet."""
    if job is None or job.state != JobState.RUNNING:
        return Progress("", -1, None, None)
    step = job.step or "received"
    return Progress(step, list(STEPS).index(step), job.total, job.started_at)


class CheckProgress:
    """Stores the steps of one check in its job, if it has one, and raises `Cancelled` once the check is not wanted any
    more."""

    def __init__(self, store: Store, list_id: int, run: jobs.JobRun | None = None) -> None:
        self.store, self.list_id = store, list_id
        self._run = run
        self._rows: int | None = None
        self._looked = 0.0

    def step(self, name: str, rows: int | None = None) -> None:
        """Store that a step begins."""
        self._rows = rows if rows is not None else self._rows
        if self._run is not None:
            try:
                self._run.progress(self.store, 0, self._rows, name)
            except jobs.JobStopped:
                raise Cancelled from None
        self._require_wanted()

    def look(self) -> None:
        """Raise `Cancelled` where the check was cancelled. Queries the database at most twice a second."""
        if time.monotonic() - self._looked >= CANCEL_CHECK_SECONDS:
            self._require_wanted()

    def _require_wanted(self) -> None:
        self._looked = time.monotonic()
        with self.store.reading() as session:
            state = session.scalar(sa.select(col(RecipientList.state)).where(col(RecipientList.id) == self.list_id))
        if state not in LIST_UNCHECKED:
            raise Cancelled


def cancel(store: Store, actor: Actor, list_id: int) -> bool:
    """Stop the check of a list; its file is kept, so that it can be read again. Return False where it had already
    ended."""
    actor.must(Permission.LISTS)
    with store.writing() as session:
        if not fail(session, list_id, DomainError.of(jobs.CANCELLED, case="list", name=actor.name)):
            return False
        for job_id in _open_jobs(session, list_id):
            jobs.cancel(session, job_id, actor.name)
        audit.note(session, actor, "list.cancel", f"list:{list_id}")
        return True


def fail(session: Session, list_id: int, error: DomainError) -> bool:
    """Store why a list could not be checked. Return False, and change nothing, where its check had ended."""
    if error.code == jobs.CANCELLED:
        error = DomainError.of(jobs.CANCELLED, **{**error.reason.params, "case": "list"})
    failed = moving(RecipientList, ListState.FAILED, col(RecipientList.id) == list_id, facts={},
                    **message_values(error.reason))  # fmt: skip
    return bulk.rows_changed(session.execute(failed)) == 1


def check_again(store: Store, actor: Actor, list_id: int) -> None:
    """Have a failed list checked again with the same file and options. A list that is waiting or ready stays as it is.

    Raises `DomainError`: "not-allowed", "no-file" where the file is not stored any more."""
    actor.must(Permission.LISTS)
    with store.writing() as session:
        if not session.scalar(sa.select(sa.func.count()).where(col(ListFile.list_id) == list_id)):
            raise DomainError.of("no-file", id=list_id)
        again = moving(RecipientList, ListState.PENDING, col(RecipientList.id) == list_id, among=[ListState.FAILED],
                       **message_values(None))  # fmt: skip
        if bulk.rows_changed(session.execute(again)) == 1:
            jobs.enqueue(session, JobKind.LIST, f"list:{list_id}", actor.name)
            audit.note(session, actor, "list.check-again", f"list:{list_id}")


def _open_jobs(session: Session, list_id: int) -> list[int]:
    of_list = sa.select(col(Job.id)).where(
        JOB_OPEN, col(Job.kind) == JobKind.LIST, col(Job.subject) == f"list:{list_id}"
    )
    return [int(job_id or 0) for job_id in session.scalars(of_list)]
