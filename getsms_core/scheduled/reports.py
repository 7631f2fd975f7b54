"""Saved reports: a filter with period, format and columns, run on request or on a schedule, written to a folder and
sent by e-mail. A worker enqueues due reports. A report that was due several times while no worker was running
runs once."""

import re
from calendar import monthrange
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time, timedelta, tzinfo
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session, col

from getsms_core import exports, jobs
from getsms_core.audit import log as audit
from getsms_core.base import names, reasons
from getsms_core.base.errors import DomainError, NotFound
from getsms_core.base.i18n import language
from getsms_core.base.permissions import Actor, Permission
from getsms_core.base.report_plans import EVERY, PERIODS
from getsms_core.base.settings import Settings
from getsms_core.base.work_states import JobKind, JobState
from getsms_core.db.engine import Store, now_ms
from getsms_core.db.models import SavedReport
from getsms_core.mail import message as mail
from getsms_core.reports import Filter, unmatched
from getsms_core.scheduled.alerts import WATCH

_FIRST_MONTHS: Mapping[str, Callable[[int], int]] = {
    "this-month": lambda month: month,
    "this-quarter": lambda month: month - (month - 1) % 3,
    "this-year": lambda _month: 1,
}
MONTH_DAYS = 31


@dataclass(frozen=True)
class Plan:
    """A user's settings of a saved report. `weekday` is 0 for Monday, `day` 1 to 31 (the last day in shorter
    months), `at` local HH:MM; without `folder` and `mail` the file is only on the page Reports."""

    name: str
    period: str = "week"
    question: Filter = field(default_factory=Filter)
    format: str = "pdf"
    columns: tuple[str, ...] = ()
    mask: bool = False
    every: str = "never"
    weekday: int = 0
    day: int = 1
    at: str = "08:00"
    folder: bool = False
    mail: tuple[str, ...] = ()
    language: str = "en"

    @classmethod
    def from_stored(cls, stored: Mapping[str, Any]) -> "Plan":
        """Return the settings of a report's row; unknown keys are ignored, missing ones have their default."""
        known = {name: stored[name] for name in cls.__dataclass_fields__ if name in stored}
        decoded = {
            "name": known.get("name", ""),
            "question": Filter.from_stored(known.get("question", {})),
            "columns": tuple(known.get("columns", ())),
            "mail": tuple(known.get("mail", ())),
        }
        return cls(**known | decoded)

    def to_stored(self) -> dict[str, Any]:
        """Return them as the report's row keeps them."""
        return self.__dict__ | {
            "question": replace(self.question, since=None, until=None).to_query(),
            "columns": list(self.columns),
            "mail": list(self.mail),
        }

    def next_after(self, now: int, zone: tzinfo) -> int | None:
        """Return when the report is due next after an instant (both UTC ms); None without a schedule."""
        if self.every == "never":
            return None
        local = datetime.fromtimestamp(now / 1000, zone)
        at = time.fromisoformat(self.at)
        for ahead in range(40):
            on = local.date() + timedelta(days=ahead)
            due = datetime.combine(on, at, zone)
            last = monthrange(on.year, on.month)[1]
            of_month = on.day == min(self.day, last)
            fits = {"day": True, "week": on.weekday() == self.weekday, "month": of_month}[self.every]
            if fits and due.timestamp() * 1000 > now:
                return int(due.timestamp() * 1000)
        return None


def period_of(name: str, today: date) -> tuple[date | None, date | None]:
    """Return the first and last day of a period, relative to a day."""
    yesterday = today - timedelta(days=1)
    if name == "yesterday":
        return yesterday, yesterday
    if name in ("week", "month"):
        return today - timedelta(days=7 if name == "week" else 30), yesterday
    if name == "last-month":
        last = today.replace(day=1) - timedelta(days=1)
        return last.replace(day=1), last
    if name in _FIRST_MONTHS:
        return yesterday.replace(month=_FIRST_MONTHS[name](yesterday.month), day=1), yesterday
    return None, None


# ------------------------------------------------------------------------------------------------------------- keeping


def save(store: Store, actor: Actor, settings: Settings, plan: Plan) -> int:
    """Save a report; returns its id. Numbers are masked for users who may not see them. Raises `DomainError`:
    "not-allowed", "bad-plan", "no-such-format", "no-such-column", "mail-not-set-up", "no-such-campaign" and
    "no-such-sender" for a filter that matches nothing."""
    actor.must(Permission.EXPORT)
    plan = _checked(store, actor, settings, plan)
    stored = {name: value for name, value in plan.to_stored().items() if name != "language"}
    with store.writing() as session:
        now = now_ms(session)
        report = SavedReport(
            name=plan.name,
            plan=stored | {"language": language()},
            next_at=plan.next_after(now, settings.zone),
            created_at=now,
            created_by=actor.name,
        )
        session.add(report)
        session.flush()
        assert report.id is not None
        audit.note(session, actor, "report.save", f"report:{report.id}", **stored)
        return report.id


def _checked(store: Store, actor: Actor, settings: Settings, plan: Plan) -> Plan:
    name = names.clean("report", plan.name)
    if plan.period not in PERIODS or plan.every not in EVERY:
        raise DomainError.of("bad-plan", case="period")
    if not (0 <= plan.weekday < 7 and 1 <= plan.day <= MONTH_DAYS):
        raise DomainError.of("bad-plan", case="day", n=MONTH_DAYS)
    if not re.fullmatch(r"([01]\d|2[0-3]):[0-5]\d", plan.at):
        raise DomainError.of("bad-plan", case="time")
    if plan.mail and not mail.is_set_up(settings):
        raise mail.not_set_up()
    if plan.format not in (*exports.FORMATS, exports.BOARD):
        raise NotFound.of("no-such-format", name=plan.format)
    exports.check(store, plan.question, plan.columns or None, settings.zone)
    if nothing := unmatched(store, plan.question):
        raise DomainError.because(nothing[0])
    return replace(
        plan,
        name=name,
        mail=tuple(mail.parse_addresses(" ".join(plan.mail))),
        mask=plan.mask or not actor.may(Permission.SEE_PHONES),
    )


def plan_of(report: SavedReport) -> Plan:
    """Return the settings of a saved report."""
    return Plan.from_stored(report.plan)


def everything(store: Store) -> list[SavedReport]:
    """Return all saved reports, by name."""
    with store.reading() as session:
        query = sa.select(SavedReport).where(col(SavedReport.kind) != WATCH)
        return list(session.scalars(query.order_by(col(SavedReport.name), col(SavedReport.id))))


def scheduled_of(store: Store, name: str) -> list[SavedReport]:
    """Return the saved reports of a user that are made on their schedule, by name: also after the user was disabled,
    because others may get them."""
    return [report for report in everything(store) if report.created_by == name and report.next_at is not None]


def get(store: Store, report_id: int) -> SavedReport:
    """Return a saved report. Raises `DomainError` ("no-such-report")."""
    with store.reading() as session:
        return _get(session, report_id)


def run_now(store: Store, actor: Actor, report_id: int) -> None:
    """Enqueue the report now. While it is queued or running, a repeat changes nothing."""
    actor.must(Permission.EXPORT)
    with store.writing() as session:
        report = _get(session, report_id)
        if not jobs.has_open(session, JobKind.REPORT, subject(report_id)):
            jobs.enqueue(session, JobKind.REPORT, subject(report_id), report.created_by)
            audit.note(session, actor, "report.run", f"report:{report_id}")


def pause(store: Store, actor: Actor, settings: Settings, report_id: int, paused: bool) -> None:
    """Pause its schedule, or resume it from the next due time."""
    actor.must(Permission.EXPORT)
    with store.writing() as session:
        report = _get(session, report_id)
        _must_own(actor, report)
        report.paused = paused
        report.next_at = None if paused else plan_of(report).next_after(now_ms(session), settings.zone)
        audit.note(session, actor, "report.pause" if paused else "report.go-on", f"report:{report_id}")


def delete(store: Store, actor: Actor, report_id: int) -> None:
    """Delete the report; its files are kept as long as other files."""
    actor.must(Permission.EXPORT)
    with store.writing() as session:
        report = session.get(SavedReport, report_id)
        if report is not None:
            _must_own(actor, report)
            session.delete(report)
            jobs.withdraw(session, subject(report_id))
            audit.note(session, actor, "report.delete", f"report:{report_id}", name=report.name)
        exports.give_up(session, report_id, reasons.reason("report-deleted"))


def subject(report_id: int) -> str:
    """Return the subject of the jobs that make a report."""
    return f"report:{report_id}"


WORDS = {JobState.QUEUED: "asked", JobState.RUNNING: "making"}


def states(store: Store) -> dict[int, str]:
    """Return "asked" or "making" by the id of each report that a worker makes or will make; scripts know these words,
    and "idle" for the others."""
    return {report_id: WORDS[state] for report_id, state in jobs.open_jobs(store, JobKind.REPORT).items()}


def may_change(actor: Actor, report: SavedReport) -> bool:
    """Return whether this user may pause or delete a report: its author, or an administrator."""
    return actor.may(Permission.EXPORT) and (report.created_by == actor.name or actor.may(Permission.SETTINGS))


def _must_own(actor: Actor, report: SavedReport) -> None:
    if report.created_by != actor.name:
        actor.must(Permission.SETTINGS)


def _get(session: Session, report_id: int) -> SavedReport:
    report = session.get(SavedReport, report_id, with_for_update=True)
    if report is None or report.kind == WATCH:
        raise NotFound.of("no-such-report", id=report_id)
    return report
