"""A campaign's sending over time, by second, minute, hour or day as its length asks, for a page that is drawn during
the sending."""

from dataclasses import dataclass
from datetime import tzinfo
from enum import StrEnum

import pandas as pd
import sqlalchemy as sa
from sqlmodel import Session, col

from getsms_core.base.states import COUNTED, COUNTED_AS_SENT, ChunkState, MessageState
from getsms_core.db.engine import Store
from getsms_core.db.models import SPAN, Chunk, Message
from getsms_core.reports.breakdowns import Grain, rate_over_time
from getsms_core.reports.filters import Filter

MOST_READ = 500_000
"""Messages of a campaign whose states are counted by second or minute: 50,000 take 60 ms, 500,000 0.7 s. Larger ones
are counted by chunk, without states; their hours and days come from the roll-ups."""
READ_AT_ONCE = 50_000
"""Messages for which a page reads again every few seconds; for more it waits longer (`seconds_fresh`)."""
OUTCOMES = ("delivered", "undelivered", "expired", "waiting", COUNTED, "uncertain")


class Step(StrEnum):
    """The length of a bar."""

    SECOND = "second"
    MINUTE = "minute"
    HOUR = "hour"
    DAY = "day"


STEP_MS = {Step.SECOND: 1_000, Step.MINUTE: 60_000, Step.HOUR: 3_600_000, Step.DAY: 86_400_000}
_LONGEST_MS = {Step.SECOND: 180_000, Step.MINUTE: 3 * 3_600_000, Step.HOUR: 4 * 86_400_000}
"""How long a campaign may have sent to be drawn in this step; 180 bars at most."""
_AFTER_STEPS = 30  # how many steps the line of the delivered continues after the last message


@dataclass(frozen=True)
class Timeline:
    """The sending of a campaign. `frame` has a row a step, empty ones too: `at` (with the zone), `begin` and `end` (UTC
    ms), `sent` in this step, with `has_states` the columns of `OUTCOMES` (the present states of the messages sent in
    this step), and with `has_arrivals` `delivered_so_far` by the time of delivery. `rates`: the frame of
    `rate_over_time` for hours and days, else None."""

    step: Step
    frame: pd.DataFrame
    has_states: bool = True
    has_arrivals: bool = False
    rates: pd.DataFrame | None = None


def seconds_fresh(messages: int, seconds: float) -> float:
    """Return for how long a page shares the timeline of a campaign with this number of sent messages, so that reading
    takes the same part of the time for each: `seconds` up to `READ_AT_ONCE` messages, in proportion above."""
    return seconds * max(1.0, min(messages, MOST_READ) / READ_AT_ONCE)


def timeline(store: Store, campaign_id: int, zone: tzinfo) -> Timeline | None:
    """Return the sending of a campaign over time; None while nothing was sent."""
    with store.reading() as session:
        chunks = col(Chunk.id).between(campaign_id * SPAN, (campaign_id + 1) * SPAN - 1)
        sent_chunks = (chunks, col(Chunk.claimed_at).is_not(None), col(Chunk.state) != ChunkState.QUEUED)
        span = sa.func.min(col(Chunk.claimed_at)), sa.func.max(col(Chunk.claimed_at)), sa.func.sum(col(Chunk.messages))
        first, last, messages = session.execute(sa.select(*span).where(*sent_chunks)).one()
        if first is None:
            return None
        step = step_of(last - first)
        if step in (Step.SECOND, Step.MINUTE):
            if messages <= MOST_READ:
                return _by_message(session, campaign_id, step, zone)
            return _by_chunk(session, sent_chunks, step, zone)
    return _by_hour(store, campaign_id, step, zone)


def step_of(lasted_ms: int) -> Step:
    """Return the step in which a sending of this length is drawn."""
    return next((step for step, longest in _LONGEST_MS.items() if lasted_ms <= longest), Step.DAY)


def _by_message(session: Session, campaign_id: int, step: Step, zone: tzinfo) -> Timeline | None:
    ms = STEP_MS[step]
    span = col(Message.id).between(campaign_id * SPAN, (campaign_id + 1) * SPAN - 1)
    bucket = (col(Message.left_at) // ms).label("bucket")
    counted = sa.and_(col(Message.state) == MessageState.ACCEPTED, col(Message.reason) == COUNTED_AS_SENT)
    outcome = sa.case((counted, COUNTED), else_=sa.cast(col(Message.state), sa.String)).label("outcome")
    sent = sa.select(bucket, outcome, sa.func.count()).where(span, col(Message.left_at).is_not(None))
    rows = session.execute(sent.group_by(bucket, outcome)).all()
    if not rows:
        return None
    settled = (col(Message.settled_at) // ms).label("bucket")
    arrived = sa.select(settled, sa.func.count()).where(
        span, col(Message.state) == MessageState.DELIVERED, col(Message.settled_at).is_not(None)
    )
    arrivals = {int(at): int(n) for at, n in session.execute(arrived.group_by(settled))}
    buckets = [int(at) for at, _outcome, _n in rows]
    last = max(buckets)
    end = min(max([last, *arrivals]), last + _AFTER_STEPS)
    frame = _empty_frame(min(buckets), end, ms, zone)
    columns = {name: [0] * len(frame) for name in OUTCOMES}
    for at, name, n in rows:
        columns["waiting" if name == MessageState.ACCEPTED else name if name in columns else "uncertain"][
            int(at) - min(buckets)
        ] += int(n)
    frame = frame.assign(**columns)
    frame["sent"] = frame[list(OUTCOMES)].sum(axis=1)
    early = sum(n for at, n in arrivals.items() if at < min(buckets))
    frame["delivered_so_far"] = [arrivals.get(begin // ms, 0) for begin in frame["begin"]]
    frame["delivered_so_far"] = frame["delivered_so_far"].cumsum() + early
    return Timeline(step, frame, has_arrivals=True)


def _by_chunk(session: Session, sent_chunks: tuple[sa.ColumnElement[bool], ...], step: Step, zone: tzinfo) -> Timeline:
    ms = STEP_MS[step]
    bucket = (col(Chunk.claimed_at) // ms).label("bucket")
    query = sa.select(bucket, sa.func.sum(col(Chunk.messages))).where(*sent_chunks).group_by(bucket)
    sent = {int(at): int(n) for at, n in session.execute(query)}
    frame = _empty_frame(min(sent), max(sent), ms, zone)
    frame["sent"] = [sent.get(begin // ms, 0) for begin in frame["begin"]]
    return Timeline(step, frame, has_states=False)


def _by_hour(store: Store, campaign_id: int, step: Step, zone: tzinfo) -> Timeline | None:
    grain = Grain.HOUR if step is Step.HOUR else Grain.DAY
    rates = rate_over_time(store, Filter(campaigns=(campaign_id,), include_tests=True), zone, grain)
    if rates.empty:
        return None
    after = rates["at"] + (pd.Timedelta(hours=1) if step is Step.HOUR else pd.DateOffset(days=1))
    frame = rates[["at", *OUTCOMES]].assign(begin=_ms(rates["at"]), end=_ms(after), sent=rates["sent"])
    return Timeline(step, frame, rates=rates)


def _empty_frame(first: int, last: int, ms: int, zone: tzinfo) -> pd.DataFrame:
    begins = [bucket * ms for bucket in range(first, last + 1)]
    frame = pd.DataFrame({"begin": begins, "end": [begin + ms for begin in begins]})
    frame.insert(0, "at", pd.to_datetime(frame["begin"], unit="ms", utc=True).dt.tz_convert(zone))
    return frame


def _ms(times: "pd.Series[pd.Timestamp]") -> list[int]:
    return [int(moment.timestamp() * 1000) for moment in times]
