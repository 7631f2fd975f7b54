"""E-mail over a real socket: what arrives, and what each failure says."""

import socket
from email.utils import parseaddr
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from getsms_core.base.errors import DomainError, SettingsError
from getsms_core.base.settings import Settings
from getsms_core.mail import message as mail
from getsms_core.mail import smtp
from tests.conftest import find_free_port
from tests.engine_support import settings_for
from tests.mail_server import mail_server, scripted


def rules(port: int, **more: Any) -> Settings:
    known = {"smtp_host": "127.0.0.1", "smtp_port": port, "smtp_security": "none", "smtp_from": "sms@example.uz"}
    return settings_for(**(known | more))


def refused(code: str, settings: Settings, to: str = "a@example.uz", files: list[Path] | None = None) -> str:
    with pytest.raises(DomainError) as refusal:
        mail.send(settings, [to], "Mavzu", "Matn", {file.name: file for file in files or []})
    assert refusal.value.code == code
    assert "secret" not in refusal.value.message
    return refusal.value.message


def test_a_mail_arrives_whole_with_its_file(tmp_path: Path) -> None:
    file = tmp_path / "Hisobot-2026-03-01.pdf"
    file.write_bytes(b"%PDF-1.3 \x00\xff")
    with mail_server() as server:
        mail.send(rules(server.port), ["a@example.uz", "b@example.uz"], "Hisobot:\nБошлиқ", "Oʻqing", {file.name: file})
        [(to, message)] = server.mails
    assert to == ["a@example.uz", "b@example.uz"]
    assert message["Subject"] == "Hisobot: Бошлиқ"
    assert message["From"] == "sms@example.uz"
    text, attached = message.walk().__iter__(), list(message.walk())[-1]
    assert text
    assert attached.get_filename() == "Hisobot-2026-03-01.pdf"
    assert attached.get_content_type() == "application/pdf"
    assert attached.get_payload(decode=True) == b"%PDF-1.3 \x00\xff"


def test_without_a_mail_server_nothing_is_tried() -> None:
    assert "GETSMS_SMTP_HOST" in refused("mail-not-set-up", settings_for())


def test_a_server_that_is_not_there_is_named() -> None:
    assert "127.0.0.1" in refused("mail-unreachable", rules(find_free_port()))


def test_a_server_that_says_nothing_is_waited_for_a_while_only(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(smtp, "TIMEOUT", 0.2)
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        refused("mail-unreachable", rules(silent.getsockname()[1]))


def test_a_host_that_is_no_name_is_named() -> None:
    assert "a..b" in refused("mail-unreachable", rules(1, smtp_host="a..b"))


ANSWERS = ["220 mail", "250 mail"]
TAKEN = [*ANSWERS, "250 OK", "250 OK"]  # up to one recipient


@pytest.mark.parametrize(
    ("replies", "code", "said"),
    [
        (["HTTP/1.1 400 Bad Request"], "mail-unreachable", "is not a mail server"),
        (["220 " + "x" * 9000], "mail-unreachable", "is not a mail server"),
        (["220 mail"], "mail-unreachable", "closed the connection"),
        (["220 mail", "?", "?"], "mail-unreachable", "is not a mail server"),
        (["421 too many connections"], "mail-later", "421 too many connections"),
        (["554 blocked"], "mail-refused", "rejects connections from this machine: 554 blocked"),
        (["220 mail", "550 who are you", "550 who are you"], "mail-refused", "550 who are you"),
        ([*ANSWERS, "451 greylisted"], "mail-later", "451 greylisted"),
        ([*ANSWERS, "550 not yours"], "mail-refused", "sms@example.uz: 550 not yours. Check GETSMS_SMTP_FROM"),
        ([*ANSWERS, "552 5.3.4 too big"], "mail-too-large", "552 5.3.4 too big"),
        (ANSWERS, "mail-unreachable", "closed the connection"),
        ([*ANSWERS, "250 OK", "450 greylisted"], "mail-later", "a@example.uz (450 greylisted)"),
        ([*ANSWERS, "250 OK", "550 no relaying"], "mail-refused", "a@example.uz (550 no relaying)"),
        ([*TAKEN, "554 no"], "mail-failed", "could not be sent: 554 no."),
        ([*TAKEN, "354 go on", "554 5.7.1 Spam."], "mail-failed", "could not be sent: 554 5.7.1 Spam."),
        ([*TAKEN, "354 go on", "451 scanner is down"], "mail-later", "451 scanner is down"),
        ([*TAKEN, "354 go on", "552 too big"], "mail-too-large", "552 too big"),
        ([*TAKEN, "354 go on", "OK"], "mail-lost", "may or may not have been sent"),
        ([*TAKEN, "354 go on"], "mail-lost", "may or may not have been sent"),
    ],
)
def test_what_a_server_answers_is_said_and_whether_the_mail_may_have_left(
    replies: list[str], code: str, said: str
) -> None:
    with scripted(*replies) as port:
        assert said in refused(code, rules(port))


AUTH = ["220 mail", "250-mail\r\n250 AUTH PLAIN LOGIN"]


@pytest.mark.parametrize(
    ("replies", "code", "said"),
    [
        ([*AUTH, "535 no c2VjcmV0", "535 no"], "mail-login", "does not accept this login and password (535)"),
        ([*AUTH, "454 later", "454 later"], "mail-later", "454"),
        ([*AUTH, "334 %%%"], "mail-unreachable", "is not a mail server"),
        ([*AUTH], "mail-unreachable", "closed the connection"),
        (["220 mail", "250-mail\r\n250 AUTH GSSAPI"], "mail-login", "GETSMS_SMTP_LOGIN empty"),
        (["220 mail", "502 what", "250 mail"], "mail-login", "GETSMS_SMTP_LOGIN empty"),
    ],
)
def test_what_is_wrong_with_a_login_is_said_and_the_password_is_not(replies: list[str], code: str, said: str) -> None:
    login = {"smtp_login": "sms", "smtp_password": SecretStr("secret")}
    with scripted(*replies) as port:
        assert said in refused(code, rules(port, **login))
    with scripted(*replies) as port, pytest.raises(DomainError) as greeted:
        mail.check_connection(rules(port, **login))
    assert greeted.value.code == code
    assert "c2VjcmV0" not in greeted.value.message


@pytest.mark.parametrize("reply", ["454 no certificate", "220 go on\r\nno handshake"])
def test_a_secure_connection_that_does_not_come_about_is_said_as_such(reply: str) -> None:
    with scripted("220 mail", "250-mail\r\n250 STARTTLS", reply) as port:
        assert "No secure connection" in refused("mail-not-secure", rules(port, smtp_security="starttls"))


def test_a_server_may_take_its_time_with_a_mail_it_has_got(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(smtp, "TIMEOUT", 0.2)
    with scripted(*TAKEN, "354 go on", "250 OK", slow=0.6) as port:
        mail.send(rules(port), ["a@example.uz"], "x", "y")


def test_a_server_that_takes_less_says_so(tmp_path: Path) -> None:
    file = tmp_path / "a.csv"
    file.write_bytes(b"x" * 20_000)
    with mail_server(largest=10_000) as server:
        assert "too large for the mail server: 552" in refused("mail-too-large", rules(server.port), files=[file])


def test_a_machine_whose_name_has_other_letters_can_send(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(socket, "getfqdn", lambda: "БОСС.example.uz")
    with mail_server() as server:
        mail.send(rules(server.port), ["a@example.uz"], "x", "y")
        assert len(server.mails) == 1


def test_a_file_that_went_in_the_meantime_is_said(tmp_path: Path) -> None:
    assert "no longer available" in refused("file-gone", rules(1), files=[tmp_path / "gone.pdf"])


def test_a_mail_is_seven_bits_for_servers_that_take_no_more() -> None:
    with mail_server() as server:
        mail.send(rules(server.port), ["a@example.uz"], "x", "Бошлиқ, oʻqing")
        [(_to, message)] = server.mails
    assert message["Content-Transfer-Encoding"] in ("base64", "quoted-printable")


@pytest.mark.parametrize(("setting", "value"), [("smtp_login", "бек"), ("smtp_password", SecretStr("secret-парол"))])
def test_a_login_that_cannot_be_sent_is_said_before_it_is_tried(setting: str, value: object) -> None:
    with mail_server(login=("sms", "right")) as server:
        known = {"smtp_login": "sms", "smtp_password": SecretStr("right"), setting: value}
        settings = rules(server.port, **known)
        assert f"GETSMS_{setting.upper()}" in refused("mail-login", settings)
        with pytest.raises(DomainError, match="only Latin letters"):
            mail.check_connection(settings)
        assert server.mails == []


def test_a_server_that_takes_no_login_is_said_as_such() -> None:
    with mail_server(offers_login=False) as server:
        settings = rules(server.port, smtp_login="sms", smtp_password=SecretStr("secret"))
        assert "GETSMS_SMTP_LOGIN empty" in refused("mail-login", settings)
        with pytest.raises(DomainError, match="does not accept a login here"):
            mail.check_connection(settings)


@pytest.mark.parametrize("sender", ["бек@example.uz", "Bek <@example.uz>", "a@b@c", "Bek <a@b.uz> c", "Bek a@b.uz>"])
def test_a_sender_that_is_no_address_is_named_before_anything_is_tried(sender: str) -> None:
    assert "GETSMS_SMTP_FROM" in refused("mail-sender", rules(1, smtp_from=sender))


def test_a_sender_may_have_a_name() -> None:
    with mail_server() as server:
        mail.send(rules(server.port, smtp_from="Корзинка <sms@example.uz>"), ["a@example.uz"], "x", "y")
        [(_to, message)] = server.mails
    assert message["From"] == "Корзинка <sms@example.uz>"


@pytest.mark.parametrize("line_break", ["\n", "\r\n", "\r", "\x0b", "\x85", "\u2028", "\x00"])
def test_a_line_break_or_control_character_in_the_sender_is_refused_before_it_is_parsed(line_break: str) -> None:
    sender = f"Bek{line_break}Bcc: c@d.uz <sms@example.uz>"
    assert "Bek Bcc: c@d.uz <sms@example.uz>" in refused("mail-sender", rules(1, smtp_from=sender))


@pytest.mark.parametrize(
    ("sender", "address"),
    [
        ("sms@mail.local", "sms@mail.local"),
        ("root@localhost", "root@localhost"),
        ('"Savdo, uy" <a@example.uz>', "a@example.uz"),
        ("Oʻzbek (Toshkent) A.B. <a@example.uz>", "a@example.uz"),
        ("a@почта.uz", "a@xn--80a1acny.uz"),
    ],
)
def test_senders_that_companies_have_are_taken(sender: str, address: str) -> None:
    with mail_server() as server:
        mail.send(rules(server.port, smtp_from=sender), ["a@example.uz"], "x", "y")
        [(_to, message)] = server.mails
    assert parseaddr(str(message["From"]))[1] == address


def test_a_connection_that_breaks_while_the_mail_is_taken_leaves_it_open_whether_it_left() -> None:
    with mail_server() as server:
        server.hangs_up = True
        assert "may or may not have been sent" in refused("mail-lost", rules(server.port))
        assert len(server.mails) == 1


def test_a_wrong_password_is_said_and_never_shown() -> None:
    with mail_server(login=("sms", "right")) as server:
        wrong = rules(server.port, smtp_login="sms", smtp_password=SecretStr("secret"))
        refused("mail-login", wrong)
        with pytest.raises(DomainError, match="does not accept this login"):
            mail.check_connection(wrong)
        right = rules(server.port, smtp_login="sms", smtp_password=SecretStr("right"))
        mail.check_connection(right)
        mail.send(right, ["a@example.uz"], "x", "y")
        assert len(server.mails) == 1


def test_a_server_without_security_is_not_spoken_to_in_clear_unless_told_so() -> None:
    with mail_server() as server:
        assert "GETSMS_SMTP_SECURITY" in refused("mail-not-secure", rules(server.port, smtp_security="starttls"))
        with pytest.raises(DomainError, match="does not offer STARTTLS here"):
            mail.check_connection(rules(server.port, smtp_security="starttls"))
        refused("mail-not-secure", rules(server.port, smtp_security="tls"))
        assert server.mails == []


def test_who_is_refused_is_named_and_the_others_get_it() -> None:
    with mail_server(refuse="nobody") as server:
        assert "nobody@example.uz" in refused("mail-refused", rules(server.port), "nobody@example.uz")
        with pytest.raises(DomainError, match=r"nobody@example.uz \(550 no such user\); the others got it") as some:
            mail.send(rules(server.port), ["a@example.uz", "nobody@example.uz"], "x", "y")
        assert some.value.code == "mail-refused-some"
        assert [to for to, _message in server.mails] == [["a@example.uz"]]


def test_a_file_that_is_too_large_is_refused_before_it_is_read(tmp_path: Path) -> None:
    file = tmp_path / "a.csv"
    with file.open("wb") as large:
        large.truncate(mail.MAX_ATTACHMENT_BYTES + 1)
    refused("mail-too-large", rules(1), files=[file])


def test_an_address_whose_domain_has_other_letters_is_sent_as_servers_know_it() -> None:
    with mail_server() as server:
        mail.send(rules(server.port), ["info@почта.uz", "Bek@ÜZ.example"], "Mavzu", "Matn")
        [(to, message)] = server.mails
    assert to == ["info@xn--80a1acny.uz", "Bek@xn--z-dha.example"]
    assert message["To"] == ", ".join(to)


@pytest.mark.parametrize("text", ["a", "a@", "@b", "a b@c d", "a@b\nBcc: c", "<a@b.uz>", "a@b.uz>", "бек@b.uz"])
def test_what_is_no_address_is_refused(text: str) -> None:
    with pytest.raises(DomainError):
        mail.parse_addresses(text)


def test_addresses_are_taken_apart_and_each_once() -> None:
    assert mail.parse_addresses(" a@b.uz; c@d.uz,\na@b.uz ") == ["a@b.uz", "c@d.uz"]
    assert mail.parse_addresses("") == []


def test_a_server_without_a_sender_is_a_wrong_setting() -> None:
    with pytest.raises(SettingsError, match="GETSMS_SMTP_FROM"):
        settings_for(smtp_host="mail.example.uz")
