"""Mending: what is replaced, what never is, and what each expensive character costs."""

import json

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from getsms_core.messages import template_text
from getsms_core.messages.encoding import BASIC, EXTENSION, Encoding, expensive_characters, measure
from getsms_core.messages.gsm7_replacements import (
    REPLACEMENTS,
    Change,
    changed_rows,
    replace_expensive,
    replace_in_column,
    replace_in_text,
    replaceable,
    report,
)
from tests.each_case import each_case

FAMILY = "👨‍👩‍👧"
pieces = st.sampled_from(
    [*REPLACEMENTS, *"abc о ş ç ğ Ж '\"-{}€\n", "😀", FAMILY, "\u200d", "\u200dж", "❤\ufe0f", "♂", "▪\ufe0f", "\ufe0f"]
)
texts = st.one_of(st.lists(pieces, max_size=30).map("".join), st.text(max_size=50))


@each_case(
    ("text", "expected"),
    [
        ("oʻ oʼ o‘ o’ o‛ o′ o` o´", "o' o' o' o' o' o' o' o'"),
        ("«Bozor» “aksiya” „sale‟ 5″", '"Bozor" "aksiya" "sale" 5"'),
        ("№ 5", "N 5"),
        ("9–18 — ha ‑ yoʻq − 1", "9-18 - ha - yo'q - 1"),
        ("Kuting…", "Kuting..."),
        ("10\u00a0000\u202fso\u02bbm", "10 000 so'm"),
        ("a\u200bb\ufeffc\u2060d\u00ade\u200ff", "abcdef"),
        ("• bir\n• ikki", "- bir\n- ikki"),
        ("▪\ufe0f bir\n●\ufe0f ikki", "- bir\n- ikki"),
        ("oꞌ o῾ o΄ o｀", "o' o' o' o'"),
        ("→ o\ufb01s", "-> ofis"),
        ("a\tb", "a b"),
        ("a\u2028b", "a\nb"),
        ("2×2", "2x2"),
        ("", ""),
    ],
)
def test_it_replaces_typography_by_gsm7_equivalents(text: str, expected: str) -> None:
    assert replace_expensive(text).text == expected
    assert measure(expected).encoding is Encoding.GSM7


@pytest.mark.parametrize(
    "text",
    ["Ўзбекистон ҳар куни", "şahar çiroyli ğalaba", "do'st {€} ö ü\r\n", "😀🎉❤\ufe0f 1\ufe0f\u20e3", FAMILY, "中文"],
)
def test_it_never_touches_letters_and_emoji(text: str) -> None:
    assert replace_expensive(text).text == text
    assert replace_expensive(text).changes == []


def test_it_takes_away_a_joiner_that_joins_no_emoji() -> None:
    assert replace_in_text(f"a\u200db {FAMILY} ж\u200d") == f"ab {FAMILY} ж"


def test_what_is_mendable_depends_on_where_it_stands() -> None:
    assert replaceable(f"❤\ufe0f {FAMILY}") == set()
    assert replaceable("▪\ufe0f a\u200db ʻ") == {"▪", "\ufe0f", "\u200d", "ʻ"}


def test_it_says_what_it_changed_where() -> None:
    assert replace_expensive("Doʻst — № 1").changes == [Change(2, "ʻ", "'"), Change(6, "—", "-"), Change(8, "№", "N")]


def test_it_mends_only_the_characters_asked_for() -> None:
    assert replace_expensive("oʻ — …", only="ʻ").text == "o' — …"
    assert replace_expensive("oʻ — …", only=["—", "ж"]).changes == [Change(3, "—", "-")]
    assert replace_in_column(pa.array(["oʻ — …"]), only="…").to_pylist() == ["oʻ — ..."]


def test_every_replacement_is_gsm7_and_fits_into_the_bytes_of_what_it_replaces() -> None:
    for before, after in REPLACEMENTS.items():
        assert expensive_characters(before) == [before]
        assert set(after) <= set(BASIC + EXTENSION)
        assert len(after.encode()) <= len(before.encode())


@given(texts)
def test_mending_again_changes_nothing_unless_a_joiner_met_new_neighbours(text: str) -> None:
    once = replace_in_text(text)
    assert replace_in_text(once) == once or "\u200d" in text


@given(texts)
def test_the_changes_applied_to_the_text_give_the_mended_text(text: str) -> None:
    mended = replace_expensive(text)
    characters = list(text)
    for change in mended.changes:
        assert characters[change.position] == change.before
        characters[change.position] = change.after
    assert "".join(characters) == mended.text == replace_in_text(text)


@given(st.lists(st.none() | texts, max_size=20), st.integers(0, 3), st.none() | st.just("ʻ—\u200d"))
def test_a_column_is_mended_as_its_rows_are(rows: list[str | None], skipped: int, only: str | None) -> None:
    expected = [None if row is None else replace_in_text(row, only) for row in rows[skipped:]]
    whole = pa.array(rows, pa.string()).slice(skipped)
    chunked = pa.chunked_array([rows[skipped : skipped + 2], rows[skipped + 2 :]], pa.string())
    for column in (whole, chunked, whole.cast(pa.large_string())):
        mended = replace_in_column(column, only)
        assert mended.to_pylist() == expected
        assert isinstance(mended, type(chunked)) == isinstance(column, type(chunked))
        mended.validate(full=True)


def test_a_column_with_nothing_to_mend_comes_back_itself() -> None:
    column = pa.array(["salom", "салом", None, ""])
    assert replace_in_column(column) is column


def test_the_rows_that_mending_changes_are_found() -> None:
    column = pa.chunked_array([["oʻ", "o", None], ["№", "ж", "…"]], pa.string())
    assert changed_rows(column, 9) == [0, 3, 5]
    assert changed_rows(column, 2) == [0, 3]


def test_more_rows_than_one_block_keep_their_order() -> None:
    rows = [f"oʻ{row}…" if row % 3 else f"o{row}" for row in range(150_000)]
    assert replace_in_column(pa.array(rows)).to_pylist() == [row.replace("ʻ", "'").replace("…", "...") for row in rows]


def test_the_report_has_exactly_the_keys_of_the_command_in_order() -> None:
    answer = report("Do‘kon № 5")
    assert json.dumps(answer, ensure_ascii=False) == (
        '{"encoding": "UCS-2", "units": 10, "parts": 1, "expensive": ["‘", "№"], '
        '"mended": "Do\'kon N 5", "mended_parts": 1}'
    )
    assert report("salom {€}") == {
        "encoding": "GSM-7", "units": 12, "parts": 1, "expensive": [], "mended": "salom {€}", "mended_parts": 1,
    }  # fmt: skip
    assert report("ё" * 80)["mended_parts"] == 2


@given(texts)
def test_the_report_agrees_with_its_sources(text: str) -> None:
    answer = report(text)
    assert answer["expensive"] == expensive_characters(text)
    assert answer["mended"] == replace_in_text(text) or measure(replace_in_text(text)).parts > answer["parts"]
    assert answer["mended_parts"] == measure(answer["mended"]).parts <= answer["parts"]
    assert type(answer["encoding"]) is str


def test_a_text_that_stays_unicode_is_not_made_longer() -> None:
    cyrillic, full = "«Янги» нархлар…", "«" + "ж" * 68 + "…"
    assert report(full)["mended"] == template_text.replace_in_template(full) == '"' + "ж" * 68 + "…"
    assert template_text.replace_in_template(cyrillic) == '"Янги" нархлар…'
    assert report("…" * 70)["mended_parts"] == 1
    assert [change.before for change in template_text.template_changes(cyrillic + "{ism|…}")] == ["«", "»"]
    assert template_text.replace_in_template("Narxlar… {ism|“mijoz”…}") == 'Narxlar... {ism|"mijoz"...}'
    assert template_text.replace_in_template("“" + "…" * 54) == '"' + "…" * 54  # one SMS; as "..." it would be two


def test_a_letter_and_its_mark_are_one_character_in_the_text_that_is_proposed() -> None:
    decomposed = report("Ko\u0308p " + "x" * 100)
    assert (decomposed["encoding"], decomposed["expensive"]) == ("UCS-2", ["\u0308"])
    assert (decomposed["mended"], decomposed["mended_parts"]) == ("Köp " + "x" * 100, 1)
    assert report("Buyurtmangiz " + "и\u0306" * 40)["mended_parts"] == 1
    assert report("{o\u0308} и\u0306")["mended"] == "{o\u0308} й"
    assert report("\u0344" * 40)["mended"] == "\u0344" * 40  # Unicode has it in two: nothing to gain
