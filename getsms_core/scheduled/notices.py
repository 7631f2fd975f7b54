"""What a worker notices by looking: spending near its limit, worse delivery; and the job that mails notices."""

import sqlalchemy as sa
from sqlmodel import Session, col

from getsms_core import jobs, reports
from getsms_core.accounts.policy import Policy
from getsms_core.base import clock
from getsms_core.base.codes import NoticeEvent
from getsms_core.base.permissions import SYSTEM, Actor
from getsms_core.base.settings import Settings, load
from getsms_core.base.states import CampaignState
from getsms_core.base.work_states import JobKind
from getsms_core.db.engine import Store, now_ms
from getsms_core.db.models import Alert, Campaign, Job, RollUp
from getsms_core.delivery.schedule import day_start_hour, spent_cost
from getsms_core.mail import message as mail
from getsms_core.notices import events, inbox, mails
from getsms_core.reports import Degradation, Kind
from getsms_core.scheduled.alerts import ENDED_MS, WATCH_MS

SUBJECT = "notices:0"
CHECK_SECONDS = 10.0  # between two looks of one worker
BACKUP_SECONDS = 600.0  # between two looks at the backups
UPTIME_SECONDS = 60.0  # a worker that runs shorter does not look at the delivery of all campaigns
NEAR = 0.8
"""The share of a spending limit from which on users are notified."""
RECENT_HOURS = 96  # without messages since then delivery cannot have got worse
LEAST_MESSAGES = 50  # of one hour, range and state; fewer prove nothing
_PREFIX = "notice:"  # of the keys in the table of alerts


class NoticeChecks:
    """The looks of one worker, at most one in `CHECK_SECONDS`."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self._checks = clock.Interval(CHECK_SECONDS)
        self._backups = clock.Interval(BACKUP_SECONDS)
        self._uptime: clock.Interval | None = None

    def check(self, session: Session, account_id: int, policy: Policy, now: int) -> None:
        """Make the notices about spending, and enqueue the job where a mail or a look at delivery is due (`now` in UTC
        ms)."""
        if not self._checks.is_over:
            return
        self._checks.begin()
        if self._uptime is None:
            self._uptime = clock.Interval(UPTIME_SECONDS)
            self._uptime.begin()
        notice_spending(session, account_id, policy, self.settings, now)
        if self._backups.is_over:
            self._backups.begin()
            notice_late_backup(session, self.settings, now)
        inbox.sweep(session, now)
        to_mail = mail.is_set_up(self.settings) and mails.any_due(session, now)
        to_look = self._uptime.is_over and _look_due(session, now)
        if (to_mail or to_look) and not jobs.has_open(session, JobKind.NOTICE, SUBJECT):
            jobs.enqueue(session, JobKind.NOTICE, SUBJECT, SYSTEM.name)
            session.flush()  # so that the same turn can claim it


def notice_spending(session: Session, account_id: int, policy: Policy, settings: Settings, now: int) -> None:
    """Notify of running campaigns that have used most of their limit, and of a day that has; each once."""
    running = sa.select(col(Campaign.id), col(Campaign.spend_limit)).where(
        col(Campaign.account_id) == account_id,
        col(Campaign.state) == CampaignState.RUNNING,
    )
    rows = session.execute(running).all()
    for campaign_id, limit in rows:
        if limit and spent_cost(session, col(Campaign.id) == campaign_id) >= NEAR * limit:
            events.of_campaign(session, NoticeEvent.SPENDING, campaign_id, str(limit), now)
    if policy.spend_day and rows:
        start = day_start_hour(settings.zone, now)
        spent = spent_cost(session, col(Campaign.account_id) == account_id, col(RollUp.hour) >= start)
        if spent >= NEAR * policy.spend_day:
            events.of_account(session, NoticeEvent.SPENDING, f"day:{account_id}:{start}:{policy.spend_day}", now)


def notice_late_backup(session: Session, settings: Settings, now: int) -> None:
    """Notify of nightly backups that stopped, once; `getsms backup` itself tells of one that failed."""
    found = reports.backup_trouble(session, settings.zone, now)
    if found is not None and found.failed_at is None:
        events.of_account(session, NoticeEvent.BACKUP, f"late:{found.made_at}", now, late=True)


def _look_due(session: Session, now: int) -> bool:
    since = now // 3_600_000 - RECENT_HOURS
    sent = sa.select(col(RollUp.hour)).where(col(RollUp.hour) >= since, col(RollUp.messages) >= LEAST_MESSAGES)
    if session.execute(sent.limit(1)).first() is None:
        return False
    looked = sa.select(col(Job.id)).where(col(Job.kind) == JobKind.NOTICE, col(Job.created_at) > now - WATCH_MS)
    return session.execute(looked.limit(1)).first() is None


def run(store: Store, settings: Settings | None = None) -> None:
    """Do the job: look at delivery, then send the mails that are due. It may start over at any time. Raises
    `DomainError` as `mail.send` does."""
    settings = settings or load()
    with store.reading() as session:
        now = now_ms(session)
    alerts = reports.delivery_alerts(store, settings.zone, now)
    store.transact(lambda session: notice_degradations(session, alerts, now))
    if mail.is_set_up(settings):
        mails.send_due(store, settings)


def ask_again(store: Store, actor: Actor) -> None:
    """Enqueue the job for a user who retries it."""
    with store.writing() as session:
        jobs.enqueue(session, JobKind.NOTICE, SUBJECT, actor.name)


def notice_degradations(session: Session, found: list[Degradation], now: int) -> None:
    """Notify of delivery problems that are new: not found for a day (`now` in UTC ms). A range that joins a drop is
    new."""
    keys = [
        f"{problem.kind.value}:{name}"
        for problem in found
        if problem.kind is not Kind.REFUSALS  # the campaigns that it pauses have their own notice
        for name in problem.ranges or ("",)
    ]
    new = []
    for key in sorted(set(keys)):
        known = session.get(Alert, _PREFIX + key, with_for_update=True)
        if known is None or known.at < now - ENDED_MS:
            new.append(key)
        session.merge(Alert(key=_PREFIX + key, at=now))
    if new:
        events.of_account(session, NoticeEvent.WORSE, f"{new[0]}:{now}", now)
