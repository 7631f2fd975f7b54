"""A campaign's text in the four scripts, default values included."""

import pytest

from getsms_core.errors import Refused
from getsms_core.scripts import written
from getsms_core.transliteration import Script

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


def test_a_text_that_cannot_be_sent_is_refused() -> None:
    with pytest.raises(Refused):
        written("Ҳурматли {", Script.LATIN)


def test_a_warning_in_a_default_value_says_where_it_stands() -> None:
    text = "Салом {ism|Wмижоз}, ўзгарди"
    warnings = written(text, Script.LATIN).warnings
    assert [(one.word, text[one.position :].startswith(one.word)) for one in warnings] == [("Wмижоз", True)]
