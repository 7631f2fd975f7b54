"""The gateway's codes and their sentences for users."""

import re

from getsms_core.base import reasons
from getsms_core.base.failure_reasons import WORDS as FAILURE_WORDS
from getsms_core.base.i18n import N_, _
from getsms_core.base.reasons.gateway import SENTENCES as GATEWAY_SENTENCES
from getsms_core.gateway.outcomes import Decision

# The engine's reasons for a message or a chunk, besides the codes of the client.
ENGINE_REASONS: dict[str, str] = {
    "unforeseen": N_("Unexpected error while calling the gateway."),
    "not-in-answer": N_("Missing from the gateway's answer ({detail})."),
    "worker-lost": N_("The worker ended before it recorded the answer."),
    "late": N_("The answer came late, after the message was marked uncertain; it proves that the message was sent."),
    "restored": N_("It was not sent yet when the restored backup was made; it may have been sent since."),
    "opted-out": N_("The number is opted out."),
    "empty-text": N_("Its text is empty."),
    "frequency-cap": N_("The number has reached the frequency cap."),
    "no-answer": N_("No status call was answered until seven days after the validity period."),
    "end-time": N_("The campaign's end time passed before it was sent."),
    "excluded-campaign": N_("The number got an excluded campaign before this one started."),
    "excluded-days": N_("The number got an SMS in the excluded days before this campaign started."),
    "201": N_("The gateway refused this message as invalid (error 201)."),
    "counted-as-sent": N_("A user counted it as sent; the gateway's answer was lost."),
    "counted-as-not-sent": N_("A user counted it as not sent; the gateway's answer was lost."),
    "half": N_("Half of a request that the gateway refused as invalid (error 201)."),
}

# The manual's error numbers for a whole request: nothing was sent, and a user must act.
REFUSAL_CODES: dict[int, str] = {
    100: "login-missing",
    101: "login-wrong",
    102: "account-blocked",
    103: "limit-over",
    200: "data-not-json",
    201: "data-invalid",
    202: "nickname-not-set",
    203: "nickname-wrong",
}
ACCOUNT_REFUSALS = frozenset({*REFUSAL_CODES.values(), "ip-not-registered", "address-wrong", "http-refused"})
"""Refusals of every request, whatever its content, until somebody acts."""
NOT_A_PHONE = 300
REQUEST_ID_WRONG = 400

# The decision for each failure to connect. Other codes belong to a connection that was made.
CONNECT_DECISIONS: dict[str, Decision] = {
    "name-not-resolved": Decision.RETRY,
    "connection-refused": Decision.RETRY,
    "network-unreachable": Decision.RETRY,
    "connect-timeout": Decision.RETRY,
    "connect-failed": Decision.RETRY,
    "tls-certificate": Decision.STOP,
    "tls-failed": Decision.STOP,
}


def described(code: str, detail: str = "") -> reasons.Reason:
    """Return the reason of a code: what is wrong, what to do, and what happened to the messages of a send. `detail` is
    the gateway's or the network's own text."""
    return reasons.reason(code, detail=detail) if detail else reasons.reason(code)


def describe_code(code: str, detail: str = "") -> str:
    """Return the sentences of `described` in the user's language."""
    return described(code, detail).words()


def reason_text(code: str, detail: str = "") -> str:
    """Return only what is wrong and what to do, for calls that send nothing."""
    sentence = _(_template(code)) or code
    return sentence.replace("{detail}", detail or _("no details"))


def short_reason(code: str, detail: str = "") -> str:
    """Return the reason for a table cell: what is wrong, without empty brackets for details. Texts that are not codes,
    such as the gateway's own, are returned unchanged."""
    template = FAILURE_WORDS.get(code) or ENGINE_REASONS.get(code) or _template(code)
    if not template:
        return " ".join(filter(None, (code, detail)))
    sentence = _(template)
    return sentence.replace("{detail}", detail) if detail else re.sub(r"\s*(\(\{detail\}\)|: \{detail\})", "", sentence)


def _template(code: str) -> str:
    """Return the first sentence of a code of the gateway; "" for any other text."""
    entry = GATEWAY_SENTENCES.get(code, "")
    return entry if isinstance(entry, str) else entry[0]


def http_refusal_code(status: int) -> str:
    """Return the code of an HTTP status of 400 to 499."""
    return {403: "ip-not-registered", 404: "address-wrong", 405: "address-wrong", 410: "address-wrong",
            429: "too-many-requests"}.get(status, "http-refused")  # fmt: skip
