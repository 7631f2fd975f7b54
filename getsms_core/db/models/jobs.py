"""The queue of background jobs."""

from typing import Any

import sqlalchemy as sa
from sqlmodel import Field

from getsms_core.base.work_states import JobKind, JobState
from getsms_core.db.models.base import BIG_INTEGER, IDS_ONCE, EnumText, Table

JOB_QUEUED = sa.text("job.state = 'queued'")
JOB_RUNNING = sa.text("job.state = 'running'")
JOB_OPEN = sa.text("job.state IN ('queued', 'running')")
"""Literal SQL: neither database uses a partial index for a state that comes as a parameter."""


class Job(Table, table=True):
    """A piece of background work. `attempts` counts its claims, and guards its result: a process whose claim is over
    changes nothing. Of one kind and subject at most one job is queued."""

    id: int | None = Field(default=None, primary_key=True)
    kind: JobKind = Field(sa_type=EnumText(JobKind))
    subject: str  # what it is about, as in the audit log: "list:12"
    params: dict[str, Any] = Field(default_factory=dict, sa_type=sa.JSON)  # jobs.JobParams
    state: JobState = Field(default=JobState.QUEUED, sa_type=EnumText(JobState))
    step: str = ""  # a code of the kind's own: contacts.progress.STEPS
    done: int = Field(default=0, sa_type=BIG_INTEGER)
    total: int | None = Field(default=None, sa_type=BIG_INTEGER)  # of `done`; None: not known
    worker_id: str | None = None
    attempts: int = 0
    cancelled_by: str = ""  # who asked a running job to stop; its worker ends the process
    error_code: str = ""
    error_params: dict[str, Any] = Field(default_factory=dict, sa_type=sa.JSON)
    created_at: int = Field(sa_type=BIG_INTEGER)
    created_by: str
    started_at: int | None = Field(default=None, sa_type=BIG_INTEGER)
    ended_at: int | None = Field(default=None, sa_type=BIG_INTEGER)

    __table_args__ = (
        sa.Index(
            "ix_job_queued",
            "kind",
            "subject",
            unique=True,
            sqlite_where=sa.text("state = 'queued'"),
            postgresql_where=sa.text("state = 'queued'"),
        ),
        sa.Index(
            "ix_job_running",
            "subject",
            sqlite_where=sa.text("state = 'running'"),
            postgresql_where=sa.text("state = 'running'"),
        ),
        sa.Index("ix_job_subject", "subject"),
        IDS_ONCE,
    )
