"""The details of the audit log as the reader's language writes them."""

import pytest

from getsms_core.audit import details
from getsms_core.base.i18n import using_language


@pytest.mark.parametrize(
    ("stored", "shown"),
    [
        ({"name": "Jasur", "role": "analyst", "address": "10.0.0.1"}, "Название: Jasur, Роль: Аналитик"),
        ({"cost": 11_723_000, "messages": 1234}, "Стоимость: 117\xa0230\xa0сум, Сообщения: 1\xa0234"),
        ({"role": {"before": "marketer", "after": "manager"}}, "Роль: Маркетолог → Руководитель"),
        ({"tags": {"before": [], "after": ["vip", "8-mart"]}}, "Метки: – → vip, 8-mart"),
        ({"of_a_newer_version": True, "unknown": None}, "of_a_newer_version: да, unknown: –"),
    ],
)
def test_details_are_in_the_language_of_the_reader(stored: dict[str, object], shown: str) -> None:
    with using_language("ru"):
        assert details.in_words(stored) == shown


def test_long_details_are_cut_and_the_program_has_a_name_in_each_language() -> None:
    with using_language("uz"):
        assert len(details.in_words({"unknown": "x" * 5000})) <= details.MOST_CHARACTERS + len("unknown: ")
        assert [details.who(name) for name in ("program", "Aziza")] == ["dastur", "Aziza"]
