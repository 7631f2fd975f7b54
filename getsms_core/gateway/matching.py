"""Which element of an answer speaks of which message: by recipient and text, never by position alone.

The manual promises neither order nor completeness, so the answer is treated as a heap of elements. Two identical
messages in a chunk need two elements with different ids; one element repeated counts once. Pure: no I/O.
"""

from collections import defaultdict, deque
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from getsms_core.gateway.damage import (
    clean_text,
    echo_matches,
    letters_and_digits,
    normalize_text,
    parse_id,
    recipient_digits,
    scalar_text,
)
from getsms_core.gateway.messages import NOT_A_PHONE
from getsms_core.gateway.outcomes import Accepted, Item, Missing, Rejected, Verdict

Element = Mapping[str, Any]
_Key = tuple[str, str]
_NO_ERROR = frozenset({"", "0", "false", "none", "null"})
_WORDS_LIMIT = 500  # characters of the gateway's words for an error


def error_number(element: Element) -> int | None:
    """The element's error number; 0 for an error without a readable number; `None` for no error."""
    flag = element.get("error")
    if (isinstance(flag, bool | int) and not flag) or (isinstance(flag, str) and flag.strip().lower() in _NO_ERROR):
        flag = None
    if flag is None and "error_no" not in element:
        return None
    number = clean_text(scalar_text(element.get("error_no")), 20).strip()
    if number and number != "0" and number.lower() not in _NO_ERROR:
        return int(number) if number.isascii() and number.isdigit() else 0
    return None if flag is None else 0


def error_text(element: Element) -> str:
    """The gateway's own words for an error: it calls them `error_text` in one place and `text` in another."""
    return clean_text(str(element.get("error_text") or element.get("text") or ""), _WORDS_LIMIT)


def match_verdicts(items: Sequence[Item], elements: Iterable[object]) -> tuple[list[Verdict], int]:
    """A verdict for each item, in its order, and how many elements belong to no item or repeat another.

    Elements with text match recipient and text exactly; then those whose text is damaged, cut or a part take the one
    message to their recipient that it fits; elements without a text take any message to their recipient that is left.
    Acceptances are dealt out first, so that a contradicting answer counts as sent."""
    verdicts: list[Verdict] = [Missing()] * len(items)
    waiting: dict[_Key, deque[int]] = defaultdict(deque)
    by_phone: dict[str, list[_Key]] = defaultdict(list)
    for index, item in enumerate(items):
        phone = str(item.phone)
        key = phone, normalize_text(item.text)
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
        recipient = recipient_digits(element.get("recipient"))
        text: str | None = normalize_text(scalar_text(said))
        if text is not None and (recipient, text) not in waiting and not letters_and_digits(text):
            text = None  # nothing in it can be compared
        request_id, message_id = parse_id(element.get("request_id")), parse_id(element.get("message_id"))
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
        level = 0 if isinstance(verdict, Accepted) else 2 if isinstance(verdict, Rejected) else 4
        ranked[level + (text is None)].append((recipient, text, verdict))

    for rank in ranked:
        unmatched: list[tuple[str, str, Verdict]] = []
        for recipient, text, verdict in rank:
            if text is not None and (recipient, text) not in waiting:
                unmatched.append((recipient, text, verdict))
                continue
            keys = [(recipient, text)] if text is not None else by_phone.get(recipient, [])
            places = next((places for key in keys if (places := waiting.get(key))), None)
            if places:
                verdicts[places.popleft()] = verdict
            else:
                foreign += 1
        for recipient, text, verdict in unmatched:
            fitting = [key for key in by_phone.get(recipient, []) if waiting[key] and echo_matches(text, key[1])]
            if len(fitting) == 1:
                verdicts[waiting[fitting[0]].popleft()] = verdict
            else:
                foreign += 1
    return verdicts, foreign
