"""E-mail by a mail server of one's own: reports on their day, and what got worse. Off until it is set up."""

import re
from collections.abc import Mapping, Sequence
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import formataddr, formatdate, make_msgid, parseaddr
from mimetypes import guess_type
from pathlib import Path

from getsms_core import smtp
from getsms_core.errors import Refused
from getsms_core.settings import Settings
from getsms_core.words import _

MAY_HAVE_LEFT = frozenset({"mail-refused-some", "mail-lost"})
"""Of the codes of `send`, those after which sending again would be a second mail for somebody."""
MAY_PASS = frozenset({"mail-unreachable", "mail-later"})
"""Those that may be over by themselves a while later."""
MOST_RECIPIENTS = 50
MOST_BYTES = 20_000_000  # of the files in one mail; a server may take less, and says so
_ADDRESS = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9](?:[A-Za-z0-9.-]{0,252}[A-Za-z0-9])?")


def is_set_up(settings: Settings) -> bool:
    """Whether a mail server is configured."""
    return bool(settings.smtp_host)


def not_set_up() -> Refused:
    """What is said where no mail server is configured."""
    return Refused("mail-not-set-up", _("No mail server is set up. Set GETSMS_SMTP_HOST and GETSMS_SMTP_FROM."))


def addresses(text: str) -> list[str]:
    """The addresses that a person wrote, separated by commas, semicolons or line breaks, each once.

    Raises `Refused` ("bad-address", "too-many-addresses")."""
    found = list(dict.fromkeys(piece.strip() for piece in re.split(r"[,;\s]+", text) if piece.strip()))
    for one in found:
        if not _ADDRESS.fullmatch(one):
            raise Refused("bad-address", _("{address} is no e-mail address.").format(address=one[:80]))
    if len(found) > MOST_RECIPIENTS:
        raise Refused("too-many-addresses", _("At most {n} addresses.").format(n=MOST_RECIPIENTS))
    return found


def send(
    settings: Settings, to: Sequence[str], subject: str, text: str, files: Mapping[str, Path] | None = None
) -> None:
    """Send one mail to all of `to`, with files attached under the names given.

    Raises `Refused`. Nothing left: "mail-not-set-up", "mail-too-large", "file-gone", "mail-sender", "mail-unreachable",
    "mail-not-secure", "mail-login", "mail-refused" (this machine, the sender or every recipient), "mail-later" (the
    server wants it another time), "mail-failed". The others have it: "mail-refused-some". It may have left:
    "mail-lost"."""
    name, sender = _sender(settings)
    message = _message((name, sender), to, subject, text, files or {})
    with smtp.conversation(settings) as server:
        refused = smtp.hand_over(server, sender, to, message.as_bytes())
    if refused:
        some = _("The mail server refused {addresses}; the others got it.")
        raise Refused("mail-refused-some", some.format(addresses=refused))


def greet(settings: Settings) -> None:
    """Connect, sign in and leave, without a mail. Raises `Refused` as `send` does where nothing left."""
    _sender(settings)
    with smtp.conversation(settings):
        pass


def _sender(settings: Settings) -> tuple[str, str]:
    """The name, which may be empty, and the address in GETSMS_SMTP_FROM."""
    if not is_set_up(settings):
        raise not_set_up()
    name, address = parseaddr(settings.smtp_from)
    if not _ADDRESS.fullmatch(address):
        wrong = _("GETSMS_SMTP_FROM is no e-mail address: {address}.")
        raise Refused("mail-sender", wrong.format(address=settings.smtp_from[:80]))
    return " ".join(name.split()), address


def _message(
    sender: tuple[str, str], to: Sequence[str], subject: str, text: str, files: Mapping[str, Path]
) -> EmailMessage:
    message = EmailMessage(SMTP.clone(cte_type="7bit"))  # not every server takes eight bits
    message["From"] = formataddr(sender)
    message["To"] = ", ".join(to)
    message["Subject"] = " ".join(subject.split())
    message["Date"] = formatdate(localtime=False)
    message["Message-ID"] = make_msgid(domain=sender[1].rpartition("@")[2])
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(text)
    try:
        if sum(path.stat().st_size for path in files.values()) > MOST_BYTES:
            most = _("The file is too large for a mail ({n} MB at most). It is kept on the page Reports.")
            raise Refused("mail-too-large", most.format(n=MOST_BYTES // 1_000_000))
        for name, path in files.items():
            kind, _encoding = guess_type(name)
            main, _slash, sub = (kind or "application/octet-stream").partition("/")
            message.add_attachment(path.read_bytes(), maintype=main, subtype=sub, filename=name)
    except OSError as error:
        raise Refused("file-gone", _("This file is no longer here. Ask for it again.")) from error
    return message
