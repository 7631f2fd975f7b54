"""The counter that runs in the browser and the core agree on every text, to the character."""

import base64
import gzip
import json
import random
from typing import Any

import pytest
from playwright.sync_api import Page

from getsms_core import segments, template
from getsms_core.segments import EACH, ONE, Encoding
from pages.ui.counter_js import HTML, JS
from tests.conftest import ROOT

VECTORS = ROOT / "tests" / "unit" / "data" / "segment_vectors.json.gz"
DATA: dict[str, Any] = {
    "basic": segments.BASIC,
    "extension": segments.EXTENSION,
    "one": [ONE[Encoding.GSM7], ONE[Encoding.UCS2]],
    "each": [EACH[Encoding.GSM7], EACH[Encoding.UCS2]],
    "names": [Encoding.GSM7.value, Encoding.UCS2.value],
    "words": {name: name for name in ("label", "insert", "placeholder", "characters", "encoding", "parts", "dear")}
    | {"sample": "", "left": "{n}", "value": "{characters}"},
    "costs": {},
}
ROW = {"Ism": "Aziza", "to'lov KUNI": "5-may", "Bo'sh": "", "ЎҚУВЧИ": "Али", "Belgi": "{€} “ʻ”"}
PIECES = [
    "Hurmatli ", "oʻ", "O'zbek", "{ism}", "{ ISM }", "{Bo'sh|mijoz}", "{bo'sh}", "{bo'sh|  a\tb }", "{ўқувчи}",
    "{to'lov  kuni}", "{belgi}", "{{", "}}", "{{x}}", "€", "[", "^", "\n", "\r\n", "😀", "👍🏽", "é", "ё", "…", " ",
    "x" * 60, "Ж" * 40, "~" * 30, "\f", "\u00a0", "№1", "ß", "İ",
]  # fmt: skip


@pytest.fixture
def module(page: Page) -> Page:
    """A page with the counter's module on it as `counter`."""
    page.set_content(f"<div id='root'>{HTML}</div>")
    source = base64.b64encode(JS.encode()).decode()
    page.evaluate(f"import('data:text/javascript;base64,{source}').then((m) => {{ window.counter = m }})")
    return page


def test_it_measures_the_committed_vectors_as_the_core_does(module: Page) -> None:
    with gzip.open(VECTORS, "rt", encoding="utf-8") as file:
        texts = [vector[0] for vector in json.load(file)]
    found = module.evaluate(
        "([texts, data]) => texts.map((t) => { const m = counter.measure(t, data);"
        " return [m.wide, m.units, m.parts, m.characters] })",
        [texts, DATA],
    )
    wrong = []
    for text, counted in zip(texts, found, strict=True):
        size = segments.measure(text)
        if counted != [int(size.encoding == Encoding.UCS2), size.units, size.parts, len(text)]:
            wrong.append((text, counted, size))
    assert len(texts) >= 10_000
    assert wrong == []


def _texts(n: int) -> list[str]:
    chance = random.Random(11)
    return ["".join(chance.choice(PIECES) for _ in range(chance.randrange(1, 12))) for _ in range(n)]


def test_it_merges_marks_and_counts_as_the_core_does(module: Page) -> None:
    texts = _texts(400)
    shown = module.evaluate(
        """([texts, data]) => {
          const root = document.getElementById("root")
          let version = 0
          return texts.map((text) => {
            counter.default({ data: { ...data, text, version: ++version }, parentElement: root, setStateValue() {} })
            const says = (selector) => root.querySelector(selector).textContent
            const marks = [...root.querySelectorAll(".marks mark")]
            return {
              text: root.querySelector("textarea").value,
              parts: says(".parts"), encoding: says(".encoding"), characters: says(".characters"),
              dear: marks.filter((m) => !/field|unknown/.test(m.className)).map((m) => m.textContent).join(""),
              unknown: marks.filter((m) => m.className === "unknown").length,
            }
          })
        }""",
        [texts, DATA | {"sample": ROW, "columns": list(ROW), "language": "en"}],
    )
    for text, found in zip(texts, shown, strict=True):
        typed = found["text"]  # a text area knows no \\r
        parsed = template.parse(typed)
        merged = parsed.render({name: template.clean(value) for name, value in ROW.items()})
        size = segments.measure(merged)
        literal = "".join(piece for piece in parsed.pieces if isinstance(piece, str))
        dear = "".join(letter for letter in literal if segments.expensive(letter))
        assert found == {
            "text": text.replace("\r\n", "\n"),
            "parts": str(size.parts),
            "encoding": size.encoding.value,
            "characters": str(len(merged)),
            "dear": dear,
            "unknown": 0,
        }, text
