"""A sentence kept in one person's language is said to another in theirs."""

import ast

from getsms_core.base.i18n import using_language
from getsms_core.base.reasons import words
from getsms_core.base.reasons.gateway import SENTENCES as CODE_MESSAGES
from getsms_core.gateway import describe_code, short_reason
from getsms_core.gateway.messages import ENGINE_REASONS
from tests.conftest import ROOT


def test_a_refusal_is_said_again_in_the_language_of_who_reads_it() -> None:
    sentence = describe_code("limit-over")
    with using_language("ru"):
        assert words("limit-over", None, sentence) == describe_code("limit-over")


def test_a_sentence_with_details_or_of_no_gateway_stays_as_it_was_said() -> None:
    sentence = describe_code("connect-failed", "errno 5")
    with using_language("ru"):
        assert words("connect-failed", None, sentence) == sentence
        assert words("quiet-hours", None, "Quiet hours: goes on at 09:00.") == "Quiet hours: goes on at 09:00."


def test_a_line_of_a_table_has_words_for_every_code_and_no_empty_brackets() -> None:
    for code in (*CODE_MESSAGES, *ENGINE_REASONS):
        assert "{" not in short_reason(code)
        assert "()" not in short_reason(code)
        assert short_reason(code) != code
    assert short_reason("connection-lost") == "The connection broke after the request was written."
    assert short_reason("not-in-answer", "34 of 100") == "Missing from the gateway's answer (34 of 100)."


def test_it_speaks_the_readers_language() -> None:
    with using_language("ru"):
        assert short_reason("connection-lost") == "Соединение оборвалось после отправки запроса."


def test_the_gateways_own_words_stay_as_they_are() -> None:
    assert short_reason("is NOT a phone number") == "is NOT a phone number"
    assert short_reason("", "") == ""


def test_every_code_of_the_client_and_the_worker_has_words() -> None:
    codes = set()
    for package in ("gateway", "worker"):
        for file in (ROOT / "getsms_core" / package).glob("*.py"):
            for node in ast.walk(ast.parse(file.read_text("utf-8"))):
                if isinstance(node, ast.Call) and getattr(node.func, "id", "") in ("NothingSent", "Unclear"):
                    codes |= {argument.value for argument in node.args[:1] if isinstance(argument, ast.Constant)}
    assert len(codes) >= 5
    assert codes <= CODE_MESSAGES.keys() | ENGINE_REASONS.keys()
