"""Background jobs in tests: claimed and done in the test's own process."""

from collections.abc import Iterator

import sqlalchemy as sa
from sqlmodel import Session, col

from getsms_core import jobs
from getsms_core.base.work_states import JobKind, JobState
from getsms_core.db.engine import Store
from getsms_core.db.models import Job
from getsms_core.jobs import JobRun
from getsms_core.worker import handlers


def claim(where: Store | Session, worker: str = "w") -> JobRun | None:
    """Claim the next job for a worker."""
    if isinstance(where, Store):
        with where.writing() as session:
            return jobs.claim(session, worker)
    return jobs.claim(where, worker)


def claimed(where: Store | Session, worker: str = "w") -> JobRun:
    """Claim the next job, which there must be."""
    run = claim(where, worker)
    assert run is not None, "no job is queued"
    return run


def label(run: JobRun | None) -> tuple[str, str] | None:
    """The kind and subject of a claim: ("list", "list:12")."""
    return None if run is None else (run.kind.value, run.subject)


def do_next(store: Store, worker: str = "w") -> tuple[str, str] | None:
    """Claim the next job and do it here; its kind and subject, None where there is none."""
    run = claim(store, worker)
    if run is not None:
        handlers.run_job(store, run)
    return label(run)


def do_all(store: Store) -> list[tuple[str, str]]:
    """Do every queued job."""
    return list(_each(store))


def _each(store: Store) -> Iterator[tuple[str, str]]:
    while (done_jobs := do_next(store)) is not None:
        yield done_jobs


def job_of(store: Store, kind: JobKind | str, subject: str) -> Job:
    """The newest job of a kind and subject."""
    with store.reading() as session:
        query = sa.select(Job).where(col(Job.kind) == JobKind(kind), col(Job.subject) == subject)
        job = session.scalars(query.order_by(col(Job.id).desc())).first()
    assert job is not None, f"{subject} has no {kind} job"
    return job


def state_of(store: Store, kind: JobKind | str, subject: str) -> JobState:
    """The state of that job."""
    return job_of(store, kind, subject).state


def current(store: Store, kind: JobKind | str, subject: str) -> JobRun:
    """The newest claim of that job."""
    return JobRun.of(job_of(store, kind, subject))
