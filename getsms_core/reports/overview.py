"""The page Overview: today, 7 and 30 days, active campaigns, and tasks for users."""

from dataclasses import dataclass
from datetime import date, timedelta, tzinfo
from enum import StrEnum
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session, col

from getsms_core.accounts.policy import SENT_BACK
from getsms_core.base import reasons
from getsms_core.base.states import CampaignState, ChunkState, Figures
from getsms_core.billing.reconciliation import Sums
from getsms_core.db import rollups
from getsms_core.db.engine import Store
from getsms_core.db.models import MESSAGE_UNCERTAIN, Campaign, Chunk, Message, Worker
from getsms_core.delivery import receipt_notes, workers_online
from getsms_core.delivery.resolution import RESTORED
from getsms_core.reports.anomalies import Degradation, Kind
from getsms_core.reports.backups import BackupTrouble
from getsms_core.reports.backups import trouble as backup_trouble
from getsms_core.reports.breakdowns import EPOCH
from getsms_core.reports.degradation import delivery_alerts
from getsms_core.reports.filters import Filter, local_day
from getsms_core.reports.rollup_queries import add_up, campaigns_of, local_hour, regroup

BEHIND_MS = 10 * 60_000  # a status call is late after this time
RECENT_MS = 60_000  # the period of the speed
RECENT_CHUNKS = 400
MANY = 10_000
NOTED = (CampaignState.PAUSED, CampaignState.AWAITING_APPROVAL, CampaignState.RUNNING)


@dataclass(frozen=True)
class Span:
    """A number of local days up to today: its sums, the sums of the same number of days before, and its days."""

    days: int
    sums: Sums
    before: Sums

    @property
    def figures(self) -> Figures:
        """Return the figures of the span."""
        return self.sums.figures

    @property
    def change(self) -> float | None:
        """Return the change of the delivery rate from the previous span, as a share (0.01 = one percentage point)."""
        now, then = self.figures.rate, self.before.figures.rate
        return None if now is None or then is None else now - then


@dataclass(frozen=True)
class Overview:
    """Today, 7 and 30 days. `any_campaign`: whether any campaign was ever started."""

    today: Span
    week: Span
    month: Span
    any_campaign: bool


def overview(store: Store, zone: tzinfo, now: int) -> Overview:
    """Return the figures of the page Overview; `now` is UTC ms. Test campaigns are excluded."""
    today = local_day(now, zone)
    question = Filter(since=today - timedelta(days=59), until=today)
    with store.reading() as session:
        campaigns = campaigns_of(session, question, zone)
        first, end = question.hours(zone)
        assert first is not None
        assert end is not None
        day = local_hour(zone, first, end) // 24
        sums_by_day = add_up(session, question, zone, campaigns, [day], left_only=True, money=True)
        begun = sa.or_(col(Campaign.state) != CampaignState.DRAFT, col(Campaign.code).in_((SENT_BACK, RESTORED)))
        some = session.execute(sa.select(col(Campaign.id)).where(begun).limit(1)).first() is not None
    by_day = {EPOCH + timedelta(days=int(key[0])): day_sums for key, day_sums in sums_by_day.items()}
    spans = [Span(n, _of(by_day, today, n), _of(by_day, today - timedelta(days=n), n)) for n in (1, 7, 30)]
    return Overview(spans[0], spans[1], spans[2], some)


def _of(by_day: dict[date, Sums], last: date, days: int) -> Sums:
    span_sums = {(day,): day_sums for day, day_sums in by_day.items() if last - timedelta(days=days) < day <= last}
    return regroup(span_sums, lambda _key: ()).get((), Sums())


@dataclass(frozen=True)
class Running:
    """An active campaign: its figures, and its speed in messages a second (None: nothing was sent lately)."""

    id: int
    name: str
    state: CampaignState
    reason: str
    messages: int
    figures: Figures
    speed: float | None
    scheduled_at: int | None

    @property
    def done(self) -> int:
        """Return the messages that will not be sent any more."""
        return self.figures.total - self.figures.unsent


def running(store: Store, now: int) -> list[Running]:
    """Return running, scheduled and paused campaigns, in this order, newest first; `now` is UTC ms."""
    order = [CampaignState.RUNNING, CampaignState.SCHEDULED, CampaignState.PAUSED]
    with store.reading() as session:
        rows = session.scalars(sa.select(Campaign).where(col(Campaign.state).in_(order))).all()
        figures = rollups.figures_of(session, [row.id for row in rows if row.id])
        running_campaigns = [
            Running(row.id, row.name, row.state, row.reason, row.messages, figures[row.id],
                    speed(session, row.id, now) if row.state == CampaignState.RUNNING else None, row.scheduled_at)
            for row in rows if row.id
        ]  # fmt: skip
    return sorted(running_campaigns, key=lambda each: (order.index(each.state), -each.id))


def speed(session: Session, campaign_id: int, now: int) -> float | None:
    """Return messages a second over the last minute. Chunks are claimed in the order of their ids, so the latest
    ones are just below the first queued one: some hundred rows by primary key, for any size of campaign."""
    queued = session.scalar(
        sa.select(sa.func.min(col(Chunk.id))).where(
            col(Chunk.campaign_id) == campaign_id, col(Chunk.state) == ChunkState.QUEUED
        )
    )
    if queued is None:
        return None
    oldest, messages = session.execute(
        sa.select(sa.func.min(col(Chunk.claimed_at)), sa.func.sum(col(Chunk.messages))).where(
            col(Chunk.id).between(queued - RECENT_CHUNKS, queued - 1),
            col(Chunk.campaign_id) == campaign_id,
            col(Chunk.claimed_at) >= now - RECENT_MS,
        )
    ).one()
    return None if not messages else int(messages) / max(1.0, (now - oldest) / 1000)


class Need(StrEnum):
    """The kinds of tasks for users."""

    UNCERTAIN = "uncertain"
    REFUSED = "refused"
    APPROVAL = "approval"
    SENT_BACK = "sent-back"
    NO_WORKER = "no-worker"
    RECEIPTS = "receipts-behind"
    WORSE = "worse"
    STATUS_CALLS = "status-calls"
    BACKUP = "backup"


class Severity(StrEnum):
    """How urgent a task is, most urgent first: nothing is sent until it is done; a user must decide; it may get
    worse."""

    STOPPED = "stopped"
    DECIDE = "decide"
    WATCH = "watch"


SEVERITY = {
    Need.NO_WORKER: Severity.STOPPED,
    Need.REFUSED: Severity.STOPPED,
    Need.UNCERTAIN: Severity.DECIDE,
    Need.APPROVAL: Severity.DECIDE,
    Need.SENT_BACK: Severity.DECIDE,
    Need.STATUS_CALLS: Severity.WATCH,
    Need.RECEIPTS: Severity.WATCH,
    Need.WORSE: Severity.WATCH,
    Need.BACKUP: Severity.WATCH,
}


@dataclass(frozen=True)
class Concern:
    """A task for a user: its campaign, the number of messages, the gateway's reason if there is one, for WORSE the
    delivery problem, and for BACKUP, which an administrator must see to, what is wrong."""

    need: Need
    campaign_id: int | None = None
    name: str = ""
    messages: int = 0
    reason: str = ""
    worse: Degradation | None = None
    backup: BackupTrouble | None = None

    @property
    def severity(self) -> Severity:
        """Return how urgent it is."""
        return SEVERITY[self.need]


def concerns(store: Store, zone: tzinfo, now: int) -> list[Concern]:
    """Return the tasks for users, most urgent first; `now` is UTC ms."""
    with store.reading() as session:
        rows = session.execute(
            sa.select(
                col(Campaign.id),
                col(Campaign.name),
                col(Campaign.state),
                col(Campaign.code),
                col(Campaign.reason),
                col(Campaign.reason_params),
                col(Campaign.messages),
            ).where(
                sa.or_(
                    col(Campaign.state).in_(NOTED),
                    sa.and_(col(Campaign.state) == CampaignState.DRAFT, col(Campaign.code).in_((SENT_BACK, RESTORED))),
                )
            )
        ).all()
        waiting = [Concern(Need.REFUSED, row.id, row.name, reason=_why(row)) for row in rows
                 if row.state == CampaignState.PAUSED and row.code not in ("", "by-person")]  # fmt: skip
        waits = [row for row in rows if row.state == CampaignState.AWAITING_APPROVAL]
        waiting += [Concern(Need.APPROVAL, row.id, row.name, row.messages) for row in waits]
        waiting += [Concern(Need.SENT_BACK, row.id, row.name, reason=_why(row)) for row in rows
                  if row.state == CampaignState.DRAFT]  # fmt: skip
        waiting += _uncertain(session)
        waiting += _failing_status_calls(session, now)
        late = _late_receipts(session, now)
        worker = session.scalar(
            sa.select(sa.func.max(col(Worker.heartbeat_at))).where(col(Worker.stopped_at).is_(None))
        )
        if worker is None or worker < now - workers_online.SILENT_MS:
            if late or any(row.state == CampaignState.RUNNING for row in rows):
                waiting.insert(0, Concern(Need.NO_WORKER))
        elif late:
            waiting.append(Concern(Need.RECEIPTS, messages=late))
        if found := backup_trouble(session, zone, now):
            waiting.append(Concern(Need.BACKUP, backup=found))
        paused_for = {row.code for row in rows if row.state == CampaignState.PAUSED}
    waiting += [
        Concern(Need.WORSE, worse=degradation)
        for degradation in delivery_alerts(store, zone, now)
        if degradation.kind is not Kind.REFUSALS or degradation.code not in paused_for
    ]
    return sorted(waiting, key=lambda concern: list(Severity).index(concern.severity))


def _why(row: sa.Row[Any]) -> str:
    return reasons.words(row.code, row.reason_params, row.reason)


def _uncertain(session: Session) -> list[Concern]:
    counts = session.execute(
        sa.select(col(Message.campaign_id), sa.func.count()).where(MESSAGE_UNCERTAIN).group_by(col(Message.campaign_id))
    ).all()
    names: dict[int | None, str] = {
        row.id: row.name
        for row in session.execute(
            sa.select(col(Campaign.id), col(Campaign.name)).where(col(Campaign.id).in_([row[0] for row in counts]))
        )
    }
    most = sorted(counts, key=lambda row: -row[1])
    return [Concern(Need.UNCERTAIN, campaign_id, names.get(campaign_id, ""), n) for campaign_id, n in most]


def _failing_status_calls(session: Session, now: int) -> list[Concern]:
    """Return campaigns whose status calls failed lately, with the newest reason of each."""
    newest: dict[int, receipt_notes.Fault] = {}
    for fault in receipt_notes.faults(session, since=now - receipt_notes.RECENT_MS):
        newest.setdefault(fault.campaign_id, fault)
    query = sa.select(col(Campaign.id), col(Campaign.name)).where(col(Campaign.id).in_(list(newest)))
    return [
        Concern(Need.STATUS_CALLS, row.id, row.name, newest[row.id].calls, newest[row.id].reason)
        for row in session.execute(query.order_by(col(Campaign.id).desc()))
    ]


def _late_receipts(session: Session, now: int) -> int:
    """Return the number of request ids whose status call is ten minutes late, at most MANY."""
    late, below = 0, None
    while late < MANY:
        query = sa.select(sa.func.max(col(Message.campaign_id))).where(col(Message.next_poll_at).is_not(None))
        below = session.scalar(query if below is None else query.where(col(Message.campaign_id) < below))
        if below is None:
            break
        some = sa.select(col(Message.id)).where(
            col(Message.campaign_id) == below, col(Message.next_poll_at) <= now - BEHIND_MS
        )
        late += session.scalar(sa.select(sa.func.count()).select_from(some.limit(MANY - late).subquery())) or 0
    return late
