"""Numbers as messengers, lead forms, phones and databases write them."""

import pyarrow as pa
import pytest

from getsms_core.phone import CODES, Outcome, check, check_column, message, split_numbers
from tests.each_case import each_case

NUMBER = 998901234567
READ = [
    *("p:+998901234567", "p:998901234567", "whatsapp:+998901234567", "WhatsApp: 90 123 45 67", "WA: +998901234567"),
    *(
        "wa.me/998901234567",
        "https://wa.me/+998901234567",
        "https://wa.me/998901234567?text=Salom%201",
        "WA.ME/998901234567",
    ),
    "http://api.whatsapp.com/send?phone=998901234567&text=hi",
    "https://api.whatsapp.com/send/?phone=%2B998901234567&text&type=phone_number",
    *("whatsapp://send?phone=+998901234567&text=a", "https://web.whatsapp.com/send?phone=998901234567"),
    *("t.me/+998901234567", "https://t.me/+998901234567", "tg://resolve?phone=998901234567", "tg: +998901234567"),
    *("viber://chat?number=%2B998901234567", "viber://add?number=998901234567", "viber: 90 123 45 67"),
    *(
        "998901234567@s.whatsapp.net",
        "998901234567@c.us",
        "998901234567:12@s.whatsapp.net",
        "998901234567.0:1@s.whatsapp.net",
    ),
    *("imo:+998901234567", "imo 901234567", "imo://chat?number=998901234567", "signal.me/#p/+998901234567"),
    *(
        "tel:+998-90-123-45-67",
        "tel:901234567;phone-context=+998",
        "sms:+998901234567?body=Salom",
        "smsto:998901234567",
    ),
    *("callto://+998901234567", "skype:+998901234567?call", "facetime:+998901234567", "sip:+998901234567"),
    *("📞 90 123 45 67", "📞+998901234567", "🇺🇿 +998 90 123 45 67", "🇺🇿901234567", "☎️ 998901234567", "📱: 901234567"),
    *("☎ 90-123-45-67 📱", "✅ 998901234567", "901234567 ✅", "➕998901234567", "9️⃣9️⃣8️⃣9️⃣0️⃣1️⃣2️⃣3️⃣4️⃣5️⃣6️⃣7️⃣"),
    *("998·90·123·45·67", "90·123·45·67", "+998•90•1234567", "90‧1234567".replace("‧", "-")),
    *(
        "“998901234567”",
        "«+998 90 123 45 67»",
        "„901234567“",
        "‹901234567›",
        "[998901234567]",
        "{+998901234567}",
        "<901234567>",
    ),
    *(
        "998901234567, +998 90 123-45-67",
        "998901234567 998901234567",
        "90 123 45 67 / 901234567",
        "901234567; 901234567",
    ),
    *(
        "90/123-45-67",
        "90/1234567",
        "+998 90/123-45-67",
        "998/90/123-45-67",
        "(90)/123-45-67",
        "90/123/45/67",
        "90\\123-45-67",
    ),
    *("Телефон рақами: 90 123 45 67", "Тел. рақами: 901234567", "telefon raqami: 90 123 45 67", "Telefoni: 901234567"),
    *("тел.: +998 (90) 123-45-67", "Рақам: 901234567", "ватсап 90 123 45 67", "998 90 123 45 67 (WhatsApp)"),
    *("Номер телефона: +998 90 123 45 67", "Phone No: +998901234567", "т.: 90 123 45 67", "T. 901234567"),
    *("Uyali telefon: 901234567", "м.т.: 901234567", "Контактный телефон: 901234567", "Bogʻlanish uchun: 901234567"),
    *("раб. тел.: 901234567", "Конт. тел.: 901234567", "Beeline: 901234567", "901234567 (Ucell)", "Мобиуз 901234567"),
    *("Мурожаат учун: 901234567", "M: +998901234567", "Ph. 901234567", "Contact number: 901234567"),
    *("90/123-45-67.", "( 90/123-45-67 )", "[+998/90/123-45-67]", "998901234567, 90/123-45-67"),
    *("90/123-45-67; 90/123-45-67", "90/123-45-67 / 90 123 45 67", "+998/90/123-45-67\n901234567"),
    *("WhatsApp: https://wa.me/998901234567", "telegram https://t.me/+998901234567"),
    *("90·1234567", "998.901234567", "99890.1234567", "90.123.45.67", "998 901 234 567,00"),
    *("Tel/WhatsApp: 901234567", "Telegram/WhatsApp: +998901234567", "Tel📞: 901234567", "Тел ☎️ 90 123 45 67"),
    *("wa.me/998901234567, https://wa.me/998901234567", "+998901234567 https://wa.me/998901234567"),
    *("WhatsApp: wa.me/998901234567", "whatsapp:+998901234567@s.whatsapp.net"),
    *("UZ +998901234567", "UZB: 998901234567"),
    *("998998901234567", "+998 998 90 123 45 67", "+998 (998) 90 123-45-67", "+998+998901234567", "+998+901234567"),
    *("998.901234567E+9", "901.234567E+6", "99.8901234567E+10", "=“998901234567”", "901234567!", "901234567901234567"),
    *("90/12-34-567", "90//1234567", "90/12-345-67", "90·12·345·67", "998•901234567", "90 · 123 · 45 · 67"),
    *(
        "Телефон клиента: 901234567",
        "Mijoz telefoni: 901234567",
        "Mijozning telefon raqami 901234567",
        "GSM: 901234567",
    ),
    *("Тел. для связи: 901234567", "Qoʻngʻiroq uchun: 901234567", "msisdn: 998901234567", "GSM: 901234567"),
    *("PhoneNumber=901234567", "Тел 1: 90 123 45 67", "tel1: 901234567", "Телефон №1: 901234567", "Phone-2: 901234567"),
    *("Звонить: 901234567", "Мой номер 901234567", "mening raqamim: 901234567", "Алока учун тел: 901234567"),
    *("901234567 (личный)", "90 123 45 67 (asosiy raqam)", "901234567, рабочий", "901234567 мобильный тел."),
    *(
        "Telefon: (90) 123-45-67",
        "моб. (90) 1234567",
        "Тел 1: (90) 123-45-67",
        "tel (998) 901234567",
        "Phone (mobile): 901234567",
    ),
    *(
        "Telefon raqami (WhatsApp): 90 123 45 67",
        "Тел. (моб.): 901234567",
        "Nomer telefona 901234567",
        "Uy tel: 901234567",
    ),
    *("0998901234567", "+0 998 90 123 45 67", "901234567&nbsp;", "&#43;998901234567", "9,98901234567Е+11"),
    *("(tel: 90 123 45 67)", "<tel:+998901234567>", "<b>901234567</b>", "901234567<br>", "<p>90 123 45 67</p>"),
    *('<a href="tel:+998901234567">90 123 45 67</a>', "<a href='https://wa.me/998901234567'>+998901234567</a>"),
    *("1) 901234567 2) 901234567", "901234567-901234567", "901234567→901234567", "901234567<br/>901234567"),
    *("＋９９８９０１２３４５６７", "٩٩٨٩٠١٢٣٤٥٦٧", "۹۹۸۹۰۱۲۳۴۵۶۷", "telegram +998901234567", "tg: 90 123 45 67"),
]
EMPTY = [
    *(
        "\\N",
        "NULL",
        "None",
        "null",
        "NaN",
        '"NULL"',
        "<null>",
        "(null)",
        "[NULL]",
        "<NA>",
        "NaT",
        "undefined",
        "📞",
        "🇺🇿",
        "“”",
    ),
]
REFUSED = {
    "120363012345678901@g.us": Outcome.NOT_A_NUMBER,
    "998901234567@g.us": Outcome.NOT_A_NUMBER,
    "99890123456789@lid": Outcome.NOT_A_NUMBER,
    "901234567@mail.uz": Outcome.NOT_A_NUMBER,
    "t.me/username": Outcome.NOT_A_NUMBER,
    "t.me/+AbCdEf12345": Outcome.NOT_A_NUMBER,
    "t.me/joinchat/998901234567": Outcome.NOT_A_NUMBER,
    "wa.me/message/ABCD1234": Outcome.NOT_A_NUMBER,
    "https://wa.me/qr/998901234567": Outcome.NOT_A_NUMBER,
    "https://example.uz/998901234567": Outcome.NOT_A_NUMBER,
    "https://example.uz/?id=998901234567": Outcome.NOT_A_NUMBER,
    "tg://user?id=901234567": Outcome.NOT_A_NUMBER,
    "Telegram: 901234567": Outcome.NOT_A_NUMBER,  # perhaps an id of Telegram
    "viber://chat?number=": Outcome.NOT_A_NUMBER,
    "skype:ali.valiyev": Outcome.NOT_A_NUMBER,
    "P901234567": Outcome.NOT_A_NUMBER,
    "UZ901234567": Outcome.NOT_A_NUMBER,
    "whatsapp:": Outcome.NOT_A_NUMBER,
    "wa.me/998901234567 wa.me/998931234567": Outcome.NOT_A_NUMBER,
    "wa.me/998901234567 931234567": Outcome.TWO_NUMBERS,
    "telegram: t.me/901234567": Outcome.FOREIGN,
    "wa.me/901234567": Outcome.FOREIGN,
    "wa.me/79161234567": Outcome.FOREIGN,
    "p:+79161234567": Outcome.FOREIGN,
    "🇹🇷 901234567": Outcome.FOREIGN,
    "🇷🇺 9012345678": Outcome.TOO_LONG,
    "wa.me/99890123456": Outcome.TOO_SHORT,
    "998·90123456·0": Outcome.NOT_A_NUMBER,
    "tel:+998901234567;ext=5": Outcome.EXTENSION,
    "901234567 (доб. 12)": Outcome.EXTENSION,
    "901234567 ичк. 12": Outcome.EXTENSION,
    "998998121234567": Outcome.UNASSIGNED_RANGE,
    "9989989012345678": Outcome.TOO_LONG,
    "+998+79161234567": Outcome.FOREIGN,
    "12E5": Outcome.NOT_A_NUMBER,
    "998.9E+9": Outcome.DIGITS_LOST,
    "телефон Али: 901234567": Outcome.NOT_A_NUMBER,
    "телефон не работает 901234567": Outcome.NOT_A_NUMBER,
    "Номер клиента: 901234567": Outcome.NOT_A_NUMBER,  # perhaps the number of a contract
    "Mijoz raqami: 901234567": Outcome.NOT_A_NUMBER,
    "901234567 (eski)": Outcome.NOT_A_NUMBER,
    "901234567 дом": Outcome.NOT_A_NUMBER,
    "№ 5: 901234567": Outcome.TOO_LONG,
    '<a href="tel:+998911234567">901234567</a>': Outcome.TWO_NUMBERS,
    **{
        f"901234567{sign}911234567": Outcome.TWO_NUMBERS
        for sign in (
            "-",
            " – ",
            "_",
            "*",
            "=",
            "~",
            ".",
            "...",
            "…",
            ":",
            "•",
            "→",
            "；",
            "｜",
            " ёки ",
            " ҳамда ",
            "<br>",
        )
    },
    "90-123-45-67-91-123-45-67": Outcome.TWO_NUMBERS,
    "1) 901234567 2) 911234567": Outcome.TWO_NUMBERS,
    "1. 901234567 2. 911234567": Outcome.TWO_NUMBERS,
    "901234567911234567": Outcome.TOO_LONG,
    "+998901234567 доб. 12": Outcome.EXTENSION,
    "71/200-00-00": Outcome.LANDLINE,
    "90/91 123 45 67": Outcome.TWO_NUMBERS,
    "111-00-40/41": Outcome.TWO_NUMBERS,
    "90 123-45-67/68": Outcome.TWO_NUMBERS,
    "90/123-45-67/68": Outcome.TWO_NUMBERS,
    "тел/факс: 901234567": Outcome.NOT_A_NUMBER,
    "UZ 901234567": Outcome.NOT_A_NUMBER,  # perhaps a passport
    "T901234567": Outcome.NOT_A_NUMBER,
    "no 5: 901234567": Outcome.TOO_LONG,
    "5/1234567": Outcome.TWO_NUMBERS,
    "90/111-00-40, 91/111-00-40": Outcome.TWO_NUMBERS,
    "998901234567;911234567": Outcome.TWO_NUMBERS,
    "sms:+998901234567,+998911234567": Outcome.TWO_NUMBERS,
    "9.98901E+11": Outcome.DIGITS_LOST,
}
# Dates and amounts whose digits are as many as those of a number: each would reach a stranger.
NO_PHONES = [
    *("09.12.26 18:30", "9.12.26 18:30", "09/12/26 18:30", "9.9.2026 9:30", "20.12.26 9:30", "2026-1-2 9:30"),
    *("18:30 09.12.26", "09.12.26T18:30", "9.12.26 - 1.1.27", "9.12.26-1.1.27", "9.12.26 1.1.27"),
    *("9:24-9:24, 17.1", "9:01:23:45:67", "09:12:26 183", "20.191.6.122", "97.52.27.194", "90.73.182.71"),
    *("9 012 345,67", "9,012,345.67", "9.012.345,67", "9'012'345.67", "90 123 456.7", "901,234.567", "901 234,567"),
    *("901234.567", "901234,567", "90123.4567", "9.01234567", "0.934123456", "-90 123 456,7", "998 901 234.567"),
    *(
        "2025-99082",
        "2025/12345",
        "2025-2026 8",
        "2025/2026/8",
        "2026 99082",
        "50929/2024",
        "№77148/2001",
        "91794-2026",
    ),
    *("9.2025 1337", "704/01-2027", "20-5-26 18-30", "20.7.26/23.48", "33/28/51394", "708*759*247", "9287663-59"),
    *("1. 9.01.2026 12", "20. 12.2026 5", "1. 50929/2024", "901 234 567,00", "931'564'467.00", "901,234,567.00"),
    *("90.1234567", "-90.1234567", "33.1234567", "(901 234 567,50)", "95.46.64.10/24", "10.0.0.1", "95.46.64.10:8080"),
    *("99.0.4844.51", "97.0.4692.71", "9.0.12.34.567", "9.0.1.2.3.4.5.6.7", "90.12.34.5.67", "2026.12.31.1"),
    *("20.12.2026 5", "20-12-2026 5", "20/12/2026 7", "20 12 2026 5", "20.12.2026-5", "2026-12-31 5", "2026 12 31 5"),
    *("9.01.2026 12", "9-01-2026 12", "09.01.2026 12", "09 01 2026 12", "9/20/2026 55", "9 01.12.2026", "90 1-12-2026"),
    *(
        "20.12.26 183",
        "9/01/26 1234",
        "901 20.12.26",
        "20.12.2026 (1)",
        "1/20.12.2026",
        "№ 20.11.1990 1",
        "90/1.12.2026",
    ),
    *("20.12.2026 18.30", "20.12.2026 1830", "20.12-25.12.2026", "20.12.2026/1", "5\u00a020.12.2026"),
]


@each_case("cell", READ)
def test_a_number_is_read(cell: str) -> None:
    assert check(cell).number == NUMBER


@each_case("cell", EMPTY)
def test_nothing_is_an_empty_cell(cell: str) -> None:
    assert check(cell) == (None, Outcome.EMPTY)


@each_case(("cell", "outcome"), REFUSED.items())
def test_anything_in_doubt_is_refused(cell: str, outcome: Outcome) -> None:
    assert check(cell) == (None, outcome)


@each_case("cell", NO_PHONES)
def test_a_date_or_an_amount_is_never_a_number(cell: str) -> None:
    assert check(cell) == (None, Outcome.NOT_A_NUMBER)


def test_two_numbers_that_slashes_cut_are_both_found() -> None:
    assert [check(part).number for part in split_numbers("90/123-45-67, 93/123-45-68")] == [NUMBER, 998931234568]


@pytest.mark.parametrize(
    "cell", ["901234567–911234567", "901234567.911234567", "1) 901234567 2) 911234567", "901234567<br>911234567"]
)
def test_two_numbers_apart_by_any_sign_are_both_found(cell: str) -> None:
    assert [check(part).number for part in split_numbers(cell)] == [NUMBER, 998911234567]


@each_case(
    "cell",
    [
        "20 1 19 02 26",
        "20 12 26 183",
        "20-12-26-183",
        "90 12 34 567",
        "998 20 1 12 2026",
        "90 123 20 26",
        "90-123-2026",
        "90.123.2026",
        "90/123/45/67",
        "90123-4567",
        "8.90.123.45.67",
        "890.123.45.67",
        "901.23.45.67",
    ],
)
def test_a_number_that_is_cut_unlike_any_date_is_read(cell: str) -> None:
    assert check(cell).number is not None


@pytest.mark.parametrize(
    "cell", ["901234567 Ali", "Ali: +998 90 123-45-67", "901234567 сум", "+998901234567, не звонить"]
)
def test_a_cell_with_other_words_says_that_they_are_in_the_way(cell: str) -> None:
    number, outcome = check(cell)
    assert (number, "words beside" in message(outcome, cell)) == (None, True)
    assert "words beside" not in message(outcome, "90.1234567")


def test_a_country_code_written_twice_is_named() -> None:
    assert check("998998901234567") == (NUMBER, Outcome.REPAIRED_COUNTRY_TWICE)


def test_one_number_twice_says_so() -> None:
    assert check("998901234567, 90 123 45 67").outcome is Outcome.REPAIRED_TWICE
    assert Outcome.REPAIRED_TWICE.family == "repaired"


def test_a_column_gives_the_same() -> None:
    cells = [*READ, *EMPTY, *REFUSED, *NO_PHONES]
    checked = check_column(pa.array(cells))
    assert checked.outcomes.tolist() == [CODES[check(cell).outcome] for cell in cells]
    assert checked.numbers.tolist() == [check(cell).number or 0 for cell in cells]


@pytest.mark.parametrize(
    "cell", ["wa.me/" * 40, "viber://chat?number=" * 10, "📞" * 290, "tel:" * 70, "(" * 299, "90/" * 99]
)
def test_a_long_cell_takes_no_time(cell: str) -> None:
    assert check(cell).number is None
