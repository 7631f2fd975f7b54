"""Simulated faults: their names, and the dice that choose at most one for a call.

A bare name is for send calls, `status-` before it for status calls. `http-NNN-before` answers that HTTP status and
accepts nothing; `http-NNN-after` accepts everything first; `http-NNN` means before. `error-NNN` refuses the whole
request with that number (as a list or a bare object, by the dice), except `error-300`, which refuses one message.
`invalid-message` does not use the dice: its probability is a share of messages, and each request that has one of them
is refused with error 201."""

import random
import re
from collections.abc import Iterable, Mapping
from hashlib import blake2b
from typing import Any

from getsms_core.sandbox.damage import DAMAGES

FAULTS: dict[str, str] = {
    "refused": "takes the request, then refuses all connections for a while (--refuse-seconds)",
    "reset-before": "resets the connection and takes nothing",
    "reset-after": "takes everything, then resets the connection",
    "read-timeout": "takes everything, then stays silent with the connection open",
    "drip": "takes everything, then answers a byte at a time, 0.2 s apart",
    "html": "takes everything, then answers HTTP 200 with a web page",
    "html-before": "answers HTTP 200 with a web page and takes nothing",
    "cut-json": "takes everything, then answers half of the JSON",
    "short-list": "takes everything, but the answer lacks about a third of the messages",
    "shuffled": "takes everything, but the answer is out of order",
    "duplicated": "takes everything, but the answer names about half of the messages twice",
    "foreign": "takes everything, but the answer names messages of somebody else as well",
    "html-nul": "takes everything, then answers HTTP 200 with a web page that holds NUL",
    "invalid-message": "refuses each request that holds one of this share of messages, with error 201",
}
INVALID_MESSAGE = "invalid-message"
LIST_FAULTS = frozenset({"short-list", "shuffled", "duplicated", "foreign"})
_NUMBERED = re.compile(r"http-[1-9]\d\d(-before|-after)?|error-[1-9]\d\d")
STATUS_PREFIX = "status-"


def is_known_fault(name: str) -> bool:
    """Whether a fault has this name."""
    name = name.removeprefix(STATUS_PREFIX)
    return name in FAULTS or name in DAMAGES or _NUMBERED.fullmatch(name) is not None


def validate_faults(faults: Mapping[str, Any]) -> dict[str, float]:
    """Return the faults. Raises `ValueError` unless each probability and the sum over a call are 0 to 1."""
    if not isinstance(faults, Mapping):
        raise ValueError("the faults must be names with their probabilities")
    for name, probability in faults.items():
        if not is_known_fault(name):
            raise ValueError(
                f"there is no fault {name!r}; the faults are {', '.join([*FAULTS, *DAMAGES])}, http-NNN, error-NNN"
            )
        if isinstance(probability, bool) or not isinstance(probability, int | float) or not 0 <= probability <= 1:
            raise ValueError(f"the probability of {name} must be between 0 and 1")
    for status in (False, True):
        if sum(p for name, p in _faults_of_call(faults, status)) > 1.000001:
            raise ValueError("the probabilities of all faults of one call add up to more than 1")
    return dict(faults)


def parse_faults(text: str) -> dict[str, float]:
    """Return the faults of "reset-after:0.02,drip:0.01"; a name alone has probability 1. Raises `ValueError`."""
    faults: dict[str, float] = {}
    for entry in filter(None, (entry.strip() for entry in text.split(","))):
        name, _, probability = entry.partition(":")
        name = re.sub(rf"^({STATUS_PREFIX})?([345]\d\d)$", r"\1http-\2", name)
        try:
            faults[name] = float(probability) if probability else 1.0
        except ValueError:
            raise ValueError(f"the probability of {name} must be a number, not {probability!r}") from None
    return validate_faults(faults)


def _faults_of_call(faults: Mapping[str, float], status: bool) -> list[tuple[str, float]]:
    """Return the faults of one kind of call that the dice choose from."""
    return [
        (n, p)
        for n, p in faults.items()
        if n.startswith(STATUS_PREFIX) is status and n.removeprefix(STATUS_PREFIX) != INVALID_MESSAGE
    ]


def has_invalid_object(
    faults: Mapping[str, float], objects: Iterable[Mapping[str, Any]], status: bool, seed: int
) -> bool:
    """Whether a call has an object that this gateway calls invalid, always the same objects for one seed."""
    share = faults.get(STATUS_PREFIX + INVALID_MESSAGE if status else INVALID_MESSAGE, 0.0)
    return share > 0 and any(_hash_fraction(fields, seed) < share for fields in objects)


def _hash_fraction(fields: Mapping[str, Any], seed: int) -> float:
    """Return 0 to 1, determined by the seed and the object's values."""
    values = "\n".join(str(fields[name]) for name in sorted(fields))
    return (
        int.from_bytes(blake2b(f"{seed}\n{values}".encode("utf-8", "replace"), digest_size=4).digest(), "big") / 2**32
    )


class Dice:
    """Chooses faults; the same seed and order of calls give the same faults."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)

    def fault(self, faults: Mapping[str, float], status: bool) -> str:
        """Return the fault of this call, "" for none."""
        candidates = _faults_of_call(faults, status)
        if not candidates:
            return ""
        roll = self.random.random()
        for name, probability in candidates:
            roll -= probability
            if roll < 0:
                return name.removeprefix(STATUS_PREFIX)
        return ""
