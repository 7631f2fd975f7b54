"""The fate of a practice message: determined by its number, its text and the seed, so that it can be repeated.

The manual shows one status word, "delivered". The others here are plausible: "accepted" until the message is passed to
an operator, "sent" until its final status, then "delivered", "undelivered" or "expired".
"""

from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from hashlib import blake2b
from math import exp
from statistics import NormalDist
from zoneinfo import ZoneInfo

ZONE = ZoneInfo("Asia/Tashkent")  # the zone of the gateway's dates
_NORMAL = NormalDist()


@dataclass(frozen=True, slots=True)
class RangeProfile:
    """The delivery of a number range: the median and the spread (sigma of the logarithm) of the seconds from submission
    to the final status, and the shares that are not delivered."""

    median: float
    spread: float
    undelivered: float
    expired: float


RANGE_PROFILES: dict[str, RangeProfile] = {
    "20": RangeProfile(5, 0.8, 0.04, 0.010),
    "33": RangeProfile(4, 0.7, 0.03, 0.010),
    "50": RangeProfile(6, 0.9, 0.05, 0.015),
    "55": RangeProfile(3, 0.6, 0.02, 0.005),
    "70": RangeProfile(9, 1.1, 0.06, 0.020),
    "77": RangeProfile(7, 1.0, 0.06, 0.020),
    "88": RangeProfile(5, 0.9, 0.04, 0.010),
    "90": RangeProfile(4, 0.7, 0.02, 0.005),
    "91": RangeProfile(4, 0.8, 0.03, 0.008),
    "93": RangeProfile(3, 0.6, 0.02, 0.005),
    "94": RangeProfile(3, 0.6, 0.02, 0.005),
    "95": RangeProfile(8, 1.1, 0.05, 0.015),
    "97": RangeProfile(6, 0.9, 0.04, 0.010),
    "98": RangeProfile(10, 1.2, 0.08, 0.030),
    "99": RangeProfile(8, 1.1, 0.05, 0.015),
}
"""By the two digits after 998; invented, with a plausible spread."""
DEFAULT_PROFILE = RangeProfile(15, 1.2, 0.10, 0.030)

FIXED_FATES: dict[int, str] = {
    998900000001: "delivered",  # at once
    998900000002: "undelivered",  # at once
    998900000003: "never",  # "sent" for ever
    998900000004: "error-300",
    998900000005: "read-timeout",
    998900000006: "reset-before",
    998900000007: "reset-after",
    998900000008: "http-500-after",
    998900000009: "unknown-word",  # at once
    998900000010: "expired",  # at once
    998900000011: "error-201",
}
"""Numbers with a fixed fate. Full numbers, not endings, so that no list of real recipients contains them by chance."""
UNKNOWN_WORD = "buffered"


@dataclass(frozen=True, slots=True)
class Fate:
    """Seconds after the submission at which the status becomes "sent" and `word`; `done` is `None` for never."""

    sent: float
    done: float | None
    word: str
    description: str = "OK"


_AT_ONCE = {
    "delivered": Fate(0, 0, "delivered"),
    "undelivered": Fate(0, 0, "undelivered", "Absent subscriber"),
    "expired": Fate(0, 0, "expired", "Validity period is over"),
    "unknown-word": Fate(0, 0, UNKNOWN_WORD),
    "never": Fate(0, None, "sent"),
}


@lru_cache(maxsize=32768)
def fate(phone: str, text: str, seed: int) -> Fate:
    """Return the fate of a message in real time."""
    magic = FIXED_FATES.get(int(phone)) if phone.isascii() and phone.isdigit() else None
    if magic in _AT_ONCE:
        return _AT_ONCE[magic]
    bits = int.from_bytes(blake2b(f"{seed}\n{phone}\n{text}".encode(), digest_size=16).digest(), "big")
    luck, wait, hop = ((bits >> shift & 0xFFFFFFFF) / 0x100000000 for shift in (0, 32, 64))
    how = RANGE_PROFILES.get(phone[3:5], DEFAULT_PROFILE) if phone.startswith("998") else DEFAULT_PROFILE
    seconds_to_delivery = how.median * exp(how.spread * _NORMAL.inv_cdf(min(max(wait, 1e-6), 1 - 1e-6)))
    sent = min(seconds_to_delivery / 2, 0.5 + hop)
    if luck < how.expired:
        return Fate(sent, seconds_to_delivery * 20, "expired", "Validity period is over")
    if luck < how.expired + how.undelivered:
        return Fate(sent, seconds_to_delivery * 3, "undelivered", "Absent subscriber")
    return Fate(sent, seconds_to_delivery, "delivered")


@dataclass(frozen=True, slots=True)
class StatusReport:
    """The status of a message at one moment; dates as the gateway writes them, empty until then."""

    status: str
    date_sent: str
    date_delivered: str
    description: str


def status_at(phone: str, text: str, seed: int, speed: float, received_at: int, now: int) -> StatusReport:
    """Return the status of a message at `now`; instants are UTC milliseconds, `speed` is a multiple of real time, 0 =
    at once."""
    message_fate = fate(phone, text, seed)
    slow = 1000 / speed if speed else 0.0
    sent_at = received_at + round(message_fate.sent * slow)
    if now < sent_at:
        return StatusReport("accepted", "", "", "OK")
    done_at = None if message_fate.done is None else received_at + round(message_fate.done * slow)
    if done_at is None or now < done_at:
        return StatusReport("sent", gateway_date(sent_at), "", "OK")
    return StatusReport(
        message_fate.word,
        gateway_date(sent_at),
        gateway_date(done_at) if message_fate.word == "delivered" else "",
        message_fate.description,
    )


def gateway_date(instant: int) -> str:
    """Return UTC milliseconds as the gateway writes a date: Tashkent time without a zone."""
    return _date(instant // 1000)


@lru_cache(maxsize=8192)
def _date(second: int) -> str:
    return datetime.fromtimestamp(second, ZONE).isoformat(" ")[:19]
