"""`getsms sessions`, and invitations, links and second factors of `getsms people`: what scripts rely on."""

from pathlib import Path

import pyotp
import pytest

from getsms_core.base.permissions import Role
from getsms_core.db.engine import Store
from getsms_core.users import identity, links, sessions, sign_in, two_factor
from getsms_core.users import service as users
from getsms_core.users.identity import UserInfo
from getsms_core.users.sessions import Visit
from tests.integration.cli.cli_support import document, refused, run

PASSWORD = "a good password"


@pytest.fixture(autouse=True)
def _here(store_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GETSMS_DATABASE_URL", store_url)


@pytest.fixture
def aziza(store: Store) -> UserInfo:
    """The first administrator."""
    return users.create_first_administrator(store, "Aziza", PASSWORD)


def _sign_in(store: Store, name: str) -> None:
    assert sign_in.with_password(store, name, PASSWORD, Visit("10.0.0.1", "Firefox"))


def test_a_session_that_does_not_exist_is_refused(aziza: UserInfo) -> None:
    assert refused("sessions", "revoke", "none") == "no-such-session"
    assert refused("sessions", "revoke", "--user", "Nobody") == "no-such-person"
    for wrong in ([], ["x", "--all"], ["--all", "--user", "Aziza"]):
        assert run("sessions", "revoke", *wrong).exit_code == 2


def test_sessions_are_listed_and_revoked(store: Store, aziza: UserInfo) -> None:
    users.create(store, aziza.actor, "Lola", PASSWORD, Role.ANALYST)
    for name in ("Aziza", "Lola", "Lola"):
        _sign_in(store, name)
    listed = document("sessions", "list", "--user", "lola")["sessions"]
    assert [(item["user"], item["address"], item["user_agent"]) for item in listed] == [
        ("Lola", "10.0.0.1", "Firefox")
    ] * 2
    assert document("sessions", "revoke", listed[0]["id"]) == {"revoked": 1}
    assert document("sessions", "revoke", "--user", "Lola") == {"revoked": 1}
    assert document("sessions", "revoke", "--all") == {"revoked": 1}
    assert document("sessions", "list") == {"sessions": []}
    assert "Nobody is signed in." in run("sessions", "list").stdout


def test_an_invitation_prints_its_link_once(store: Store, aziza: UserInfo, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GETSMS_APP_URL", "https://sms.example.uz/")
    invited = document("people", "invite", "Lola", "--role", "analyst")
    token = invited["link"].removeprefix("https://sms.example.uz/join?token=")
    assert (invited["name"], invited["role"]) == ("Lola", "analyst")
    assert links.user_of(store, token)
    assert refused("people", "invite", "lola") == "name-taken"
    assert [user["invited"] for user in document("people", "list")["people"]] == [False, True]
    again = document("people", "reset", "Lola")
    assert links.user_of(store, token) is None
    assert links.user_of(store, again["link"].partition("token=")[2])
    document("people", "disable", "Lola")
    assert refused("people", "reset", "Lola") == "person-disabled"


def test_nobody_is_invited_before_there_is_an_administrator(store: Store) -> None:
    assert refused("people", "invite", "Lola") == "first-person"


@pytest.mark.parametrize("address", ["sms.example.uz", "ftp://x", "https://u:p@x", "https://x/?a", "https://x y"])
def test_an_address_that_no_link_can_begin_with_is_refused(
    store: Store, monkeypatch: pytest.MonkeyPatch, address: str
) -> None:
    monkeypatch.setenv("GETSMS_APP_URL", address)
    assert refused("people", "list") == "bad-setting"


def test_second_factors_are_required_and_removed(store: Store, aziza: UserInfo) -> None:
    assert document("people", "two-factor") == {"required": []}
    required = document("people", "two-factor", "--require", "manager", "--require", "administrator")
    assert required == {"required": ["administrator", "manager"]}
    assert run("people", "two-factor", "--require", "manager", "--optional").exit_code == 2
    secret = pyotp.random_base32()
    acting = identity.signed_in(store, aziza)
    two_factor.set_up(store, aziza.id, acting, secret, pyotp.TOTP(secret).now())
    assert document("people", "list")["people"][0]["second_factor"]
    document("people", "remove-two-factor", "Aziza")
    assert not users.all_users(store)[0].has_second_factor
    assert document("people", "two-factor", "--optional") == {"required": []}
    assert sessions.listing(store, aziza.actor) == []


def test_the_audit_log_is_exported_with_its_filters(store: Store, aziza: UserInfo, tmp_path: Path) -> None:
    _sign_in(store, "Aziza")
    out = tmp_path / "audit.csv"
    chosen = ("--action", "person.sign-in", "--address", "10.0.0.1", "--from", "0001-01-01", "--to", "9999-12-31")
    assert document("audit", "export", "--out", str(out), *chosen) == {"entries": 1, "file": str(out)}
    lines = out.read_text("utf-8-sig").splitlines()
    assert lines[0] == "id,at,actor,action,subject,address,detail"
    assert ",Aziza,person.sign-in,person:1,10.0.0.1," in lines[1]
    assert [entry["action"] for entry in document("audit", "--limit", "1")["entries"]] == ["audit.export"]
    assert refused("audit", "export", "--out", str(tmp_path / "audit.pdf")) == "unknown-format"
    assert run("audit", "export", "--out", str(out), "--from", "2026-02-02", "--to", "2026-02-01").exit_code == 2
    assert run("audit", "export").exit_code == 2
