"""The lists of words: English, brands, borrowed words, words of Uzbek that are spelt like names, and Russian ones."""

import pytest

from getsms_core.messages.uzbek.transliteration import Converted, Script, convert


@pytest.mark.parametrize(
    ("text", "right"),
    [
        ("Weekend brunch har shanba", "Weekend brunch ҳар шанба"),
        ("My Garden, kids zone", "My Garden, kids zone"),
        ("Spa & Wellness markazi", "Spa & Wellness маркази"),
        ("French va Spanish guruhlari", "French ва Spanish гуруҳлари"),
        ("Mock test va Real Madrid oʻyini", "Mock test ва Real Madrid ўйини"),
        ("Adidas Samba krossovkalari", "Adidas Samba кроссовкалари"),
        ("React va Node.js kursi", "React ва Node.js курси"),
    ],
)
def test_usual_english_words_and_names_of_several_words_stay_latin(text: str, right: str) -> None:
    converted = convert(text, Script.CYRILLIC)
    assert converted.text == right
    assert converted.warnings


@pytest.mark.parametrize(
    ("latin", "cyrillic"),
    [
        ("Donetsk, Lutsk, Irkutsk va Norilsk", "Донецк, Луцк, Иркутск ва Норильск"),
        ("Kuznetsov, Troitskiy, Solovyov, Ulyanova", "Кузнецов, Троицкий, Соловьёв, Ульянова"),
        ("Neapol, Sevilya, Tyumen va Antalya", "Неаполь, Севилья, Тюмень ва Анталья"),
        ("borsh, sendvich, shyotka, plash, ulitsa", "борщ, сэндвич, щётка, плащ, улица"),
        ("ochistitel, smesitel, smesitelni", "очиститель, смеситель, смесителни"),
        ("glitsin, ensefalit, sezar", "глицин, энцефалит, цезарь"),
        ("OʻzEkspoMarkaz", "ЎзЭкспоМарказ"),
        ("1 200 u.e. va 5 m", "1 200 у.е. ва 5 м"),
    ],
)
def test_borrowed_words_and_russian_names_are_spelt_as_in_cyrillic(latin: str, cyrillic: str) -> None:
    assert convert(latin, Script.CYRILLIC).text == cyrillic


def test_a_borrowed_word_that_may_be_a_name_is_converted_and_named() -> None:
    converted = convert("Yangi Leypsigga reys", Script.CYRILLIC)
    assert converted.text == "Янги Лейпцигга рейс"
    assert [warning.word for warning in converted.warnings] == ["Leypsigga"]


def test_sizes_of_clothes_in_a_list_stay_latin() -> None:
    assert convert("Koʻylak: S, M, L va XL oʻlchamlar, M/L", Script.CYRILLIC) == Converted(
        "Кўйлак: S, M, L ва XL ўлчамлар, M/L", []
    )
    assert convert("S. M. Karimov", Script.CYRILLIC).text == "С. М. Каримов"


def test_a_mark_at_the_end_of_an_arabic_word_is_a_hard_sign() -> None:
    assert convert("Jome' masjidi, tobe' va mavqe'", Script.CYRILLIC) == Converted("Жомеъ масжиди, тобеъ ва мавқеъ", [])
    assert convert("'video' va 'kino'", Script.CYRILLIC).text == "'видео' ва 'кино'"


def test_the_elevator_of_a_house_is_no_russian_word() -> None:
    assert convert("Янги подъёмник келди", Script.LATIN) == Converted("Yangi podyomnik keldi", [])


@pytest.mark.parametrize(
    ("latin", "cyrillic"),
    [
        ("Genetik tahlil tayyor", "Генетик таҳлил тайёр"),
        ("Isteʼmol muddati tugadi", "Истеъмол муддати тугади"),
        ("Osonlik bilan toʻlang", "Осонлик билан тўланг"),
        ("Uzumchilik sohasi", "Узумчилик соҳаси"),
        ("Noorganik kimyo, nooʻrin gap", "Ноорганик кимё, ноўрин гап"),
        ("Professional xizmat", "Профессионал хизмат"),
        ("Soʻm kursi", "Сўм курси"),
        ("Venesuela va Tailand sayohati", "Венесуэла ва Таиланд саёҳати"),
    ],
)
def test_a_word_of_uzbek_that_is_spelt_like_a_name_is_no_name(latin: str, cyrillic: str) -> None:
    assert convert(latin, Script.CYRILLIC) == Converted(cyrillic, [])


def test_a_sum_before_currencies_is_no_name() -> None:
    assert convert("So'm, USD, RUB", Script.CYRILLIC).text == "Сўм, USD, RUB"


def test_a_command_of_a_bot_and_a_french_name_stay() -> None:
    assert (
        convert("Botga /start yozing, L'Oreal sovgʻasi", Script.CYRILLIC).text == "Ботга /start ёзинг, L'Oreal совғаси"
    )


@pytest.mark.parametrize("uzbek", ["Юк ташиш, 24/7", "Хонадон сотилади", "Нон ва сомса буюртма асосида"])
@pytest.mark.parametrize(
    "russian", ["Грузоперевозки по всему Узбекистану", "Детские игрушки", "Рейс задержан", "Акция до 15 ноября"]
)
def test_a_russian_sentence_beside_an_uzbek_one_stays_alone(uzbek: str, russian: str) -> None:
    converted = convert(f"{russian}. {uzbek}", Script.LATIN)
    assert converted.text == f"{russian}. {convert(uzbek, Script.LATIN).text}"
    assert [warning.word for warning in converted.warnings] == [russian]


def test_a_name_of_uzbekistan_is_no_sign_of_an_uzbek_sentence() -> None:
    text = "Уважаемый Сардор, магазин на Чорсу открыт"
    assert convert(text, Script.LATIN).text == text


@pytest.mark.parametrize(
    ("latin", "cyrillic"),
    [
        ("Shartnoma TS/2026-15", "Шартнома TS/2026-15"),
        ("Core i5-13420H va Samsung S24 FE", "Core i5-13420H ва Samsung S24 FE"),
        ("Roʻyxat: forms.gle/abc12", "Рўйхат: forms.gle/abc12"),
        ("Barber shop: soch olish", "Barber shop: соч олиш"),
        ("Mirabad Avenue turar joyi", "Mirabad Avenue турар жойи"),
    ],
)
def test_codes_addresses_and_names_of_houses_stay_latin(latin: str, cyrillic: str) -> None:
    assert convert(latin, Script.CYRILLIC).text == cyrillic


def test_an_initial_that_only_russian_has_is_no_russian_word() -> None:
    assert convert("Х. Ё. Юнусова, Щ. Э. Цхай, ЯИМ", Script.LATIN) == Converted(
        "X. Yo. Yunusova, Sh. E. Sxay, YaIM", []
    )


def test_an_abbreviation_of_a_university_keeps_its_form() -> None:
    cyrillic, latin = "ТошДШУ, СамДЧТИга, ФарПИ, ЭЭГ", "ToshDShU, SamDChTIga, FarPI, EEG"
    assert convert(cyrillic, Script.LATIN) == Converted(latin, [])
    assert convert(latin, Script.CYRILLIC) == Converted(cyrillic, [])


def test_a_longer_word_is_spelt_as_the_borrowed_word_that_it_begins_with() -> None:
    latin = "pulsoksimetr, italyanskiy, sirkulyator, apelsinrang; repertuar, Sokolov"
    assert convert(latin, Script.CYRILLIC).text == (
        "пульсоксиметр, итальянский, циркулятор, апельсинранг; репертуар, Соколов"
    )


def test_a_borrowed_word_in_letters_of_russian_is_no_russian_word() -> None:
    assert convert("Щётка ва швабра, плащ бор", Script.LATIN) == Converted("Shyotka va shvabra, plash bor", [])


def test_a_letter_of_uzbek_is_written_so_though_its_word_is_spelt_like_a_name() -> None:
    assert convert("ba S'hdu", Script.LATIN, source=Script.ASCII).text == "ba Sʼhdu"
    assert convert("ba Dupö", Script.LATIN, source=Script.REFORMED).text == "ba Dupoʻ"
    assert convert("Yandex Go'da, Mövenpick", Script.LATIN).text == "Yandex Go'da, Mövenpick"


@pytest.mark.parametrize("brand", ["Nusuk", "Vento", "Merkato", "Marea"])
def test_a_brand_that_is_spelt_like_uzbek_is_named_within_a_sentence(brand: str) -> None:
    assert [warning.word for warning in convert(f"Bugun {brand} orqali toʻlang", Script.CYRILLIC).warnings] == [brand]


def test_a_sentence_with_a_preposition_of_russian_stays() -> None:
    assert convert("Рассрочка 0-0-24, без переплат! Муддатли тўлов бор", Script.LATIN).text == (
        "Рассрочка 0-0-24, без переплат! Muddatli toʻlov bor"
    )
