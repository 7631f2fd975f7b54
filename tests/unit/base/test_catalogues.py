"""Each translation says what the program says: the same placeholders, every plural form, and nearly every sentence."""

import io
import re
from pathlib import Path

import pytest
from babel import Locale
from babel.messages.catalog import Catalog, Message
from babel.messages.pofile import read_po

from getsms_core.base.i18n import LANGUAGES
from getsms_core.locale.__main__ import HERE, build_template

FILES = sorted(HERE.glob("*/LC_MESSAGES/getsms.po"))
SHARE = 0.95

catalogues = pytest.mark.parametrize("po", FILES, ids=lambda po: po.parent.parent.name)


def _language(po: Path) -> str:
    return po.parent.parent.name


def _read(po: Path) -> Catalog:
    with po.open("rb") as file:
        return read_po(file, locale=_language(po), abort_invalid=True)


def _placeholders(text: str) -> list[str]:
    """`{name}`, doubled braces and `%s`, in any order but each as often as it stands there."""
    return sorted(re.findall(r"\{\{|\}\}|\{[^{}]*\}|%[sd]", text))


def _forms(message: Message) -> tuple[str, ...]:
    """What it is translated to: one text, or one for each plural form."""
    said = message.string
    return (said,) if isinstance(said, str) else tuple(str(form or "") for form in said or ())


def _pairs(message: Message) -> list[tuple[list[str], str]]:
    """Each translated form beside the English forms that it may stand for."""
    if isinstance(message.id, str):
        return [([message.id], text) for text in _forms(message)]
    singular, plural = message.id
    # "{n}" may be left out only where the form is for one alone; the others say what the plural says
    return [([singular, plural] if form == 0 else [plural], text) for form, text in enumerate(_forms(message))]


def _sentences(catalogue: Catalog) -> list[Message]:
    return [message for message in catalogue if message.id]


def _translated(message: Message | None) -> bool:
    return message is not None and not message.fuzzy and bool(_forms(message)) and all(_forms(message))


@catalogues
def test_it_is_of_a_language_that_the_program_speaks(po: Path) -> None:
    assert _language(po) in LANGUAGES


@catalogues
def test_nothing_is_fuzzy_or_half_translated(po: Path) -> None:
    messages = _sentences(_read(po))
    assert [one.id for one in messages if one.fuzzy or any(_forms(one)) != all(_forms(one))] == []


@catalogues
def test_placeholders_are_those_of_the_english(po: Path) -> None:
    faults = [
        (english, text)
        for message in _sentences(_read(po))
        for english, text in _pairs(message)
        if text and _placeholders(text) not in [_placeholders(one) for one in english]
    ]
    assert faults == []


@catalogues
def test_white_space_at_the_ends_is_that_of_the_english(po: Path) -> None:
    faults = [
        text
        for message in _sentences(_read(po))
        for english, text in _pairs(message)
        if text
        and (text[:1].isspace(), text[-1:].isspace(), text.count("\n"))
        != (english[0][:1].isspace(), english[0][-1:].isspace(), english[0].count("\n"))
    ]
    assert faults == []


@catalogues
def test_every_plural_form_is_there(po: Path) -> None:
    forms = Catalog(locale=Locale.parse(_language(po))).num_plurals
    catalogue = _read(po)
    assert catalogue.num_plurals == forms
    assert f"nplurals={forms};" in po.read_text("utf-8").partition("\n\n")[0]
    wanted = {message.id: forms if message.pluralizable else 1 for message in _sentences(catalogue)}
    assert {message.id: len(_forms(message)) for message in _sentences(catalogue)} == wanted


@catalogues
def test_nearly_every_sentence_of_the_sources_is_translated(po: Path) -> None:
    catalogue = _read(po)
    wanted = _sentences(read_po(io.BytesIO(build_template().encode())))
    missing = [message.id for message in wanted if not _translated(catalogue.get(message.id))]
    assert len(missing) <= (1 - SHARE) * len(wanted), f"{len(missing)} of {len(wanted)}: {missing[:20]}"
