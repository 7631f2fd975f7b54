"""Why messages did not arrive: the words of receipts and of the gateway as codes, and a sentence for each code.

Sources of the words: the gateway's manual ("is NOT a phone number"), the practice gateway, and the errors of GSM 09.02
(MAP) that operators pass on as text. Unknown words are kept as they are and are their own code: their meaning is never
guessed.
"""

import re
from collections.abc import Mapping
from functools import lru_cache

from getsms_core.base.i18n import N_, _
from getsms_core.base.states import MessageState

NOT_STATED = "not-stated"
"""The code of a message whose receipt gives no reason, and of one whose reason was erased."""
NO_FINAL_RECEIPT = "no-final-receipt"
"""The code of a message that expired while its receipts said that it was on its way."""
CAMPAIGN_CANCELLED = "campaign-cancelled"
"""The code of a cancelled message without another reason."""
LOST = frozenset({MessageState.REJECTED, MessageState.UNDELIVERED, MessageState.EXPIRED, MessageState.CANCELLED})
"""The states of messages that did not arrive. Uncertain ones may have."""
MAX_LENGTH = 200
"""Of unknown words: they are part of a key."""

WORDS: Mapping[str, str] = {
    "absent-subscriber": N_("The phone was off or out of coverage."),
    "unknown-subscriber": N_("The number is not in use."),
    "blocked": N_("The number is blocked or does not accept SMS."),
    "validity-over": N_("The phone could not be reached within the validity period."),
    "memory-full": N_("The phone's memory for SMS is full."),
    "sms-not-supported": N_("The phone or its tariff has no SMS."),
    "operator-refused": N_("The operator refused the message."),
    "spam-filter": N_("A filter against spam stopped the message."),
    "no-route": N_("The gateway has no route to this number."),
    "network-failure": N_("The operator's network failed."),
    "not-a-phone-number": N_("The gateway does not accept this as a phone number."),
    NOT_STATED: N_("The receipt gives no reason."),
    NO_FINAL_RECEIPT: N_("No final receipt came within the validity period."),
    CAMPAIGN_CANCELLED: N_("The campaign was cancelled before the message was sent."),
}
"""The sentence of each code; translate it with `in_words`."""

_PHRASES: Mapping[str, tuple[str, ...]] = {
    "not-a-phone-number": ("not a phone number", "invalid phone number", "wrong phone number"),
    "unknown-subscriber": (
        "unknown subscriber", "unidentified subscriber", "unassigned number", "number not in use", "no such number",
        "абонент не существует", "номер не существует", "неизвестный абонент", "mavjud bo lmagan raqam",
    ),
    "absent-subscriber": (
        "absent subscriber", "subscriber absent", "absent", "unreachable", "not reachable", "out of coverage",
        "switched off", "phone off", "power off", "detached", "абонент недоступен", "абонент вне зоны",
        "телефон выключен", "abonent o chirilgan",
    ),
    "spam-filter": ("spam", "content filter", "filtered"),
    "blocked": (
        "blocked", "barred", "barring", "blacklist", "blacklisted", "black list", "заблокирован", "в черном списке",
        "bloklangan",
    ),
    "memory-full": ("memory full", "memory capacity exceeded", "memory exceeded", "sim full", "память переполнена"),
    "validity-over": ("validity period", "validity expired", "message expired", "срок действия истек"),
    "sms-not-supported": (
        "not provisioned", "facility not supported", "sms not supported", "teleservice not supported",
    ),
    "no-route": ("no route", "route not found", "unroutable", "нет маршрута"),
    "operator-refused": ("rejected by operator", "refused by operator", "operator rejected", "отклонено оператором"),
    "network-failure": ("system failure", "network failure", "network error", "ошибка сети"),
}  # fmt: skip
"""What receipts say, as `_letters` writes it; the first code with a phrase in the words is taken."""
_NO_REASON = frozenset(
    {"", "ok", "none", "null", "no error", "error", "unknown", "failed", "delivered", "delivrd", "undelivered",
     "undeliverable", "undeliv", "not delivered", "rejected", "rejectd", "deleted", "expired", "accepted", "sent",
     "доставлено", "не доставлено", "недоставлено", "отклонено", "просрочено"}
)  # fmt: skip
"""Words that repeat the state or say nothing."""
_PATTERNS = [
    (code, re.compile("|".join(rf"(?<!\w){re.escape(phrase)}(?!\w)" for phrase in phrases)))
    for code, phrases in _PHRASES.items()
]
_CODE = re.compile(r"[0-9]{1,4}|[a-z0-9]+(?:-[a-z0-9]+)+")
_CAMEL = re.compile(r"(?<=[a-z])(?=[A-Z])")
_NUMBER = re.compile(r"\+?\d[\d ()\-]{3,}\d")


@lru_cache(maxsize=1024)
def code_of(description: str) -> str:
    """Return the code of a receipt's description: a known one, else the words themselves, at most `MAX_LENGTH`
    characters and without numbers of five digits or more, which differ by message; "" for words that only repeat the
    state."""
    letters = _letters(description)
    if letters in _NO_REASON:
        return ""
    known = next((code for code, pattern in _PATTERNS if pattern.search(letters)), None)
    return known or _NUMBER.sub("…", " ".join(description.split()))[:MAX_LENGTH].strip()


def stored_code(reason: str | None) -> str:
    """Return the code of a message's stored reason, which is a code of this program or the gateway's own words; ""
    where there is none."""
    if not reason or reason in WORDS or _CODE.fullmatch(reason):
        return reason or ""
    return code_of(reason)


def code_shown(code: str, state: str) -> str:
    """Return the code that stands for a missing one: by the state of the message."""
    return code or (CAMPAIGN_CANCELLED if state == MessageState.CANCELLED else NOT_STATED)


def in_words(code: str) -> str:
    """Return the sentence of a code in the user's language; "" for a code that this table does not have."""
    return _(WORDS[code]) if code in WORDS else ""


def remark_in_words(description: str) -> str:
    """Return the description of a receipt in the user's language where its meaning is known, else as the gateway wrote
    it; "" for words that only repeat the state."""
    code = code_of(description)
    return in_words(code) or (description if code else "")


def _letters(text: str) -> str:
    """Lower-case words with one space between them: "AbsentSubscriber" → "absent subscriber"."""
    return re.sub(r"[\W_]+", " ", _CAMEL.sub(" ", text).casefold().replace("ё", "е")).strip()
