"""Matching the elements of an answer to messages by recipient and text, never by position alone.

The manual promises neither order nor completeness, so the elements have no order here. Two identical
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
_WORDS_LIMIT = 500  # characters of the gateway's error text


def error_number(element: Element) -> int | None:
    """Return the element's error number; 0 for an error without a readable number, and where `error` says that there is
    none beside a number: of such an answer nothing is known; `None` for no error."""
    flag = element.get("error")
    denied = not flag if isinstance(flag, bool | int) else isinstance(flag, str) and flag.strip().lower() in _NO_ERROR
    if (flag is None or denied) and "error_no" not in element:
        return None
    number = clean_text(scalar_text(element.get("error_no")), 20).strip()
    if number and number != "0" and number.lower() not in _NO_ERROR:
        return int(number) if number.isascii() and number.isdigit() and not denied else 0
    return None if flag is None or denied else 0


def error_text(element: Element) -> str:
    """Return the gateway's error text, which it calls `error_text` in some answers and `text` in others; some gateways
    write it in place of the flag `error`."""
    flag = element.get("error")
    words = flag if isinstance(flag, str) and not flag.strip().isdigit() else ""
    return clean_text(str(element.get("error_text") or element.get("text") or words), _WORDS_LIMIT)


_Answer = tuple[str, str | None, Verdict]
"""One element: the recipient's digits, the comparable text (`None`: none) and the verdict."""


def match_verdicts(items: Sequence[Item], elements: Iterable[object]) -> tuple[list[Verdict], int]:
    """Return a verdict for each item, in order, and how many elements match no item or repeat another.

    Elements with text match recipient and text exactly; then those whose text is damaged, cut or a part match the one
    remaining message to their recipient that fits; elements without text match any remaining message to their
    recipient. Acceptances are matched first, so that a contradicting answer counts as sent."""
    verdicts: list[Verdict] = [Missing()] * len(items)
    waiting: dict[_Key, deque[int]] = defaultdict(deque)
    by_phone: dict[str, list[_Key]] = defaultdict(list)
    for index, item in enumerate(items):
        phone = str(item.phone)
        key = phone, normalize_text(item.text)
        if key not in waiting:
            by_phone[phone].append(key)
        waiting[key].append(index)

    ranked, foreign = _rank_answers(elements, waiting)
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


def _rank_answers(elements: Iterable[object], waiting: Mapping[_Key, object]) -> tuple[list[list[_Answer]], int]:
    """Return the answers in the order of matching (acceptances, rejections, others; each with text before those
    without), and how many elements are unreadable or repeat another."""
    foreign = 0
    fingerprints: set[tuple[str, str | None, str, str]] = set()
    ranked: list[list[_Answer]] = [[], [], [], [], [], []]
    for element in elements:
        if not isinstance(element, Mapping):
            foreign += 1
            continue
        number = error_number(element)
        recipient = recipient_digits(element.get("recipient"))
        echo = normalize_text(scalar_text(element.get("text")))
        is_own = (recipient, echo) in waiting
        words = error_text(element) if element.get("error_text") or not is_own else ""
        # With an error and without `error_text`, `text` is the error's text where it is not the message's.
        is_echo = is_own or ((number is None or "error_text" in element) and bool(letters_and_digits(echo)))
        text = echo if is_echo else None  # None: it has nothing to compare
        request_id, message_id = parse_id(element.get("request_id")), parse_id(element.get("message_id"))
        verdict: Verdict
        if number is None:
            fingerprint = recipient, text, request_id, message_id
            if fingerprint in fingerprints:
                foreign += 1
                continue
            fingerprints.add(fingerprint)
            verdict = Accepted(request_id, message_id) if request_id else Missing()
        elif number == NOT_A_PHONE:
            verdict = Rejected(number, words)
        else:
            verdict = Missing(number, words)
        level = 0 if isinstance(verdict, Accepted) else 2 if isinstance(verdict, Rejected) else 4
        ranked[level + (text is None)].append((recipient, text, verdict))
    return ranked, foreign
