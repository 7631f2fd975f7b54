"""E-mail over a real socket: what arrives, and what each failure says."""

import socket
import threading
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from getsms_core import mail
from getsms_core.errors import Refused, SettingsRefused
from getsms_core.settings import Settings
from tests.conftest import find_free_port
from tests.engine_support import settings_for
from tests.mail_server import mail_server


def rules(port: int, **more: Any) -> Settings:
    known = {"smtp_host": "127.0.0.1", "smtp_port": port, "smtp_security": "none", "smtp_from": "sms@example.uz"}
    return settings_for(**(known | more))


def refused(code: str, settings: Settings, to: str = "a@example.uz", files: list[Path] | None = None) -> str:
    with pytest.raises(Refused) as refusal:
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
    monkeypatch.setattr(mail, "TIMEOUT", 0.2)
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        refused("mail-unreachable", rules(silent.getsockname()[1]))


def test_a_host_that_is_no_name_and_a_server_of_another_kind_are_named() -> None:
    assert "a..b" in refused("mail-unreachable", rules(1, smtp_host="a..b"))
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        answering = threading.Thread(target=answer_as_a_web_server, args=(other,))
        answering.start()
        refused("mail-unreachable", rules(other.getsockname()[1]))
        answering.join()


def answer_as_a_web_server(listening: socket.socket) -> None:
    connection, _address = listening.accept()
    with connection:
        connection.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")


@pytest.mark.parametrize(("setting", "value"), [("smtp_login", "бек"), ("smtp_password", SecretStr("secret-парол"))])
def test_a_login_that_cannot_be_sent_is_said_before_it_is_tried(setting: str, value: object) -> None:
    with mail_server(login=("sms", "right")) as server:
        known = {"smtp_login": "sms", "smtp_password": SecretStr("right"), setting: value}
        settings = rules(server.port, **known)
        assert f"GETSMS_{setting.upper()}" in refused("mail-login", settings)
        with pytest.raises(Refused, match="only Latin letters"):
            mail.greet(settings)
        assert server.mails == []


def test_a_server_that_takes_no_login_is_said_as_such() -> None:
    with mail_server(offers_login=False) as server:
        settings = rules(server.port, smtp_login="sms", smtp_password=SecretStr("secret"))
        assert "GETSMS_SMTP_LOGIN empty" in refused("mail-login", settings)
        with pytest.raises(Refused, match="takes no login here"):
            mail.greet(settings)


@pytest.mark.parametrize("sender", ["бек@example.uz", "Bek <@example.uz>", "a@b@c"])
def test_a_sender_that_is_no_address_is_named_before_anything_is_tried(sender: str) -> None:
    assert "GETSMS_SMTP_FROM" in refused("mail-sender", rules(1, smtp_from=sender))


def test_a_sender_may_have_a_name() -> None:
    with mail_server() as server:
        mail.send(rules(server.port, smtp_from="Корзинка <sms@example.uz>"), ["a@example.uz"], "x", "y")
        [(_to, message)] = server.mails
    assert message["From"] == "Корзинка <sms@example.uz>"


def test_a_connection_that_breaks_while_the_mail_is_taken_leaves_it_open_whether_it_left() -> None:
    with mail_server() as server:
        server.hangs_up = True
        assert "it may have been sent, or not" in refused("mail-lost", rules(server.port))
        assert len(server.mails) == 1


def test_a_wrong_password_is_said_and_never_shown() -> None:
    with mail_server(login=("sms", "right")) as server:
        wrong = rules(server.port, smtp_login="sms", smtp_password=SecretStr("secret"))
        refused("mail-login", wrong)
        with pytest.raises(Refused, match="does not take this login"):
            mail.greet(wrong)
        right = rules(server.port, smtp_login="sms", smtp_password=SecretStr("right"))
        mail.greet(right)
        mail.send(right, ["a@example.uz"], "x", "y")
        assert len(server.mails) == 1


def test_a_server_without_security_is_not_spoken_to_in_clear_unless_told_so() -> None:
    with mail_server() as server:
        assert "GETSMS_SMTP_SECURITY" in refused("mail-not-secure", rules(server.port, smtp_security="starttls"))
        with pytest.raises(Refused, match="offers no STARTTLS here"):
            mail.greet(rules(server.port, smtp_security="starttls"))
        refused("mail-not-secure", rules(server.port, smtp_security="tls"))
        assert server.mails == []


def test_who_is_refused_is_named_and_the_others_get_it() -> None:
    with mail_server(refuse="nobody") as server:
        assert "nobody@example.uz" in refused("mail-refused", rules(server.port), "nobody@example.uz")
        with pytest.raises(Refused, match=r"nobody@example.uz; the others got it") as some:
            mail.send(rules(server.port), ["a@example.uz", "nobody@example.uz"], "x", "y")
        assert some.value.code == "mail-refused-some"
        assert [to for to, _message in server.mails] == [["a@example.uz"]]


def test_a_file_that_is_too_large_is_refused_before_it_is_read(tmp_path: Path) -> None:
    file = tmp_path / "a.csv"
    with file.open("wb") as large:
        large.truncate(mail.MOST_BYTES + 1)
    refused("mail-too-large", rules(1), files=[file])


@pytest.mark.parametrize("text", ["a", "a@", "@b", "a b@c d", "a@b\nBcc: c", "<a@b.uz>", "a@b.uz>", "бек@b.uz"])
def test_what_is_no_address_is_refused(text: str) -> None:
    with pytest.raises(Refused):
        mail.addresses(text)


def test_addresses_are_taken_apart_and_each_once() -> None:
    assert mail.addresses(" a@b.uz; c@d.uz,\na@b.uz ") == ["a@b.uz", "c@d.uz"]
    assert mail.addresses("") == []


def test_a_server_without_a_sender_is_a_wrong_setting() -> None:
    with pytest.raises(SettingsRefused, match="GETSMS_SMTP_FROM"):
        settings_for(smtp_host="mail.example.uz")
