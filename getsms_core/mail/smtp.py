"""The SMTP session, and what each failure in it means: which setting to check, and whether the mail was sent."""

import smtplib
import socket
import ssl
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress

from getsms_core.base.errors import DomainError
from getsms_core.base.settings import Settings

TIMEOUT = 20.0  # seconds for each step up to the login
DATA_TIMEOUT = (
    300.0  # for each step after the login: many servers scan a mail before they accept it (RFC 5321, 4.5.3.2)
)
TOO_LARGE = 552
_Reply = tuple[int, bytes]


@contextmanager
def connect(settings: Settings) -> Iterator[smtplib.SMTP]:
    """Connect and sign in. An error while closing the session does not change its result.

    Raises `DomainError`, also for errors in its body, as `mail.send` does if nothing was sent."""
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
    """Submit a mail for all of `to` and return which of them the server refused and why, "" for none.

    Raises `DomainError` as `mail.send` does."""
    _set_timeout(server, DATA_TIMEOUT)
    refused_addresses = _send_envelope(server, sender, to, len(message))
    try:
        code, reply_text = server.data(message)
    except smtplib.SMTPDataError as error:  # the server refused the DATA command
        code, reply_text = _reply_of(error)
    except OSError as error:
        raise _lost_error() from error
    if 400 <= code <= 599:
        raise _rejection_error(
            (code, reply_text), DomainError.of("mail-failed", reason=_reply_text((code, reply_text)))
        )
    if not 200 <= code <= 299:
        raise _lost_error()
    _set_timeout(server, TIMEOUT)
    return refused_addresses


# ----------------------------------------------------------------------------------------------------------- steps


def _require_ascii_credentials(settings: Settings) -> None:
    """smtplib encodes a login in ASCII, whatever the server accepts."""
    login, password = settings.smtp_login, settings.smtp_password.get_secret_value()
    for name, value in (("GETSMS_SMTP_LOGIN", login), ("GETSMS_SMTP_PASSWORD", password)):
        if not value.isascii():
            raise DomainError.of("mail-login", case="characters", setting=name)


def _open_connection(settings: Settings) -> smtplib.SMTP:
    host, port = settings.smtp_host, settings.smtp_port
    local_hostname = (
        None if socket.getfqdn().isascii() else "[127.0.0.1]"
    )  # smtplib cannot send a host name such as БОСС
    try:
        if settings.smtp_security == "tls":
            tls_context = ssl.create_default_context()
            return smtplib.SMTP_SSL(host, port, local_hostname=local_hostname, timeout=TIMEOUT, context=tls_context)
        return smtplib.SMTP(host, port, local_hostname=local_hostname, timeout=TIMEOUT)
    except ssl.SSLError as error:
        raise _tls_error(_tls_reason(error)) from error
    except smtplib.SMTPConnectError as error:
        raise _greeting_error(settings, error) from error
    except smtplib.SMTPException as error:
        raise _protocol_error(settings) from error
    except (OSError, UnicodeError) as error:  # the host may not be a valid name
        raise DomainError.of("mail-unreachable", host=host, port=port) from error


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
        # Only the code: a server that does not understand a line repeats it, with the password.
        raise _rejection_error((error.smtp_code, b""), DomainError.of("mail-login", code=error.smtp_code)) from error
    except smtplib.SMTPServerDisconnected:
        raise
    except smtplib.SMTPException as error:
        raise DomainError.of("mail-login", case="unsupported") from error


def _start_tls(server: smtplib.SMTP) -> None:
    try:
        server.starttls(context=ssl.create_default_context())
    except smtplib.SMTPNotSupportedError as error:
        raise DomainError.of("mail-not-secure", case="starttls") from error
    except smtplib.SMTPResponseException as error:
        raise _tls_error(_reply_text(_reply_of(error))) from error
    except ssl.SSLError as error:
        raise _tls_error(_tls_reason(error)) from error


def _send_envelope(server: smtplib.SMTP, sender: str, to: Sequence[str], size: int) -> str:
    reply = server.mail(sender, [f"size={size}"] if server.has_extn("size") else [])
    if reply[0] != 250:
        refused_sender = DomainError.of("mail-refused", case="sender", address=sender, reason=_reply_text(reply))
        raise _rejection_error(reply, refused_sender)
    replies = {address: server.rcpt(address) for address in to}
    refusals = {address: reply for address, reply in replies.items() if reply[0] not in (250, 251)}
    refused_addresses = ", ".join(f"{address} ({_reply_text(reply)})" for address, reply in sorted(refusals.items()))
    if len(refusals) == len(replies):
        all_temporary = all(_is_temporary(code) for code, _said in refusals.values())
        code = "mail-later" if all_temporary else "mail-refused"
        raise DomainError.of(code, case="addresses", addresses=refused_addresses)
    return refused_addresses


def _set_timeout(server: smtplib.SMTP, seconds: float) -> None:
    if server.sock is not None:
        server.sock.settimeout(seconds)


# --------------------------------------------------------------------------------------------------------- failures


def _is_temporary(code: int) -> bool:
    return 400 <= code <= 499


def _rejection_error(reply: _Reply, other_error: DomainError) -> DomainError:
    """Return the error for a rejecting reply; `other_error` if it is neither temporary nor about the size of the
    mail."""
    if _is_temporary(reply[0]):
        return DomainError.of("mail-later", reason=_reply_text(reply))
    if reply[0] == TOO_LARGE:
        return DomainError.of("mail-too-large", case="server", reason=_reply_text(reply))
    return other_error


def _greeting_error(settings: Settings, error: smtplib.SMTPResponseException) -> DomainError:
    reply = _reply_of(error)
    if reply[0] < 400:
        return _protocol_error(settings)
    return _rejection_error(reply, DomainError.of("mail-refused", case="connection", reason=_reply_text(reply)))


def _protocol_error(settings: Settings) -> DomainError:
    return DomainError.of("mail-unreachable", case="protocol", host=settings.smtp_host, port=settings.smtp_port)


def _tls_error(reason: str) -> DomainError:
    return DomainError.of("mail-not-secure", reason=reason)


def _tls_reason(error: ssl.SSLError) -> str:
    """Return OpenSSL's description of a certificate problem, or its reason."""
    return str(getattr(error, "verify_message", "")) or error.reason or str(error)


def _lost_error() -> DomainError:
    return DomainError.of("mail-lost")


def _reply_of(error: smtplib.SMTPResponseException) -> _Reply:
    text = error.smtp_error
    return error.smtp_code, text.encode() if isinstance(text, str) else text


def _reply_text(reply: _Reply) -> str:
    """Return the reply of a server on one line."""
    code, text = reply
    return " ".join(f"{code} {text.decode('utf-8', 'replace')}".split())[:200].rstrip(".")
