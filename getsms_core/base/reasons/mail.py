"""Sentences about mail."""

from getsms_core.base.i18n import N_
from getsms_core.base.reasons.entries import Entry

SENTENCES: dict[str, Entry] = {
    "mail-not-set-up": N_("No mail server is set up. Set GETSMS_SMTP_HOST and GETSMS_SMTP_FROM."),
    "too-many-addresses": N_("At most {n} addresses."),
    "mail-refused-some": N_("The mail server refused {addresses}; the others got it."),
    "mail-sender": N_(
        "GETSMS_SMTP_FROM is not an e-mail address: {address}. Write sms@example.uz or Shop <sms@example.uz>."
    ),
    "bad-address": N_("{address} is not an e-mail address."),
    "mail-too-large": N_("The file is too large for a mail ({n} MB at most). It is kept on the page Reports."),
    "mail-unreachable/protocol": N_(
        "{host}:{port} closed the connection or is not a mail server. Check GETSMS_SMTP_PORT and GETSMS_SMTP_SECURITY."
    ),
    "mail-not-secure": N_(
        "No secure connection to the mail server: {reason}. Check GETSMS_SMTP_SECURITY and its port."
    ),
    "mail-lost": N_(
        "The connection to the mail server broke during the submission: the mail may or may not have been sent."
    ),
    "mail-refused/sender": N_("The mail server refuses the sender {address}: {reason}. Check GETSMS_SMTP_FROM."),
    "mail-later": N_("The mail server accepts no mail right now: {reason}."),
    "mail-too-large/server": N_("The file is too large for the mail server: {reason}. It is kept on the page Reports."),
    "mail-refused/connection": N_("The mail server rejects connections from this machine: {reason}."),
    "mail-failed": N_("The mail could not be sent: {reason}."),
    "mail-login/characters": N_(
        "{setting} may hold only Latin letters, digits and signs. Change it at the mail server."
    ),
    "mail-unreachable": N_(
        "The mail server {host}:{port} does not answer. Check GETSMS_SMTP_HOST and GETSMS_SMTP_PORT."
    ),
    "mail-not-secure/starttls": N_(
        "The mail server does not offer STARTTLS here. Set GETSMS_SMTP_SECURITY to tls or none, or another port."
    ),
    "mail-login": N_("The mail server does not accept this login and password ({code}). Check GETSMS_SMTP_LOGIN."),
    "mail-login/unsupported": N_(
        "The mail server does not accept a login here. Check GETSMS_SMTP_PORT and GETSMS_SMTP_SECURITY, or leave "
        "GETSMS_SMTP_LOGIN empty."
    ),
    "mail-later/addresses": N_("The mail server refused {addresses}."),
    "mail-refused/addresses": N_("The mail server refused {addresses}."),
}
