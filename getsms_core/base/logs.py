"""Logs: one line an event, in English, as text or as JSON. docs/logs.md has the table of events.

A line has a stable event name and fields: ids, codes, counts and durations in milliseconds. No phone, text, secret or
login is a field; numbers of phones in words of other programs are masked, and of an exception only its kind and place
are written, because its words may quote a value.

The standard library's logging is used: what a library or Streamlit logs goes through the same handler. A line is
cheap: no caller is looked up, and text formats the time once a second.
"""

import json
import logging
import os
import stat
import sys
import traceback
from collections.abc import Mapping
from contextlib import suppress
from datetime import UTC, datetime, tzinfo
from typing import Any, Literal, TextIO

import orjson

from getsms_core.base import processes
from getsms_core.base.errors import DomainError
from getsms_core.base.log_limit import RepetitionFilter
from getsms_core.base.masking import mask_all_numbers

INFO, WARNING, ERROR = logging.INFO, logging.WARNING, logging.ERROR
LogFormat = Literal["text", "json"]

EVENTS: Mapping[str, str] = {
    "worker.started": "A worker begins: its gateway account, and whether that is the practice gateway.",
    "worker.stopped": "A worker ended in good order: all its calls are recorded.",
    "worker.dead": "A worker without a process or a heartbeat was found; its claims expire, its jobs are requeued.",
    "chunk.claimed": "A chunk belongs to this worker from now on; committed before its request.",
    "request.sent": "The request of a chunk begins.",
    "request.answered": "The request ended: the outcome, the code of a refusal or a loss, the messages by verdict.",
    "request.failed": "The request ended in an unexpected error: its messages become uncertain.",
    "chunk.requeued": "For certain nothing of the chunk was sent: it waits again, for `wait_ms` at least.",
    "chunk.expired": "A claim of a dead worker, or past its deadline, expired: its messages became uncertain.",
    "chunk.halved": "A chunk that the gateway refused as invalid was halved to find the invalid message.",
    "campaign.paused": "The program paused a campaign, for the reason `code`.",
    "campaign.finished": "A campaign has nothing left to send.",
    "campaign.other_login": "A campaign belongs to another gateway login and is not sent.",
    "status.answered": "A status call ended: how many request ids it asked about, how many records came.",
    "status.failed": "A status call ended in an unexpected error.",
    "status.refused": "Status calls of a campaign bring no receipts; only the first of a series is logged.",
    "status.restored": "Status calls of a campaign bring receipts again.",
    "receipts.recorded": "A batch of receipts was written: status calls, and messages whose status changed.",
    "receipt.set_aside": "A status record belongs to no message.",
    "job.started": "A background job begins in a process of its own.",
    "job.ended": "A background job ended.",
    "job.failed": "A background job ended in an unexpected error, or in one of the file system.",
    "job.crashed": "The process of a background job crashed.",
    "job.cancelled": "The process of a background job was ended because a user cancelled the job.",
    "database.unavailable": "The database cannot be used now; `wait_ms` is the time to the next attempt.",
    "answers.unwritable": "Answers could not be written together; they are written one by one.",
    "reader.died": "The process that reads an uploaded file died.",
    "wal.kept": "The write-ahead log of the SQLite file was not emptied.",
    "sign_in.failed": "A sign-in with a wrong name or password.",
    "sign_in.throttled": "A sign-in during the wait after several failures.",
    "gate.unavailable": "The app cannot serve pages: the code says why.",
    "gate.socket_closed": "The connection of a page was closed because it sent too much.",
    "gate.upload_refused": "An upload was not taken: broken off or too slow (408), too large (413), without a size "
    "(411), too many files of its user (429) or of all (503).",
    "gate.rights_unread": "The sessions of open pages cannot be read now; the pages stay open.",
    "second_factor.unreadable": "A second factor was set up with another server secret: only recovery codes work.",
    "page.failed": "A page ended in an unexpected error; the user sees the same reference.",
    "app.heartbeat_failed": "The heartbeat of the app server could not be written.",
    "process.ended": "`getsms serve`: the app, the worker or the practice gateway ended by itself.",
    "process.hung": "`getsms serve`: the app did not answer for `silent_s` seconds and was stopped.",
    "gateway.received": "The practice gateway got a call: its count of objects, or the error that refuses it.",
    "gateway.fault": "A simulated fault meets a call of the practice gateway.",
    "gateway.answered": "The practice gateway answered a call; status 0: with nothing.",
    "library.message": "A message of a library, with phone numbers masked.",
}
"""Event → its meaning. Stable: names are added, never changed."""


def write(log: logging.Logger, level: int, event: str, /, **fields: Any) -> None:
    """Write one event with its fields. An exception as the field `error` is written as its kind and its place."""
    if log.isEnabledFor(level):
        error = fields.get("error")
        exc_info = (type(error), error, error.__traceback__) if isinstance(error, BaseException) else None
        record = logging.LogRecord(log.name, level, "", 0, event, None, exc_info)
        record.fields = fields
        log.handle(record)


def error_code(error: BaseException) -> str:
    """Return the code of a domain error; the kind of any other, whose words may quote a value."""
    return error.code if isinstance(error, DomainError) else type(error).__name__


def log_to_stderr(zone: tzinfo, form: LogFormat, most_bytes: int | None = None) -> None:
    """Write the events of this program, and the warnings of libraries, to stderr. If that is a file which has more than
    `most_bytes`, it is emptied first."""
    handler = _TerminalHandler(sys.stderr, most_bytes)
    handler.setFormatter(formatter(zone, form))
    handler.addFilter(RepetitionFilter())
    logging.basicConfig(level=logging.WARNING, handlers=[handler], force=True)
    logging.getLogger("getsms").setLevel(logging.INFO)


def formatter(zone: tzinfo, form: LogFormat) -> logging.Formatter:
    """Return the formatter: text with the time of `zone`, or JSON with the time in UTC."""
    return _Json() if form == "json" else _Text(zone)


class _Text(logging.Formatter):
    """`2026-11-29 22:40:01 info chunk.claimed campaign_id=3 chunk_id=50331649`."""

    def __init__(self, zone: tzinfo) -> None:
        super().__init__()
        self._zone = zone
        self._second, self._time = 0, ""

    def format(self, record: logging.LogRecord) -> str:
        if int(record.created) != self._second:
            self._second = int(record.created)
            self._time = f"{datetime.fromtimestamp(self._second, self._zone):%Y-%m-%d %H:%M:%S}"
        event, fields = _event(record)
        words = [self._time, record.levelname.lower(), event]
        words += [f"{name}={_plain(value)}" for name, value in fields.items()]
        return " ".join(words)


class _Json(logging.Formatter):
    """`{"at": "2026-11-29T17:40:01.123Z", "level": "info", "event": "chunk.claimed", "campaign_id": 3, …}`."""

    def format(self, record: logging.LogRecord) -> str:
        at = datetime.fromtimestamp(record.created, UTC)
        event, fields = _event(record)
        head = {"at": f"{at:%Y-%m-%dT%H:%M:%S}.{at.microsecond // 1000:03}Z", "level": record.levelname.lower()}
        return orjson.dumps({**head, "event": event, **fields}, default=str).decode()


class _TerminalHandler(logging.StreamHandler):  # type: ignore[type-arg]
    """Writes to stderr; once its terminal is closed, to nowhere. Empties a file that is too large."""

    def __init__(self, stream: TextIO, most_bytes: int | None) -> None:
        super().__init__(stream)
        self._most_bytes, self._lines = most_bytes, 0

    def emit(self, record: logging.LogRecord) -> None:
        """Write a line; of a file with a limit the size is read every 1,000 lines."""
        self._lines += 1
        if self._most_bytes is not None and self._lines % 1000 == 0:
            with suppress(OSError, ValueError):  # no file, or closed
                file = self.stream.fileno()
                if stat.S_ISREG(os.fstat(file).st_mode) and os.lseek(file, 0, os.SEEK_CUR) > self._most_bytes:
                    os.lseek(file, 0, os.SEEK_SET)
                    os.ftruncate(file, 0)
        super().emit(record)

    def handleError(self, record: logging.LogRecord) -> None:
        """Ignore a closed terminal; report other errors as logging does."""
        if isinstance(sys.exc_info()[1], OSError):
            processes.redirect_to_devnull(2)
        else:
            super().handleError(record)


def _event(record: logging.LogRecord) -> tuple[str, dict[str, Any]]:
    fields = getattr(record, "fields", None)
    if fields is None:
        event, fields = "library.message", {"logger": record.name, "message": record.getMessage()}
    else:
        event = record.msg
    fields = {name: _safe(value) for name, value in fields.items()}
    if record.exc_info and record.exc_info[1] is not None:
        fields |= {"error": type(record.exc_info[1]).__name__, "place": _place(record.exc_info[1])}
    return event, fields


def _safe(value: Any) -> Any:
    if not isinstance(value, str) or (value.isalnum() and "998" not in value):  # ids and most codes
        return value
    return mask_all_numbers(" ".join(value.split()))


def _plain(value: Any) -> str:
    if type(value) is int:  # most fields: json.dumps takes ten times as long
        return str(value)
    text = value if isinstance(value, str) else json.dumps(value, default=str)
    if not text.isprintable():
        return json.dumps(text)  # a terminal would obey control characters of strangers
    return text if text and " " not in text and '"' not in text else json.dumps(text, ensure_ascii=False)


def _place(error: BaseException) -> str:
    """Return the functions that the exception came through, the last five, the innermost last."""
    frames = traceback.extract_tb(error.__traceback__)[-5:]
    return " > ".join(f"{frame.filename.rsplit('/', 1)[-1]}:{frame.lineno} {frame.name}" for frame in frames)
