"""Every row of a file ends as exactly one recipient or one named refusal."""

import re
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from getsms_core import phone
from getsms_core.base import cell_bytes
from getsms_core.base.errors import DomainError
from getsms_core.base.i18n import using_language
from getsms_core.contacts import validation
from getsms_core.contacts.validation import CheckedList, check_list
from getsms_core.spreadsheet import Sheet, read
from tests.make_samples import CLEAN, DATA, ERRORS, make

A, B = 998901234567, 998911234567


def sheet(*phones: str | None, **columns: list[str]) -> Sheet:
    table = pa.table(
        {"Ism": [f"N{at}" for at in range(len(phones))], "Telefon": pa.array(phones, pa.string()), **columns}
    )
    return Sheet(table, np.arange(2, len(phones) + 2, dtype=np.int32), None, [], "utf-8", ",", 1)


def codes(checked: CheckedList) -> list[str]:
    return [str(code) for code in checked.rows["outcome"].to_pylist()]


def phones(checked: CheckedList) -> list[int]:
    return [int(number) for number in checked.accepted()["phone"].to_pylist()]


def test_a_column_that_is_not_there_is_answered_with_those_that_are() -> None:
    with pytest.raises(DomainError, match="Ism, Telefon") as caught:
        check_list(sheet("901234567"), phone_column="Raqam")
    assert caught.value.code == "no-such-column"


def test_a_list_without_a_phone_column_is_refused() -> None:
    table = pa.table({"Ism": ["Ali"], "hotel": ["1"]})
    with pytest.raises(DomainError, match="Ism, hotel") as caught:
        check_list(Sheet(table, np.array([2], np.int32), None, [], None, None, 1))
    assert caught.value.code == "no-phone-column"


def test_a_column_is_found_in_other_case_too() -> None:
    assert check_list(sheet("901234567"), phone_column=" telefon").phone_column == "Telefon"


@given(st.from_regex(re.compile(validation._NO_VALUE, re.ASCII)))
def test_whatever_counts_as_nothing_begins_with_a_byte_that_is_looked_at(cell: str) -> None:
    column = pa.array([cell], pa.string())
    if pc.match_substring_regex(column, validation._NO_VALUE)[0].as_py():
        assert validation._NO_VALUE_STARTS[cell_bytes.first_bytes(column)].all()


def test_what_a_database_writes_for_nothing_is_not_merged(tmp_path: Path) -> None:
    nothing = ["NULL", "Null", "null", "(NULL)", "[null]", "<Null>", '"NULL"', "'null'", "\\N", "None", "N/A", "n/a"]
    names = [*nothing, "Nil", "Nuller"]
    path = tmp_path / "a.csv"
    path.write_text("Ism;Telefon\n" + "".join(f"{name};9989012345{at:02}\n" for at, name in enumerate(names)))
    assert check_list(read(path)).fields["Ism"].to_pylist() == [*[None] * len(nothing), "Nil", "Nuller"]


def test_a_refused_row_keeps_its_cell_and_has_no_number() -> None:
    checked = check_list(sheet("keyin", None, "998901234567"))
    assert codes(checked) == ["not-a-number", "empty", "as-is"]
    assert checked.rows["phone"].to_pylist() == [None, None, A]
    assert [problem["row"] for problem in checked.problems()] == [2, 3]
    assert next(checked.problems())["value"] == "keyin"


def test_a_duplicate_is_found_after_normalising_and_names_the_first_row() -> None:
    checked = check_list(sheet("998901234567", "x", "90 123 45 67", "+998901234567"))
    assert codes(checked) == ["as-is", "not-a-number", "duplicate", "duplicate"]
    assert [problem["message"].count("row 2") for problem in checked.problems()] == [0, 1, 1]


def test_the_last_of_a_number_counts_if_wished() -> None:
    checked = check_list(sheet("998901234567", "998911234567", "90 123 45 67"), keep="last")
    assert codes(checked) == ["duplicate", "as-is", "repaired-national"]
    assert "row 4" in next(checked.problems())["message"]
    assert checked.accepted()["Ism"].to_pylist() == ["N1", "N2"]


def test_who_opted_out_is_left_out_before_duplicates_are_looked_for() -> None:
    checked = check_list(sheet("901234567", "901234567", "911234567"), opted_out=np.array([A, A + 5]))
    assert codes(checked) == ["opted-out", "opted-out", "repaired-national"]
    assert checked.counts.opted_out == 2
    assert phones(checked) == [B]
    assert check_list(sheet("911234567"), opted_out=np.array([], np.int64)).counts.accepted == 1


@pytest.mark.parametrize(
    ("two", "found", "rows"),
    [
        ("refuse", ["two-numbers", "repaired-national"], [2, 3]),
        ("first", ["repaired-one-of-two", "repaired-national"], [2, 3]),
        ("both", ["repaired-one-of-two", "repaired-one-of-two", "repaired-national"], [2, 2, 3]),
    ],
)
def test_two_numbers_in_a_cell_are_treated_as_wished(two: Any, found: list[str], rows: list[int]) -> None:
    checked = check_list(sheet("90 123 45 67 / 911234567", "931234567"), two=two)
    assert codes(checked) == found
    assert checked.rows["row"].to_pylist() == rows
    assert len(checked.fields) == len(rows)
    assert checked.fields["Ism"][-1].as_py() == "N1"


def test_of_two_numbers_the_first_that_is_mobile_is_taken() -> None:
    assert phones(check_list(sheet("71 123 45 67, 911234567"), two="first")) == [B]
    assert codes(check_list(sheet("71 123 45 67, 712345678"), phone_column="Telefon", two="both")) == ["two-numbers"]


def test_the_same_number_twice_in_a_cell_is_taken_once() -> None:
    assert phones(check_list(sheet("901234567, 998901234567"), two="both")) == [A]


def test_problems_can_be_limited_and_come_in_the_order_of_the_file() -> None:
    checked = check_list(sheet("x", "998901234567", "90 123 45 67", "", "+998931234567"), phone_column="Telefon")
    assert [problem["code"] for problem in checked.problems(3)] == ["not-a-number", "duplicate", "empty"]
    assert list(checked.problems(0)) == []


def test_problems_are_worded_in_the_language_of_who_reads_them() -> None:
    checked = check_list(sheet("x", "998901234567"))
    with using_language("ru"):
        message = next(checked.problems())["message"]
        assert message == phone.message(phone.Outcome.NOT_A_NUMBER, "x")


def test_accepted_rows_carry_their_fields_and_columns_never_collide() -> None:
    rows = sheet("901234567", "x", row=["a", "b"], phone=["c", "d"])
    accepted = check_list(rows, phone_column="Telefon").accepted()
    assert accepted.column_names == ["row", "phone", "Ism", "Telefon", "row 2", "phone 2"]
    assert accepted.to_pylist() == [
        {"row": 2, "phone": A, "Ism": "N0", "Telefon": "901234567", "row 2": "a", "phone 2": "c"}
    ]


def test_a_phone_column_called_phone_is_replaced_by_the_number() -> None:
    table = pa.table({"phone": ["90 123 45 67"], "name": ["Ali"]})
    accepted = check_list(Sheet(table, np.array([2], np.int32), None, [], None, None, 1)).accepted()
    assert accepted.to_pylist() == [{"row": 2, "phone": A, "name": "Ali"}]


def test_refused_rows_come_back_with_a_reason_that_is_ignored_when_mended(tmp_path: Path) -> None:
    table = check_list(sheet("99890123456", "998911234567", "x")).refused_table()
    assert len(table) == 2
    assert "too few digits" in table.column(0)[0].as_py()
    lines = [table.column_names, *([str(cell) for cell in row.values()] for row in table.to_pylist())]
    mended = "\n".join("\t".join(line) for line in lines).replace("99890123456", "998901234567")
    (tmp_path / "mended.tsv").write_text(mended, "utf-8")
    again = read(tmp_path / "mended.tsv")
    assert again.columns == ["Ism", "Telefon"]
    assert phones(check_list(again, phone_column="Telefon")) == [A]


cells = st.sampled_from(["998901234567", "90 123 45 67", "911234567", "x", "", None, "901234567, 931234567", "9.9E+11"])


@given(
    st.lists(cells, min_size=1, max_size=30), st.sampled_from(["first", "last"]), st.sampled_from(["refuse", "first"])
)
@settings(deadline=None)  # the first example compiles the metadata
def test_every_row_is_counted_exactly_once(column: list[str | None], keep: Any, two: Any) -> None:
    checked = check_list(sheet(*column), phone_column="Telefon", opted_out=np.array([B]), keep=keep, two=two)
    counts = checked.counts
    assert counts.rows == len(column) == len(checked.rows) == len(checked.fields)
    assert counts.rows == counts.accepted + counts.rejected + counts.duplicates + counts.opted_out
    assert len(checked.accepted()) == counts.accepted
    assert len(checked.refused_table()) == counts.left_out
    assert len(phones(checked)) == len(set(phones(checked)))
    named = [problem["row"] for problem in checked.problems()]
    as_is = [row for row, code in zip(checked.rows["row"].to_pylist(), codes(checked), strict=True) if code == "as-is"]
    assert sorted(named + as_is) == list(range(2, len(column) + 2))


def test_the_clean_sample_is_clean() -> None:
    for name in ("sample_clean.xlsx", "sample_clean.csv"):
        checked = check_list(read(DATA / name))
        assert checked.phone_column == "Telefon"
        assert checked.counts.accepted == CLEAN == checked.counts.rows
        assert not checked.counts.repaired


def test_the_sample_of_errors_holds_every_outcome_there_is() -> None:
    checked = check_list(read(DATA / "sample_errors.xlsx"))
    assert checked.counts.rows == len(ERRORS)
    by_option = {"repaired-one-of-two", "opted-out"}  # these depend on what one asks for, not on the file
    assert set(codes(checked)) == {str(outcome) for outcome in phone.OUTCOMES} - by_option


def test_the_sample_in_windows_1251_is_read_and_guessed() -> None:
    rows = read(DATA / "sample_errors.csv")
    assert (rows.encoding, rows.delimiter) == ("cp1251", ";")
    assert check_list(rows).phone_column == "Телефон"


def test_the_samples_in_data_are_those_that_the_script_makes(tmp_path: Path) -> None:
    make(tmp_path)
    for name in ("sample_clean.xlsx", "sample_errors.xlsx", "sample_clean.csv", "sample_errors.csv"):
        assert _content(tmp_path / name) == _content(DATA / name), f"run python -m tests.make_samples: {name}"


def _content(path: Path) -> dict[str, bytes]:
    """What is in a file: unpacked, because zlib packs differently from machine to machine."""
    if path.suffix != ".xlsx":
        return {path.name: path.read_bytes()}
    with zipfile.ZipFile(path) as archive:
        return {name: archive.read(name) for name in archive.namelist()}
