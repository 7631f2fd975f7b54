"""Every sentence that a person reads can be translated: named placeholders, no f-strings, all of them collected."""

import ast
import string
from collections.abc import Iterator
from pathlib import Path

import pytest
from babel.messages.pofile import read_po

from getsms_core.base import i18n
from getsms_core.locale.__main__ import KEYWORDS, SOURCES, TEMPLATE
from tests.conftest import ROOT
from tests.unit.base.sentences import collected_sentences


def _files() -> list[Path]:
    places = [ROOT / source for source in SOURCES]
    return [file for place in places for file in (sorted(place.rglob("*.py")) if place.is_dir() else [place])]


def _calls(file: Path) -> Iterator[ast.Call]:
    for node in ast.walk(ast.parse(file.read_text("utf-8"))):
        if isinstance(node, ast.Call):
            name = node.func.id if isinstance(node.func, ast.Name) else getattr(node.func, "attr", "")
            if name in KEYWORDS:
                yield node


def test_what_is_translated_is_a_plain_sentence_with_named_placeholders() -> None:
    faults = []
    for file in _files():
        for call in _calls(file):
            for argument in call.args[: 2 if len(call.args) > 1 else 1]:
                where = f"{file.relative_to(ROOT)}:{call.lineno}"
                if isinstance(argument, ast.JoinedStr | ast.BinOp):
                    faults.append(f"{where}: an f-string or a sum cannot be translated")
                elif isinstance(argument, ast.Constant):
                    names = [name for _text, name, _spec, _conv in string.Formatter().parse(str(argument.value))]
                    if any(name is not None and not name.isidentifier() for name in names):
                        faults.append(f"{where}: a placeholder without a name: {argument.value!r}")
    assert faults == []


@pytest.mark.xdist_group("sentences")
def test_the_list_of_sentences_is_up_to_date() -> None:
    assert TEMPLATE.read_text("utf-8") == collected_sentences(), "run: make words"


def test_no_sentence_says_two_things_apart_only_by_white_space() -> None:
    with TEMPLATE.open("rb") as file:
        messages = [message.id for message in read_po(file) if message.id and isinstance(message.id, str)]
    assert [message for message in messages if message != message.strip()] == []


def test_a_context_speaks_its_own_language() -> None:
    i18n.set_language("en")
    with i18n.using_language("ru"):
        assert i18n.language() == "ru"
        with i18n.using_language("nonsense"):
            assert i18n.language() == "en"
    assert i18n.language() == "en"


@pytest.mark.parametrize("language", list(i18n.LANGUAGES))
def test_a_sentence_without_a_translation_stays_english(language: str) -> None:
    with i18n.using_language(language):
        assert i18n._("a sentence that nobody wrote") == "a sentence that nobody wrote"
        assert i18n.ngettext("{n} sentence", "{n} sentences", 2).format(n=2) == "2 sentences"
