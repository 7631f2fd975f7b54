"""The rules of an account: quiet hours, spending limits, how often one number may be written to, what a second person
must approve. Kept in the account's row."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import sqlalchemy as sa
from sqlmodel import Session, col

from getsms_core.audit import log as audit
from getsms_core.base.errors import DomainError
from getsms_core.base.i18n import _
from getsms_core.base.permissions import Actor, Permission
from getsms_core.base.states import SENT, MessageState
from getsms_core.db.engine import Store, now_ms
from getsms_core.db.models import Account, Campaign, Contact, Message
from getsms_core.db.rollups import HOUR

SENT_OR_UNCERTAIN = (*sorted(SENT), MessageState.UNCERTAIN)
"""The states of messages that left, or may have: what counts against a limit."""
WEEK = 7
MAX_MONTHS = 120
SENT_BACK = "approval-refused"
"""The code of a draft that was not approved."""


@dataclass(frozen=True)
class QuietHours:
    """Hours in which nothing is sent: weekdays (0 = Monday) on which they begin, from and to as "HH:MM" of the
    settings' zone. `to` at or before `start` is on the next day."""

    days: tuple[int, ...]
    start: str
    to: str

    def on(self, day: datetime) -> tuple[datetime, datetime]:
        """The window that begins on this day."""
        begin = datetime.combine(day.date(), time.fromisoformat(self.start), day.tzinfo)
        end = datetime.combine(day.date(), time.fromisoformat(self.to), day.tzinfo)
        return begin, end if end > begin else end + timedelta(days=1)


@dataclass(frozen=True)
class Policy:
    """All rules of an account. Money is tiyin, None is no limit; `cap_messages` 0 is no frequency cap. A campaign of
    more than `approve_messages` messages, or of a cost above `approve_cost`, is sent only after a second person has
    approved it: 0 means every campaign, None for both none. `erase_months` after a campaign has ended its texts and
    numbers are erased; 0 never."""

    quiet: tuple[QuietHours, ...] = field(default=())
    spend_day: int | None = None
    cap_messages: int = 0
    cap_days: int = 0
    approve_messages: int | None = None
    approve_cost: int | None = None
    erase_months: int = 0

    @classmethod
    def read(cls, kept: Mapping[str, Any]) -> "Policy":
        """From what the account's row keeps."""
        quiet = tuple(QuietHours(tuple(each["days"]), each["start"], each["to"]) for each in kept.get("quiet", ()))
        return cls(
            quiet,
            kept.get("spend_day"),
            kept.get("cap_messages", 0),
            kept.get("cap_days", 0),
            kept.get("approve_messages"),
            kept.get("approve_cost"),
            kept.get("erase_months", 0),
        )

    def wants_approval(self, messages: int, cost: int) -> bool:
        """Whether a campaign of so many messages and tiyin needs a second person."""
        return (self.approve_messages is not None and messages > self.approve_messages) or (
            self.approve_cost is not None and cost > self.approve_cost
        )

    def quiet_until(self, zone: ZoneInfo, now: int) -> int | None:
        """When the quiet hours that hold at `now` end (UTC ms); None outside them. Windows that touch are one."""
        end: datetime | None = None
        at = datetime.fromtimestamp(now / 1000, zone)
        last = at + timedelta(days=WEEK)
        while True:
            longer = [
                to
                for back in (1, 0)
                for each in self.quiet
                if (at - timedelta(days=back)).weekday() in each.days
                for begin, to in [each.on(at - timedelta(days=back))]
                if begin <= at < to
            ]
            if not longer or at >= last:
                return int(end.timestamp() * 1000) if end else None
            end = at = max(longer)


def get(session: Session, account_id: int) -> Policy:
    """Return the account's rules."""
    kept = session.scalar(sa.select(col(Account.policy)).where(col(Account.id) == account_id))
    return Policy.read(kept or {})


def in_force(store: Store, account_id: int) -> Policy:
    """Return the account's rules, read in a session of its own."""
    with store.reading() as session:
        return get(session, account_id)


def save(store: Store, actor: Actor, account_id: int, policy: Policy, zone: ZoneInfo) -> None:
    """Set the account's rules; running campaigns heed them within a second.

    Raises `DomainError` ("bad-quiet-hours", "always-quiet", "bad-limit") and changes nothing."""
    actor.must(Permission.SETTINGS)
    _check(policy, zone)
    with store.writing() as session:
        before = get(session, account_id)
        session.execute(sa.update(Account).where(col(Account.id) == account_id).values(policy=asdict(policy)))
        if policy.cap_messages and policy.cap_days > (before.cap_days if before.cap_messages else 0):
            _count_contacts(session, account_id, now_ms(session) - policy.cap_days * 24 * HOUR)
        elif not policy.cap_messages:
            session.execute(sa.delete(Contact))
        audit.note(session, actor, "policy.save", f"account:{account_id}", **asdict(policy))


def loosened_limits(policy: Policy, than: Policy) -> list[str]:
    """Which limits of an account let more through than others did: "spend_day", "cap"."""
    limits = []
    if than.spend_day is not None and (policy.spend_day is None or policy.spend_day > than.spend_day):
        limits.append("spend_day")
    fewer_days, more_messages = policy.cap_days < than.cap_days, policy.cap_messages > than.cap_messages
    if than.cap_messages and (not policy.cap_messages or fewer_days or more_messages):
        limits.append("cap")
    return limits


def _check(policy: Policy, zone: ZoneInfo) -> None:
    for each in policy.quiet:
        try:
            time.fromisoformat(each.start), time.fromisoformat(each.to)
        except ValueError:
            raise DomainError(
                "bad-quiet-hours",
                _("Quiet hours are written as HH:MM, for example 21:00. Found: {start} to {to}.").format(
                    start=each.start, to=each.to
                ),
            ) from None
        if not each.days or any(day not in range(WEEK) for day in each.days):
            raise DomainError("bad-quiet-hours", _("Choose at least one weekday for the quiet hours."))
    monday = int(datetime(2026, 1, 5, tzinfo=zone).timestamp() * 1000)
    until = policy.quiet_until(zone, monday)
    if until is not None and until - monday >= WEEK * 24 * HOUR:
        raise DomainError(
            "always-quiet", _("These quiet hours leave no time to send in. Leave at least some minutes a week.")
        )
    if (policy.spend_day is not None and policy.spend_day <= 0) or policy.cap_messages < 0 or policy.cap_days < 0:
        raise DomainError("bad-limit", _("A limit must be greater than zero; leave it empty for none."))
    if (policy.approve_messages or 0) < 0 or (policy.approve_cost or 0) < 0:
        raise DomainError("bad-limit", _("A limit for approval must not be below zero; leave it empty for none."))
    if not 0 <= policy.erase_months <= MAX_MONTHS:
        raise DomainError("bad-limit", _("Erase after 1 to {n} months, or 0 for never.").format(n=MAX_MONTHS))
    if bool(policy.cap_messages) != bool(policy.cap_days):
        raise DomainError("bad-limit", _("A frequency cap needs both: how many SMS, and in how many days."))


def _count_contacts(session: Session, account_id: int, since: int) -> None:
    """Count who was written to. Tests to oneself do not count, nor does practice for a real account."""
    practice = sa.select(col(Account.sandbox)).where(col(Account.id) == account_id).scalar_subquery()
    session.execute(sa.delete(Contact))
    hour = col(Message.left_at) // HOUR
    session.execute(
        sa.insert(Contact).from_select(
            ["phone", "hour", "messages"],
            sa.select(col(Message.phone), hour, sa.func.count())
            .join(Campaign, col(Campaign.id) == col(Message.campaign_id))
            .join(Account, col(Account.id) == col(Campaign.account_id))
            .where(
                col(Message.left_at) >= since,
                col(Message.state).in_(SENT_OR_UNCERTAIN),
                col(Campaign.is_test).is_(False),
                col(Account.sandbox) == practice,
            )
            .group_by(col(Message.phone), hour),
        )
    )


def over_cap(session: Session, policy: Policy, phones: list[int], now: int) -> dict[int, int]:
    """How many SMS left to each of these numbers within the cap's days, for those that have reached it. At most 900
    numbers."""
    if not policy.cap_messages or not phones:
        return {}
    total = sa.func.sum(col(Contact.messages))
    rows = session.execute(
        sa.select(col(Contact.phone), total)
        .where(col(Contact.phone).in_(phones), col(Contact.hour) > now // HOUR - policy.cap_days * 24)
        .group_by(col(Contact.phone))
        .having(total >= policy.cap_messages)
    )
    return {phone: int(n) for phone, n in rows}


def numbers_over_cap(
    store: Store, account_id: int, phones: "np.ndarray[Any, np.dtype[np.int64]]"
) -> "np.ndarray[Any, np.dtype[np.int64]]":
    """Those of the numbers that have reached the frequency cap as of now, sorted: what the check of a list shows."""
    with store.reading() as session:
        policy, now = get(session, account_id), now_ms(session)
        if not policy.cap_messages:
            return np.empty(0, np.int64)
        total = sa.func.sum(col(Contact.messages))
        reached = session.scalars(
            sa.select(col(Contact.phone))
            .where(col(Contact.hour) > now // HOUR - policy.cap_days * 24)
            .group_by(col(Contact.phone))
            .having(total >= policy.cap_messages)
        )
        return np.intersect1d(np.fromiter(reached, dtype=np.int64), phones)
