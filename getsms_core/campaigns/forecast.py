"""What will happen to a campaign that is started, resumed or left as it is: one decision for pages and commands.

`decide` is pure: `forecast_facts` reads its facts from the database. It predicts what `delivery.schedule`,
`delivery.guards` and `delivery.approval_terms` will do, with their own functions where they have one.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any
from zoneinfo import ZoneInfo

from getsms_core.accounts.policy import WEEK, Policy
from getsms_core.base import reasons
from getsms_core.base.reasons import Reason
from getsms_core.delivery.schedule import LATE_MS

SHOWN_NAMES = 5
MOST_PAUSES = 50
"""Quiet hours that are looked at until a campaign would finish; beyond them no end is predicted."""
MINUTE_MS = 60_000


class Outcome(StrEnum):
    """What happens next. The first three and APPROVAL need no other action by a user (`Forecast.stops`)."""

    NOW = "now"
    SCHEDULED = "scheduled"
    QUIET = "quiet"
    NO_WORKER = "no-worker"
    APPROVAL = "approval"
    NO_APPROVER = "no-approver"
    ACCOUNT = "account"
    OTHER_LOGIN = "other-login"
    TOO_LATE = "too-late"
    LIMIT = "limit"


class Case(StrEnum):
    """What the forecast is for: a start, a resume, or a campaign that is under way."""

    BEGINS = "begins"
    CONTINUES = "continues"
    RUNNING = "running"


@dataclass(frozen=True)
class Facts:
    """What the decision depends on. Instants are UTC ms, money is tiyin; `messages` and `cost` are of what is not sent
    yet, `speed` is messages a second of the whole account (None: unknown), `day_left` and `campaign_left` what the
    limits still allow (None: no limit), `policy` the account's rules for this kind of message. `turns` holds the unsent
    messages of each other campaign that takes turns with this one, `first` of each that is sent before it."""

    now: int
    zone: ZoneInfo
    messages: int = 0
    cost: int = 0
    policy: Policy = field(default_factory=Policy)
    case: Case = Case.BEGINS
    is_test: bool = False
    sandbox: bool = False
    start_at: int | None = None
    ends_at: int | None = None
    needs_approval: bool = False
    approvers: tuple[str, ...] = ()
    has_worker: bool = True
    refusal: Reason | None = None
    other_login: str = ""
    speed: float | None = None
    turns: tuple[int, ...] = ()
    first: tuple[int, ...] = ()
    day_left: int | None = None
    spend_limit: int | None = None
    campaign_left: int | None = None


@dataclass(frozen=True)
class Forecast:
    """What happens next. `begins_at` is when sending starts or continues, once approved where that is needed; None
    where a user must act first. `finishes_at` is None where it cannot be predicted."""

    outcome: Outcome
    sentence: Reason
    notes: tuple[Reason, ...] = ()
    begins_at: int | None = None
    finishes_at: int | None = None

    def words(self) -> str:
        """Return the sentence and the notes in the language of this context."""
        return " ".join(reason.words() for reason in (self.sentence, *self.notes))

    def for_operator(self) -> "Forecast":
        """Return the forecast for whoever can start a worker: with the command instead of whom to tell."""
        if self.outcome is not Outcome.NO_WORKER:
            return self
        return replace(self, sentence=reasons.reason("forecast-no-worker", case="command"))

    @property
    def stops(self) -> bool:
        """Whether nothing is sent until a user has done something else."""
        return self.outcome not in (Outcome.NOW, Outcome.SCHEDULED, Outcome.QUIET, Outcome.APPROVAL)


def decide(facts: Facts) -> Forecast:
    """Return what happens next."""
    if facts.other_login:
        return Forecast(Outcome.OTHER_LOGIN, reasons.reason("forecast-other-login", login=facts.other_login))
    earliest = max(facts.now, facts.start_at or 0)
    quiet_until = None if facts.is_test else facts.policy.quiet_until(facts.zone, earliest)
    begins_at = quiet_until or earliest
    if facts.ends_at is not None and facts.ends_at <= begins_at:
        return Forecast(Outcome.TOO_LATE, reasons.reason("forecast-too-late", end=_time(facts, facts.ends_at)))
    way = "quiet" if quiet_until else "scheduled" if begins_at > facts.now else "now"
    at = _time(facts, begins_at)
    if facts.needs_approval:
        is_late = facts.start_at is not None and facts.start_at < facts.now - LATE_MS
        return _approval(facts, "late" if is_late and facts.case is Case.BEGINS else way, begins_at)
    if way == "now" and (obstacle := _obstacle(facts)):
        return obstacle
    notes, finishes_at = _course(facts, begins_at)
    if way == "now" and facts.start_at is not None and facts.case is Case.BEGINS:
        way, at = "missed", _time(facts, facts.start_at)
    outcome = {"quiet": Outcome.QUIET, "scheduled": Outcome.SCHEDULED}.get(way, Outcome.NOW)
    return Forecast(outcome, _sentence(facts.case, way, at), notes, begins_at, finishes_at)


def _sentence(case: Case, way: str, at: dict[str, Any]) -> Reason:
    if case is Case.RUNNING and way == "scheduled":
        case = Case.BEGINS
    if way == "now":  # without the time, which would make each look another forecast
        return reasons.reason(f"forecast-{case}", case=way)
    return reasons.reason(f"forecast-{case}", case=way, time=at)


def _approval(facts: Facts, way: str, begins_at: int) -> Forecast:
    if not facts.approvers:
        return Forecast(Outcome.NO_APPROVER, reasons.reason("forecast-no-approver"))
    names = list(facts.approvers)
    more_count = len(names) - SHOWN_NAMES
    case = "one" if len(names) == 1 else "several" if more_count <= 0 else "many"
    sentence = reasons.reason(
        "forecast-approval", case=case, names=names[:SHOWN_NAMES], n=reasons.number(max(more_count, 0))
    )
    at = {} if way in ("now", "late") else {"time": _time(facts, begins_at)}
    then = reasons.reason("forecast-approved", case=way, **at)
    return Forecast(Outcome.APPROVAL, sentence, (then, *_practice(facts)), begins_at)


def _obstacle(facts: Facts) -> Forecast | None:
    """Return what keeps a campaign from being sent now until a user has done something about it."""
    if facts.refusal is not None and facts.case is not Case.RUNNING:
        return Forecast(Outcome.ACCOUNT, reasons.reason("forecast-account", why=facts.refusal))
    if not facts.has_worker:
        return Forecast(Outcome.NO_WORKER, reasons.reason("forecast-no-worker"), _practice(facts))
    if facts.messages and facts.day_left is not None and facts.day_left < _cost_of_one(facts):
        limit = reasons.money(facts.policy.spend_day or 0)
        return Forecast(Outcome.LIMIT, reasons.reason("forecast-day-limit", limit=limit))
    if facts.messages and facts.campaign_left is not None and facts.campaign_left < _cost_of_one(facts):
        limit = reasons.money(facts.spend_limit or 0)
        return Forecast(Outcome.LIMIT, reasons.reason("forecast-campaign-limit", limit=limit))
    return None


def _cost_of_one(facts: Facts) -> int:
    return facts.cost // facts.messages if facts.messages else 0


# ---------------------------------------------------------------------------------------------------- its course


def _course(facts: Facts, begins_at: int) -> tuple[tuple[Reason, ...], int | None]:
    """Return the notes about the time after the start, and when the campaign finishes."""
    notes = [*_limits(facts, begins_at)]
    finishes_at, pauses = _finish(facts, begins_at)
    if notes:  # it will be paused before its end
        finishes_at = None
    elif finishes_at is not None and facts.ends_at is not None and finishes_at > facts.ends_at:
        notes.append(reasons.reason("forecast-cancels", end=_time(facts, facts.ends_at)))
        finishes_at = facts.ends_at
    elif finishes_at is not None:
        notes += [*pauses[:1], _end(facts, begins_at, finishes_at)]
    if facts.first:
        notes.append(reasons.reason("forecast-shares", case="first", n=reasons.number(len(facts.first))))
    if facts.turns:
        notes.append(reasons.reason("forecast-shares", case="turns", n=reasons.number(len(facts.turns))))
    return (*notes, *_practice(facts)), finishes_at


def _limits(facts: Facts, begins_at: int) -> Iterator[Reason]:
    """Yield the limits that pause it before its end. A limit of a day that has not begun is still whole."""
    cost = reasons.money(facts.cost)
    day, left = facts.policy.spend_day, facts.day_left
    if day is not None and left is not None:
        left = left if _local(facts, begins_at).date() == _local(facts, facts.now).date() else day
        if facts.cost > left:
            amounts = {"limit": reasons.money(day), "left": reasons.money(max(left, 0)), "cost": cost}
            yield reasons.reason("forecast-pauses", case="day-limit", **amounts)
    if facts.campaign_left is not None and facts.cost > facts.campaign_left:
        limit = reasons.money(facts.spend_limit or 0)
        yield reasons.reason("forecast-pauses", case="campaign-limit", limit=limit, cost=cost)


def _end(facts: Facts, begins_at: int, finishes_at: int) -> Reason:
    if finishes_at - begins_at < MINUTE_MS:
        return reasons.reason("forecast-finishes", case="minute")
    speed = facts.speed or 0
    shown_speed = reasons.number(round(speed) if speed >= 10 else round(speed, 1))
    step = MINUTE_MS if finishes_at - facts.now < 60 * MINUTE_MS else 5 * MINUTE_MS
    about = -(-finishes_at // step) * step
    return reasons.reason("forecast-finishes", speed=shown_speed, time=_time(facts, about))


def _finish(facts: Facts, begins_at: int) -> tuple[int | None, list[Reason]]:
    """Return when the last message is sent, and the pauses for quiet hours until then."""
    if not facts.speed or not facts.messages:
        return None, []
    others = sum(facts.first) + sum(min(unsent, facts.messages) for unsent in facts.turns)
    left_ms = (facts.messages + others) / facts.speed * 1000
    at = begins_at
    pauses: list[Reason] = []
    for _pause in range(MOST_PAUSES):
        quiet_at = None if facts.is_test else next_quiet(facts.policy, facts.zone, at)
        if quiet_at is None or at + left_ms <= quiet_at:
            return int(at + left_ms), pauses
        until = facts.policy.quiet_until(facts.zone, quiet_at) or quiet_at
        times = {"time": _time(facts, quiet_at), "until": _time(facts, until)}
        pauses.append(reasons.reason("forecast-pauses", case="quiet", **times))
        left_ms -= quiet_at - at
        at = until
    return None, pauses


def next_quiet(policy: Policy, zone: ZoneInfo, at: int) -> int | None:
    """Return when quiet hours next begin after an instant outside them (UTC ms); None where there are none."""
    moment = datetime.fromtimestamp(at / 1000, zone)
    begins = [
        int(begin.timestamp() * 1000)
        for ahead in range(WEEK + 1)
        for window in policy.quiet
        if (moment + timedelta(days=ahead)).weekday() in window.days
        for begin, _end_of_window in [window.on(moment + timedelta(days=ahead))]
    ]
    return min((begin for begin in begins if begin > at), default=None)


def _practice(facts: Facts) -> tuple[Reason, ...]:
    return (reasons.reason("forecast-practice"),) if facts.sandbox else ()


def _local(facts: Facts, at: int) -> datetime:
    return datetime.fromtimestamp(at / 1000, facts.zone)


def _time(facts: Facts, at: int) -> dict[str, Any]:
    """The time of the day; with its date where that is not today."""
    same_day = _local(facts, at).date() == _local(facts, facts.now).date()
    return reasons.clock(at, facts.zone) if same_day else reasons.instant(at, facts.zone)
