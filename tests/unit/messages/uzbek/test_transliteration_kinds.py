"""Kinds of words of real SMS that were converted wrongly, most of them without a warning."""

import pytest

from getsms_core.messages.uzbek.transliteration import Converted, Script, convert, detect


@pytest.mark.parametrize(
    ("latin", "cyrillic"),
    [
        ("Payme'ga", "Payme'га"),
        ("Instagram’imiz", "Instagram’имиз"),
        ("OLX'dagi", "OLX'даги"),
        ("iPhone`lar", "iPhone`лар"),
        ("Korzinkaʼning", "Korzinkaʼнинг"),
        ("Uzum Market'dan", "Uzum Market'дан"),
        ("Uzum Marketdan", "Uzum Marketдан"),
        ("Yandex Go'da", "Yandex Go'да"),
        ("PAYME'GA", "PAYME'ГА"),
    ],
)
def test_a_suffix_after_a_name_is_converted_whatever_mark_is_before_it(latin: str, cyrillic: str) -> None:
    assert convert(latin, Script.CYRILLIC).text == cyrillic
    assert convert(f"Ҳурматли мижоз, {cyrillic} тўланг", Script.LATIN) == Converted(
        f"Hurmatli mijoz, {latin} toʻlang", []
    )


@pytest.mark.parametrize(
    ("cyrillic", "latin"),
    [
        ("МЧЖга, ЯТТлар, ФҲДЁда", "MChJga, YaTTlar, FHDYoda"),
        ("ЎзМУда, ОТМларга, АЖнинг", "OʻzMUda, OTMlarga, AJning"),
        ("АҚШда ва ЖШШИРни", "AQSHda va JSHSHIRni"),
    ],
)
def test_an_abbreviation_keeps_its_form_before_a_suffix(cyrillic: str, latin: str) -> None:
    assert convert(cyrillic, Script.LATIN) == Converted(latin, [])
    assert convert(latin, Script.CYRILLIC) == Converted(cyrillic, [])


@pytest.mark.parametrize(
    ("typed", "latin", "cyrillic"),
    [
        ("Тo'lov muddati", "Toʻlov muddati", "Тўлов муддати"),
        ("СHEGIRMA", "CHEGIRMA", "ЧЕГИРМА"),
        ("Kаrtа", "Karta", "Карта"),
        ("Чегирмa бор", "Chegirma bor", "Чегирма бор"),
        ("KАTTA oila", "KATTA oila", "КАТТА оила"),  # all letters of the first word have twins: the text decides
    ],
)
def test_letters_that_look_alike_are_read_in_one_script_and_named(typed: str, latin: str, cyrillic: str) -> None:
    for script, expected in ((Script.LATIN, latin), (Script.CYRILLIC, cyrillic)):
        converted = convert(typed, script)
        assert converted.text == expected
        assert [warning.word for warning in converted.warnings] == [typed.split()[0]]


def test_a_word_of_letters_that_do_not_look_alike_is_left_as_it_is() -> None:
    converted = convert("Fжa va Яnгi", Script.CYRILLIC)
    assert converted.text == "Fжa ва Яnгi"
    assert [warning.word for warning in converted.warnings] == ["Fжa", "Яnгi"]


@pytest.mark.parametrize(
    "sentence",
    [
        "Your verification code is 4821. Do not share it with anyone.",
        "Dear Aziz, your appointment is tomorrow at 10:00.",
        "Super Sale: up to 50% off!",
        "Grand opening: free coffee for the first 100 guests!",
        "Payment of 50 000 UZS received.",
    ],
)
def test_an_english_sentence_stays_as_a_whole_and_is_named(sentence: str) -> None:
    converted = convert(f"Hurmatli mijoz, rahmat! {sentence}", Script.CYRILLIC)
    assert converted.text == f"Ҳурматли мижоз, раҳмат! {sentence}"
    assert converted.warnings


@pytest.mark.parametrize(
    ("latin", "cyrillic"),
    [
        ("Black Friday aksiyasi boshlandi", "Black Friday акцияси бошланди"),
        ("The Best mebel doʻkoni", "The Best мебель дўкони"),
        ("Click va Payme orqali toʻlang", "Click ва Payme орқали тўланг"),
    ],
)
def test_an_uzbek_sentence_with_english_names_is_converted(latin: str, cyrillic: str) -> None:
    assert convert(latin, Script.CYRILLIC).text == cyrillic


def test_all_of_a_russian_text_stays_if_one_of_its_sentences_is_surely_russian() -> None:
    text = "Оплата прошла успешно. Остаток 120 000. Карта блокирована"
    converted = convert(text, Script.LATIN)
    assert converted.text == text
    assert len(converted.warnings) == 3
    assert convert("Тўлов ўтди. Оплата прошла успешно. Код 12", Script.LATIN).text == (
        "Toʻlov oʻtdi. Оплата прошла успешно. Kod 12"
    )


def test_a_russian_date_beside_uzbek_latin_stays_and_is_named() -> None:
    converted = convert("Chegirma 20% до 15 мая", Script.ASCII)
    assert converted.text == "Chegirma 20% до 15 мая"
    assert converted.warnings


@pytest.mark.parametrize("text", ["Кондиционер 220 В, 60 Гц", "5-В синф дарси", "«В» блок, кириш", "Ойига 10 В"])
def test_a_letter_that_is_a_unit_or_a_label_is_no_russian_word(text: str) -> None:
    assert convert(text, Script.LATIN).warnings == []


def test_the_letter_of_a_class_is_no_roman_numeral() -> None:
    assert convert("5-V sinf, 7-“V” sinf va V sinf", Script.CYRILLIC).text == "5-В синф, 7-“В” синф ва V синф"


def test_units_are_written_as_each_script_writes_them() -> None:
    assert convert("72 m², 15 m³, 10 kVt, 60 Gs, 10 GB", Script.CYRILLIC) == Converted(
        "72 м², 15 м³, 10 кВт, 60 Гц, 10 ГБ", []
    )
    assert (
        convert("72 м², 15 м³, 10 кВт, 60 Гц, 10 ГБ жой", Script.LATIN).text == "72 m², 15 m³, 10 kVt, 60 Gs, 10 GB joy"
    )


def test_a_cyrillic_address_stays() -> None:
    assert convert("Таълим.uz сайтига киринг", Script.LATIN).text == "Таълим.uz saytiga kiring"


def test_russian_beside_uzbek_latin_does_not_decide_the_script() -> None:
    assert detect("Xurmatli mijoz! Спасибо за покупку!") == Script.ASCII
    assert convert("Xurmatli mijoz! Спасибо за покупку!", Script.CYRILLIC).text == "Хурматли мижоз! Спасибо за покупку!"
    assert detect("Ваш заказ в Korzinka готов") == Script.CYRILLIC


@pytest.mark.parametrize(
    ("cyrillic", "latin"),
    [
        ("колледж коттедж имидж", "kollej kottej imij"),
        ("джем Джаз ДЖИНСИ", "jem Jaz JINSI"),
        ("бюджет пиджак", "budjet pidjak"),
    ],
)
def test_dj_is_j_where_uzbek_spells_it_so(cyrillic: str, latin: str) -> None:
    assert convert(cyrillic, Script.LATIN).text == latin


@pytest.mark.parametrize(
    ("latin", "cyrillic"),
    [("Ali'ning", "Али'нинг"), ("Umida’dan", "Умида’дан"), ("va'da, me'da, ma'dan", "ваъда, меъда, маъдан")],
)
def test_a_mark_before_a_suffix_is_no_letter_and_within_a_word_it_is(latin: str, cyrillic: str) -> None:
    assert convert(latin, Script.CYRILLIC) == Converted(cyrillic, [])


def test_a_word_in_capitals_is_no_abbreviation_though_its_only_vowel_is_yu() -> None:
    assert convert("АЗИЗ ЮРТ, ЛЮКС ХОНА", Script.LATIN).text == "AZIZ YURT, LYUKS XONA"


def test_the_weather_is_no_russian() -> None:
    assert convert("Об-хаво: 25 даража, кучли шамол", Script.LATIN) == Converted(
        "Ob-xavo: 25 daraja, kuchli shamol", []
    )


@pytest.mark.parametrize(
    ("latin", "cyrillic"),
    [
        ("Murad Buildings uylari", "Murad Buildings уйлари"),
        ("«Hayot Med» klinikasi", "«Hayot Med» клиникаси"),
        ("Bizda Gelion bor", "Бизда Gelion бор"),
        ("Skillbox va Coursera kurslari", "Skillbox ва Coursera курслари"),
        ("Makro, Havas va Baraka Market", "Makro, Havas ва Baraka Market"),
        ("Uzum Tezkor'dan taom", "Uzum Tezkor'дан таом"),
        ("Yangi Lexus RX keldi", "Янги Lexus RX келди"),
        ("Bepul test-drive", "Бепул test-drive"),
        ("Digital Marketing darsi", "Digital Marketing дарси"),
        ("Bugun Domino's'da", "Бугун Domino's'да"),
        ("Bu haftada Anglesey mehmonxonasi", "Бу ҳафтада Anglesey меҳмонхонаси"),
        ("HY-602 reysi", "HY-602 рейси"),
    ],
)
def test_a_name_that_no_list_has_stays_latin_and_is_named(latin: str, cyrillic: str) -> None:
    converted = convert(latin, Script.CYRILLIC)
    assert converted.text == cyrillic
    assert converted.warnings


@pytest.mark.parametrize("latin", ["BLR kursi ochildi", "Yangi Terra keldi", "Bugun biz Terra bilan", "«Yangi Terra»"])
def test_a_word_that_may_be_a_name_is_named(latin: str) -> None:
    assert convert(latin, Script.CYRILLIC).warnings


@pytest.mark.parametrize(
    ("latin", "cyrillic"),
    [
        ("Bugun Toshkentda va Londonda, Sherzod va Farhod", "Бугун Тошкентда ва Лондонда, Шерзод ва Фарҳод"),
        ("OTM, MRT va UZI", "ОТМ, МРТ ва УЗИ"),
        ("O'zLiDeP va OʻzAvtoMotors", "ЎзЛиДеП ва ЎзАвтоМоторс"),
        ("Havo 25°C, buyurtma.pdf", "Ҳаво 25°C, buyurtma.pdf"),
        ("elektromobil va fotoalbom", "электромобиль ва фотоальбом"),
        ("Davlatsiz, navbatsiz", "Давлатсиз, навбатсиз"),
    ],
)
def test_what_is_spelt_like_a_name_is_written_without_a_doubt(latin: str, cyrillic: str) -> None:
    assert convert(latin, Script.CYRILLIC) == Converted(cyrillic, [])


def test_letters_of_latin_symbols_are_latin() -> None:
    assert convert("Ҳаво 25°С, 25 °С, 1С дастури", Script.LATIN) == Converted("Havo 25°C, 25 °C, 1C dasturi", [])
    assert convert("Витамин С", Script.LATIN) == Converted("Vitamin C", [])
    assert convert("220 V, IV chorak, 2025 I chorak", Script.CYRILLIC).text == "220 В, IV чорак, 2025 I чорак"
    converted = convert("Малака В2, С1 даража", Script.LATIN)
    assert converted.text == "Malaka B2, C1 daraja"
    assert [warning.word for warning in converted.warnings] == ["В", "С"]


def test_a_russian_noun_in_an_uzbek_sentence_is_converted_and_named() -> None:
    converted = convert("Бизда самовывоз ва счёт-фактура бор", Script.LATIN)
    assert converted.text == "Bizda samovivoz va schyot-faktura bor"
    assert [warning.word for warning in converted.warnings] == ["самовывоз", "счёт"]


def test_a_sentence_of_russian_letters_stays_and_one_that_may_be_russian_is_named() -> None:
    assert convert("Кредит под низкий процент", Script.LATIN).text == "Кредит под низкий процент"
    converted = convert("Ремонт дороги", Script.LATIN)
    assert converted.text == "Remont dorogi"
    assert [warning.word for warning in converted.warnings] == ["Ремонт дороги"]


@pytest.mark.parametrize(
    ("cyrillic", "latin"),
    [
        ("Кузги сезон! Плащ, куртка", "Kuzgi sezon! Plash, kurtka"),
        ("Манзил: Қ. Ёрматов к-си, 5/2", "Manzil: Q. Yormatov k-si, 5/2"),
        ("Ж/д чипта, а/в вокзал", "J/d chipta, a/v vokzal"),
        ("Альбом, пульт, фильм", "Albom, pult, film"),
    ],
)
def test_what_has_letters_of_russian_is_not_russian(cyrillic: str, latin: str) -> None:
    assert convert(cyrillic, Script.LATIN).text == latin


@pytest.mark.parametrize(
    ("latin", "cyrillic"),
    [
        ("Bu narsa yodingizda, yodda tuting", "Бу нарса ёдингизда, ёдда тутинг"),
        ("Yod, yodli tuz", "Йод, йодли туз"),
        ("Sovgʻani olgani keling, Olga", "Совғани олгани келинг, Ольга"),
        ("Adabiyotshunos va davlatshunos", "Адабиётшунос ва давлатшунос"),
        ("Bulutsimon, haqiqatsevar", "Булутсимон, ҳақиқатсевар"),
        ("GES, TESda, GSM", "ГЭС, ТЭСда, ГСМ"),
        ("Infeksion, distansion, stansion; pensioner", "Инфекцион, дистанцион, станцион; пенсионер"),
        ("Ssenariy, kinofilmlar, ultratovushli", "Сценарий, кинофильмлар, ультратовушли"),
        ("Xolodilnik, nachalnik; Komilniki", "Холодильник, начальник; Комилники"),
        ("Eritromitsin, seftriakson; ketsin, aytsin", "Эритромицин, цефтриаксон; кетсин, айтсин"),
        ("Biopsiya, epilepsiya, leksiya", "Биопсия, эпилепсия, лекция"),
        ("Nyu-Yorkka boraman", "Нью-Йоркка бораман"),
        ("OTM'lar roʻyxati", "ОТМ'лар рўйхати"),
        ("Pasport AC 7654321, AI-95 benzin", "Паспорт AC 7654321, АИ-95 бензин"),
        ("Mo'jiza.uz saytida", "Mo'jiza.uz сайтида"),
    ],
)
def test_words_that_the_rules_alone_get_wrong(latin: str, cyrillic: str) -> None:
    assert convert(latin, Script.CYRILLIC).text == cyrillic


@pytest.mark.parametrize(
    ("cyrillic", "latin"),
    [
        ("Кинотеатр: премьера 20:30 да, 4-зал", "Kinoteatr: premyera 20:30 da, 4-zal"),
        ("Yandex Go-да промокод: YOZ25", "Yandex Go-da promokod: YOZ25"),
        ("Умра 14 кун, Turkish Airlines’да", "Umra 14 kun, Turkish Airlines’da"),
        ("Скидка! Қишки курткалар", "Skidka! Qishki kurtkalar"),
        ("Собеседование эртага соат 11 да", "Sobesedovaniye ertaga soat 11 da"),
        ("Иллюстрация, потенциал, инцидент", "Illyustratsiya, potensial, insident"),
    ],
)
def test_uzbek_with_russian_nouns_is_no_russian_sentence(cyrillic: str, latin: str) -> None:
    assert convert(cyrillic, Script.LATIN).text == latin


@pytest.mark.parametrize(
    ("latin", "cyrillic"),
    [
        ("OLXda soting, KFCga boring", "OLXда сотинг, KFCга боринг"),
        ("iPhone 16 Pro Maxga chegirma", "iPhone 16 Pro Maxга чегирма"),
        ("Verano'dan yozgi liboslar", "Verano'дан ёзги либослар"),
        ("Nestora kafesida nonushta", "Nestora кафесида нонушта"),
        ("Grandex mebel fabrikasi", "Grandex мебель фабрикаси"),
        ("{ism}, Grandex fabrikasida chegirma", "{ism}, Grandex фабрикасида чегирма"),
    ],
)
def test_a_name_with_a_suffix_or_at_the_start_of_a_sentence_stays_and_is_named(latin: str, cyrillic: str) -> None:
    converted = convert(latin, Script.CYRILLIC)
    assert converted.text == cyrillic
    assert converted.warnings


@pytest.mark.parametrize("latin", ["Trust Bank kartasi", "Havas doʻkonida shakar", "Silk Road boʻylab"])
def test_a_word_at_the_start_of_a_sentence_that_may_be_a_name_is_named(latin: str) -> None:
    assert convert(latin, Script.CYRILLIC).warnings


@pytest.mark.parametrize("word", ["Polis", "Logoped", "Reys", "Internet", "Retsept", "Kuryer", "Salom", "Begemot"])
def test_a_borrowed_word_at_the_start_of_a_sentence_is_no_name(word: str) -> None:
    assert convert(f"{word} keldi", Script.CYRILLIC).warnings == []
    assert convert(f"{{ism}}, {word} keldi", Script.CYRILLIC).warnings == []
