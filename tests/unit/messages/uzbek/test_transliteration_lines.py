"""Lines of SMS that measure the transliteration: how many are exactly right, and that an error is warned of.

A line of the files in data/ is a direction, the Cyrillic and the Latin: "=" is read in both directions, ">" from
Cyrillic and "<" from Latin. `lines_of_development.tsv` was used while the code was written; `lines_kept_back.tsv` was
written by somebody who had not seen the code, and so was most of the others, which were then
used to mend it. Do not fit the lines kept back to the code: correct only their spelling.
"""

import re
from pathlib import Path

import pytest

from getsms_core.messages.uzbek.transliteration import Converted, Script, convert

NAME_OR_RUSSIAN = re.compile("[A-Za-z].*[а-яё]|[а-яё].*[A-Za-z]", re.IGNORECASE | re.DOTALL)
DATA = Path(__file__).parent / "data"


def conversions(name: str) -> list[tuple[str, str, Script]]:
    """Return (text, right conversion, script) for each direction of each line."""
    rows = [line.split("\t") for line in (DATA / name).read_text("utf-8").splitlines() if line]
    return [(cyrillic, latin, Script.LATIN) for direction, cyrillic, latin in rows if direction in "=>"] + [
        (latin, cyrillic, Script.CYRILLIC) for direction, cyrillic, latin in rows if direction in "=<"
    ]


def assert_few_errors(name: str, most_errors: int, *, at_least: int) -> None:
    """A file with `at_least` conversions has no more wrong ones than this, and none without a warning."""
    lines = conversions(name)
    assert len(lines) >= at_least
    errors = [(text, result) for text, right, to in lines if (result := convert(text, to)).text != right]
    assert len(errors) <= most_errors, [text for text, _ in errors]
    assert [text for text, result in errors if not result.warnings] == []


def test_every_line_of_development_is_right() -> None:
    lines = conversions("lines_of_development.tsv")
    assert len(lines) >= 250
    assert [text for text, right, to in lines if convert(text, to).text != right] == []


# Measured: 460 of 472 conversions right when the lines were written; 464 (98.3 %) after the kinds of error were told to
# the author of the code (not the lines), 2 of the 8 errors without a warning. The aim is no error without one.
MOST_ERRORS = 8
MOST_ERRORS_WITHOUT_WARNING = 2


def test_the_lines_kept_back_have_no_more_errors_than_measured() -> None:
    lines = conversions("lines_kept_back.tsv")
    assert len(lines) >= 470
    errors = [(text, result) for text, right, to in lines if (result := convert(text, to)).text != right]
    assert len(errors) <= MOST_ERRORS, [text for text, _ in errors]
    without_warning = [text for text, result in errors if not result.warnings]
    assert len(without_warning) <= MOST_ERRORS_WITHOUT_WARNING, without_warning


# Measured: of the first 400 lines, written before their author had seen the code, 381 were right (95.3 %), and 7 of
# the 19 errors were without a warning. After the kinds of error were mended: 146 of the next 150 (97.3 %, 2 errors
# without), then 45 and 47 of two times 50 lines that mix languages, names and codes (2 errors without, then none).
MOST_ERRORS_OF_COMPANIES = 0


def test_the_lines_of_companies_have_no_more_errors_than_measured() -> None:
    assert_few_errors("lines_of_companies.tsv", MOST_ERRORS_OF_COMPANIES, at_least=650)


# Measured: of 300 lines, written before their author had read the code and a third of them tricky, 408 of 418
# conversions were right (97.6 %), 4 of the 10 errors without a warning. Then 150 lines at a time were read once and
# used to mend the kinds of error: 139 right (2 errors without a warning), 143 (2), 143 (2), 146 (none), 137 (3), 142
# (3), and 83 of 90 (2). Of the 962 conversions of ordinary lines 2 were wrong at first, of the tricky one in 7.
# What is left are Samarqand Darvoza, SAMARQAND EXPO, TTZ-2 and ToshKent, and цена, which is taken for Russian.
MOST_ERRORS_OF_MARKETING = 5


def test_the_lines_of_marketing_have_no_more_errors_than_measured() -> None:
    assert_few_errors("lines_of_marketing.tsv", MOST_ERRORS_OF_MARKETING, at_least=1400)


# Measured: of 402 conversions of lines written before their author had read the code, most of them tricky, 382 were
# right (95.0 %), and 7 of the 20 errors were without a warning. Then 144, 131 and 104 were read once and used to mend
# the kinds of error: 134 right (6 errors without a warning), 119 (4) and 97 (3).
# What is left are распродажа, which is taken for Russian in a sentence alone, стиральная, a list of goods without a
# sign of Uzbek, and data-analitik.
MOST_ERRORS_OF_REVIEWERS = 4


def test_the_lines_of_reviewers_have_no_more_errors_than_measured() -> None:
    assert_few_errors("lines_of_reviewers.tsv", MOST_ERRORS_OF_REVIEWERS, at_least=780)


# Measured: of 1,041 conversions of lines that banks, shops, clinics, schools and the like would send, read for the
# first time in seven sets, each written before the errors of the one before were mended: 542 of 544 ordinary ones were
# right (1 error without a warning) and 433 of 497 tricky ones (87.1 %; 19 without), where 17 expectations that could
# as well be the other way were changed to what was read. Of the last two sets: 40 of 40, and 79 of 83 (2 without).
# What is left are names of words that look like words of Uzbek (Dolce Vita, Versal va Marmaris; Salom Card; Sergeli
# Sport Arena; Samarqand Darvoza; Zootopia; Nusuk), TV, TBC UZ, SUM ATM, and two Russian sentences that are not told
# from the Uzbek beside them.
MOST_ERRORS_OF_SERVICES = 11


def test_the_lines_of_services_have_no_more_errors_than_measured() -> None:
    assert_few_errors("lines_of_services.tsv", MOST_ERRORS_OF_SERVICES, at_least=1040)


def test_few_of_the_ordinary_lines_have_a_warning() -> None:
    lines = conversions("lines_of_services.tsv")
    without_a_name = [(text, to) for text, right, to in lines if not NAME_OR_RUSSIAN.search(right)]
    warned = [text for text, to in without_a_name if convert(text, to).warnings]
    assert len(without_a_name) >= 600
    assert len(warned) <= len(without_a_name) / 25, warned


def test_a_russian_text_is_not_converted_without_a_warning() -> None:
    lines = (DATA / "lines_in_russian.txt").read_text("utf-8").splitlines()
    assert len(lines) >= 100
    results = [(text, convert(text, Script.LATIN)) for text in lines]
    assert [text for text, result in results if not result.warnings] == []
    assert sum(result.text != text for text, result in results) <= 4


@pytest.mark.parametrize("word", ["Barakat", "barakat", "BARAKAT"])
def test_an_own_word_stays_in_any_case(word: str) -> None:
    assert convert(f"Bizning {word} doʻkoni", Script.CYRILLIC, keep=["Barakat"]).text == f"Бизнинг {word} дўкони"


def test_the_suffix_of_an_own_word_is_converted() -> None:
    assert convert("Barakatdan oling", Script.CYRILLIC, keep=["Barakat"]).text == "Barakatдан олинг"
    assert convert("Cargo'dan oling", Script.CYRILLIC, keep=["Cargo"]).text == "Cargo'дан олинг"


def test_a_suffix_that_depends_on_the_last_letter_follows_an_own_word() -> None:
    assert convert("Barakat Bankka boring", Script.CYRILLIC, keep=["Barakat Bank"]).text == "Barakat Bankка боринг"
    assert convert("Баракат Банкка боринг", Script.LATIN, keep=["Баракат Банк"]).text == "Баракат Банкka boring"


def test_a_longer_word_is_no_own_word() -> None:
    assert convert("Barakatxon opa", Script.CYRILLIC, keep=["Barakat"]).text == "Баракатхон опа"


def test_an_own_name_may_have_several_words() -> None:
    assert convert("Yangi hayot klinikasi", Script.CYRILLIC, keep=["Yangi hayot"]).text == "Yangi hayot клиникаси"


@pytest.mark.parametrize("written", ["Oʻzbegim", "O'zbegim", "O‘zbegim", "O`ZBEGIM"])
def test_an_own_word_is_found_with_any_apostrophe(written: str) -> None:
    for own in ("Oʻzbegim", "O'zbegim"):
        assert convert(f"Bizning {written}da", Script.CYRILLIC, keep=[own]).text == f"Бизнинг {written}да"


def test_an_own_name_is_found_with_any_spaces_and_an_empty_one_is_none() -> None:
    converted = convert("Yangi  hayot\u00a0klinikasi", Script.CYRILLIC, keep=["Yangi hayot", "", " "])
    assert converted.text == "Yangi  hayot\u00a0клиникаси"


def test_a_word_beside_a_name_is_part_of_it_and_a_word_elsewhere() -> None:
    assert convert("Super Sale! Super taklif, Uzum Market va market", Script.CYRILLIC).text == (
        "Super Sale! Супер таклиф, Uzum Market ва маркет"
    )


def test_english_stays_and_is_named() -> None:
    converted: Converted = convert("Online xarid qiling", Script.CYRILLIC)
    assert converted.text == "Online харид қилинг"
    assert [warning.word for warning in converted.warnings] == ["Online"]


NAMES_AND_ENGLISH = [
    ("iphone 15 va samsung telefonlari", "iphone 15 ва samsung телефонлари"),
    ("telegram kanal, instagramda kuzating", "telegram канал, instagramда кузатинг"),
    ("Cyber Monday: New Arrivals", "Cyber Monday: New Arrivals"),
    ("Fast food va Take away xizmati", "Fast food ва Take away хизмати"),
    ("OneID va MyID orqali kiring", "OneID ва MyID орқали киринг"),
    ("Photoshop, Figma va Power BI kurslari", "Photoshop, Figma ва Power BI курслари"),
    ("BYD Song Plus, Tesla Model 3", "BYD Song Plus, Tesla Model 3"),
    ("Hoffmann, Greenfield, Facebook", "Hoffmann, Greenfield, Facebook"),
]


@pytest.mark.parametrize(("text", "right"), NAMES_AND_ENGLISH)
def test_names_and_english_stay_latin_and_are_named(text: str, right: str) -> None:
    converted = convert(text, Script.CYRILLIC)
    assert converted.text == right
    assert converted.warnings


@pytest.mark.parametrize(
    ("text", "right"),
    [
        ("H&M va P&G @dokon.uz", "H&M ва P&G @dokon.uz"),
        ("Vaksinatsiya, poyabzal, klient", "Вакцинация, пойабзал, клиент"),
        ("Oq uzum va olcha, mobil ilova, real narx", "Оқ узум ва олча, мобил илова, реал нарх"),
        ("Koordinator, kooperativ, zoopark, kafe", "Координатор, кооператив, зоопарк, кафе"),
        ("Kalkulyator, pelmen, vakansiya, rulda", "Калькулятор, пельмень, вакансия, рулда"),
        ("“Nur” MFY raisi, X-ray", "“Нур” МФЙ раиси, X-ray"),
        ("Samarqand’da, Oʻzbekiston'ning", "Самарқанд’да, Ўзбекистон'нинг"),
        ("Meʼda, sanʼat, maʼno, Raʼno", "Меъда, санъат, маъно, Раъно"),
        ("Notarius va reestr, svarshik", "Нотариус ва реестр, сварщик"),
        ("INN raqamingiz, tonggi nonushta", "ИНН рақамингиз, тонгги нонушта"),
        ("Yunusobod 4-mavze, IIV yonida", "Юнусобод 4-мавзе, ИИВ ёнида"),
    ],
)
def test_what_only_looks_like_a_name_is_written_without_a_doubt(text: str, right: str) -> None:
    assert convert(text, Script.CYRILLIC) == Converted(right, [])


@pytest.mark.parametrize("word", ["Magne", "Boulevards", "Knopf"])
def test_a_word_that_is_written_like_english_is_named(word: str) -> None:
    assert [warning.word for warning in convert(f"Yangi {word}", Script.CYRILLIC).warnings] == [word]


def test_letters_with_an_apostrophe_in_cyrillic_are_the_letters_that_are_meant() -> None:
    assert convert("Оʻзбекистон, г'алаба", Script.LATIN).text == "Oʻzbekiston, gʻalaba"
    assert convert("Оʻзбекистон", Script.CYRILLIC, source=Script.LATIN).text == "Ўзбекистон"
