"""`getsms create` says of a text what the page says: remarks, empty fields, and mending that leaves names alone."""

import json
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from getsms_core.base.i18n import using_language
from getsms_core.campaigns import service as campaigns
from getsms_core.db.engine import Store
from tests.engine_support import AZIZA
from tests.integration.cli.cli_support import document, refused, run

LIST = "Ism,Telefon,To‘lov\nAli,998901234567,5\n,998901234568,\nVali,998901234569,7\n"


@pytest.fixture
def file(tmp_path: Path, store_url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    monkeypatch.setenv("GETSMS_DATABASE_URL", store_url)
    monkeypatch.setenv("GETSMS_OPT_OUT_HINT", "STOP 1234")
    (tmp_path / "list.csv").write_text(LIST, "utf-8")
    with using_language("en"):
        yield str(tmp_path / "list.csv")


def test_a_field_without_a_column_is_refused(store: Store, file: str) -> None:
    assert refused("create", file, "--name", "A", "--text", "Salom {nomi}") == "unknown-field"


def test_a_text_that_no_phone_could_put_together_is_refused_and_nothing_is_kept(store: Store, file: str) -> None:
    assert refused("create", file, "--name", "A", "--text", "x" * 40_000) == "text-too-long"
    assert document("list")["campaigns"] == []
    assert document("lists")["lists"] == []


def test_a_text_with_nothing_wrong_has_no_remarks(store: Store, file: str) -> None:
    created = document("create", file, "--name", "A", "--text", "Salom {ism|mijoz}")
    assert (created["remarks"], created["empty"]) == ([], {})


def test_empty_fields_are_named_with_their_rows(store: Store, file: str) -> None:
    created = document("create", file, "--name", "A", "--text", "Salom {ism}: {to‘lov}")
    assert created["empty"] == {"ism": {"count": 1, "rows": [3]}, "to‘lov": {"count": 1, "rows": [3]}}
    output = run("create", file, "--name", "A", "--text", "Salom {ism}").stdout
    assert "{ism} is empty in 1 row (3). Say what to write there, for example {ism|…}." in output


def test_nothing_is_said_of_rows_that_the_campaign_excludes(store: Store, file: str) -> None:
    document("optout", "add", "901234568", "--scope", "advertising")
    text = ("--text", "Salom {ism} STOP 1234", "--category", "advertising")
    assert document("create", file, "--name", "A", *text)["empty"] == {}
    assert document("create", file, "--name", "A", "--text", "Salom {ism}")["empty"] == {
        "ism": {"count": 1, "rows": [3]}
    }


def test_every_text_of_several_is_remarked_upon_for_those_who_get_it(store: Store, file: str) -> None:
    texts = ("--text", "Salom {ism}", "--variant", "Hurmatli  {ism}")
    created = document("create", file, "--name", "A", *texts)
    assert [(remark["code"], remark["variant"]) for remark in created["remarks"]] == [("double-space", "B")]
    assert created["empty"] == {"ism": {"count": 1, "rows": [3]}}


def test_merged_values_of_every_text_that_mix_alphabets_are_named_with_their_rows(
    store: Store, file: str, tmp_path: Path
) -> None:
    (tmp_path / "mixed.csv").write_text("Ism,Shahar,Telefon\nAli,Toshkent,998901234567\nAзиза,Бухoро,998901234568\n")
    mixed = str(tmp_path / "mixed.csv")
    created = document("create", mixed, "--name", "A", "--text", "Salom", "--variant", "Salom {shahar}")
    assert [(remark["code"], remark["message"]) for remark in created["remarks"]] == [
        ("mixed-values", "In 1 row a merged value mixes Latin and Cyrillic letters that look alike: Бухoро (row 3).")
    ]
    assert document("create", mixed, "--name", "B", "--text", "Salom")["remarks"] == []


def test_it_remarks_upon_links_spaces_and_missing_opt_out_words(store: Store, file: str) -> None:
    text = "Salom  {ism|mijoz}! bit.ly/abc"
    created = document("create", file, "--name", "A", "--text", text, "--category", "advertising")
    assert [(remark["code"], remark["position"]) for remark in created["remarks"]] == [
        ("no-opt-out", None), ("double-space", 5), ("short-link", 20),
    ]  # fmt: skip
    assert "hides where the link leads" in run("create", file, "--name", "A", "--text", text).stdout


def test_yesterdays_text_to_the_same_file_is_remarked(store: Store, file: str) -> None:
    first = document("create", file, "--name", "Kecha", "--text", "Salom")
    assert first["remarks"] == []
    campaigns.start(store, AZIZA, first["campaign"])
    again = document("create", file, "--name", "Bugun", "--text", "Salom")
    assert [remark["code"] for remark in again["remarks"]] == ["repeated"]
    assert f"Kecha, {time.localtime().tm_year}" in again["remarks"][0]["message"]


def test_mending_leaves_the_names_of_fields_as_the_columns_are_called(store: Store, file: str) -> None:
    created = document("create", file, "--name", "A", "--text", "Qarz «{to‘lov|yo‘q}» so‘m", "--mend")
    assert campaigns.get(store, created["campaign"]).text == "Qarz \"{to‘lov|yo'q}\" so'm"
    assert created["encodings"] == {"GSM-7": 3, "UCS-2": 0}


def test_mending_leaves_a_text_that_would_need_more_sms_because_of_merged_values(store: Store, file: str) -> None:
    """A value in Cyrillic keeps the SMS in UCS-2, where "..." for "…" is two characters more."""
    path = Path(file)
    path.write_text("Ism,Telefon\n" + "".join(f"Али,99890123{n}\n" for n in range(4500, 4503)))
    text = "Salom {ism}, " + "a" * 58 + "…"
    assert document("create", file, "--name", "A", "--text", text)["parts"] == 3
    mended = run("create", file, "--name", "B", "--text", text, "--mend", "--json")
    assert (json.loads(mended.stdout)["parts"], campaigns.get(store, 2).text) == (3, text)
    assert "with their replacements it would need 3 more SMS" in mended.stderr
    changed = document("change", "1", "--mend")
    assert (changed["parts"], campaigns.get(store, 1).text) == (3, text)
    path.write_text("Ism,Telefon\nAli,998901234567\n")
    document("create", file, "--name", "C", "--text", text, "--mend")
    assert campaigns.get(store, 3).text == text.replace("…", "...")


def test_mending_weighs_a_text_by_column_over_those_who_get_it(store: Store, file: str) -> None:
    Path(file).write_text("Til,Ism,Telefon\nru,Али,998901234567\nuz,Ali,998901234568\n")
    text = "Salom {ism}, " + "a" * 58 + "…"
    options = ("--text-column", "Til", "--text-for", f"uz={text}", "--mend")
    document("create", file, "--name", "A", "--text", text, *options)
    campaign = campaigns.get(store, 1)
    assert (campaign.text, campaign.variants[0]["text"]) == (text, text.replace("…", "..."))
