"""The rules of an account: quiet hours, spending limits, the frequency cap, and what a second user must approve. Stored
in the account's row."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import sqlalchemy as sa
from sqlmodel import Session, col

from getsms_core.audit import log as audit
from getsms_core.base.errors import Conflict, DomainError
from getsms_core.base.i18n import _
from getsms_core.base.kinds import MessageKind
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
class KindRules:
    """The rules of one kind of message where they differ from the account's; None stands for the account's. `cap` is
    messages and days, (0, 0) for no cap."""

    quiet: tuple[QuietHours, ...] | None = None
    cap: tuple[int, int] | None = None

    def __bool__(self) -> bool:
        return self.quiet is not None or self.cap is not None


@dataclass(frozen=True)
class Policy:
    """Rules of an account. Money is tiyin, None means no limit; `cap_messages` 0 means no frequency cap. A campaign of
    more than `approve_messages` messages, or of a cost above `approve_cost`, is sent only after a second user has
    approved it: 0 means every campaign, None for both means none. Texts and numbers are erased `erase_months` after a
    campaign has ended; 0 means never. `own_words` are names that stay as they are when a text changes its script.
    `by_kind` has the kinds of messages with rules of their own: use `of_kind` to apply a rule."""

    quiet: tuple[QuietHours, ...] = field(default=())
    spend_day: int | None = None
    cap_messages: int = 0
    cap_days: int = 0
    approve_messages: int | None = None
    approve_cost: int | None = None
    erase_months: int = 0
    own_words: tuple[str, ...] = ()
    by_kind: Mapping[str, KindRules] = field(default_factory=dict)

    @classmethod
    def from_stored(cls, stored: Mapping[str, Any]) -> "Policy":
        """Return the policy from the account's row."""
        by_kind = {
            kind: KindRules(
                None if rules.get("quiet") is None else _windows(rules["quiet"]),
                None if rules.get("cap") is None else (rules["cap"][0], rules["cap"][1]),
            )
            for kind, rules in stored.get("by_kind", {}).items()
        }
        return cls(
            _windows(stored.get("quiet", ())),
            stored.get("spend_day"),
            stored.get("cap_messages", 0),
            stored.get("cap_days", 0),
            stored.get("approve_messages"),
            stored.get("approve_cost"),
            stored.get("erase_months", 0),
            tuple(stored.get("own_words", ())),
            by_kind,
        )

    def to_stored(self) -> dict[str, Any]:
        """Return the policy as the account's row keeps it."""
        return asdict(self)

    def of_kind(self, kind: str) -> "Policy":
        """Return the rules that hold for messages of a kind."""
        if not self.by_kind:
            return self
        own = self.by_kind.get(kind, KindRules())
        messages, days = (self.cap_messages, self.cap_days) if own.cap is None else own.cap
        quiet = self.quiet if own.quiet is None else own.quiet
        return replace(self, quiet=quiet, cap_messages=messages, cap_days=days, by_kind={})

    def with_rules_of(self, kind: str | None, **rules: Any) -> "Policy":
        """Return this policy with another `quiet` (windows) or `cap` (messages, days) for a kind of message. Without a
        kind it is for both, and ends what either had of its own."""
        by_kind = dict(self.by_kind)
        for changed in [kind] if kind else list(by_kind):
            by_kind[changed] = replace(
                by_kind.get(changed, KindRules()), **(rules if kind else dict.fromkeys(rules, None))
            )
        by_kind = {kind: own for kind, own in by_kind.items() if own}
        if kind:
            return replace(self, by_kind=by_kind)
        whole = {"quiet": rules["quiet"]} if "quiet" in rules else {}
        if "cap" in rules:
            whole |= {"cap_messages": rules["cap"][0], "cap_days": rules["cap"][1]}
        return replace(self, by_kind=by_kind, **whole)

    @property
    def counts_apart(self) -> bool:
        """Whether a frequency cap counts messages of its own kind alone: once a kind has a cap of its own."""
        return any(own.cap is not None for own in self.by_kind.values())

    @property
    def cap_window(self) -> int:
        """The longest time (days) over which a frequency cap counts; 0 without one."""
        return max(rules.cap_days if rules.cap_messages else 0 for rules in map(self.of_kind, MessageKind))

    @property
    def has_cap(self) -> bool:
        """Whether messages of any kind have a frequency cap."""
        return self.cap_window > 0

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


def _windows(stored: Sequence[Mapping[str, Any]]) -> tuple[QuietHours, ...]:
    return tuple(QuietHours(tuple(window["days"]), window["start"], window["to"]) for window in stored)


def get(session: Session, account_id: int) -> Policy:
    """Return the account's rules."""
    stored = session.scalar(sa.select(col(Account.policy)).where(col(Account.id) == account_id))
    return Policy.from_stored(stored or {})


def in_force(store: Store, account_id: int) -> Policy:
    """Return the account's rules, read in a session of its own."""
    with store.reading() as session:
        return get(session, account_id)


def save(
    store: Store, actor: Actor, account_id: int, policy: Policy, zone: ZoneInfo, *, seen: Policy | None = None
) -> Policy:
    """Set the account's rules, and return them; running campaigns apply them within a second. `seen` are the rules that
    the user changed into `policy`: those that the user left as they were stay as they are now.

    Raises `DomainError` ("bad-quiet-hours", "always-quiet", "bad-limit"; "changed-meanwhile" where another user has
    changed the same rule since `seen`) and changes nothing."""
    actor.must(Permission.SETTINGS)
    _check(policy, zone)
    with store.writing() as session:
        locked = sa.select(col(Account.id)).where(col(Account.id) == account_id).with_for_update()
        session.execute(locked).all()
        before = get(session, account_id)
        policy = policy if seen is None else _merged(session, account_id, policy, seen, before)
        _check(policy, zone)
        session.execute(sa.update(Account).where(col(Account.id) == account_id).values(policy=policy.to_stored()))
        if policy.cap_window > before.cap_window or (policy.counts_apart and not before.counts_apart):
            count_contacts(session, account_id)
        elif not _cap_days(session):
            session.execute(sa.delete(Contact))
        audit.note(session, actor, "policy.save", f"account:{account_id}", **policy.to_stored(),
                   before=audit.changes(before.to_stored(), policy.to_stored())["before"])  # fmt: skip
    return policy


def _merged(session: Session, account_id: int, wanted: Policy, seen: Policy, current: Policy) -> Policy:
    """Return the present rules with what a user changed of those that they saw."""
    changed = {}
    for name in Policy.__dataclass_fields__:
        value = getattr(wanted, name)
        if value != getattr(seen, name):
            changed[name] = value
            if getattr(current, name) not in (value, getattr(seen, name)):
                last = audit.last_actor(session, f"account:{account_id}", "policy.save")
                raise Conflict.of("changed-meanwhile", case="rules", name=last or _("another user"))
    return replace(current, **changed)


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
    unknown = set(policy.by_kind) - set(MessageKind)
    if unknown:
        template = _("There is no kind {name}. The kinds are: {names}.")
        raise DomainError("bad-kind", template.format(name=min(unknown), names=", ".join(MessageKind)))
    _check_rules(policy, zone)
    for kind in policy.by_kind:
        _check_rules(policy.of_kind(kind), zone)


def _check_rules(policy: Policy, zone: ZoneInfo) -> None:
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
    policies = map(Policy.from_stored, session.scalars(sa.select(col(Account.policy))))
    return max((policy.cap_window for policy in policies), default=0)


def count_contacts(session: Session, account_id: int) -> None:
    """Recount the messages per number and hour over the days of the longest frequency cap. Test sends do not count,
    nor does practice for a real account."""
    since = now_ms(session) - _cap_days(session) * 24 * HOUR
    practice = sa.select(col(Account.sandbox)).where(col(Account.id) == account_id).scalar_subquery()
    session.execute(sa.delete(Contact))
    hour = col(Message.left_at) // HOUR
    session.execute(
        sa.insert(Contact).from_select(
            ["phone", "hour", "messages", "service"],
            sa.select(
                col(Message.phone),
                hour,
                sa.func.count(),
                sa.func.sum(sa.case((col(Campaign.category) == MessageKind.SERVICE, 1), else_=0)),
            )
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


def counted_by_cap(session: Session, policy: Policy, phones: list[int], now: int, kind: str = "") -> dict[int, int]:
    """Return the number of SMS of a kind ("": of every kind) sent to each of these numbers within the cap's days, also
    below the cap: those in flight are added to it. At most 900 numbers."""
    if not policy.cap_messages or not phones:
        return {}
    query, _total = _counted_by_cap(policy, now, kind)
    rows = session.execute(query.where(col(Contact.phone).in_(phones)))
    return {phone: int(n) for phone, n in rows}


def numbers_over_cap(
    store: Store, account_id: int, phones: "np.ndarray[Any, np.dtype[np.int64]]", kind: str
) -> "np.ndarray[Any, np.dtype[np.int64]]":
    """Return the numbers that have reached the frequency cap for messages of a kind now, sorted."""
    with store.reading() as session:
        whole, now = get(session, account_id), now_ms(session)
        rules = whole.of_kind(kind)
        if not rules.cap_messages:
            return np.empty(0, np.int64)
        query, total = _counted_by_cap(rules, now, kind if whole.counts_apart else "")
        reached = session.execute(query.having(total >= rules.cap_messages)).all()
        return np.intersect1d(np.fromiter((row[0] for row in reached), np.int64, len(reached)), phones)


def _counted_by_cap(policy: Policy, now: int, kind: str) -> tuple[sa.Select[int, int], sa.ColumnElement[int]]:
    counts = {
        "": col(Contact.messages),
        MessageKind.SERVICE: col(Contact.service),
        MessageKind.ADVERTISING: col(Contact.messages) - col(Contact.service),
    }
    total = sa.func.sum(counts[kind])
    query = sa.select(col(Contact.phone), total).where(col(Contact.hour) > now // HOUR - policy.cap_days * 24)
    return query.group_by(col(Contact.phone)), total
