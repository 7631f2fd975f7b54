"""A list from the results of campaigns, and the options that exclude people, in the core and in the command."""

from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlmodel import col

from getsms_core.base.errors import DomainError
from getsms_core.base.states import CampaignState, MessageState
from getsms_core.campaigns import follow_up
from getsms_core.contacts import list_columns, lists, storage
from getsms_core.contacts import operations as list_operations
from getsms_core.db import rollups
from getsms_core.db.engine import Store, now_ms
from getsms_core.db.models import Message, Response
from tests.engine_support import AZIZA, campaign_of, messages_of, phones, running
from tests.integration.cli.cli_support import document, refused, run

M = MessageState
STATES = [M.DELIVERED, M.UNDELIVERED, M.EXPIRED, M.REJECTED, M.UNCERTAIN, M.ACCEPTED, M.CANCELLED]


def with_results(store: Store, states: list[MessageState], first: int = 0) -> int:
    """A finished campaign whose messages are in these states; rejected ones have the reason 300."""
    numbers = phones(len(states) + first)[first:]
    campaign_id = running(store, numbers=numbers, state=CampaignState.FINISHED)
    with store.writing() as session:
        for message, state in zip(messages_of(store, campaign_id), states, strict=True):
            values = {"state": state, "reason": "300" if state == M.REJECTED else None, "left_at": now_ms(session)}
            session.execute(sa.update(Message).where(col(Message.id) == message.id).values(**values))
        rollups.rebuild(session, campaign_id)
    return campaign_id


def rows_of(store: Store, list_id: int) -> list[int]:
    return [int(row) for row in lists.accepted(store, list_id)["row"].to_pylist()]


def made_of(store: Store, campaign_ids: list[int], states: str = "", **more: object) -> list[int]:
    from dataclasses import replace

    choice = replace(follow_up.read_states(states), **more)  # type: ignore[arg-type]
    return rows_of(store, follow_up.make_list(store, AZIZA, campaign_ids, choice, "New").list_id)


def test_a_choice_that_names_nothing_or_nobody_is_refused(store: Store) -> None:
    campaign_id = with_results(store, STATES)
    for code, states in (("nothing-chosen", ""), ("bad-state", "lost"), ("nothing-left", "queued")):
        with pytest.raises(DomainError) as refusal:
            made_of(store, [campaign_id], states)
        assert refusal.value.code == code


def test_states_reasons_and_who_was_not_reached_keep_the_rows_of_the_list(store: Store) -> None:
    campaign_id = with_results(store, STATES)
    assert made_of(store, [campaign_id], "undelivered,expired") == [3, 4]
    assert made_of(store, [campaign_id], "not-reached") == [3, 4, 5, 8]
    assert made_of(store, [campaign_id], "not-reached,uncertain") == [3, 4, 5, 6, 8]
    assert made_of(store, [campaign_id], reason="300") == [5]
    with store.writing() as session:
        delivered = messages_of(store, campaign_id)[0].id
        session.add(Response(message_id=delivered, campaign_id=campaign_id, created_at=1, created_by="Aziza"))
    assert made_of(store, [campaign_id], not_responded=True) == [3, 4, 5, 7, 8]
    new = follow_up.make_list(store, AZIZA, [campaign_id], follow_up.Choice((M.EXPIRED,)), "New").list_id
    old = storage.checked(store, campaign_of(store, campaign_id).list_id or 0)
    assert storage.checked(store, new).columns == old.columns


def test_of_several_campaigns_nobody_is_there_twice_and_who_was_reached_by_one_is_not(store: Store) -> None:
    first = with_results(store, [M.UNDELIVERED, M.UNDELIVERED, M.REJECTED])
    second = with_results(store, [M.DELIVERED, M.UNDELIVERED, M.EXPIRED], first=1)
    choice = follow_up.read_states("not-reached")
    new = follow_up.make_list(store, AZIZA, [first, second], choice, "New")
    numbers = lists.accepted(store, new.list_id)["phone"].to_pylist()
    assert sorted(numbers) == [int(str(phones(4)[place])) for place in (0, 2, 3)]
    assert new.accepted == 3


def test_of_a_deleted_list_the_numbers_alone_are_kept(store: Store) -> None:
    campaign_id = with_results(store, STATES)
    list_operations.delete(store, AZIZA, campaign_of(store, campaign_id).list_id or 0)
    new = follow_up.make_list(store, AZIZA, [campaign_id], follow_up.Choice((M.EXPIRED,)), "New")
    assert (new.accepted, new.without_list) == (1, (campaign_id,))
    assert storage.checked(store, new.list_id).columns == [follow_up.PHONE_COLUMN]


def test_the_commands_exclude_people_and_make_a_list_of_results(
    store: Store, store_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GETSMS_DATABASE_URL", store_url)
    earlier = with_results(store, STATES)
    file = tmp_path / "list.csv"
    file.write_text("Telefon;Ism\n" + "".join(f"{number};Ali\n" for number in phones(9)), "utf-8")
    created = document(
        "create", str(file), "--name", "A", "--text", "x", "--exclude-campaign", str(earlier), "--exclude-days", "1"
    )
    assert (created["messages"], created["excluded"]["campaigns"], created["excluded"]["days"]) == (6, 3, 0)
    assert created["messages"] + sum(created["excluded"].values()) == created["accepted"] == 9
    assert document("show", str(created["campaign"]))["excluded"] == created["excluded"]
    named = document("excluded", str(created["campaign"]))["rows"]
    assert named == [{"row": row, "reason": "campaigns"} for row in (2, 6, 7)]
    assert (
        "3 rows are excluded (Got an excluded campaign, or not new since one: 3)"
        in run("show", str(created["campaign"])).stdout
    )
    assert refused("create", str(file), "--name", "A", "--text", "x", "--exclude-list", "99") == "no-such-list"
    new = document("audience", str(earlier), "--state", "not-reached", "--name", "Again")
    assert (list(new), new["accepted"]) == (["list", "accepted"], 4)
    assert refused("audience", str(earlier), "--state", "queued", "--name", "Again") == "nothing-left"


def test_whom_the_exclusions_left_out_was_not_missed(store: Store) -> None:
    campaign_id = with_results(store, [M.CANCELLED, M.CANCELLED, M.CANCELLED, M.CANCELLED])
    codes = ("excluded-campaign", "excluded-days", "frequency-cap", None)
    with store.writing() as session:
        for message, reason in zip(messages_of(store, campaign_id), codes, strict=True):
            session.execute(sa.update(Message).where(col(Message.id) == message.id).values(reason=reason))
        rollups.rebuild(session, campaign_id)
    assert made_of(store, [campaign_id], "not-reached") == [4, 5]
    assert made_of(store, [campaign_id], "cancelled") == [2, 3, 4, 5], "a state that is named is meant"


def test_a_list_of_results_hides_what_the_list_of_the_campaign_hides(store: Store) -> None:
    campaign_id = running(store, numbers=phones(3), fields={"ism": ["Ali", "Vali", "Hasan"], "shahar": ["A", "B", "C"]},
                          state=CampaignState.FINISHED)  # fmt: skip
    list_columns.describe(store, AZIZA, int(campaign_of(store, campaign_id).list_id or 0), personal=["ism"])
    made = follow_up.make_list(store, AZIZA, [campaign_id], follow_up.read_states("queued"), "New")
    assert lists.get(store, made.list_id).personal_columns == ["ism"]
