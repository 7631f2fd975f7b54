"""The gateway's codes and their sentences for users."""

import re

from getsms_core.base.i18n import N_, _
from getsms_core.gateway.outcomes import STALE, Decision

NOTHING_SENT_NOTE = N_("The messages of this request did not leave; they wait in the queue.")
UNCERTAIN_NOTE = N_(
    "The messages of this request may or may not have left; they are marked uncertain and are not sent again."
)

# code → (what is wrong and what to do, what happened to the messages). {detail} is the gateway's or network's text.
CODE_MESSAGES: dict[str, tuple[str, str]] = {
    # The connection was never made.
    "name-not-resolved": (
        N_("The gateway's name could not be found. Check GETSMS_URL and this computer's DNS."),
        NOTHING_SENT_NOTE,
    ),
    "connection-refused": (
        N_("The gateway refused the connection: nothing listens at its address just now."),
        NOTHING_SENT_NOTE,
    ),
    "network-unreachable": (
        N_("There is no way to the gateway. Check this computer's network and firewall."),
        NOTHING_SENT_NOTE,
    ),
    "connect-timeout": (N_("The gateway did not take the connection in time."), NOTHING_SENT_NOTE),
    "connect-failed": (N_("The connection to the gateway could not be made ({detail})."), NOTHING_SENT_NOTE),
    "tls-certificate": (
        N_("The gateway's certificate cannot be trusted ({detail}). Check GETSMS_URL."),
        NOTHING_SENT_NOTE,
    ),
    "tls-failed": (
        N_("A secure connection could not be made ({detail}). Does this address speak https?"),
        NOTHING_SENT_NOTE,
    ),
    STALE: (
        N_(
            "The request waited too long for its turn: this computer stood still, "
            "or the gateway was slow with those before it."
        ),
        NOTHING_SENT_NOTE,
    ),
    "not-encodable": (N_("A text holds a character that cannot be written as UTF-8 ({detail})."), NOTHING_SENT_NOTE),
    # HTTP 4xx.
    "ip-not-registered": (
        N_(
            "The gateway refused this computer's IP address (HTTP 403). Ask GETSMS support to register it, then resume."
        ),
        NOTHING_SENT_NOTE,
    ),
    "address-wrong": (N_("There is no gateway at this address ({detail}). Check GETSMS_URL."), NOTHING_SENT_NOTE),
    "too-many-requests": (
        N_("The gateway asks for fewer requests (HTTP 429). Set or lower GETSMS_RATE, then resume."),
        NOTHING_SENT_NOTE,
    ),
    "http-refused": (N_("The gateway refused the request ({detail})."), NOTHING_SENT_NOTE),
    # The manual's errors for a whole request.
    "login-missing": (
        N_("The gateway got no login or no password (error 100). Set both, then resume."),
        NOTHING_SENT_NOTE,
    ),
    "login-wrong": (
        N_("The gateway does not know this login and password (error 101). Correct them, then resume."),
        NOTHING_SENT_NOTE,
    ),
    "account-blocked": (
        N_("The gateway has blocked this account (error 102). Ask GETSMS support, then resume."),
        NOTHING_SENT_NOTE,
    ),
    "limit-over": (N_("The account's limit is used up (error 103). Top it up, then resume."), NOTHING_SENT_NOTE),
    "data-not-json": (N_("The gateway could not read the request (error 200). Please report this."), NOTHING_SENT_NOTE),
    "data-invalid": (N_("The gateway found the request malformed (error 201). Please report this."), NOTHING_SENT_NOTE),
    "nickname-not-set": (
        N_("The gateway wants a sender name (error 202). Choose one, then resume."),
        NOTHING_SENT_NOTE,
    ),
    "nickname-wrong": (
        N_("The gateway does not know this sender name (error 203). Choose a registered one, then resume."),
        NOTHING_SENT_NOTE,
    ),
    # One message, one id.
    "not-a-phone-number": (N_("The gateway says that this is not a phone number (error 300)."), ""),
    "request-id-wrong": (N_("The gateway does not know this request id (error 400)."), ""),
    # It may have been sent.
    "read-timeout": (N_("The gateway took the request but did not answer in time."), UNCERTAIN_NOTE),
    "deadline": (N_("The gateway's answer was not complete when its time was up."), UNCERTAIN_NOTE),
    "connection-lost": (N_("The connection broke after the request was written ({detail})."), UNCERTAIN_NOTE),
    "answer-cut": (N_("The gateway's answer broke off ({detail})."), UNCERTAIN_NOTE),
    "answer-too-large": (N_("The gateway's answer was too large to be one ({detail})."), UNCERTAIN_NOTE),
    "server-error": (N_("The gateway failed ({detail})."), UNCERTAIN_NOTE),
    "redirected": (N_("The gateway pointed to another address ({detail}). Check GETSMS_URL."), UNCERTAIN_NOTE),
    "http-odd": (N_("The gateway answered with a status that is not foreseen ({detail})."), UNCERTAIN_NOTE),
    "not-json": (N_("The gateway's answer could not be read: {detail}"), UNCERTAIN_NOTE),
    "not-understood": (N_("The gateway's answer could not be understood: {detail}"), UNCERTAIN_NOTE),
    "unknown-error": (N_("The gateway answered with an error that its manual does not name: {detail}"), UNCERTAIN_NOTE),
    "contradiction": (
        N_("The gateway refused the request and took messages in one answer ({detail})."),
        UNCERTAIN_NOTE,
    ),
    "unexpected": (N_("Something unforeseen happened during the call ({detail})."), UNCERTAIN_NOTE),
    # A campaign's own reason to be paused, without a call.
    "restored": (
        N_(
            "It was restored from a backup: what was not sent yet may have been sent since. Settle its uncertain "
            "messages, then resume it."
        ),
        "",
    ),
    # The probe.
    "ok": (N_("The gateway accepts this login, password and IP address."), ""),
    "not-a-gateway": (
        N_("Something answers at this address, but it is not the gateway ({detail}). Check GETSMS_URL."),
        "",
    ),
}

# The engine's reasons for a message or a chunk, besides the codes of the client.
ENGINE_REASONS: dict[str, str] = {
    "unforeseen": N_("Something unforeseen happened around the call."),
    "not-in-answer": N_("Not named in the gateway's answer ({detail})."),
    "worker-lost": N_("The worker ended before it had written the answer."),
    "late": N_("The answer came after the chunk had been given up; it proves the sending."),
    "restored": N_("It was still to be sent when the backup was made that was restored; it may have left since."),
    "opted-out": N_("The number is opted out."),
    "frequency-cap": N_("The number has had as many SMS as the rules allow."),
    "no-answer": N_("No status call was answered, not even in the seven days after the validity period."),
    "end-time": N_("The campaign's end time came first."),
    "excluded-campaign": N_("The number got an excluded campaign before this one started."),
    "excluded-days": N_("The number got an SMS in the excluded days before this campaign started."),
    "201": N_("The gateway refused this message as invalid (error 201)."),
    "counted-as-sent": N_("A person counted it as sent; its answer was lost."),
    "counted-as-not-sent": N_("A person counted it as not sent; its answer was lost."),
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


def retranslate(code: str, stored: str) -> str:
    """Return the sentence of a code in the present language; `stored` itself if the sentence contains details."""
    return stored if "{detail}" in CODE_MESSAGES.get(code, ("{detail}", ""))[0] else describe_code(code)


def describe_code(code: str, detail: str = "") -> str:
    """Return the sentences of a code in the user's language: what is wrong, what to do, and what happened to the
    messages of a send."""
    sentence, consequence = (_(template) if template else "" for template in CODE_MESSAGES.get(code, ("", "")))
    sentence = sentence.replace("{detail}", detail or _("no details")) if sentence else f"{code}: {detail}".rstrip(": ")
    return f"{_with_full_stop(sentence)} {consequence}" if consequence else sentence


def reason_text(code: str, detail: str = "") -> str:
    """Return only what is wrong and what to do, for calls that send nothing."""
    sentence = _(CODE_MESSAGES[code][0]) if code in CODE_MESSAGES else code
    return sentence.replace("{detail}", detail or _("no details"))


def short_reason(code: str, detail: str = "") -> str:
    """Return the reason for a table cell: what is wrong, without empty brackets for details. Texts that are not codes,
    such as the gateway's own, are returned unchanged."""
    template = ENGINE_REASONS.get(code) or CODE_MESSAGES.get(code, ("", ""))[0]
    if not template:
        return " ".join(filter(None, (code, detail)))
    sentence = _(template)
    return sentence.replace("{detail}", detail) if detail else re.sub(r"\s*(\(\{detail\}\)|: \{detail\})", "", sentence)


def http_refusal_code(status: int) -> str:
    """Return the code of an HTTP status of 400 to 499."""
    return {403: "ip-not-registered", 404: "address-wrong", 405: "address-wrong", 410: "address-wrong",
            429: "too-many-requests"}.get(status, "http-refused")  # fmt: skip


def _with_full_stop(sentence: str) -> str:
    return sentence if sentence.endswith((".", "?", "!", "…")) else sentence + "."
