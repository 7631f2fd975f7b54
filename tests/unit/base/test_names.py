"""Names and short texts of users: what is cleaned, what is refused, and how long each may be."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from getsms_core.base import names
from getsms_core.base.errors import DomainError
from tests.each_case import each_case

ONE_LINE = sorted(kind for kind, limit in names.LIMITS.items() if not limit.lines)
NEEDED = sorted(kind for kind, limit in names.LIMITS.items() if not limit.optional)
BIDI = "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u200e\u200f\u061c"
ZERO_WIDTH = "\u200b\u200c\u2060\ufeff\u00ad"


def code_of(kind: str, value: str) -> str:
    with pytest.raises(DomainError) as refused:
        names.clean(kind, value)
    assert refused.value.message
    return refused.value.code


@each_case("kind", sorted(names.LIMITS))
def test_a_megabyte_is_refused_at_once(kind: str) -> None:
    assert code_of(kind, "x" * 1_000_000) in {names.LIMITS[kind].code, "long-name"}


@each_case("kind", sorted(names.LIMITS))
def test_the_limit_itself_is_allowed_and_one_more_is_not(kind: str) -> None:
    most = names.LIMITS[kind].length
    assert names.clean(kind, "x" * most) == "x" * most
    code_of(kind, "x" * (most + 1))


@pytest.mark.parametrize("kind", NEEDED)
@each_case("blank", ["", " ", "\t\n", "\u200b\u200d", "\u2800", "\u3164 \u115f", "\u202e", "\ufe0f"])
def test_a_name_that_shows_nothing_is_refused(kind: str, blank: str) -> None:
    assert code_of(kind, blank) == (names.LIMITS[kind].code or "empty-name")


def test_what_may_be_left_out_is_empty_where_it_shows_nothing() -> None:
    assert [names.clean(kind, " \u200b") for kind in ("reason", "source", "title")] == [""] * 3
    assert names.clean("sender", "  ") == ""


@each_case("kind", sorted(names.LIMITS))
def test_half_a_character_is_refused(kind: str) -> None:
    assert code_of(kind, "Bahor \ud83d") == "not-utf8"


@pytest.mark.parametrize("kind", ["campaign", "list", "template", "user", "segment", "report", "reason"])
def test_a_control_character_is_refused(kind: str) -> None:
    for letter in "\x00\x07\x1b\x7f\x9b":
        assert code_of(kind, f"Ba{letter}hor") in {names.LIMITS[kind].code, "bad-characters"}


@pytest.mark.parametrize(
    "sender",
    ["SHOP\r\nX: 1", "SHOP\n", "SHOP\t1", "SH\u202eOP", "SHOP\u00a0", "SHOP\x00", "SHOP<b>", "SHOP;", "🙂"],
)
def test_a_sender_name_of_other_characters_is_refused(sender: str) -> None:
    assert code_of("sender", sender) == "bad-sender"


def test_sender_names_of_every_day_are_kept() -> None:
    for sender in ("KORZINKA UZ", "Korzinka", "4545", "H&M", "Do'kon-24", "Магазин"):
        assert names.clean("sender", f" {sender} ") == sender


def test_line_breaks_and_repeated_spaces_become_one_space() -> None:
    assert names.clean("campaign", "  Bahor\r\n\t chegirmasi\u2028 \u00a0 2026 ") == "Bahor chegirmasi 2026"


@each_case("letter", [*BIDI, *ZERO_WIDTH])
def test_characters_that_turn_or_hide_are_removed(letter: str) -> None:
    assert names.clean("list", f"mijozlar{letter}xslx.exe") == "mijozlarxslx.exe"


def test_emoji_of_several_parts_stay_whole() -> None:
    for emoji in ("👨‍👩‍👧", "❤️‍🔥", "👍🏽", "🇺🇿"):
        assert names.clean("campaign", f"Navroʻz {emoji}") == f"Navroʻz {emoji}"


def test_marks_that_cover_other_lines_are_thinned_out() -> None:
    cleaned = names.clean("campaign", "Z" + "\u0301\u0302\u0303" * 30 + "algo")
    assert sum(unicodedata.category(letter) == "Mn" for letter in cleaned) <= 4


def test_a_text_keeps_its_lines_and_its_spaces() -> None:
    assert names.clean("text", " Salom \n\n{ism} ") == " Salom \n\n{ism} "


def test_what_the_program_names_is_cut_instead_of_refused() -> None:
    shortened = names.shorten("campaign", "Copy of " + "x" * 300 + "\x00")
    assert len(shortened) == 200
    assert shortened.endswith("x…")


@pytest.mark.parametrize(
    ("given_name", "stored"),
    [
        ("mijozlar.xlsx", "mijozlar.xlsx"),
        ("C:\\Users\\me\\mijozlar.xlsx", "mijozlar.xlsx"),
        ("../../etc/passwd", "passwd"),
        ("a\x00b\r\n\u202exslx.csv", "ab xslx.csv"),
        ("x" * 5_000 + ".xlsx", "x" * 194 + "….xlsx"),
        ("\u200b", ""),
    ],
)
def test_a_file_name_has_no_folders_and_nothing_that_hides(given_name: str, stored: str) -> None:
    assert names.file_name(given_name) == stored


@given(st.text(max_size=300), st.sampled_from(ONE_LINE))
def test_whatever_is_accepted_is_one_visible_line_within_the_limit_and_stays_so(value: str, kind: str) -> None:
    try:
        cleaned = names.clean(kind, value)
    except DomainError:
        return
    assert len(cleaned) <= names.LIMITS[kind].length
    assert cleaned == " ".join(cleaned.split())
    assert not any(unicodedata.category(letter) in ("Cc", "Cs", "Zl", "Zp") for letter in cleaned)
    assert not set(cleaned) & set(BIDI)
    assert names.clean(kind, cleaned) == cleaned


@given(st.text(max_size=400), st.sampled_from(ONE_LINE))
def test_a_shortened_name_is_never_refused(value: str, kind: str) -> None:
    shortened = names.shorten(kind, value)
    if shortened and names.LIMITS[kind].extra is None:
        assert names.clean(kind, shortened) == shortened
