"""Delivery alerts: each problem is mailed once to a list of addresses. They are a row of the saved reports and use
their kind of job."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session, col

from getsms_core import jobs, reports
from getsms_core.audit import log as audit
from getsms_core.base import reasons
from getsms_core.base.codes import SavedReportKind
from getsms_core.base.errors import DomainError
from getsms_core.base.i18n import _, language
from getsms_core.base.permissions import SYSTEM, Actor, Permission
from getsms_core.base.reasons import Reason
from getsms_core.base.settings import Settings
from getsms_core.db.engine import Store, now_ms
from getsms_core.db.models import Alert, SavedReport
from getsms_core.mail import message as mail
from getsms_core.reports import Degradation

WATCH = SavedReportKind.WATCH
WATCH_MS = 900_000
ENDED_MS = 86_400_000
"""A problem that was not found for this long has ended; it is mailed again if it returns."""
AGAIN_MS, AGAIN_MOST_MS = 600_000, 4 * 3_600_000  # delay before the first retry of a mail; doubled each time


@dataclass(frozen=True)
class AlertPlan:
    """Who gets the alerts, and in which language."""

    mail: tuple[str, ...] = ()
    language: str = "en"

    @classmethod
    def from_stored(cls, stored: Mapping[str, Any]) -> "AlertPlan":
        """Return the plan of the alerts' row; unknown keys are ignored, missing ones have their default."""
        return cls(tuple(map(str, stored.get("mail", ()))), stored.get("language", "en"))

    def to_stored(self) -> dict[str, Any]:
        """Return it as the row keeps it."""
        return {"mail": list(self.mail), "language": self.language}


def watch(store: Store, actor: Actor, settings: Settings, to: Sequence[str]) -> None:
    """Mail delivery alerts to these addresses, each problem once while it lasts; without addresses, turn them off.
    Unsent alerts are tried at once. Raises `DomainError`: "not-allowed", "bad-address", "mail-not-set-up"."""
    actor.must(Permission.SETTINGS)
    addresses = mail.parse_addresses(" ".join(to))
    if addresses and not mail.is_set_up(settings):
        raise mail.not_set_up()
    with store.writing() as session:
        now = now_ms(session)
        before = _watched(session)
        for report_id in session.scalars(sa.select(col(SavedReport.id)).where(col(SavedReport.kind) == WATCH)).all():
            jobs.withdraw(session, f"report:{report_id}")
        session.execute(sa.delete(SavedReport).where(col(SavedReport.kind) == WATCH))
        session.execute(sa.update(Alert).where(col(Alert.again_at).is_not(None)).values(again_at=now))
        if addresses:
            plan = AlertPlan(tuple(addresses), language()).to_stored()
            session.add(SavedReport(kind=WATCH, name=WATCH, plan=plan, next_at=now, created_at=now,
                                    created_by=actor.name))  # fmt: skip
        audit.note(session, actor, "alerts.save", "alerts", mail=addresses,
                   before=list(AlertPlan.from_stored(before.plan).mail) if before else [])  # fmt: skip


def watched(store: Store) -> SavedReport | None:
    """Return the row of the alerts: its plan's "mail" has the addresses, its state the result of the last check.
    None if they are off."""
    with store.reading() as session:
        return _watched(session)


def _watched(session: Session) -> SavedReport | None:
    return session.scalars(sa.select(SavedReport).where(col(SavedReport.kind) == WATCH)).first()


def look(store: Store, settings: Settings, report: SavedReport) -> Reason:
    """Mail each problem once while it lasts; retry with longer delays.

    A problem is recorded as mailed before the mail is sent, and the record is removed only if certainly nothing was
    sent: a killed worker or a lost connection may cost a mail, but never sends it twice. The failure stays in the
    report's row until a mail is sent. Raises `DomainError` as `mail.send` does."""
    with store.reading() as session:
        now = now_ms(session)
    degradations = reports.delivery_alerts(store, settings.zone, now)
    due = store.transact(lambda session: _due(session, degradations, now))
    untold = [degradation for degradation in degradations if due.intersection(_keys(degradation))]
    if not untold:
        if report.code.startswith("mail-"):
            params = None if report.old_message else report.message_params
            last = reasons.stored_reason(report.code, params, report.old_message)
            raise DomainError.because(last or Reason(report.code))
        return reasons.reason("nothing-new")
    to = list(AlertPlan.from_stored(report.plan).mail)
    text = "\n\n".join(
        [*(reports.alert_in_words(degradation, settings.zone) for degradation in untold), _("See the page Overview.")]
    )
    try:
        mail.send(settings, to, _("Delivery of SMS got worse"), text)
    except DomainError as refusal:
        if refusal.code not in mail.POSSIBLY_SENT_CODES:
            store.transact(lambda session: _try_again(session, due, now))
        raise
    return reasons.reason("report-mailed", addresses=to)


def _keys(found: Degradation) -> list[str]:
    """Return the keys of a problem: one per range, so that a range that joins is mailed too."""
    return [f"{found.kind}:{name}" for name in found.ranges or (found.code,)]


def _due(session: Session, found: Sequence[Degradation], now: int) -> set[str]:
    """Return the keys to mail now: new ones and those whose mail failed. They are recorded as mailed."""
    due = set()
    for key in sorted({key for degradation in found for key in _keys(degradation)}):
        known = session.get(Alert, key, with_for_update=True)
        if known is None or known.at < now - ENDED_MS:
            audit.note(session, SYSTEM, "alerts.found", "alerts", found=key)
            session.merge(Alert(key=key, at=now))
            due.add(key)
            continue
        if known.again_at is not None and known.again_at <= now:
            known.again_at = None
            due.add(key)
        known.at = now
    return due


def _try_again(session: Session, keys: Collection[str], now: int) -> None:
    for alert in session.scalars(sa.select(Alert).where(col(Alert.key).in_(keys))):
        alert.again_at = now + min(AGAIN_MS << alert.tries, AGAIN_MOST_MS)
        alert.tries += 1
