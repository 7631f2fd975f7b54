"""`getsms change`: a draft gets another content, or stays as it was; days, lists of tests, drafts of templates."""

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from getsms_core.base.i18n import using_language
from getsms_core.campaigns import service as campaigns
from getsms_core.campaigns.service import Draft
from getsms_core.cli import change, cli
from getsms_core.cli.weekdays import day_number, day_numbers
from getsms_core.db.engine import Store
from getsms_core.db.models import Campaign
from tests.engine_support import AZIZA, campaign_of, settings_for
from tests.integration.cli.cli_support import document, refused, run

ROWS = "Telefon,Ism,Shahar\n901234567,Aziza,Toshkent\n931234568,Bek,Samarqand\n971234569,Lola,Toshkent\n"


@pytest.fixture(autouse=True)
def _here(store_url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("GETSMS_DATABASE_URL", store_url)
    monkeypatch.setenv("GETSMS_NICKNAME", "SHOP")
    with using_language("en"):
        yield


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "mijozlar.csv"
    path.write_text(ROWS)
    return path


@pytest.fixture
def draft_id(store: Store, file: Path) -> str:
    created = document("create", str(file), "--name", "Bahor", "--text", "Salom {Ism}", "--where", "Shahar = Toshkent")
    assert (created["campaign"], created["messages"]) == (1, 2)
    return "1"


def content(store: Store) -> tuple[Draft, Campaign]:
    campaign = campaign_of(store, 1)
    return Draft.of(campaign), campaign


def test_what_cannot_be_sent_is_refused_and_the_draft_stays_as_it_was(store: Store, draft_id: str) -> None:
    before, campaign = content(store)
    for code, options in {
        "empty-name": ["--name", " \u200b"],
        "long-name": ["--name", "x" * 201],
        "bad-sender": ["--sender", "SHOP\r\nX"],
        "empty-text": ["--text", " "],
        "unknown-field": ["--text", "Salom {Familiya}"],
        "brace-not-closed": ["--text", "Salom {"],
        "no-such-list": ["--list", "77"],
        "no-such-column": ["--where", "Yosh = 3"],
        "nobody-chosen": ["--where", "Shahar = Navoiy"],
        "all-excluded": ["--exclude-list", "1"],
        "no-such-segment": ["--segment", "Yosh"],
        "no-such-template": ["--template", "Buyurtma"],
    }.items():
        assert refused("change", draft_id, *options, "--category", "advertising") == code
        after, row = content(store)
        assert after == before, code
        assert (row.prepared, row.messages, row.parts) == ("ready", campaign.messages, campaign.parts), code
    assert refused("change", "9", "--name", "x") == "no-such-campaign"


def test_what_another_user_changed_meanwhile_is_not_set_back(
    store: Store, draft_id: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    before, _campaign = content(store)
    audience_of = change._audience

    def changed_meanwhile(*arguments: Any) -> Any:
        campaigns.change(store, AZIZA, 1, replace(before, text="Another text"))
        return audience_of(*arguments)

    monkeypatch.setattr(change, "_audience", changed_meanwhile)
    assert refused("change", draft_id, "--category", "advertising") == "changed-meanwhile"
    assert content(store)[0] == replace(before, text="Another text")


@pytest.mark.parametrize(
    "options",
    [
        [],
        ["--text", "a", "--template", "b"],
        ["--no-variants", "--variant", "a"],
        ["--no-where", "--where", "a = 1"],
        ["--no-exclude", "--exclude-days", "3"],
        ["--category", "x"],
        ["--split", "50/50"],
    ],
)
def test_options_that_contradict_each_other_are_wrong_usage(store: Store, draft_id: str, options: list[str]) -> None:
    assert run("change", draft_id, *options).exit_code == 2


def test_a_draft_changes_in_what_is_named_alone_and_answers_as_create(store: Store, draft_id: str) -> None:
    created = json.loads(
        CliRunner().invoke(cli, ["create", "--list", "1", "--name", "B", "--text", "Xayr {Ism}!", "--json"]).stdout
    )
    changed = document("change", draft_id, "--text", "Xayr {Ism}!", "--no-where")
    assert list(changed) == [*created, "name"]
    assert {name: changed[name] for name in ("messages", "parts", "price", "encodings", "accepted")} == {
        name: created[name] for name in ("messages", "parts", "price", "encodings", "accepted")
    }
    draft, campaign = content(store)
    assert (draft.name, draft.text, draft.sender, draft.condition) == ("Bahor", "Xayr {Ism}!", "SHOP", "")
    assert (campaign.prepared, campaign.messages, campaign.state.value) == ("ready", 3, "draft")


def test_everything_that_create_takes_can_be_changed_and_taken_back(store: Store, draft_id: str, file: Path) -> None:
    other = document("lists", "add", str(file), "--name", "Boshqa")["list"]
    document(
        "change", draft_id, "--name", "Yoz", "--sender", "4545", "--category", "advertising", "--mend-values",
        "--variant", "Assalomu alaykum {Ism}", "--split", "40/60", "--list", str(other), "--exclude-days", "3",
        "--where", "Shahar = Samarqand", "--text", "Salom’ {Ism}", "--mend",
    )  # fmt: skip
    draft, campaign = content(store)
    assert (draft.name, draft.sender, draft.category, draft.list_id) == ("Yoz", "4545", "advertising", other)
    assert (draft.text, draft.mend_values, campaign.messages) == ("Salom' {Ism}", True, 1)
    assert [(variant.text, variant.share) for variant in draft.variants] == [("Assalomu alaykum {Ism}", 60)]
    assert draft.exclusions.days == 3
    document("change", draft_id, "--split", "50/50")
    assert content(store)[0].variants[0].share == 50
    document("change", draft_id, "--no-variants", "--no-exclude", "--no-where", "--no-mend-values", "--sender", "")
    draft, campaign = content(store)
    assert (draft.variants, draft.condition, draft.mend_values, draft.sender) == ((), "", False, "SHOP")
    assert (bool(draft.exclusions), campaign.messages) == (False, 3)


def test_a_started_campaign_gets_another_name_and_nothing_else(store: Store, draft_id: str) -> None:
    campaigns.start(store, AZIZA, 1)
    assert refused("change", draft_id, "--text", "Xayr") == "wrong-state"
    assert refused("change", draft_id, "--name", "Yoz", "--sender", "4545") == "wrong-state"
    assert campaign_of(store, 1).name == "Bahor"
    assert document("change", draft_id, "--name", " Yoz ") == {"campaign": 1, "status": "running", "name": "Yoz"}
    assert campaign_of(store, 1).messages == 2
    assert "campaign.rename" in [entry["action"] for entry in document("audit")["entries"]]


def test_a_draft_without_a_list_gets_a_name_and_is_refused_a_text(store: Store) -> None:
    campaigns.create(store, AZIZA, settings_for(), Draft("A", "Salom"))
    assert document("change", "1", "--name", "B") == {"campaign": 1, "status": "draft", "name": "B"}
    assert refused("change", "1", "--text", "Xayr") == "no-list"


def test_the_lists_of_test_sms_are_hidden(store: Store, draft_id: str, file: Path) -> None:
    document("test", draft_id, "--to", "901234567")
    own = file.with_name("test-sms.csv")
    own.write_text(ROWS)
    document("lists", "add", str(own))
    assert [row["name"] for row in document("lists")["lists"]] == ["test-sms", "mijozlar"]
    assert [row["list"] for row in document("lists", "--all")["lists"]] == [3, 2, 1]


def test_quiet_hours_and_weekdays_take_names_and_digits() -> None:
    for days in ("1-5", "mon-fri", "Monday-Friday", "dush-juma", "пн-пт", "mon,tue,3-5"):
        assert document("rules", "set", "--quiet", f"{days} 21:00-09:00")["quiet"][0]["days"] == [1, 2, 3, 4, 5]
    assert document("rules", "set", "--quiet", "sat-mon 8:00-9:00")["quiet"][0] == {
        "days": [1, 6, 7], "start": "08:00", "to": "09:00",
    }  # fmt: skip
    for wrong in ("8 21:00-09:00", "mo-fri 21:00-09:00", "21:00-09:00", "mon- 21:00-09:00", "mon 21:00"):
        assert run("rules", "set", "--quiet", wrong).exit_code == 2
    for day in ("3", "wed", "Wednesday", "chorshanba", "среда"):
        saved = document("reports", "add", "--name", "R", "--every", "week", "--weekday", day)
        assert saved["weekday"] == "wednesday"
    assert run("reports", "add", "--name", "R", "--weekday", "someday").exit_code == 2


def test_every_day_has_a_name_in_three_languages() -> None:
    for names in ("mon tue wed thu fri sat sun", "dushanba seshanba chorshanba payshanba juma shanba yakshanba",
                  "пн вт ср чт пт сб вс", "1 2 3 4 5 6 7"):  # fmt: skip
        assert [day_number(name) for name in names.split()] == list(range(7))
    assert day_numbers("1-7") == tuple(range(7))
    assert day_numbers("fri-mon") == (0, 4, 5, 6)


def test_a_draft_of_a_template_changes_and_goes(store: Store) -> None:
    document("templates", "add", "Buyurtma", "--text", "Salom {ism}")
    assert run("templates", "change", "1").exit_code == 2
    changed = document("templates", "change", "1", "--text", "Xayr {ism}", "--kind", "advertising")
    assert (changed["text"], changed["kind"], changed["language"]) == ("Xayr {ism}", "advertising", "uz")
    document("templates", "submit", "1")
    assert refused("templates", "change", "1", "--text", "x") == "template-frozen"
    assert refused("templates", "delete", "1") == "template-frozen"
    document("templates", "add", "Boshqa", "--text", "Salom {ism}")
    assert document("templates", "delete", "2") == {"deleted": 2}
    assert refused("templates", "delete", "2") == "no-such-template"
