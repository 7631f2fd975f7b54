"""Which element of an answer speaks of which message: by recipient and text, never by position alone.

The manual promises neither order nor completeness, so the answer is treated as a heap of elements. Two identical
messages in a chunk need two elements with different ids; one element repeated counts once. Pure: no I/O.
"""

from collections import defaultdict, deque
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from getsms_core.gateway.answers import Accepted, Item, Missing, Rejected, Verdict
from getsms_core.gateway.wording import NOT_A_PHONE

Element = Mapping[str, Any]
_Key = tuple[str, str]


def identifier(value: object) -> str:
    """An id as text: the gateway writes numbers in one call and text in the other. Empty for none, null and 0."""
    if value is None or isinstance(value, bool | list | dict):
        return ""
    text = str(int(value)) if isinstance(value, float) and value.is_integer() else str(value).strip()
    return "" if text == "0" else text


def digits(value: object) -> str:
    """A recipient as its digits alone."""
    if type(value) is int:
        return str(value)
    return "".join(c for c in identifier(value) if c in "0123456789")


def plain(text: str) -> str:
    """A text as compared: the gateway may trim it and may change its line ends."""
    return text.replace("\r\n", "\n").replace("\r", "\n").strip()


def error_number(element: Element) -> int | None:
    """The element's error number; 0 for an error without a readable number; `None` for no error."""
    said = element.get("error")
    if said in (None, 0, "", "0", "false"):  # False equals 0
        if "error_no" not in element:
            return None
        said = None
    number = identifier(element.get("error_no"))
    if number:
        return int(number) if number.isascii() and number.isdigit() else 0
    return None if said is None else 0


def error_text(element: Element) -> str:
    """The gateway's own words for an error: it calls them `error_text` in one place and `text` in another."""
    return str(element.get("error_text") or element.get("text") or "")


def match(items: Sequence[Item], elements: Iterable[object]) -> tuple[list[Verdict], int]:
    """A verdict for each item, in its order, and how many elements belong to no item or repeat another.

    Elements with text match recipient and text exactly; elements without one take any message to their recipient that
    is left. Acceptances are dealt out first, so that a contradicting answer counts as sent."""
    verdicts: list[Verdict] = [Missing()] * len(items)
    waiting: dict[_Key, deque[int]] = defaultdict(deque)
    by_phone: dict[str, list[_Key]] = defaultdict(list)
    for index, item in enumerate(items):
        phone = str(item.phone)
        key = phone, plain(item.text)
        if key not in waiting:
            by_phone[phone].append(key)
        waiting[key].append(index)

    foreign = 0
    seen: set[tuple[str, str | None, str, str]] = set()
    ranked: list[list[tuple[str, str | None, Verdict]]] = [[], [], [], [], [], []]
    for element in elements:
        if not isinstance(element, Mapping):
            foreign += 1
            continue
        number = error_number(element)
        said = element.get("text")
        if number is not None and "error_text" not in element:
            said = None  # then `text` holds the error's words, not the message's
        recipient = digits(element.get("recipient"))
        text = None if said is None else plain(str(said))
        request_id, message_id = identifier(element.get("request_id")), identifier(element.get("message_id"))
        verdict: Verdict
        if number is None:
            fingerprint = recipient, text, request_id, message_id
            if fingerprint in seen:
                foreign += 1
                continue
            seen.add(fingerprint)
            verdict = Accepted(request_id, message_id) if request_id else Missing()
        elif number == NOT_A_PHONE:
            verdict = Rejected(number, error_text(element))
        else:
            verdict = Missing(number, error_text(element))
        rank = 0 if isinstance(verdict, Accepted) else 2 if isinstance(verdict, Rejected) else 4
        ranked[rank + (text is None)].append((recipient, text, verdict))

    for recipient, text, verdict in (entry for rank in ranked for entry in rank):
        keys = [(recipient, text)] if text is not None else by_phone.get(recipient, [])
        places = next((places for key in keys if (places := waiting.get(key))), None)
        if places:
            verdicts[places.popleft()] = verdict
        else:
            foreign += 1
    return verdicts, foreign
