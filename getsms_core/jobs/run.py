"""One claim of a job: what its function is given."""

import time
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa
from sqlmodel import col

from getsms_core.base.work_states import JobKind
from getsms_core.db.bulk import rows_changed
from getsms_core.db.engine import Store
from getsms_core.db.models import JOB_RUNNING, Job

PROGRESS_SECONDS = 1.0  # between two notes of progress


class JobStopped(Exception):
    """The claim is over: the job was cancelled, or another worker has it. Its function must stop and write nothing."""


@dataclass
class JobRun:
    """A claimed job. `attempt` guards everything that its function writes."""

    id: int
    kind: JobKind
    subject: str
    attempt: int
    params: dict[str, Any] = field(default_factory=dict, compare=False)
    _noted: float = field(default=float("-inf"), repr=False, compare=False)

    @classmethod
    def of(cls, job: Job) -> "JobRun":
        """Return the newest claim of a job."""
        return cls(int(job.id or 0), job.kind, job.subject, job.attempts, dict(job.params))

    @property
    def subject_id(self) -> int:
        """The id within the subject: 12 of "list:12"."""
        return int(self.subject.partition(":")[2])

    def progress(self, store: Store, done: int, total: int | None = None, step: str | None = None) -> None:
        """Store how far the job is: `done` of `total`, and with `step` that a step begins. Without a step at most
        once a second. Raises `JobStopped` where the claim is over or a user asked it to stop."""
        if step is None and time.monotonic() - self._noted < PROGRESS_SECONDS:
            return
        values: dict[str, Any] = {"done": done, "total": total} | ({} if step is None else {"step": step})
        own_row = sa.update(Job).where(
            col(Job.id) == self.id, col(Job.attempts) == self.attempt, JOB_RUNNING, col(Job.cancelled_by) == ""
        )
        with store.writing() as session:
            if rows_changed(session.execute(own_row.values(values))) == 0:
                raise JobStopped
        self._noted = time.monotonic()
