"""The details of an entry of the audit log in the user's language. Scripts get the codes (`labels.detail`)."""

import json
from collections.abc import Callable, Mapping
from typing import Any

from getsms_core.audit import labels
from getsms_core.base import formatting
from getsms_core.base.i18n import N_, _
from getsms_core.base.permissions import ROLE_LABELS, SYSTEM
from getsms_core.base.states import KIND_LABELS

NAMES: Mapping[str, str] = {
    "accepted": N_("Accepted"),
    "after": N_("After"),
    "approve_cost": N_("Cost above, so'm"),
    "approve_messages": N_("Messages above"),
    "approved_by": N_("Approved by"),
    "approved_cost": N_("Approved cost"),
    "before": N_("Before"),
    "cap_days": N_("Within how many days (0 = no limit)"),
    "cap_messages": N_("Maximum SMS per number"),
    "category": N_("Kind"),
    "code": N_("Code of the reason"),
    "cost": N_("Cost"),
    "duplicates": N_("Duplicates"),
    "entries": N_("Entries"),
    "erase_months": N_("Erase texts and numbers after this many months (0 = never)"),
    "file": N_("File"),
    "filename": N_("File"),
    "filters": N_("Filters"),
    "format": N_("Format"),
    "kind": N_("Kind"),
    "language": N_("Language"),
    "mail": N_("E-mail"),
    "messages": N_("Messages"),
    "name": N_("Name"),
    "opted_out": N_("Opted out"),
    "own_words": N_("Own words"),
    "quiet": N_("Quiet hours"),
    "reason": N_("Reason"),
    "rejected": N_("Refused"),
    "repaired": N_("Repaired"),
    "role": N_("Role"),
    "rows": N_("Rows"),
    "scope": N_("Opted out of"),
    "sender": N_("Sender name"),
    "sessions": N_("Sessions"),
    "source": N_("Source"),
    "spend_day": N_("Daily spending limit, so'm"),
    "tags": N_("Tags"),
    "text": N_("Text"),
    "uncertain": N_("Uncertain"),
    "version": N_("Version"),
}
"""The label of each detail that users read; the others are shown by their code."""
LANGUAGE_NAMES: Mapping[str, str] = {"en": N_("English"), "ru": N_("Russian"), "uz": N_("Uzbek")}
MONEY = frozenset({"approve_cost", "approved_cost", "cost", "spend_day"})
MOST_CHARACTERS = 200


def in_words(stored: Mapping[str, Any]) -> str:
    """Return the details of an entry on one line, without the address, which has a column of its own."""
    shown = labels.detail({name: value for name, value in stored.items() if name != "address"})
    return ", ".join(f"{_(NAMES[name]) if name in NAMES else name}: {_value(name, shown[name])}" for name in shown)


def who(actor: str) -> str:
    """Return the name of who did it; the program itself is called so in each language."""
    return _("the program") if actor == SYSTEM.name else actor


def _value(name: str, value: Any) -> str:
    words: dict[str, Callable[[Any], str]] = {
        "role": lambda code: _(ROLE_LABELS.get(code, str(code))),
        "category": lambda code: _(KIND_LABELS.get(code, str(code))),
        "language": lambda code: _(LANGUAGE_NAMES.get(code, str(code))),
    }
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if isinstance(value, int):
        return formatting.money(value) if name in MONEY else formatting.number(value)
    if isinstance(value, str):
        text = words[name](value) if name in words else value
    elif isinstance(value, Mapping) and value.keys() == {"before", "after"}:
        text = f"{_value(name, value['before'])} → {_value(name, value['after'])}"
    elif isinstance(value, list) and all(isinstance(part, (str, int)) for part in value):
        text = ", ".join(_value(name, part) for part in value) or formatting.NOTHING
    else:
        text = formatting.NOTHING if value is None else json.dumps(value, ensure_ascii=False)
    return text if len(text) <= MOST_CHARACTERS else text[: MOST_CHARACTERS - 1] + "…"
