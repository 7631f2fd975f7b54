"""The watch: what got worse, mailed once to a list of addresses. Its row stands among the saved reports, whose errand
it shares."""

from collections.abc import Sequence
from datetime import tzinfo

import sqlalchemy as sa
from sqlmodel import col

from getsms_core import audit, mail, reports
from getsms_core.actor import PROGRAM, Actor, May
from getsms_core.errors import Refused
from getsms_core.reports import Worsening
from getsms_core.settings import Settings
from getsms_core.store.engine import Store, now_ms
from getsms_core.store.models import Alert, SavedReport
from getsms_core.words import _, language

WATCH = "watch"
WATCH_MS = 900_000


def watch(store: Store, actor: Actor, settings: Settings, to: Sequence[str]) -> None:
    """Mail what got worse to these addresses, each finding once; to none: stop it.

    Raises `Refused`: "not-allowed", "bad-address", "mail-not-set-up"."""
    actor.must(May.SETTINGS)
    addresses = mail.addresses(" ".join(to))
    if addresses and not mail.is_set_up(settings):
        raise Refused("mail-not-set-up", _("No mail server is set up. Set GETSMS_SMTP_HOST and GETSMS_SMTP_FROM."))
    with store.writing() as session:
        now = now_ms(session)
        session.execute(sa.delete(SavedReport).where(col(SavedReport.kind) == WATCH))
        if addresses:
            plan = {"mail": addresses, "language": language()}
            session.add(SavedReport(kind=WATCH, name=WATCH, plan=plan, next_at=now, created_at=now,
                                    created_by=actor.name))  # fmt: skip
        audit.note(session, actor, "alerts.save", "alerts", mail=addresses)


def watched(store: Store) -> SavedReport | None:
    """The watch: its plan's "mail" has the addresses, its state how the last look went. None where it is off."""
    with store.reading() as session:
        return session.scalars(sa.select(SavedReport).where(col(SavedReport.kind) == WATCH)).first()


def look(store: Store, settings: Settings, report: SavedReport) -> str:
    """Mail what got worse and was not told before. It is noted before the mail leaves: told once or, where the mail
    server fails just then, on the page alone, and never again and again."""
    with store.reading() as session:
        now = now_ms(session)
    found = [
        each for each in reports.what_got_worse(store, settings.zone, now) if _note(store, each, settings.zone, now)
    ]
    if not found:
        return _("Nothing new.")
    to = [str(address) for address in report.plan.get("mail", ())]
    text = "\n\n".join([*(reports.worse_in_words(each, settings.zone) for each in found), _("See the page Overview.")])
    mail.send(settings, to, _("Delivery of SMS got worse"), text)
    return _("Sent to {addresses}.").format(addresses=", ".join(to))


def _note(store: Store, found: Worsening, zone: tzinfo, now: int) -> bool:
    """Whether this finding is new; from now on it is not."""
    key = f"{found.kind}:{','.join(found.ranges)}:{found.code}:{reports.local_day(found.since, zone).isoformat()}"
    with store.writing() as session:
        if session.get(Alert, key) is not None:
            return False
        session.add(Alert(key=key, at=now))
        audit.note(session, PROGRAM, "alerts.found", "alerts", found=key)
        return True
