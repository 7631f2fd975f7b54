"""Which column holds the numbers and which row names the columns: content first, whole words second."""

import pyarrow as pa
import pytest

from getsms_core.spreadsheet import guess_phone_column, phone_columns
from getsms_core.spreadsheet.header_words import header_weight, is_never_a_phone
from getsms_core.spreadsheet.headers import column_names, find_header_row
from tests.each_case import each_case

GOOD = ["998901234567", "+998 91 123-45-67", "931234567"]
NAMES = ["Ali", "Lola", "Vali"]


def grid(*rows: tuple[str | None, ...]) -> pa.Table:
    return pa.table({str(at): pa.array(column, pa.string()) for at, column in enumerate(zip(*rows, strict=True))})


@each_case(
    "name", ["hotel", "Total", "total sum", "motel", "Otel", "Telegram", "Mobilograf", "Ism", "Итого", "Отель", ""]
)
def test_half_a_word_is_no_phone(name: str) -> None:
    assert header_weight(name) == 0


@each_case(
    "name",
    [
        *(
            "telefon",
            "Telefon raqami",
            "TEL.",
            "tel:",
            "Phone",
            "phone_number",
            "PhoneNumber",
            "Mobile",
            "mobile-phone",
        ),
        *("Телефон", "номер телефона", "тел.", "Моб.", "МОБ. ТЕЛЕФОН", "Телефон рақами", "сот.", "userPhone"),
        *("Mobil", "Мобил рақам", "Uyali telefon", "Уяли", "Телефонный номер", "telefonraqam"),
    ],
)
def test_a_header_that_says_phone_is_heard(name: str) -> None:
    assert header_weight(name) == 2


@pytest.mark.parametrize("name", ["raqam", "Номер", "order number", "Рақам", "Kontakt"])
def test_a_header_that_says_number_is_heard_less(name: str) -> None:
    assert header_weight(name) == 1


def test_without_numbers_and_without_a_word_nothing_is_guessed() -> None:
    assert (
        guess_phone_column(pa.table({"Ism": NAMES, "hotel": ["1", "2", "3"], "Summa": ["100", "200", "300"]})) is None
    )


def test_content_beats_a_misleading_header() -> None:
    assert (
        guess_phone_column(pa.table({"Telefon modeli": ["Nokia", "iPhone", "Mi"], "Aloqa uchun": GOOD}))
        == "Aloqa uchun"
    )
    assert guess_phone_column(pa.table({"raqam": ["1", "2", "3"], "x": GOOD})) == "x"


def test_between_columns_alike_the_header_decides() -> None:
    phones = [*GOOD, "712345678"]
    assert guess_phone_column(pa.table({"Hisob": [*GOOD, *GOOD[:1]], "Telefon": phones})) == "Telefon"


def test_the_fuller_of_two_phone_columns_is_taken() -> None:
    second = pa.array(["998901234567", None, None])
    assert guess_phone_column(pa.table({"Telefon 2": second, "Telefon": pa.array(GOOD)})) == "Telefon"


def test_a_list_of_bad_numbers_is_believed_for_its_header() -> None:
    assert guess_phone_column(pa.table({"Ism": NAMES, "Telefon": ["9.98901E+11"] * 3})) == "Telefon"


TAX_NUMBERS = ["201234501", "201234502", "201234503"]


@each_case(
    "name",
    [
        *("STIR", "stir raqami", "INN", "ИНН", "И.Н.Н.", "ИНН клиента", "СТИР", "PINFL", "ПИНФЛ", "JSHSHIR", "ЖШШИР"),
        *("Pasport", "Passport raqami", "серия паспорта", "ID", "client_id", "ID raqam", "код", "Kod", "kodi", "code"),
        *("amount", "Summa", "Сумма заказа", "soʻm", "so'm", "Narxi", "price", "Цена", "date", "Sana", "дата рождения"),
        *("Buyurtma raqami", "Номер заказа", "order number", "Sotuv raqami", "Shartnoma", "Hisob raqam", "Номер счёта"),
        *("Karta raqami", "Qarz", "Баланс", "Индекс", "Soni", "количество", "To‘lov", "SMS ID", "phone_id", "Факс"),
    ],
)
def test_a_column_named_as_something_else_is_never_the_phone(name: str) -> None:
    assert is_never_a_phone(name)
    assert guess_phone_column(pa.table({"Korxona": NAMES, name: GOOD})) is None


@each_case(
    "name",
    [
        *("Telefon", "Telefon kodi bilan", "Номер телефона (с кодом)", "Phone number with code", "Buyurtma telefoni"),
        *("Raqam", "Kontakt", "Aloqa uchun", "Mijoz", "Innovatsiya", "Idora", "Kodirov", "A", ""),
    ],
)
def test_a_column_that_may_hold_phones_is_not_ruled_out(name: str) -> None:
    assert not is_never_a_phone(name)


@pytest.mark.parametrize("phones", [["", "yoʻq", GOOD[0]], ["", "", ""], ["71 123 45 67", "12345", "Ali"]])
def test_a_header_that_says_phone_wins_over_tax_numbers_whatever_its_cells(phones: list[str]) -> None:
    columns = phone_columns(pa.table({"Korxona": NAMES, "STIR": TAX_NUMBERS, "Telefon": phones}))
    assert (columns.chosen, columns.plausible, columns.decided) == ("Telefon", ["Telefon"], True)


@pytest.mark.parametrize("name", ["x", "B", "Korxona raqami"])
def test_what_looks_like_tax_numbers_beside_other_columns_is_not_taken(name: str) -> None:
    assert guess_phone_column(pa.table({"Korxona": NAMES, name: TAX_NUMBERS})) is None
    assert guess_phone_column(pa.table({"Korxona": NAMES, "Telefon": TAX_NUMBERS})) == "Telefon"
    assert guess_phone_column(pa.table({name: TAX_NUMBERS})) == name


@pytest.mark.parametrize("written", ["201 234 501", "201234501.0"])
def test_a_tax_number_is_known_however_it_is_written(written: str) -> None:
    assert guess_phone_column(pa.table({"Korxona": NAMES, "x": [written] * 3})) is None
    assert guess_phone_column(pa.table({"Korxona": NAMES, "x": ["20 123 45 01"] * 3})) == "x"


def test_all_columns_that_may_hold_the_phones_are_named() -> None:
    second = ["998901234561", "998901234562", "998901234563"]
    columns = phone_columns(pa.table({"Telefon 1": GOOD, "Ism": NAMES, "Telefon 2": second}))
    assert (columns.chosen, columns.plausible, columns.decided) == ("Telefon 1", ["Telefon 1", "Telefon 2"], True)
    columns = phone_columns(pa.table({"A": GOOD, "B": second}))
    assert (columns.chosen, columns.plausible, columns.decided) == ("A", ["A", "B"], False)
    columns = phone_columns(pa.table({"Telefon": GOOD, "Ota-onasi": second, "STIR": TAX_NUMBERS}))
    assert (columns.chosen, columns.plausible, columns.decided) == ("Telefon", ["Telefon", "Ota-onasi"], True)


def test_an_empty_table_has_no_phone_column() -> None:
    assert guess_phone_column(pa.table({"x": pa.array([], pa.string())})) is None


def test_a_first_row_with_a_number_is_a_recipient() -> None:
    assert find_header_row(grid(("Ali", "998901234567"), ("Lola", "931234567"))) is None
    assert find_header_row(grid(("71 123 45 67",), ("931234567",))) is None


def test_a_header_may_stand_below_titles() -> None:
    rows = [
        ("Roʻyxat 2026", None, None),
        ("01.02.2026", None, None),
        ("Ism", "Telefon", "Summa"),
        ("Ali", GOOD[0], "1"),
    ]
    assert find_header_row(grid(*rows)) == 2


@pytest.mark.parametrize(
    "title",
    [
        ("2026-01-05 12:30:00", None, None),
        ("01.01.2026 - 31.01.2026", None, None),
        ("Romashka MChJ", "STIR", "301234567"),
        ("+998 71 200-00-00", None, None),
        ("+998 90 100-00-00", None, None),
    ],
)
def test_a_date_or_a_number_in_a_title_is_not_the_first_recipient(title: tuple[str | None, ...]) -> None:
    assert find_header_row(grid(title, ("Ism", "Telefon", "Summa"), ("Ali", GOOD[0], "1"), ("Lola", GOOD[1], "2"))) == 1


def test_a_remark_about_a_phone_below_recipients_is_no_header() -> None:
    rows = [("Ali", GOOD[0], "x"), ("Vali", None, "tel keyin"), ("Lola", GOOD[1], GOOD[2])]
    assert find_header_row(grid(*rows)) is None


@each_case(
    "header",
    [
        ("Ism", "Telefon raqami (+998901234567)"),
        ("Ism", "Phone (998901234567)"),
        ("Ism", "Номер телефона 998 90 123-45-67"),
        ("Ism", "Telefon: +998901234567"),
        ("Ism (Ali)", "Phone (998…)"),
        ("Ism", "+998901234567 (telefon)"),
        ("998901234567", "Telefon"),
    ],
)
@pytest.mark.parametrize("phones", [GOOD, ["", GOOD[0], "yoʻq"], [GOOD[0]]])
def test_a_header_with_a_number_in_it_is_not_a_recipient(header: tuple[str, str], phones: list[str]) -> None:
    assert find_header_row(grid(header, *(("Ali", phone) for phone in phones))) == 0


@pytest.mark.parametrize("header", ["Telefon raqami (+998901234567)", "Phone (998901234567)"])
def test_a_header_with_a_number_above_bad_phones_is_not_a_recipient(header: str) -> None:
    assert find_header_row(grid(("Ism", header), ("Ali", "yoʻq"), ("Lola", ""))) == 0
    assert find_header_row(grid((header,), ("yoʻq",))) == 0


def test_a_word_beside_every_number_makes_no_header() -> None:
    assert find_header_row(grid(("tel: 998901234567",), ("tel: 998901234568",))) is None
    assert find_header_row(grid(("Ali", "tel 901234567"), ("Lola", "tel 901234568"))) is None


@pytest.mark.parametrize("cell", ["#N/A", "=A1&B1"])
def test_a_first_cell_without_a_value_is_a_recipient(cell: str) -> None:
    assert find_header_row(grid((cell,), (GOOD[0],), (GOOD[1],))) is None


def test_a_header_that_is_an_error_is_called_by_its_letter() -> None:
    assert column_names(["Ism", "#REF!"], [0, 1]) == ["Ism", "B"]


def test_a_bare_number_above_the_phones_is_a_recipient_with_a_bad_one() -> None:
    assert find_header_row(grid(("12345",), (GOOD[0],), (GOOD[1],))) is None
    assert find_header_row(grid(("Ali", "12-34"), ("Lola", GOOD[0]))) is None


def test_a_first_recipient_without_a_number_is_not_the_header() -> None:
    assert find_header_row(grid(("Ism", "Telefon"), ("Ali", "yoʻq"), ("Lola", GOOD[0]))) == 0


def test_columns_without_a_name_get_their_letter_and_doubles_a_number() -> None:
    assert column_names(["Ism", None, " Ism\n", "Ism 2", ""], [0, 1, 2, 3, 27]) == [
        "Ism",
        "B",
        "Ism 2",
        "Ism 2 2",
        "AB",
    ]


@pytest.mark.parametrize(
    "first", ["tel: 90 123 45 67", "Телефон рақами: 90 123 45 67", "p:+998901234567", "WhatsApp 901234567"]
)
def test_a_labelled_number_above_others_in_one_column_is_a_recipient(first: str) -> None:
    assert find_header_row(grid((first,), ("998931234568",), ("998931234569",))) is None


def test_a_column_of_network_addresses_is_never_the_phone() -> None:
    assert guess_phone_column(pa.table({"ip": ["95.214.10.99", "91.212.11.12"], "Ism": NAMES[:2]})) is None


def test_a_first_row_with_a_name_and_a_number_in_one_cell_is_no_header() -> None:
    assert find_header_row(grid(("Ali 90 123 45 67",), ("Lola 931234568",))) is None
    assert find_header_row(grid(("Ism", "Telefon (998901234567)"), ("Ali", "yoʻq"))) == 0
