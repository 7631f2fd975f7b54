"""E-mail by a mail server of one's own: reports on their day, and what got worse. Off until it is set up."""

import re
import smtplib
import ssl
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from email.message import EmailMessage
from email.utils import formatdate, make_msgid, parseaddr
from mimetypes import guess_type
from pathlib import Path

from getsms_core.errors import Refused
from getsms_core.settings import Settings
from getsms_core.words import _

MAY_HAVE_LEFT = frozenset({"mail-refused-some", "mail-lost"})
"""Of the codes of `send`, those after which sending again would be a second mail for somebody."""
TIMEOUT = 20.0  # seconds for each step of the conversation
MOST_RECIPIENTS = 50
MOST_BYTES = 20_000_000  # of the files in one mail; many servers take no more
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

    Raises `Refused`. Nothing left: "mail-not-set-up", "mail-too-large", "mail-sender", "mail-unreachable",
    "mail-not-secure", "mail-login", "mail-refused" (the sender or every recipient), "mail-failed". The others have it:
    "mail-refused-some". It may have left: "mail-lost"."""
    message = _message(settings, to, subject, text, files or {})
    with _conversation(settings) as server:
        try:
            refused = server.send_message(message, _sender(settings), list(to))
        except (smtplib.SMTPSenderRefused, smtplib.SMTPRecipientsRefused) as error:
            raise Refused("mail-refused", _refusal(error)) from error
        except smtplib.SMTPServerDisconnected as error:
            raise _lost() from error
        except smtplib.SMTPException as error:
            raise Refused("mail-failed", _("The mail could not be sent: {reason}").format(reason=error)) from error
        except OSError as error:
            raise _lost() from error
    if refused:
        named = ", ".join(sorted(refused))
        some = _("The mail server refused {addresses}; the others got it.")
        raise Refused("mail-refused-some", some.format(addresses=named))


def greet(settings: Settings) -> None:
    """Connect, sign in and leave, without a mail. Raises `Refused` as `send` does where nothing left."""
    _sender(settings)
    with _conversation(settings):
        pass


@contextmanager
def _conversation(settings: Settings) -> Iterator[smtplib.SMTP]:
    """A server that has taken the login. How the conversation is closed changes nothing of what was said in it."""
    server = _signed_in(settings)
    try:
        yield server
    finally:
        with suppress(OSError):
            server.quit()
        server.close()


def _signed_in(settings: Settings) -> smtplib.SMTP:
    login, password = settings.smtp_login, settings.smtp_password.get_secret_value()
    for name, value in (("GETSMS_SMTP_LOGIN", login), ("GETSMS_SMTP_PASSWORD", password)):
        if not value.isascii():
            only = _("{setting} may hold only Latin letters, digits and signs. Change it at the mail server.")
            raise Refused("mail-login", only.format(setting=name))
    server = _connected(settings)
    try:
        if login:
            server.login(login, password)
        return server
    except OSError as error:  # every error of smtplib is one
        server.close()
        raise _login_failure(settings, error) from error


def _login_failure(settings: Settings, error: OSError) -> Refused:
    if isinstance(error, smtplib.SMTPAuthenticationError):
        said = _("The mail server does not take this login and password. Check GETSMS_SMTP_LOGIN.")
        return Refused("mail-login", said)
    if isinstance(error, smtplib.SMTPException) and not isinstance(error, smtplib.SMTPServerDisconnected):
        said = _(
            "The mail server takes no login here. Check GETSMS_SMTP_PORT and GETSMS_SMTP_SECURITY, or leave "
            "GETSMS_SMTP_LOGIN empty."
        )
        return Refused("mail-login", said)
    return _unreachable(settings)


def _unreachable(settings: Settings) -> Refused:
    said = _("The mail server {host}:{port} does not answer. Check GETSMS_SMTP_HOST and GETSMS_SMTP_PORT.")
    return Refused("mail-unreachable", said.format(host=settings.smtp_host, port=settings.smtp_port))


def _connected(settings: Settings) -> smtplib.SMTP:
    host, port, secure = settings.smtp_host, settings.smtp_port, ssl.create_default_context()
    try:
        if settings.smtp_security == "tls":
            return smtplib.SMTP_SSL(host, port, timeout=TIMEOUT, context=secure)
        server = smtplib.SMTP(host, port, timeout=TIMEOUT)
        try:
            if settings.smtp_security == "starttls":
                server.starttls(context=secure)
        except BaseException:
            server.close()
            raise
        return server
    except smtplib.SMTPNotSupportedError as error:
        said = _("The mail server offers no STARTTLS here. Set GETSMS_SMTP_SECURITY to tls or none, or another port.")
        raise Refused("mail-not-secure", said) from error
    except ssl.SSLError as error:
        said = _("No secure connection to the mail server: {reason}. Check GETSMS_SMTP_SECURITY and its port.")
        raise Refused("mail-not-secure", said.format(reason=error.reason or str(error))) from error
    except (OSError, UnicodeError) as error:  # a host may be no name at all
        raise _unreachable(settings) from error


def _sender(settings: Settings) -> str:
    """The address in GETSMS_SMTP_FROM, which may have a name before it."""
    if not is_set_up(settings):
        raise not_set_up()
    _name, address = parseaddr(settings.smtp_from)
    if not _ADDRESS.fullmatch(address):
        wrong = _("GETSMS_SMTP_FROM is no e-mail address: {address}.")
        raise Refused("mail-sender", wrong.format(address=settings.smtp_from[:80]))
    return address


def _lost() -> Refused:
    said = _("The connection to the mail server broke while it took the mail: it may have been sent, or not.")
    return Refused("mail-lost", said)


def _message(settings: Settings, to: Sequence[str], subject: str, text: str, files: Mapping[str, Path]) -> EmailMessage:
    sender = _sender(settings)
    if sum(path.stat().st_size for path in files.values()) > MOST_BYTES:
        raise Refused(
            "mail-too-large",
            _("The file is too large for a mail ({n} MB at most). It is kept on the page Reports.").format(
                n=MOST_BYTES // 1_000_000
            ),
        )
    message = EmailMessage()
    message["From"] = settings.smtp_from
    message["To"] = ", ".join(to)
    message["Subject"] = " ".join(subject.split())
    message["Date"] = formatdate(localtime=False)
    message["Message-ID"] = make_msgid(domain=sender.rpartition("@")[2])
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(text)
    for name, path in files.items():
        kind, _encoding = guess_type(name)
        main, _slash, sub = (kind or "application/octet-stream").partition("/")
        message.add_attachment(path.read_bytes(), maintype=main, subtype=sub, filename=name)
    return message


def _refusal(error: smtplib.SMTPSenderRefused | smtplib.SMTPRecipientsRefused) -> str:
    if isinstance(error, smtplib.SMTPSenderRefused):
        return _("The mail server refuses the sender {address}. Check GETSMS_SMTP_FROM.").format(address=error.sender)
    return _("The mail server refused {addresses}.").format(addresses=", ".join(sorted(error.recipients)))
