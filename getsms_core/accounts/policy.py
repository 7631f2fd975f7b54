"""The rules of an account: quiet hours, spending limits, the frequency cap, and what a second user must approve. Stored
in the account's row."""

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
"""The states of messages that were sent, or may have been: they count against a limit."""
WEEK = 7
MAX_MONTHS = 120
MAX_OWN_WORDS, OWN_WORD_LENGTH = 500, 60
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
        """Return the window that begins on this day."""
        begin = datetime.combine(day.date(), time.fromisoformat(self.start), day.tzinfo)
        end = datetime.combine(day.date(), time.fromisoformat(self.to), day.tzinfo)
        return begin, end if end > begin else end + timedelta(days=1)


@dataclass(frozen=True)
class Policy:
    """All rules of an account. Money is tiyin, None is no limit; `cap_messages` 0 is no frequency cap. A campaign of
    more than `approve_messages` messages, or of a cost above `approve_cost`, is sent only after a second user has
    approved it: 0 means every campaign, None for both means none. Texts and numbers are erased `erase_months` after a
    campaign has ended; 0 means never. `own_words` are names that stay as they are when a text changes its script."""

    quiet: tuple[QuietHours, ...] = field(default=())
    spend_day: int | None = None
    cap_messages: int = 0
    cap_days: int = 0
    approve_messages: int | None = None
    approve_cost: int | None = None
    erase_months: int = 0
    own_words: tuple[str, ...] = ()

    @classmethod
    def read(cls, stored: Mapping[str, Any]) -> "Policy":
        """Return the policy from the account's row."""
        quiet = tuple(
            QuietHours(tuple(window["days"]), window["start"], window["to"]) for window in stored.get("quiet", ())
        )
        return cls(
            quiet,
            stored.get("spend_day"),
            stored.get("cap_messages", 0),
            stored.get("cap_days", 0),
            stored.get("approve_messages"),
            stored.get("approve_cost"),
            stored.get("erase_months", 0),
            tuple(stored.get("own_words", ())),
        )

    def wants_approval(self, messages: int, cost: int) -> bool:
        """Return whether a campaign of this many messages and this cost (tiyin) needs approval."""
        return (self.approve_messages is not None and messages > self.approve_messages) or (
            self.approve_cost is not None and cost > self.approve_cost
        )

    def quiet_until(self, zone: ZoneInfo, now: int) -> int | None:
        """Return when the quiet hours at `now` end (UTC ms); None outside them. Adjoining windows count as one."""
        end: datetime | None = None
        moment = datetime.fromtimestamp(now / 1000, zone)
        limit = moment + timedelta(days=WEEK)
        while True:
            window_ends = [
                window_end
                for days_back in (1, 0)
                for window in self.quiet
                if (moment - timedelta(days=days_back)).weekday() in window.days
                for begin, window_end in [window.on(moment - timedelta(days=days_back))]
                if begin <= moment < window_end
            ]
            if not window_ends or moment >= limit:
                return int(end.timestamp() * 1000) if end else None
            end = moment = max(window_ends)


def get(session: Session, account_id: int) -> Policy:
    """Return the account's rules."""
    stored = session.scalar(sa.select(col(Account.policy)).where(col(Account.id) == account_id))
    return Policy.read(stored or {})


def in_force(store: Store, account_id: int) -> Policy:
    """Return the account's rules, read in a session of its own."""
    with store.reading() as session:
        return get(session, account_id)


def save(store: Store, actor: Actor, account_id: int, policy: Policy, zone: ZoneInfo) -> None:
    """Set the account's rules; running campaigns apply them within a second.

    Raises `DomainError` ("bad-quiet-hours", "always-quiet", "bad-limit") and changes nothing."""
    actor.must(Permission.SETTINGS)
    _check(policy, zone)
    with store.writing() as session:
        before = get(session, account_id)
        session.execute(sa.update(Account).where(col(Account.id) == account_id).values(policy=asdict(policy)))
        if policy.cap_messages and policy.cap_days > (before.cap_days if before.cap_messages else 0):
            count_contacts(session, account_id)
        elif not policy.cap_messages and not _cap_days(session):
            session.execute(sa.delete(Contact))
        audit.note(session, actor, "policy.save", f"account:{account_id}", **asdict(policy))


def words_of(text: str) -> tuple[str, ...]:
    """Return the own words of a text as a user types it: separated by commas or line breaks, each once."""
    words: dict[str, str] = {}
    for written in text.replace("\n", ",").split(","):
        word = " ".join(written.split())
        if word:
            words.setdefault(word.casefold(), word)
    return tuple(words.values())


def loosened_limits(policy: Policy, than: Policy) -> list[str]:
    """Return the limits of a policy that are looser than those of another: "spend_day", "cap"."""
    limits = []
    if than.spend_day is not None and (policy.spend_day is None or policy.spend_day > than.spend_day):
        limits.append("spend_day")
    fewer_days, more_messages = policy.cap_days < than.cap_days, policy.cap_messages > than.cap_messages
    if than.cap_messages and (not policy.cap_messages or fewer_days or more_messages):
        limits.append("cap")
    return limits


def _check(policy: Policy, zone: ZoneInfo) -> None:
    for window in policy.quiet:
        try:
            time.fromisoformat(window.start), time.fromisoformat(window.to)
        except ValueError:
            raise DomainError(
                "bad-quiet-hours",
                _("Quiet hours are written as HH:MM, for example 21:00. Found: {start} to {to}.").format(
                    start=window.start, to=window.to
                ),
            ) from None
        if not window.days or any(day not in range(WEEK) for day in window.days):
            raise DomainError("bad-quiet-hours", _("Choose at least one weekday for the quiet hours."))
    monday = int(datetime(2026, 1, 5, tzinfo=zone).timestamp() * 1000)
    until = policy.quiet_until(zone, monday)
    if until is not None and until - monday >= WEEK * 24 * HOUR:
        raise DomainError(
            "always-quiet", _("These quiet hours leave no time to send. Leave at least a few minutes a week.")
        )
    if (policy.spend_day is not None and policy.spend_day <= 0) or policy.cap_messages < 0 or policy.cap_days < 0:
        raise DomainError("bad-limit", _("A limit must be greater than zero; leave it empty for none."))
    if (policy.approve_messages or 0) < 0 or (policy.approve_cost or 0) < 0:
        raise DomainError("bad-limit", _("A limit for approval must not be below zero; leave it empty for none."))
    if not 0 <= policy.erase_months <= MAX_MONTHS:
        raise DomainError("bad-limit", _("Erase after 1 to {n} months, or 0 for never.").format(n=MAX_MONTHS))
    if len(policy.own_words) > MAX_OWN_WORDS:
        raise DomainError("bad-own-words", _("At most {n} own words can be kept.").format(n=MAX_OWN_WORDS))
    for word in policy.own_words:
        if not word.strip() or len(word) > OWN_WORD_LENGTH or not word.isprintable() or set(word) & set("{},"):
            raise DomainError(
                "bad-own-words",
                _(
                    "“{word}” cannot be an own word. Write a name of at most {n} characters, without commas and braces."
                ).format(word=word[:OWN_WORD_LENGTH], n=OWN_WORD_LENGTH),
            )
    if bool(policy.cap_messages) != bool(policy.cap_days):
        raise DomainError("bad-limit", _("A frequency cap needs both: how many SMS, and in how many days."))


def _cap_days(session: Session) -> int:
    """Return the longest time (days) over which an account's frequency cap counts; 0 where no account has a cap."""
    policies = map(Policy.read, session.scalars(sa.select(col(Account.policy))))
    return max((policy.cap_days for policy in policies if policy.cap_messages), default=0)


def count_contacts(session: Session, account_id: int) -> None:
    """Count the messages per number and hour anew, over the days of the longest frequency cap. Test sends do not count,
    nor does practice for a real account."""
    since = now_ms(session) - _cap_days(session) * 24 * HOUR
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
    """Return the number of SMS sent to each of these numbers within the cap's days, for those that have reached it. At
    most 900 numbers."""
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
    """Return the numbers that have reached the frequency cap now, sorted."""
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
