"""Limits on guessing: every attempt is counted, in the database, before a password or code is verified.

Counted afterwards, 32 parallel guesses passed a limit of 5. In the database, the limits hold over all app servers and
restarts.
"""

import hashlib
import ipaddress

import sqlalchemy as sa
from sqlmodel import Session, col

from getsms_core.base.codes import Pending
from getsms_core.base.errors import DomainError
from getsms_core.base.i18n import ngettext
from getsms_core.db.engine import Store
from getsms_core.db.models import SignInAttempt, SignInSession

WINDOW_MS = 600_000
PER_NAME_AND_NETWORK, PER_NETWORK, PER_NAME = 5, 20, 100
"""Attempts within the window: nobody can lock another user out from elsewhere before they used 100."""
PER_SEARCHER = 20
"""Different whole numbers that a user who sees masked numbers may search for within the window. Five digits are masked:
guessing those of one number takes a month."""
KNOWN_MS = 30 * 86_400_000
"""For so long an address where a user signed in counts as theirs: guesses from elsewhere do not lock them out of it."""
_LOCK = 0x67657474  # any number, the same in every process


class TooManyAttempts(DomainError):
    """The limit is reached; `seconds` is how long to wait."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        minutes = max(1, round(seconds / 60))
        sentence = ngettext(
            "Too many tries. Try again in {minutes} minute.", "Too many tries. Try again in {minutes} minutes.", minutes
        )
        super().__init__("too-many-tries", sentence.format(minutes=minutes))


def network_of(address: str) -> str:
    """Return the network whose attempts are counted together: the address, or for IPv6 its /64, which one customer
    has."""
    try:
        parsed = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return address[:64]
    if isinstance(parsed, ipaddress.IPv6Address):
        if parsed.ipv4_mapped is None:
            return str(ipaddress.ip_network((parsed, 64), strict=False))
        parsed = parsed.ipv4_mapped
    return str(parsed)


def name_key(kind: str, name: str) -> str:
    """Return the key that attempts on a name are counted under. A hash: people type passwords into the name field."""
    return hashlib.sha256(f"{kind}\0{name}".encode()).hexdigest()[:32]


def count(store: Store, key: str, address: str, now: int, user_id: int | None = None) -> int:
    """Count an attempt at `now` (UTC ms) and return its id; at most `PER_NAME_AND_NETWORK` pass within the window,
    however many arrive at once. With an `address` "" only the key is limited. Raises `TooManyAttempts`, counting
    nothing."""
    network = network_of(address)
    with store.writing() as session:
        if not store.sqlite:
            session.execute(sa.text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
        session.execute(sa.delete(SignInAttempt).where(col(SignInAttempt.at) <= now - WINDOW_MS))
        wait = _wait(session, key, network, now, user_id)
        if wait <= 0:
            attempt = SignInAttempt(at=now, name_key=key, network=network)
            session.add(attempt)
            session.flush()
            return attempt.id or 0
    raise TooManyAttempts(wait / 1000)


def count_number_search(store: Store, searcher: str, phone: int, now: int) -> None:
    """Count a search for a whole number by a user who sees masked numbers; the same number again is free. Raises
    `TooManyAttempts`."""
    key, number = name_key("number-search", searcher), name_key("number", str(phone))
    recent = [col(SignInAttempt.name_key) == key, col(SignInAttempt.at) > now - WINDOW_MS]
    with store.writing() as session:
        if not store.sqlite:
            session.execute(sa.text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
        searches = session.execute(sa.select(col(SignInAttempt.network), col(SignInAttempt.at)).where(*recent)).all()
        if any(row.network == number for row in searches):
            return
        if len(searches) < PER_SEARCHER:
            session.add(SignInAttempt(at=now, name_key=key, network=number))
            return
    raise TooManyAttempts((min(row.at for row in searches) + WINDOW_MS - now) / 1000)


def forgive(session: Session, attempt_id: int) -> None:
    """Delete a successful attempt and those before it with the same name from the same network."""
    attempt = session.get(SignInAttempt, attempt_id)
    if attempt is not None:
        session.execute(
            sa.delete(SignInAttempt).where(
                col(SignInAttempt.name_key) == attempt.name_key, col(SignInAttempt.network) == attempt.network
            )
        )


def _wait(session: Session, key: str, network: str, now: int, user_id: int | None) -> int:
    """Return the milliseconds until another attempt is allowed."""
    name, net = col(SignInAttempt.name_key) == key, col(SignInAttempt.network) == network
    limits = [(sa.and_(name, net), PER_NAME_AND_NETWORK)]
    if network and (user_id is None or not _worked_before(session, user_id, network, now)):
        limits += [(net, PER_NETWORK), (name, PER_NAME)]
    waits = [0]
    for condition, limit in limits:
        oldest = session.scalar(
            sa.select(col(SignInAttempt.at))
            .where(condition)
            .order_by(col(SignInAttempt.at).desc())
            .offset(limit - 1)
            .limit(1)
        )
        if oldest is not None:
            waits.append(oldest + WINDOW_MS - now)
    return max(waits)


def _worked_before(session: Session, user_id: int, network: str, now: int) -> bool:
    addresses = session.scalars(
        sa.select(col(SignInSession.address))
        .where(
            col(SignInSession.user_id) == user_id,
            col(SignInSession.pending) == Pending.NOTHING,
            col(SignInSession.created_at) > now - KNOWN_MS,
        )
        .distinct()
    )
    return any(network_of(address) == network for address in addresses)
