"""The details of an entry of the audit log in the user's language. Scripts get the codes (`labels.detail`)."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from babel.dates import get_day_names

from getsms_core.audit import labels
from getsms_core.audit.detail_names import (
    CODES,
    COUNTED,
    INSTANTS,
    MONEY,
    NAMES,
    NOT_SHOWN,
    OLD_VALUE_OF,
    OPAQUE,
)
from getsms_core.base import formatting
from getsms_core.base.codes import NoticeEvent
from getsms_core.base.i18n import _
from getsms_core.base.permissions import SYSTEM

MOST_CHARACTERS = 200
_WEEK = 7
_EVENTS = frozenset(NoticeEvent)  # a list of them is shown as their number: it is long, and has a page of its own


def in_words(action: str, stored: Mapping[str, Any], zone: ZoneInfo) -> str:
    """Return the details of an entry about `action` on one line, without the address, which has a column of its own.
    Of a change, what differs is shown as it was and as it is."""
    shown = labels.detail({name: value for name, value in stored.items() if name not in NOT_SHOWN})
    if "reason" in shown:
        shown.pop("code", None)  # the sentence of the same code
    before = shown.pop("before", None)
    changes: dict[str, tuple[Any, Any]] = {}
    if isinstance(before, Mapping):
        has_after = isinstance(shown.get("after"), Mapping)
        now = shown.pop("after") if has_after else shown
        changes = {name: (before.get(name), now.get(name)) for name in before}
        shown = shown if has_after else {}  # all rules are stored; only the former values say which of them changed
    elif action in OLD_VALUE_OF and before is not None:
        name = OLD_VALUE_OF[action]
        changes = {name: (before, shown.pop("after", shown.pop(name, None)))}
    elif before is not None:
        shown = {"before": before, **shown}
    facts = [f"{_label(name)}: {_value(name, value, zone)}" for name, value in shown.items() if not _is_empty(value)]
    facts += [f"{_label(name)}: {_change(name, *values, zone)}" for name, values in changes.items()]
    return ", ".join(facts)


def who(actor: str) -> str:
    """Return the name of who did it; the program itself is called so in each language."""
    return _("the program") if actor == SYSTEM.name else actor


def _label(name: str) -> str:
    return _(NAMES[name]) if name in NAMES else name


def _is_empty(value: Any) -> bool:
    return value is None or (isinstance(value, (str, list, Mapping)) and not value)


def _change(name: str, old: Any, new: Any, zone: ZoneInfo) -> str:
    if name in OPAQUE:
        return _("changed")
    return f"{_value(name, old, zone)} → {_value(name, new, zone)}"


def _value(name: str, value: Any, zone: ZoneInfo) -> str:
    text = _text(name, value, zone)
    return text if len(text) <= MOST_CHARACTERS else text[: MOST_CHARACTERS - 1] + "…"


def _text(name: str, value: Any, zone: ZoneInfo) -> str:
    if _is_empty(value):
        return formatting.NOTHING
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if isinstance(value, (int, float)):
        return _number(name, value, zone)
    if isinstance(value, str):
        return _word(name, value)
    if isinstance(value, Mapping):
        return _several(name, value, zone)
    if name in COUNTED or any(part in _EVENTS for part in value if isinstance(part, str)):
        return formatting.number(len(value))
    return ", ".join(_text(name, part, zone) for part in value)


def _number(name: str, value: float, zone: ZoneInfo) -> str:
    if name in INSTANTS:
        return formatting.moment(datetime.fromtimestamp(value / 1000, UTC).astimezone(zone))
    if name in MONEY:
        return formatting.money(int(value))
    if name == "control":
        return formatting.percent(value / 10_000)
    if name == "weekday":
        return _weekdays([int(value)])
    return formatting.number(value)


def _word(name: str, value: str) -> str:
    if name == "what":
        return labels.action(value)
    if name == "subject":
        return labels.subject(value)
    if name == "price":
        return formatting.money(int(Decimal(value) * 100))
    if name == "tests":
        return _("yes")
    known = CODES.get(name, {})
    return _(known[value]) if value in known else value


def _several(name: str, value: Mapping[str, Any], zone: ZoneInfo) -> str:
    if value.keys() == {"before", "after"}:
        return f"{_value(name, value['before'], zone)} → {_value(name, value['after'], zone)}"
    if name == "quiet":
        days = value.get("days", ())
        return f"{value.get('start')}–{value.get('to')}" + (f" ({_weekdays(days)})" if len(days) < _WEEK else "")
    known = CODES.get(name, {})
    facts = [
        f"{_(known[key]) if key in known else _label(key)}: {_text(key, part, zone)}"
        for key, part in value.items()
        if not _is_empty(part)
    ]
    return "; ".join(facts) or formatting.NOTHING


def _weekdays(days: Sequence[int]) -> str:
    names = get_day_names("abbreviated", "stand-alone", formatting.locale())
    return ", ".join(str(names[day]) for day in days)
