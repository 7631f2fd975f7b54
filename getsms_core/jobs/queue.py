"""The queue: enqueue, claim, end, requeue and cancel jobs. Every function works in the caller's transaction."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import Session, col

from getsms_core.base.i18n import LANGUAGES, language
from getsms_core.base.work_states import JobKind, JobState
from getsms_core.db.bulk import rows_changed
from getsms_core.db.engine import Store, now_ms
from getsms_core.db.models import JOB_OPEN, JOB_QUEUED, JOB_RUNNING, Job, Worker, table
from getsms_core.db.moves import moving
from getsms_core.jobs.run import JobRun

J = JobState
STOPPED, CANCELLED = "stopped", "cancelled"
"""The error codes of a job whose process crashed, and of one that a user cancelled (parameter "name")."""
DONE_RETENTION_MS = 7 * 86_400_000
ENDED_RETENTION_MS = 30 * 86_400_000
NOTICE_RETENTION_MS = 3_600_000
"""Of checks that ended well; there is one each quarter of an hour."""
_PRIORITY = sa.case({kind.value: place for place, kind in enumerate(JobKind)}, value=sa.cast(col(Job.kind), sa.String))
_other = table(Job).alias("other")
# Literal, for the partial indexes.
_QUEUED: sa.ColumnElement[str] = sa.literal_column("'queued'")
_RUNNING: sa.ColumnElement[str] = sa.literal_column("'running'")
_QUIETLY = {"synchronize_session": False}


@dataclass(frozen=True)
class JobParams:
    """What a job needs beside its subject: the language in which its function writes texts that are stored."""

    language: str = "en"

    @classmethod
    def from_stored(cls, stored: Mapping[str, Any]) -> "JobParams":
        """Return the stored parameters; unknown ones are ignored, missing and unusable ones have their default."""
        code = stored.get("language")
        return cls(code if code in LANGUAGES else "en")

    def to_stored(self) -> dict[str, Any]:
        """Return them as the job's row keeps them."""
        return asdict(self)


# ------------------------------------------------------------------------------------------------------------ enqueuing


def enqueue(session: Session, kind: JobKind, subject: str, created_by: str) -> int:
    """Ask for work on a subject ("list:12"); return the job's id.

    If such a job is queued already, that one is returned. One that failed or was cancelled is queued again. One that is
    running may have read what has changed since, so another one is queued, and runs when that has ended."""
    queued = sa.select(col(Job.id)).where(JOB_QUEUED, col(Job.kind) == kind, col(Job.subject) == subject)
    now, params = now_ms(session), JobParams(language()).to_stored()
    job_id = session.scalar(queued) or _queue_again(session, kind, subject, created_by, now, params)
    if job_id is not None:
        return job_id
    insert = sqlite.insert if session.get_bind().dialect.name == "sqlite" else postgresql.insert
    job = Job(kind=kind, subject=subject, params=params, created_at=now, created_by=created_by)
    inserted = insert(Job).values(job.model_dump(exclude={"id"})).on_conflict_do_nothing().returning(col(Job.id))
    job_id = session.scalar(inserted)
    return job_id if job_id is not None else int(session.scalar(queued) or 0)


def _queue_again(
    session: Session, kind: JobKind, subject: str, created_by: str, now: int, params: dict[str, Any]
) -> int | None:
    ended = sa.select(col(Job.id)).where(
        col(Job.kind) == kind, col(Job.subject) == subject, col(Job.state).in_((J.FAILED, J.CANCELLED))
    )
    job_id = session.scalar(ended.order_by(col(Job.id).desc()).limit(1).with_for_update())
    if job_id is not None:
        again = moving(Job, J.QUEUED, col(Job.id) == job_id, among=[J.FAILED, J.CANCELLED], params=params,
                       created_at=now, created_by=created_by, started_at=None, ended_at=None,
                       cancelled_by="", **_CLEAN)  # fmt: skip
        session.execute(again, execution_options=_QUIETLY)
    return job_id


_CLEAN: dict[str, Any] = {
    "step": "", "done": 0, "total": None, "worker_id": None, "error_code": "", "error_params": {},
}  # fmt: skip
"""The values of a job that begins or waits to begin. That a user cancelled it outlives its worker."""


def withdraw(session: Session, subject: str, *kinds: JobKind) -> None:
    """Forget the jobs of a subject that is gone or wants nothing more: queued, failed and cancelled ones, of these
    kinds or all. A running one ends by itself: its function finds nothing to do."""
    forgotten = sa.delete(Job).where(col(Job.subject) == subject, col(Job.state).in_((J.QUEUED, J.FAILED, J.CANCELLED)))
    if kinds:
        forgotten = forgotten.where(col(Job.kind).in_(kinds))
    session.execute(forgotten, execution_options=_QUIETLY)


# ------------------------------------------------------------------------------------------------------------- claiming


def claim(session: Session, worker_id: str) -> JobRun | None:
    """Claim the next job for a worker: the first kind in the order of `JobKind`, then the oldest. None if there is
    none. Two jobs of one subject never run at once."""
    busy = sa.select(_other.c.id).where(_other.c.state == _RUNNING, _other.c.subject == col(Job.subject))
    waiting = sa.select(Job).where(JOB_QUEUED, ~busy.exists()).order_by(_PRIORITY, col(Job.id)).limit(1)
    job = session.scalar(waiting.with_for_update(skip_locked=True, of=Job))
    if job is None or job.id is None:
        return None
    session.execute(
        moving(Job, J.RUNNING, col(Job.id) == job.id, **_CLEAN | {"worker_id": worker_id}, attempts=job.attempts + 1,
               started_at=now_ms(session), ended_at=None), execution_options=_QUIETLY,
    )  # fmt: skip
    session.expire(job)
    return JobRun.of(job)


def requeue(session: Session, workers: Sequence[str]) -> None:
    """Requeue the running jobs of these workers."""
    _requeue(session, col(Job.worker_id).in_(workers))


def requeue_orphans(session: Session) -> None:
    """Requeue the running jobs whose worker has stopped, was marked dead, or is not known."""
    living = sa.select(col(Worker.id)).where(col(Worker.stopped_at).is_(None))
    _requeue(session, sa.or_(col(Job.worker_id).is_(None), col(Job.worker_id).not_in(living)))


def requeue_all(session: Session) -> None:
    """Requeue every running job: after a restore none of their workers exists."""
    _requeue(session, sa.true())


def _requeue(session: Session, which: sa.ColumnElement[bool]) -> None:
    # Where the same work was asked for again meanwhile, that job does it.
    queued_too = sa.select(_other.c.id).where(
        _other.c.state == _QUEUED, _other.c.kind == col(Job.kind), _other.c.subject == col(Job.subject)
    )
    session.execute(
        moving(Job, J.DONE, which, queued_too.exists(), among=[J.RUNNING], ended_at=now_ms(session)),
        execution_options=_QUIETLY,
    )
    session.execute(
        moving(Job, J.QUEUED, which, among=[J.RUNNING], worker_id=None, started_at=None), execution_options=_QUIETLY
    )


# --------------------------------------------------------------------------------------------------------------- ending


def is_current(session: Session, run: JobRun) -> bool:
    """Return whether the claim is the newest one of its job and is running; locks the job's row until the transaction
    ends."""
    query = sa.select(col(Job.id)).where(col(Job.id) == run.id, col(Job.attempts) == run.attempt, JOB_RUNNING)
    return session.scalar(query.with_for_update()) is not None


def finish(session: Session, run: JobRun) -> bool:
    """Record that a job ended well. Return False, and change nothing, where the claim is over."""
    return _end(session, run, J.DONE)


def fail(session: Session, run: JobRun, code: str, params: Mapping[str, Any]) -> bool:
    """Record that a job failed, with the code of the reason and its parameters. Return False, and change nothing, where
    the claim is over."""
    return _end(session, run, J.FAILED, error_code=code, error_params=dict(params))


def stop(session: Session, run: JobRun, name: str) -> bool:
    """Record that a job that `name` cancelled has ended its process. Return False where the claim is over."""
    return _end(session, run, J.CANCELLED, error_code=CANCELLED, error_params={"name": name})


def _end(session: Session, run: JobRun, state: JobState, **values: Any) -> bool:
    ended = moving(Job, state, col(Job.id) == run.id, col(Job.attempts) == run.attempt, among=[J.RUNNING],
                   ended_at=now_ms(session), step="", **values)  # fmt: skip
    return rows_changed(session.execute(ended, execution_options=_QUIETLY)) == 1


def cancel(session: Session, job_id: int, name: str) -> JobState | None:
    """Cancel a job in the name of a user. A queued one is cancelled at once; for a running one its worker ends the
    process within a second or so, then calls `stop`. Return the state in which the job was, None where it had ended."""
    values = {"error_code": CANCELLED, "error_params": {"name": name}, "ended_at": now_ms(session)}
    queued = moving(Job, J.CANCELLED, col(Job.id) == job_id, among=[J.QUEUED], **values)
    if rows_changed(session.execute(queued, execution_options=_QUIETLY)):
        return J.QUEUED
    running = sa.update(Job).where(col(Job.id) == job_id, JOB_RUNNING).values(cancelled_by=name)
    return J.RUNNING if rows_changed(session.execute(running, execution_options=_QUIETLY)) else None


def stop_requested(session: Session, run: JobRun) -> str:
    """Return who asked a running job to stop; "" where nobody did, or the claim is over."""
    query = sa.select(col(Job.cancelled_by)).where(col(Job.id) == run.id, col(Job.attempts) == run.attempt, JOB_RUNNING)
    return session.scalar(query) or ""


# -------------------------------------------------------------------------------------------------------------- reading


def any_open(session: Session) -> bool:
    """Return whether any job is queued or running."""
    return session.execute(sa.select(col(Job.id)).where(JOB_OPEN).limit(1)).first() is not None


def any_queued(session: Session) -> bool:
    """Return whether any job waits for a worker."""
    return session.execute(sa.select(col(Job.id)).where(JOB_QUEUED).limit(1)).first() is not None


def has_open(session: Session, kind: JobKind, subject: str) -> bool:
    """Return whether such a job is queued or running."""
    query = sa.select(col(Job.id)).where(JOB_OPEN, col(Job.kind) == kind, col(Job.subject) == subject)
    return session.execute(query.limit(1)).first() is not None


def open_jobs(store: Store, kind: JobKind) -> dict[int, JobState]:
    """Return the jobs of a kind that are queued or running: their state by the id of their subject."""
    with store.reading() as session:
        query = sa.select(col(Job.subject), col(Job.state)).where(JOB_OPEN, col(Job.kind) == kind)
        # A running one counts, where another one of the same subject waits.
        rows = session.execute(query.order_by(col(Job.state))).all()
    return {int(subject.partition(":")[2]): state for subject, state in rows}


def unavailable_subjects(session: Session, kind: JobKind, failed_since: int) -> set[str]:
    """Return the subjects of jobs that are queued or running, or have failed or were cancelled since an instant (UTC
    ms)."""
    recent = sa.and_(col(Job.state).in_((J.FAILED, J.CANCELLED)), col(Job.ended_at) > failed_since)
    query = sa.select(col(Job.subject)).where(col(Job.kind) == kind, sa.or_(JOB_OPEN, recent))
    return set(session.scalars(query))


def sweep(session: Session, now: int) -> None:
    """Delete jobs that ended long ago: a week for those that ended well, an hour for the checks of notices, a month for
    the others (`now` in UTC ms)."""
    checks = sa.delete(Job).where(
        col(Job.kind) == JobKind.NOTICE, col(Job.state) == J.DONE, col(Job.ended_at) < now - NOTICE_RETENTION_MS
    )
    session.execute(checks, execution_options=_QUIETLY)
    for states, retention in (((J.DONE,), DONE_RETENTION_MS), ((J.FAILED, J.CANCELLED), ENDED_RETENTION_MS)):
        old = sa.delete(Job).where(col(Job.state).in_(states), col(Job.ended_at) < now - retention)
        session.execute(old, execution_options=_QUIETLY)
