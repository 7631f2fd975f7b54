"""Refused cells corrected by hand, and lists from pasted numbers: the same checks as a file's."""

from pathlib import Path

import pytest

from getsms_core.base.errors import DomainError
from getsms_core.base.permissions import Actor, Role
from getsms_core.contacts import corrections, lists, pasting, suppression
from getsms_core.db.engine import Store
from tests.engine_support import AZIZA, audited

ROWS = "Ism;Telefon;Shahar\nAli;998901234567;Toshkent\nLola;12;Buxoro\nVali;yoʻq;Xiva\nGuli;;Nukus\n"


def keep(store: Store, folder: Path) -> int:
    path = folder / "mijozlar.csv"
    path.write_text(ROWS)
    return lists.add_file(store, AZIZA, path, "Mijozlar", lists.Options())


def refusal(store: Store, list_id: int, cells: dict[int, str], actor: Actor = AZIZA) -> DomainError:
    with pytest.raises(DomainError) as caught:
        corrections.correct(store, actor, list_id, cells)
    return caught.value


def test_a_cell_that_is_still_wrong_or_was_right_saves_nothing(store: Store, tmp_path: Path) -> None:
    list_id = keep(store, tmp_path)
    error = refusal(store, list_id, {1: "998901234568", 2: "712345678"})
    assert (error.code, "Row 4" in error.message) == ("still-refused", True)
    assert refusal(store, list_id, {0: "998901234568"}).code == "not-refused"
    assert refusal(store, list_id, {9: "998901234568"}).code == "no-such-row"
    assert refusal(store, list_id, {1: " "}).code == "nothing-to-correct"
    assert refusal(store, list_id, dict.fromkeys(range(1_001), "998901234568")).code == "too-many-corrections"
    assert refusal(store, 99, {1: "998901234568"}).code == "no-such-list"
    assert [stored_list.id for stored_list in lists.all_lists(store)] == [list_id]


@pytest.mark.parametrize("role", [Role.ANALYST, Role.MANAGER])
def test_masked_roles_may_not_correct(store: Store, tmp_path: Path, role: Role) -> None:
    assert refusal(store, keep(store, tmp_path), {1: "998901234568"}, Actor("Bek", role)).code == "not-allowed"


def test_a_corrected_row_is_part_of_a_new_list_with_its_row_and_columns(store: Store, tmp_path: Path) -> None:
    list_id = keep(store, tmp_path)
    corrected = corrections.correct(store, AZIZA, list_id, {1: "90 123 45 68", 3: "998931234569"})
    assert lists.accepted(store, corrected).to_pylist() == [
        {"row": 2, "phone": 998901234567, "Ism": "Ali", "Telefon": "998901234567", "Shahar": "Toshkent"},
        {"row": 3, "phone": 998901234568, "Ism": "Lola", "Telefon": "90 123 45 68", "Shahar": "Buxoro"},
        {"row": 5, "phone": 998931234569, "Ism": "Guli", "Telefon": "998931234569", "Shahar": "Nukus"},
    ]
    counts = lists.get(store, corrected).counts.to_stored()
    assert counts == {"rows": 4, "accepted": 3, "repaired": 1, "rejected": 1, "duplicates": 0, "opted_out": 0}
    assert lists.get(store, list_id).counts.accepted == 1
    assert "rows 3, 5" in lists.get(store, corrected).origin
    assert audited(store, "list.make")
    again = corrections.correct(store, AZIZA, corrected, {2: "998991234560"})
    assert lists.get(store, again).counts.accepted == 4


def test_a_corrected_number_may_be_a_duplicate_or_opted_out(store: Store, tmp_path: Path) -> None:
    list_id = keep(store, tmp_path)
    suppression.add(store, AZIZA, [998931234569], "test", "")
    corrected = corrections.correct(store, AZIZA, list_id, {1: "998901234567", 2: "998931234569", 3: "998991234560"})
    checked = lists.checked(store, corrected)
    assert checked.rows["outcome"].to_pylist() == ["as-is", "duplicate", "opted-out", "as-is"]
    assert checked.other_rows.tolist() == [0, 2, 0, 0]


def test_rows_are_found_by_their_numbers(store: Store, tmp_path: Path) -> None:
    checked = lists.checked(store, keep(store, tmp_path))
    assert corrections.positions_of_rows(checked, {3: "a", 5: "b"}) == {1: "a", 3: "b"}
    for row, code in ((2, "not-refused"), (9, "no-such-row")):
        with pytest.raises(DomainError) as caught:
            corrections.positions_of_rows(checked, {row: "a"})
        assert caught.value.code == code


@pytest.mark.parametrize("text", ["", " \n,;", "—"])
def test_nothing_pasted_is_no_list(store: Store, text: str) -> None:
    with pytest.raises(DomainError) as caught:
        pasting.upload_pasted(store, AZIZA, text, "")
    assert caught.value.code == "nothing-pasted"
    assert not lists.all_lists(store)


PASTED = {
    "998901234567\n+998 93 123-45-68\n12\n": ["998901234567", "+998 93 123-45-68", "12"],
    "998901234567, 931234568; 90 123 45 69": ["998901234567", "931234568", "90 123 45 69"],
    "90 123 45 67 93 123 45 68\r\n\r\n998991234560": ["90 123 45 67", "93 123 45 68", "998991234560"],
    "tel: 90 123 45 67\nwa.me/998931234568": ["90 123 45 67", "wa.me/998931234568"],
}


@pytest.mark.parametrize(("text", "cells"), PASTED.items())
def test_each_pasted_number_is_a_row(store: Store, text: str, cells: list[str]) -> None:
    list_id = pasting.upload_pasted(store, AZIZA, text, "", request_key="one")
    assert pasting.upload_pasted(store, AZIZA, text, "", request_key="one") == list_id
    lists.check_uploaded_list(store, list_id)
    checked = lists.checked(store, list_id)
    assert checked.rows["value"].to_pylist() == cells
    assert checked.rows["row"].to_pylist() == list(range(1, len(cells) + 1))
    assert len(lists.all_lists(store)) == 1


def test_pasted_rows_of_a_spreadsheet_keep_their_columns(store: Store) -> None:
    text = "Ism\tTelefon\tShahar\nAli\t90 123 45 67\tToshkent, 5\nLola\t12\tBuxoro\n"
    list_id = pasting.upload_pasted(store, AZIZA, text, "Yangi")
    lists.check_uploaded_list(store, list_id)
    assert lists.get(store, list_id).facts["columns"] == ["Ism", "Telefon", "Shahar"]
    assert lists.get(store, list_id).counts.accepted == 1


@pytest.mark.parametrize("separator", ["\t", ";", ", ", "|"])
def test_pasted_rows_with_good_numbers_alone_keep_their_names(store: Store, separator: str) -> None:
    """Their names and columns were lost where no row had a wrong number."""
    rows = (("Ism", "Telefon"), ("Ali", "90 123 45 67"), ("Lola", "998931234568"))
    list_id = pasting.upload_pasted(store, AZIZA, "\n".join(map(separator.join, rows)), "Yangi")
    lists.check_uploaded_list(store, list_id)
    checked = lists.checked(store, list_id)
    assert checked.fields["Ism"].to_pylist() == ["Ali", "Lola"]
    assert checked.rows["phone"].to_pylist() == [998901234567, 998931234568]
