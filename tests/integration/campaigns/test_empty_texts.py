"""A message whose text shows nothing is never made: its row is counted and named, on both databases."""

from collections.abc import Sequence
from pathlib import Path

import pytest

from getsms_core.base.errors import DomainError
from getsms_core.campaigns import excluded, test_send
from getsms_core.campaigns import service as campaigns
from getsms_core.campaigns.service import Draft
from getsms_core.db.engine import Store
from getsms_core.messages.variants import Variant
from tests.engine_support import (
    AZIZA,
    assert_rollups,
    campaign_of,
    checked_list,
    chunks_of,
    messages_of,
    phones,
    settings_for,
)
from tests.integration.cli.cli_support import document, refused, run

NOBODY = {"where": 0, "lists": 0, "campaigns": 0, "days": 0, "advertising": 0, "empty_text": 0, "control": 0}
EMPTY = ["", " ", "\u00a0", "\u200b", "\u2060\ufeff", "\u3164", "\u00ad\t", "\x07", "\n"]


def draft(store: Store, text: str, values: Sequence[str], **more: object) -> int:
    list_id = checked_list(store, phones(len(values)), xabar=values)
    return campaigns.create(store, AZIZA, settings_for(), Draft("Sale", text, list_id, **more))  # type: ignore[arg-type]


def sent_and_excluded(store: Store, campaign_id: int) -> tuple[list[int], list[int]]:
    campaign = campaign_of(store, campaign_id)
    rows = excluded.empty_rows(store, campaign)
    with store.reading() as session:
        assert excluded.counts(session, campaign_id) == NOBODY | {"empty_text": len(rows)}
    assert campaign.messages == len(messages_of(store, campaign_id))
    return [message.row for message in messages_of(store, campaign_id)], rows


@pytest.mark.parametrize("text", ["{xabar}", "{xabar|}", "{xabar|\u200b} \n", "\u00a0{xabar}{xabar}"])
@pytest.mark.parametrize("mend", [False, True])
def test_rows_whose_text_shows_nothing_get_no_message_and_are_named(store: Store, text: str, mend: bool) -> None:
    values = ["Salom", *EMPTY, "Xayr"]
    campaign_id = draft(store, text, values, mend_values=mend)
    campaigns.prepare(store, campaign_id)
    assert sent_and_excluded(store, campaign_id) == ([2, 12], list(range(3, 12)))
    assert campaigns.show(store, campaign_id)["excluded"] == NOBODY | {"empty_text": 9}
    assert_rollups(store, campaign_id)


def test_a_default_value_or_a_visible_word_sends_every_row(store: Store) -> None:
    for text in ("{xabar|Salom}", "{xabar}.", "{{}}{xabar}"):
        campaign_id = draft(store, text, ["Salom", *EMPTY])
        campaigns.prepare(store, campaign_id)
        assert sent_and_excluded(store, campaign_id) == (list(range(2, 12)), [])


def test_messages_and_chunks_stay_a_range_where_rows_are_left_out_of_several_slices(sqlite_store: Store) -> None:
    values = ["" if i % 3 == 0 else "Salom" for i in range(25_000)]
    campaign_id = draft(sqlite_store, "{xabar}", values)
    campaigns.prepare(sqlite_store, campaign_id)
    messages, chunks = messages_of(sqlite_store, campaign_id), chunks_of(sqlite_store, campaign_id)
    assert [message.id for message in messages] == list(range(messages[0].id, messages[0].id + 16_666))
    assert sum(chunk.messages for chunk in chunks) == 16_666
    assert {message.text for message in messages} == {"Salom"}
    assert sent_and_excluded(sqlite_store, campaign_id)[1] == list(range(2, 25_002, 3))
    assert_rollups(sqlite_store, campaign_id)


def test_of_several_texts_only_those_who_get_the_empty_one_are_left_out(store: Store) -> None:
    campaign_id = draft(store, "{xabar}", [""] * 30 + ["Salom"] * 10, variants=(Variant("Salom {xabar|mijoz}", 50),))
    campaigns.prepare(store, campaign_id)
    sent, left_out = sent_and_excluded(store, campaign_id)
    assert sorted(sent + left_out) == list(range(2, 42))
    assert 0 < len(left_out) < 30
    assert_rollups(store, campaign_id)


def test_a_campaign_of_nothing_but_empty_texts_is_refused_before_anything_is_kept(store: Store) -> None:
    campaign_id = draft(store, "{xabar}", ["", " "])
    with pytest.raises(DomainError) as refusal:
        campaigns.prepare(store, campaign_id)
    assert refusal.value.code == "all-texts-empty"
    with pytest.raises(DomainError) as refusal:
        campaigns.start(store, AZIZA, campaign_id)
    assert refusal.value.code == "all-texts-empty"
    assert campaign_of(store, campaign_id).state.value == "draft"


@pytest.mark.parametrize("text", ["", " \n", "\u200b", "\x00\x07"])
def test_a_text_that_shows_nothing_cannot_start(store: Store, text: str) -> None:
    campaign_id = draft(store, text, ["Salom"])
    with pytest.raises(DomainError) as refusal:
        campaigns.start(store, AZIZA, campaign_id)
    assert refusal.value.code == "incomplete"


def test_a_test_message_without_text_is_refused(store: Store) -> None:
    campaign_id = draft(store, "{xabar}", ["Salom", ""])
    with pytest.raises(DomainError) as refusal:
        test_send.send(store, AZIZA, settings_for(), campaign_id, [998901234567], {"xabar": "\u200b"})
    assert refusal.value.code == "empty-text"


def test_control_characters_in_a_text_are_removed_before_it_is_kept(store: Store) -> None:
    campaign_id = draft(store, "Sa\x00lom\r\n{xa\x07bar}\x9f", ["A\x00li"], variants=(Variant("Xa\x00yr", 50),))
    campaign = campaign_of(store, campaign_id)
    assert (campaign.text, campaign.variants) == ("Salom\n{xabar}", [{"text": "Xayr", "share": 50}])
    campaigns.change(store, AZIZA, campaign_id, Draft("Sale", "\x00Boshqa\u202e", campaign.list_id))
    assert campaign_of(store, campaign_id).text == "Boshqa"


# --------------------------------------------------------------------------------------------------------- the command


@pytest.fixture
def file(tmp_path: Path, store: Store, store_url: str, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setenv("GETSMS_DATABASE_URL", store_url)
    rows = "".join(f"{998901234567 + i};{'' if i % 2 else 'Salom'}\n" for i in range(50))
    (tmp_path / "list.csv").write_text("Telefon;Xabar\n" + rows, "utf-8")
    return str(tmp_path / "list.csv")


def test_create_counts_the_rows_as_its_last_key_show_counts_them_and_excluded_names_them(file: str) -> None:
    created = document("create", file, "--name", "A", "--text", "{Xabar|}")
    assert (list(created)[-1], created["excluded"]) == ("excluded", NOBODY | {"empty_text": 25})
    assert created["messages"] + sum(created["excluded"].values()) == created["accepted"] == 50
    shown = document("show", str(created["campaign"]))
    assert shown["excluded"] == NOBODY | {"empty_text": 25}
    named = document("excluded", str(created["campaign"]))
    assert named["rows"] == [{"row": row, "reason": "empty_text"} for row in range(3, 52, 2)]
    assert "Row 3: its text is empty." in run("excluded", str(created["campaign"])).stdout


def test_each_number_of_a_cell_with_two_is_a_message_or_excluded(file: str) -> None:
    Path(file).write_text("Telefon;Xabar\n998901234567 998901234568;\n998901234569;Salom\n", "utf-8")
    created = document("create", file, "--name", "A", "--text", "{Xabar|}", "--two", "both")
    assert (created["accepted"], created["messages"], created["excluded"]["empty_text"]) == (3, 1, 2)
    rows = document("excluded", str(created["campaign"]))["rows"]
    assert rows == [{"row": 2, "reason": "empty_text"}] * 2


def test_rows_that_are_excluded_stay_named_when_the_list_is_deleted(file: str) -> None:
    created = document("create", file, "--name", "A", "--text", "{Xabar|}")
    document("cancel", str(created["campaign"]))
    document("lists", "delete", str(created["list"]))
    assert len(document("excluded", str(created["campaign"]))["rows"]) == 25


def test_create_says_so_to_people(file: str) -> None:
    output = run("create", file, "--name", "A", "--text", "{xabar}").stdout
    assert "25 rows get no message, because their text is empty." in output
    assert "25 rows get no message" in run("show", "1").stdout


def test_a_campaign_without_empty_texts_reports_none(file: str) -> None:
    created = document("create", file, "--name", "A", "--text", "Salom {xabar|}")
    assert created["excluded"] == NOBODY
    assert document("excluded", str(created["campaign"]))["rows"] == []


def test_create_refuses_what_would_send_nothing_and_keeps_nothing(file: str) -> None:
    assert refused("create", file, "--name", "A", "--text", "\u200b \u00a0") == "empty-text"
    Path(file).write_text("Telefon;Xabar\n998901234567;\n998901234568; \n", "utf-8")
    assert refused("create", file, "--name", "A", "--text", "{xabar}") == "all-texts-empty"
    assert document("list")["campaigns"] == []
    assert document("lists")["lists"] == []


def test_a_field_that_two_columns_could_serve_is_refused_with_both_names(file: str) -> None:
    Path(file).write_text("Telefon;ISM;Ism\n998901234567;ALI;Ali\n", "utf-8")
    assert refused("create", file, "--name", "A", "--text", "Salom {ism}") == "ambiguous-field"
    assert "ISM, Ism" in run("create", file, "--name", "A", "--text", "Salom {ism}").stderr
    created = document("create", file, "--name", "A", "--text", "Salom {Ism}")
    assert created["messages"] == 1
