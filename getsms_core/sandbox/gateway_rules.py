"""The gateway's rules by the manual: its answers to a send and to a status call. Without network and faults."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

import orjson

from getsms_core.sandbox.damage import LONG_ID
from getsms_core.sandbox.delivery import FIXED_FATES, status_at
from getsms_core.sandbox.ledger import Entry, Ledger, Message

ERRORS: dict[int, str] = {
    100: "Login or Password is NULL",
    101: "Incorrect Login or Password",
    102: "Account blocked",
    103: "Limit is over",
    200: "Array is not a JSON",
    201: "Array is invalid",
    202: "Nickname didn't set",
    203: "Incorrect nickname",
    300: "is NOT a phone number",
    400: "request_id is wrong",
}
"""The manual's list, in its own words."""
MAX_OBJECTS = 100  # objects in one request
_PHONE = re.compile(r"998\d{9}|(?!998)[1-9]\d{9,14}", re.ASCII)
_USER_ID = 12


@dataclass(frozen=True, slots=True)
class GatewayRules:
    """The rules of this gateway. An empty `login` accepts any login and password that are not empty. `limit` is the
    number of messages that the account may send in all; `speed` the delivery as a multiple of real time, 0 = at
    once."""

    login: str = ""
    password: str = ""
    nicknames: frozenset[str] = frozenset()
    shared_ids: bool = True
    bare_errors: bool = False
    limit: int | None = None
    speed: float = 1.0
    seed: int = 1


def error_answer(number: int, bare: bool) -> object:
    """Return the answer to a refused request, in one of the two shapes of the manual."""
    text = ERRORS.get(number, "Unknown error")
    if bare:
        return {"error": 1, "error_text": text, "error_no": number}
    return [{"error": 1, "text": text, "error_no": number}]


class CallHandler:
    """Answers calls and writes the ledger."""

    def __init__(self, ledger: Ledger, rules: GatewayRules) -> None:
        self.ledger, self.rules = ledger, rules

    def change(self, **rules: Any) -> None:
        """Change rules of the running gateway."""
        self.rules = replace(self.rules, **rules)

    def error(self, number: int) -> object:
        """Return the answer to a refused request, in the shape that `rules` choose."""
        return error_answer(number, self.rules.bare_errors)

    def check(self, fields: Mapping[str, object], send: bool) -> int | list[dict[str, Any]]:
        """Return the objects of a call, or the number of the error that refuses it. Accepts nothing."""
        login, password = _php_text(fields.get("login")), _php_text(fields.get("password"))
        rules = self.rules
        if not login or not password:
            return 100
        if rules.login and (login, password) != (rules.login, rules.password):
            return 101
        data = fields.get("data")
        if isinstance(data, str | bytes):
            try:
                data = orjson.loads(data)
            except ValueError:
                return 200
        if data is None:
            return 200
        if not isinstance(data, list) or not 1 <= len(data) <= MAX_OBJECTS:
            return 201
        required = ("phone", "text") if send else ("request_id",)
        objects = []
        for entry in data:
            if not isinstance(entry, dict):
                return 201
            if required[0] not in entry or required[-1] not in entry:
                entry = {key.strip(): value for key, value in entry.items()}  # the manual's sample says "request_id "
                if any(name not in entry for name in required):
                    return 201
            objects.append(entry)
        if send and rules.nicknames:
            nickname = _php_text(fields.get("nickname"))
            if not nickname:
                return 202
            if nickname not in rules.nicknames:
                return 203
        if send and rules.limit is not None and self.ledger.taken + len(objects) > rules.limit:
            return 103
        return objects

    def take(
        self, fields: Mapping[str, object], objects: list[dict[str, Any]], client_ip: str, now: int, refused: int = -1
    ) -> list[dict[str, Any]]:
        """Accept the messages and return an element for each; `now` is UTC ms, `refused` the index of one to refuse."""
        messages = []
        for place, fields_of_message in enumerate(objects):
            phone, text = fields_of_message["phone"], fields_of_message["text"]
            phone = phone if type(phone) is str else _php_text(phone)
            ok = place != refused and _PHONE.fullmatch(phone) is not None
            if ok and phone.startswith("9989000000"):
                ok = FIXED_FATES.get(int(phone)) != "error-300"
            messages.append(Message(phone, text if type(text) is str else _php_text(text), ok))
        rules = self.rules
        request_id, message_id = self.ledger.add(
            messages, login=_php_text(fields.get("login")), client_ip=client_ip, now=now,
            shared=rules.shared_ids, seed=rules.seed, speed=rules.speed,
        )  # fmt: skip
        seconds, step = now // 1000, 0 if rules.shared_ids else 1
        elements: list[dict[str, Any]] = []
        for place, (phone, text, ok) in enumerate(messages):
            element: dict[str, Any] = {
                "recipient": int(phone) if phone.isascii() and phone.isdigit() and len(phone) < 19 else phone,
                "text": text,
                "user_id": _USER_ID,
                "date_received": seconds,
                "message_id": message_id + place,
                "request_id": request_id + place * step,
                "client_ip": client_ip,
            }
            if not ok:
                element |= {"error": 1, "error_text": ERRORS[300], "error_no": 300}
            elements.append(element)
        return elements

    def status(self, fields: Mapping[str, object], objects: list[dict[str, Any]], now: int) -> object:
        """Return the status of the requests. Wrong ids have an element each beside valid ones; if all are wrong, the
        call is refused."""
        login = _php_text(fields.get("login"))
        records: list[dict[str, Any]] = []
        wrong: list[dict[str, Any]] = []
        for entry_fields in objects:
            request_id = _php_text(entry_fields["request_id"]).strip()
            number = (
                int(request_id)
                if request_id.isascii() and request_id.isdigit() and len(request_id) <= MAX_OBJECTS
                else 0
            )
            entry = self.ledger.find(number % LONG_ID, login)  # the fault `long-ids` gave out the longer ones
            entry_records = _records(entry, now) if entry else []
            records += entry_records
            if not entry_records:
                wrong.append({"error": 1, "error_text": ERRORS[400], "error_no": 400, "request_id": request_id})
        return records + wrong if records else self.error(400)


def _records(entry: Entry, now: int) -> list[dict[str, Any]]:
    received, request_id = str(entry.received_at // 1000), str(entry.request_id)
    records = []
    for place, (phone, text, taken) in enumerate(entry.messages):
        if not taken:
            continue
        state = status_at(phone, text, entry.seed, entry.speed, entry.received_at, now)
        records.append(
            {
                "recipient": phone,
                "text": text,
                "user_id": str(_USER_ID),
                "date_received": received,
                "date_sent": state.date_sent,
                "date_delivered": state.date_delivered,
                "message_id": str(entry.message_id + place),
                "request_id": request_id,
                "status": state.status,
                "count_messages": str(_parts(text)),
                "client_ip": entry.client_ip,
                "description": state.description,
            }
        )
    return records


@lru_cache(maxsize=4096)
def _parts(text: str) -> int:
    from getsms_core.messages.encoding import (
        measure,  # it takes 0.3 s to load: not at the start, before the address is printed
    )

    return measure(text).parts


def _php_text(value: object) -> str:
    """Return a JSON value as PHP prints it as text; bytes are a field of a form that is not UTF-8."""
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    return "" if value is None or isinstance(value, bool | list | dict) else str(value)
