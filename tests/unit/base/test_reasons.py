"""Reasons are stored as a code with parameters and worded in the reader's language."""

import ast
import errno
import importlib
import json
import re
from collections.abc import Iterator
from pathlib import Path
from zoneinfo import ZoneInfo

from getsms_core.base import reasons
from getsms_core.base.errors import DomainError, os_cause
from getsms_core.base.i18n import LANGUAGES, using_language

TASHKENT = ZoneInfo("Asia/Tashkent")
ROOT = Path(__file__).resolve().parents[3]
ERRORS = ("DomainError", "NotAllowed", "NotFound", "Conflict", "Invalid", "Unavailable", "ConditionError")
MAKERS = ("reasons.reason", *(f"{error}.of" for error in ERRORS))


def _calls() -> Iterator[tuple[str, ast.Call]]:
    """Every call in the core that makes a reason, with the path of its module."""
    for file in sorted((ROOT / "getsms_core").rglob("*.py")):
        source = file.read_text("utf-8")
        for node in ast.walk(ast.parse(source)) if any(f"{maker}(" in source for maker in MAKERS) else ():
            if isinstance(node, ast.Call) and _dotted(node.func) in MAKERS:
                yield file.relative_to(ROOT).as_posix(), node


def _dotted(function: ast.expr) -> str:
    """Return "module.name" of a function that is called so, "" for others."""
    if isinstance(function, ast.Attribute) and isinstance(function.value, ast.Name):
        return f"{function.value.id}.{function.attr}"
    return ""


def _text(path: str, node: ast.expr | None) -> str | None:
    """Return a literal, or the constant of the module that a name stands for."""
    if isinstance(node, ast.Constant):
        return str(node.value)
    module = importlib.import_module(path.removesuffix(".py").replace("/", "."))
    value = getattr(module, node.id, None) if isinstance(node, ast.Name) else None
    return value if isinstance(value, str) else None


def test_each_use_of_a_reason_has_its_sentence_and_its_parameters() -> None:
    calls = list(_calls())
    assert len(calls) > 150
    for path, call in calls:
        place, given = f"{path}:{call.lineno}", {keyword.arg: keyword.value for keyword in call.keywords}
        code, case = _text(path, call.args[0]), given.pop("case", None)
        if code is None or None in given or (case is not None and _text(path, case) is None):
            continue  # from a table, which the tests of that table walk
        key = f"{code}/{_text(path, case)}" if case is not None else code
        assert key in reasons.SENTENCES, place
        plural = isinstance(reasons.SENTENCES[key], tuple)
        # n chooses a plural form; `at`, an instant without its zone, is for a page that shows it beside the sentence
        optional = {"detail", "at", "n"} if plural else {"detail", "at"}
        assert reasons.placeholders(key) - optional == set(given) - optional, place


def test_a_reason_is_worded_even_where_a_parameter_is_missing() -> None:
    for key in reasons.SENTENCES:
        code, _slash, case = key.partition("/")
        for language in LANGUAGES:
            with using_language(language):
                words = reasons.words(code, {"case": case} if case else {})
            assert words.strip(), (key, language)
            assert not re.search(r"[{}]", words), (key, language)


def test_no_two_tables_word_the_same_reason() -> None:
    assert len(reasons.SENTENCES) == sum(len(table.SENTENCES) for table in reasons._TABLES)


def test_a_stored_reason_is_worded_in_the_language_of_its_reader() -> None:
    stored = json.loads(json.dumps(dict(reasons.reason("by-person", name="{braces} *bold*").params)))
    with using_language("ru"):
        assert "{braces} *bold*" in reasons.words("by-person", stored)
        assert "Paused" not in reasons.words("by-person", stored)
    assert reasons.words("by-person", stored) == "Paused by {braces} *bold*."


def test_times_sums_and_counts_are_written_as_the_reader_writes_them() -> None:
    at = 1_764_432_000_000  # 16:00 UTC
    assert reasons.reason("quiet-hours", time=reasons.instant(at, TASHKENT)).words() == (
        "Quiet hours: continues by itself at 29 Nov 2025, 21:00."
    )
    spent = reasons.reason("spend-day", limit=reasons.money(123_450_000))
    assert "1,234,500 so'm" in spent.words()
    with using_language("ru"):
        assert "1\xa0234\xa0500" in spent.words()


def test_a_plural_follows_its_count() -> None:
    assert reasons.reason("end-time", n=1).words() == "Its end time came: 1 message was not sent."
    assert reasons.reason("end-time", n=reasons.number(2_000)).words() == (
        "Its end time came: 2,000 messages were not sent."
    )


def test_a_reason_within_a_reason_is_worded_with_it() -> None:
    fault = reasons.reason("limit-over", detail="103")
    reason = reasons.reason("by-person", case="fault", name="Anna", fault=fault)
    with using_language("ru"):
        assert fault.words() in reason.words()
    assert reason.code == "by-person"


def test_a_reason_of_another_release_shows_what_it_has() -> None:
    assert reasons.words("from-the-future", {"detail": "7 of 9"}) == "from-the-future: 7 of 9"
    assert reasons.words("from-the-future", {}) == "from-the-future"
    assert reasons.words("by-person/new-case", {"case": "new", "name": "Anna"}) == "by-person/new-case"
    assert reasons.words("by-person", {"case": "new", "name": "Anna"}) == "Paused by Anna."


def test_a_sentence_of_release_0_1_stays_as_it_is_unless_its_code_says_all() -> None:
    assert reasons.words("by-person", None, "Приостановила Анна.") == "Приостановила Анна."
    assert reasons.words("end-time", None, "Its end time came.") == "Its end time came."
    assert reasons.words("", None, "Etwas") == "Etwas"
    with using_language("en"):
        assert reasons.words("late-approval", None, "Одобрена позже.") == (
            "It was approved after its start time. Resume it to send it now."
        )


def test_an_error_made_of_a_code_speaks_the_language_of_whoever_reads_it() -> None:
    error = DomainError.of("by-person", name="Anna")
    assert (error.code, error.message, str(error)) == ("by-person", "Paused by Anna.", "Paused by Anna.")
    with using_language("ru"):
        assert error.message == reasons.words("by-person", {"name": "Anna"}) != "Paused by Anna."
    assert DomainError.because(error.reason).message == error.message


def test_an_error_made_of_a_sentence_keeps_it() -> None:
    error = DomainError("odd", "Something {odd}.")
    with using_language("ru"):
        assert error.message == "Something {odd}."
    assert reasons.words(error.code, error.reason.params) == "Something {odd}."


def test_the_operating_systems_reason_is_a_fact_too() -> None:
    full = os_cause(OSError(errno.ENOSPC, "No space left on device", "/secret/file"))
    assert (full.code, dict(full.params)) == ("file", {"case": "ENOSPC"})
    assert full.words() == "the disk is full"
    assert os_cause(OSError(errno.EMFILE, "Too many open files")).words() == "Too many open files"
