"""The frame: what each role finds in it, and what it always says."""

import tomllib

import pytest

from getsms_core.base.permissions import Role
from getsms_core.base.states import LABELS, MessageState
from getsms_core.db.engine import Store
from getsms_core.users import service as users
from pages.ui.shared import session, widgets
from pages.ui.shared.style import DARK, LIGHT, LOOKS
from tests.conftest import ROOT, PageFactory


def test_the_frame_says_that_the_sandbox_sends_nothing(open_page: PageFactory) -> None:
    frame = open_page("frame.py").run()
    assert not frame.exception
    assert any("Sandbox: nothing leaves this machine" in text.value for text in frame.markdown)


def test_the_frame_names_the_account_that_is_live(open_page: PageFactory) -> None:
    frame = open_page("frame.py", login="acme", password="secret").run()
    assert any("Live: account acme" in text.value for text in frame.markdown)


def test_the_frame_says_when_no_worker_runs(open_page: PageFactory) -> None:
    frame = open_page("frame.py").run()
    assert "No worker is running" in frame.warning[0].value
    assert "`getsms worker`" in frame.warning[0].value


def test_a_marketer_sees_no_command_lines(open_page: PageFactory) -> None:
    frame = open_page("frame.py", Role.MARKETER).run()
    assert "Tell an administrator" in frame.warning[0].value
    page = open_page("new_campaign.py", Role.MARKETER).run()
    texts = [element.value for kind in (frame, page) for element in (*kind.markdown, *kind.caption, *kind.warning)]
    assert any("administrator can add a larger file" in text for text in texts)
    assert [text for text in texts if "getsms " in text] == []


def test_the_language_that_a_person_chooses_is_kept_for_them(open_page: PageFactory, sqlite_store: Store) -> None:
    frame = open_page("frame.py").run()
    frame.selectbox(key="lang").select("ru").run()
    assert not frame.exception
    assert users.all_users(sqlite_store)[0].language == "ru"


def test_the_language_in_the_address_wins_and_is_not_kept(open_page: PageFactory, sqlite_store: Store) -> None:
    frame = open_page("frame.py")
    frame.query_params["lang"] = "uz"
    frame.run()
    assert frame.selectbox(key="lang").value == "uz"
    assert users.all_users(sqlite_store)[0].language == "en"


@pytest.mark.parametrize(
    ("role", "absent"),
    [
        (Role.MARKETER, {"settings.py", "audit.py"}),
        (Role.MANAGER, {"new_campaign.py", "lists.py", "settings.py", "audit.py"}),
        (Role.ANALYST, {"new_campaign.py", "lists.py", "settings.py", "audit.py"}),
        (Role.ADMINISTRATOR, set()),
    ],
)
def test_each_role_finds_only_its_pages(role: Role, absent: set[str]) -> None:
    from getsms_core.base.permissions import Actor
    from pages.ui.shared.sitemap import PAGES

    somebody = Actor("Somebody", role)
    closed = {entry.file for entries in PAGES.values() for entry in entries if not somebody.may(entry.right)}
    assert closed - {"templates.py"} == absent


def test_a_signed_out_tab_is_told_so(open_page: PageFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    frame = open_page("frame.py")
    monkeypatch.setattr(session, "_identify", lambda: None)
    frame.run()
    assert "signed out" in frame.warning[0].value
    assert not frame.selectbox


def test_the_shape_of_a_state_stays_on_the_line_of_its_word() -> None:
    assert widgets.state_markdown(MessageState.DELIVERED) == ":green-badge[●\u00a0Delivered]"


def test_every_state_has_a_look_that_differs_by_more_than_colour(open_page: PageFactory) -> None:
    assert set(LOOKS) == set(LABELS)
    messages = [LOOKS[state.value].shape for state in MessageState]
    assert len(set(messages)) == len(messages)


@pytest.mark.parametrize(
    ("language", "money", "number"),
    [("en", "1,234,500 so'm", "1,234.5"), ("uz", "1 234 500 soʻm", "1 234,5"), ("ru", "1 234 500 сум", "1 234,5")],
)
def test_money_and_numbers_are_written_as_the_language_does(
    open_page: PageFactory, monkeypatch: pytest.MonkeyPatch, language: str, money: str, number: str
) -> None:
    monkeypatch.setattr(widgets, "language", lambda: language)
    assert widgets.money(123450000).replace("\xa0", " ") == money
    assert " " not in widgets.money(123450000)
    assert widgets.number(1234.5).replace("\xa0", " ") == number


def test_times_are_shown_in_the_settings_time_zone(open_page: PageFactory) -> None:
    open_page("frame.py")
    assert widgets.moment(1_795_360_000_000) == "22 Nov 2026, 20:06"
    assert widgets.moment(None) == "–"
    assert widgets.percent(None) == "–"
    assert widgets.percent(1) == "100%"
    assert widgets.duration(95) == "1\N{NO-BREAK SPACE}min 35\N{NO-BREAK SPACE}s"


def test_streamlit_and_the_door_have_one_palette() -> None:
    theme = tomllib.loads((ROOT / ".streamlit" / "config.toml").read_text())["theme"]
    for ours, theme_colours in ((LIGHT, theme["light"]), (DARK, theme["dark"])):
        assert theme_colours["backgroundColor"] == ours["background"]
        assert theme_colours["secondaryBackgroundColor"] == ours["panel"]
        assert theme_colours["textColor"] == ours["text"]
        assert theme_colours["primaryColor"] == ours["primary"]
        assert theme_colours["linkColor"] == ours["link"]
        assert theme_colours["borderColor"] == ours["border"]
        for colour, name in (("green", "green"), ("orange", "amber"), ("red", "red"), ("violet", "violet")):
            assert theme_colours[f"{colour}Color"] == ours[name]


@pytest.mark.parametrize("theme", [LIGHT, DARK], ids=["light", "dark"])
def test_every_colour_can_be_read_on_its_ground(theme: dict[str, str]) -> None:
    for name in ("text", "faint", "link", "green", "amber", "red", "violet", "blue", "grey"):
        assert _contrast(theme[name], theme["background"]) >= 4.5, name
    assert _contrast("#ffffff", theme["primary"]) >= 4.5


def _contrast(one: str, other: str) -> float:
    lights = sorted(_luminance(colour) for colour in (one, other))
    return (lights[1] + 0.05) / (lights[0] + 0.05)


def _luminance(colour: str) -> float:
    parts = [int(colour[n : n + 2], 16) / 255 for n in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
