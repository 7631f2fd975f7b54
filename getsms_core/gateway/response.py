"""From a reply's status and body to a typed answer. Pure: decides the table "was it sent or not?".

Only the body counts, not its content type: the gateway sends JSON as text/html. A BOM and white space may precede it.
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from getsms_core.gateway.damage import (
    clean_text,
    elements_of,
    parse_id,
    parse_json,
    recipient_digits,
    scalar_text,
    with_plain_keys,
)
from getsms_core.gateway.matching import Element, error_number, error_text, match_verdicts
from getsms_core.gateway.messages import (
    CONNECT_DECISIONS,
    NOT_A_PHONE,
    REFUSAL_CODES,
    REQUEST_ID_WRONG,
    http_refusal_code,
)
from getsms_core.gateway.outcomes import (
    Answered,
    Decision,
    Item,
    NoAnswer,
    NothingSent,
    Refusal,
    Rejected,
    SendAnswer,
    StatusAnswer,
    Statuses,
    StatusRecord,
    Unclear,
)
from getsms_core.gateway.transport import Failure, Reply

_EXCERPT = 200  # characters of an unreadable answer that a user sees
_PARTS_MOST = 255  # an SMS has no more parts: the number of a part is one byte
_ID_TEXT = 40  # characters of a recipient, a status word or a date
_DESCRIPTION = 500


def excerpt(body: bytes) -> str:
    """Return the beginning of an unreadable body on one line."""
    text = " ".join(clean_text(body[: _EXCERPT * 4].decode("utf-8", "replace")).split())
    return text if len(text) <= _EXCERPT else text[:_EXCERPT] + "…"


def client_ip(value: object) -> str | None:
    """Return the caller's IP address as the gateway sees it, if an element has it."""
    elements = elements_of(value) or [value]
    address = elements[0].get("client_ip") if isinstance(elements[0], Mapping) else None
    return clean_text(address, _ID_TEXT) or None if isinstance(address, str) else None


def read_send(items: Sequence[Item], outcome: Reply | Failure) -> SendAnswer:
    """Return the outcome of a chunk's POST."""
    seconds = outcome.seconds
    if isinstance(outcome, Failure):
        decision = None if outcome.written else CONNECT_DECISIONS.get(outcome.code)
        if decision is None:
            return Unclear(outcome.code, outcome.detail, None, seconds)
        return NothingSent(outcome.code, decision, outcome.detail, None, seconds)

    status, http = outcome.status, f"HTTP {outcome.status}"
    if 400 <= status < 500:
        if _accepts_any(outcome.body):
            return Unclear("contradiction", http, status, seconds)
        return NothingSent(http_refusal_code(status), Decision.STOP, http, status, seconds)
    odd = _unexpected_status(status)
    if odd:
        return Unclear(odd, http, status, seconds)
    if outcome.problem:
        return Unclear(outcome.problem, outcome.detail, status, seconds)
    try:
        value = parse_json(outcome.body)
    except ValueError:
        return Unclear("not-json", excerpt(outcome.body), status, seconds)

    several = elements_of(value)
    elements = [with_plain_keys(element) for element in ([value] if several is None else several)]
    value = elements[0] if several is None else value
    errors = [(error_number(element), element) if isinstance(element, Mapping) else (None, {}) for element in elements]
    if several is None and not (isinstance(value, dict) and (errors[0][0] is not None or "recipient" in value)):
        return Unclear("not-understood", excerpt(outcome.body), status, seconds)
    if len(elements) == 1 and errors[0][0] is not None and "recipient" not in errors[0][1]:
        return _request_error(items, *errors[0], status, seconds)
    if errors and all(number in REFUSAL_CODES for number, _ in errors):
        named = any("recipient" in element for _, element in errors)
        # A refusal for each message refuses the chunk only if none of its messages goes without one.
        if not named or all(getattr(v, "code", None) for v in match_verdicts(items, elements)[0]):
            return _request_error(items, *errors[0], status, seconds)
    verdicts, foreign = match_verdicts(items, elements)
    return Answered(verdicts, status, seconds, foreign)


def _request_error(
    items: Sequence[Item], number: int | None, element: Element, status: int, seconds: float
) -> SendAnswer:
    """Return the outcome of an error for the whole request."""
    error_message = error_text(element)
    if number == NOT_A_PHONE and len(items) == 1:
        return Answered([Rejected(number, error_message)], status, seconds)
    if number in REFUSAL_CODES:
        return NothingSent(REFUSAL_CODES[number], Decision.STOP, f"{number}: {error_message}", status, seconds)
    return Unclear("unknown-error", f"{number or ''} {error_message}".strip(), status, seconds)


def _accepts_any(body: bytes) -> bool:
    """Whether a body that should be a refusal accepts messages, whatever it echoes as their texts; where it is cut or
    has another form, whether it may. Servers before the gateway name a `request_id` in refusals, but no recipient."""
    if b"recipient" not in body or b"request_id" not in body:
        return False
    try:
        value = parse_json(body)
    except ValueError:
        return True
    elements = [with_plain_keys(element) for element in elements_of(value) or [value]]
    return any(not isinstance(element, Mapping) or _accepts(element) for element in elements)


def _accepts(element: Element) -> bool:
    if error_number(element) is not None:
        return False
    if "recipient" in element:
        return bool(parse_id(element.get("request_id")))
    return any(isinstance(value, list | dict) for value in element.values())


def _unexpected_status(status: int) -> str:
    if 200 <= status < 300:
        return ""
    if 300 <= status < 400:
        return "redirected"
    return "server-error" if status >= 500 else "http-odd"


def read_status(outcome: Reply | Failure, zone: ZoneInfo) -> StatusAnswer:
    """Return the records of a status answer, or why there are none."""
    seconds = outcome.seconds
    if isinstance(outcome, Failure):
        return NoAnswer(outcome.code, outcome.detail, seconds)
    status, http = outcome.status, f"HTTP {outcome.status}"
    if 400 <= status < 500:
        return Refusal(http_refusal_code(status), Decision.STOP, http, seconds)
    if odd := _unexpected_status(status):
        return NoAnswer(odd, http, seconds)
    if outcome.problem:
        return NoAnswer(outcome.problem, outcome.detail, seconds)
    try:
        value = parse_json(outcome.body)
    except ValueError:
        return NoAnswer("not-json", excerpt(outcome.body), seconds)

    several = elements_of(value)
    receipts: list[StatusRecord] = []
    wrong: list[str] = []
    unreadable: list[str] = []
    first: tuple[int, str] | None = None
    for raw_element in [value] if several is None else several:
        element = with_plain_keys(raw_element)
        if not isinstance(element, Mapping) or not _names_message(element):
            unreadable.append(clean_text(str(raw_element), _EXCERPT))
            continue
        number = error_number(element)
        if number is None:
            receipts.append(parse_record(element, zone))
            continue
        first = first or (number, error_text(element))
        if number == REQUEST_ID_WRONG and (request_id := parse_id(element.get("request_id"))):
            wrong.append(request_id)
    if unreadable and not receipts and first is None:
        return NoAnswer("not-understood", excerpt(outcome.body), seconds)
    if first is None or receipts:
        return Statuses(receipts, wrong, seconds, unreadable)
    number, error_message = first
    if number == REQUEST_ID_WRONG:
        return Refusal("request-id-wrong", Decision.RETRY, f"{number}: {error_message}", seconds)
    if number in REFUSAL_CODES:
        return Refusal(REFUSAL_CODES[number], Decision.STOP, f"{number}: {error_message}", seconds)
    return NoAnswer("unknown-error", f"{number or ''} {error_message}".strip(), seconds)


def _names_message(element: Element) -> bool:
    """Whether an element of a status answer is an error, or can belong to a message."""
    if error_number(element) is not None or parse_id(element.get("request_id")):
        return True
    return "status" in element and bool(recipient_digits(element.get("recipient")))


def parse_record(element: Element, zone: ZoneInfo) -> StatusRecord:
    """Return one element of a status answer, with numbers and texts as text that both databases can store."""
    count = parse_id(element.get("count_messages"))
    sent, delivered = (clean_text(scalar_text(element.get(name)), _ID_TEXT) for name in ("date_sent", "date_delivered"))
    return StatusRecord(
        request_id=parse_id(element.get("request_id")),
        message_id=parse_id(element.get("message_id")),
        recipient=clean_text(scalar_text(element.get("recipient")), _ID_TEXT).strip(),
        text=scalar_text(element.get("text")),
        status=clean_text(scalar_text(element.get("status")), _ID_TEXT).strip(),
        count_messages=int(count) if count.isascii() and count.isdigit() and int(count) <= _PARTS_MOST else None,
        date_sent=sent,
        date_delivered=delivered,
        description=clean_text(scalar_text(element.get("description")), _DESCRIPTION),
        sent_at=parse_date(sent, zone),
        delivered_at=parse_date(delivered, zone),
    )


def parse_date(text: str, zone: ZoneInfo) -> int | None:
    """Return a date of the gateway ("2018-07-08 10:40:52", without a zone) as UTC milliseconds, assuming `zone`; unix
    seconds are accepted as well. `None` for an empty, unreadable or zero date."""
    text = text.strip()
    try:
        if text.isascii() and text.isdigit() and 9 <= len(text) <= 11:
            return int(text) * 1000
        moment = datetime.fromisoformat(text)
        moment = moment if moment.tzinfo else moment.replace(tzinfo=zone)
        return int(moment.astimezone(UTC).timestamp() * 1000)
    except (ValueError, OverflowError):
        return None
