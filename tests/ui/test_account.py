"""The user's own account, and what the page Settings does about users' access."""

import pyotp
import pytest
from streamlit.testing.v1 import AppTest

from getsms_core.base.permissions import Role
from getsms_core.db.engine import Store
from getsms_core.users import identity, links, sessions, sign_in, two_factor
from getsms_core.users import service as users
from getsms_core.users.sessions import Visit
from pages.ui.shared.user_agents import device
from tests.conftest import PageFactory

PASSWORD = "a good password"
CHROME = "Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/143.0 Safari/537.36"


def _shown(page: AppTest) -> str:
    assert not page.exception
    return " ".join(item.value for item in (*page.markdown, *page.caption, *page.success, *page.error, *page.code))


def _sign_in(store: Store, name: str, visit: Visit | None = None) -> str:
    signed_in = sign_in.with_password(store, name, PASSWORD, visit)
    assert signed_in is not None
    live_session = sessions.find(store, signed_in.cookie)
    assert live_session is not None
    return live_session[1].id


def test_a_user_sees_and_ends_their_own_sessions_only(open_page: PageFactory, sqlite_store: Store) -> None:
    page = open_page("account.py", Role.ANALYST)
    _sign_in(sqlite_store, "Aziza", Visit("10.0.0.1", "Administrators Browser"))
    own = _sign_in(sqlite_store, "analyst en", Visit("10.0.0.2", CHROME))
    page.run()
    assert "Chrome, Windows" in _shown(page)
    assert "10\\.0.0.2" in _shown(page)
    assert "Administrators Browser" not in _shown(page)
    page.button(key=f"account-end-{own}").click().run()
    assert "The session is ended" in _shown(page)
    assert [item.user_name for item in sessions.listing(sqlite_store, users.all_users(sqlite_store)[0].actor)] == [
        "Aziza"
    ]


def test_an_administrator_sees_and_ends_everybodys_sessions(open_page: PageFactory, sqlite_store: Store) -> None:
    page = open_page("account.py")
    administrator = users.all_users(sqlite_store)[0].actor
    hostile = users.create(sqlite_store, administrator, "**Bek** <b>[x](http://x)", PASSWORD, Role.ANALYST)
    _sign_in(sqlite_store, hostile.name, Visit("10.0.0.2", "![x](http://x) <script>"))
    page.run()
    page.button_group(key="account-whose").set_value("all").run()
    assert "\\*\\*Bek\\*\\*" in _shown(page)
    assert "!\\[x\\]" in _shown(page)
    page.button(key="account-end-others").click().run()
    assert "1 session is ended" in _shown(page)
    assert sessions.listing(sqlite_store, administrator) == []


@pytest.mark.parametrize("language", ["uz", "ru"])
def test_the_page_works_in_every_language(open_page: PageFactory, sqlite_store: Store, language: str) -> None:
    page = open_page("account.py", Role.MARKETER, language)
    _sign_in(sqlite_store, f"marketer {language}")
    assert _shown(page.run())


def test_the_page_says_whether_the_second_factor_is_on(open_page: PageFactory, sqlite_store: Store) -> None:
    page = open_page("account.py").run()
    assert "Off. With it" in _shown(page)
    user = users.all_users(sqlite_store)[0]
    secret = pyotp.random_base32()
    acting = identity.signed_in(sqlite_store, user)
    two_factor.set_up(sqlite_store, user.id, acting, secret, pyotp.TOTP(secret).now())
    assert "On. 10 recovery codes are left." in _shown(page.run())


def _settings(open_page: PageFactory) -> AppTest:
    page = open_page("settings.py")
    page.query_params["view"] = "people"
    return page.run()


def test_an_invitation_shows_its_link_once(open_page: PageFactory, sqlite_store: Store) -> None:
    page = _settings(open_page)
    page.text_input(key="person-name").set_value("Lola")
    page.button(key="person-invite-go").click().run()
    link = page.code[0].value
    assert link.startswith("http://127.0.0.1:8501/join?token=")
    assert "invited" in _shown(page)
    assert not page.run().code
    invited = links.user_of(sqlite_store, link.partition("token=")[2])
    assert invited is not None
    assert (invited.name, invited.role) == ("Lola", Role.MARKETER)


def test_an_invited_user_gets_the_language_of_who_invites_unless_another_is_chosen(
    open_page: PageFactory, sqlite_store: Store
) -> None:
    for language, name in (("uz", "Oʻzbekcha"), ("ru", "Русский")):
        page = open_page("settings.py", Role.ADMINISTRATOR, language)
        page.query_params["view"] = "people"
        box = page.run().selectbox(key="person-language")
        assert box.options[box.proto.default] == name
    page = _settings(open_page)
    page.selectbox(key="person-language").select("Русский").run()
    page.text_input(key="person-name").set_value("Lola")
    page.button(key="person-invite-go").click().run()
    assert {user.name: user.language for user in users.all_users(sqlite_store)}["Lola"] == "ru"


def test_a_reset_link_and_the_required_roles_are_set_on_the_page(open_page: PageFactory, sqlite_store: Store) -> None:
    page = open_page("settings.py", Role.ANALYST)  # creates the analyst
    analyst = next(user for user in users.all_users(sqlite_store) if user.role is Role.ANALYST)
    page = _settings(open_page)
    page.button(key=f"person-link-{analyst.id}").click().run()
    assert "/join?token=" in page.code[0].value
    page.button_group(key="person-two-factor-roles").set_value(["manager"]).run()
    page.button(key="person-two-factor-save").click().run()
    assert "Saved" in _shown(page)
    assert two_factor.required_roles(sqlite_store) == {Role.MANAGER}
    administrator = users.all_users(sqlite_store)[0].actor
    two_factor.require(sqlite_store, administrator, [Role.MANAGER, Role.MARKETER])  # by another administrator
    page.button_group(key="person-two-factor-roles").set_value(["manager", "analyst"]).run()
    page.button(key="person-two-factor-save").click().run()
    assert two_factor.required_roles(sqlite_store) == {Role.MANAGER, Role.MARKETER, Role.ANALYST}
    assert page.button_group(key="person-two-factor-roles").value == ["analyst", "manager", "marketer"]


def test_a_lost_second_factor_is_removed_on_the_page(open_page: PageFactory, sqlite_store: Store) -> None:
    open_page("settings.py", Role.ANALYST)
    analyst = next(user for user in users.all_users(sqlite_store) if user.role is Role.ANALYST)
    secret = pyotp.random_base32()
    acting = identity.signed_in(sqlite_store, analyst)
    two_factor.set_up(sqlite_store, analyst.id, acting, secret, pyotp.TOTP(secret).now())
    page = _settings(open_page)
    page.button(key=f"person-factor-{analyst.id}").click().run()
    assert "The second factor is removed" in _shown(page)
    assert not any(user.has_second_factor for user in users.all_users(sqlite_store))


@pytest.mark.parametrize(
    ("user_agent", "words"),
    [
        (CHROME, "Chrome, Windows"),
        ("Mozilla/5.0 (X11; Linux x86_64; rv:130.0) Gecko/20100101 Firefox/130.0", "Firefox, Linux"),
        ("Mozilla/5.0 (Windows NT 10.0) Chrome/143.0 Safari/537.36 Edg/143.0", "Edge, Windows"),
        ("Mozilla/5.0 (Linux; Android 14) Chrome/143.0 YaBrowser/25.1 Mobile Safari/537.36", "Yandex, Android"),
        ("Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) Version/18.0 Mobile/1 Safari/604.1", "Safari, iOS"),
        ("curl/8.5", "curl/8.5"),
        ("", "–"),
    ],
)
def test_a_browser_is_named_in_few_words(user_agent: str, words: str) -> None:
    assert device(user_agent) == words


def test_a_user_changes_their_own_password(open_page: PageFactory, sqlite_store: Store) -> None:
    page = open_page("account.py", Role.ANALYST).run()
    page.text_input(key="my-password-present").set_value(PASSWORD)
    page.text_input(key="my-password-new").set_value("a better password")
    page.button(key="my-password-change").click().run()
    assert page.success
    assert sign_in.with_password(sqlite_store, "analyst en", "a better password")


def test_a_wrong_present_password_is_refused_in_words(open_page: PageFactory, sqlite_store: Store) -> None:
    page = open_page("account.py").run()
    page.text_input(key="my-password-present").set_value("not that one")
    page.text_input(key="my-password-new").set_value("a better password")
    page.button(key="my-password-change").click().run()
    assert "current password is wrong" in _shown(page)
    assert sign_in.with_password(sqlite_store, "Aziza", PASSWORD)
