"""Why something is paused, refused or failed: stored as a code with parameters, worded when it is shown.

One more reason is one entry in a table of this package. A code that has several sentences has one entry a case, such as
"too-big/rows": scripts read the code, and the case is stored among the parameters.

A parameter is text, a number that is written as it is (an id, a row), a list of parameters, another `Reason`, or a
value that each language writes in its own way: `number`, `money`, `instant`, `clock`, `day`.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from getsms_core.base.i18n import _, ngettext
from getsms_core.base.reasons import (
    campaigns,
    conditions,
    files,
    forecasts,
    gateway,
    lists,
    mail,
    reports,
    system,
    texts,
)
from getsms_core.base.reasons.entries import Entry

CASE, TEXT, DETAIL, SENTENCES_KEY = "case", "text", "detail", "sentences"
_TABLES = (campaigns, conditions, files, forecasts, gateway, lists, mail, reports, system, texts)
SENTENCES: Mapping[str, Entry] = {key: entry for table in _TABLES for key, entry in table.SENTENCES.items()}
"""Code, or code/case → its sentence: a msgid, a pair of plural forms, or several msgids in a row."""
_PLACEHOLDER = re.compile(r"\{(\w+)\}")


@dataclass(frozen=True)
class Reason:
    """A code and its parameters, as they are stored: only what JSON can hold."""

    code: str
    params: Mapping[str, Any] = field(default_factory=dict)

    def words(self) -> str:
        """Return the sentence in the language of this context."""
        return words(self.code, self.params)

    @property
    def key(self) -> str:
        """The key of its sentence: the code, with the case where there is one."""
        return f"{self.code}/{self.params[CASE]}" if CASE in self.params else self.code


def reason(code: str, /, **params: Any) -> Reason:
    """Return a reason; parameters may be values of this module, reasons, lists and whatever has a text."""
    return Reason(code, {name: stored(value) for name, value in params.items()})


def from_text(code: str, text: str) -> Reason:
    """Return a reason whose sentence is not ours, such as the words of another program; `text` is shown as it is."""
    return Reason(code, {TEXT: text})


def several(code: str, sentences_in_a_row: Iterable[Reason]) -> Reason:
    """Return a reason with the sentences of others, in a row."""
    return Reason(code, sentences(sentences_in_a_row))


def words(code: str, params: Mapping[str, Any] | None, text: str = "") -> str:
    """Return the sentence of a stored reason in the language of this context.

    Without parameters the reason is of a release before 0.2, which stored the sentence `text`: it is shown as it is,
    unless its code has a sentence without parameters. A code of a newer release is shown with its details."""
    if params is None:
        return words(code, {}) if is_constant(code) else text
    if TEXT in params:
        return str(params[TEXT])
    if SENTENCES_KEY in params:
        return _worded(params)
    entry = SENTENCES.get(Reason(code, params).key, SENTENCES.get(code))
    if entry is None:
        return f"{code}: {params.get(DETAIL, '')}".rstrip(": ")
    values = _Values((name, _worded(value)) for name, value in params.items() if value != "" or name != DETAIL)
    if isinstance(entry, list):
        return " ".join(_with_full_stop(_(msgid).format_map(values)) for msgid in entry)
    template = _(entry) if isinstance(entry, str) else ngettext(*entry, _count(params))
    return template.format_map(values)


def stored_reason(code: str, params: Mapping[str, Any] | None, text: str) -> Reason | None:
    """Return the reason of three columns of a row, read as `words` reads them; None where they are empty."""
    if params is not None:
        return Reason(code, params)
    if is_constant(code):
        return Reason(code)
    return from_text(code, text) if text else None


def worded(value: Any) -> Any:
    """Return the words of a stored reason, such as a detail of the audit log; any other value as it is."""
    is_reason = isinstance(value, Mapping) and value.keys() == {"reason", "params"}
    return words(value["reason"], value["params"]) if is_reason else value


def is_constant(code: str) -> bool:
    """Return whether the code has one sentence, without parameters."""
    return code in SENTENCES and not placeholders(code) and not any(key.startswith(f"{code}/") for key in SENTENCES)


def placeholders(key: str) -> set[str]:
    """Return the names of the parameters of a sentence."""
    entry = SENTENCES[key]
    return set(_PLACEHOLDER.findall(entry if isinstance(entry, str) else " ".join(entry)))


def number(n: float) -> dict[str, Any]:
    """A count, with the separators of the reader's language."""
    return {"number": n}


def money(tiyin: int) -> dict[str, Any]:
    """A sum."""
    return {"money": tiyin}


def instant(at: int, zone: ZoneInfo) -> dict[str, Any]:
    """An instant (UTC ms) as the time and the date in a zone."""
    return {"at": at, "zone": zone.key}


def clock(at: int, zone: ZoneInfo) -> dict[str, Any]:
    """An instant (UTC ms) as the time of the day in a zone."""
    return {"clock": at, "zone": zone.key}


def day(local_day: date) -> dict[str, Any]:
    """A local day."""
    return {"day": local_day.isoformat()}


def campaign_state(state: str) -> dict[str, Any]:
    """The label of a campaign's state, within a sentence."""
    return {"campaign_state": str(state)}


def state(table: str, code: str) -> dict[str, Any]:
    """The label of a state of a row of `table`."""
    return {"state": str(code), "table": table}


def thing(table: str) -> dict[str, Any]:
    """What a row of a table with states is called."""
    return {"thing": table}


def failure(code: str) -> dict[str, Any]:
    """The sentence of a code of `base.failure_reasons`, within a sentence; the gateway's own words as they are."""
    return {"failure": code}


def role(code: str) -> dict[str, Any]:
    """The label of a user's role, within a sentence."""
    return {"role": str(code)}


def sentences(reasons: Iterable[Reason]) -> dict[str, Any]:
    """Several sentences in a row."""
    return {"sentences": [stored(sentence) for sentence in reasons]}


class _Values(dict[str, str]):
    """The parameters of a sentence; one that is missing is shown as such: a row of another release has what it has."""

    def __missing__(self, name: str) -> str:
        return _("no details") if name == DETAIL else "–"


def stored(value: Any) -> Any:
    """Return a parameter, or the details of an entry of the audit log, as JSON holds it."""
    if isinstance(value, Reason):
        return {"reason": value.code, "params": dict(value.params)}
    if isinstance(value, Mapping):
        return {name: stored(item) for name, item in value.items()}
    if isinstance(value, (list, tuple, set, frozenset)):
        return [stored(item) for item in value]
    return value if value is None or isinstance(value, (str, int, float)) else str(value)


def _worded(value: Any) -> str:
    if isinstance(value, Mapping):
        return next((word(value) for kind, word in _WORDED.items() if kind in value), "–")
    if isinstance(value, list):
        return ", ".join(_worded(item) for item in value)
    return str(value)


def _count(params: Mapping[str, Any]) -> int:
    n = params.get("n", 0)
    return int(n["number"] if isinstance(n, Mapping) else n)


def _with_full_stop(sentence: str) -> str:
    return sentence if sentence.endswith((".", "?", "!", "…")) else sentence + "."


def _number(value: Mapping[str, Any]) -> str:
    from getsms_core.base import formatting  # imports Babel, which most commands do not need

    return formatting.number(value["number"])


def _money(value: Mapping[str, Any]) -> str:
    from getsms_core.base import formatting

    return formatting.money(value["money"])


def _day(value: Mapping[str, Any]) -> str:
    from getsms_core.base import formatting

    return formatting.day(date.fromisoformat(value["day"]))


def _campaign_state(value: Mapping[str, Any]) -> str:
    from getsms_core.base import states  # raises errors, which are made of reasons

    return states.campaign_label(value["campaign_state"]).lower()


def _state(value: Mapping[str, Any]) -> str:
    from getsms_core.base import states  # raises errors, which are made of reasons

    return states.label_of(value["table"], value["state"])


def _thing(value: Mapping[str, Any]) -> str:
    from getsms_core.base import states  # raises errors, which are made of reasons

    return states.thing_label(value["thing"])


def _failure(value: Mapping[str, Any]) -> str:
    from getsms_core.base import failure_reasons  # needs the states

    return failure_reasons.in_words(value["failure"]).rstrip(".") or value["failure"]


def _role(value: Mapping[str, Any]) -> str:
    from getsms_core.base import permissions  # raises errors, which are made of reasons

    return _(permissions.ROLE_LABELS.get(value["role"], value["role"]))


def _moment(value: Mapping[str, Any]) -> str:
    from getsms_core.base import formatting

    return formatting.moment(_local(value, "at"))


def _local(value: Mapping[str, Any], key: str) -> datetime:
    return datetime.fromtimestamp(value[key] / 1000, ZoneInfo(value["zone"]))


_WORDED: Mapping[str, Callable[[Mapping[str, Any]], str]] = {
    "reason": lambda value: words(value["reason"], value.get("params", {})),
    "sentences": lambda value: " ".join(_worded(item) for item in value["sentences"]),
    "number": _number,
    "money": _money,
    "day": _day,
    "campaign_state": _campaign_state,
    "state": _state,
    "thing": _thing,
    "failure": _failure,
    "role": _role,
    "at": _moment,
    "clock": lambda value: f"{_local(value, 'clock'):%H:%M}",
}
"""The first key of a stored value → its words."""
