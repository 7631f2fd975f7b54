"""Streamlit's own words: the table names what its bundle has, and every language has a translation."""

import re
from pathlib import Path

import pytest
import streamlit

from getsms_core.base.i18n import _, using_language
from pages.ui.gate import front_end

BUNDLE = Path(streamlit.__file__).parent / "static" / "static" / "js"
PARTS_OF_OTHERS = {
    # Streamlit joins these: `Press ${key}+Enter to ${action}`, `${label}: ${table}`, the dates of the browser
    "Press Enter to apply": ["Press Enter to ", "apply"],
    "Press Enter to submit form": ["Press Enter to ", "submit form"],
    "Press Ctrl+Enter to apply": ["+Enter to ", "apply"],
    "Press Ctrl+Enter to submit form": ["+Enter to ", "submit form"],
    "Press ⌘+Enter to apply": ["⌘", "+Enter to "],
    "Press ⌘+Enter to submit form": ["⌘", "+Enter to "],
    "You can only select up to {number} options. Remove an option first.": ["You can only select up to ", "`options`"],
    "You can only select up to {number} option. Remove an option first.": ["`option`", ". Remove an option first."],
    "{size} per file • {types}": [" per file", " • "],
}


@pytest.fixture(scope="module")
def bundle() -> bytes:
    return b"\n".join(file.read_bytes() for file in BUNDLE.glob("*.js"))


def test_streamlit_still_has_every_word_that_is_replaced(bundle: bytes) -> None:
    absent = [
        sentence
        for sentence in (
            *front_end.STREAMLIT_SENTENCES,
            *front_end.TABLE_WORDS,
            *front_end.CALENDAR_WORDS,
            *front_end.LOST_CONNECTION,
        )
        for part in PARTS_OF_OTHERS.get(sentence, re.split(r"\{\w+\}", sentence))
        if part.strip(" :,") and part.strip(" :,").encode() not in bundle
    ]
    assert absent == []


@pytest.mark.parametrize("language", ["uz", "ru"])
def test_every_word_is_translated_with_what_stands_in_it(language: str) -> None:
    sentences = (
        *front_end.STREAMLIT_SENTENCES,
        *front_end.TABLE_WORDS,
        *front_end.CALENDAR_WORDS,
        *front_end.LOST_CONNECTION.values(),
        *front_end.WEEKDAYS,
    )
    with using_language(language):
        same = [sentence for sentence in sentences if _(sentence) == sentence]
        fields = [s for s in sentences if sorted(re.findall(r"\{\w+\}", s)) != sorted(re.findall(r"\{\w+\}", _(s)))]
    assert same == (["yyyy", "Format"] if language == "uz" else [])
    assert fields == []
