"""The browser's WebSocket messages before Streamlit gets them: rate limits, and messages that supersede earlier ones.

Every `rerun_script` that Streamlit gets interrupts the running script and starts it again, then collects garbage. 300
of them on one socket stopped the app for two minutes.

Measured in Chromium over 5 seconds: an arrow key held in a number box sends 98 messages, at most 30 in one second; the
fastest clicks on its steps 56 (17 in one second); an arrow key held on a slider 70 (18); dragging a slider 1; typing a
text 1. A page load sends 1 or 2, an open page one every 5 seconds.
"""

from collections import deque
from dataclasses import dataclass, field
from typing import NamedTuple

from google.protobuf.message import DecodeError  # type: ignore[import-untyped]
from streamlit.proto.BackMsg_pb2 import BackMsg

MESSAGE_BYTES = 1024 * 1024
MESSAGES_BURST, MESSAGES_PER_SECOND = 150, 40.0
"""Messages on one socket; a client that exceeds them is cut off."""
RUNS_BURST, RUNS_PER_SECOND = 10, 5.0
"""Messages of one socket that Streamlit gets; others wait, and superseded ones are dropped meanwhile."""
MAX_WAITING = 100
_TRIGGERS = frozenset({"trigger_value", "string_trigger_value", "json_trigger_value", "chat_input_value"})
_ALLOWED = frozenset({"rerun_script", "stop_script", "file_urls_request", "app_heartbeat", "load_git_info"})
"""Not `clear_cache`, which would clear everybody's cached figures, nor messages of developer tools."""
_OPERATIONS = frozenset({"deferred_file", "dataframe_chunk"})
MOST_FILES = 20
"""Files that one message may announce. Streamlit makes an id for each: a message of 1 MB asked for 500,000."""


class Flood(Exception):
    """A message or a rate that browsers do not send. `code` is the WebSocket close code."""

    def __init__(self, code: int, reason: str) -> None:
        super().__init__(reason)
        self.code = code


@dataclass
class Bucket:
    """A token bucket: `burst` at once, then `per_second`. Times are monotonic seconds."""

    burst: float
    per_second: float
    _tokens: float = field(init=False)
    _at: float | None = None

    def __post_init__(self) -> None:
        self._tokens = self.burst

    def take(self, now: float) -> bool:
        """Take a token; return False where there is none."""
        if self.wait(now) > 0:
            return False
        self._tokens -= 1
        return True

    def wait(self, now: float) -> float:
        """Return the seconds until a token is available; 0 = now."""
        if self._at is not None:
            self._tokens = min(self.burst, self._tokens + max(0.0, now - self._at) * self.per_second)
        self._at = now
        return max(0.0, (1 - self._tokens) / self.per_second)


class Taken(NamedTuple):
    """A frame for Streamlit, whether it begins a run, the id of the fragment whose timer sent it, or "", and when it
    came; a timer's question came with the first that it repeats."""

    data: bytes
    is_run: bool
    fragment_id: str
    since: float


@dataclass
class MessageQueue:
    """The messages of one socket that wait for Streamlit, in order. `uploads`: whether its user may upload files."""

    uploads: bool = True
    _received: Bucket = field(default_factory=lambda: Bucket(MESSAGES_BURST, MESSAGES_PER_SECOND))
    _messages: deque[tuple[BackMsg, bytes, float]] = field(default_factory=deque)

    def __len__(self) -> int:
        return len(self._messages)

    def add(self, data: bytes | None, now: float) -> None:
        """Append a frame; it replaces an earlier run of the same page that it supersedes. Raises `Flood`."""
        if data is None:
            raise Flood(1003, "a text frame")
        if len(data) > MESSAGE_BYTES:
            raise Flood(1009, f"a message of {len(data)} bytes")
        if not self._received.take(now):
            raise Flood(1008, f"more than {MESSAGES_PER_SECOND:g} messages a second")
        message = BackMsg()
        try:
            message.ParseFromString(data)
        except DecodeError:
            raise Flood(1008, "not a message") from None
        if not _is_allowed(message, self.uploads):
            return
        if self._messages and supersedes(message, self._messages[-1][0]):
            _old, _data, since = self._messages.pop()
            now = since if _is_timer(message) else now
        if len(self._messages) >= MAX_WAITING:
            raise Flood(1008, f"more than {MAX_WAITING} waiting messages")
        self._messages.append((message, data, now))

    @property
    def next(self) -> Taken:
        """The frame that `take` will return. Raises `IndexError` when none waits."""
        message, data, since = self._messages[0]
        is_run = message.WhichOneof("type") == "rerun_script"
        return Taken(data, is_run, message.rerun_script.fragment_id if _is_timer(message) else "", since)

    @property
    def has_only_timers(self) -> bool:
        """Whether all that waits are questions of timers, so that nobody waits for an answer."""
        return all(_is_timer(message) for message, _data, _since in self._messages)

    def drop(self, frame: Taken) -> None:
        """Remove a frame that `next` returned, unless another has superseded it since."""
        if self._messages and self.next == frame:
            self._messages.popleft()

    def take(self) -> Taken:
        """Remove and return the next frame. Raises `IndexError` when none waits."""
        taken = self.next
        self._messages.popleft()
        return taken


def _is_allowed(message: BackMsg, uploads: bool) -> bool:
    kind = message.WhichOneof("type")
    if kind == "file_urls_request":
        return uploads and len(message.file_urls_request.file_names) <= MOST_FILES
    if kind == "backend_operation_request":
        return message.backend_operation_request.WhichOneof("payload") in _OPERATIONS
    return kind in _ALLOWED


def _is_timer(message: BackMsg) -> bool:
    return message.WhichOneof("type") == "rerun_script" and message.rerun_script.is_auto_rerun


def supersedes(later: BackMsg, earlier: BackMsg) -> bool:
    """Return whether a run with the later message shows all that a run with the earlier one would: the same page and
    fragment, and no click in the earlier one. Each carries the values of all widgets. What a person does supersedes
    any timer's question: the timer asks again."""
    if later.WhichOneof("type") != "rerun_script" or earlier.WhichOneof("type") != "rerun_script":
        return False
    if _is_timer(earlier) and not _is_timer(later):
        return True
    new, old = later.rerun_script, earlier.rerun_script
    return _target(new) == _target(old) and not any(
        widget.WhichOneof("value") in _TRIGGERS for widget in old.widget_states.widgets
    )


def _target(run: object) -> tuple[object, ...]:
    names = ("query_string", "page_script_hash", "page_name", "fragment_id", "is_auto_rerun", "is_history_navigation")
    return tuple(getattr(run, name) for name in names)
