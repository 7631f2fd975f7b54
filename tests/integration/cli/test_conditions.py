"""Who of a list gets it, by conditions and saved segments, without a browser."""

from datetime import date, timedelta
from pathlib import Path

import pytest

from getsms_core.base.errors import DomainError
from getsms_core.base.permissions import Actor, Role
from getsms_core.base.states import Preparation
from getsms_core.campaigns import audience, excluded
from getsms_core.campaigns import service as campaigns
from getsms_core.contacts import selection
from getsms_core.db.engine import Store
from tests.engine_support import campaign_of, messages_of
from tests.integration.cli.cli_support import document, refused, run

ROWS = [
    ("Ali", "901234501", "Fargʻona", "25", "500 000", "05.12.1990"),
    ("Vali", "901234502", "farg'ona ", "31", "abc", "2001-01-02"),
    ("Lola", "901234503", "Toshkent", "-", "1500", "29.02.2000"),
    ("Nodira", "901234504", "", "40", "2 000 000", ""),
    ("Ali", "901234505", "Farg`ona", "19", "", "31.12.1985 00:00"),
    ("Bad", "12", "Fargʻona", "25", "500 000", "05.12.1990"),
]


@pytest.fixture(autouse=True)
def database(store_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each kind of database in turn, a list and its file."""
    monkeypatch.setenv("GETSMS_DATABASE_URL", store_url)
    monkeypatch.chdir(tmp_path)
    lines = ["Ism,Telefon,Shahar,Yosh,Summa,Tugʻilgan kun", *(",".join(row) for row in ROWS)]
    Path("list.csv").write_text("\n".join(lines), "utf-8")
    document("lists", "add", "list.csv")


def rows_with_a_message(store: Store, campaign_id: int) -> list[int]:
    return [message.row for message in messages_of(store, campaign_id)]


def test_a_condition_that_cannot_be_used_leaves_nothing_behind() -> None:
    assert refused("lists", "filter", "1", "--where", "Shahar =") == "bad-condition"
    assert refused("lists", "filter", "1", "--where", "") == "bad-condition"
    assert refused("lists", "filter", "1", "--where", "City = Toshkent") == "no-such-column"
    assert refused("lists", "filter", "1", "--where", "Yosh > kam") == "bad-condition-value"
    assert refused("lists", "filter", "1", "--where", "Yosh = 1000") == "nothing-left"
    assert refused("lists", "filter", "9", "--where", "Yosh = 1") == "no-such-list"
    assert refused("lists", "filter", "1", "--segment", "VIP") == "no-such-segment"
    assert refused("create", "list.csv", "--name", "A", "--text", "x", "--where", "City = 1") == "no-such-column"
    assert refused("create", "list.csv", "--name", "A", "--text", "x", "--where", "Yosh = 1000") == "nobody-chosen"
    assert refused("segments", "save", " ", "--where", "Yosh = 1") == "empty-name"
    assert refused("segments", "save", "x" * 81, "--where", "Yosh = 1") == "long-name"
    assert refused("segments", "save", "VIP", "--where", "Yosh") == "bad-condition"
    assert refused("segments", "delete", "VIP") == "no-such-segment"
    for usage in (["lists", "filter", "1"], ["segments", "save", "VIP"]):
        assert run(*usage).exit_code == 2, usage
    assert [stored_list["list"] for stored_list in document("lists")["lists"]] == [1]
    assert document("list")["campaigns"] == []
    assert document("segments", "list") == {"segments": []}


def test_the_sentence_names_the_character_and_the_columns() -> None:
    output = run("lists", "filter", "1", "--where", "Yosh > 1 and City = 2").stderr
    assert "at character 14: there is no column “City”" in output
    assert "The columns are: Ism, Telefon, Shahar, Yosh, Summa, Tugʻilgan kun." in output


def test_a_list_is_filtered_and_says_what_it_could_not_read() -> None:
    new_list = document("lists", "filter", "1", "--where", "shahar = Farg'ona and Yosh >= 20", "--name", "Adults")
    assert (new_list["list"], new_list["name"], new_list["accepted"], new_list["rows"]) == (2, "Adults", 2, 2)
    assert new_list["unreadable"] == [{"column": "Yosh", "kind": "number", "cells": 1}]
    assert "Shahar = Farg'ona and Yosh >= 20" in new_list["origin"]
    assert document("lists", "filter", "1", "--where", "Telefon in ('+998 90 123-45-03', 901234504)")["accepted"] == 2
    output = run("lists", "filter", "1", "--where", "Yosh > 20").stdout
    assert "1 cell of “Yosh” is not a number" in output


def test_a_segment_is_saved_changed_used_and_deleted() -> None:
    saved = document("segments", "save", "Fargʻona", "--where", '"shahar" = Farg\'ona')
    assert list(saved) == ["name", "where", "columns", "created_at", "created_by"]
    assert (saved["where"], saved["columns"]) == ("shahar = Farg'ona", ["shahar"])
    assert document("lists", "filter", "1", "--segment", "FARGʻONA")["accepted"] == 3
    assert document("lists", "filter", "1", "--segment", "Fargʻona", "--where", "Ism = vali")["accepted"] == 1
    document("segments", "save", "fargʻona", "--segment", "Fargʻona", "--where", "not Ism = vali")
    [segment] = document("segments", "list")["segments"]
    assert (segment["name"], segment["where"]) == ("Fargʻona", "shahar = Farg'ona and not Ism = vali")
    assert document("segments", "delete", "fargʻona") == {"deleted": "Fargʻona"}
    assert refused("lists", "filter", "1", "--segment", "Fargʻona") == "no-such-segment"


@pytest.mark.parametrize("source", [["list.csv"], ["--list", "1"]])
def test_a_campaign_has_messages_for_the_chosen_rows_alone(store: Store, source: list[str]) -> None:
    where = "Shahar = Farg'ona or Summa > 1000000"
    created = document("create", *source, "--name", "A", "--text", "{Shahar}", "--where", where)
    assert (created["messages"], created["accepted"]) == (3, 5)
    assert list(created)[-1] == "excluded"
    assert [(reason, n) for reason, n in created["excluded"].items() if n] == [("where", 1), ("empty_text", 1)]
    campaign_id = created["campaign"]
    assert rows_with_a_message(store, campaign_id) == [2, 3, 6]
    named = document("excluded", str(campaign_id))["rows"]
    assert named == [{"row": 4, "reason": "where"}, {"row": 5, "reason": "empty_text"}]
    assert document("show", str(campaign_id))["excluded"] == created["excluded"]
    assert "1 recipient of the list is not chosen" in run("show", str(campaign_id)).stdout
    assert document("test", str(campaign_id), "--to", "901112233")["row"] == 2


def test_list_campaign_and_page_choose_the_same_rows(store: Store) -> None:
    for where in ("Yosh > 20", "not Yosh > 20", '"Tug\'ilgan kun" > 01.01.1990', "Ism != ali and Summa != ''"):
        new_list = document("lists", "filter", "1", "--where", where)["list"]
        campaign_id = document("create", "--list", "1", "--name", "A", "--text", "x", "--where", where)["campaign"]
        campaign = campaign_of(store, campaign_id)
        page = audience.recipients(store, campaign)["row"].to_pylist()
        numbers = {message.phone for message in messages_of(store, campaign_id)}
        other = document("create", "--list", str(new_list), "--name", "B", "--text", "x")["campaign"]
        assert rows_with_a_message(store, campaign_id) == page
        assert {message.phone for message in messages_of(store, other)} == numbers


def test_the_day_of_a_birthday_is_that_on_which_the_messages_were_made(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(selection, "day_for", lambda _condition: date(2026, 12, 30))
    where = '"Tug\'ilgan kun" birthday within 3 days'
    campaign_id = document("create", "--list", "1", "--name", "A", "--text", "x", "--where", where)["campaign"]
    assert rows_with_a_message(store, campaign_id) == [3, 6]
    monkeypatch.setattr(selection, "day_for", lambda _condition: date(2027, 6, 1))
    assert [row.row for row in excluded.rows(store, campaign_of(store, campaign_id))] == [2, 4, 5]


def test_a_birthday_that_is_nobodys_today_makes_a_draft_for_a_later_day_as_the_page_does(
    store: Store,
) -> None:
    far = date.today() + timedelta(100)
    lines = ["Ism,Telefon,Tugʻilgan kun", f"Ali,901234501,{far:%d.%m}.1990"]
    Path("birthdays.csv").write_text("\n".join(lines), "utf-8")
    where = '"Tugʻilgan kun" birthday within 0 days'
    made = document("create", "birthdays.csv", "--name", "A", "--text", "x", "--where", where)
    assert (made["messages"], made["status"], made["first_start"][:10]) == (0, "draft", far.isoformat())
    assert campaign_of(store, made["campaign"]).prepared == Preparation.NONE
    assert refused("start", str(made["campaign"])) == "nobody-chosen"
    said = run("change", str(made["campaign"]), "--text", "Salom").output
    assert f"getsms start {made['campaign']} --at {made['first_start']}" in said
    assert document("start", str(made["campaign"]), "--at", made["first_start"])["status"] == "scheduled"
    other = document("create", "list.csv", "--name", "B", "--text", "x")["campaign"]
    assert (
        document("change", str(other), "--list", str(made["list"]), "--where", where)["first_start"][:10]
        == made["first_start"][:10]
    )
    empty = "\n".join(["Ism,Telefon,Tugʻilgan kun", "Ali,901234501,"])
    Path("none.csv").write_text(empty, "utf-8")
    assert refused("create", "none.csv", "--name", "C", "--text", "x", "--where", where) == "nobody-chosen"
    assert [campaign["name"] for campaign in document("list")["campaigns"]] == ["B", "A"]


def test_a_draft_without_messages_is_refused_at_its_start_where_the_condition_chooses_nobody(store: Store) -> None:
    from getsms_core.contacts.conditions import parse, to_json
    from tests.engine_support import settings_for

    actor = Actor("Aziza", Role.ADMINISTRATOR)
    nobody = campaigns.Draft("A", "x", 1, condition=to_json(parse("Yosh = 1000")))
    unknown = campaigns.Draft("A", "x", 1, condition=to_json(parse("City = 1")))
    for draft, code in ((nobody, "nobody-chosen"), (unknown, "no-such-column")):
        campaign_id = campaigns.create(store, actor, settings_for(), draft)
        assert refused("start", str(campaign_id)) == code
        assert document("show", str(campaign_id))["status"] == "draft"
    with pytest.raises(DomainError, match="not a condition"):
        campaigns.create(store, actor, settings_for(), campaigns.Draft("A", "x", 1, condition="{}"))


def test_a_copy_of_the_rest_goes_to_the_rest_and_is_not_filtered_again(store: Store) -> None:
    campaign_id = document("create", "--list", "1", "--name", "A", "--text", "x", "--where", "Ism = ali")["campaign"]
    whole = campaign_of(store, document("copy", str(campaign_id), "--name", "B")["campaign"])
    assert whole.condition == campaign_of(store, campaign_id).condition
    document("start", str(campaign_id))
    document("cancel", str(campaign_id))
    other_campaign = campaign_of(store, document("copy", str(campaign_id), "--name", "C", "--rest")["campaign"])
    assert other_campaign.condition == ""
    assert audience.recipients(store, other_campaign).num_rows == 2
