"""Each translation says what the program says: the same placeholders, every plural form, and nearly every sentence."""

import io
import re
from functools import cache
from pathlib import Path

import pytest
from babel import Locale
from babel.messages.catalog import Catalog, Message
from babel.messages.pofile import read_po

from getsms_core.base import i18n
from getsms_core.base.i18n import LANGUAGES
from getsms_core.locale.__main__ import HERE
from tests.unit.base.sentences import collected_sentences

# In one process, with the other tests that collect the sentences.
pytestmark = pytest.mark.xdist_group("sentences")
FILES = sorted(HERE.glob("*/LC_MESSAGES/getsms.po"))
SHARE = 0.95

catalogues = pytest.mark.parametrize("po", FILES, ids=lambda po: po.parent.parent.name)


def _language(po: Path) -> str:
    return po.parent.parent.name


@cache
def _read(po: Path) -> Catalog:
    with po.open("rb") as file:
        return read_po(file, locale=_language(po), abort_invalid=True)


def _placeholders(text: str) -> list[str]:
    """`{name}`, doubled braces and `%s`, in any order but each as often as it stands there."""
    return sorted(re.findall(r"\{\{|\}\}|\{[^{}]*\}|%[sd]", text))


def _forms(message: Message) -> tuple[str, ...]:
    """What it is translated to: one text, or one for each plural form."""
    sentence = message.string
    return (sentence,) if isinstance(sentence, str) else tuple(str(form or "") for form in sentence or ())


def _pairs(message: Message) -> list[tuple[list[str], str]]:
    """Each translated form beside the English forms that it may stand for."""
    if isinstance(message.id, str):
        return [([message.id], text) for text in _forms(message)]
    singular, plural = message.id
    # "{n}" may be left out only where the form is for one alone; the others say what the plural says
    return [([singular, plural] if form == 0 else [plural], text) for form, text in enumerate(_forms(message))]


def _sentences(catalogue: Catalog) -> list[Message]:
    return [message for message in catalogue if message.id]


@cache
def _collected() -> list[Message]:
    return _sentences(read_po(io.BytesIO(collected_sentences().encode())))


def _translated(message: Message | None) -> bool:
    return message is not None and not message.fuzzy and bool(_forms(message)) and all(_forms(message))


@catalogues
def test_every_word_with_two_meanings_has_both_translations(po: Path) -> None:
    """Collecting passed over `pgettext` for a release: these words stayed English in every language."""
    catalogue = _read(po)
    wanted = [message for message in _collected() if message.context is not None]
    assert {("person", "Name"), ("date", "From"), ("e-mail", "From")} <= {(m.context, m.id) for m in wanted}
    assert [m.id for m in wanted if not _translated(catalogue.get(m.id, m.context))] == []


@catalogues
def test_it_is_of_a_language_that_the_program_speaks(po: Path) -> None:
    assert _language(po) in LANGUAGES


@catalogues
def test_nothing_is_fuzzy_or_half_translated(po: Path) -> None:
    messages = _sentences(_read(po))
    assert [message.id for message in messages if message.fuzzy or any(_forms(message)) != all(_forms(message))] == []


@catalogues
def test_placeholders_are_those_of_the_english(po: Path) -> None:
    faults = [
        (english, text)
        for message in _sentences(_read(po))
        for english, text in _pairs(message)
        if text and _placeholders(text) not in [_placeholders(sentence) for sentence in english]
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
    wanted = _collected()
    missing = [message.id for message in wanted if not _translated(catalogue.get(message.id, message.context))]
    assert len(missing) <= (1 - SHARE) * len(wanted), f"{len(missing)} of {len(wanted)}: {missing[:20]}"


# One term for one thing, as docs/glossary.md has it in English: what a catalogue must not say, and why.
WRONG_TERMS = {
    "uz": {
        r"menejer": "a manager is rahbar",
        r"tez-tezlik": "the frequency cap is chastota cheklovi",
        r"\bchegara": "a limit is limit",
        r"joʻna": "sent is yuborildi",
        r"[Aa]udit jurnal": "the audit log is amallar jurnali",
        r"\bteg(?:lar|i|ni)?\b": "a tag is yorliq",
        r"\bSMS (?:ni|ning|ga|da|dan|lar|i)\b": "a suffix is joined: SMSni",
        r"akkaunt": "an account is hisob",
        r"\b(?:xabar\w*|SMS\w*|soʻrovdagi xabarlar)[^.;:]* ket(?:di|adi|maydi|madi|gan|olmaydi)\b": "sent is yuborildi",
        r"\bketgan yoki": "sent is yuborildi",
        r"[Yy]etkazish (?:foizi|ulushi)": "the delivery rate is yetkazilish foizi",
        r"roʻyxat belgilari|Roʻyxatga belgi": "a tag is yorliq",
        r"sarf cheklovi|chastotasi cheklovi": "a spending limit is xarajat limiti, the cap chastota cheklovi",
        r"sokin": "quiet hours are tinch soatlar",
        r"oxirgi (?:holat|soʻz|hisobot)": "the final status is yakuniy holat",
        r"\bpaket": "a chunk is toʻplam",
    },
    "ru": {
        r"[Мм]енеджер": "a manager is руководитель",
        r"порци[яюией]": "a chunk is пакет",
        r"\b[Пп]редел(?!я|ени|ит|ён)": "a limit is лимит",
        r"[Кк] оплате": "billed is начислено",
        r"[Жж]урнал\w* аудита": "the audit log is журнал действий",
        r"[Аа]ккаунт": "an account is учётная запись",
        r"\b[Пп]роб(?:а|ы|у|ой|е)\b|[Пп]робн": "a test is тест",
        r"сумов": "so'm after a number is сум",
        r"[Уу]твер(?:ж|д)": "to approve is одобрить",
        r"[Дд]ол[яеиюй]\w* доставки": "the delivery rate is доставляемость",
        r"[Рр]абочий процесс|[Пп]роцесс отправки": "a worker is обработчик",
        r"последн\w+ (?:статус|слов)": "the final status is окончательный статус",
    },
}


@catalogues
def test_one_term_stands_for_one_thing(po: Path) -> None:
    wrong = [
        (text, why)
        for message in _sentences(_read(po))
        for text in _forms(message)
        for pattern, why in WRONG_TERMS[_language(po)].items()
        if re.search(pattern, text)
    ]
    assert wrong == []


RECEIPTS = {"uz": ("hisobot", r"etkaz\w*\b[^.]* hisobot"), "ru": ("отчёт", r"отч[её]т\w*\b[^.]* о доставке")}


@catalogues
def test_a_receipt_is_not_called_as_a_report_is(po: Path) -> None:
    """A receipt is `yetkazish hisoboti` and «отчёт о доставке»; without the second word it is a report."""
    word, whole = RECEIPTS[_language(po)]
    texts = [(str(message.id), text) for message in _sentences(_read(po)) for text in _forms(message)]
    wrong = [text for english, text in texts if re.search("receipt", english, re.IGNORECASE)
             and re.search(word, text, re.IGNORECASE) and not re.search(whole, text, re.IGNORECASE)]  # fmt: skip
    assert wrong == []


@catalogues
def test_quotation_marks_are_those_of_the_language(po: Path) -> None:
    foreign = {"uz": "[«»„]", "ru": "[“”„]"}[_language(po)]
    assert [text for message in _sentences(_read(po)) for text in _forms(message) if re.search(foreign, text)] == []


def test_a_percent_sign_is_written_as_the_language_writes_it() -> None:
    """By CLDR: 95% in English and Uzbek, 95 % with a no-break space in Russian."""
    for po in FILES:
        wrong = {"uz": r"[\d}][ \u00a0]%", "ru": r"[\d}] ?%(?!\d)"}[_language(po)]
        assert [text for message in _sentences(_read(po)) for text in _forms(message) if re.search(wrong, text)] == []


@catalogues
def test_a_no_break_space_stands_before_a_unit(po: Path) -> None:
    """In a narrow column "9 s" at the end of a line became "9" and, on the next one, "s"."""
    units = {"uz": "ms|s|daq|[KMG]B|soʻm", "ru": "мс|с(?! [а-я])|мин|ч|д|дн\\.|п\\.|[КМГ]Б|сум"}[_language(po)]
    sentences = _sentences(_read(po))
    broken = re.compile(rf"(?<=[0-9}}]) (?:{units})(?![\w-])")
    assert [text for message in sentences for text in _forms(message) if broken.search(text)] == []
    english: list[str] = []
    with i18n.using_language("en"):
        for message in sentences:
            if isinstance(message.id, str):
                english.append(i18n._(message.id))
            else:
                one, several = message.id
                english += [i18n.ngettext(one, several, n) for n in (1, 5)]
    assert [text for text in english if re.search(r"(?<=[0-9}]) (?:ms|s|min|h|d|[KMG]B)\b", text)] == []


@catalogues
def test_nothing_of_the_screen_stays_english(po: Path) -> None:
    """A sentence that is its own translation, but for names, formats and the words that both languages share."""
    same = {
        "Administrator",
        "CSV",
        "Excel (XLSX)",
        "Format",
        "ID",
        "Id",
        "JSON",
        "May",
        "Parquet",
        "SMS",
        "Segment",
        "yyyy",
    }
    sentences = [
        text
        for message in _sentences(_read(po))
        for text in _forms(message)
        if text in (message.id if isinstance(message.id, tuple) else (message.id,))
        and re.search("[A-Za-z]{2}", re.sub(r"\{[^}]*\}", "", text))
    ]
    assert {text for text in sentences if text not in same and not re.fullmatch(r"\{n\} (?:SMS|ms)", text)} == set()


def test_uzbek_letters_are_written_with_their_own_marks() -> None:
    """ʻ (U+02BB) makes oʻ and gʻ, ʼ (U+02BC) is the tutuq belgisi; a typewriter's apostrophe is neither."""
    [po] = [file for file in FILES if _language(file) == "uz"]
    mistyped = re.compile("[oOgG][ʼ’'`](?![’'`])(?=[a-z ]|$)|[a-z][’`](?=[a-z])")
    wrong = [
        text
        for message in _sentences(_read(po))
        for text in _forms(message)
        if mistyped.search(re.sub("`[^`]*`", "", text)) and not mistyped.search(str(message.id))
    ]
    assert wrong == []  # an example of the mark itself has it in English too


@catalogues
def test_a_number_does_not_part_from_its_unit(po: Path) -> None:
    texts = [text for message in _sentences(_read(po)) for text in _forms(message)]
    assert [text for text in texts if re.search(r"[\d}] (?:%|MB|KB|GB|МБ|КБ|ГБ|soʻm|сум)(?!\w)", text)] == []
