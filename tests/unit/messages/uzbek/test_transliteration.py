"""Transliteration's rules one by one: capitals, ambiguous letters, what stays, what survives there and back."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from getsms_core.messages.uzbek.transliteration import ConversionWarning, Script, convert, detect
from tests.each_case import each_case

CYRILLIC, LATIN, REFORMED, ASCII = Script.CYRILLIC, Script.LATIN, Script.REFORMED, Script.ASCII
RUSSIAN = "This looks Russian and was left as it is."


@each_case(
    ("cyrillic", "latin"),
    [
        ("ШАҲАР", "SHAHAR"),
        ("Шаҳар", "Shahar"),
        ("ЧОЙ Чой УЧ Уч", "CHOY Choy UCH Uch"),
        ("Ё Ёш ЁШ", "Yo Yosh YOSH"),
        ("ЕР Ер ПОЕЗД Поезд", "YER Yer POYEZD Poyezd"),
        ("ОБЪЕКТ Объект", "OBYEKT Obyekt"),
        ("ЎЗБЕК ҒОЗ МАЪНО", "OʻZBEK GʻOZ MAʼNO"),
        ("ИСҲОҚ Исҳоқ", "ISʼHOQ Isʼhoq"),
        ("ОКТЯБРЬ Октябрда", "OKTABR Oktabrda"),
        ("маъюс", "maʼyus"),
        ("Ильич бульон медальон", "Ilyich bulyon medalyon"),
        ("цирк лицей акция пицца абзацни", "sirk litsey aksiya pitsa abzasni"),
        ("йўл йил йод", "yoʻl yil yod"),
    ],
)
def test_cyrillic_letters_find_their_latin(cyrillic: str, latin: str) -> None:
    assert convert(cyrillic, LATIN).text == latin


@pytest.mark.parametrize(
    ("latin", "cyrillic"),
    [
        ("TOSHKENT Toshkent", "ТОШКЕНТ Тошкент"),
        ("O‘zbek o’zbek o`zbek o´zbek o'zbek", "Ўзбек ўзбек ўзбек ўзбек ўзбек"),
        ("tog' bog’ 'salo' ‘video’", "тоғ боғ 'сало' ‘видео’"),
        ("eshik poeziya she'r yetti", "эшик поэзия шеър етти"),
        ("obyekt premyera", "объект премьера"),
        ("stansiya funksiya milliy", "станция функция миллий"),
        ("avtomobil avtomobillar AVTOMOBIL", "автомобиль автомобиллар АВТОМОБИЛЬ"),
        ("nola rolik", "нола ролик"),  # neither ноль nor роль
        ("XIX asr, 5-may, IV chorak", "XIX аср, 5-май, IV чорак"),
        ("IIV va XVIII asr, XXX yil", "ИИВ ва XVIII аср, XXX йил"),  # IIV is the ministry of the interior
        ("Özbekiston şahri õquv ğalaba", "Ўзбекистон шаҳри ўқув ғалаба"),
    ],
)
def test_latin_letters_find_their_cyrillic(latin: str, cyrillic: str) -> None:
    assert convert(latin, CYRILLIC).text == cyrillic


KEPT = "{Исм} {ism|мижоз} https://чегирма.uz/йўл www.sayt.uz/a info@getsms.uz @getsms_uz #sale getsms.uz SALE25 +998 9"


@pytest.mark.parametrize("to", Script)
def test_fields_addresses_handles_codes_and_numbers_stay(to: Script) -> None:
    assert convert(KEPT, to).text == KEPT
    assert KEPT in convert(f"Ҳурматли мижоз {KEPT}", to).text
    assert KEPT in convert(f"Hurmatli mijoz {KEPT}", to).text


def test_brands_asked_for_stay_and_latin_words_in_a_cyrillic_text_as_well() -> None:
    assert convert("Payme orqali to'lang", CYRILLIC, keep=["payme"]).text == "Payme орқали тўланг"
    assert convert("Ҳисобни Shop орқали тўланг", REFORMED).text == "Hisobni Shop orqali tölang"
    assert convert("Ҳисобни Shop орқали тўланг", CYRILLIC).text == "Ҳисобни Shop орқали тўланг"


def test_a_russian_sentence_is_left_alone_and_named_once() -> None:
    text = "Ҳурматли мижоз! Ваш код подтверждения: 1234. Никому не сообщайте"
    assert convert(text, LATIN).text == "Hurmatli mijoz! Ваш код подтверждения: 1234. Никому не сообщайте"
    assert convert(text, LATIN).warnings == [
        ConversionWarning(16, "Ваш код подтверждения: 1234", RUSSIAN),
        ConversionWarning(45, "Никому не сообщайте", RUSSIAN),
    ]


def test_a_russian_word_in_an_uzbek_sentence_is_left_alone_and_named() -> None:
    converted = convert("Сизга катта щука бор, рыба ҳам", ASCII)
    assert converted.text == "Sizga katta щука bor, рыба ham"
    assert [(warning.position, warning.word) for warning in converted.warnings] == [(12, "щука"), (22, "рыба")]


def test_a_russian_noun_that_uzbek_borrows_is_written_in_latin_letters() -> None:
    converted = convert("Сизга катта скидка бор, доставка бепул", ASCII)
    assert (converted.text, converted.warnings) == ("Sizga katta skidka bor, dostavka bepul", [])


def test_russian_is_converted_and_still_named_when_not_kept() -> None:
    converted = convert("Сизга сыр ва борщ бор", LATIN, keep_russian=False)
    assert converted.text == "Sizga sir va borsh bor"
    assert [warning.word for warning in converted.warnings] == ["сыр", "борщ"]
    assert "Check" in converted.warnings[0].reason


def test_short_uzbek_words_that_russian_has_too_are_no_russian() -> None:
    assert convert("У келди. От чопди. На у, на бу.", LATIN).text == "U keldi. Ot chopdi. Na u, na bu."


def test_russian_needs_no_warning_where_it_belongs() -> None:
    assert convert("Ваш код: 12. Salom", CYRILLIC, source=LATIN).warnings == []


def test_mixed_and_foreign_words_are_left_alone_and_named() -> None:
    mixed = convert("Яnгi дўстим", LATIN)  # n and i are Latin, and г is not like any Latin letter
    assert mixed.text == "Яnгi doʻstim"
    assert [(warning.position, warning.word) for warning in mixed.warnings] == [(0, "Яnгi")]
    twins = convert("Сaлом дўстим", LATIN)  # the first a is Latin
    assert twins.text == "Salom doʻstim"
    assert [(warning.position, warning.word) for warning in twins.warnings] == [(0, "Сaлом")]
    foreign = convert("Bizning WhatsApp va cola", CYRILLIC)
    assert foreign.text == "Бизнинг WhatsApp ва cola"
    assert [warning.word for warning in foreign.warnings] == ["WhatsApp", "cola"]


def test_an_ambiguous_ts_is_warned_of() -> None:
    converted = convert("U ketsin, litsey va aksiya militsiya", CYRILLIC)
    assert converted.text == "У кетсин, лицей ва акция милиция"
    assert [warning.word for warning in converted.warnings] == ["ketsin"]


@pytest.mark.parametrize(
    ("text", "script"),
    [
        ("Салом", CYRILLIC),
        ("Oʻzbekiston", LATIN),
        ("O‘zbekiston", LATIN),
        ("O'zbekiston", ASCII),
        ("Salom", ASCII),
        ("şahar", REFORMED),
        ("Ҳурматли мижоз, Click", CYRILLIC),
        ("5 000 {исм} www.сайт.uz", None),
        ("", None),
    ],
)
def test_it_detects_the_script(text: str, script: Script | None) -> None:
    assert detect(text) == script


@pytest.mark.parametrize("to", Script)
def test_a_text_without_words_stays(to: Script) -> None:
    for text in ("", "5 000 {a} 😀 ʼ ' ` ‘’", "\ud83d"):
        assert convert(text, to).text == text


# Words that Latin can spell in one way only: the letters of ʼ apart from o and g, ye after vowels or at the start.
onsets = st.sampled_from([*"bdfhjklmnpqrtvxz", "sh", "ch", "gʻ", "ng"])
vowels = st.sampled_from([*"aiuo", "oʻ"])
syllables = st.builds(
    lambda onset, vowel, coda: onset + vowel + coda, onsets, vowels, st.sampled_from(["", "", "l", "r", "m"])
)
words = st.builds(
    lambda start, rest, tail: start + "".join(rest) + tail,
    st.sampled_from(["", "ye", "e", "a", "oʻ", "maʼ", "sʼh", "yo", "yu", "ya", "yoʻ"]),
    st.lists(syllables, min_size=1, max_size=4),
    st.sampled_from(["", "", "l", "sh"]),
)
cased = st.builds(lambda word, case: case(word), words, st.sampled_from([str.lower, str.upper, str.capitalize]))
sentences = st.lists(cased, min_size=1, max_size=5).map(" ".join)


@given(sentences)
def test_latin_survives_the_way_to_every_script_and_back(text: str) -> None:
    for script in (CYRILLIC, ASCII, REFORMED):
        converted = convert(text, script, source=LATIN, keep_russian=False).text
        assert convert(converted, LATIN, source=script, keep_russian=False).text == text, converted


@given(sentences)
def test_ascii_is_ascii_and_converting_twice_changes_nothing(text: str) -> None:
    for script in (ASCII, LATIN):
        once = convert(text, script).text
        assert convert(once, script).text == once
    assert convert(text, ASCII).text.isascii()


@given(st.text(max_size=40), st.sampled_from(Script), st.booleans())
def test_any_text_converts_and_its_warnings_point_into_it(text: str, to: Script, keep: bool) -> None:
    for warning in convert(text, to, keep_russian=keep).warnings:
        assert text[warning.position :].startswith(warning.word)
        assert warning.reason
