"""Sentences about the gateway's answers: what is wrong and what to do, and what happened to the messages of a request.

`detail` is the text of the gateway or of the network."""

from getsms_core.base.i18n import N_
from getsms_core.base.reasons.entries import Entry

NOTHING_SENT_NOTE = N_("The messages of this request were not sent; they are in the queue.")
UNCERTAIN_NOTE = N_(
    "The messages of this request may or may not have been sent. They are marked uncertain and are not sent again."
)

SENTENCES: dict[str, Entry] = {
    # The connection was never made.
    "name-not-resolved": [
        N_("The gateway's name could not be found. Check GETSMS_URL and this computer's DNS."),
        NOTHING_SENT_NOTE,
    ],
    "connection-refused": [
        N_("The gateway refused the connection: no program is listening at its address."),
        NOTHING_SENT_NOTE,
    ],
    "network-unreachable": [
        N_("The gateway is unreachable. Check this computer's network and firewall."),
        NOTHING_SENT_NOTE,
    ],
    "connect-timeout": [N_("The gateway did not accept the connection in time."), NOTHING_SENT_NOTE],
    "connect-failed": [N_("The connection to the gateway failed ({detail})."), NOTHING_SENT_NOTE],
    "tls-certificate": [
        N_("The gateway's certificate cannot be trusted ({detail}). Check GETSMS_URL."),
        NOTHING_SENT_NOTE,
    ],
    "tls-failed": [
        N_("The secure connection failed ({detail}). Check that the address supports https."),
        NOTHING_SENT_NOTE,
    ],
    "claim-stale": [
        N_(
            "The request waited too long and was not sent: this computer was suspended, or the "
            "gateway was slow with earlier requests."
        ),
        NOTHING_SENT_NOTE,
    ],
    "not-posted": [
        N_("The worker ended before this request began, and the chunk was queued again."),
        NOTHING_SENT_NOTE,
    ],
    "not-encodable": [N_("A text contains a character that cannot be encoded in UTF-8 ({detail})."), NOTHING_SENT_NOTE],
    # HTTP 4xx.
    "ip-not-registered": [
        N_(
            "The gateway refused this computer's IP address (HTTP 403). Ask GETSMS support to register it, then resume."
        ),
        NOTHING_SENT_NOTE,
    ],
    "address-wrong": [N_("There is no gateway at this address ({detail}). Check GETSMS_URL."), NOTHING_SENT_NOTE],
    "too-many-requests": [
        N_("The gateway asks for fewer requests (HTTP 429). Set or lower GETSMS_RATE, then resume."),
        NOTHING_SENT_NOTE,
    ],
    "http-refused": [N_("The gateway refused the request ({detail})."), NOTHING_SENT_NOTE],
    # The manual's errors for a whole request.
    "login-missing": [
        N_("The gateway received no login or password (error 100). Set both, then resume."),
        NOTHING_SENT_NOTE,
    ],
    "login-wrong": [
        N_("The gateway does not know this login and password (error 101). Correct them, then resume."),
        NOTHING_SENT_NOTE,
    ],
    "account-blocked": [
        N_("The gateway has blocked this account (error 102). Ask GETSMS support, then resume."),
        NOTHING_SENT_NOTE,
    ],
    "limit-over": [N_("The account's limit is used up (error 103). Top it up, then resume."), NOTHING_SENT_NOTE],
    "data-not-json": [N_("The gateway could not read the request (error 200). Please report this."), NOTHING_SENT_NOTE],
    "data-invalid": [
        N_("The gateway rejected the request as malformed (error 201). Please report this."),
        NOTHING_SENT_NOTE,
    ],
    "nickname-not-set": [
        N_("The gateway requires a sender name (error 202). Choose one, then resume."),
        NOTHING_SENT_NOTE,
    ],
    "nickname-wrong": [
        N_("The gateway does not know this sender name (error 203). Choose a registered one, then resume."),
        NOTHING_SENT_NOTE,
    ],
    # One message, one id.
    "not-a-phone-number": N_("The gateway says that this is not a phone number (error 300)."),
    "request-id-wrong": N_("The gateway does not know this request id (error 400)."),
    # It may have been sent.
    "read-timeout": [N_("The gateway received the request but did not answer in time."), UNCERTAIN_NOTE],
    "deadline": [N_("The gateway's answer was incomplete at the deadline."), UNCERTAIN_NOTE],
    "connection-lost": [N_("The connection broke after the request was written ({detail})."), UNCERTAIN_NOTE],
    "answer-cut": [N_("The gateway's answer was cut off ({detail})."), UNCERTAIN_NOTE],
    "answer-too-large": [N_("The gateway's answer was too large ({detail})."), UNCERTAIN_NOTE],
    "server-error": [N_("The gateway failed ({detail})."), UNCERTAIN_NOTE],
    "redirected": [N_("The gateway redirected to another address ({detail}). Check GETSMS_URL."), UNCERTAIN_NOTE],
    "http-odd": [N_("The gateway answered with an unexpected status ({detail})."), UNCERTAIN_NOTE],
    "not-json": [N_("The gateway's answer could not be read: {detail}"), UNCERTAIN_NOTE],
    "not-understood": [N_("The gateway's answer could not be understood: {detail}"), UNCERTAIN_NOTE],
    "unknown-error": [N_("The gateway answered with an error that its manual does not name: {detail}"), UNCERTAIN_NOTE],
    "contradiction": [
        N_("The gateway refused the request and accepted messages in the same answer ({detail})."),
        UNCERTAIN_NOTE,
    ],
    "unexpected": [N_("Unexpected error while calling the gateway ({detail})."), UNCERTAIN_NOTE],
    # The probe.
    "ok": N_("The gateway accepts this login, password and IP address."),
    "not-a-gateway": N_("The server at this address is not the gateway ({detail}). Check GETSMS_URL."),
}
