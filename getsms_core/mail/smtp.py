"""The conversation with a mail server, and what each failure in it means: which setting, and did anything leave."""

import smtplib
import socket
import ssl
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress

from getsms_core.base.errors import DomainError
from getsms_core.base.i18n import _
from getsms_core.base.settings import Settings

TIMEOUT = 20.0  # seconds for each step up to the login
PATIENCE = 300.0  # and for each step after it: many servers look through a mail before they take it (RFC 5321, 4.5.3.2)
TOO_LARGE = 552
_Answer = tuple[int, bytes]


@contextmanager
def conversation(settings: Settings) -> Iterator[smtplib.SMTP]:
    """A server that has taken the login. How the conversation is closed changes nothing of what was said in it.

    Raises `DomainError`, for its body too, as `mail.send` does where nothing left."""
    _can_be_said(settings)
    server = _connected(settings)
    try:
        _sign_in(server, settings)
        yield server
        with suppress(OSError):
            server.quit()
    except smtplib.SMTPHeloError as error:
        raise _turned_away(settings, error) from error
    except (OSError, ValueError) as error:  # every error of smtplib is an OSError; ValueError: it decodes what it hears
        raise _strange(settings) from error
    finally:
        server.close()


def hand_over(server: smtplib.SMTP, sender: str, to: Sequence[str], message: bytes) -> str:
    """Hand a mail over for all of `to`; returns which of them the server refused and why, "" for none.

    Raises `DomainError` as `mail.send` does."""
    _wait_at_most(server, PATIENCE)
    refused = _addressed(server, sender, to, len(message))
    try:
        code, said = server.data(message)
    except smtplib.SMTPDataError as error:  # it did not want to see the mail
        code, said = _answer(error)
    except OSError as error:
        raise _lost() from error
    if 400 <= code <= 599:
        failed = _("The mail could not be sent: {reason}.").format(reason=_reason((code, said)))
        raise _said_no((code, said), DomainError("mail-failed", failed))
    if not 200 <= code <= 299:
        raise _lost()
    _wait_at_most(server, TIMEOUT)
    return refused


# ----------------------------------------------------------------------------------------------------------- its steps


def _can_be_said(settings: Settings) -> None:
    """smtplib writes a login in ASCII, whatever the server would take."""
    login, password = settings.smtp_login, settings.smtp_password.get_secret_value()
    for name, value in (("GETSMS_SMTP_LOGIN", login), ("GETSMS_SMTP_PASSWORD", password)):
        if not value.isascii():
            only = _("{setting} may hold only Latin letters, digits and signs. Change it at the mail server.")
            raise DomainError("mail-login", only.format(setting=name))


def _connected(settings: Settings) -> smtplib.SMTP:
    host, port = settings.smtp_host, settings.smtp_port
    own = None if socket.getfqdn().isascii() else "[127.0.0.1]"  # smtplib cannot say the name of a machine called БОСС
    try:
        if settings.smtp_security == "tls":
            secure = ssl.create_default_context()
            return smtplib.SMTP_SSL(host, port, local_hostname=own, timeout=TIMEOUT, context=secure)
        return smtplib.SMTP(host, port, local_hostname=own, timeout=TIMEOUT)
    except ssl.SSLError as error:
        raise _not_secure(_tls_reason(error)) from error
    except smtplib.SMTPConnectError as error:
        raise _turned_away(settings, error) from error
    except smtplib.SMTPException as error:
        raise _strange(settings) from error
    except (OSError, UnicodeError) as error:  # a host may be no name at all
        said = _("The mail server {host}:{port} does not answer. Check GETSMS_SMTP_HOST and GETSMS_SMTP_PORT.")
        raise DomainError("mail-unreachable", said.format(host=host, port=port)) from error


def _sign_in(server: smtplib.SMTP, settings: Settings) -> None:
    server.ehlo_or_helo_if_needed()
    if settings.smtp_security == "starttls":
        _secure(server)
        server.ehlo_or_helo_if_needed()
    if not settings.smtp_login:
        return
    try:
        server.login(settings.smtp_login, settings.smtp_password.get_secret_value())
    except smtplib.SMTPAuthenticationError as error:
        # Its code alone: a server that does not understand a line says it again, and the password with it.
        wrong = _("The mail server does not take this login and password ({code}). Check GETSMS_SMTP_LOGIN.")
        raise _said_no((error.smtp_code, b""), DomainError("mail-login", wrong.format(code=error.smtp_code))) from error
    except smtplib.SMTPServerDisconnected:
        raise
    except smtplib.SMTPException as error:
        none = _(
            "The mail server takes no login here. Check GETSMS_SMTP_PORT and GETSMS_SMTP_SECURITY, or leave "
            "GETSMS_SMTP_LOGIN empty."
        )
        raise DomainError("mail-login", none) from error


def _secure(server: smtplib.SMTP) -> None:
    try:
        server.starttls(context=ssl.create_default_context())
    except smtplib.SMTPNotSupportedError as error:
        said = _("The mail server offers no STARTTLS here. Set GETSMS_SMTP_SECURITY to tls or none, or another port.")
        raise DomainError("mail-not-secure", said) from error
    except smtplib.SMTPResponseException as error:
        raise _not_secure(_reason(_answer(error))) from error
    except ssl.SSLError as error:
        raise _not_secure(_tls_reason(error)) from error


def _addressed(server: smtplib.SMTP, sender: str, to: Sequence[str], size: int) -> str:
    answer = server.mail(sender, [f"size={size}"] if server.has_extn("size") else [])
    if answer[0] != 250:
        wrong = _("The mail server refuses the sender {address}: {reason}. Check GETSMS_SMTP_FROM.")
        refused_sender = DomainError("mail-refused", wrong.format(address=sender, reason=_reason(answer)))
        raise _said_no(answer, refused_sender)
    answers = {address: server.rcpt(address) for address in to}
    refused = {address: answer for address, answer in answers.items() if answer[0] not in (250, 251)}
    named = ", ".join(f"{address} ({_reason(answer)})" for address, answer in sorted(refused.items()))
    if len(refused) == len(answers):
        for_now = all(_for_now(code) for code, _said in refused.values())
        said = _("The mail server refused {addresses}.").format(addresses=named)
        raise DomainError("mail-later" if for_now else "mail-refused", said)
    return named


def _wait_at_most(server: smtplib.SMTP, seconds: float) -> None:
    if server.sock is not None:
        server.sock.settimeout(seconds)


# --------------------------------------------------------------------------------------------------------- its failures


def _for_now(code: int) -> bool:
    return 400 <= code <= 499


def _said_no(answer: _Answer, otherwise: DomainError) -> DomainError:
    """What a refusing answer means; `otherwise` where it is neither for now nor for the size of the mail."""
    if _for_now(answer[0]):
        return DomainError(
            "mail-later", _("The mail server takes nothing just now: {reason}.").format(reason=_reason(answer))
        )
    if answer[0] == TOO_LARGE:
        large = _("The file is too large for the mail server: {reason}. It is kept on the page Reports.")
        return DomainError("mail-too-large", large.format(reason=_reason(answer)))
    return otherwise


def _turned_away(settings: Settings, error: smtplib.SMTPResponseException) -> DomainError:
    answer = _answer(error)
    if answer[0] < 400:
        return _strange(settings)
    said = _("The mail server does not let this machine in: {reason}.").format(reason=_reason(answer))
    return _said_no(answer, DomainError("mail-refused", said))


def _strange(settings: Settings) -> DomainError:
    said = _(
        "{host}:{port} broke off or does not talk as a mail server does. Check GETSMS_SMTP_PORT and "
        "GETSMS_SMTP_SECURITY."
    )
    return DomainError("mail-unreachable", said.format(host=settings.smtp_host, port=settings.smtp_port))


def _not_secure(reason: str) -> DomainError:
    said = _("No secure connection to the mail server: {reason}. Check GETSMS_SMTP_SECURITY and its port.")
    return DomainError("mail-not-secure", said.format(reason=reason))


def _tls_reason(error: ssl.SSLError) -> str:
    """Of a certificate what is wrong with it, in OpenSSL's words."""
    return str(getattr(error, "verify_message", "")) or error.reason or str(error)


def _lost() -> DomainError:
    said = _("The connection to the mail server broke while it took the mail: it may have been sent, or not.")
    return DomainError("mail-lost", said)


def _answer(error: smtplib.SMTPResponseException) -> _Answer:
    said = error.smtp_error
    return error.smtp_code, said.encode() if isinstance(said, str) else said


def _reason(answer: _Answer) -> str:
    """What a server said, on one line."""
    code, said = answer
    return " ".join(f"{code} {said.decode('utf-8', 'replace')}".split())[:200].rstrip(".")
