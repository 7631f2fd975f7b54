"""Send e-mail through a configured mail server: scheduled reports and delivery alerts. Off until it is set up."""

import re
from collections.abc import Mapping, Sequence
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import formataddr, formatdate, make_msgid
from mimetypes import guess_type
from pathlib import Path

import email_validator

from getsms_core.base.errors import DomainError
from getsms_core.base.settings import Settings
from getsms_core.mail import smtp

POSSIBLY_SENT_CODES = frozenset({"mail-refused-some", "mail-lost"})
"""Codes of `send` after which the mail may have been sent: a retry could send it twice."""
TRANSIENT_CODES = frozenset({"mail-unreachable", "mail-later"})
"""Codes of failures that may pass: retry later."""
SERVER_CODES = frozenset({"mail-not-set-up", "mail-sender", "mail-unreachable", "mail-not-secure", "mail-login"})
"""Codes of failures that every other mail would meet too."""
MAX_RECIPIENTS = 50
MAX_ATTACHMENT_BYTES = 20_000_000  # of the files in one mail; a server may accept less and rejects the mail then
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")
email_validator.SPECIAL_USE_DOMAIN_NAMES.clear()  # a company's own server may be mail.local, and localhost is one too


def is_set_up(settings: Settings) -> bool:
    """Whether a mail server is configured."""
    return bool(settings.smtp_host)


def not_set_up() -> DomainError:
    """Return the error if no mail server is configured."""
    return DomainError.of("mail-not-set-up")


def parse_addresses(text: str) -> list[str]:
    """Parse addresses separated by commas, semicolons or line breaks; return each once.

    Raises `DomainError` ("bad-address", "too-many-addresses")."""
    written_addresses = [address for address in re.split(r"[,;\s]+", text) if address]
    for address in written_addresses:
        if _address(address) is None:
            raise DomainError.of("bad-address", address=address[:80])
    recipients = list(dict.fromkeys(written_addresses))
    if len(recipients) > MAX_RECIPIENTS:
        raise DomainError.of("too-many-addresses", n=MAX_RECIPIENTS)
    return recipients


def send(
    settings: Settings, to: Sequence[str], subject: str, text: str, files: Mapping[str, Path] | None = None
) -> None:
    """Send one mail to all of `to`, with files attached under the names given.

    Raises `DomainError`. Nothing was sent: "mail-not-set-up", "mail-too-large", "file-gone", "mail-sender",
    "mail-unreachable",
    "mail-not-secure", "mail-login", "mail-refused" (this machine, the sender or every recipient), "mail-later" (the
    server asks to retry later), "mail-failed". The other recipients got it: "mail-refused-some". It may have been sent:
    "mail-lost"."""
    name, sender = _sender(settings)
    recipients = [_address(address) or address for address in to]  # a domain in other letters as servers know it
    message = _message((name, sender), recipients, subject, text, files or {})
    with smtp.connect(settings) as server:
        refused_addresses = smtp.submit(server, sender, recipients, message.as_bytes())
    if refused_addresses:
        raise DomainError.of("mail-refused-some", addresses=refused_addresses)


def check_connection(settings: Settings) -> None:
    """Connect, sign in and disconnect without sending. Raises `DomainError` as `send` does if nothing was sent."""
    _sender(settings)
    with smtp.connect(settings):
        pass


def _sender(settings: Settings) -> tuple[str, str]:
    """Return the name, which may be empty, and the address in GETSMS_SMTP_FROM."""
    if not is_set_up(settings):
        raise not_set_up()
    name, address = _split(settings.smtp_from.strip())
    valid = None if _CONTROL.search(settings.smtp_from.strip()) else _address(address)
    if valid is None:
        printable = " ".join(_CONTROL.sub(" ", settings.smtp_from).split())
        raise DomainError.of("mail-sender", address=printable[:80])
    return " ".join(name.split()), valid


def _split(sender: str) -> tuple[str, str]:
    """Return the name and the address of `Name <address>`, or "" and the whole text. Python's own parser of addresses
    is not used: it parses the same text differently in 3.11.2, 3.11.7 and 3.13.5."""
    name, bracket, address = sender.rpartition("<")
    if not bracket or not address.endswith(">"):
        return "", sender
    return name.strip().strip('"'), address[:-1].strip()


def _address(text: str) -> str | None:
    """Return the address in ASCII, as mail servers accept it; None if it is not valid."""
    try:
        address = email_validator.validate_email(
            text, check_deliverability=False, allow_smtputf8=False, globally_deliverable=False
        )
    except email_validator.EmailNotValidError:
        return None
    return address.ascii_email


def _message(
    sender: tuple[str, str], to: Sequence[str], subject: str, text: str, files: Mapping[str, Path]
) -> EmailMessage:
    message = EmailMessage(SMTP.clone(cte_type="7bit"))  # not every server accepts 8-bit content
    message["From"] = formataddr(sender)
    message["To"] = ", ".join(to)
    message["Subject"] = " ".join(subject.split())
    message["Date"] = formatdate(localtime=False)
    message["Message-ID"] = make_msgid(domain=sender[1].rpartition("@")[2])
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(text)
    try:
        if sum(path.stat().st_size for path in files.values()) > MAX_ATTACHMENT_BYTES:
            raise DomainError.of("mail-too-large", n=MAX_ATTACHMENT_BYTES // 1_000_000)
        for name, path in files.items():
            kind, _encoding = guess_type(name)
            main, _slash, sub = (kind or "application/octet-stream").partition("/")
            message.add_attachment(path.read_bytes(), maintype=main, subtype=sub, filename=name)
    except OSError as error:
        raise DomainError.of("file-gone") from error
    return message
