"""What users wrote, as Markdown that shows it literally."""

import re

from hypothesis import given
from hypothesis import strategies as st

from pages.ui.shared.plain_text import JOINER, plain
from tests.each_case import each_case

AFTER_BACKSLASHES = [
    re.compile(r"(https?:\/\/|www(?=\.))([-.\w]+)([^ \t\r\n]*)", re.IGNORECASE),
    re.compile(r"(?:^|(?<=[\s\W]))([-.\w+]+)@([-\w]+(?:\.[-\w]+)+)"),
    re.compile(r":material[/_](\w+):"),
    re.compile(r":(\+1|-1|[^\W\d][\w-]*|100|1234):"),
    re.compile(r":streamlit:"),
    re.compile(r"(^|\s)(<->|->|<-|--|>=|<=|~=)(\s|$)"),
]
"""What Streamlit's page replaces in the text that is left behind the backslashes, as in its bundle."""


def shown(markdown: str) -> str:
    """What the parser makes of escaped Markdown without markup: the characters behind the backslashes."""
    return re.sub(r"\\([!-/:-@\[-`{-~])", r"\1", markdown.replace("  \n", "\n"))


@each_case(
    "text",
    ["**b** _i_ ~~s~~ `c`", "[x](https://evil.uz)", "![x](y.png)", "$1+1$", "<b>h</b> &lt;", "# head", "- item",
     "+ item", "1. one", "2) two", "> quote", "a | b", ":red[r]", ":material/home:", ":smile:", "www.evil.uz",
     "a@evil.uz", "a -> b", "=====", "----", "::leaf", ":::box", "{x}"],
)  # fmt: skip
def test_markup_is_shown_as_it_was_written(text: str) -> None:
    assert shown(plain(text)).replace(JOINER, "") == text
    assert not [pattern.pattern for pattern in AFTER_BACKSLASHES if pattern.search(shown(plain(text)))]


def test_sentences_of_every_day_are_left_alone() -> None:
    for sentence in ("Paused by Aziza at 09:30.", "Row 7: no number (empty).", "5 % of 1,200", "Narxi 95 soʻm!"):
        assert plain(sentence) == sentence


def test_what_turns_the_page_is_removed_and_lines_stay_lines() -> None:
    assert plain("a\u202eb\u200b\r\nc\x00\n    d") == "ab  \nc  \nd"
    assert plain("Oila 👨‍👩‍👧") == "Oila 👨‍👩‍👧"


@given(st.text(max_size=60))
def test_whatever_is_written_nothing_is_found_in_it(text: str) -> None:
    seen = shown(plain(text))
    assert not [pattern.pattern for pattern in AFTER_BACKSLASHES if pattern.search(seen)]


@given(st.text(alphabet=":/@.www-<>=~material_+1ahtps ", max_size=40))
def test_no_arrangement_of_the_signs_makes_a_link_an_icon_or_an_arrow(text: str) -> None:
    seen = shown(plain(text))
    assert not [pattern.pattern for pattern in AFTER_BACKSLASHES if pattern.search(seen)], seen


def test_an_amount_stays_on_one_line() -> None:
    assert plain("At most  19\u00a0000 soʻm or 95 so'm ") == "At most 19\u00a0000 soʻm or 95\u00a0so'm"
