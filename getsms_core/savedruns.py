"""Saved reports on their days: what is due is marked, made once by one worker, and delivered."""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import replace
from datetime import date, tzinfo
from pathlib import Path

import sqlalchemy as sa
from sqlmodel import Session, col

from getsms_core import alerts, exports, mail, reports
from getsms_core.actor import Actor, Role
from getsms_core.alerts import WATCH, WATCH_MS
from getsms_core.errors import Refused
from getsms_core.formats import day
from getsms_core.saved import PERIODS, period_of, plan_of
from getsms_core.settings import Settings, load
from getsms_core.store.engine import Store, now_ms
from getsms_core.store.models import SavedReport
from getsms_core.words import _, speaking


def mark_due(session: Session, zone: tzinfo, now: int) -> None:
    """Ask for every report whose time has come; a worker calls it every second or so."""
    due = sa.select(SavedReport).where(
        col(SavedReport.next_at) <= now, col(SavedReport.state) == "idle", col(SavedReport.paused).is_(False)
    )
    for report in session.scalars(due.order_by(col(SavedReport.id)).with_for_update(skip_locked=True)):
        report.state = "asked"
        report.next_at = now + WATCH_MS if report.kind == WATCH else plan_of(report).next_after(now, zone)
    session.flush()  # so that the same turn can take it


def make(store: Store, report_id: int, settings: Settings | None = None) -> None:
    """What a worker does with a report that is asked for; how it went is written into its row. Raises `Refused`."""
    settings = settings or load()
    with store.reading() as session:
        report = session.get(SavedReport, report_id)
    if report is None or report.state == "idle":
        return
    with speaking(str(report.plan.get("language", "en"))):
        said = alerts.look(store, settings, report) if report.kind == WATCH else _make(store, settings, report)
    _ended(store, report_id, "", said)


def failed(store: Store, report_id: int, refusal: Refused) -> None:
    """Write why it could not be made; its schedule goes on."""
    _ended(store, report_id, refusal.code, refusal.message)


def _ended(store: Store, report_id: int, code: str, said: str) -> None:
    with store.writing() as session:
        session.execute(
            sa.update(SavedReport)
            .where(col(SavedReport.id) == report_id)
            .values(state="idle", code=code, message=said, last_at=now_ms(session))
        )


def _make(store: Store, settings: Settings, report: SavedReport) -> str:
    plan = plan_of(report)
    with store.reading() as session:
        today = reports.local_day(now_ms(session), settings.zone)
    since, until = period_of(plan.period, today)
    question = replace(plan.question, since=since, until=until)
    owner = Actor(report.created_by, Role.ADMINISTRATOR)
    export_id = exports.ask(store, owner, settings, question, plan.format, name=report.name,
                            columns=plan.columns or None, mask=plan.mask, made_here=True)  # fmt: skip
    try:
        exports.make(store, export_id, settings)
    except Refused as refusal:
        exports.give_up(store, export_id, refusal.message)
        raise
    path = Path(exports.get(store, export_id).path)
    said = [_("It stands among the files.")]
    named = _file_name(report.name, until or today, plan.format)
    if plan.folder:
        said.append(_("Written to {file}.").format(file=_into_folder(path, settings.reports_folder, named)))
    if plan.mail:
        text = _("{name}: {period}. Made by GETSMS Campaigns.").format(name=report.name, period=_period(since, until))
        _mailed(settings, plan.mail, report.name, text, path, named)
        said.append(_("Sent to {addresses}.").format(addresses=", ".join(plan.mail)))
    return " ".join(said)


def _period(since: date | None, until: date | None) -> str:
    if since is None or until is None:
        return _(PERIODS["all"])
    return day(since) if since == until else f"{day(since)} – {day(until)}"


def _mailed(settings: Settings, to: Sequence[str], subject: str, text: str, path: Path, named: str) -> None:
    link = path.with_name(f".mail-{path.stem}")
    link.mkdir(exist_ok=True)
    attached = link / named
    try:
        attached.unlink(missing_ok=True)
        attached.hardlink_to(path)
        mail.send(settings, to, subject, text, [attached])
    finally:
        attached.unlink(missing_ok=True)
        link.rmdir()


def _into_folder(path: Path, folder: Path, named: str) -> Path:
    """Copy a file to a folder, whole or not at all. Raises `Refused` ("folder-not-writable")."""
    part = folder / f".{named}.part"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        part.write_bytes(path.read_bytes())
        part.replace(folder / named)
    except OSError as error:
        raise Refused(
            "folder-not-writable",
            _("{folder} cannot be written ({reason}). Check GETSMS_REPORTS_FOLDER.").format(
                folder=folder, reason=error.strerror or error
            ),
        ) from error
    return folder / named


def _file_name(name: str, last: date, format: str) -> str:
    """Letters, digits and dashes of the name, then the last day: safe in every file system and in a mail."""
    plain = "".join(letter if letter.isalnum() else "-" for letter in unicodedata.normalize("NFC", name))
    stem = re.sub(r"-+", "-", plain).strip("-")[:60] or "report"
    return f"{stem}-{last.isoformat()}.{format}"
