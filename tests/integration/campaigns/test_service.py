"""Making a campaign, preparing its messages, and every intent that moves it."""

import time
from collections.abc import Callable

import pytest
import sqlalchemy as sa
from sqlmodel import col

from getsms_core.base.errors import DomainError
from getsms_core.base.permissions import Actor, Role
from getsms_core.base.states import CampaignState
from getsms_core.campaigns import service as campaigns
from getsms_core.campaigns.service import Draft
from getsms_core.db import bulk
from getsms_core.db.engine import Store
from getsms_core.db.models import SPAN, Campaign, Chunk, Message
from getsms_core.worker import handlers
from tests.engine_support import (
    AZIZA,
    Engine,
    assert_rollups,
    audited,
    campaign_of,
    checked_list,
    chunks_of,
    counts,
    messages_of,
    phones,
    running,
    settings_for,
)
from tests.job_support import claim, do_all

C = CampaignState
Move = Callable[[Store, Actor, int], None]


def draft(store: Store, text: str = "Salom {ism}", numbers: list[int] | None = None, **settings: object) -> int:
    recipients = phones(3) if numbers is None else numbers
    names = [("Aziza", "Bek", "Ўктам")[i % 3] for i in range(len(recipients))]
    list_id = checked_list(store, recipients, ism=names)
    return campaigns.create(store, AZIZA, settings_for(**settings), Draft("Sale", text, list_id))


def refused(code: str, work: Callable[[], object]) -> str:
    with pytest.raises(DomainError) as refusal:
        work()
    assert refusal.value.code == code
    return refusal.value.message


def put(store: Store, campaign_id: int, **values: object) -> None:
    with store.writing() as session:
        session.execute(sa.update(Campaign).where(col(Campaign.id) == campaign_id).values(**values))


# ------------------------------------------------------------------------------------------------------------- making


def test_a_new_campaign_is_a_draft_with_what_the_settings_say(store: Store) -> None:
    campaign_id = draft(store, price="95.50", nickname="SHOP", chunk_size=50)
    campaign = campaign_of(store, campaign_id)
    assert (campaign.state, campaign.sender, campaign.chunk_size, campaign.price, campaign.created_by) == (
        C.DRAFT, "SHOP", 50, 9550, "Aziza"
    )  # fmt: skip
    assert [note.detail for note in audited(store, "campaign.create")] == [{"name": "Sale"}]


def test_a_text_that_is_malformed_makes_no_campaign(sqlite_store: Store) -> None:
    with pytest.raises(DomainError):
        campaigns.create(sqlite_store, AZIZA, settings_for(), Draft("Sale", "Salom {"))
    assert audited(sqlite_store, "campaign.create") == []


def test_a_list_that_is_not_there_makes_no_campaign(store: Store) -> None:
    work = lambda: campaigns.create(store, AZIZA, settings_for(), Draft("Sale", "Salom", 99))  # noqa: E731
    assert "99" in refused("no-such-list", work)


def test_only_a_draft_can_be_changed_and_what_was_prepared_of_it_is_thrown_away(store: Store) -> None:
    campaign_id = draft(store)
    campaigns.prepare(store, campaign_id)
    old = campaign_of(store, campaign_id)
    campaigns.change(store, AZIZA, campaign_id, Draft("Sale", "Xayr {ism}", old.list_id, sender="SHOP"))
    changed = campaign_of(store, campaign_id)
    assert (changed.text, changed.prepared, changed.messages, changed.parts, changed.cost) == (
        "Xayr {ism}",
        "",
        0,
        0,
        0,
    )
    assert messages_of(store, campaign_id) == []
    assert_rollups(store, campaign_id)
    campaigns.prepare(store, campaign_id)
    assert messages_of(store, campaign_id)[0].text == "Xayr Aziza"
    assert_rollups(store, campaign_id)
    campaigns.start(store, AZIZA, campaign_id)
    refused("wrong-state", lambda: campaigns.change(store, AZIZA, campaign_id, Draft("Sale", "Boshqa")))


def test_a_change_that_changes_nothing_keeps_what_was_prepared(sqlite_store: Store) -> None:
    campaign_id = draft(sqlite_store)
    campaigns.prepare(sqlite_store, campaign_id)
    list_id = campaign_of(sqlite_store, campaign_id).list_id
    campaigns.change(sqlite_store, AZIZA, campaign_id, Draft("Sale", "Salom {ism}", list_id))
    assert campaign_of(sqlite_store, campaign_id).prepared == "ready"
    assert audited(sqlite_store, "campaign.change") == []


# ---------------------------------------------------------------------------------------------------------- preparing


def test_every_recipient_becomes_one_message_with_its_text_parts_and_price(store: Store) -> None:
    campaign_id = draft(store, price="100")
    campaigns.prepare(store, campaign_id)
    messages = messages_of(store, campaign_id)
    assert [(m.row, m.phone, m.text, m.encoding, m.parts, m.price) for m in messages] == [
        (2, phones(3)[0], "Salom Aziza", "GSM-7", 1, 10_000),
        (3, phones(3)[1], "Salom Bek", "GSM-7", 1, 10_000),
        (4, phones(3)[2], "Salom Ўктам", "UCS-2", 1, 10_000),
    ]
    assert [m.id for m in messages] == [campaign_id * SPAN + n for n in (1, 2, 3)]
    assert {(m.state.value, m.left_at, m.request_id, m.next_poll_at) for m in messages} == {
        ("queued", None, None, None)
    }
    campaign = campaign_of(store, campaign_id)
    assert (campaign.prepared, campaign.messages, campaign.parts, campaign.cost) == ("ready", 3, 3, 30_000)
    assert_rollups(store, campaign_id)


@pytest.mark.parametrize(("rows", "sizes"), [(1, [1]), (100, [100]), (101, [100, 1]), (250, [100, 100, 50])])
def test_chunks_hold_a_hundred_messages_each_and_the_last_the_rest(
    sqlite_store: Store, rows: int, sizes: list[int]
) -> None:
    campaign_id = draft(sqlite_store, "Salom", phones(rows))
    campaigns.prepare(sqlite_store, campaign_id)
    chunks = chunks_of(sqlite_store, campaign_id)
    assert [c.messages for c in chunks] == [c.last_id - c.first_id + 1 for c in chunks] == sizes
    for chunk in chunks:
        own_messages = [m for m in messages_of(sqlite_store, campaign_id) if m.chunk_id == chunk.id]
        assert [own_messages[0].id, own_messages[-1].id] == [chunk.first_id, chunk.last_id]


def test_preparing_twice_does_nothing_the_second_time(store: Store) -> None:
    campaign_id = draft(store)
    campaigns.prepare(store, campaign_id)
    before = [m.model_dump() for m in messages_of(store, campaign_id)]
    campaigns.prepare(store, campaign_id)
    assert [m.model_dump() for m in messages_of(store, campaign_id)] == before
    assert_rollups(store, campaign_id)


def test_preparing_that_was_cut_off_in_the_middle_starts_over(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is written is not one transaction: the messages are left behind, and no chunk claims them."""
    campaign_id = draft(store, "Salom", phones(20_300))
    whole, cut = bulk.ingest, RuntimeError("killed")

    def killed(store: Store, table: str, rows: object) -> None:
        raise cut

    monkeypatch.setattr(bulk, "ingest", killed)
    with pytest.raises(RuntimeError):
        campaigns.prepare(store, campaign_id)
    monkeypatch.setattr(bulk, "ingest", whole)
    with store.reading() as session:
        assert session.scalar(sa.select(sa.func.count()).select_from(Message)) == 20_300
        assert session.scalar(sa.select(sa.func.count()).select_from(Chunk)) == 0
    assert Engine(store).claim() == []
    campaigns.prepare(store, campaign_id)
    with store.reading() as session:
        assert session.scalar(sa.select(sa.func.count()).select_from(Message)) == 20_300
        assert session.scalar(sa.select(sa.func.count()).select_from(Chunk)) == 203
    assert counts(store, campaign_id) == {"queued": 20_300}
    assert_rollups(store, campaign_id)


def test_an_unknown_merge_field_is_named_with_the_columns_that_there_are(store: Store) -> None:
    campaign_id = draft(store, "Salom {nomi}")
    message = refused("unknown-field", lambda: campaigns.prepare(store, campaign_id))
    assert "{nomi}" in message
    assert "ism" in message
    assert messages_of(store, campaign_id) == []


def test_a_list_without_a_number_to_send_to_is_refused(store: Store) -> None:
    list_id = checked_list(store, ["not a number", "12"])
    campaign_id = campaigns.create(store, AZIZA, settings_for(), Draft("Sale", "Salom", list_id))
    refused("no-recipients", lambda: campaigns.prepare(store, campaign_id))
    no_list = campaigns.create(store, AZIZA, settings_for(), Draft("Sale", "Salom"))
    refused("no-list", lambda: campaigns.prepare(store, no_list))


def test_a_campaign_that_is_cancelled_while_it_is_prepared_leaves_nothing_queued(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    campaign_id = draft(store)
    campaigns.start(store, AZIZA, campaign_id)
    whole = bulk.ingest

    def cancelled_meanwhile(store: Store, table: str, rows: object) -> None:
        campaigns.cancel(store, AZIZA, campaign_id)
        whole(store, table, rows)

    monkeypatch.setattr(bulk, "ingest", cancelled_meanwhile)
    campaigns.prepare(store, campaign_id)
    assert counts(store, campaign_id) == {"cancelled": 3}
    assert campaign_of(store, campaign_id).state is C.CANCELLED
    assert_rollups(store, campaign_id)


def started_with_a_field_too_many(store: Store) -> int:
    """As a list might leave it that was made before its columns were kept: `start` could not know."""
    campaign_id = draft(store, "Salom")
    campaigns.start(store, AZIZA, campaign_id)
    with store.writing() as session:
        session.execute(sa.update(Campaign).where(col(Campaign.id) == campaign_id).values(text="Salom {nomi}"))
    return campaign_id


def test_a_refusal_while_preparing_pauses_the_campaign_and_says_why(store: Store) -> None:
    campaign_id = started_with_a_field_too_many(store)
    with store.writing() as session:
        claimed = claim(session, "worker-1")
    assert claimed is not None
    handlers.run_job(store, claimed)
    paused = campaign_of(store, campaign_id)
    assert (paused.state, paused.code) == (C.PAUSED, "unknown-field")
    assert "{nomi}" in paused.why_words


def test_a_refusal_that_comes_after_the_cancelling_does_not_bring_a_campaign_back(store: Store) -> None:
    campaign_id = started_with_a_field_too_many(store)
    campaigns.cancel(store, AZIZA, campaign_id)
    do_all(store)
    assert campaign_of(store, campaign_id).state is C.CANCELLED


# ------------------------------------------------------------------------------------------------------------ intents


def test_starting_asks_for_the_messages_and_starting_twice_changes_nothing(store: Store) -> None:
    campaign_id = draft(store)
    campaigns.start(store, AZIZA, campaign_id)
    first = campaign_of(store, campaign_id)
    assert (first.state, first.prepared) == (C.RUNNING, "")
    assert first.started_at is not None
    campaigns.start(store, AZIZA, campaign_id)
    assert campaign_of(store, campaign_id).model_dump() == first.model_dump()
    assert len(audited(store, "campaign.start")) == 1


def test_a_finished_campaign_is_not_started_again(sqlite_store: Store) -> None:
    campaign_id = running(sqlite_store, 1, state=C.FINISHED)
    campaigns.start(sqlite_store, AZIZA, campaign_id)
    assert campaign_of(sqlite_store, campaign_id).state is C.FINISHED


@pytest.mark.parametrize("state", [C.CANCELLED, C.PAUSED])
def test_what_is_cancelled_or_paused_cannot_be_started(sqlite_store: Store, state: CampaignState) -> None:
    campaign_id = running(sqlite_store, 1, state=state)
    message = refused("wrong-state", lambda: campaigns.start(sqlite_store, AZIZA, campaign_id))
    assert state.value in message


def test_a_campaign_without_a_list_or_a_text_cannot_start(sqlite_store: Store) -> None:
    no_list = campaigns.create(sqlite_store, AZIZA, settings_for(), Draft("Sale", "Salom"))
    no_text = draft(sqlite_store, "   ")
    for campaign_id in (no_list, no_text):
        refused("incomplete", lambda: campaigns.start(sqlite_store, AZIZA, campaign_id))  # noqa: B023


def test_a_start_in_the_future_waits_and_one_in_the_past_is_refused(store: Store) -> None:
    campaign_id = draft(store)
    later = time.time_ns() // 1_000_000 + 3_600_000
    refused("in-the-past", lambda: campaigns.start(store, AZIZA, campaign_id, later - 2 * 3_600_000))
    campaigns.start(store, AZIZA, campaign_id, later)
    waiting = campaign_of(store, campaign_id)
    assert (waiting.state, waiting.scheduled_at, waiting.started_at, waiting.prepared) == (
        C.SCHEDULED, later, None, ""
    )  # fmt: skip
    campaigns.pause(store, AZIZA, campaign_id)
    campaigns.resume(store, AZIZA, campaign_id)
    assert campaign_of(store, campaign_id).state is C.SCHEDULED
    campaigns.start(store, AZIZA, campaign_id)
    assert (campaign_of(store, campaign_id).state, campaign_of(store, campaign_id).scheduled_at) == (C.RUNNING, None)


@pytest.mark.parametrize(
    ("move", "action", "state"),
    [(campaigns.pause, "campaign.pause", C.PAUSED), (campaigns.cancel, "campaign.cancel", C.CANCELLED)],
)
def test_doing_it_twice_is_doing_it_once(store: Store, move: Move, action: str, state: CampaignState) -> None:
    campaign_id = running(store, 3)
    move(store, AZIZA, campaign_id)
    once = campaign_of(store, campaign_id).model_dump()
    move(store, AZIZA, campaign_id)
    assert campaign_of(store, campaign_id).model_dump() == once
    assert campaign_of(store, campaign_id).state is state
    [note] = audited(store, action)
    assert (note.actor, note.subject) == ("Aziza", f"campaign:{campaign_id}")


def test_a_pause_says_who_and_resuming_forgets_it_and_the_failures(store: Store) -> None:
    campaign_id = running(store, 3)
    campaigns.pause(store, AZIZA, campaign_id)
    assert campaign_of(store, campaign_id).why_words == "Paused by Aziza."
    put(store, campaign_id, doubts=99)
    campaigns.resume(store, AZIZA, campaign_id)
    campaigns.resume(store, AZIZA, campaign_id)
    going = campaign_of(store, campaign_id)
    assert (going.state, going.why_words, going.code, going.doubts) == (C.RUNNING, "", "", 0)
    assert len(audited(store, "campaign.resume")) == 1


def test_resuming_a_campaign_whose_messages_are_all_gone_finishes_it(store: Store) -> None:
    campaign_id = running(store, 2, chunk_size=1)
    Engine(store).send(want=2)
    put(store, campaign_id, state=C.PAUSED)
    campaigns.resume(store, AZIZA, campaign_id)
    assert campaign_of(store, campaign_id).state is C.FINISHED


@pytest.mark.parametrize(
    ("move", "wrong"),
    [
        (campaigns.pause, [C.DRAFT, C.FINISHED, C.CANCELLED]),
        (campaigns.resume, [C.DRAFT, C.SCHEDULED, C.FINISHED, C.CANCELLED]),
        (campaigns.cancel, [C.FINISHED]),
    ],
)
def test_an_intent_that_does_not_fit_the_state_is_refused(
    sqlite_store: Store, move: Move, wrong: list[CampaignState]
) -> None:
    campaign_id = running(sqlite_store, 1)
    for state in wrong:
        put(sqlite_store, campaign_id, state=state)
        assert f"is {state.value}." in refused("wrong-state", lambda: move(sqlite_store, AZIZA, campaign_id))
        assert campaign_of(sqlite_store, campaign_id).state is state


@pytest.mark.parametrize("state", [s for s in C if s not in (C.FINISHED, C.CANCELLED)])
def test_whatever_is_not_over_can_be_cancelled(sqlite_store: Store, state: CampaignState) -> None:
    campaign_id = running(sqlite_store, 3, state=state)
    campaigns.cancel(sqlite_store, AZIZA, campaign_id)
    assert counts(sqlite_store, campaign_id) == {"cancelled": 3}
    assert_rollups(sqlite_store, campaign_id)


@pytest.mark.parametrize("role", [Role.MANAGER, Role.ANALYST])
def test_who_may_not_run_campaigns_moves_none(sqlite_store: Store, role: Role) -> None:
    somebody, campaign_id = Actor("Bek", role), running(sqlite_store, 1)
    before = campaign_of(sqlite_store, campaign_id).model_dump()
    for move in (campaigns.start, campaigns.pause, campaigns.resume, campaigns.cancel):
        assert "Bek" in refused("not-allowed", lambda: move(sqlite_store, somebody, campaign_id))  # noqa: B023
    refused("not-allowed", lambda: campaigns.change(sqlite_store, somebody, campaign_id, Draft("a", "b")))
    refused("not-allowed", lambda: campaigns.create(sqlite_store, somebody, settings_for(), Draft("a", "b")))
    assert campaign_of(sqlite_store, campaign_id).model_dump() == before


def test_a_campaign_that_is_not_there_is_named(sqlite_store: Store) -> None:
    for work in (campaigns.pause, campaigns.resume, campaigns.cancel, campaigns.start):
        assert "99" in refused("no-such-campaign", lambda: work(sqlite_store, AZIZA, 99))  # noqa: B023
    refused("no-such-campaign", lambda: campaigns.show(sqlite_store, 99))


def test_show_tells_what_scripts_rely_on(store: Store) -> None:
    campaign_id = running(store, 5, chunk_size=2)
    engine = Engine(store)
    engine.send()
    engine.claim(1)
    shown = campaigns.show(store, campaign_id)
    assert (shown["campaign"], shown["status"], shown["reason"], shown["chunks"]) == (campaign_id, "running", "", 3)
    assert shown["counts"] == {
        "queued": 1, "sending": 2, "accepted": 2, "rejected": 0, "uncertain": 0, "delivered": 0, "undelivered": 0,
        "expired": 0, "cancelled": 0,
    }  # fmt: skip
    assert (shown["messages"], shown["parts"], shown["price"], shown["sent"]) == (5, 5, "475", 2)
    assert shown["delivery_rate"] is None
    assert shown["code"] == ""
