"""From a reply's status and body to a typed answer. Pure: the table "did it leave or not?" is decided here.

The body is what counts, not its label: the gateway sends JSON as text/html. A BOM and white space may stand in front.
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import orjson

from getsms_core.gateway.answers import (
    Accepted,
    Answered,
    Decision,
    Item,
    NoAnswer,
    NothingLeft,
    Refusal,
    Rejected,
    SendAnswer,
    StatusAnswer,
    Statuses,
    StatusRecord,
    Unclear,
)
from getsms_core.gateway.matching import Element, error_number, error_text, identifier, match
from getsms_core.gateway.wire import Failure, Reply
from getsms_core.gateway.wording import CONNECTING, NOT_A_PHONE, REFUSALS, REQUEST_ID_WRONG, refusing

_EXCERPT = 200  # characters of an unreadable answer that a person gets to see


def parsed(body: bytes) -> object:
    """The JSON value of a body; raises `ValueError` where it is none."""
    return orjson.loads(body.lstrip(b"\xef\xbb\xbf \t\r\n"))


def excerpt(body: bytes) -> str:
    """The beginning of an unreadable body on one line."""
    text = " ".join(body[: _EXCERPT * 4].decode("utf-8", "replace").split())
    return text if len(text) <= _EXCERPT else text[:_EXCERPT] + "…"


def client_ip(value: object) -> str | None:
    """The caller's IP address as the gateway sees it, where any element tells."""
    elements = value if isinstance(value, list) else [value]
    said = elements[0].get("client_ip") if elements and isinstance(elements[0], Mapping) else None
    return said if isinstance(said, str) and said else None


def read_send(items: Sequence[Item], outcome: Reply | Failure) -> SendAnswer:
    """What became of a chunk."""
    seconds = outcome.seconds
    if isinstance(outcome, Failure):
        decision = None if outcome.written else CONNECTING.get(outcome.code)
        if decision is None:
            return Unclear(outcome.code, outcome.detail, None, seconds)
        return NothingLeft(outcome.code, decision, outcome.detail, None, seconds)

    status, http = outcome.status, f"HTTP {outcome.status}"
    if 400 <= status < 500:
        if _took_some(items, outcome.body):
            return Unclear("contradiction", http, status, seconds)
        return NothingLeft(refusing(status), Decision.STOP, http, status, seconds)
    odd = _odd_status(status)
    if odd:
        return Unclear(odd, http, status, seconds)
    if outcome.problem:
        return Unclear(outcome.problem, outcome.detail, status, seconds)
    try:
        value = parsed(outcome.body)
    except ValueError:
        return Unclear("not-json", excerpt(outcome.body), status, seconds)

    elements = value if isinstance(value, list) else [value]
    errors = [(error_number(each), each) if isinstance(each, Mapping) else (None, {}) for each in elements]
    message = isinstance(value, dict) and (errors[0][0] is not None or "recipient" in value)
    if not message and not isinstance(value, list):
        return Unclear("not-understood", excerpt(outcome.body), status, seconds)
    if len(elements) == 1 and errors[0][0] is not None and "recipient" not in errors[0][1]:
        return _whole(items, *errors[0], status, seconds)
    if errors and all(number in REFUSALS for number, _ in errors):
        named = any("recipient" in each for _, each in errors)
        # A refusal for each message refuses the chunk only if none of its messages goes without one.
        if not named or all(getattr(v, "code", None) for v in match(items, elements)[0]):
            return _whole(items, *errors[0], status, seconds)
    verdicts, foreign = match(items, elements)
    return Answered(verdicts, status, seconds, foreign)


def _whole(items: Sequence[Item], number: int | None, element: Element, status: int, seconds: float) -> SendAnswer:
    """An error for the request as a whole."""
    said = error_text(element)
    if number == NOT_A_PHONE and len(items) == 1:
        return Answered([Rejected(number, said)], status, seconds)
    if number in REFUSALS:
        return NothingLeft(REFUSALS[number], Decision.STOP, f"{number}: {said}", status, seconds)
    return Unclear("unknown-error", f"{number or ''} {said}".strip(), status, seconds)


def _took_some(items: Sequence[Item], body: bytes) -> bool:
    """Whether a body that should be a refusal names messages as taken."""
    try:
        value = parsed(body)
    except ValueError:
        return False
    elements = value if isinstance(value, list) else [value]
    return any(isinstance(verdict, Accepted) for verdict in match(items, elements)[0])


def _odd_status(status: int) -> str:
    if 200 <= status < 300:
        return ""
    if 300 <= status < 400:
        return "redirected"
    return "server-error" if status >= 500 else "http-odd"


def read_status(outcome: Reply | Failure, zone: ZoneInfo) -> StatusAnswer:
    """The records of a status answer, or why there are none."""
    seconds = outcome.seconds
    if isinstance(outcome, Failure):
        return NoAnswer(outcome.code, outcome.detail, seconds)
    status, http = outcome.status, f"HTTP {outcome.status}"
    if 400 <= status < 500:
        return Refusal(refusing(status), Decision.STOP, http, seconds)
    if odd := _odd_status(status):
        return NoAnswer(odd, http, seconds)
    if outcome.problem:
        return NoAnswer(outcome.problem, outcome.detail, seconds)
    try:
        value = parsed(outcome.body)
    except ValueError:
        return NoAnswer("not-json", excerpt(outcome.body), seconds)

    elements = value if isinstance(value, list) else [value]
    receipts: list[StatusRecord] = []
    wrong: list[str] = []
    first: tuple[int, str] | None = None
    for each in elements:
        if not isinstance(each, Mapping):
            return NoAnswer("not-understood", excerpt(outcome.body), seconds)
        element = each if "request_id" in each else {key.strip(): said for key, said in each.items()}
        number = error_number(element)
        if number is None:
            if not identifier(element.get("request_id")):
                return NoAnswer("not-understood", excerpt(outcome.body), seconds)
            receipts.append(record(element, zone))
            continue
        first = first or (number, error_text(element))
        if number == REQUEST_ID_WRONG and (asked := identifier(element.get("request_id"))):
            wrong.append(asked)
    if first is None or receipts:
        return Statuses(receipts, wrong, seconds)
    number, said = first
    if number == REQUEST_ID_WRONG:
        return Refusal("request-id-wrong", Decision.RETRY, f"{number}: {said}", seconds)
    if number in REFUSALS:
        return Refusal(REFUSALS[number], Decision.STOP, f"{number}: {said}", seconds)
    return NoAnswer("unknown-error", f"{number or ''} {said}".strip(), seconds)


def record(element: Element, zone: ZoneInfo) -> StatusRecord:
    """One element of a status answer, its numbers and texts both taken as text."""

    def text(name: str) -> str:
        said = element.get(name)
        return "" if said is None else str(said)

    count = identifier(element.get("count_messages"))
    sent, delivered = text("date_sent"), text("date_delivered")
    return StatusRecord(
        request_id=identifier(element.get("request_id")),
        message_id=identifier(element.get("message_id")),
        recipient=identifier(element.get("recipient")),
        text=text("text"),
        status=text("status").strip(),
        count_messages=int(count) if count.isascii() and count.isdigit() else None,
        date_sent=sent,
        date_delivered=delivered,
        description=text("description"),
        sent_at=instant(sent, zone),
        delivered_at=instant(delivered, zone),
    )


def instant(said: str, zone: ZoneInfo) -> int | None:
    """A date of the gateway ("2018-07-08 10:40:52", no zone named) as UTC milliseconds, assuming `zone`; unix seconds
    are understood as well. `None` for an empty or unreadable one, zeros included."""
    said = said.strip()
    try:
        if said.isascii() and said.isdigit() and 9 <= len(said) <= 11:
            return int(said) * 1000
        moment = datetime.fromisoformat(said)
        moment = moment if moment.tzinfo else moment.replace(tzinfo=zone)
        return int(moment.astimezone(UTC).timestamp() * 1000)
    except (ValueError, OverflowError):
        return None
