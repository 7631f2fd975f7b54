"""Faults inside an answer: broken texts, odd ids, several records for a message. Each was seen at a gateway of this
kind. Answers to sends and to status calls are damaged in the same way."""

import json
from collections.abc import Callable
from html import escape
from typing import Any

Element = dict[str, Any]
LONG_ID = 10**21  # added to an id by `long-ids`: 22 digits
_TEXTS = ("text", "status", "description", "error_text")
_IDS = ("request_id", "message_id")
_NOT_IDS: tuple[object, ...] = ("None", "null", "", -1, 1.5, True)
_MARK = "\ue000"  # stands for bytes that JSON cannot hold, until the answer is bytes
_RAW = {"torn-utf8": b"\xd0", "raw-newlines": b"\n", "surrogates": b"\\ud800"}

DAMAGES: dict[str, str] = {
    "nul": "NUL in every text and id",
    "torn-utf8": "half a character in every text",
    "raw-newlines": "a raw line break in every text",
    "surrogates": "half a surrogate pair in every text",
    "html-escaped": "texts with HTML escapes",
    "object": 'an object with the keys "0", "1" … for the list',
    "huge-count": "99999999999 for each count of parts",
    "long-ids": "ids of 22 digits",
    "padded-ids": "ids with zeros before them",
    "no-ids": '"None", "null", "", -1, 1.5 and true for ids',
    "one-message-id": "one message id for all messages",
    "plus": '"+" before every recipient',
    "two-records": "two elements for a message, each with half of its text",
    "one-part-failed": "the same, and the second half was not delivered",
    "other-ids": "ids that differ from those of the send",
    "other-recipient": "recipients that were never written to",
    "interim-last": "after each element the one that stood there before it was delivered",
}


def damage_answer(name: str, answer: list[Element]) -> bytes:
    """Return the body of an answer with the damage of this name."""
    value: object
    if name in _RAW:
        value = [_mark_text(element) for element in answer]
    elif name == "object":
        value = {str(place): element for place, element in enumerate(answer)}
    elif name == "no-ids":
        value = [element | dict.fromkeys(_IDS, _NOT_IDS[place % len(_NOT_IDS)])
                 for place, element in enumerate(answer)]  # fmt: skip
    else:
        value = [damaged for element in answer for damaged in _ELEMENT_DAMAGES[name](element)]
    return json.dumps(value, ensure_ascii=False).encode().replace(_MARK.encode(), _RAW.get(name, b""))


def _mark_text(element: Element) -> Element:
    return {key: f"{value}{_MARK}" if key == "text" else value for key, value in element.items()}


def _nul(element: Element) -> list[Element]:
    return [{key: f"{value}\0" if key in (*_TEXTS, *_IDS) else value for key, value in element.items()}]


def _ids(element: Element, change: Callable[[int], object]) -> list[Element]:
    return [element | {key: change(int(element[key])) for key in _IDS if key in element}]


def _halves(element: Element, failed: bool = False) -> list[Element]:
    text = str(element.get("text", ""))
    middle = len(text) // 2
    second = {"text": text[middle:], "message_id": f"{element.get('message_id', '')}2"}
    if failed and element.get("status") == "delivered":
        second |= {"status": "undelivered", "date_delivered": ""}
    return [element | {"text": text[:middle]}, element | second]


def _with_interim(element: Element) -> list[Element]:
    if element.get("status") in (None, "accepted", "sent"):
        return [element]
    return [element, element | {"status": "sent", "date_delivered": ""}]


_ELEMENT_DAMAGES: dict[str, Callable[[Element], list[Element]]] = {
    "nul": _nul,
    "html-escaped": lambda element: [element | {"text": escape(str(element.get("text", "")))}],
    "huge-count": lambda element: [element | {"count_messages": "99999999999"}],
    "long-ids": lambda element: _ids(element, lambda number: number + LONG_ID),
    "padded-ids": lambda element: _ids(element, lambda number: f"{number:018}"),
    "one-message-id": lambda element: [element | {"message_id": 810000001}],
    "plus": lambda element: [element | {"recipient": f"+{element.get('recipient', '')}"}],
    "two-records": _halves,
    "one-part-failed": lambda element: _halves(element, failed=True),
    "other-ids": lambda element: _ids(element, lambda number: number + 7_000_000),
    "other-recipient": lambda element: [element | {"recipient": "998900009999"}],
    "interim-last": _with_interim,
}
