"""Why messages did not arrive: from the receipt's own words to pages, command and a list of the people."""

from collections import Counter
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa
from sqlmodel import col

from getsms_core import phone, reports
from getsms_core.base.errors import DomainError
from getsms_core.campaigns import follow_up, retention
from getsms_core.campaigns import service as campaigns
from getsms_core.contacts import lists
from getsms_core.db import rollups
from getsms_core.db.engine import Store
from getsms_core.db.models import Campaign, Message, ReasonRollUp
from getsms_core.gateway import Accepted, Rejected
from getsms_core.reports import Filter, Grain
from tests.engine_support import (
    AZIZA,
    HOUR,
    NOW,
    Engine,
    accept,
    answered,
    assert_rollups,
    messages_of,
    receipt,
    running,
    statuses,
)
from tests.integration.cli.cli_support import document

ZONE = ZoneInfo("Asia/Tashkent")
WORDS = ["Absent subscriber", "absent subscriber", "HLR timeout 17", "OK", "Validity period is over"]


def with_reasons(store: Store) -> int:
    """A campaign of seven: one rejected, one delivered, the others not delivered with the words above."""
    campaign_id = running(store, 7)
    engine = Engine(store)
    [claimed] = engine.claim()
    ids = [Accepted("7", f"m{message.id}") for message in claimed.messages[1:]]
    engine.record((claimed, answered(Rejected(300, "is NOT a phone number"), *ids)))
    engine.now += 5_000
    sent = messages_of(store, campaign_id)[1:]
    records = [receipt(sent[0])]
    records += [receipt(message, "expired" if "over" in words else "undelivered", description=words)
                for message, words in zip(sent[1:], WORDS, strict=True)]  # fmt: skip
    engine.apply_answers((engine.due(), statuses(*records)))
    engine.send()
    return campaign_id


def test_the_receipts_own_words_are_the_reason_everywhere(
    store: Store, store_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GETSMS_DATABASE_URL", store_url)
    campaign_id = with_reasons(store)
    assert_rollups(store, campaign_id)
    assert [message.reason for message in messages_of(store, campaign_id)] == [
        "is NOT a phone number", None, "absent-subscriber", "absent-subscriber", "HLR timeout 17", None,
        "validity-over",
    ]  # fmt: skip
    counted = {reason.code: reason.messages for reason in reports.reasons_of_campaign(store, campaign_id)}
    assert counted == {
        "absent-subscriber": 2, "not-a-phone-number": 1, "HLR timeout 17": 1, "not-stated": 1, "validity-over": 1,
    }  # fmt: skip
    frame = reports.reasons(store, Filter(), ZONE)
    assert Counter(dict(frame.groupby("code")["messages"].sum())) == counted
    ranges = Counter(
        reports.range_name(m.number_range) for m in messages_of(store, campaign_id) if m.state != "delivered"
    )
    assert Counter(dict(frame.groupby("range")["messages"].sum())) == ranges
    over_time = reports.reasons_over_time(store, Filter(), ZONE, Grain.HOUR, NOW)
    assert {at.timestamp() * 1000 for at in over_time["at"]} == {NOW // HOUR * HOUR}
    assert Counter(dict(over_time.groupby("code")["messages"].sum())) == counted
    for grain in Grain:
        assert reports.reasons_over_time(store, Filter(), ZONE, grain, NOW)["messages"].sum() == 6
    shown = document("show", str(campaign_id))["reasons"]
    assert {reason["code"]: reason["messages"] for reason in shown} == counted
    assert {reason["words"] for reason in shown} >= {"HLR timeout 17", "The phone was off or out of coverage."}
    for word in ("undelivered", "expired", "rejected"):  # never the state again
        assert word not in {part for reason in shown for part in (reason["code"], reason["words"])}
    texts = [reports.reason_in_words(m.reason, m.state) for m in messages_of(store, campaign_id)]
    assert texts[1] == ""
    assert texts[5] == "The receipt gives no reason."
    assert texts[0] == "The gateway does not accept this as a phone number."


def test_a_list_is_made_of_those_with_one_reason_by_code_words_range_and_time(store: Store) -> None:
    campaign_id = with_reasons(store)

    def made(**choice: object) -> list[int]:
        new = follow_up.make_list(store, AZIZA, [campaign_id], follow_up.Choice(**choice), "New")  # type: ignore[arg-type]
        return [int(row) for row in lists.accepted(store, new.list_id)["row"].to_pylist()]

    rows = [message.row for message in messages_of(store, campaign_id)]
    assert made(reason="absent-subscriber") == [rows[2], rows[3]]
    assert made(reason="HLR timeout 17") == [rows[4]]
    assert made(reason="not-stated") == [rows[5]]
    assert made(reason="not-a-phone-number") == made(reason="is NOT a phone number") == [rows[0]]
    ranges = [message.number_range for message in messages_of(store, campaign_id)]
    assert made(reason="absent-subscriber", ranges=(ranges[2],)) == [rows[2], rows[3]]
    assert made(reason="absent-subscriber", sent=(NOW, NOW + 1)) == [rows[2], rows[3]]
    with pytest.raises(DomainError) as refusal:
        made(reason="absent-subscriber", sent=(NOW + 1, NOW + HOUR))
    assert refusal.value.code == "nothing-left"
    assert ranges[4] != ranges[2]
    with pytest.raises(DomainError):
        made(reason="absent-subscriber", ranges=(ranges[4],))
    assert reports.campaigns_with_reason(store, Filter(), ZONE, "HLR timeout 17") == [campaign_id]
    assert reports.campaigns_with_reason(store, Filter(), ZONE, "blocked") == []
    page = reports.messages_page(store, AZIZA, campaign_id, reason="absent-subscriber")
    assert [row.row for row in page] == [rows[2], rows[3]]


def test_cancelled_messages_have_the_reason_why_and_a_filter_counts_its_own(store: Store) -> None:
    running(store, 3)
    other = running(store, 4)
    campaigns.cancel(store, AZIZA, other)
    [reason] = reports.reasons_of_campaign(store, other)
    assert (reason.code, reason.messages) == ("campaign-cancelled", 4)
    assert reports.reasons(store, Filter(), ZONE)["messages"].sum() == 4
    name = phone.RANGES[messages_of(store, other)[0].number_range]
    of_range = [m for m in messages_of(store, other) if phone.RANGES[m.number_range] == name]
    assert reports.reasons(store, Filter(ranges=(name,)), ZONE)["messages"].sum() == len(of_range)
    assert reports.reasons(store, Filter(campaigns=(other - 1,)), ZONE).empty


def test_the_parts_of_one_sms_give_the_reason_of_the_part_that_failed(store: Store) -> None:
    campaign_id = running(store, 1)
    engine = Engine(store)
    [claimed] = engine.claim()
    engine.record((claimed, accept(claimed)))
    engine.now += 5_000
    [message] = messages_of(store, campaign_id)
    parts = [receipt(message), receipt(message, "undelivered", message_id="other", description="Memory full")]
    engine.apply_answers((engine.due(), statuses(*parts)))
    [message] = messages_of(store, campaign_id)
    assert (message.state.value, message.reason) == ("undelivered", "memory-full")
    assert_rollups(store, campaign_id)


def test_erased_messages_keep_known_reasons_and_the_counts_of_all(store: Store) -> None:
    campaign_id = with_reasons(store)
    before = reports.reasons_of_campaign(store, campaign_id)
    with store.writing() as session:
        session.execute(sa.update(Campaign).where(col(Campaign.id) == campaign_id).values(state="finished"))
    retention.erase(store, campaign_id)
    assert {message.reason for message in messages_of(store, campaign_id)} == {
        None,
        "absent-subscriber",
        "validity-over",
    }
    with store.writing() as session:
        rollups.rebuild(session, campaign_id)
    assert reports.reasons_of_campaign(store, campaign_id) == before
    with store.reading() as session:
        stored = session.scalar(sa.select(sa.func.sum(col(ReasonRollUp.messages))))
        words = session.scalars(sa.select(col(Message.reason)).where(col(Message.reason) == "HLR timeout 17")).all()
    assert (stored, words) == (5, [])
