"""Work that a process of release 0.1 beside this one asked for, or left behind: it becomes a job.

That release has no table of jobs: the state of a list, a file, a report or a campaign was the request. Its words are
read here and nowhere else. Work that one of its workers is doing stays with that worker as long as it lives, so that
nothing is done twice. The migration to the table of jobs does the same for what it finds.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session, col

from getsms_core.base.codes import Erasure
from getsms_core.base.permissions import SYSTEM
from getsms_core.base.states import Preparation
from getsms_core.base.work_states import ExportState, JobKind, ListState, SavedReportState
from getsms_core.db.models import Campaign, Export, RecipientList, SavedReport, Table, Worker
from getsms_core.db.moves import moving
from getsms_core.jobs.queue import enqueue

OF_JOB = "job:"
"""Prefix of the token of a build by a job of this release: the queue requeues that job."""
DIRECT = "direct:"
"""Prefix of the token of a build outside a worker: nobody requeues it after a crash; the next start replaces it."""


_LIST_WORDS = [ListState.WAITING, ListState.CHECKING]
_EXPORT_WORDS = [ExportState.WAITING, ExportState.MAKING]
_REPORT_WORDS = [SavedReportState.ASKED, SavedReportState.MAKING]


def _list(which: sa.ColumnElement[bool]) -> sa.Update:
    return moving(RecipientList, ListState.PENDING, which, among=_LIST_WORDS, worker_id=None)


def _campaign(which: sa.ColumnElement[bool]) -> sa.Update:
    return sa.update(Campaign).where(which).values(prepared=Preparation.NONE, worker_id=None)


def _export(which: sa.ColumnElement[bool]) -> sa.Update:
    return moving(Export, ExportState.PENDING, which, among=_EXPORT_WORDS, worker_id=None)


def _report(which: sa.ColumnElement[bool]) -> sa.Update:
    return moving(SavedReport, SavedReportState.IDLE, which, among=_REPORT_WORDS, worker_id=None)


def _erasure(which: sa.ColumnElement[bool]) -> sa.Update:
    return sa.update(Campaign).where(which).values(erasing=Erasure.NONE, worker_id=None)


@dataclass(frozen=True)
class _Request:
    """A column that was a queue: its words for requested and running, and the UPDATE to the word of this release."""

    kind: JobKind
    rows: type[Table]
    column: str
    requested: str
    running: str
    subject: str
    taken_over: Callable[[sa.ColumnElement[bool]], sa.Update]


_REQUESTS = (
    _Request(JobKind.LIST, RecipientList, "state", "waiting", "checking", "list", _list),
    _Request(JobKind.CAMPAIGN, Campaign, "prepared", "asked", "preparing", "campaign", _campaign),
    _Request(JobKind.EXPORT, Export, "state", "waiting", "making", "export", _export),
    _Request(JobKind.REPORT, SavedReport, "state", "asked", "making", "report", _report),
    _Request(JobKind.ERASE, Campaign, "erasing", "asked", "erasing", "campaign", _erasure),
)


def _unfinished(request: _Request) -> sa.Select[Any]:
    """Return the query for what was asked for and no living worker of release 0.1 does."""
    rows: Any = request.rows
    column = getattr(rows, request.column)
    lost = sa.and_(
        rows.worker_id.is_not(None),
        rows.worker_id.not_in(sa.select(col(Worker.id)).where(col(Worker.stopped_at).is_(None))),
        rows.worker_id.not_like(f"{DIRECT}%"),
        rows.worker_id.not_like(f"{OF_JOB}%"),
    )
    unfinished = sa.or_(column == request.requested, sa.and_(column == request.running, lost))
    return sa.select(rows.id, rows.created_by).where(unfinished).order_by(rows.id).with_for_update(skip_locked=True)


_UNFINISHED = tuple((request, _unfinished(request)) for request in _REQUESTS)  # built once: asked every second


def take_over(session: Session) -> int:
    """Enqueue what release 0.1 asked for and no living worker of it does; return how many jobs. A worker calls it every
    second."""
    taken = 0
    for request, query in _UNFINISHED:
        rows: Any = request.rows
        for row_id, created_by in session.execute(query).all():
            asked_by = SYSTEM.name if request.kind is JobKind.ERASE else created_by
            session.execute(request.taken_over(rows.id == row_id), execution_options={"synchronize_session": False})
            enqueue(session, request.kind, f"{request.subject}:{row_id}", asked_by)
            taken += 1
    return taken
