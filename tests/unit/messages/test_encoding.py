"""Segments against sms-segments-calculator, against a walker that a reader can check by eye, and row against column."""

import gzip
import json
from pathlib import Path

import pyarrow as pa
from hypothesis import example, given
from hypothesis import strategies as st

from getsms_core.messages.encoding import (
    BASIC,
    EXTENSION,
    Encoding,
    Measure,
    Measures,
    expensive_characters,
    measure,
    measure_column,
    split_into_parts,
)
from tests.each_case import each_case

VECTORS = Path(__file__).parent / "data" / "segment_vectors.json.gz"
GSM7, UCS2 = Encoding.GSM7, Encoding.UCS2

# Letters that meet in Uzbek SMS, with enough pairs that borders are straddled often.
pieces = st.sampled_from(
    [*"abc '{}€[~\f\n\röÇΔ", *"ʻ’№…çş\t`жқ", "😀", "👨‍👩‍👧", "\U0010ffff", "a" * 66, "ж" * 66, "a" * 152]
)
texts = st.one_of(st.lists(pieces, max_size=40).map("".join), st.text(max_size=200))


def walked(text: str) -> Measure:
    """The definition, a character at a time."""
    gsm7 = all(character in BASIC + EXTENSION for character in text)
    sizes = [2 if (character in EXTENSION if gsm7 else ord(character) > 0xFFFF) else 1 for character in text]
    if sum(sizes) <= (160 if gsm7 else 70):
        return Measure(GSM7 if gsm7 else UCS2, sum(sizes), 1)
    parts, room = 0, 0
    for size in sizes:
        if size > room:
            parts, room = parts + 1, 153 if gsm7 else 67
        room -= size
    return Measure(GSM7 if gsm7 else UCS2, sum(sizes), parts)


@each_case(
    ("text", "expected"),
    [
        ("", Measure(GSM7, 0, 1)),
        ("a" * 160, Measure(GSM7, 160, 1)),
        ("a" * 161, Measure(GSM7, 161, 2)),
        ("a" * 306, Measure(GSM7, 306, 2)),
        ("a" * 307, Measure(GSM7, 307, 3)),
        ("€" * 80, Measure(GSM7, 160, 1)),
        ("a" * 152 + "{" + "a" * 152, Measure(GSM7, 306, 3)),  # ceil(306 / 153) = 2, but { would straddle
        ("ж" * 70, Measure(UCS2, 70, 1)),
        ("ж" * 71, Measure(UCS2, 71, 2)),
        ("😀" * 35, Measure(UCS2, 70, 1)),
        ("ж" * 66 + "😀" + "ж" * 66, Measure(UCS2, 134, 3)),  # likewise a surrogate pair
        ("{}[]ж", Measure(UCS2, 5, 1)),  # extension characters count once in UCS-2
        ("oʻzbek", Measure(UCS2, 6, 1)),
        ("o'zbek ö ü Ç", Measure(GSM7, 12, 1)),
        ("ç", Measure(UCS2, 1, 1)),  # only the capital is in the table
        ("a\tb", Measure(UCS2, 3, 1)),
        ("a`b", Measure(UCS2, 3, 1)),
        ("\ud83d", Measure(UCS2, 1, 1)),  # half a pair, as a cut JSON string may hold
    ],
)
def test_it_measures_one_text(text: str, expected: Measure) -> None:
    assert measure(text) == expected


def test_it_agrees_with_sms_segments_calculator_but_for_clusters_that_straddle_a_border() -> None:
    """The one deliberate difference: the calculator keeps a grapheme of several characters (a family emoji, a flag, a
    letter with a combining mark) in one part, a courtesy of its maker's own network. 3GPP TS 23.040 knows no graphemes:
    we split between characters. 156 of the 604 vectors with clusters have other borders, 12 another number of parts."""
    with gzip.open(VECTORS, "rt", encoding="utf-8") as file:
        vectors = json.load(file)
    assert len(vectors) == 10_000
    other_borders = other_parts = 0
    for text, letter, units, segments, clusters in vectors:
        result = measure(text)
        assert (result.encoding, result.units) == (GSM7 if letter == "G" else UCS2, units), repr(text)
        borders = [len(part.encode("utf-16-le")) // 2 for part in split_into_parts(text)]
        if borders != segments:
            assert clusters, repr(text)
            other_borders += 1
        if result.parts != len(segments):
            assert result.parts < len(segments), repr(text)
            other_parts += 1
    assert (other_borders, other_parts) == (156, 12)


def as_measures(column: Measures) -> list[Measure]:
    rows = zip(column.gsm7, column.units.tolist(), column.parts.tolist(), strict=True)
    return [Measure(GSM7 if gsm7 else UCS2, units, parts) for gsm7, units, parts in rows]


def test_the_column_agrees_with_the_vectors_row_by_row() -> None:
    with gzip.open(VECTORS, "rt", encoding="utf-8") as file:
        rows = [vector[0] for vector in json.load(file)]
    column = measure_column(pa.array(rows))
    assert as_measures(column) == [measure(row) for row in rows]
    assert [str(array.dtype) for array in (column.gsm7, column.units, column.parts)] == ["bool", "int32", "int32"]


@given(texts)
@example("a" * 152 + "{" + "a" * 152)
def test_one_text_is_measured_as_defined(text: str) -> None:
    assert measure(text) == walked(text)


@given(st.lists(st.none() | texts, max_size=20), st.integers(0, 3))
def test_a_column_is_measured_as_its_rows_are(rows: list[str | None], skipped: int) -> None:
    for column in (
        pa.array(rows, pa.string()).slice(skipped),
        pa.array(rows, pa.large_string()).slice(skipped),
        pa.array(rows, pa.string()).dictionary_encode().slice(skipped),
        pa.chunked_array([pa.array(rows[skipped:], pa.string()), pa.array([], pa.string())]),
    ):
        assert as_measures(measure_column(column)) == [measure(row or "") for row in rows[skipped:]]


@given(texts)
def test_the_parts_joined_are_the_text_and_each_fits(text: str) -> None:
    parts = split_into_parts(text)
    whole = measure(text)
    assert "".join(parts) == text
    assert len(parts) == whole.parts
    room = (160 if len(parts) == 1 else 153) if whole.encoding is GSM7 else (70 if len(parts) == 1 else 67)
    for part in parts:
        wide = EXTENSION if whole.encoding is GSM7 else "".join(c for c in part if ord(c) > 0xFFFF)
        assert sum(2 if c in wide else 1 for c in part) <= room


def test_it_names_what_forces_ucs2_in_order_of_first_appearance() -> None:
    assert expensive_characters("Doʻst — doʻkon № 5 {€}") == ["ʻ", "—", "№"]
    assert expensive_characters("do'st {€} ö\r\n") == []


def test_an_empty_column_has_no_measures() -> None:
    for column in (pa.array([], pa.string()), pa.chunked_array([], pa.string()), pa.nulls(0)):
        assert measure_column(column).units.size == 0


def test_a_column_of_nulls_is_empty_texts() -> None:
    measures = measure_column(pa.nulls(3))
    assert (measures.gsm7.tolist(), measures.units.tolist(), measures.parts.tolist()) == ([True] * 3, [0] * 3, [1] * 3)


def test_more_rows_than_one_block_keep_their_order() -> None:
    measures = measure_column(pa.array(["a" * (row % 200) for row in range(150_000)]))
    assert measures.units.tolist() == [row % 200 for row in range(150_000)]
