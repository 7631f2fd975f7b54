"""A campaign's text in the four scripts, default values included."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from getsms_core.base.errors import DomainError
from getsms_core.messages import merge_fields, template_text
from getsms_core.messages.lint import check
from getsms_core.messages.uzbek.template_scripts import written
from getsms_core.messages.uzbek.transliteration import Script

CYRILLIC = "Ҳурматли {исм|мижоз}! Шаҳар бўйлаб чегирма: https://дўкон.uz {кун}"


@pytest.mark.parametrize(
    ("script", "text"),
    [
        (Script.CYRILLIC, CYRILLIC),
        (Script.LATIN, "Hurmatli {исм|mijoz}! Shahar boʻylab chegirma: https://дўкон.uz {кун}"),
        (Script.REFORMED, "Hurmatli {исм|mijoz}! Şahar böylab çegirma: https://дўкон.uz {кун}"),
        (Script.ASCII, "Hurmatli {исм|mijoz}! Shahar bo'ylab chegirma: https://дўкон.uz {кун}"),
    ],
)
def test_the_words_and_the_defaults_change_and_the_names_of_fields_stay(script: Script, text: str) -> None:
    assert written(CYRILLIC, script).text == text


@pytest.mark.parametrize("address", ["https://shop.uz/?n={}", "www.shop.uz/{}/b", "shop.uz/{}", "shop.uz?n={}&a=b"])
@pytest.mark.parametrize("field", ["{Buyurtma raqami}", "{Буюртма рақами}"])
@pytest.mark.parametrize("script", Script)
def test_a_field_of_several_words_in_an_address_stays(address: str, field: str, script: Script) -> None:
    link = address.format(field)
    converted = written(f"Kuting: {link} salom", script).text
    assert link in converted


@pytest.mark.parametrize("text", ["a-" * 10_000, "a." * 10_000, "a" + "." * 20_000, "on " * 6_000 + "Sale"])
@pytest.mark.parametrize("script", [Script.CYRILLIC, Script.ASCII])
def test_a_long_text_does_not_hold_up_the_page(text: str, script: Script) -> None:
    began = time.process_time()
    written(text, script)
    check(text, category="service")
    assert time.process_time() - began < 10  # 1 s; it was 30 s and more


def test_a_text_that_cannot_be_sent_is_refused() -> None:
    with pytest.raises(DomainError):
        written("Ҳурматли {", Script.LATIN)


def test_a_warning_in_a_default_value_says_where_it_stands() -> None:
    text = "Салом {ism|Wмижоз}, ўзгарди"
    warnings = written(text, Script.LATIN).warnings
    assert [(warning.word, text[warning.position :].startswith(warning.word)) for warning in warnings] == [
        ("Wмижоз", True)
    ]


pieces = st.sampled_from(
    ["{ism}", "{Исм|мижоз}", "{a|oʻz “x”}", "{{", "}}", "Салом ", "Oʻzbek ", "şahar", "скидка ", "на ", "к. ", "№5…",
     " ", "WhatsApp ", "https://a.uz/{kod}",
     "www.a.uz/{buyurtma raqami}", "+998 90", "😀", "\u200d", "▪\ufe0f", ".", "\n", "SHAHAR", "ШАҲАР",
     "'", "’"]
)  # fmt: skip


@given(st.lists(pieces, max_size=14).map("".join), st.sampled_from(Script), st.booleans())
def test_fields_and_plain_braces_stand_as_they_did_whatever_is_written(text: str, to: Script, keep: bool) -> None:
    before = merge_fields.parse(text)
    for after in (written(text, to, keep).text, template_text.replace_in_template(text)):
        parsed = merge_fields.parse(after)
        assert parsed.fields == before.fields
        assert (after.count("{{"), after.count("}}")) == (text.count("{{"), text.count("}}"))
    for warning in written(text, to, keep).warnings:
        assert text[warning.position :].startswith(warning.word)


@given(st.lists(pieces, max_size=14).map("".join))
def test_the_changes_of_a_text_are_those_that_mending_makes(text: str) -> None:
    characters = list(text)
    for change in template_text.template_changes(text):
        assert characters[change.position] == change.before
        characters[change.position] = change.after
    assert "".join(characters) == template_text.replace_in_template(text)
