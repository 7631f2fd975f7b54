"""Erasing a number on request: what is gone, what stays, and what waits until it has ended; on both databases."""

import json
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlmodel import col

from getsms_core.base.errors import DomainError
from getsms_core.base.permissions import Actor, Role
from getsms_core.base.reasons import reason
from getsms_core.base.states import CampaignState, MessageState
from getsms_core.campaigns import number_erasure
from getsms_core.campaigns import service as campaigns
from getsms_core.campaigns.exclusions import Exclusions
from getsms_core.campaigns.service import Draft
from getsms_core.contacts import list_numbers, lists, storage, suppression
from getsms_core.contacts.facts import ListFacts
from getsms_core.contacts.validation import counts_of
from getsms_core.db.engine import Store, now_ms
from getsms_core.db.models import (
    Attempt,
    Audit,
    Campaign,
    Chunk,
    Contact,
    Excluded,
    Job,
    ListFile,
    NumberErasure,
    OptOut,
    Receipt,
    Table,
)
from getsms_core.reports import message_columns, number_history
from tests.engine_support import (
    AZIZA,
    HOUR,
    Engine,
    assert_rollups,
    audited,
    campaign_of,
    checked_list,
    messages_of,
    receipt,
    running,
    settings_for,
    statuses,
)
from tests.integration.cli.cli_support import document
from tests.job_support import do_all

ALI, VALI, HASAN = 998901234567, 998935556677, 998977771122
MARKETER = Actor("Mira", Role.MARKETER)


def finished(store: Store, *numbers: object, **fields: list[str]) -> int:
    """A campaign whose messages were delivered, to a list with an uploaded file."""
    campaign_id = running(store, numbers=numbers, fields=fields, text="Salom {ism}" if fields else "Salom")
    engine = Engine(store)
    engine.send(want=10)
    engine.now += 10_000
    by_id = {message.request_id: [] for message in messages_of(store, campaign_id)}  # type: ignore[var-annotated]
    for message in messages_of(store, campaign_id):
        by_id[message.request_id].append(receipt(message, description=f"to {message.phone}"))
    for due in engine.due():
        engine.apply_answers(([due], statuses(*by_id[due.request_id])))
    with store.writing() as session:
        ended = sa.update(Campaign).where(col(Campaign.id) == campaign_id)
        session.execute(ended.values(state=CampaignState.FINISHED, finished_at=now_ms(session)))
        session.add(
            ListFile(list_id=campaign_of(store, campaign_id).list_id or 0, number=0, data=f"{ALI};Ali".encode())
        )
    return campaign_id


def everything(store: Store) -> str:
    """Every row of every table as text, and the rows of all lists."""
    rows: list[object] = []
    with store.reading() as session:
        for table in Table.metadata.sorted_tables:
            if table.name not in ("list_block", "list_numbers", "message_numbers"):
                rows += [tuple(map(str, row)) for row in session.execute(sa.select(table))]
    rows += [
        storage.load(store, int(stored_list.id or 0)).to_pylist()
        for stored_list in lists.all_lists(store, internal=True)
    ]
    return json.dumps(rows, default=str)


def test_only_an_administrator_has_a_number_erased(store: Store) -> None:
    with pytest.raises(DomainError) as refusal:
        number_erasure.request(store, MARKETER, ALI)
    assert refusal.value.code == "not-allowed"
    with store.reading() as session:
        assert session.scalars(sa.select(OptOut)).all() == []


def test_of_ended_campaigns_texts_names_rows_and_the_number_go_and_figures_and_the_opt_out_stay(
    store: Store, store_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GETSMS_DATABASE_URL", store_url)
    campaign_id = finished(store, ALI, VALI, "+998 90 123 45 67", ism=["Alisher", "Valijon", "Alisher"])
    list_id = campaign_of(store, campaign_id).list_id or 0
    number_history.look_up(store, AZIZA, ALI)
    suppression.add(store, AZIZA, [ALI], "complaint", "called")
    suppression.remove(store, AZIZA, ALI, "Alisher 90 123-45-67 called again")
    with store.writing() as session:
        session.execute(sa.update(Chunk).values(detail=f"error about +998 {str(ALI)[3:]}"))
        session.execute(sa.update(Attempt).values(detail=f"error about {VALI}"))
        session.add(Contact(phone=ALI, hour=1, messages=1))
    before = document("show", str(campaign_id))
    assert document("phone", str(ALI), "--erase") == {"phone": str(ALI), "erasure": 1}
    assert do_all(store) == [("erase-number", "erasure:1")]
    erased_message, second_message = messages_of(store, campaign_id)
    assert (
        erased_message.phone,
        erased_message.text,
        erased_message.request_id,
        erased_message.gateway_id,
        erased_message.reason,
    ) == (0, "", None, None, None)
    assert (erased_message.state, erased_message.price, second_message.text) == (
        MessageState.DELIVERED,
        9500,
        "Salom Valijon",
    )
    assert_rollups(store, campaign_id)
    assert document("show", str(campaign_id)) == before
    left = everything(store)
    assert "Alisher" not in left
    assert left.count(str(ALI)) == 1  # the opt-out
    checked = storage.checked(store, list_id)
    assert checked.rows["outcome"].to_pylist() == ["opted-out", "as-is", "opted-out"]
    assert checked.rows["row"].to_pylist() == [2, 3, 4]
    assert lists.get(store, list_id).counts == checked.counts == counts_of(checked.outcomes)
    assert lists.get(store, list_id).facts["erased_rows"] == 2
    assert lists.accepted(store, list_id)["phone"].to_pylist() == [VALI]
    with store.reading() as session:
        [entry] = session.scalars(sa.select(OptOut)).all()
        assert (entry.phone, entry.source, entry.reason, entry.scope) == (ALI, "erasure", "", "all")
        assert session.scalars(sa.select(ListFile)).all() == []
        assert [row.description for row in session.scalars(sa.select(Receipt).order_by(col(Receipt.message_id)))] == [
            "", f"to {VALI}"]  # fmt: skip
        assert {row.detail for row in session.scalars(sa.select(Chunk))} == {""}
        assert {row.detail for row in session.scalars(sa.select(Attempt))} == {f"error about {VALI}"}
        ended = session.get(NumberErasure, 1)
        assert ended is not None
        assert (ended.phone, ended.messages, ended.list_rows, ended.finished_at is not None) == (None, 1, 2, True)
        assert "phone:erased" in set(session.scalars(sa.select(col(Audit.subject))))
    assert [entry.detail for entry in audited(store, "number.erase")] == [{"messages": 1, "list_rows": 2}]
    nothing = document("phone", str(ALI))
    assert (nothing["messages"], nothing["lists"], nothing["opted_out"]) == ([], [], "all")
    assert document("phone", str(VALI))["lists"] == [list_id]
    assert number_erasure.erase(store, 1)


def test_what_is_under_way_is_erased_when_it_has_ended_and_a_draft_makes_its_messages_again(store: Store) -> None:
    old = finished(store, ALI)
    going = running(store, numbers=[VALI, ALI], chunk_size=1)
    draft_list = checked_list(store, [ALI, HASAN])
    draft = campaigns.create(store, AZIZA, settings_for(), Draft("Next", "Salom", draft_list))
    campaigns.prepare(store, draft)
    erasure_id = number_erasure.request(store, AZIZA, ALI)
    assert number_erasure.request(store, AZIZA, ALI) == erasure_id
    assert do_all(store) == [("erase-number", f"erasure:{erasure_id}")]
    assert messages_of(store, old)[0].phone == 0
    assert [message.phone for message in messages_of(store, going)] == [VALI, ALI]
    assert number_erasure.under_way(store, ALI) is not None
    assert number_history.history(store, AZIZA, ALI).erasing
    assert messages_of(store, draft) == []
    campaigns.prepare(store, draft)
    assert [message.phone for message in messages_of(store, draft)] == [HASAN]
    engine = Engine(store)
    engine.send(want=10)  # the opt-out cancels the message
    assert [message.state.value for message in messages_of(store, going)] == ["accepted", "cancelled"]
    with store.writing() as session:
        assert number_erasure.request_due(session, now_ms(session)) == 0
        session.execute(sa.update(Job).values(ended_at=1))
        session.execute(sa.update(Campaign).where(col(Campaign.id) == going).values(state=CampaignState.CANCELLED))
        assert number_erasure.request_due(session, now_ms(session)) == 1
    do_all(store)
    assert [message.phone for message in messages_of(store, going)] == [VALI, 0]
    assert list_numbers.rows_with(store, ALI) == {}
    assert number_erasure.under_way(store, ALI) is None
    assert everything(store).count(str(ALI)) == 1
    assert_rollups(store, old, going, draft)


@pytest.mark.parametrize("erased", [ALI, VALI])
def test_messages_that_share_a_request_id_get_their_receipts_after_one_of_them_was_erased(
    store: Store, erased: int
) -> None:
    """The first carries the date of the next status call for both, also once it has its own final receipt."""
    campaign_id = running(store, numbers=[ALI, VALI])
    engine = Engine(store)
    engine.send()
    engine.now += 10_000
    first, second = messages_of(store, campaign_id)
    engine.apply_answers((engine.due(), statuses(receipt(first), receipt(second, "sent"))))
    number_erasure.erase(store, number_erasure.request(store, AZIZA, erased))
    engine.now += HOUR
    engine.apply_answers((engine.due(), statuses(receipt(first), receipt(second))))
    assert [message.state for message in messages_of(store, campaign_id)] == [MessageState.DELIVERED] * 2
    number_erasure.erase(store, number_erasure.request(store, AZIZA, erased))
    phones = {message.phone for message in messages_of(store, campaign_id)}
    assert phones == {0, *{ALI, VALI} - {erased}}
    assert_rollups(store, campaign_id)


def test_who_got_no_message_is_erased_as_well_and_the_rows_that_were_excluded_stay(store: Store) -> None:
    draft = Draft("Sale", "Salom", checked_list(store, [VALI, ALI, HASAN]),
                  exclusions=Exclusions(lists=(checked_list(store, [ALI]),)))  # fmt: skip
    campaign_id = campaigns.create(store, AZIZA, settings_for(), draft)
    campaigns.prepare(store, campaign_id)
    with store.writing() as session:
        session.execute(sa.update(Campaign).values(state=CampaignState.CANCELLED))
    number_erasure.erase(store, number_erasure.request(store, AZIZA, ALI))
    with store.reading() as session:
        [row] = session.scalars(sa.select(Excluded)).all()
    assert (row.row, row.phone, row.reason) == (3, None, "lists")
    assert everything(store).count(str(ALI)) == 1


def test_of_a_long_list_only_the_block_with_the_number_is_written_again(store: Store) -> None:
    numbers = [998900000000 + n for n in range(70_000)]
    list_id = checked_list(store, numbers)
    number_erasure.erase(store, number_erasure.request(store, AZIZA, numbers[66_000]))
    outcomes = storage.checked(store, list_id).rows["outcome"].to_pylist()
    assert [place for place, outcome in enumerate(outcomes) if outcome == "opted-out"] == [66_000]
    assert lists.get(store, list_id).counts.opted_out == 1
    assert list_numbers.rows_with(store, numbers[66_000]) == {}
    assert list_numbers.rows_with(store, numbers[66_001]) == {list_id: [66_002]}


def test_a_list_that_is_made_of_what_was_read_before_is_erased_too(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = checked_list(store, [ALI, VALI], ism=["Ali", "Vali"])
    rows_before = storage.checked(store, source)
    original = number_erasure._erase_rows

    def erase_while_a_list_is_made(*arguments: object) -> bool:
        erased = original(*arguments)  # type: ignore[arg-type]
        monkeypatch.setattr(number_erasure, "_erase_rows", original)
        facts = ListFacts(phone_column="phone", columns=tuple(rows_before.columns))
        lists.save_derived_lists(
            store, AZIZA, [("Copy", reason("list-name", name="Copy", id=source), rows_before, facts)]
        )
        return erased

    monkeypatch.setattr(number_erasure, "_erase_rows", erase_while_a_list_is_made)
    erasure = number_erasure.request(store, AZIZA, ALI)
    assert number_erasure.erase(store, erasure) is False, "the list that was made meanwhile holds the number"
    assert number_erasure.under_way(store, ALI) is not None
    assert number_erasure.erase(store, erasure) is True
    assert list_numbers.rows_with(store, ALI) == {}
    for list_id in (source, source + 1):
        assert lists.checked(store, list_id).fields["ism"].to_pylist() == ["", "Vali"]


def test_of_a_cell_with_two_numbers_the_other_one_stays_alone(store: Store, tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("Ism;Telefon\nAli va Vali;90 123-45-67 / 93 555 66 77\nHasan;97 777 11 22\n")
    list_id = lists.add_file(store, AZIZA, tmp_path / "a.csv", "x", lists.Options(two="both", phone_column="Telefon"))
    assert lists.checked(store, list_id).rows["phone"].to_pylist() == [ALI, VALI, HASAN]
    number_erasure.request(store, AZIZA, ALI)
    do_all(store)
    checked = lists.checked(store, list_id)
    assert checked.rows["value"].to_pylist() == ["–", str(VALI), "97 777 11 22"]
    assert checked.fields["Telefon"].to_pylist() == ["", str(VALI), "97 777 11 22"]
    assert checked.rows["outcome"].to_pylist() == ["opted-out", "repaired-one-of-two", "repaired-national"]


def test_cells_that_were_read_before_the_erasure_are_not_shown_after_it(sqlite_store: Store) -> None:
    campaign_id = finished(sqlite_store, ALI, VALI, ism=["Alisher", "Valijon"])
    message_ids = [message.id for message in messages_of(sqlite_store, campaign_id)]

    def shown() -> list[str | None]:
        cells = message_columns.cells(sqlite_store, AZIZA, campaign_id, ["column:ism"], message_ids)
        return [cells[message_id]["column:ism"] for message_id in message_ids]

    assert shown() == ["Alisher", "Valijon"]
    number_erasure.request(sqlite_store, AZIZA, ALI)
    do_all(sqlite_store)
    assert shown() == ["", "Valijon"]
