"""Reading jobs for pages and the command."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session, col

from getsms_core.base import reasons
from getsms_core.base.errors import NotFound
from getsms_core.base.permissions import Actor, Permission
from getsms_core.base.work_states import JobKind, JobState
from getsms_core.db.engine import Store
from getsms_core.db.models import Campaign, Export, Job, RecipientList, SavedReport, Table, Worker
from getsms_core.jobs.kinds import may_change

SHOWN = (JobState.QUEUED, JobState.RUNNING, JobState.FAILED, JobState.CANCELLED)
LIMIT = 200
_NAMED: Mapping[str, type[Table]] = {
    "list": RecipientList,
    "campaign": Campaign,
    "export": Export,
    "report": SavedReport,
}


@dataclass(frozen=True)
class JobInfo:
    """A job as it is shown. `name` is that of its subject, "" where it is gone; `host` that of the worker that runs it;
    instants are UTC ms. `may_retry` and `may_cancel` are the rights of the actor who asked, as the state permits."""

    id: int
    kind: JobKind
    subject: str
    name: str
    state: JobState
    step: str
    done: int
    total: int | None
    worker_id: str | None
    host: str
    attempts: int
    stopping: bool
    error_code: str
    error_params: Mapping[str, Any]
    created_at: int
    created_by: str
    started_at: int | None
    ended_at: int | None
    may_retry: bool = False
    may_cancel: bool = False

    @property
    def reason(self) -> str:
        """Why it failed or was cancelled, in the language of this context; "" where it did not."""
        return reasons.words(self.error_code, self.error_params) if self.error_code else ""

    @property
    def share(self) -> float | None:
        """How much is done, 0 to 1; None where it is not known."""
        return min(1.0, self.done / self.total) if self.total else None


def get(store: Store, actor: Actor, job_id: int) -> JobInfo:
    """Return a job that the actor may see: any as an administrator, otherwise one's own and those that one may change.
    Raises `NotFound` ("no-such-job")."""
    with store.reading() as session:
        job = session.get(Job, job_id)
        info = None if job is None else _infos(session, actor, [job])[0]
    if info is None or not (_sees(actor, info) or may_change(actor, info.kind, info.created_by)):
        raise NotFound.of("no-such-job", id=job_id)
    return info


def all_jobs(store: Store, actor: Actor, *, ended_well: bool = False) -> list[JobInfo]:
    """Return the queued, running, failed and cancelled jobs, newest first; with `ended_well` those too that are done.
    An administrator sees all, others their own. At most 200."""
    actor.must(Permission.READ)
    query = sa.select(Job).where(col(Job.state).in_(tuple(JobState) if ended_well else SHOWN))
    if not actor.may(Permission.SETTINGS):
        query = query.where(col(Job.created_by) == actor.name)
    running_first = sa.case((col(Job.state) == JobState.RUNNING, 0), (col(Job.state) == JobState.QUEUED, 1), else_=2)
    with store.reading() as session:
        rows = session.scalars(query.order_by(running_first, col(Job.id).desc()).limit(LIMIT)).all()
        return _infos(session, actor, rows)


def of_subject(store: Store, actor: Actor, subject: str) -> list[JobInfo]:
    """Return the queued, running, failed and cancelled jobs of a subject, newest first, for its page."""
    return of_subjects(store, actor, [subject]).get(subject, [])


def of_subjects(store: Store, actor: Actor, subjects: Iterable[str]) -> dict[str, list[JobInfo]]:
    """Return `of_subject` for several subjects."""
    actor.must(Permission.READ)
    query = sa.select(Job).where(col(Job.subject).in_(list(subjects)), col(Job.state).in_(SHOWN))
    jobs_by_subject: dict[str, list[JobInfo]] = {}
    with store.reading() as session:
        for info in _infos(session, actor, session.scalars(query.order_by(col(Job.id).desc())).all()):
            jobs_by_subject.setdefault(info.subject, []).append(info)
    return jobs_by_subject


def _sees(actor: Actor, info: JobInfo) -> bool:
    return actor.may(Permission.SETTINGS) or info.created_by == actor.name


def _infos(session: Session, actor: Actor, jobs: Iterable[Job]) -> list[JobInfo]:
    rows = list(jobs)
    names = _names(session, {job.subject for job in rows})
    running_on = {job.worker_id for job in rows if job.worker_id}
    hosts = dict(
        session.execute(sa.select(col(Worker.id), col(Worker.host)).where(col(Worker.id).in_(running_on))).all()
    )
    return [_info(actor, job, names.get(job.subject, ""), hosts.get(job.worker_id or "", "")) for job in rows]


def _names(session: Session, subjects: Iterable[str]) -> dict[str, str]:
    ids: dict[str, list[int]] = {}
    for subject in subjects:
        kind, _colon, number = subject.partition(":")
        ids.setdefault(kind, []).append(int(number))
    names = {}
    for kind, numbers in ids.items():
        if kind not in _NAMED:  # a subject without a name: notices, numbers
            continue
        rows: Any = _NAMED[kind]
        for row_id, name in session.execute(sa.select(rows.id, rows.name).where(rows.id.in_(numbers))):
            names[f"{kind}:{row_id}"] = str(name)
    return names


def _info(actor: Actor, job: Job, name: str, host: str) -> JobInfo:
    may = may_change(actor, job.kind, job.created_by)
    return JobInfo(
        id=int(job.id or 0),
        kind=job.kind,
        subject=job.subject,
        name=name,
        state=job.state,
        step=job.step,
        done=job.done,
        total=job.total,
        worker_id=job.worker_id,
        host=host.split("/")[0],
        attempts=job.attempts,
        stopping=job.state == JobState.RUNNING and bool(job.cancelled_by),
        error_code=job.error_code,
        error_params=job.error_params,
        created_at=job.created_at,
        created_by=job.created_by,
        started_at=job.started_at,
        ended_at=job.ended_at,
        may_retry=may and job.state in (JobState.FAILED, JobState.CANCELLED),
        may_cancel=may and (job.state == JobState.QUEUED or (job.state == JobState.RUNNING and not job.cancelled_by)),
    )
