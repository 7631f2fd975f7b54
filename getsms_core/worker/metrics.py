"""Figures for Prometheus, read from the database: they are the same on every app server and survive restarts."""

import time
from collections.abc import Iterable, Iterator
from threading import Lock

import sqlalchemy as sa
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector
from sqlmodel import Session, col

from getsms_core.base.states import CampaignState, MessageState
from getsms_core.base.work_states import JobKind, JobState
from getsms_core.db.engine import Store, now_ms
from getsms_core.db.models import Attempt, Campaign, Chunk, Job, Message, RollUp
from getsms_core.delivery import workers_online
from getsms_core.users import sessions

CACHE_SECONDS = 5.0
"""Scrapes within this time get the same text: several servers may scrape at once."""
BUCKETS = (0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)
"""Upper bounds of the latency of a POST, seconds."""


class Metrics:
    """The text for one database, cached for `CACHE_SECONDS`."""

    def __init__(self, store: Store) -> None:
        self._registry = CollectorRegistry(auto_describe=False)
        self._registry.register(_Figures(store))
        self._lock = Lock()
        self._text, self._until = b"", 0.0

    def text(self) -> bytes:
        """Return the figures in Prometheus' text format."""
        with self._lock:
            if time.monotonic() >= self._until:
                self._text = generate_latest(self._registry)
                self._until = time.monotonic() + CACHE_SECONDS
            return self._text


_metrics: dict[int, Metrics] = {}


def metrics_of(store: Store) -> Metrics:
    """Return the metrics of a store, the same at each call."""
    return _metrics.setdefault(id(store), Metrics(store))


class _Figures(Collector):
    def __init__(self, store: Store) -> None:
        self._store = store

    def describe(self) -> Iterable[Metric]:
        """Nothing: registering would otherwise read the database."""
        return ()

    def collect(self) -> Iterator[Metric]:
        """Yield all families."""
        with self._store.reading() as session:
            now = now_ms(session)
            yield _messages(session)
            yield from _attempts(session)
            yield _queue_age(session, now)
            yield _receipt_lag(session, now)
            yield _jobs(session)
        yield GaugeMetricFamily("getsms_sessions", "Sessions that have not ended.", sessions.count(self._store))
        workers = len(workers_online.present(self._store))
        yield GaugeMetricFamily("getsms_workers", "Workers with a heartbeat.", workers)


def _messages(session: Session) -> Metric:
    family = GaugeMetricFamily("getsms_messages", "Messages of all campaigns, by state.", labels=["state"])
    counts = dict.fromkeys(MessageState, 0)
    rows = session.execute(sa.select(col(RollUp.state), sa.func.sum(col(RollUp.messages))).group_by(col(RollUp.state)))
    counts.update({state: int(messages) for state, messages in rows})
    for state, messages in counts.items():
        family.add_metric([state.value], messages)
    return family


def _attempts(session: Session) -> Iterator[Metric]:
    """Yield the latency of POSTs and the answers by code, from one pass over the attempts (one row a chunk)."""
    elapsed = col(Attempt.ended_at) - col(Attempt.started_at)
    bucket = sa.case(*((elapsed <= bound * 1000, sa.literal(bound)) for bound in BUCKETS), else_=sa.literal(-1.0))
    grouped = (
        sa.select(col(Attempt.outcome), col(Attempt.code), bucket, sa.func.count(), sa.func.sum(elapsed))
        .where(col(Attempt.outcome) != "late")  # the second record of a POST that was counted already
        .group_by(col(Attempt.outcome), col(Attempt.code), bucket)
    )
    posts = dict.fromkeys((*BUCKETS, -1.0), 0)
    answers: dict[tuple[str, str], int] = {}
    total_ms = 0
    for outcome, code, bound, count, milliseconds in session.execute(grouped):
        posts[float(bound)] += count
        total_ms += int(milliseconds)
        answers[outcome, code] = answers.get((outcome, code), 0) + count
    histogram = HistogramMetricFamily("getsms_chunk_seconds", "From the claim of a chunk to its recorded answer.")
    cumulative, buckets = 0, []
    for bound in BUCKETS:
        cumulative += posts[bound]
        buckets.append((f"{bound:g}", float(cumulative)))
    buckets.append(("+Inf", float(cumulative + posts[-1.0])))
    histogram.add_metric([], buckets, total_ms / 1000)
    yield histogram
    family = CounterMetricFamily(
        "getsms_gateway_answers", "POSTs of chunks by outcome and by the gateway's code.", labels=["outcome", "code"]
    )
    for (outcome, code), count in sorted(answers.items()):
        family.add_metric([outcome, code], count)
    yield family


def _queue_age(session: Session, now: int) -> Metric:
    queued = sa.exists().where(
        col(Chunk.campaign_id) == col(Campaign.id), sa.text("chunk.state = 'queued'"), col(Chunk.not_before_at) <= now
    )
    oldest = session.scalar(
        sa.select(sa.func.min(col(Campaign.started_at))).where(col(Campaign.state) == CampaignState.RUNNING, queued)
    )
    age = 0.0 if oldest is None else max(0, now - oldest) / 1000
    words = "Since the start of the running campaign that has waited longest for its chunks to be claimed; 0 = none."
    return GaugeMetricFamily("getsms_queue_age_seconds", words, age)


def _receipt_lag(session: Session, now: int) -> Metric:
    due = (
        sa.select(sa.func.min(col(Message.next_poll_at)))
        .where(col(Message.campaign_id) == col(Campaign.id), sa.text("message.next_poll_at IS NOT NULL"))
        .correlate(Campaign)
        .scalar_subquery()
    )
    oldest = session.scalar(sa.select(sa.func.min(sa.select(due.label("at")).select_from(Campaign).subquery().c.at)))
    lag = 0.0 if oldest is None else max(0, now - oldest) / 1000
    words = "How long the status call that waits longest is overdue; 0 = none is."
    return GaugeMetricFamily("getsms_receipt_lag_seconds", words, lag)


def _jobs(session: Session) -> Metric:
    family = GaugeMetricFamily("getsms_jobs", "Background jobs by kind.", labels=["kind", "state"])
    counts = {(kind, state): 0 for kind in JobKind for state in (JobState.QUEUED, JobState.RUNNING)}
    rows = session.execute(
        sa.select(col(Job.kind), col(Job.state), sa.func.count())
        .where(col(Job.state).in_((JobState.QUEUED, JobState.RUNNING)))
        .group_by(col(Job.kind), col(Job.state))
    )
    counts.update({(kind, state): count for kind, state, count in rows})
    for (kind, state), count in counts.items():
        family.add_metric([kind.value, state.value], count)
    return family
