"""Run due reports: each is enqueued, written once by one worker, and delivered."""

import os
import re
import shutil
import tempfile
import unicodedata
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from datetime import date, tzinfo
from pathlib import Path

import sqlalchemy as sa
from sqlmodel import Session, col

from getsms_core import exports, jobs, reports
from getsms_core.base import reasons
from getsms_core.base.errors import DomainError, os_cause
from getsms_core.base.formatting import day
from getsms_core.base.i18n import _, using_language
from getsms_core.base.permissions import Actor, Permission, Role
from getsms_core.base.reasons import Reason
from getsms_core.base.report_plans import PERIODS
from getsms_core.base.settings import Settings, load
from getsms_core.base.work_states import JobKind, SavedReportState
from getsms_core.db.bulk import rows_changed
from getsms_core.db.engine import Store, now_ms
from getsms_core.db.models import SavedReport, User, message_values
from getsms_core.mail import message as mail
from getsms_core.scheduled import alerts
from getsms_core.scheduled.alerts import WATCH, WATCH_MS, AlertPlan
from getsms_core.scheduled.reports import Plan, period_of, plan_of, subject

MAILING = "mailing"
"""The code of a report while its mail is being sent: another run that finds it knows that the mail may have been
sent."""
"""The state of every report but those that a worker of release 0.1 makes."""
LONGEST_STEM = 180  # bytes; a file name has at most 255, and a character up to 4
AGAIN_MS = 900_000  # delay before the retry of a mail that the server refused temporarily


def mark_due(session: Session, zone: tzinfo, now: int) -> None:
    """Enqueue due reports and delete old files; a worker calls it about every second. A running report is enqueued
    after it has ended."""
    exports.sweep(session, now)
    due = sa.select(SavedReport).where(
        col(SavedReport.next_at) <= now,
        col(SavedReport.state) == SavedReportState.IDLE,
        col(SavedReport.paused).is_(False),
    )
    for report in session.scalars(due.order_by(col(SavedReport.id)).with_for_update(skip_locked=True)):
        name = subject(int(report.id or 0))
        if not jobs.has_open(session, JobKind.REPORT, name):
            jobs.enqueue(session, JobKind.REPORT, name, report.created_by)
            report.next_at = now + WATCH_MS if report.kind == WATCH else plan_of(report).next_after(now, zone)
    session.flush()  # so that the same turn can claim it


def make(store: Store, run: jobs.JobRun, settings: Settings | None = None) -> None:
    """Write and deliver the report of a job; the result is stored in its row. Raises `DomainError`, and `JobStopped`
    if another worker has the job."""
    settings = settings or load()
    with store.reading() as session:
        report = session.get(SavedReport, run.subject_id)
    if report is None:
        return
    with using_language(_language(report)):
        if report.code == MAILING:
            raise _killed()
        if report.kind == WATCH:
            notes = reasons.several("", [alerts.look(store, settings, report)])
        else:
            with store.writing() as session:
                exports.give_up(session, run.subject_id, reasons.reason("report-restarted"))
            notes = _make(store, settings, report, run)
    with store.writing() as session:
        if not jobs.finish(session, run):  # with the outcome: a worker killed between them would mail it twice
            raise jobs.JobStopped
        _ended(session, run.subject_id, notes)


def failed(session: Session, report_id: int, refusal: DomainError) -> None:
    """Store why the report failed; its schedule continues."""
    report = session.get(SavedReport, report_id)
    if report is not None and report.code == MAILING and refusal.code in (jobs.STOPPED, jobs.CANCELLED):
        refusal = _killed()
    exports.give_up(session, report_id, refusal.reason)
    _ended(session, report_id, refusal.reason)


def _language(report: SavedReport) -> str:
    plan = AlertPlan if report.kind == WATCH else Plan
    return plan.from_stored(report.plan).language


def _killed() -> DomainError:
    return DomainError.of("mail-lost", case="stopped")


def _ended(session: Session, report_id: int, outcome: Reason) -> None:
    report = sa.update(SavedReport).where(col(SavedReport.id) == report_id)
    session.execute(report.values(last_at=now_ms(session), **message_values(outcome)))


def _make(store: Store, settings: Settings, report: SavedReport, run: jobs.JobRun) -> Reason:
    assert report.id is not None
    plan = plan_of(report)
    with store.reading() as session:
        today = reports.local_day(now_ms(session), settings.zone)
    since, until = period_of(plan.period, today)
    question = replace(plan.question, since=since, until=until)
    owner = Actor(report.created_by, Role.ADMINISTRATOR)
    days = day(today) if since is None else _period(since, until)  # tells the files of one report apart
    export_id = exports.enqueue(store, owner, settings, question, plan.format, name=f"{report.name}, {days}",
                            columns=plan.columns or None, mask=plan.mask or not _still_sees_phones(store, report),
                            report=report.id, title=report.name)  # fmt: skip
    exports.make(store, export_id, settings, lambda done, total: run.progress(store, done, total))
    path = Path(exports.get(store, export_id).path)
    named = _file_name(report, since, until or today, plan.format)
    text = _("{name}: {period}. Made by GETSMS Campaigns.").format(name=report.name, period=_period(since, until))
    ways: list[Callable[[], Reason]] = []
    if plan.folder:
        ways.append(lambda: _into_folder(path, settings.reports_folder, named))
    if plan.mail:
        ways.append(lambda: _by_mail(store, settings, report, plan, text, {named: path}, run))
    return _delivered(ways)


def _delivered(ways: list[Callable[[], Reason]]) -> Reason:
    """Deliver in every way, even if one fails; returns what happened in each. Raises `DomainError` with all
    sentences and the code of the mail, which decides about a retry."""
    notes, wrong = [reasons.reason("report-saved")], []
    for way in ways:
        try:
            notes.append(way())
        except DomainError as refusal:
            wrong.append(refusal)
    if wrong:
        raise DomainError.because(reasons.several(wrong[-1].code, [*(error.reason for error in wrong), *notes]))
    return reasons.several("", notes)


def _by_mail(
    store: Store,
    settings: Settings,
    report: SavedReport,
    plan: Plan,
    text: str,
    files: dict[str, Path],
    run: jobs.JobRun,
) -> Reason:
    """Mail the file once. This is recorded before the mail is sent: a killed worker may cost a mail, but never sends
    it twice. A temporary refusal by the server is retried once, on the same day."""
    assert report.id is not None
    with store.writing() as session:
        leaving = sa.update(SavedReport).where(col(SavedReport.id) == report.id, col(SavedReport.code) != MAILING)
        leaving = leaving.values(**message_values(reasons.several(MAILING, [])))
        if not jobs.is_current(session, run) or not rows_changed(session.execute(leaving)):
            raise jobs.JobStopped  # another worker mailed it, or the report was deleted
    try:
        mail.send(settings, plan.mail, report.name, text, files)
    except DomainError as refusal:
        if refusal.code not in mail.TRANSIENT_CODES or report.code in mail.TRANSIENT_CODES or report.paused:
            raise
        what_happened = [refusal.reason, *_again(store, settings, report.id)]
        raise DomainError.because(reasons.several(refusal.code, what_happened)) from refusal
    return reasons.reason("report-mailed", addresses=list(plan.mail))


def _again(store: Store, settings: Settings, report_id: int) -> list[Reason]:
    """Schedule one retry soon; returns what says its time. Not after midnight: the report would cover other
    days."""
    with store.writing() as session:
        now = now_ms(session)
        at = now + AGAIN_MS
        if reports.local_day(at, settings.zone) != reports.local_day(now, settings.zone):
            return []
        sooner = sa.or_(col(SavedReport.next_at).is_(None), col(SavedReport.next_at) > at)
        session.execute(sa.update(SavedReport).where(col(SavedReport.id) == report_id, sooner).values(next_at=at))
    return [reasons.reason("report-again", time=reasons.clock(at, settings.zone))]


def _still_sees_phones(store: Store, report: SavedReport) -> bool:
    """Return whether the user who saved it may see unmasked numbers now; the command line always may."""
    with store.reading() as session:
        person = session.scalar(sa.select(User).where(col(User.name) == report.created_by))
    return person is None or (person.disabled_at is None and Actor(person.name, person.role).may(Permission.SEE_PHONES))


def _period(since: date | None, until: date | None) -> str:
    if since is None or until is None:
        return _(PERIODS["all"])
    return day(since) if since == until else f"{day(since)} – {day(until)}"


def check_folder(folder: Path) -> None:
    """Check by writing that reports can be written to the folder. Raises `DomainError` ("folder-not-writable")."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        tempfile.TemporaryFile(dir=folder).close()
    except OSError as error:
        raise _not_writable(folder, error) from error


def _into_folder(path: Path, folder: Path, named: str) -> Reason:
    """Copy a file to a folder completely or not at all. Raises `DomainError` ("folder-not-writable")."""
    part = folder / f".{named}.part"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        try:
            shutil.copyfile(path, part)
            with part.open("rb+") as copied:
                os.fsync(copied.fileno())
            with suppress(PermissionError):  # on a file system without modes, such as a memory stick's
                part.chmod(0o600 | folder.stat().st_mode & 0o060)  # in a folder of a group, reports are the group's too
            part.replace(folder / named)
        finally:
            part.unlink(missing_ok=True)
    except OSError as error:
        raise _not_writable(folder, error) from error
    if os.name == "posix":
        _keep_names(folder)
    return reasons.reason("report-written", file=folder / named)


def _keep_names(folder: Path) -> None:
    with suppress(OSError):  # a network folder may not support it
        opened = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(opened)
        finally:
            os.close(opened)


def _not_writable(folder: Path, error: OSError) -> DomainError:
    return DomainError.of("folder-not-writable", folder=folder, reason=os_cause(error))


def _file_name(report: SavedReport, first: date | None, last: date, format: str) -> str:
    """Return a file name from the letters, digits and dashes of the name, the report's id and its days: safe in every
    file system and in mail, and different for reports with the same name."""
    days = last.isoformat() if first in (None, last) else f"{first}_{last}"
    plain = "".join(letter if letter.isalnum() else "-" for letter in unicodedata.normalize("NFC", report.name))
    stem = re.sub(r"-+", "-", plain).strip("-")[:60].encode()[:LONGEST_STEM].decode(errors="ignore") or "report"
    return f"{stem}-{report.id}-{days}.{format}"
