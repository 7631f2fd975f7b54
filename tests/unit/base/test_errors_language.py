"""Every code of the gateway has a whole sentence in every language that can be chosen."""

import re

import pytest

from getsms_core.base.errors import DomainError, SettingsError
from getsms_core.base.i18n import LANGUAGES, N_, _, language, ngettext, set_language, using_language
from getsms_core.base.reasons.gateway import SENTENCES as CODE_MESSAGES
from getsms_core.gateway import describe_code
from getsms_core.gateway.messages import CONNECT_DECISIONS, REFUSAL_CODES, http_refusal_code, reason_text
from tests.each_case import each_case
from tests.waits import run_threads


@each_case("code", sorted(CODE_MESSAGES))
@pytest.mark.parametrize("detail", ["", "HTTP 500 {detail} %s"])
def test_every_code_has_a_whole_sentence(code: str, detail: str) -> None:
    for chosen in LANGUAGES:
        with using_language(chosen):
            sentence = describe_code(code, detail)
        assert sentence
        assert sentence == sentence.strip()
        assert sentence[-1] in ".?!…" or sentence.endswith(detail)
        assert detail or not re.search(r"[{}]", sentence)


def test_what_became_of_the_messages_is_said_with_every_refusal() -> None:
    for code in [*REFUSAL_CODES.values(), *CONNECT_DECISIONS]:
        assert "The messages of this request were not sent; they are in the queue." in describe_code(code)
    assert "may or may not have been sent" in describe_code("read-timeout")


def test_a_code_that_nobody_worded_is_shown_with_its_detail() -> None:
    assert describe_code("martian", "green") == "martian: green"
    assert reason_text("martian") == "martian"


def test_every_http_refusal_has_a_worded_code() -> None:
    assert {http_refusal_code(status) for status in range(400, 500)} <= set(CODE_MESSAGES)


def test_a_refusal_carries_its_code_and_its_sentence() -> None:
    refusal = SettingsError("bad-setting", "The setting GETSMS_RATE cannot be used.")
    assert isinstance(refusal, DomainError)
    assert (refusal.code, refusal.message, str(refusal)) == (
        "bad-setting",
        "The setting GETSMS_RATE cannot be used.",
        "The setting GETSMS_RATE cannot be used.",
    )


def test_a_language_that_is_not_there_is_english() -> None:
    with using_language("tlh"):
        assert language() == "en"
    set_language("tlh")
    assert language() == "en"


def test_the_language_belongs_to_the_thread_and_comes_back_after_a_block() -> None:
    with using_language("ru"):
        seen = run_threads(language)
        with using_language("uz"):
            assert language() == "uz"
        assert language() == "ru"
    assert (seen, language()) == (["en"], "en")


def test_a_sentence_without_a_translation_stays_english() -> None:
    with using_language("ru"):
        assert _("A sentence that nobody has translated.") == "A sentence that nobody has translated."
    assert N_("Sent") == "Sent"
    assert [ngettext("one row", "many rows", n) for n in (1, 2)] == ["one row", "many rows"]
