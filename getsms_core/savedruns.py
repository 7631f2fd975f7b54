"""Saved reports on their days: what is due is marked, made once by one worker, and delivered."""

import os
import re
import shutil
import unicodedata
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

MAILING = "mailing"
"""The code of a report whose mail is on its way: what finds it in another run knows that the mail may have left."""


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
    if report.code == MAILING:
        _ended(store, report_id, "mail-lost", report.message)
        return
    with speaking(str(report.plan.get("language", "en"))):
        said = alerts.look(store, settings, report) if report.kind == WATCH else _make(store, settings, report)
    _ended(store, report_id, "", said)


def failed(store: Store, report_id: int, refusal: Refused) -> None:
    """Write why it could not be made; its schedule goes on."""
    with store.reading() as session:
        report = session.get(SavedReport, report_id)
    if report is not None and report.code == MAILING and refusal.code == "stopped":
        refusal = Refused("mail-lost", report.message)
    _ended(store, report_id, refusal.code, refusal.message)


def _mailing(store: Store, report_id: int) -> None:
    """Written before the mail leaves: a worker that is killed while it does costs one mail and never makes two."""
    said = _(
        "The work was stopped while the mail was being sent: it may have arrived. The file stands among the files."
    )
    with store.writing() as session:
        row = sa.update(SavedReport).where(col(SavedReport.id) == report_id)
        session.execute(row.values(code=MAILING, message=said))


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
    named = _file_name(report, until or today, plan.format)
    if plan.folder:
        said.append(_("Written to {file}.").format(file=_into_folder(path, settings.reports_folder, named)))
    if plan.mail:
        text = _("{name}: {period}. Made by GETSMS Campaigns.").format(name=report.name, period=_period(since, until))
        assert report.id is not None
        _mailing(store, report.id)
        mail.send(settings, plan.mail, report.name, text, {named: path})
        said.append(_("Sent to {addresses}.").format(addresses=", ".join(plan.mail)))
    return " ".join(said)


def _period(since: date | None, until: date | None) -> str:
    if since is None or until is None:
        return _(PERIODS["all"])
    return day(since) if since == until else f"{day(since)} – {day(until)}"


def _into_folder(path: Path, folder: Path, named: str) -> Path:
    """Copy a file to a folder, whole or not at all. Raises `Refused` ("folder-not-writable")."""
    part = folder / f".{named}.part"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        try:
            shutil.copyfile(path, part)
            with part.open("rb+") as copied:
                os.fsync(copied.fileno())
            part.replace(folder / named)
        finally:
            part.unlink(missing_ok=True)
    except OSError as error:
        raise Refused(
            "folder-not-writable",
            _("{folder} cannot be written ({reason}). Check GETSMS_REPORTS_FOLDER.").format(
                folder=folder, reason=error.strerror or error
            ),
        ) from error
    return folder / named


def _file_name(report: SavedReport, last: date, format: str) -> str:
    """Letters, digits and dashes of the name, the report's id, then the last day: safe in every file system and in a
    mail, and another name for each report though people call two of them the same."""
    plain = "".join(letter if letter.isalnum() else "-" for letter in unicodedata.normalize("NFC", report.name))
    stem = re.sub(r"-+", "-", plain).strip("-")[:60] or "report"
    return f"{stem}-{report.id}-{last.isoformat()}.{format}"
