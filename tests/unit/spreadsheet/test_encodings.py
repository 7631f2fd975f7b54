"""The encoding of a text file is found by whole words: in three languages, two scripts, and with damaged bytes."""

from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from getsms_core.spreadsheet import read
from getsms_core.spreadsheet.encodings import detect_encoding
from tests.each_case import each_case

UZBEK_LATIN = [
    *("O‘g‘iloy Qo‘chqorova", "Ra’no Yo‘ldosheva", "«Barka» MChJ", "G‘ulom – usta", "“Navro‘z” MChJ", "Sana’at № 5"),
    *("Ma’mura", "Ibrohim", "‘Nur’ do‘koni"),
]
UZBEK_CYRILLIC = [
    *("Алишер Каримов", "Дилноза Юсупова", "ЎЗБЕКИСТОН МЧЖ", "Тўлқин Ғуломов", "Шаҳноза Қодирова", "Тошкент ш."),
    *("«НАВРУЗ» МЧЖ", "Саъдулла", "Ўктам"),
]
RUSSIAN = [
    *("Иван Петров", "Мария Сидорова", "ООО «Ромашка»", "Щербаков Юрий", "Подъезд № 5", "ул. Ленина – 5", "Аня"),
    *("ЁЛКИН Фёдор", "Эльвира"),
]
rows = st.one_of(*(st.lists(st.sampled_from(names), min_size=1, max_size=6) for names in (UZBEK_CYRILLIC, RUSSIAN)))
latin_rows = st.lists(st.sampled_from(UZBEK_LATIN), min_size=1, max_size=6)


def csv_text(names: list[str]) -> str:
    return "Ism;Telefon\n" + "".join(f"{name};99890123456{row}\n" for row, name in enumerate(names))


@given(rows, st.sampled_from(["cp1251", "cp866", "koi8-r", "utf-8", "utf-8-sig", "utf-16", "utf-16-le"]))
@example(["Аня"], "cp866")
@example(["«НАВРУЗ» МЧЖ"], "cp1251")
@settings(deadline=None)
def test_cyrillic_is_read_in_the_encoding_that_it_was_written_in(names: list[str], encoding: str) -> None:
    content = csv_text(names).encode(encoding, "replace")
    assert content.decode(detect_encoding(content)) == content.decode(encoding)


@given(latin_rows, st.sampled_from(["cp1251", "utf-8", "utf-16"]))
@example(["«Barka» MChJ"], "cp1251")
@example(["G‘ulom – usta"], "cp1251")
@settings(deadline=None)
def test_uzbek_in_latin_letters_gets_no_other_letters(names: list[str], encoding: str) -> None:
    content = csv_text(names).encode(encoding)
    assert content.decode(detect_encoding(content)) == csv_text(names)


@given(
    st.one_of(rows, latin_rows).filter(lambda names: sum(not letter.isascii() for letter in "".join(names)) > 3),
    st.sampled_from([b"", b"?", b"\xff", b"\x80", b"\xd0", b"A"]),
    st.integers(0, 10_000),
)
@settings(deadline=None)
def test_one_damaged_byte_does_not_change_the_encoding(names: list[str], instead: bytes, at: int) -> None:
    content = csv_text(names).encode()
    places = [place for place, byte in enumerate(content) if byte > 127]
    place = places[at % len(places)]
    damaged = content[:place] + instead + content[place + 1 :]
    assert detect_encoding(damaged) == "utf-8"


@each_case("names", [["Лола", "Али"], ["ЛОЛА", "АЛИ"], ["Юлдуз Яшин", "Шахноза"], ["Эътибор", "Чарос Цой"]])
@pytest.mark.parametrize("header", ["Исм;Телефон", "Ism;Telefon"])
@pytest.mark.parametrize("encoding", ["mac_cyrillic", "iso8859-5"])
def test_lists_in_rare_encodings_are_read(names: list[str], header: str, encoding: str) -> None:
    content = f"{header}\n" + "".join(f"{name};99890123456{at}\n" for at, name in enumerate(names))
    encoded = content.encode(encoding)
    assert encoded.decode(detect_encoding(encoded)) == content


@pytest.mark.parametrize("damaged", [b"Ma\xca\xffmura", b"O\xca", b"O\xbbgil", b"Oqil\xff"])
def test_the_only_character_beyond_ascii_may_be_the_damaged_one(damaged: bytes) -> None:
    assert detect_encoding(b"Ism;Telefon\n" + damaged + b";998901234567\n") == "utf-8"


def test_a_damaged_character_is_named_with_its_row_and_changes_no_other_cell(tmp_path: Path) -> None:
    content = csv_text(["Алишер", "Дилноза", "Шаҳноза"]).encode()
    (tmp_path / "a.csv").write_bytes(content.replace("Дил".encode(), b"\xd0\xd0\xb8\xd0\xbb"))
    sheet = read(tmp_path / "a.csv")
    assert sheet.encoding == "utf-8"
    assert sheet.table["Ism"].to_pylist() == ["Алишер", "\ufffdилноза", "Шаҳноза"]
    assert sheet.damaged_rows() == [3]


def test_a_whole_file_has_no_damaged_rows(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text(csv_text(UZBEK_LATIN), "utf-8")
    assert read(tmp_path / "a.csv").damaged_rows() == []
