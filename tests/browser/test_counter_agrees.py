"""The counter that runs in the browser and the core agree on every text, to the character."""

import base64
import gzip
import json
import random
from typing import Any

import pytest
from playwright.sync_api import Page

from getsms_core.messages import encoding, merge_fields
from getsms_core.messages.encoding import PART_UNITS, SINGLE_SMS_UNITS, Encoding
from pages.ui.shared.asset_files import asset
from tests.conftest import ROOT
from tests.effort import times

HTML, JS = asset("text_editor/assets/counter.html"), asset("text_editor/assets/counter.js")
VECTORS = ROOT / "tests" / "unit" / "messages" / "data" / "segment_vectors.json.gz"
DATA: dict[str, Any] = {
    "basic": encoding.BASIC,
    "extension": encoding.EXTENSION,
    "singleUnits": [SINGLE_SMS_UNITS[Encoding.GSM7], SINGLE_SMS_UNITS[Encoding.UCS2]],
    "partUnits": [PART_UNITS[Encoding.GSM7], PART_UNITS[Encoding.UCS2]],
    "names": [Encoding.GSM7.value, Encoding.UCS2.value],
    "words": {name: name for name in ("label", "insert", "placeholder", "characters", "encoding", "parts", "expensive")}
    | {"sample": "", "left": "{n}", "value": "{characters}"},
    "costs": {},
}
ROW = {
    "Straße": "ko'cha",
    "Ism": "Aziza",
    "to'lov KUNI": "5-may",
    "Bo'sh": "",
    "ЎҚУВЧИ": "Али",
    "Belgi": "{€} “ʻ”",
    "O'quvchi": "Lola",
    "Район": "Чуст",
}
PIECES = [
    "Hurmatli ", "oʻ", "O'zbek", "{ism}", "{ ISM }", "{Bo'sh|mijoz}", "{bo'sh}", "{bo'sh|  a\tb }", "{ўқувчи}",
    "{to'lov  kuni}", "{\u2003ism\x1f}", "{STRASSE}", "{straße}", "{belgi}",
    "{oʻquvchi}", "{O\u2018QUVCHI}", "{раи\u0306он}", "{is\u00adm\u200b}", "{bo'sh|o\u0308 и\u0306}",
    "{bo'sh|\u200b\u3164}", "{{", "}}", "{{x}}", "€", "[", "^", "\n", "\r\n", "😀", "👍🏽", "é", "ё", "…", " ",
    "x" * 60, "Ж" * 40, "~" * 30, "\f", "\u00a0", "№1", "ß", "İ",
]  # fmt: skip


@pytest.fixture
def module(blank_page: Page) -> Page:
    """A page with the counter's module on it as `counter`."""
    blank_page.set_content(f"<div id='root'>{HTML}</div>")
    source = base64.b64encode(JS.encode()).decode()
    blank_page.evaluate(f"import('data:text/javascript;base64,{source}').then((m) => {{ window.counter = m }})")
    return blank_page


def test_it_measures_the_committed_vectors_as_the_core_does(module: Page) -> None:
    with gzip.open(VECTORS, "rt", encoding="utf-8") as file:
        texts = [vector[0] for vector in json.load(file)]
    measured = module.evaluate(
        "([texts, data]) => texts.map((t) => { const m = counter.measure(t, data);"
        " return [m.wide, m.units, m.parts, m.characters] })",
        [texts, DATA],
    )
    wrong = []
    for text, counted in zip(texts, measured, strict=True):
        size = encoding.measure(text)
        if counted != [int(size.encoding == Encoding.UCS2), size.units, size.parts, len(text)]:
            wrong.append((text, counted, size))
    assert len(texts) >= 10_000
    assert wrong == []


def _texts(n: int) -> list[str]:
    """Short and long texts, the longest of 1,600 characters: pieces that meet in SMS, and any characters at all."""
    chance = random.Random(11)
    random_texts = ["".join(chance.choice(PIECES) for _ in range(chance.randrange(1, 12))) for _ in range(n // 2)]
    spans = [
        (0x20, 0x7E),
        (0xA0, 0x17F),
        (0x2B0, 0x36F),
        (0x400, 0x4FF),
        (0x2000, 0x206F),
        (0x2190, 0x27BF),
        (0x1F300, 0x1F6FF),
    ]
    while len(random_texts) < n:
        some = chance.sample(spans, chance.randrange(1, 4))
        length = chance.choice([40, 69, 70, 71, 134, 135, 153, 160, 161, 306, 307, 1600])
        letters = "".join(chr(chance.randint(*chance.choice(some))) for _ in range(length))
        random_texts.append(
            letters.replace("{", "{{").replace("}", "}}") + chance.choice(["", "", "{ism}", "{bo'sh|\u202e№}"])
        )
    return [text[:1600] if not text.endswith("}") else text for text in random_texts]


SHOWN = """([texts, data]) => {
  const root = document.getElementById("root")
  let version = 0
  return texts.map((text) => {
    counter.default({ data: { ...data, text, version: ++version }, parentElement: root, setStateValue() {} })
    const says = (selector) => root.querySelector(selector).textContent
    const marks = [...root.querySelectorAll(".marks mark")]
    return {
      text: root.querySelector("textarea").value, under: says(".marks"),
      parts: says(".parts"), encoding: says(".encoding"), characters: says(".characters"),
      left: says(".characters-word"), costs: says(".costs"),
      dear: marks.filter((m) => !/field|unknown/.test(m.className)).map((m) => m.textContent).join(""),
      unknown: marks.filter((m) => m.className === "unknown").length,
    }
  })
}"""


def _digits(written: str) -> int:
    return int("".join(letter for letter in written if letter.isdecimal()))


def _room(text: str) -> int:
    """The units that are left in the last SMS of a text."""
    size = encoding.measure(text)
    alone = size.parts == 1
    last = encoding.split_into_parts(text)[-1]
    wide = encoding.EXTENSION if size.encoding is Encoding.GSM7 else None
    used = sum(2 if (letter in wide if wide else letter > "\uffff") else 1 for letter in last)
    return (SINGLE_SMS_UNITS if alone else PART_UNITS)[size.encoding] - used


@pytest.mark.parametrize("language", ["en", "uz", "ru"])
def test_it_merges_marks_and_counts_as_the_core_does(module: Page, language: str) -> None:
    texts = _texts(times(150))
    data = DATA | {"sample": ROW, "columns": list(ROW), "language": language}
    shown = module.evaluate(SHOWN, [texts, data])
    assert max(map(len, texts)) >= 1600
    for text, shown_text in zip(texts, shown, strict=True):
        typed = shown_text["text"]  # a text area knows no \\r
        assert typed == text.replace("\r\n", "\n").replace("\r", "\n")
        assert shown_text["under"] == typed + "\u200b"  # the marks lie under the very letters
        parsed = merge_fields.parse(typed)
        merged = parsed.render({name: merge_fields.clean(value) for name, value in ROW.items()})
        size = encoding.measure(merged)
        literal = "".join(piece for piece in parsed.pieces if isinstance(piece, str))
        assert shown_text["dear"] == "".join(letter for letter in literal if encoding.expensive_characters(letter)), (
            text
        )
        assert (shown_text["encoding"], shown_text["unknown"], shown_text["costs"]) == (size.encoding.value, 0, ""), (
            text
        )
        counted = (_digits(shown_text["parts"]), _digits(shown_text["characters"]), _digits(shown_text["left"]))
        assert counted == (size.parts, len(merged), _room(merged)), text


def test_of_columns_that_differ_in_case_it_takes_the_exact_one_and_marks_what_is_ambiguous(module: Page) -> None:
    row = {"ISM": "AZIZA", "Ism": "Aziza X", "Summa": "1"}
    texts = ["{ISM}", "{Ism}", "{ism}", "{ISM}{Ism}{SUMMA}"]
    data = DATA | {"sample": row, "columns": list(row), "language": "en"}
    shown = module.evaluate(SHOWN, [texts, data])
    assert [(shown_text["unknown"], _digits(shown_text["characters"])) for shown_text in shown] == [
        (0, 5),
        (0, 7),
        (1, 0),
        (0, 13),
    ]


def test_a_brace_that_closes_nothing_is_counted_as_it_stands(module: Page) -> None:
    texts = ["Salom {", "} x", "{a{b}", "{", "{{}", "{ }"]
    data = DATA | {"sample": ROW, "columns": list(ROW), "language": "en"}
    for text, shown_text in zip(texts, module.evaluate(SHOWN, [texts, data]), strict=True):
        assert shown_text["under"] == text + "\u200b"
        assert shown_text["encoding"] == "GSM-7"


def test_it_says_what_each_expensive_character_costs_while_it_is_there(module: Page) -> None:
    data = DATA | {"sample": {}, "columns": [], "language": "en", "costs": {"ʻ": "190 so'm", "\u00a0": "95 so'm"}}
    shown = module.evaluate(SHOWN, [["oʻ", "o'", "ʻ\u00a0"], data])
    assert [shown_text["costs"] for shown_text in shown] == ["ʻ190 so'm", "", "ʻ190 so'm␣95 so'm"]
