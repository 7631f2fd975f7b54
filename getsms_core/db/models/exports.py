"""Exports, saved reports and delivery alerts."""

from typing import Any

import sqlalchemy as sa
from sqlmodel import Field

from getsms_core.base.codes import ExportFormat, SavedReportKind
from getsms_core.base.work_states import ExportState, SavedReportState
from getsms_core.db.models.base import BIG_INTEGER, EnumText, Table


class Export(Table, table=True):
    """A file that a worker makes."""

    id: int | None = Field(default=None, primary_key=True)
    name: str
    format: ExportFormat = Field(sa_type=EnumText(ExportFormat))
    question: dict[str, Any] = Field(default_factory=dict, sa_type=sa.JSON)
    state: ExportState = Field(default=ExportState.PENDING, sa_type=EnumText(ExportState))
    message: str = ""
    rows: int = 0
    size: int = Field(default=0, sa_type=BIG_INTEGER)
    path: str = ""
    worker_id: str | None = None  # of release 0.1: its worker that writes the file
    created_at: int = Field(sa_type=BIG_INTEGER)
    created_by: str
    ready_at: int | None = Field(default=None, sa_type=BIG_INTEGER)


class SavedReport(Table, table=True):
    """A report that is made on a schedule, or the delivery alerts that are mailed."""

    __tablename__ = "saved_report"

    id: int | None = Field(default=None, primary_key=True)
    kind: SavedReportKind = Field(default=SavedReportKind.REPORT, sa_type=EnumText(SavedReportKind))
    name: str
    plan: dict[str, Any] = Field(default_factory=dict, sa_type=sa.JSON)
    paused: bool = False
    state: SavedReportState = Field(default=SavedReportState.IDLE, sa_type=EnumText(SavedReportState))
    code: str = ""  # the error of the last run; empty: success
    message: str = ""
    worker_id: str | None = None  # of release 0.1: its worker that makes the report
    next_at: int | None = Field(default=None, sa_type=BIG_INTEGER)
    last_at: int | None = Field(default=None, sa_type=BIG_INTEGER)
    created_at: int = Field(sa_type=BIG_INTEGER)
    created_by: str


class Alert(Table, table=True):
    """A delivery problem, last seen `at`: mailed once while it lasts. `again_at` is the next attempt of a mail that
    failed `tries` times."""

    key: str = Field(primary_key=True)
    at: int = Field(sa_type=BIG_INTEGER)
    tries: int = 0
    again_at: int | None = Field(default=None, sa_type=BIG_INTEGER)
