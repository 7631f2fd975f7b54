"""A campaign of several texts, from the split to what can be said of it."""

from collections import defaultdict
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlmodel import col

from getsms_core import reports
from getsms_core.base.errors import DomainError
from getsms_core.base.permissions import Actor, Role
from getsms_core.base.states import CampaignState
from getsms_core.campaigns import responses
from getsms_core.campaigns import service as campaigns
from getsms_core.campaigns.service import Draft
from getsms_core.db.engine import Store
from getsms_core.db.models import Message, VariantRollUp
from getsms_core.messages.variants import Variant
from getsms_core.reports.ab_test import Answer
from getsms_core.reports.significance import Trials
from tests.engine_support import (
    AZIZA,
    Engine,
    assert_rollups,
    checked_list,
    messages_of,
    phones,
    receipt,
    running,
    settings_for,
    statuses,
)
from tests.factories import count_as_sent
from tests.integration.cli.cli_support import document, run

B = (Variant("Xayr {ism}", 50),)


def draft(store: Store, n: int, more: tuple[Variant, ...] = B, text: str = "Salom {ism}") -> int:
    list_id = checked_list(store, phones(n), ism=[f"Ism{i}" for i in range(n)])
    return campaigns.create(store, AZIZA, settings_for(), Draft("Test", text, list_id, variants=more))


def test_each_message_keeps_its_text_and_the_split_is_the_same_when_made_again(store: Store) -> None:
    campaign_id = draft(store, 40)
    campaigns.prepare(store, campaign_id)
    first = [(m.row, m.variant, m.text) for m in messages_of(store, campaign_id)]
    assert sorted(variant or 0 for _row, variant, _text in first) == [0] * 20 + [1] * 20
    for row, variant, text in first:
        assert text == f"{('Salom', 'Xayr')[variant or 0]} Ism{row - 2}"
    assert_rollups(store, campaign_id)
    draft_terms = Draft.of(campaigns.get(store, campaign_id))
    campaigns.change(store, AZIZA, campaign_id, Draft(**draft_terms.__dict__ | {"name": "Test 2"}))
    campaigns.prepare(store, campaign_id)
    assert [(m.row, m.variant, m.text) for m in messages_of(store, campaign_id)] == first
    assert_rollups(store, campaign_id)


def test_a_campaign_of_one_text_has_no_variants(store: Store) -> None:
    campaign_id = running(store, 3)
    assert {message.variant for message in messages_of(store, campaign_id)} == {None}
    assert reports.experiment(store, campaign_id) is None
    assert reports.experiment(store, 999) is None


@pytest.mark.parametrize("more", [(Variant("x", 100),), (Variant("x", 0),), (Variant("{", 50),)])
def test_shares_and_texts_that_cannot_be_are_refused_and_change_nothing(
    store: Store, more: tuple[Variant, ...]
) -> None:
    with pytest.raises(DomainError):
        draft(store, 4, more)
    campaign_id = draft(store, 4)
    before = campaigns.get(store, campaign_id)
    with pytest.raises(DomainError):
        campaigns.change(store, AZIZA, campaign_id, Draft("x", "Salom {ism}", before.list_id, variants=more))
    assert campaigns.get(store, campaign_id) == before


@pytest.mark.parametrize(
    ("more", "code"), [((Variant(" ", 50),), "empty-variant"), ((Variant("Salom  {ism}", 50),), "same-variants")]
)
def test_texts_that_compare_nothing_are_a_draft_and_cannot_start(
    store: Store, more: tuple[Variant, ...], code: str
) -> None:
    campaign_id = draft(store, 4, more)
    with pytest.raises(DomainError) as refusal:
        campaigns.start(store, AZIZA, campaign_id)
    assert refusal.value.code == code
    assert campaigns.get(store, campaign_id).state is CampaignState.DRAFT


def test_a_field_that_only_the_second_text_has_is_refused_at_the_start(store: Store) -> None:
    campaign_id = draft(store, 4, (Variant("Xayr {shahar}", 50),))
    with pytest.raises(DomainError, match="shahar"):
        campaigns.start(store, AZIZA, campaign_id)
    assert campaigns.get(store, campaign_id).state is CampaignState.DRAFT


def test_the_texts_are_compared_by_delivery_and_by_response(store: Store, tmp_path: Path) -> None:
    campaign_id = running(store, 400, variants=(Variant("Xayr", 50),), text="Salom")
    engine = Engine(store)
    engine.send(want=10)
    engine.now += 10_000
    by_id: dict[str | None, list[Message]] = defaultdict(list)
    for message in messages_of(store, campaign_id):
        by_id[message.request_id].append(message)
    for due in engine.due():
        records = [receipt(m, "delivered" if m.variant or m.row % 4 else "undelivered") for m in by_id[due.request_id]]
        engine.apply_answers(([due], statuses(*records)))
    assert_rollups(store, campaign_id)
    results = reports.experiment(store, campaign_id)
    assert results
    assert [(row.letter, row.share, row.figures.sent) for row in results.rows] == [("A", 50, 200), ("B", 50, 200)]
    assert results.rows[1].figures.rate == 1.0
    assert results.delivered
    assert "Text B was delivered better" in reports.delivery_in_words(results.delivered)[0]
    assert results.responded is None

    buyers = [message.phone for message in messages_of(store, campaign_id) if message.variant == 0][:60]
    file = tmp_path / "buyers.csv"
    file.write_text("telefon\n" + "\n".join(map(str, [*buyers, buyers[0], 998977777777])) + "\nxyz\n")
    matched = responses.from_file(store, AZIZA, campaign_id, file)
    assert (matched.matched, matched.new, matched.unmatched, matched.examples, matched.refused) == (
        60,
        60,
        1,
        (998977777777,),
        1,
    )
    assert responses.from_file(store, AZIZA, campaign_id, file).new == 0
    results = reports.experiment(store, campaign_id)
    assert results
    assert results.responded
    assert [row.responses for row in results.rows] == [60, 0]
    assert "Text A had more responses" in reports.response_in_words(results.responded)[0]

    everybody = [str(message.phone) for message in messages_of(store, campaign_id) if message.variant == 0]
    responses.from_text(store, AZIZA, campaign_id, "\n".join(everybody))
    results = reports.experiment(store, campaign_id)
    assert results
    assert results.rows[0].responses > results.rows[0].figures.delivered  # those whose receipt says otherwise, too
    assert results.rows[0].responses_delivered == results.rows[0].figures.delivered
    assert results.rows[0].response_rate == 1.0

    responses.from_text(store, AZIZA, campaign_id, str(buyers[0]), replace=True)
    results = reports.experiment(store, campaign_id)
    assert results
    assert [row.responses for row in results.rows] == [1, 0]


def delivered_in_part(store: Store, failing: int, waiting: int = 0) -> tuple[int, dict[int, list[Message]]]:
    """A campaign of 1,500 messages in two texts of 750; of each text so many are not delivered and so many wait. Its
    messages by text, the delivered ones first."""
    campaign_id = running(store, 1500, variants=(Variant("Xayr", 50),), text="Salom")
    engine = Engine(store)
    engine.send(want=20)
    engine.now += 10_000
    texts: dict[int, list[Message]] = defaultdict(list)
    for message in messages_of(store, campaign_id):
        texts[message.variant or 0].append(message)
    records = [
        receipt(message, "delivered" if i < len(messages) - failing - waiting else "undelivered")
        for messages in texts.values()
        for i, message in enumerate(messages[: len(messages) - waiting])
    ]
    engine.apply_answers((engine.due(want=2000), statuses(*records)))
    return campaign_id, texts


def respond(store: Store, made: int, messages: list[Message]) -> None:
    responses.from_text(store, AZIZA, made, "\n".join(str(message.phone) for message in messages))


def test_responses_to_messages_counted_as_sent_decide_nothing(store: Store) -> None:
    campaign_id, texts = delivered_in_part(store, 0, waiting=50)
    respond(store, campaign_id, [*texts[0][:94], *texts[0][-8:], *texts[1][:72]])
    count_as_sent(store, campaign_id)
    with store.writing() as session:
        session.execute(sa.update(VariantRollUp).where(col(VariantRollUp.state) == "accepted")
                        .values(counted=col(VariantRollUp.messages)))  # fmt: skip
    results = reports.experiment(store, campaign_id)
    assert results
    assert [row.response_trials for row in results.rows] == [Trials.ended(94, 700), Trials.ended(72, 700)]
    assert [(row.responses, row.responses_not_delivered) for row in results.rows] == [(102, 8), (72, 0)]


def test_only_those_whose_message_was_delivered_count_in_the_response_rate(
    store: Store, store_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    campaign_id, texts = delivered_in_part(store, failing=50)
    respond(store, campaign_id, [*texts[0][:94], *texts[0][-8:], *texts[1][:72], *texts[1][-2:]])
    assert (reports.p_value((102, 700), (74, 700)) or 1) < 0.05  # all who responded: a verdict on the wrong share
    results = reports.experiment(store, campaign_id)
    assert results
    assert results.responded
    assert [(row.responses_delivered, row.responses_not_delivered, row.responses) for row in results.rows] == [
        (94, 8, 102), (72, 2, 74),
    ]  # fmt: skip
    assert [row.response_rate for row in results.rows] == [94 / 700, 72 / 700]
    assert results.responded.answer is Answer.NONE
    assert "10 recipients responded without" in reports.not_delivered_in_words(results)[0]

    monkeypatch.setenv("GETSMS_DATABASE_URL", store_url)
    shown = document("show", str(campaign_id))["variants"]
    assert [(row["responses"], row["responses_delivered"], row["responses_not_delivered"]) for row in shown] == [
        (102, 94, 8), (74, 72, 2),
    ]  # fmt: skip
    assert [row["response_rate"] for row in shown] == [94 / 700, 72 / 700]
    output = run("show", str(campaign_id)).stdout
    assert "13.4%" in output
    assert "10.3%" in output
    assert "14.6%" not in output
    assert "10 recipients responded without" in output


def test_while_messages_wait_the_response_is_judged_by_its_bounds(store: Store) -> None:
    campaign_id, texts = delivered_in_part(store, failing=50, waiting=300)
    respond(store, campaign_id, [*texts[0][:70], *texts[1][:40]])  # 70 and 40 of 400; when all arrive of 700
    results = reports.experiment(store, campaign_id)
    assert results
    assert results.responded
    assert (results.rows[0].low, results.rows[0].high) == (400 / 750, 700 / 750)
    assert results.responded.answer is Answer.EARLY
    assert results.delivered
    assert results.delivered.answer is Answer.EARLY
    assert "600 messages still wait" in reports.response_in_words(results.responded)[0]
    respond(store, campaign_id, [*texts[0][:250], *texts[0][-20:]])  # 20 of them have a message that waits
    results = reports.experiment(store, campaign_id)
    assert results
    assert results.responded
    assert results.rows[0].responses_delivered == 250
    assert "at least 36.8% of the recipients" in reports.response_in_words(results.responded)[0]


def test_responses_need_a_number_a_campaign_and_the_right(store: Store) -> None:
    campaign_id = running(store, 3)
    with pytest.raises(DomainError, match="no phone number"):
        responses.from_text(store, AZIZA, campaign_id, "hello")
    with pytest.raises(DomainError, match="no campaign"):
        responses.from_text(store, AZIZA, 999, str(phones(1)[0]))
    with pytest.raises(DomainError, match="may not"):
        responses.from_text(store, Actor("Ann", Role.ANALYST), campaign_id, str(phones(1)[0]))
