"""Checks before sending: a table of texts and of what is said about them."""

from typing import Literal

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from getsms_core.messages.lint import SHORTENERS, Remark, check, mixed_rows
from tests.each_case import each_case


def found(
    text: str, category: Literal["advertising", "service"] = "service", opt_out_hint: str | None = None
) -> list[tuple[str, int | None]]:
    return [(remark.code, remark.position) for remark in check(text, category=category, opt_out_hint=opt_out_hint)]


@each_case(
    ("text", "expected"),
    [
        ("Hurmatli mijoz, buyurtmangiz tayyor.", []),
        ("", [("empty-text", None)]),
        (" \n\t", [("empty-text", None)]),
        (" Salom", [("edge-space", 0)]),
        ("Salom\n", [("edge-space", 5)]),
        ("Salom  dunyo", [("double-space", 5)]),
        ("Salom \u00a0 dunyo   va  hamma", [("double-space", 5), ("double-space", 13), ("double-space", 18)]),
        ("Bir\n\nikki\n  - uch", []),
        # shortened links
        ("Ko'ring: bit.ly/3abc", [("short-link", 9)]),
        ("https://clck.ru/xyz va http://www.goo.gl/a", [("short-link", 0), ("short-link", 23)]),
        ("HTTPS://BIT.LY/3abc", [("short-link", 0)]),
        ("https://mybit.ly/a getsms.uz/t.co user@bit.ly", []),
        ("bit.ly.example.uz", []),
        # links that are well
        ("https://getsms.uz/a?b=c, www.getsms.uz, getsms.uz.", []),
        ("https://getsms.uz/{kod} http://185.8.212.184/x t.me/getsms", []),
        ("https://{sayt} https://{sayt}/a http://{n|a.uz}", []),
        # broken links
        ("http:/getsms.uz", [("broken-link", 0)]),
        ("Sayt https//getsms.uz", [("broken-link", 5)]),
        ("http:\\\\getsms.uz", [("broken-link", 0)]),
        ("http:getsms.uz", [("broken-link", 0)]),
        ("htpp://getsms.uz htttp://a.uz", [("broken-link", 0), ("broken-link", 17)]),
        ("https:///getsms.uz", [("broken-link", 0)]),
        ("https:// getsms.uz", [("broken-link", 0)]),
        ("https://getsms", [("broken-link", 0)]),
        ("https://getsms/uz x", [("broken-link", 0)]),
        ("www getsms.uz", [("broken-link", 0)]),
        ("www,getsms.uz", [("broken-link", 0)]),
        ("wwww.getsms.uz", [("broken-link", 0)]),
        ("ww.getsms.uz", [("broken-link", 0)]),
        ("http:/bit.ly/x", [("broken-link", 0)]),
        ("https://getsms..uz/a", [("broken-link", 0)]),
        ("Sayt: getsms .uz", [("broken-link", 6)]),
        ("getsms,uz saytida", [("broken-link", 0)]),
        ("Kutamiz https://getsms.uz.Batafsil ichkarida", [("broken-link", 8)]),
        ("getsms.uz.Батафсил", [("broken-link", 0)]),
        ("https://getsms.uz/a.Batafsil getsms.uz. Keling, uz va ru", []),
        # letters that look alike
        ("Чегирмa бугун", [("mixed-letters", 6)]),  # the last letter is Latin
        ("Sаlom", [("mixed-letters", 1)]),  # the second is Cyrillic
        ("CАЛОМ", [("mixed-letters", 0)]),
        ("о'zbek", [("mixed-letters", 0)]),  # the o is Cyrillic, the apostrophe belongs to it
        ("yаngi о‘quv", [("mixed-letters", 1), ("mixed-letters", 6)]),
        ("Apple'нинг Logo'ни", []),
        ("SMSни Clickда 5G-интернет OTPни", []),  # endings on brands and abbreviations
        ("Salom дунё", []),
    ],
)  # fmt: skip
def test_it_remarks(text: str, expected: list[tuple[str, int | None]]) -> None:
    assert found(text) == expected


def test_the_message_names_the_letter_that_is_foreign() -> None:
    (remark,) = check("Чегирмa", category="service")
    assert remark.message == (
        'The word "Чегирмa" mixes Latin and Cyrillic letters that look alike; its letter "a" is Latin.'
    )
    (remark,) = check("Sаlom", category="service")
    assert 'its letter "а" is Cyrillic' in remark.message


def test_the_rows_whose_values_mix_alphabets_are_found() -> None:
    values = pa.chunked_array([["Aziza", "Азиза", "Aзиза", None], ["", "Oлим aka", "SMSни", "Olim Азиза"]])
    assert mixed_rows(values) == [2, 5]
    assert mixed_rows(pa.chunked_array([], pa.string())) == []


def test_the_message_names_the_link() -> None:
    assert 'The link "http:/a.uz"' in check("http:/a.uz", category="service")[0].message
    assert check("bit.ly/a", category="service")[0].message.startswith("bit.ly hides")


@pytest.mark.parametrize("text", ["Aksiya! Rad etish: STOP 1234", "aksiya, RAD  ETISH:\nstop 1234"])
def test_an_opt_out_hint_is_found_in_any_case(text: str) -> None:
    assert "no-opt-out" not in dict(found(text, category="advertising", opt_out_hint="Rad etish: STOP 1234"))


def test_an_opt_out_hint_is_found_with_any_apostrophe() -> None:
    assert found("Aksiya! To‘xtatish: 1234", category="advertising", opt_out_hint="To'xtatish: 1234") == []


def test_only_advertising_needs_an_opt_out_hint_and_only_where_one_is_set() -> None:
    assert found("Aksiya!", category="advertising", opt_out_hint=" STOP ") == [("no-opt-out", None)]
    assert '"STOP"' in check("Aksiya!", category="advertising", opt_out_hint=" STOP ")[0].message
    for hint in (None, "", " "):
        assert found("Aksiya!", category="advertising", opt_out_hint=hint) == []
    assert found("Aksiya!", category="service", opt_out_hint="STOP") == []


def test_a_text_of_many_parts_is_remarked_upon_before_the_rest() -> None:
    assert found("a" * 460 + "  b") == [("too-many-parts", None), ("double-space", 460)]
    assert check("ж" * 71, category="service", max_parts=1) == [
        Remark("too-many-parts", "The text takes 2 SMS for each recipient; more than 1 is a lot.")
    ]
    assert found("a" * 459) == []


@each_case("host", sorted(SHORTENERS))
def test_every_shortener_is_found(host: str) -> None:
    assert found(f"Batafsil: https://{host}/abc") == [("short-link", 10)]


@given(st.text(max_size=60))
def test_remarks_point_into_the_text_and_say_something(text: str) -> None:
    for remark in check(text, category="advertising", opt_out_hint="STOP"):
        assert remark.message
        assert remark.position is None or 0 <= remark.position < len(text)
