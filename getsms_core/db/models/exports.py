"""Exports, saved reports and delivery alerts."""

from typing import Any

import sqlalchemy as sa
from sqlmodel import Field

from getsms_core.base import reasons
from getsms_core.base.codes import ExportFormat, SavedReportKind
from getsms_core.base.work_states import ExportState, SavedReportState
from getsms_core.db.models.base import BIG_INTEGER, IDS_ONCE, EnumText, Table


class Export(Table, table=True):
    """A file that a worker makes."""

    __table_args__ = IDS_ONCE
    id: int | None = Field(default=None, primary_key=True)
    name: str
    format: ExportFormat = Field(sa_type=EnumText(ExportFormat))
    question: dict[str, Any] = Field(default_factory=dict, sa_type=sa.JSON)
    state: ExportState = Field(default=ExportState.PENDING, sa_type=EnumText(ExportState))
    code: str = ""  # of the reason of a failure
    old_message: str = Field(default="", sa_column_kwargs={"name": "message"})  # the sentence of a release before 0.2
    message_params: dict[str, Any] | None = Field(default=None, sa_type=sa.JSON(none_as_null=True))
    rows: int = 0
    size: int = Field(default=0, sa_type=BIG_INTEGER)
    path: str = ""
    worker_id: str | None = None  # of release 0.1: its worker that writes the file
    created_at: int = Field(sa_type=BIG_INTEGER)
    created_by: str
    ready_at: int | None = Field(default=None, sa_type=BIG_INTEGER)

    @property
    def message(self) -> str:
        """Why it was not written, in the language of this context; "" where it did not."""
        params = None if self.old_message else self.message_params  # a process of 0.1 beside this one wrote last
        return reasons.words(self.code, params, self.old_message)


class Salt(Table, table=True):
    """A random text that is hashed with what must not be guessed from its hash, by purpose."""

    purpose: str = Field(primary_key=True)
    value: str


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
    old_message: str = Field(default="", sa_column_kwargs={"name": "message"})  # the sentence of a release before 0.2
    message_params: dict[str, Any] | None = Field(default=None, sa_type=sa.JSON(none_as_null=True))
    worker_id: str | None = None  # of release 0.1: its worker that makes the report
    next_at: int | None = Field(default=None, sa_type=BIG_INTEGER)
    last_at: int | None = Field(default=None, sa_type=BIG_INTEGER)
    created_at: int = Field(sa_type=BIG_INTEGER)
    created_by: str

    __table_args__ = (
        sa.Index(
            "ix_saved_report_watch",
            "kind",
            unique=True,
            sqlite_where=sa.text("kind = 'watch'"),
            postgresql_where=sa.text("kind = 'watch'"),
        ),
        IDS_ONCE,
    )

    @property
    def message(self) -> str:
        """How the last run went, in the language of this context."""
        params = None if self.old_message else self.message_params  # a process of 0.1 beside this one wrote last
        return reasons.words(self.code, params, self.old_message)


class Alert(Table, table=True):
    """A delivery problem, last seen `at`: mailed once while it lasts. `again_at` is the next attempt of a mail that
    failed `tries` times."""

    key: str = Field(primary_key=True)
    at: int = Field(sa_type=BIG_INTEGER)
    tries: int = 0
    again_at: int | None = Field(default=None, sa_type=BIG_INTEGER)
