"""How a file would be read otherwise, seen before anything is made of it."""

from pathlib import Path

import pytest

from getsms_core.base.errors import DomainError
from getsms_core.base.permissions import Actor
from getsms_core.contacts import lists
from getsms_core.contacts import preview as list_preview
from getsms_core.contacts.lists import Options
from getsms_core.db.engine import Store
from tests.engine_support import AZIZA


def kept(store: Store, actor: Actor, content: bytes, filename: str = "a.csv") -> int:
    return lists.upload(store, actor, "Mijozlar", filename, lists.iter_parts(content), Options())


def test_a_file_that_cannot_be_read_says_why_and_raises_nothing(store: Store, actor: Actor) -> None:
    seen = list_preview.preview(store, AZIZA, kept(store, actor, b"PK\x03\x04 broken", "a.xlsx"), Options())
    assert (seen.rows, seen.columns) == ([], [])
    assert "damaged" in seen.trouble


def test_a_list_that_is_not_there_is_refused(store: Store) -> None:
    with pytest.raises(DomainError, match="no list 7"):
        list_preview.preview(store, AZIZA, 7, Options())


def test_a_list_without_its_file_says_that_it_must_be_uploaded_again(
    store: Store, actor: Actor, tmp_path: Path
) -> None:
    path = tmp_path / "a.csv"
    path.write_text("Ism,Telefon\nAli,901234567\n")
    list_id = lists.add_file(store, actor, path, "Ali", Options())
    assert "Upload it again" in list_preview.preview(store, AZIZA, list_id, Options()).trouble


def test_without_a_phone_column_the_rows_are_shown_and_the_columns_named(store: Store, actor: Actor) -> None:
    seen = list_preview.preview(store, AZIZA, kept(store, actor, b"Kod;Ism\n12;Ali\n13;Lola\n"), Options())
    assert seen.phone_column is None
    assert "Kod, Ism" in seen.trouble
    assert [cells for _row, cells, _said in seen.rows] == [["12", "Ali"], ["13", "Lola"]]


def test_each_row_says_what_becomes_of_its_number_with_these_choices(store: Store, actor: Actor) -> None:
    content = "Исм;Телефон\nЛола;71 234 56 78\nАли;90 123 45 67\n".encode("cp866")
    seen = list_preview.preview(store, AZIZA, kept(store, actor, content), Options(encoding="cp866", delimiter=";"))
    assert seen.columns == ["Исм", "Телефон"]
    assert [(row, cells[0]) for row, cells, _said in seen.rows] == [(2, "Лола"), (3, "Али")]
    assert "landline" in seen.rows[0][2]
    assert seen.rows[1][2] == "998901234567"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "utf-16-le", "utf-16-be"])
def test_of_a_long_text_whole_lines_of_the_beginning_are_enough(store: Store, actor: Actor, encoding: str) -> None:
    rows = "".join(f"Дилноза Юсупова {at},90{at:07d}\n" for at in range(100))
    content = f"Исм,Телефон\n{rows * 1_200}".encode(encoding)
    assert len(content) > lists.PART_BYTES
    encoding_option = None if encoding == "utf-8" else encoding
    seen = list_preview.preview(store, AZIZA, kept(store, actor, content), Options(encoding=encoding_option))
    assert seen.trouble == ""
    assert seen.rows[0] == (2, ["Дилноза Юсупова 0", "900000000"], "998900000000")


def test_the_beginning_of_a_text_ends_with_a_whole_line_in_either_byte_order() -> None:
    for encoding in ("utf-8", "utf-16-le", "utf-16-be"):
        whole = "Ali,1\nЛола,2\n".encode(encoding)
        torn = whole + "Во".encode(encoding)[:3]
        assert list_preview.whole_lines(torn) == whole, encoding
    assert list_preview.whole_lines(b"no line ends here") == b"no line ends here"
