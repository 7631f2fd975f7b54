"""`getsms create --text-column … --text-for VALUE=TEXT`: texts by column, from the command to the figures."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner

from getsms_core.base.i18n import using_language
from getsms_core.campaigns import service as campaigns
from getsms_core.campaigns.service import Draft
from getsms_core.cli import cli
from getsms_core.db.engine import Store
from getsms_core.messages.variants import Variant
from tests.engine_support import messages_of
from tests.integration.cli.cli_support import document, refused, run

ROWS = (
    "Telefon,Ism,Til\n901234567,Aziza,uz\n931234568,Bek,UZ\n971234569,Lola,ru\n971234560,Ann,en\n971234561,Kim,kaa\n"
    "971234562,Olim,\n"
)
TEXTS = ["--text", "Hello {Ism}", "--text-column", "til", "--text-for", "uz=Salom {Ism}", "--text-for", "RU=Привет"]
COUNTED = [
    {"value": "uz", "messages": 2, "parts": 2},
    {"value": "RU", "messages": 1, "parts": 1},
    {"value": None, "messages": 3, "parts": 3},
]


@pytest.fixture(autouse=True)
def _here(store_url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("GETSMS_DATABASE_URL", store_url)
    with using_language("en"):
        yield


@pytest.fixture
def file(tmp_path: Path) -> str:
    path = tmp_path / "mijozlar.csv"
    path.write_text(ROWS)
    return str(path)


def usage(*arguments: str) -> str:
    result = CliRunner().invoke(cli, list(arguments))
    assert result.exit_code == 2
    return result.stderr


def test_what_cannot_be_used_is_refused_and_nothing_is_stored(store: Store, file: str) -> None:
    create = ["create", file, "--name", "A", "--text", "Hello"]
    for code, options in {
        "no-such-column": ["--text-column", "Tili", "--text-for", "uz=Salom"],
        "empty-value": ["--text-column", "Til", "--text-for", "=Salom"],
        "same-value": ["--text-column", "Til", "--text-for", "uz=Salom", "--text-for", " UZ =Xayr"],
        "empty-variant": ["--text-column", "Til", "--text-for", "uz= "],
        "unknown-field": ["--text-column", "Til", "--text-for", "uz=Salom {Familiya}"],
        "two-kinds-of-texts": ["--text-column", "Til", "--text-for", "uz=Salom", "--variant", "Xayr"],
        "too-many-values": [
            "--text-column",
            "Til",
            *[word for i in range(21) for word in ("--text-for", f"{i}=Salom")],
        ],
        "long-name": ["--text-column", "Til", "--text-for", "x" * 201 + "=Salom"],
    }.items():
        assert refused(*create, *options) == code, code
    assert document("list")["campaigns"] == []
    assert document("lists")["lists"] == []


def test_options_that_belong_together_are_a_wrong_usage_alone(file: str) -> None:
    create = ["create", file, "--name", "A", "--text", "Hello"]
    together = "Give --text-column with --text-for"
    assert together in usage(*create, "--text-column", "Til")
    assert together in usage(*create, "--text-for", "uz=Salom")
    assert "write the value, =, and its text" in usage(*create, "--text-column", "Til", "--text-for", "Salom")


def test_the_answer_of_create_ends_with_the_texts_and_show_has_the_same(store: Store, file: str) -> None:
    created = document("create", file, "--name", "A", *TEXTS)
    assert list(created)[-1] == "texts"
    assert created["texts"] == COUNTED
    assert "variants" not in created
    shown = document("show", str(created["campaign"]))
    assert shown["texts"] == COUNTED
    assert (shown["text_column"], "variants" in shown, "verdict" in shown) == ("Til", False, False)
    assert [(text["value"], text["counts"]["queued"]) for text in shown["by_text"]] == [("uz", 2), ("RU", 1), (None, 3)]
    assert [message.text for message in messages_of(store, created["campaign"])] == [
        "Salom Aziza", "Salom Bek", "Привет", "Hello Ann", "Hello Kim", "Hello Olim",
    ]  # fmt: skip
    assert "texts" not in document("create", file, "--name", "B", "--text", "Hello")


def test_values_without_a_text_and_texts_without_a_recipient_are_remarked_upon(store: Store, file: str) -> None:
    created = document("create", file, "--name", "A", *TEXTS, "--text-for", "kz=Salem  {Ism}")
    assert [
        (remark["code"], remark["message"]) for remark in created["remarks"] if remark["code"] != "double-space"
    ] == [
        ("unused-value", "No recipient has the value kz in the column Til, so nobody gets its text."),
        ("other-values", "The fallback text goes to 2 recipients with 2 other values (en, kaa)."),
        ("no-value", "1 recipient without a value in the column Til gets the fallback text."),
    ]
    assert [remark["value"] for remark in created["remarks"] if remark["code"] == "double-space"] == ["kz"]
    assert {"value": "kz", "messages": 0, "parts": 0} in created["texts"]
    people = run("create", file, "--name", "B", *TEXTS).stdout
    assert "Text for uz: messages: 2, SMS parts: 2." in people
    assert "Fallback text: messages: 3, SMS parts: 3." in people


def test_a_test_sms_has_the_text_of_its_row(store: Store, file: str) -> None:
    created = document("create", file, "--name", "A", *TEXTS)
    for row, text in (("2", "Salom Aziza"), ("4", "Привет"), ("5", "Hello Ann")):
        test = document("test", str(created["campaign"]), "--to", "907654321", "--row", row)
        campaigns.prepare(store, test["campaign"])
        assert [message.text for message in messages_of(store, test["campaign"])] == [text]


def test_a_draft_changes_its_column_and_texts(store: Store, file: str) -> None:
    created = document("create", file, "--name", "A", *TEXTS)["campaign"]
    assert refused("change", str(created), "--variant", "Xayr") == "two-kinds-of-texts"
    assert refused("change", str(created), "--text-column", "Tili") == "no-such-column"
    assert "exclude each other" in usage("change", str(created), "--no-text-column", "--text-for", "uz=Salom")
    changed = document("change", str(created), "--text-for", "en=Hi")
    assert changed["texts"] == [{"value": "en", "messages": 1, "parts": 1}, {"value": None, "messages": 5, "parts": 5}]
    renamed = document("change", str(created), "--sender", "SHOP")
    assert renamed["texts"] == changed["texts"]
    copied = document("copy", str(created), "--name", "B")["campaign"]
    assert Draft.of(campaigns.get(store, copied)).variants == (Variant("Hi", value="en"),)
    assert "texts" not in document("change", str(created), "--no-text-column")
    assert Draft.of(campaigns.get(store, created)).text_column == ""
    assert {message.variant for message in messages_of(store, created)} == {None}
