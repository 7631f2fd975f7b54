"""The control group of a campaign: recipients drawn at random who get no message, so that what the messages add can be
measured.

The draw needs no list of who was drawn: a number is in the group when its hash with the campaign's seed is among the
lowest. So a preview, the build of the messages and a later check draw the same people.
"""

import secrets

import numpy as np
import numpy.typing as npt

from getsms_core.base import amounts
from getsms_core.base.errors import DomainError

PERCENT = 100
"""Stored units of a percent: a share is stored in hundredths of a percent."""
MAX_PERCENT = 90
WHOLE = 100 * PERCENT


def parse_share(text: str) -> int:
    """Parse a share of the recipients in percent ("10", "12.5", "12,5 %") and return hundredths of a percent.

    Raises `DomainError` ("bad-control")."""
    typed = text.strip().removesuffix("%").strip()
    try:
        share = amounts.parse_money(typed)  # reads hundredths
    except DomainError:
        raise DomainError.of("bad-control", most=MAX_PERCENT) from None
    check_share(share)
    return share


def check_share(share: int) -> None:
    """Raise `DomainError` ("bad-control") for a share outside 0 to 90 %; 0 means no control group."""
    if not 0 <= share <= MAX_PERCENT * PERCENT:
        raise DomainError.of("bad-control", most=MAX_PERCENT)


def new_seed() -> int:
    """Return a seed for a draw."""
    return secrets.randbits(31)


def size(recipients: int, share: int) -> int:
    """Return how many of the recipients are held out: the share, rounded down."""
    return recipients * share // WHOLE


def draw(phones: npt.NDArray[np.int64], share: int, seed: int) -> npt.NDArray[np.bool_]:
    """Return which of these numbers are in the control group. `share` is in hundredths of a percent."""
    drawn = np.zeros(len(phones), np.bool_)
    held_out = size(len(phones), share)
    if held_out:
        drawn[np.argsort(_hashes(phones, seed), kind="stable")[:held_out]] = True
    return drawn


def _hashes(phones: npt.NDArray[np.int64], seed: int) -> npt.NDArray[np.uint64]:
    """SplitMix64 of each number and the seed (Steele, Lea, Flood 2014): the same on every machine and in every version
    of numpy, whose generators may change."""
    with np.errstate(over="ignore"):
        mixed = phones.astype(np.uint64) + np.uint64(seed + 1) * np.uint64(0x9E3779B97F4A7C15)
        mixed = (mixed ^ (mixed >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        mixed = (mixed ^ (mixed >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        hashed: npt.NDArray[np.uint64] = mixed ^ (mixed >> np.uint64(31))
    return hashed
