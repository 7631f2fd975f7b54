"""E-mail by a mail server of one's own: reports on their day, and what got worse. Off until it is set up."""

import re
import smtplib
import ssl
from collections.abc import Sequence
from email.message import EmailMessage
from email.utils import formatdate, make_msgid
from mimetypes import guess_type
from pathlib import Path

from getsms_core.errors import Refused
from getsms_core.settings import Settings
from getsms_core.words import _

TIMEOUT = 20.0  # seconds for each step of the conversation
MOST_RECIPIENTS = 50
MOST_BYTES = 20_000_000  # of the files in one mail; many servers take no more
_ADDRESS = re.compile(r"[^\s@<>,;\"()]{1,64}@[A-Za-z0-9](?:[A-Za-z0-9.-]{0,252}[A-Za-z0-9])?")


def is_set_up(settings: Settings) -> bool:
    """Whether a mail server is configured."""
    return bool(settings.smtp_host)


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


def send(settings: Settings, to: Sequence[str], subject: str, text: str, files: Sequence[Path] = ()) -> None:
    """Send one mail to all of `to`, with files attached.

    Raises `Refused`: "mail-not-set-up", "mail-too-large", "mail-unreachable", "mail-not-secure", "mail-login",
    "mail-refused" (sender or every recipient), "mail-failed"."""
    if not is_set_up(settings):
        raise Refused("mail-not-set-up", _("No mail server is set up. Set GETSMS_SMTP_HOST and GETSMS_SMTP_FROM."))
    if sum(path.stat().st_size for path in files) > MOST_BYTES:
        raise Refused(
            "mail-too-large",
            _("The file is too large for a mail ({n} MB at most). It is kept on the page Reports.").format(
                n=MOST_BYTES // 1_000_000
            ),
        )
    message = _message(settings, to, subject, text, files)
    try:
        with _connected(settings) as server:
            if settings.smtp_login:
                server.login(settings.smtp_login, settings.smtp_password.get_secret_value())
            refused = server.send_message(message, settings.smtp_from, list(to))
    except smtplib.SMTPAuthenticationError as error:
        raise Refused(
            "mail-login", _("The mail server does not take this login and password. Check GETSMS_SMTP_LOGIN.")
        ) from error
    except (smtplib.SMTPSenderRefused, smtplib.SMTPRecipientsRefused) as error:
        raise Refused("mail-refused", _refusal(error)) from error
    except smtplib.SMTPNotSupportedError as error:
        raise Refused(
            "mail-not-secure",
            _("The mail server does not offer what GETSMS_SMTP_SECURITY asks for. Set it to tls, starttls or none."),
        ) from error
    except ssl.SSLError as error:
        raise Refused(
            "mail-not-secure",
            _("No secure connection to the mail server: {reason}. Check GETSMS_SMTP_SECURITY and its port.").format(
                reason=error.reason or str(error)
            ),
        ) from error
    except (OSError, smtplib.SMTPConnectError, smtplib.SMTPServerDisconnected) as error:
        raise Refused(
            "mail-unreachable",
            _("The mail server {host}:{port} does not answer. Check GETSMS_SMTP_HOST and GETSMS_SMTP_PORT.").format(
                host=settings.smtp_host, port=settings.smtp_port
            ),
        ) from error
    except smtplib.SMTPException as error:
        raise Refused("mail-failed", _("The mail could not be sent: {reason}").format(reason=error)) from error
    if refused:
        named = ", ".join(sorted(refused))
        some = _("The mail server refused {addresses}; the others got it.")
        raise Refused("mail-refused", some.format(addresses=named))


def greet(settings: Settings) -> None:
    """Connect, sign in and leave, without a mail. Raises `Refused` as `send` does."""
    try:
        with _connected(settings) as server:
            if settings.smtp_login:
                server.login(settings.smtp_login, settings.smtp_password.get_secret_value())
            server.noop()
    except smtplib.SMTPAuthenticationError as error:
        raise Refused(
            "mail-login", _("The mail server does not take this login and password. Check GETSMS_SMTP_LOGIN.")
        ) from error
    except (OSError, smtplib.SMTPException) as error:
        raise Refused(
            "mail-unreachable",
            _("The mail server {host}:{port} does not answer. Check GETSMS_SMTP_HOST and GETSMS_SMTP_PORT.").format(
                host=settings.smtp_host, port=settings.smtp_port
            ),
        ) from error


def _connected(settings: Settings) -> smtplib.SMTP:
    host, port = settings.smtp_host, settings.smtp_port
    if settings.smtp_security == "tls":
        return smtplib.SMTP_SSL(host, port, timeout=TIMEOUT, context=ssl.create_default_context())
    server = smtplib.SMTP(host, port, timeout=TIMEOUT)
    if settings.smtp_security == "starttls":
        try:
            server.starttls(context=ssl.create_default_context())
        except BaseException:
            server.close()
            raise
    return server


def _message(settings: Settings, to: Sequence[str], subject: str, text: str, files: Sequence[Path]) -> EmailMessage:
    message = EmailMessage()
    message["From"] = settings.smtp_from
    message["To"] = ", ".join(to)
    message["Subject"] = " ".join(subject.split())
    message["Date"] = formatdate(localtime=False)
    message["Message-ID"] = make_msgid(domain=settings.smtp_from.rpartition("@")[2] or "localhost")
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(text)
    for path in files:
        kind, _encoding = guess_type(path.name)
        main, _slash, sub = (kind or "application/octet-stream").partition("/")
        message.add_attachment(path.read_bytes(), maintype=main, subtype=sub, filename=path.name)
    return message


def _refusal(error: smtplib.SMTPSenderRefused | smtplib.SMTPRecipientsRefused) -> str:
    if isinstance(error, smtplib.SMTPSenderRefused):
        return _("The mail server refuses the sender {address}. Check GETSMS_SMTP_FROM.").format(address=error.sender)
    return _("The mail server refused {addresses}.").format(addresses=", ".join(sorted(error.recipients)))
