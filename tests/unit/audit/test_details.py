"""The details of the audit log as the reader's language writes them."""

import ast
from collections.abc import Iterable
from dataclasses import fields
from zoneinfo import ZoneInfo

import pytest

from getsms_core.accounts.policy import KindRules, Policy
from getsms_core.audit import details
from getsms_core.audit.detail_names import CODES, NAMES
from getsms_core.base.i18n import LANGUAGES, using_language
from getsms_core.base.kinds import MessageKind, OptOutScope
from getsms_core.base.permissions import Role
from getsms_core.base.work_states import JobKind
from getsms_core.campaigns.service import Draft
from getsms_core.db.documents import Exclusions, RowCounts
from getsms_core.delivery.approval_terms import Terms
from getsms_core.delivery.resolution import Resolution
from getsms_core.exports.jobs import ExportRequest
from getsms_core.reports.audit_export import Filters
from getsms_core.scheduled.reports import Plan
from tests.conftest import ROOT
from tests.each_case import each_case

TASHKENT = ZoneInfo("Asia/Tashkent")
NOON = 1_764_486_000_000  # 30 November 2025, 12:00 in Tashkent
STORED = (Draft, Exclusions, ExportRequest, Filters, KindRules, Plan, Policy, RowCounts)
HAVE_NO_LABEL = {"variants", "address"}  # of drafts only the names of texts are kept; addresses have a column


@each_case(
    ("action", "stored", "shown"),
    [
        (
            "person.create",
            {"name": "Jasur", "role": "analyst", "address": "10.0.0.1"},
            "Название: Jasur, Роль: Аналитик",
        ),
        (
            "campaign.approve",
            {"cost": 11_723_000, "messages": 1234},
            "Стоимость: 117\xa0230\xa0сум, Сообщения: 1\xa0234",
        ),
        ("person.role", {"before": "marketer", "after": "manager"}, "Роль: Маркетолог → Руководитель"),
        ("campaign.tag", {"before": [], "tags": ["vip", "8-mart"]}, "Метки: – → vip, 8-mart"),
        ("list.rename", {"before": "A", "name": "B"}, "Название: A → B"),
        (
            "campaign.change",
            {"before": {"category": "service"}, "after": {"category": "advertising"}, "texts": ["text"]},
            "Изменено: текст, Тип рассылки: Сервисная → Рекламная",
        ),
        (
            "campaign.reschedule",
            {"before": {"scheduled_at": None}, "after": {"scheduled_at": NOON}},
            "Время начала: – → 30.11.2025 12:00",
        ),
        (
            "policy.save",
            {
                "quiet": [{"days": [5, 6], "start": "21:00", "to": "08:00"}],
                "spend_day": None,
                "before": {"quiet": [{"days": list(range(7)), "start": "22:00", "to": "08:00"}]},
            },
            "Тихие часы: 22:00–08:00 → 21:00–08:00 (сб, вс)",
        ),
        ("campaign.resolve", {"how": "again", "messages": 3}, "Решение: отправлено снова, Сообщения: 3"),
        ("job.retry", {"kind": "numbers"}, "Вид работы: Индекс номеров"),
        ("optout.add", {"scope": "advertising", "reason": ""}, "От чего отказ: реклама"),
        ("campaign.pause", {"code": "quiet-hours"}, "Код причины: Тихие часы"),
        (
            "price.add",
            {"price": "95.50", "from_at": NOON},
            "Цена одного SMS: 95,50\xa0сум, Дата начала: 30.11.2025 12:00",
        ),
        ("notices.save", {"before": {"app": ["paused"]}, "after": {"app": []}}, "В приложении: 1 → –"),
        ("moon.land", {"of_a_newer_version": True, "unknown": None}, "of_a_newer_version: да"),
    ],
)
def test_details_are_in_the_language_of_the_reader(action: str, stored: dict[str, object], shown: str) -> None:
    with using_language("ru"):
        assert details.in_words(action, stored, TASHKENT) == shown


def test_long_details_are_cut_and_the_program_has_a_name_in_each_language() -> None:
    with using_language("uz"):
        assert len(details.in_words("", {"unknown": "x" * 5000}, TASHKENT)) <= details.MOST_CHARACTERS + len(
            "unknown: "
        )
        assert [details.who(name) for name in ("program", "Aziza")] == ["dastur", "Aziza"]


def test_every_detail_that_is_noted_has_a_label() -> None:
    stored = {field.name for stored_as in STORED for field in fields(stored_as)}
    noted = (_noted() | stored) - HAVE_NO_LABEL
    assert len(noted) > 60
    assert sorted(noted - NAMES.keys()) == []


def _noted() -> set[str]:
    """The names of the details in every call of `note`, and in the `changes` given to one."""
    found: set[str] = set()
    for file in (ROOT / "getsms_core").rglob("*.py"):
        source = file.read_text("utf-8")
        for node in ast.walk(ast.parse(source)) if "note(" in source or "note_alone(" in source else ():
            called = getattr(node.func, "attr", getattr(node.func, "id", "")) if isinstance(node, ast.Call) else ""
            if isinstance(node, ast.Call) and called in ("note", "note_alone"):
                found |= {keyword.arg for keyword in node.keywords if keyword.arg}
    return found - {"typed"}  # an argument of another function of this name


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_code_that_is_noted_has_words(language: str) -> None:
    codes: dict[str, Iterable[str]] = {
        "role": Role,
        "category": MessageKind,
        "kind": JobKind,
        "how": Resolution,
        "scope": OptOutScope,
        "changed": [field.name for field in fields(Terms) if field.name != "version"],
    }
    with using_language(language):
        for name, values in codes.items():
            for code in values:
                words = details.in_words("", {name: str(code)}, TASHKENT).partition(": ")[2]
                assert str(code) in CODES[name], (name, code)
                assert words, (name, code)
