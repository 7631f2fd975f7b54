"""`getsms templates` and `getsms prices`: what scripts rely on."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from click.testing import CliRunner

from getsms_core.base.i18n import using_language
from getsms_core.base.permissions import Actor, Role
from getsms_core.billing import price_rules
from getsms_core.campaigns import templates
from getsms_core.cli import cli
from getsms_core.db.engine import Store


@pytest.fixture(autouse=True)
def _here(store_url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("GETSMS_DATABASE_URL", store_url)
    with using_language("en"):
        yield


def run(*arguments: str, code: int = 0) -> dict[str, Any]:
    """The command's document, with the exit code that is meant."""
    result = CliRunner().invoke(cli, [*arguments, "--json"])
    assert result.exit_code == code, result.output
    answer: dict[str, Any] = json.loads(result.stdout)
    return answer


def test_what_is_no_template_is_refused_and_nothing_kept(store: Store) -> None:
    assert run("templates", "add", "Buyurtma", "--text", "Salom {", code=1)["error"] == "brace-not-closed"
    assert run("templates", "submit", "7", code=1)["error"] == "no-such-template"
    assert run("templates", "list") == {"templates": []}


@pytest.mark.parametrize("text", ["Salom {", " ", "x" * 50_001])
def test_a_text_that_is_refused_leaves_no_new_version(store: Store, text: str) -> None:
    run("templates", "add", "Buyurtma", "--text", "Salom {ism}")
    run("templates", "submit", "1")
    run("templates", "add", "Buyurtma", "--text", text, code=1)
    assert [template["version"] for template in run("templates", "list", "--all")["templates"]] == [1]


def test_a_text_goes_from_a_draft_to_its_second_version(store: Store) -> None:
    template = run("templates", "add", " Buyurtma ", "--text", "Salom {ism}")
    assert (template["id"], template["name"], template["version"], template["state"], template["kind"]) == (
        1,
        "Buyurtma",
        1,
        "draft",
        "service",
    )
    assert run("templates", "approve", "1", code=1)["error"] == "template-state"
    assert run("templates", "submit", "1")["state"] == "submitted"
    refused = run("templates", "refuse", "1", "--reason", "Narxi yo'q")
    assert (refused["state"], refused["reason"]) == ("refused", "Narxi yo'q")
    second = run("templates", "add", "Buyurtma", "--text", "Salom {ism}, 95 so'm", "--kind", "advertising")
    assert (second["version"], second["kind"], second["language"]) == (2, "advertising", "uz")
    run("templates", "submit", str(second["id"]))
    assert run("templates", "approve", str(second["id"]))["decided_by"]
    assert [template["version"] for template in run("templates", "list")["templates"]] == [2]
    assert [template["version"] for template in run("templates", "list", "--all")["templates"]] == [2, 1]
    assert templates.get(store, second["id"]).state == "approved"


@pytest.mark.parametrize(
    ("arguments", "code", "error"),
    [
        (("cheap",), 2, "usage"),
        (("95", "--from", "soon"), 2, "usage"),
        (("95", "--account", "nobody"), 2, "usage"),
        (("-1",), 2, "usage"),
        (("0.001",), 1, "bad-price"),
        (("95", "--range", "Vodafone"), 1, "bad-range"),
        (("95.500",), 2, "usage"),
        (("NaN",), 2, "usage"),
        (("9" * 20,), 1, "bad-price"),
    ],
)
def test_what_is_no_price_is_refused(store: Store, arguments: tuple[str, ...], code: int, error: str) -> None:
    assert run("prices", "add", *arguments, code=code)["error"] == error
    assert price_rules.all_rules(store) == []


@pytest.mark.parametrize(("typed", "price"), [("1,000", 1000), ("1 000,50", "1000.50"), ("95,50", "95.50")])
def test_a_price_is_read_as_a_page_reads_it(store: Store, typed: str, price: object) -> None:
    assert run("prices", "add", typed)["price"] == price


def test_a_limit_that_could_mean_two_things_is_refused_and_one_that_cannot_is_kept(store: Store) -> None:
    assert run("rules", "set", "--spend-day", "500,000")["spend_day"] == 500_000
    assert run("rules", "set", "--approve-over", "10 000")["approve_over"] == 10_000
    for wrong in ("500.000", "5 mln", "-500"):
        assert run("rules", "set", f"--spend-day={wrong}", code=2)["error"] == "usage"
    assert run("rules", "show")["spend_day"] == 500_000


def test_a_price_is_added_listed_and_taken_away(store: Store) -> None:
    wanted = ("70.50", "--from", "2026-12-01", "--sender", "Korzinka", "--range", "Ucell", "--kind", "advertising")
    price = run("prices", "add", *wanted)
    assert price == {
        "id": 1, "price": "70.50", "from": "2026-12-01T00:00:00+05:00", "account": None, "sender": "Korzinka",
        "range": "Ucell", "kind": "advertising",
    }  # fmt: skip
    assert run("prices", "add", *wanted) == price
    assert run("prices", "list") == {"default": 95, "prices": [price]}
    assert run("prices", "remove", "1") == {"removed": 1}
    assert run("prices", "list")["prices"] == []


def test_a_person_reads_them_in_columns(store: Store) -> None:
    run("templates", "add", "Buyurtma", "--text", "Salom\n{ism}")
    run("prices", "add", "70")
    shown = CliRunner().invoke(cli, ["templates", "list"]).stdout
    assert "Buyurtma" in shown
    assert "Salom {ism}" in shown
    assert "Default price: 95 so'm." in CliRunner().invoke(cli, ["prices", "list"]).stdout


def test_a_draft_of_another_user_is_not_replaced_and_an_own_one_is(store: Store) -> None:
    lola = Actor("Lola", Role.MARKETER)
    drafted = templates.create(store, lola, templates.Wording("Buyurtma", "Salom, Lola yozdi"))
    refused = run("templates", "add", "Buyurtma", "--text", "Salom {ism}", code=1)
    assert refused["error"] == "template-drafted"
    assert (
        f"is a draft that Lola wrote last. Nothing was changed. Change or delete it by its id, {drafted}"
        in (refused["message"])
    )
    assert templates.get(store, drafted).text == "Salom, Lola yozdi"
    run("templates", "change", str(drafted), "--text", "Salom {ism}")
    assert run("templates", "add", "Buyurtma", "--text", "Salom, {ism}!")["text"] == "Salom, {ism}!"
    templates.change(store, lola, drafted, "Lola yana yozdi", "service", "uz")
    assert run("templates", "add", "Buyurtma", "--text", "Salom {ism}", code=1)["error"] == "template-drafted"
    templates.submit(store, lola, drafted)
    second = run("templates", "add", "Buyurtma", "--text", "Salom {ism}")
    assert (second["version"], templates.get(store, drafted).text) == (2, "Lola yana yozdi")
