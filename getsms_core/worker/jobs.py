"""Background jobs that users request: checking a list, preparing a campaign, making a file.

The requesting row is the queue. A worker claims one job at a time and runs it in a separate process (`python -m
getsms_core.worker.jobs list 7`), so that a file that crashes its reader does not stop the sending.
"""

import os
import subprocess
import sys
from dataclasses import dataclass

import sqlalchemy as sa
from sqlmodel import Session, col

from getsms_core import exports
from getsms_core.audit import log as audit
from getsms_core.base import processes
from getsms_core.base.errors import DomainError
from getsms_core.base.i18n import _
from getsms_core.base.permissions import SYSTEM
from getsms_core.base.settings import load
from getsms_core.base.states import CampaignState
from getsms_core.campaigns import recheck, retention
from getsms_core.campaigns import service as campaigns
from getsms_core.contacts import lists
from getsms_core.contacts import progress as list_progress
from getsms_core.db.bulk import rows_changed
from getsms_core.db.engine import Store, open_store
from getsms_core.db.models import Campaign, Export, RecipientList, SavedReport, reason_values, table
from getsms_core.db.moves import moving
from getsms_core.delivery import exclusion_check
from getsms_core.scheduled import runner

ACTIVE = (CampaignState.RUNNING, CampaignState.SCHEDULED, CampaignState.AWAITING_APPROVAL)


@dataclass(frozen=True)
class Job:
    """The kind of a job ("list", "campaign", "exclusions", "export", "report", "erase") and the id of its row."""

    kind: str
    id: int


@dataclass(frozen=True)
class _Queue:
    """A table whose rows request jobs: the column that holds the state, and its values for requested and running."""

    kind: str
    rows: sa.Table
    column: str
    requested: str
    running: str
    active: sa.ColumnElement[bool] | None = None

    def select_ids(self, *states: str) -> sa.Select[int]:
        query = sa.select(self.rows.c.id).where(self.rows.c[self.column].in_(states)).limit(1)
        return query if self.active is None else query.where(self.active)


_campaign = table(Campaign)
_QUEUES = (
    _Queue("list", table(RecipientList), "state", "waiting", "checking"),
    _Queue("campaign", _campaign, "prepared", "asked", "preparing", _campaign.c.state.in_(ACTIVE)),
    _Queue(
        "exclusions",
        _campaign,
        "exclusion_check",
        exclusion_check.ASKED,
        exclusion_check.CHECKING,
        sa.and_(_campaign.c.state == CampaignState.RUNNING, _campaign.c.prepared == "ready"),
    ),
    _Queue("export", table(Export), "state", "waiting", "making"),
    _Queue("report", table(SavedReport), "state", "asked", "making"),
    _Queue("erase", _campaign, "erasing", "asked", "erasing"),
)
_CLAIM_QUERIES = [
    (queue, queue.select_ids(queue.requested).order_by(queue.rows.c.id).with_for_update(skip_locked=True))
    for queue in _QUEUES
]
_PENDING = [queue.select_ids(queue.requested, queue.running) for queue in _QUEUES]


def claim_next(session: Session, worker_id: str) -> Job | None:
    """Claim the next job for this worker; None if there is none."""
    connection = session.connection()
    for queue, query in _CLAIM_QUERIES:
        row_id = connection.scalar(query)
        if row_id is not None:
            mark = sa.update(queue.rows).where(queue.rows.c.id == row_id)
            connection.execute(mark.values({queue.column: queue.running, "worker_id": worker_id}))
            return Job(queue.kind, row_id)
    return None


def requeue(session: Session, workers: list[str]) -> None:
    """Requeue the jobs of dead workers; each job starts again from the beginning and ends once."""
    for queue in _QUEUES:
        session.connection().execute(
            sa.update(queue.rows)
            .where(queue.rows.c[queue.column] == queue.running, queue.rows.c.worker_id.in_(workers))
            .values({queue.column: queue.requested})
        )


def requeue_all(session: Session) -> None:
    """Requeue every running job: after a restore none of their workers exists."""
    for queue in _QUEUES:
        session.connection().execute(
            sa.update(queue.rows)
            .where(queue.rows.c[queue.column] == queue.running)
            .values({queue.column: queue.requested, "worker_id": None})
        )


def any_pending(session: Session) -> bool:
    """Whether any job is requested or running."""
    return any(session.connection().execute(query).first() for query in _PENDING)


def start_process(job: Job) -> subprocess.Popen[bytes]:
    """Start the job's process. It ends with this process; another worker then runs the job again."""
    return subprocess.Popen(
        [sys.executable, "-m", "getsms_core.worker.jobs", job.kind, str(job.id), str(os.getpid())],
        stdin=subprocess.DEVNULL,
    )


def record_crash(store: Store, job: Job) -> None:
    """Record that the job's process crashed, in the row that the user sees."""
    reason = _(
        "The work was stopped: it took too much memory or time, or was ended from outside. Nothing was kept of it. "
        "Try again."
    )
    _record_failure(store, job, DomainError("stopped", reason))


def run_job(store: Store, job: Job) -> None:
    """Run one job in this process; a `DomainError` is recorded in the row that the user sees."""
    try:
        if job.kind == "list":
            lists.check_uploaded_list(store, job.id)
        elif job.kind == "campaign":
            campaigns.prepare(store, job.id)
        elif job.kind == "exclusions":
            recheck.recheck(store, job.id)
        elif job.kind == "report":
            runner.make(store, job.id)
        elif job.kind == "erase":
            retention.erase(store, job.id)
        else:
            exports.make(store, job.id)
    except DomainError as refusal:
        _record_failure(store, job, refusal)


def _record_failure(store: Store, job: Job, refusal: DomainError) -> None:
    if job.kind == "report":
        runner.failed(store, job.id, refusal)
        return
    if job.kind == "erase":  # retention requests it again
        with store.writing() as session:
            unfinished = sa.update(Campaign).where(col(Campaign.id) == job.id, col(Campaign.erasing) == "erasing")
            session.execute(unfinished.values(erasing=""))
        return
    with store.writing() as session:
        if job.kind == "campaign":
            paused = session.execute(
                moving(Campaign, CampaignState.PAUSED, col(Campaign.id) == job.id, col(Campaign.prepared) != "ready",
                       among=(*ACTIVE, CampaignState.PAUSED), prepared="", **reason_values(refusal.reason))
            )  # fmt: skip
            if rows_changed(paused):
                audit.note(session, SYSTEM, "campaign.pause", f"campaign:{job.id}", code=refusal.code)
        elif job.kind == "exclusions":
            paused = session.execute(
                moving(Campaign, CampaignState.PAUSED, col(Campaign.id) == job.id,
                       col(Campaign.exclusion_check) == exclusion_check.CHECKING, among=[CampaignState.RUNNING],
                       exclusion_check=exclusion_check.ASKED, **reason_values(refusal.reason))
            )  # fmt: skip
            if rows_changed(paused):
                audit.note(session, SYSTEM, "campaign.pause", f"campaign:{job.id}", code=refusal.code)
        elif job.kind == "list":
            session.execute(
                sa.update(RecipientList)
                .where(col(RecipientList.id) == job.id, col(RecipientList.state).in_(list_progress.OPEN))
                .values(state="failed", code=refusal.code, message=refusal.message)
            )
        else:
            session.execute(
                sa.update(Export)
                .where(col(Export.id) == job.id, col(Export.state) != "ready")
                .values(state="failed", message=refusal.message)
            )


if __name__ == "__main__":
    processes.exit_on_sigterm()
    processes.keep_files_private()
    processes.die_with_parent(int(sys.argv[3]))
    run_job(open_store(load().database_url), Job(sys.argv[1], int(sys.argv[2])))
