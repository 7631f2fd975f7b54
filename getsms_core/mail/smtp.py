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
DATA_TIMEOUT = (
    300.0  # and for each step after it: many servers look through a mail before they take it (RFC 5321, 4.5.3.2)
)
TOO_LARGE = 552
_Reply = tuple[int, bytes]


@contextmanager
def connect(settings: Settings) -> Iterator[smtplib.SMTP]:
    """A server that has taken the login. How the conversation is closed changes nothing of what was said in it.

    Raises `DomainError`, for its body too, as `mail.send` does where nothing left."""
    _require_ascii_credentials(settings)
    server = _open_connection(settings)
    try:
        _sign_in(server, settings)
        yield server
        with suppress(OSError):
            server.quit()
    except smtplib.SMTPHeloError as error:
        raise _greeting_error(settings, error) from error
    except (OSError, ValueError) as error:  # every error of smtplib is an OSError; ValueError: it decodes what it hears
        raise _protocol_error(settings) from error
    finally:
        server.close()


def submit(server: smtplib.SMTP, sender: str, to: Sequence[str], message: bytes) -> str:
    """Hand a mail over for all of `to`; returns which of them the server refused and why, "" for none.

    Raises `DomainError` as `mail.send` does."""
    _set_timeout(server, DATA_TIMEOUT)
    refused = _send_envelope(server, sender, to, len(message))
    try:
        code, said = server.data(message)
    except smtplib.SMTPDataError as error:  # it did not want to see the mail
        code, said = _reply_of(error)
    except OSError as error:
        raise _lost_error() from error
    if 400 <= code <= 599:
        failed = _("The mail could not be sent: {reason}.").format(reason=_reply_text((code, said)))
        raise _rejection_error((code, said), DomainError("mail-failed", failed))
    if not 200 <= code <= 299:
        raise _lost_error()
    _set_timeout(server, TIMEOUT)
    return refused


# ----------------------------------------------------------------------------------------------------------- its steps


def _require_ascii_credentials(settings: Settings) -> None:
    """smtplib writes a login in ASCII, whatever the server would take."""
    login, password = settings.smtp_login, settings.smtp_password.get_secret_value()
    for name, value in (("GETSMS_SMTP_LOGIN", login), ("GETSMS_SMTP_PASSWORD", password)):
        if not value.isascii():
            only = _("{setting} may hold only Latin letters, digits and signs. Change it at the mail server.")
            raise DomainError("mail-login", only.format(setting=name))


def _open_connection(settings: Settings) -> smtplib.SMTP:
    host, port = settings.smtp_host, settings.smtp_port
    own = None if socket.getfqdn().isascii() else "[127.0.0.1]"  # smtplib cannot say the name of a machine called БОСС
    try:
        if settings.smtp_security == "tls":
            secure = ssl.create_default_context()
            return smtplib.SMTP_SSL(host, port, local_hostname=own, timeout=TIMEOUT, context=secure)
        return smtplib.SMTP(host, port, local_hostname=own, timeout=TIMEOUT)
    except ssl.SSLError as error:
        raise _tls_error(_tls_reason(error)) from error
    except smtplib.SMTPConnectError as error:
        raise _greeting_error(settings, error) from error
    except smtplib.SMTPException as error:
        raise _protocol_error(settings) from error
    except (OSError, UnicodeError) as error:  # a host may be no name at all
        said = _("The mail server {host}:{port} does not answer. Check GETSMS_SMTP_HOST and GETSMS_SMTP_PORT.")
        raise DomainError("mail-unreachable", said.format(host=host, port=port)) from error


def _sign_in(server: smtplib.SMTP, settings: Settings) -> None:
    server.ehlo_or_helo_if_needed()
    if settings.smtp_security == "starttls":
        _start_tls(server)
        server.ehlo_or_helo_if_needed()
    if not settings.smtp_login:
        return
    try:
        server.login(settings.smtp_login, settings.smtp_password.get_secret_value())
    except smtplib.SMTPAuthenticationError as error:
        # Its code alone: a server that does not understand a line says it again, and the password with it.
        wrong = _("The mail server does not take this login and password ({code}). Check GETSMS_SMTP_LOGIN.")
        raise _rejection_error(
            (error.smtp_code, b""), DomainError("mail-login", wrong.format(code=error.smtp_code))
        ) from error
    except smtplib.SMTPServerDisconnected:
        raise
    except smtplib.SMTPException as error:
        none = _(
            "The mail server takes no login here. Check GETSMS_SMTP_PORT and GETSMS_SMTP_SECURITY, or leave "
            "GETSMS_SMTP_LOGIN empty."
        )
        raise DomainError("mail-login", none) from error


def _start_tls(server: smtplib.SMTP) -> None:
    try:
        server.starttls(context=ssl.create_default_context())
    except smtplib.SMTPNotSupportedError as error:
        said = _("The mail server offers no STARTTLS here. Set GETSMS_SMTP_SECURITY to tls or none, or another port.")
        raise DomainError("mail-not-secure", said) from error
    except smtplib.SMTPResponseException as error:
        raise _tls_error(_reply_text(_reply_of(error))) from error
    except ssl.SSLError as error:
        raise _tls_error(_tls_reason(error)) from error


def _send_envelope(server: smtplib.SMTP, sender: str, to: Sequence[str], size: int) -> str:
    answer = server.mail(sender, [f"size={size}"] if server.has_extn("size") else [])
    if answer[0] != 250:
        wrong = _("The mail server refuses the sender {address}: {reason}. Check GETSMS_SMTP_FROM.")
        refused_sender = DomainError("mail-refused", wrong.format(address=sender, reason=_reply_text(answer)))
        raise _rejection_error(answer, refused_sender)
    answers = {address: server.rcpt(address) for address in to}
    refused = {address: answer for address, answer in answers.items() if answer[0] not in (250, 251)}
    named = ", ".join(f"{address} ({_reply_text(answer)})" for address, answer in sorted(refused.items()))
    if len(refused) == len(answers):
        for_now = all(_is_temporary(code) for code, _said in refused.values())
        said = _("The mail server refused {addresses}.").format(addresses=named)
        raise DomainError("mail-later" if for_now else "mail-refused", said)
    return named


def _set_timeout(server: smtplib.SMTP, seconds: float) -> None:
    if server.sock is not None:
        server.sock.settimeout(seconds)


# --------------------------------------------------------------------------------------------------------- its failures


def _is_temporary(code: int) -> bool:
    return 400 <= code <= 499


def _rejection_error(answer: _Reply, otherwise: DomainError) -> DomainError:
    """What a refusing answer means; `otherwise` where it is neither for now nor for the size of the mail."""
    if _is_temporary(answer[0]):
        return DomainError(
            "mail-later", _("The mail server takes nothing just now: {reason}.").format(reason=_reply_text(answer))
        )
    if answer[0] == TOO_LARGE:
        large = _("The file is too large for the mail server: {reason}. It is kept on the page Reports.")
        return DomainError("mail-too-large", large.format(reason=_reply_text(answer)))
    return otherwise


def _greeting_error(settings: Settings, error: smtplib.SMTPResponseException) -> DomainError:
    answer = _reply_of(error)
    if answer[0] < 400:
        return _protocol_error(settings)
    said = _("The mail server does not let this machine in: {reason}.").format(reason=_reply_text(answer))
    return _rejection_error(answer, DomainError("mail-refused", said))


def _protocol_error(settings: Settings) -> DomainError:
    said = _(
        "{host}:{port} broke off or does not talk as a mail server does. Check GETSMS_SMTP_PORT and "
        "GETSMS_SMTP_SECURITY."
    )
    return DomainError("mail-unreachable", said.format(host=settings.smtp_host, port=settings.smtp_port))


def _tls_error(reason: str) -> DomainError:
    said = _("No secure connection to the mail server: {reason}. Check GETSMS_SMTP_SECURITY and its port.")
    return DomainError("mail-not-secure", said.format(reason=reason))


def _tls_reason(error: ssl.SSLError) -> str:
    """Of a certificate what is wrong with it, in OpenSSL's words."""
    return str(getattr(error, "verify_message", "")) or error.reason or str(error)


def _lost_error() -> DomainError:
    said = _("The connection to the mail server broke while it took the mail: it may have been sent, or not.")
    return DomainError("mail-lost", said)


def _reply_of(error: smtplib.SMTPResponseException) -> _Reply:
    said = error.smtp_error
    return error.smtp_code, said.encode() if isinstance(said, str) else said


def _reply_text(answer: _Reply) -> str:
    """What a server said, on one line."""
    code, said = answer
    return " ".join(f"{code} {said.decode('utf-8', 'replace')}".split())[:200].rstrip(".")
