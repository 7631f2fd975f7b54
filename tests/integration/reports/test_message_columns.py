"""The columns of a list beside the messages of a campaign's page and in breakdowns, as each role sees them."""

from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from getsms_core import exports, reports
from getsms_core.base.permissions import Actor, Role
from getsms_core.db.engine import Store
from getsms_core.messages.variants import Variant
from getsms_core.reports import Filter, message_columns, message_slices, number_history
from tests.engine_support import AZIZA, Engine, messages_of, phones, running

ANALYST = Actor("Ann", Role.ANALYST)


def local(number: int) -> str:
    """A number as people write it in a spreadsheet: 90 123-45-67."""
    digits = str(number)[3:]
    return f"{digits[:2]} {digits[2:5]}-{digits[5:7]}-{digits[7:]}"


def test_an_analyst_finds_no_whole_number_in_a_column_that_nobody_called_personal(store: Store) -> None:
    numbers = phones(3)
    notes = [local(numbers[0]), f"00{numbers[1]}", "VIP"]
    campaign_id = running(store, 3, fields={"Izoh": notes})
    message_ids = [message.id for message in messages_of(store, campaign_id)]

    def cells(reader: Actor) -> list[str | None]:
        by_message = message_columns.cells(store, reader, campaign_id, ["column:Izoh"], message_ids)
        return [by_message[message_id]["column:Izoh"] for message_id in message_ids]

    assert cells(AZIZA) == notes
    shown = cells(ANALYST)
    assert all("*****" in str(cell) for cell in shown[:2])
    assert shown[2] == "VIP"
    assert sorted(message_columns.values(store, AZIZA, campaign_id, "column:Izoh")) == sorted(notes)
    assert message_columns.values(store, ANALYST, campaign_id, "column:Izoh") == ["VIP"]


def test_a_breakdown_names_no_whole_number_to_an_analyst(store: Store) -> None:
    notes = [local(phones(1)[0]), "+998 (90) 765-43-21", "VIP", ""]
    campaign_id = running(store, 4, fields={"Izoh": notes})
    question, zone = Filter(campaigns=(campaign_id,)), ZoneInfo("Asia/Tashkent")
    assert set(reports.by_cut(store, AZIZA, question, zone, "column:Izoh")["value"]) == set(notes)
    shown = reports.by_cut(store, ANALYST, question, zone, "column:Izoh")["value"].tolist()
    assert sorted(value for value in shown if "*****" not in value) == ["", "VIP"]
    assert len(shown) == 4


def test_values_that_look_alike_once_they_are_masked_are_one_row_of_a_breakdown(store: Store) -> None:
    notes = ["90 123-45-67", "998 90 888 88 67", "VIP", "VIP"]
    campaign_id = running(store, 4, fields={"Izoh": notes})
    Engine(store).send(want=50)
    question, zone = Filter(campaigns=(campaign_id,)), ZoneInfo("Asia/Tashkent")
    shown = reports.by_cut(store, ANALYST, question, zone, "column:Izoh")
    assert dict(zip(shown["value"], shown["sent"], strict=True)) == {"99890*****67": 2, "VIP": 2}


def test_the_responses_by_a_column_name_no_whole_number_to_an_analyst(store: Store) -> None:
    notes = ["90 123-45-67", "+998 (90) 765-43-67", "VIP", "٩٩٨٩٠٧٦٥٤٣٢١"]
    campaign_id = running(store, 4, fields={"Izoh": notes})
    Engine(store).send(want=50)
    assert set(reports.responses_by_column(store, AZIZA, campaign_id, "Izoh")) == set(notes)
    shown = reports.responses_by_column(store, ANALYST, campaign_id, "Izoh")
    assert {value: figures.sent for value, figures in shown.items()} == {"99890*****67": 2, "VIP": 1, "99890*****21": 1}


def test_a_masked_value_leads_to_its_messages_and_a_whole_number_cannot_be_tried(store: Store) -> None:
    notes = ["90 123-45-67", "998 90 888 88 67", "tel: 71 200-00-00", "VIP"]
    campaign_id = running(store, 4, fields={"Izoh": notes})

    def rows(reader: Actor, value: str) -> list[int]:
        return list(message_columns.rows_with(store, reader, campaign_id, "column:Izoh", value))

    assert rows(AZIZA, "90 123-45-67") == [2]
    assert rows(ANALYST, "99890*****67") == [2, 3]
    assert rows(ANALYST, "tel: 71*****00") == [4]
    assert rows(ANALYST, "VIP") == [5]
    assert rows(ANALYST, "90 123-45-67") == rows(ANALYST, "998901234567") == rows(ANALYST, "tel: 71 200-00-00") == []


def test_a_local_number_beside_words_is_masked_in_the_table(store: Store) -> None:
    notes = ["Ali aka 90 123 45 67", "71 200 00 00", "+7 916 123-45-67"]
    campaign_id = running(store, 3, fields={"Izoh": notes})
    message_ids = [message.id for message in messages_of(store, campaign_id)]
    shown = message_columns.cells(store, ANALYST, campaign_id, ["column:Izoh"], message_ids)
    assert [shown[message_id]["column:Izoh"] for message_id in message_ids] == [
        "Ali aka 90*****67", "71*****00", "+7916*****67",
    ]  # fmt: skip


def test_a_number_that_a_text_merges_from_the_list_is_masked_and_a_number_to_call_is_not(
    store: Store, tmp_path: Path
) -> None:
    text = "{Ism}, kuryer {Tel}. Savollar: 71 200-00-00"
    couriers = ["90 765-43-21", "+998 93 111-22-33"]
    fields = {"Ism": ["Ali", "Vali"], "Tel": couriers}
    campaign_id = running(store, 2, text=text, fields=fields, variants=(Variant("{Tel}! STOP 90 222-33-44", 50),))
    number = phones(1)[0]

    def shown(reader: Actor) -> list[str]:
        question, zone = Filter(campaigns=(campaign_id,)), ZoneInfo("Asia/Tashkent")
        exports.write(store, reader, campaign_id, "csv", tmp_path / "a.csv", ["text"], zone=zone)
        rows = [
            *reports.messages_page(store, reader, campaign_id),
            *message_slices.page(store, reader, question, zone, message_slices.Slice()),
            *(of_number.message for of_number in number_history.look_up(store, reader, number).messages),
        ]
        return [*(row.text for row in rows), (tmp_path / "a.csv").read_text("utf-8")]

    for text_of_admin in shown(AZIZA):
        assert any(courier in text_of_admin for courier in couriers)
    for text_of_analyst in shown(ANALYST):
        digits = "".join(filter(str.isdigit, text_of_analyst))
        assert "907654321" not in digits
        assert "931112233" not in digits
        assert "71 200-00-00" in text_of_analyst or "90 222-33-44" in text_of_analyst


@pytest.mark.parametrize("counted", [(), ("Izoh",)], ids=["counted from messages", "rolled up"])
def test_a_masked_value_of_a_breakdown_leads_to_all_its_messages(store: Store, counted: tuple[str, ...]) -> None:
    notes = ["90 123-45-67", "998 90 888 88 67", "tel: 71 200-00-00", "VIP", ""]
    campaign_id = running(store, 5, fields={"Izoh": notes}, cuts=counted)
    Engine(store).send(want=50)
    question, zone = Filter(campaigns=(campaign_id,)), ZoneInfo("Asia/Tashkent")
    shown = reports.by_cut(store, ANALYST, question, zone, "column:Izoh")
    found = {}
    for value in shown["value"].tolist():
        behind = message_slices.Slice(by="column:Izoh", value=value)
        rows = message_slices.page(store, ANALYST, question, zone, behind)
        assert message_slices.count(store, ANALYST, question, zone, behind).messages == len(rows)
        found[value] = len(rows)
    assert found == {"99890*****67": 2, "tel: 71*****00": 1, "VIP": 1, "": 1}
    whole = message_slices.Slice(by="column:Izoh", value="90 123-45-67")
    assert message_slices.page(store, ANALYST, question, zone, whole) == []
    assert len(message_slices.page(store, AZIZA, question, zone, whole)) == 1
