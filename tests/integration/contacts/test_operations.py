"""Lists made of lists: every person once, every row accounted for, the sources untouched."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import sqlalchemy as sa
from sqlmodel import col

from getsms_core.base.errors import DomainError
from getsms_core.base.states import CampaignState
from getsms_core.campaigns import service as campaigns
from getsms_core.contacts import list_columns, lists, suppression
from getsms_core.contacts import operations as list_operations
from getsms_core.contacts.lists import Options
from getsms_core.db.engine import Store
from getsms_core.db.models import Campaign, ListBlock, ListFile, RecipientList
from getsms_core.reports import listings
from tests.engine_support import AZIZA, checked_list, phones, settings_for

A, B, C, D = phones(4)


def numbers(store: Store, list_id: int) -> list[int]:
    return [int(phone) for phone in lists.accepted(store, list_id)["phone"].to_pylist()]


def added(store: Store, tmp_path: Path, text: str, name: str = "list", options: Options | None = None) -> int:
    path = tmp_path / f"{name}.csv"
    path.write_text(text, "utf-8")
    return lists.add_file(store, AZIZA, path, name, options or Options())


def how_many(store: Store) -> int:
    return len(lists.all_lists(store))


# ------------------------------------------------------------------------------------------------------------ refusals


@pytest.mark.parametrize(
    ("code", "do"),
    [
        ("too-few-lists", lambda store, one: list_operations.merge(store, AZIZA, [one, one], "x")),
        ("too-few-lists", lambda store, one: list_operations.subtract(store, AZIZA, one, [], "x")),
        ("no-such-list", lambda store, one: list_operations.merge(store, AZIZA, [one, 999], "x")),
        ("nothing-left", lambda store, one: list_operations.subtract(store, AZIZA, one, [one], "x")),
        ("bad-size", lambda store, one: list_operations.sample(store, AZIZA, one, "x")),
        ("bad-size", lambda store, one: list_operations.sample(store, AZIZA, one, "x", n=4)),
        ("bad-size", lambda store, one: list_operations.sample(store, AZIZA, one, "x", n=0)),
        ("bad-size", lambda store, one: list_operations.sample(store, AZIZA, one, "x", share=1.5)),
        ("bad-size", lambda store, one: list_operations.split(store, AZIZA, one, "x", parts=1)),
        ("bad-size", lambda store, one: list_operations.split(store, AZIZA, one, "x", parts=4)),
        ("bad-size", lambda store, one: list_operations.split(store, AZIZA, one, "x", sizes=[3, 3])),
        ("bad-size", lambda store, one: list_operations.split(store, AZIZA, one, "x", sizes=[2, -1])),
        ("bad-size", lambda store, one: list_operations.split(store, AZIZA, one, "x", sizes=[])),
        ("bad-size", lambda store, one: list_operations.split(store, AZIZA, one, "x")),
        ("empty-name", lambda store, one: list_operations.rename(store, AZIZA, one, "  ")),
        ("bad-tag", lambda store, one: list_operations.tag(store, AZIZA, one, ["x" * 41])),
        ("not-merged", lambda store, one: list_operations.merge_again(store, AZIZA, one, "last")),
        ("no-file", lambda store, one: lists.recheck(store, AZIZA, one, Options())),
    ],
)
def test_what_cannot_be_made_is_refused_by_name_and_makes_nothing(
    store: Store, code: str, do: Callable[[Store, int], object]
) -> None:
    one = checked_list(store, [A, B, C])
    with pytest.raises(DomainError) as caught:
        do(store, one)
    assert caught.value.code == code
    assert how_many(store) == 1


def test_a_list_that_is_not_ready_cannot_be_merged(store: Store) -> None:
    first = checked_list(store, [A])
    waiting = lists.upload(store, AZIZA, "x", "x.csv", [b"phone\n901234567\n"], Options())
    with pytest.raises(DomainError, match="not ready"):
        list_operations.merge(store, AZIZA, [first, waiting], "both")


# --------------------------------------------------------------------------------------------------------------- merge


def test_merging_finds_the_same_person_however_the_number_is_written(store: Store, tmp_path: Path) -> None:
    first = added(store, tmp_path, "Telefon,Ism\n+998 90 123-45-67,Ali\n911234567,Vali\n", "one")
    second = added(store, tmp_path, "ism,phone,summa\nAlisher,8 90 123 45 67,5\nLola,93 123 45 67,7\n", "two")
    merged = lists.checked(store, list_operations.merge(store, AZIZA, [first, second], "both"))
    assert merged.counts.to_stored() == {
        "rows": 4, "accepted": 3, "repaired": 3, "rejected": 0, "duplicates": 1, "opted_out": 0
    }  # fmt: skip
    assert merged.rows["outcome"].to_pylist()[2] == "duplicate"
    assert merged.other_rows.tolist() == [0, 0, 2, 0]
    assert merged.columns == ["Telefon", "Ism", "summa"]
    table = merged.accepted()
    assert table["phone"].to_pylist() == [998901234567, 998911234567, 998931234567]
    assert table["Ism"].to_pylist() == ["Ali", "Vali", "Lola"]
    assert table["summa"].to_pylist() == [None, None, "7"]
    assert table["row"].to_pylist() == [2, 3, 5]


def test_the_last_of_two_rows_counts_where_a_person_says_so(store: Store, tmp_path: Path) -> None:
    one = added(store, tmp_path, "phone,name\n901234567,old\n911234567,Vali\n", "one")
    second = added(store, tmp_path, "phone,name\n901234567,new\n", "two")
    first = list_operations.merge(store, AZIZA, [one, second], "both")
    last = list_operations.merge_again(store, AZIZA, first, "last")
    assert lists.accepted(store, first)["name"].to_pylist() == ["old", "Vali"]
    assert lists.accepted(store, last)["name"].to_pylist() == ["Vali", "new"]
    assert "last counts" in lists.get(store, last).origin
    assert lists.accepted(store, one)["name"].to_pylist() == ["old", "Vali"]


def test_rows_that_repeat_and_rows_that_are_refused_stay_in_a_merged_list(store: Store, tmp_path: Path) -> None:
    first = added(store, tmp_path, "phone,name\n901234567,a\n901234567,b\nbad,c\n", "one")
    second = added(store, tmp_path, "phone,name\n712345678,d\n901234567,e\n", "two")
    merged = lists.checked(store, list_operations.merge(store, AZIZA, [first, second], "both", "last"))
    assert merged.counts.rows == 5
    assert (merged.counts.accepted, merged.counts.duplicates, merged.counts.rejected) == (1, 2, 2)
    assert merged.other_rows.tolist() == [6, 6, 0, 0, 0]  # the duplicate of old repeats the row that counts now
    assert merged.accepted()["name"].to_pylist() == ["e"]
    assert merged.refused_table()["name"].to_pylist() == ["a", "b", "c", "d"]


def test_who_opted_out_since_the_check_is_named_in_a_merged_list(store: Store) -> None:
    first, second = checked_list(store, [A, B, B]), checked_list(store, [B, C])
    lists.add_opt_outs(store, AZIZA, [B], "test", "asked")
    merged = list_operations.merge(store, AZIZA, [first, second], "both")
    assert numbers(store, merged) == [A, C]
    assert lists.get(store, merged).counts.opted_out == 3


def test_columns_that_only_look_alike_stay_apart(store: Store, tmp_path: Path) -> None:
    first = added(store, tmp_path, "phone,name\n901234567,a\n", "one")
    second = added(store, tmp_path, "mobil,phone\n911234567,none\n", "two", Options(phone_column="mobil"))
    merged = lists.checked(store, list_operations.merge(store, AZIZA, [first, second], "both"))
    assert merged.fields["phone"].to_pylist() == ["901234567", "911234567"]
    assert merged.fields.column_names[:2] == ["phone", "name"]
    assert merged.fields[merged.fields.column_names[2]].to_pylist() == [None, "none"]


# ------------------------------------------------------------------------------------------- subtract, intersect, cut


def test_subtracting_leaves_those_who_are_in_none_of_the_others(store: Store) -> None:
    first, second, third = checked_list(store, [A, B, C, D]), checked_list(store, [B]), checked_list(store, [D])
    rest_id = list_operations.subtract(store, AZIZA, first, [second, third], "rest")
    assert numbers(store, rest_id) == [A, C]
    recipient_list = lists.get(store, rest_id)
    assert recipient_list.state == "ready"
    assert "without" in recipient_list.origin
    assert f"list {second}" in recipient_list.origin
    assert lists.accepted(store, rest_id)["row"].to_pylist() == [2, 4]  # the rows of the file they came from


def test_intersecting_leaves_those_who_are_in_each(store: Store) -> None:
    first, second, third = checked_list(store, [A, B, C, D]), checked_list(store, [B, C]), checked_list(store, [C, D])
    assert numbers(store, list_operations.intersect(store, AZIZA, first, [second, third], "all")) == [C]


def test_a_sample_is_the_same_people_each_time_and_others_with_another_seed(store: Store) -> None:
    first = checked_list(store, phones(200))
    taken = [numbers(store, list_operations.sample(store, AZIZA, first, "s", n=20, seed=seed)) for seed in (1, 1, 2)]
    assert taken[0] == taken[1] != taken[2]
    assert len(set(taken[0])) == 20
    assert [n for n in phones(200) if n in taken[0]] == taken[0]  # in the order of the list
    assert len(numbers(store, list_operations.sample(store, AZIZA, first, "s", share=0.25))) == 50


def test_who_opted_out_since_the_check_is_in_no_sample(store: Store) -> None:
    first = checked_list(store, [A, B])
    lists.add_opt_outs(store, AZIZA, [A], "test", "asked")
    assert numbers(store, list_operations.sample(store, AZIZA, first, "s", share=1)) == [B]


@pytest.mark.parametrize("seed", [None, 7])
def test_the_parts_of_a_list_hold_everybody_once(store: Store, seed: int | None) -> None:
    first = checked_list(store, phones(10))
    parts = list_operations.split(store, AZIZA, first, "part", parts=3, seed=seed)
    held = [numbers(store, part) for part in parts]
    assert [len(part) for part in held] == [3, 4, 3]
    everybody = [phone for part in held for phone in part]
    assert sorted(everybody) == sorted(phones(10))
    assert (everybody == phones(10)) == (seed is None)
    assert [lists.get(store, part).name for part in parts] == ["part 1/3", "part 2/3", "part 3/3"]


def test_what_the_sizes_leave_over_is_one_part_more(store: Store) -> None:
    first = checked_list(store, phones(10))
    assert [len(numbers(store, p)) for p in list_operations.split(store, AZIZA, first, "p", sizes=[2, 3])] == [2, 3, 5]
    assert [len(numbers(store, p)) for p in list_operations.split(store, AZIZA, first, "p", sizes=[4, 6])] == [4, 6]


def test_a_split_that_fails_in_the_middle_keeps_no_part(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    first = checked_list(store, phones(10))
    real, calls = lists._store_rows, []

    def failing(*args: object) -> None:
        calls.append(args)
        if len(calls) == 2:
            raise DomainError("disk-full", "The disk is full.")
        real(*args)  # type: ignore[arg-type]

    monkeypatch.setattr(lists, "_store_rows", failing)
    with pytest.raises(DomainError):
        list_operations.split(store, AZIZA, first, "p", parts=3)
    assert how_many(store) == 1


# ------------------------------------------------------------------------------------------------- names, tags, delete


def test_a_list_gets_a_name_and_tags_and_that_is_audited_once(store: Store) -> None:
    first = checked_list(store, [A])
    for _ in range(2):
        list_operations.rename(store, AZIZA, first, " Spring ")
        list_operations.tag(store, AZIZA, first, ["vip", " vip", "", "old  town"])
    recipient_list = lists.get(store, first)
    assert (recipient_list.name, recipient_list.tags) == ("Spring", ["vip", "old town"])
    actions = [entry.action for entry in listings.audit(store, AZIZA, subject=f"list:{first}")]
    assert sorted(actions) == ["list.rename", "list.tag"]


def campaign_of(store: Store, list_id: int, state: CampaignState) -> int:
    campaign_id = campaigns.create(store, AZIZA, settings_for(), campaigns.Draft("Sale", "Salom", list_id))
    with store.writing() as session:
        session.execute(sa.update(Campaign).where(col(Campaign.id) == campaign_id).values(state=state))
    return campaign_id


@pytest.mark.parametrize("state", [s for s in CampaignState if s not in ("finished", "cancelled")])
def test_a_list_is_not_deleted_while_a_campaign_needs_it(store: Store, state: CampaignState) -> None:
    first = checked_list(store, [A])
    campaign_id = campaign_of(store, first, state)
    with pytest.raises(DomainError) as caught:
        list_operations.delete(store, AZIZA, first)
    assert caught.value.code == "list-needed"
    assert f"{campaign_id}" in caught.value.message
    assert numbers(store, first) == [A]


def test_an_unused_list_is_deleted_with_its_file_and_its_rows(store: Store) -> None:
    first = lists.upload(store, AZIZA, "x", "x.csv", [b"phone\n901234567\n"], Options())
    lists.check_uploaded_list(store, first)
    list_operations.delete(store, AZIZA, first)
    with store.reading() as session:
        for rows in (RecipientList, ListBlock, ListFile):
            assert session.scalar(sa.select(sa.func.count()).select_from(rows)) == 0
    assert listings.audit(store, AZIZA, what="list.delete")[0].subject == f"list:{first}"
    with pytest.raises(DomainError, match="There is no list"):
        list_operations.delete(store, AZIZA, first)


def test_a_list_of_a_finished_campaign_loses_its_people_and_keeps_its_counts(store: Store) -> None:
    first = checked_list(store, [A, B])
    campaign_of(store, first, CampaignState.FINISHED)
    assert list_operations.campaign_counts(store) == {first: 1}
    list_operations.delete(store, AZIZA, first)
    assert lists.all_lists(store) == []
    assert lists.get(store, first).counts.accepted == 2
    with pytest.raises(DomainError, match="not ready"):
        lists.accepted(store, first)


def test_a_million_rows_are_merged_without_a_step_a_row(sqlite_store: Store) -> None:
    """Twenty times the rows must not take a hundred times as long: a loop over rows would show here."""
    import time

    def seconds(n: int) -> float:
        own_list = checked_list(sqlite_store, np.arange(998_901_000_000, 998_901_000_000 + n).tolist())
        other_list = checked_list(
            sqlite_store, np.arange(998_901_000_000 + n // 2, 998_901_000_000 + n * 3 // 2).tolist()
        )
        began = time.process_time()
        merged = list_operations.merge(sqlite_store, AZIZA, [own_list, other_list], "both")
        took = time.process_time() - began
        assert lists.get(sqlite_store, merged).counts.duplicates == n // 2
        return took

    assert seconds(200_000) < 2


def test_a_number_that_was_opted_out_in_the_other_list_is_in_it_all_the_same(store: Store) -> None:
    suppression.add(store, AZIZA, [B], "asked", "")
    bought = checked_list(store, [B, C])
    suppression.remove(store, AZIZA, B, "asked for messages again")
    everybody = checked_list(store, [A, B, C, D])
    assert numbers(store, list_operations.subtract(store, AZIZA, everybody, [bought], "x")) == [A, D]
    assert numbers(store, list_operations.intersect(store, AZIZA, everybody, [bought], "x")) == [B, C]


def test_columns_whose_names_differ_in_apostrophes_are_merged_and_stay_hidden(store: Store) -> None:
    first = checked_list(store, [A], **{"To'lov": ["10"], "Tug'ilgan  kun": ["01.02.1990"]})
    second = checked_list(store, [B], **{"Toʻlov": ["20"], "tugʻilgan kun": ["03.04.1991"]})
    list_columns.describe(store, AZIZA, second, personal=["tugʻilgan kun"])
    merged = list_operations.merge(store, AZIZA, [first, second], "x")
    table = lists.accepted(store, merged)
    assert table["To'lov"].to_pylist() == ["10", "20"]
    assert table["Tug'ilgan  kun"].to_pylist() == ["01.02.1990", "03.04.1991"]
    assert table.num_columns == 4 - 1 + 1
    assert lists.get(store, merged).personal_columns == ["Tug'ilgan  kun"]


def test_another_column_with_the_name_of_the_phone_column_does_not_take_its_place(store: Store, tmp_path: Path) -> None:
    first = added(store, tmp_path, f"Telefon;Ism\n{A};Ali\n", "first")
    second = added(store, tmp_path, f"Telefon;Mobil\n712345678;{B}\n", "second", Options(phone_column="Mobil"))
    list_columns.describe(store, AZIZA, second, personal=["Telefon"])
    merged = list_operations.merge(store, AZIZA, [first, second], "x")
    checked = lists.checked(store, merged)
    assert checked.fields["Telefon"].to_pylist() == [str(A), str(B)]
    assert checked.fields["Telefon 2"].to_pylist() == [None, "712345678"]
    assert lists.get(store, merged).personal_columns == ["Telefon 2"], "a landline that was hidden stays hidden"


def test_a_column_that_is_numbered_in_a_merge_leaves_the_name_of_another(store: Store, tmp_path: Path) -> None:
    first = added(store, tmp_path, f"Telefon;Ism\n{A};Ali\n", "first")
    rows = f"Telefon;Mobil;Telefon 2\n712345678;{B};715556677\n"
    second = added(store, tmp_path, rows, "second", Options(phone_column="Mobil"))
    checked = lists.checked(store, list_operations.merge(store, AZIZA, [first, second], "x"))
    assert checked.fields["Telefon 2"].to_pylist() == [None, "715556677"]
    assert checked.fields["Telefon 3"].to_pylist() == [None, "712345678"]
    assert checked.fields["Telefon"].to_pylist() == [str(A), str(B)]
