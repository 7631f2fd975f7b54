"""Requested files: one row of Export per file, written by a job, stored for some days under settings.files."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date, tzinfo
from pathlib import Path
from typing import Any, BinaryIO

import sqlalchemy as sa
from sqlmodel import Session, col

from getsms_core import jobs, reports
from getsms_core.audit import log as audit
from getsms_core.base import names
from getsms_core.base.atomic_file import traces
from getsms_core.base.codes import ExportFormat
from getsms_core.base.errors import DomainError, NotFound
from getsms_core.base.i18n import _, language, using_language
from getsms_core.base.permissions import SYSTEM, Actor, Permission
from getsms_core.base.reasons import Reason
from getsms_core.base.settings import Settings, load
from getsms_core.base.work_states import EXPORT_UNWRITTEN, ExportState, JobKind
from getsms_core.db.bulk import rows_changed
from getsms_core.db.engine import Store, now_ms
from getsms_core.db.models import Export, message_values
from getsms_core.db.moves import moving
from getsms_core.exports import query
from getsms_core.exports.columns_of_files import COLUMNS
from getsms_core.exports.row_filter import RowFilter
from getsms_core.exports.service import BOARD, FORMATS, report
from getsms_core.reports import Filter

KEPT_DAYS = 30


@dataclass(frozen=True)
class ExportRequest:
    """What a file shows: the filter as `reports.Filter.to_query` returns it, its columns, whether numbers are masked,
    and the language of its words. `expected` is the number of messages, `report` the saved report whose job writes
    it."""

    query: Mapping[str, list[str]] = field(default_factory=dict)
    columns: tuple[str, ...] = ()
    mask: bool = False
    language: str = "en"
    expected: int = 0
    report: int | None = None
    rows: Mapping[str, Any] = field(default_factory=dict)
    "A `RowFilter` as it is stored."

    title: str = ""
    "The title inside a PDF; empty: the name of the file."

    @classmethod
    def from_stored(cls, stored: Mapping[str, Any]) -> "ExportRequest":
        """Return the request of a row; unknown keys are ignored, missing ones have their default."""
        return cls(
            query=stored.get("query") or {},
            columns=tuple(stored.get("columns") or COLUMNS),
            mask=bool(stored.get("mask")),
            language=stored.get("language", "en"),
            expected=int(stored.get("expected") or 0),
            report=stored.get("report"),
            rows=stored.get("rows") or {},
            title=stored.get("title", ""),
        )

    def to_stored(self) -> dict[str, Any]:
        """Return it as the row keeps it."""
        stored = self.__dict__ | {"columns": list(self.columns), "rows": dict(self.rows)}
        absent = {"report": self.report is None, "rows": not self.rows, "title": not self.title}
        return {name: value for name, value in stored.items() if not absent.get(name)}

    def is_of_campaign(self, campaign_id: int) -> bool:
        """Whether the file shows one campaign, this one."""
        return self.query.get("campaign") == [str(campaign_id)]


def enqueue(
    store: Store,
    actor: Actor,
    settings: Settings,
    what: int | Filter,
    format: str,
    *,
    name: str = "",
    columns: Sequence[str] | None = None,
    mask: bool = False,
    report: int | None = None,
    rows: RowFilter | None = None,
    title: str = "",
) -> int:
    """Enqueue a file; returns the export's id. Numbers are masked for users who may not see them.

    `report`: the saved report whose job writes the file; then it gets no job of its own. `title`: what a PDF is headed
    by, if not by `name`. A saved report may name columns that no list of its period has. Raises `DomainError`
    ("not-allowed", "no-such-format", "no-such-column", "no-such-campaign")."""
    actor.must(Permission.EXPORT)
    if format not in (*FORMATS, BOARD):
        raise NotFound.of("no-such-format", name=format)
    mask = mask or format == BOARD or not actor.may(Permission.SEE_PHONES)
    query.select(store, what, columns, mask, settings.zone, rows=rows, may_lack=report is not None)
    question = Filter(campaigns=(what,), include_tests=True) if isinstance(what, int) else what
    file_name = names.shorten("title", name) or _name(question, format)
    request = ExportRequest(
        query=question.to_query(),
        columns=tuple(columns or COLUMNS),
        mask=mask,
        language=language(),
        expected=reports.total(store, question, settings.zone).figures.total,
        report=report,
        rows=rows.to_stored() if rows else {},
        title=title,
    )
    with store.writing() as session:
        now = now_ms(session)
        export = Export(name=file_name, format=ExportFormat(format), question=request.to_stored(), created_at=now,
                        created_by=actor.name)  # fmt: skip
        session.add(export)
        session.flush()
        assert export.id is not None
        if report is None:
            jobs.enqueue(session, JobKind.EXPORT, _subject(export.id), actor.name)
        audit.note(session, actor, "export.ask", f"export:{export.id}", format=format, **request.to_stored())
        return export.id


def _name(question: Filter, format: str) -> str:
    if format == BOARD:
        return _("Delivery of SMS")
    days = [day.isoformat() for day in (question.since, question.until) if isinstance(day, date)]
    if question.campaigns and len(question.campaigns) == 1:
        return _("Campaign {id}").format(id=question.campaigns[0])
    return _("Messages {period}").format(period=" – ".join(days)) if days else _("All messages")


def make(
    store: Store,
    export_id: int,
    settings: Settings | None = None,
    progress: Callable[[int, int | None], None] | None = None,
) -> None:
    """Write the file of an Export and mark it ready. `progress` is called with the messages read so far and those
    expected. A second call does nothing. Raises `DomainError` as `write` does; the job's failure is stored by
    `fail`."""
    settings = settings or load()
    with store.reading() as session:
        export = session.get(Export, export_id)
    if export is None or export.state not in EXPORT_UNWRITTEN:
        return
    settings.files.mkdir(parents=True, exist_ok=True)
    path = settings.files / f"export-{export_id}.{export.format}"
    request = ExportRequest.from_stored(export.question)
    with store.writing() as session:  # stored before writing: a killed worker leaves a partial file
        of_export = sa.update(Export).where(col(Export.id) == export_id)
        session.execute(of_export.values(path=str(path.absolute())))

    def note(rows: int) -> None:
        if progress is not None:
            progress(rows, request.expected or None)

    question = Filter.from_stored(request.query)
    with using_language(request.language):
        # By the program, with the rights that the user had when asking; `open_file` asks for those of the reader.
        written = report(store, SYSTEM, question, export.format, path, request.columns, request.mask, note,
                         settings.zone, request.title or export.name, RowFilter.from_stored(request.rows),
                         "", request.report is not None)  # fmt: skip
    with store.writing() as session:
        ready = moving(Export, ExportState.READY, col(Export.id) == export_id, rows=written.rows, size=written.bytes,
                       ready_at=now_ms(session))  # fmt: skip
        is_ready = rows_changed(session.execute(ready)) == 1 or session.get(Export, export_id) is not None
    if not is_ready:
        path.unlink(missing_ok=True)  # deleted meanwhile


def check(store: Store, question: Filter, columns: Sequence[str] | None, zone: tzinfo) -> None:
    """Check that a file of these columns can be written. Raises `DomainError` ("no-such-column")."""
    query.select(store, question, columns, True, zone)


def give_up(session: Session, report: int, reason: Reason) -> None:
    """Store why the unfinished files of a saved report were not written."""
    for export in session.scalars(sa.select(Export).where(col(Export.state).in_(EXPORT_UNWRITTEN))):
        if ExportRequest.from_stored(export.question).report == report:
            fail(session, int(export.id or 0), reason)


def fail(session: Session, export_id: int, reason: Reason) -> None:
    """Store why a file was not written; a ready file is not changed."""
    session.execute(moving(Export, ExportState.FAILED, col(Export.id) == export_id, **message_values(reason)))


def ask_again(store: Store, actor: Actor, export_id: int) -> None:
    """Enqueue a failed file again: the user's own, or any as an administrator. A ready or queued file is not
    changed. Raises `DomainError` ("not-allowed", "no-such-export")."""
    actor.must(Permission.EXPORT)
    with store.writing() as session:
        export = _get(session, export_id)
        if export.created_by != actor.name:
            actor.must(Permission.SETTINGS)
        again = moving(Export, ExportState.PENDING, col(Export.id) == export_id, among=[ExportState.FAILED],
                       **message_values(None))  # fmt: skip
        if rows_changed(session.execute(again)):
            jobs.enqueue(session, JobKind.EXPORT, _subject(export_id), export.created_by)
            audit.note(session, actor, "export.ask-again", f"export:{export_id}", name=export.name)


def _subject(export_id: int) -> str:
    return f"export:{export_id}"


def all_exports(store: Store) -> list[Export]:
    """Return the requested files, newest first. The progress of a file is in its job."""
    with store.reading() as session:
        return list(session.scalars(sa.select(Export).order_by(col(Export.id).desc())))


def get(store: Store, export_id: int) -> Export:
    """Return the row of one file. Raises `DomainError` ("no-such-export")."""
    with store.reading() as session:
        return _get(session, export_id)


def may_open(actor: Actor, export: Export) -> bool:
    """Return whether this user may read a file: one with unmasked numbers requires the right to see them."""
    return actor.may(Permission.EXPORT) and (
        ExportRequest.from_stored(export.question).mask or actor.may(Permission.SEE_PHONES)
    )


def open_file(store: Store, actor: Actor, export_id: int) -> BinaryIO:
    """Open a ready file for reading; one with unmasked numbers requires the right to see them. Raises `DomainError`
    ("not-allowed", "no-such-export", "file-gone")."""
    actor.must(Permission.EXPORT)
    export = get(store, export_id)
    if not may_open(actor, export):
        actor.must(Permission.SEE_PHONES)
    try:
        return Path(export.path).open("rb")
    except OSError:
        raise DomainError.of("file-gone") from None


def delete(store: Store, actor: Actor, export_id: int) -> None:
    """Delete a file and its row: the user's own, or any as an administrator. Raises `DomainError` ("not-allowed")."""
    actor.must(Permission.EXPORT)
    with store.writing() as session:
        export = session.get(Export, export_id)
        if export is None:
            return
        if export.created_by != actor.name:
            actor.must(Permission.SETTINGS)
        session.delete(export)
        jobs.withdraw(session, _subject(export_id))
        audit.note(session, actor, "export.delete", f"export:{export_id}", name=export.name)
    _unlink(export)


def sweep(session: Session, now: int) -> None:
    """Delete files and failed exports older than KEPT_DAYS (`now` is UTC ms); a worker calls it every second. The
    row is deleted after its file, so that a file that cannot be deleted stays listed and is tried again."""
    before = now - KEPT_DAYS * 86_400_000
    failed = sa.and_(col(Export.state) == ExportState.FAILED, col(Export.created_at) < before)
    old = sa.select(Export).where(sa.or_(col(Export.ready_at) < before, failed)).with_for_update(skip_locked=True)
    for export in session.scalars(old):
        with suppress(OSError):
            _unlink(export)
            session.delete(export)
            jobs.withdraw(session, _subject(int(export.id or 0)))


def _unlink(export: Export) -> None:
    for path in traces(Path(export.path)) if export.path else ():
        path.unlink(missing_ok=True)


def _get(session: Session, export_id: int) -> Export:
    export = session.get(Export, export_id)
    if export is None:
        raise NotFound.of("no-such-export", id=export_id)
    return export
