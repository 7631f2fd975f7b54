"""The filter of a report: a period in local days, campaigns, number ranges, sender names. It is kept in the page's
address."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo

from getsms_core import phone
from getsms_core.base.errors import DomainError

HOUR = 3600  # seconds


@dataclass(frozen=True)
class Filter:
    """A selection of messages. Empty means everything; `since` and `until` are local days, both inclusive. With a
    period only messages sent within it count; without one, unsent messages too. Test campaigns are excluded
    unless requested. `ranges` are names of `phone.RANGES`, since indexes change with the version of the metadata."""

    since: date | None = None
    until: date | None = None
    campaigns: tuple[int, ...] = ()
    ranges: tuple[str, ...] = ()
    senders: tuple[str, ...] = ()
    include_tests: bool = False

    def to_query(self) -> dict[str, list[str]]:
        """Return the filter as parameters of an address, without empty ones."""
        query = {
            "from": [self.since.isoformat()] if self.since else [],
            "to": [self.until.isoformat()] if self.until else [],
            "campaign": [str(campaign_id) for campaign_id in self.campaigns],
            "range": list(self.ranges),
            "sender": list(self.senders),
            "tests": ["1"] if self.include_tests else [],
        }
        return {name: values for name, values in query.items() if values}

    @classmethod
    def from_query(cls, query: Mapping[str, str | Sequence[str]]) -> "Filter":
        """Return the filter of an address; unknown parameters are ignored. Raises `DomainError` ("bad-question") for
        a value that cannot be read: a wrong figure is worse than none."""
        question = cls.from_stored(query)
        for name in question.ranges:
            if name not in phone.RANGES:
                raise unreadable("range", name)
        return question

    @classmethod
    def from_stored(cls, query: Mapping[str, str | Sequence[str]]) -> "Filter":
        """Return the filter that a saved report or a file keeps, as `from_query`; with the number ranges that today's
        metadata no longer has, so that the report can be shown and deleted. To read messages of them is refused."""
        return cls(
            since=_day(query, "from"),
            until=_day(query, "to"),
            campaigns=tuple(_number("campaign", value) for value in _values(query, "campaign")),
            ranges=tuple(_values(query, "range")),
            senders=tuple(_values(query, "sender")),
            include_tests=_values(query, "tests") == ["1"],
        )

    def hours(self, zone: tzinfo) -> tuple[int | None, int | None]:
        """Return the first hour (since 1970, UTC) of the period and the first one after it; None where it is open.
        An hour belongs to the local day in which it begins."""
        return (
            _first_hour(self.since, zone) if self.since else None,
            _first_hour(self.until + timedelta(days=1), zone) if self.until and self.until < date.max else None,
        )


def last_days(days: int, zone: tzinfo, now: int) -> Filter:
    """Return the last `days` local days, including today; `now` is UTC ms."""
    today = local_day(now, zone)
    return Filter(since=today - timedelta(days=days - 1), until=today)


def local_day(now: int, zone: tzinfo) -> date:
    """Return the local day of an instant (UTC ms)."""
    return datetime.fromtimestamp(now / 1000, UTC).astimezone(zone).date()


def _first_hour(day: date, zone: tzinfo) -> int:
    midnight = datetime.combine(day, time(), zone).timestamp()
    return -int(-midnight // HOUR)


def _values(query: Mapping[str, str | Sequence[str]], name: str) -> list[str]:
    values = query.get(name, [])
    return [readable(name, value) for value in ([values] if isinstance(values, str) else values)]


def _day(query: Mapping[str, str | Sequence[str]], name: str) -> date | None:
    values = _values(query, name)
    if not values:
        return None
    try:
        return date.fromisoformat(values[-1])
    except ValueError:
        raise unreadable(name, values[-1]) from None


def _number(name: str, value: str) -> int:
    if not value.isdecimal():
        raise unreadable(name, value)
    return int(value)


def readable(name: str, value: str) -> str:
    """Return a value of an address. Raises `DomainError` ("bad-question") for one with NUL, which PostgreSQL refuses in
    any text."""
    if "\0" in value:
        raise unreadable(name, value.replace("\0", ""))
    return value


def unreadable(name: str, value: str) -> DomainError:
    """Return the error for a value of an address that cannot be read."""
    return DomainError.of("bad-question", name=name, value=value[:40])
