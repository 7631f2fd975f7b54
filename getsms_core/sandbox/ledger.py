"""The messages that the practice gateway accepted, in a SQLite file that survives a restart and kill -9.

One row a request, its messages as JSON: one insert and one commit before the answer, 20,000 messages a second and more.
`synchronous=OFF` is enough: a killed process loses nothing that the operating system has received.
"""

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import orjson

FIRST_REQUEST_ID = 52480252  # the manual's sample
FIRST_MESSAGE_ID = 810000001

_TABLES = """
CREATE TABLE IF NOT EXISTS meta (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS request (
    request_id INTEGER PRIMARY KEY,  -- with an id a message: the first of them
    message_id INTEGER NOT NULL,     -- of its first message; the others follow
    messages INTEGER NOT NULL,
    taken INTEGER NOT NULL,          -- those of them without error 300
    shared INTEGER NOT NULL,         -- 1: one request id for all of its messages
    login TEXT NOT NULL,
    client_ip TEXT NOT NULL,
    received_at INTEGER NOT NULL,    -- UTC ms
    seed INTEGER NOT NULL,
    speed REAL NOT NULL,
    content BLOB NOT NULL            -- [[phone, text, 1 taken or 0 refused], ...]
);
"""


class Message(NamedTuple):
    """One message of a request as received; `taken` is false for error 300."""

    phone: str
    text: str
    taken: bool


@dataclass(frozen=True, slots=True)
class Sent:
    """A message that was really sent: how many times, and when first and last (UTC ms)."""

    phone: str
    text: str
    times: int
    first_at: int
    last_at: int


@dataclass(frozen=True, slots=True)
class Entry:
    """A request in the ledger, or the requested message of it."""

    request_id: int
    message_id: int
    shared: bool
    login: str
    client_ip: str
    received_at: int
    seed: int
    speed: float
    messages: list[Message]


class Ledger:
    """The practice gateway's accepted requests. Not thread-safe: it belongs to the server's loop. `taken` and
    `requests` count all messages and requests ever accepted."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._db = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        for pragma in ("journal_mode=WAL", "synchronous=OFF", "busy_timeout=5000"):
            self._db.execute(f"PRAGMA {pragma}")
        self._db.executescript(_TABLES)
        last = self._db.execute(
            "SELECT request_id, message_id, messages, shared FROM request ORDER BY request_id DESC LIMIT 1"
        ).fetchone()
        self._next_request = FIRST_REQUEST_ID if last is None else last[0] + (1 if last[3] else last[2])
        self._next_message = FIRST_MESSAGE_ID if last is None else last[1] + last[2]
        self.requests, self.taken = self._db.execute("SELECT count(*), coalesce(sum(taken), 0) FROM request").fetchone()

    def close(self) -> None:
        """Close the file; the last connection merges the log into it."""
        self._db.close()

    def add(
        self,
        messages: Sequence[Message],
        *,
        login: str,
        client_ip: str,
        now: int,
        shared: bool,
        seed: int,
        speed: float,
    ) -> tuple[int, int]:
        """Store a request; returns its (first) request id and its first message id."""
        request_id, message_id, count = self._next_request, self._next_message, len(messages)
        taken = sum(message.taken for message in messages)
        content = orjson.dumps([(phone, text, int(ok)) for phone, text, ok in messages])
        self._db.execute(
            "INSERT INTO request VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (request_id, message_id, count, taken, shared, login, client_ip, now, seed, speed, content),
        )
        self._next_request += 1 if shared else count
        self._next_message += count
        self.requests += 1
        self.taken += taken
        return request_id, message_id

    def find(self, request_id: int, login: str) -> Entry | None:
        """Return the request of this login with this id and all messages that share the id; `None` if there is none."""
        if not 0 < request_id < 2**63:
            return None
        row = self._db.execute(
            "SELECT request_id, message_id, messages, shared, login, client_ip, received_at, seed, speed, content"
            " FROM request WHERE request_id <= ? ORDER BY request_id DESC LIMIT 1",
            (request_id,),
        ).fetchone()
        if row is None or row[4] != login:
            return None
        first, message_id, count, shared, _, client_ip, received_at, seed, speed, content = row
        place = request_id - first
        if place >= (1 if shared else count):
            return None
        messages = [Message(phone, text, bool(ok)) for phone, text, ok in orjson.loads(content)]
        if not shared:
            messages, message_id = [messages[place]], message_id + place
        return Entry(request_id, message_id, bool(shared), login, client_ip, received_at, seed, speed, messages)

    def sent(self) -> Iterator[Sent]:
        """Yield every different message that was sent, by its first time."""
        counts: dict[tuple[str, str], list[int]] = {}
        for received_at, content in self._db.execute("SELECT received_at, content FROM request ORDER BY request_id"):
            for phone, text, ok in orjson.loads(content):
                if ok:
                    count = counts.setdefault((phone, text), [0, received_at, received_at])
                    count[0] += 1
                    count[2] = received_at
        for (phone, text), (times, first_at, last_at) in counts.items():
            yield Sent(phone, text, times, first_at, last_at)

    def remember(self, name: str, value: str) -> None:
        """Store a value over restarts, such as the port."""
        self._db.execute(
            "INSERT INTO meta VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value", (name, value)
        )

    def remembered(self, name: str) -> str:
        """Return a value stored by `remember`, or ""."""
        row = self._db.execute("SELECT value FROM meta WHERE name = ?", (name,)).fetchone()
        return str(row[0]) if row else ""


def sent_messages(path: Path) -> list[Sent]:
    """Return the messages that were really sent, from a practice gateway's file, whether it runs, ended or was
    killed."""
    with closing(Ledger(path)) as ledger:
        return list(ledger.sent())
