"""Long work that people ask for: checking a list, preparing a campaign, making a file.

The row that asks is the queue. A worker takes one at a time and does it in a process of its own (`python -m
getsms_core.worker.jobs list 7`), so that a file that takes the reader down takes no sending with it.
"""

import os
import subprocess
import sys
from dataclasses import dataclass

import sqlalchemy as sa
from sqlmodel import Session, col

from getsms_core import exports
from getsms_core.audit import log as audit
from getsms_core.base import processes, without_pandas
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
from getsms_core.db.models import Campaign, Export, RecipientList, SavedReport, table
from getsms_core.delivery import exclusion_check
from getsms_core.scheduled import runner

ACTIVE = (CampaignState.RUNNING, CampaignState.SCHEDULED, CampaignState.AWAITING_APPROVAL)


@dataclass(frozen=True)
class Job:
    """What to do ("list", "campaign", "exclusions", "export", "report", "erase") and the id of the row that asks."""

    kind: str
    id: int


@dataclass(frozen=True)
class _Queue:
    """A table whose rows ask for an errand: which column says so, with which word, and with which word it is under
    way."""

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
    """The next errand, now this worker's; None where nobody asks."""
    connection = session.connection()
    for queue, query in _CLAIM_QUERIES:
        row_id = connection.scalar(query)
        if row_id is not None:
            mark = sa.update(queue.rows).where(queue.rows.c.id == row_id)
            connection.execute(mark.values({queue.column: queue.running, "worker_id": worker_id}))
            return Job(queue.kind, row_id)
    return None


def requeue(session: Session, workers: list[str]) -> None:
    """Let others do what dead workers had taken; each errand starts over and ends once."""
    for queue in _QUEUES:
        session.connection().execute(
            sa.update(queue.rows)
            .where(queue.rows.c[queue.column] == queue.running, queue.rows.c.worker_id.in_(workers))
            .values({queue.column: queue.requested})
        )


def requeue_all(session: Session) -> None:
    """Let every job that was under way start over: after a restore none of their workers exists."""
    for queue in _QUEUES:
        session.connection().execute(
            sa.update(queue.rows)
            .where(queue.rows.c[queue.column] == queue.running)
            .values({queue.column: queue.requested, "worker_id": None})
        )


def any_pending(session: Session) -> bool:
    """Whether anything is asked for or under way."""
    return any(session.connection().execute(query).first() for query in _PENDING)


def start_process(errand: Job) -> subprocess.Popen[bytes]:
    """Start the errand's process. It dies with this one, and another worker does the errand anew."""
    return subprocess.Popen(
        [sys.executable, "-m", "getsms_core.worker.jobs", errand.kind, str(errand.id), str(os.getpid())],
        stdin=subprocess.DEVNULL,
    )


def record_crash(store: Store, errand: Job) -> None:
    """The errand's process died: say so where the person looks, once."""
    reason = _(
        "The work was stopped: it took too much memory or time, or was ended from outside. Nothing was kept of it. "
        "Try again."
    )
    _record_failure(store, errand, DomainError("stopped", reason))


def run_job(store: Store, errand: Job) -> None:
    """Do one errand here and now; a refusal is written where the person looks."""
    try:
        if errand.kind == "list":
            lists.check_uploaded_list(store, errand.id)
        elif errand.kind == "campaign":
            campaigns.prepare(store, errand.id)
        elif errand.kind == "exclusions":
            recheck.recheck(store, errand.id)
        elif errand.kind == "report":
            runner.make(store, errand.id)
        elif errand.kind == "erase":
            retention.erase(store, errand.id)
        else:
            exports.make(store, errand.id)
    except DomainError as refusal:
        _record_failure(store, errand, refusal)


def _record_failure(store: Store, errand: Job, refusal: DomainError) -> None:
    if errand.kind == "report":
        runner.failed(store, errand.id, refusal)
        return
    if errand.kind == "erase":  # it is asked for again by itself
        with store.writing() as session:
            unfinished = sa.update(Campaign).where(col(Campaign.id) == errand.id, col(Campaign.erasing) == "erasing")
            session.execute(unfinished.values(erasing=""))
        return
    with store.writing() as session:
        if errand.kind == "campaign":
            open_still = col(Campaign.state).in_((*ACTIVE, CampaignState.PAUSED))
            paused = session.execute(
                sa.update(Campaign)
                .where(col(Campaign.id) == errand.id, col(Campaign.prepared) != "ready", open_still)
                .values(prepared="", state=CampaignState.PAUSED, code=refusal.code, reason=refusal.message)
            )
            if rows_changed(paused):
                audit.note(session, SYSTEM, "campaign.pause", f"campaign:{errand.id}", code=refusal.code)
        elif errand.kind == "exclusions":
            paused = session.execute(
                sa.update(Campaign)
                .where(
                    col(Campaign.id) == errand.id,
                    col(Campaign.exclusion_check) == exclusion_check.CHECKING,
                    col(Campaign.state) == CampaignState.RUNNING,
                )
                .values(
                    exclusion_check=exclusion_check.ASKED,
                    state=CampaignState.PAUSED,
                    code=refusal.code,
                    reason=refusal.message,
                )
            )
            if rows_changed(paused):
                audit.note(session, SYSTEM, "campaign.pause", f"campaign:{errand.id}", code=refusal.code)
        elif errand.kind == "list":
            session.execute(
                sa.update(RecipientList)
                .where(col(RecipientList.id) == errand.id, col(RecipientList.state).in_(list_progress.OPEN))
                .values(state="failed", code=refusal.code, message=refusal.message)
            )
        else:
            session.execute(
                sa.update(Export)
                .where(col(Export.id) == errand.id, col(Export.state) != "ready")
                .values(state="failed", message=refusal.message)
            )


if __name__ == "__main__":
    processes.exit_on_sigterm()
    processes.keep_files_private()
    processes.die_with_parent(int(sys.argv[3]))
    if sys.argv[1] not in ("export", "report"):
        without_pandas.block_pandas_import()
    run_job(open_store(load().database_url), Job(sys.argv[1], int(sys.argv[2])))
