"""A sentence kept in one person's language is said to another in theirs."""

import ast

from getsms_core.base.i18n import using_language
from getsms_core.gateway import reworded, told, worded
from getsms_core.gateway.messages import ENGINE, WORDS
from tests.conftest import ROOT


def test_a_refusal_is_said_again_in_the_language_of_who_reads_it() -> None:
    kept = worded("limit-over")
    with using_language("ru"):
        assert reworded("limit-over", kept) == worded("limit-over")


def test_a_sentence_with_details_or_of_no_gateway_stays_as_it_was_said() -> None:
    kept = worded("connect-failed", "errno 5")
    with using_language("ru"):
        assert reworded("connect-failed", kept) == kept
        assert reworded("quiet-hours", "Quiet hours: goes on at 09:00.") == "Quiet hours: goes on at 09:00."


def test_a_line_of_a_table_has_words_for_every_code_and_no_empty_brackets() -> None:
    for code in (*WORDS, *ENGINE):
        assert "{" not in told(code)
        assert "()" not in told(code)
        assert told(code) != code
    assert told("connection-lost") == "The connection broke after the request was written."
    assert told("not-in-answer", "34 of 100") == "Not named in the gateway's answer (34 of 100)."


def test_it_speaks_the_readers_language() -> None:
    with using_language("ru"):
        assert told("connection-lost") == "Соединение оборвалось после отправки запроса."


def test_the_gateways_own_words_stay_as_they_are() -> None:
    assert told("is NOT a phone number") == "is NOT a phone number"
    assert told("", "") == ""


def test_every_code_of_the_client_and_the_worker_has_words() -> None:
    found = set()
    for file in [*(ROOT / "getsms_core" / "gateway").glob("*.py"), ROOT / "getsms_core" / "worker.py"]:
        for node in ast.walk(ast.parse(file.read_text("utf-8"))):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") in ("NothingLeft", "Unclear"):
                found |= {each.value for each in node.args[:1] if isinstance(each, ast.Constant)}
    assert len(found) >= 5
    assert found <= WORDS.keys() | ENGINE.keys()
