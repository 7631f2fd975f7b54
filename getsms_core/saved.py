"""Saved reports: a cut with its period, format and columns; made again by a click or on its days, written to a folder
and sent by e-mail.

The row is the queue, as for every errand: a worker marks what is due, one worker takes it. What was due while nobody
was here is made once, not once for each day that went by.
"""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time, timedelta, tzinfo
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session, col

from getsms_core import alerts, audit, exports, mail, reports
from getsms_core.actor import Actor, May, Role
from getsms_core.alerts import WATCH, WATCH_MS
from getsms_core.errors import Refused
from getsms_core.formats import day
from getsms_core.reports import Question
from getsms_core.settings import Settings, load
from getsms_core.store.engine import Store, now_ms
from getsms_core.store.models import SavedReport
from getsms_core.words import N_, _, language, speaking

PERIODS = {
    "yesterday": N_("Yesterday"),
    "week": N_("The last 7 days"),
    "month": N_("The last 30 days"),
    "last-month": N_("The month before"),
    "all": N_("All time"),
}
"""Periods that move on with the day; all but the last end yesterday, so that their days are whole."""
EVERY = {"never": N_("Only by hand"), "day": N_("Every day"), "week": N_("Every week"), "month": N_("Every month")}
NAME_LENGTH = 80
MONTH_DAYS = 28


@dataclass(frozen=True)
class Plan:
    """What a person decides about a saved report. `weekday` is 0 for Monday, `day` 1 to 28, `at` local HH:MM; an empty
    `folder` flag and no `mail` leave the file on the page Reports alone."""

    name: str
    period: str = "week"
    question: Question = field(default_factory=Question)
    format: str = "pdf"
    columns: tuple[str, ...] = ()
    mask: bool = False
    every: str = "never"
    weekday: int = 0
    day: int = 1
    at: str = "08:00"
    folder: bool = False
    mail: tuple[str, ...] = ()

    def next_after(self, now: int, zone: tzinfo) -> int | None:
        """When it is due next after an instant (both UTC ms); None by hand."""
        if self.every == "never":
            return None
        local = datetime.fromtimestamp(now / 1000, zone)
        at = time.fromisoformat(self.at)
        for ahead in range(40):
            on = local.date() + timedelta(days=ahead)
            due = datetime.combine(on, at, zone)
            fits = {"day": True, "week": on.weekday() == self.weekday, "month": on.day == self.day}[self.every]
            if fits and due.timestamp() * 1000 > now:
                return int(due.timestamp() * 1000)
        return None


def period_of(name: str, today: date) -> tuple[date | None, date | None]:
    """The first and last day of a period as of a day."""
    yesterday = today - timedelta(days=1)
    if name == "yesterday":
        return yesterday, yesterday
    if name in ("week", "month"):
        return today - timedelta(days=7 if name == "week" else 30), yesterday
    if name == "last-month":
        last = today.replace(day=1) - timedelta(days=1)
        return last.replace(day=1), last
    return None, None


# ------------------------------------------------------------------------------------------------------------- keeping


def save(store: Store, actor: Actor, settings: Settings, plan: Plan) -> int:
    """Keep a report; returns its id. Who may not see phones gets them masked, whatever is asked.

    Raises `Refused`: "not-allowed", "bad-plan", "no-such-format", "no-such-column", "mail-not-set-up"."""
    actor.must(May.EXPORT)
    plan = _checked(store, actor, settings, plan)
    with store.writing() as session:
        now = now_ms(session)
        made = SavedReport(
            name=plan.name,
            plan=_kept(plan) | {"language": language()},
            next_at=plan.next_after(now, settings.zone),
            created_at=now,
            created_by=actor.name,
        )
        session.add(made)
        session.flush()
        assert made.id is not None
        audit.note(session, actor, "report.save", f"report:{made.id}", **_kept(plan))
        return made.id


def _checked(store: Store, actor: Actor, settings: Settings, plan: Plan) -> Plan:
    name = " ".join(plan.name.split())[:NAME_LENGTH]
    wrong = None
    if not name:
        wrong = _("Give the report a name.")
    elif plan.period not in PERIODS or plan.every not in EVERY:
        wrong = _("There is no such period or schedule.")
    elif not (0 <= plan.weekday < 7 and 1 <= plan.day <= MONTH_DAYS):
        wrong = _("Choose a weekday, or a day of the month from 1 to {n}.").format(n=MONTH_DAYS)
    elif not re.fullmatch(r"([01]\d|2[0-3]):[0-5]\d", plan.at):
        wrong = _("Write the time as HH:MM, for example 08:00.")
    if wrong:
        raise Refused("bad-plan", wrong)
    if plan.mail and not mail.is_set_up(settings):
        raise Refused("mail-not-set-up", _("No mail server is set up. Set GETSMS_SMTP_HOST and GETSMS_SMTP_FROM."))
    if plan.format not in (*exports.FORMATS, exports.BOARD):
        raise Refused("no-such-format", _("There is no format {name}.").format(name=plan.format))
    exports.check(store, plan.question, plan.columns or None, settings.zone)
    return replace(
        plan,
        name=name,
        mail=tuple(mail.addresses(" ".join(plan.mail))),
        mask=plan.mask or not actor.may(May.SEE_PHONES),
    )


def _kept(plan: Plan) -> dict[str, Any]:
    return plan.__dict__ | {
        "question": replace(plan.question, since=None, until=None).to_query(),
        "columns": list(plan.columns),
        "mail": list(plan.mail),
    }


def plan_of(report: SavedReport) -> Plan:
    """What was decided about a saved report."""
    kept = {name: report.plan[name] for name in Plan.__dataclass_fields__ if name in report.plan}
    return Plan(
        **kept
        | {
            "question": Question.from_query(kept.get("question", {})),
            "columns": tuple(kept.get("columns", ())),
            "mail": tuple(kept.get("mail", ())),
        }
    )


def everything(store: Store) -> list[SavedReport]:
    """All saved reports, by name."""
    with store.reading() as session:
        query = sa.select(SavedReport).where(col(SavedReport.kind) != WATCH)
        return list(session.scalars(query.order_by(col(SavedReport.name), col(SavedReport.id))))


def get(store: Store, report_id: int) -> SavedReport:
    """One of them. Raises `Refused` ("no-such-report")."""
    with store.reading() as session:
        return _get(session, report_id)


def run_now(store: Store, actor: Actor, report_id: int) -> None:
    """Have a worker make it now. While it waits or is made, asking again changes nothing."""
    actor.must(May.EXPORT)
    with store.writing() as session:
        report = _get(session, report_id)
        if report.state == "idle":
            report.state = "asked"
            audit.note(session, actor, "report.run", f"report:{report_id}")


def pause(store: Store, actor: Actor, settings: Settings, report_id: int, paused: bool) -> None:
    """Stop its schedule, or let it go on from the next time."""
    actor.must(May.EXPORT)
    with store.writing() as session:
        report = _get(session, report_id)
        _must_own(actor, report)
        report.paused = paused
        report.next_at = None if paused else plan_of(report).next_after(now_ms(session), settings.zone)
        audit.note(session, actor, "report.pause" if paused else "report.go-on", f"report:{report_id}")


def delete(store: Store, actor: Actor, report_id: int) -> None:
    """Forget it; files that it made stay as long as every file does."""
    actor.must(May.EXPORT)
    with store.writing() as session:
        report = session.get(SavedReport, report_id)
        if report is not None:
            _must_own(actor, report)
            session.delete(report)
            audit.note(session, actor, "report.delete", f"report:{report_id}", name=report.name)


def _must_own(actor: Actor, report: SavedReport) -> None:
    if report.created_by != actor.name and actor.role is not Role.ADMINISTRATOR:
        actor.must(May.SETTINGS)


def _get(session: Session, report_id: int) -> SavedReport:
    report = session.get(SavedReport, report_id, with_for_update=True)
    if report is None or report.kind == WATCH:
        raise Refused("no-such-report", _("There is no saved report {id}.").format(id=report_id))
    return report


# ------------------------------------------------------------------------------------------------------------- running


def mark_due(session: Session, zone: tzinfo, now: int) -> None:
    """Ask for every report whose time has come; a worker calls it every second or so."""
    due = sa.select(SavedReport).where(
        col(SavedReport.next_at) <= now, col(SavedReport.state) == "idle", col(SavedReport.paused).is_(False)
    )
    for report in session.scalars(due.order_by(col(SavedReport.id)).with_for_update(skip_locked=True)):
        report.state = "asked"
        report.next_at = now + WATCH_MS if report.kind == WATCH else plan_of(report).next_after(now, zone)


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
