"""Tables of rows: messages paged by key, receipts, the chunk log; and what needs a person."""

from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa
from sqlmodel import col

from getsms_core import reports
from getsms_core.base.codes import AttemptOutcome
from getsms_core.base.permissions import Actor, Role
from getsms_core.db.engine import Store
from getsms_core.db.models import Attempt, Campaign, Worker
from getsms_core.reports import Kind, Need
from getsms_core.users import attempts
from tests.engine_support import AZIZA
from tests.factories import DAY, HOUR, MINUTE, NOW, count_as_sent, make_campaign, make_messages

TASHKENT = ZoneInfo("Asia/Tashkent")
ANALYST = Actor("Ann", Role.ANALYST)
STATES = ["delivered"] * 150 + ["sending"] * 30 + ["uncertain"] * 20 + ["queued"] * 50


@pytest.fixture
def campaign(store: Store) -> int:
    """A running campaign of 250 messages; another one stands beside it."""
    other = make_campaign(store, "Boshqa")
    make_messages(store, other, {"delivered": 5})
    campaign_id = make_campaign(store, state="running")
    make_messages(store, campaign_id, STATES, text="Chegirma {n}% – «ЁЛКА»")
    return campaign_id


def test_pages_hold_every_message_once_in_the_order_of_the_list(store: Store, campaign: int) -> None:
    seen: list[int] = []
    after = None
    while page := reports.messages_page(store, AZIZA, campaign, after_id=after, limit=60):
        seen += [message.number for message in page]
        after = page[-1].id
    assert seen == list(range(1, 251))


@pytest.mark.parametrize(
    ("state", "numbers"),
    [
        ("delivered", range(1, 151)),
        ("uncertain", range(181, 201)),
        ("queued", range(201, 251)),
        ("sending", range(151, 181)),
        ("expired", []),
    ],
)
def test_a_state_is_filtered_as_the_counts_tell_it(
    store: Store, campaign: int, state: str, numbers: range | list[int]
) -> None:
    page = reports.messages_page(store, AZIZA, campaign, state=state, limit=1000)
    assert [message.number for message in page] == list(numbers)
    assert {message.state for message in page} <= {state}


def test_a_search_finds_parts_of_numbers_and_of_texts_in_any_case(store: Store, campaign: int) -> None:
    first = reports.messages_page(store, AZIZA, campaign, limit=1)[0]
    spaced = f"+{first.phone[:3]} {first.phone[3:5]} {first.phone[5:]}"
    assert [m.id for m in reports.messages_page(store, AZIZA, campaign, search=spaced)] == [first.id]
    assert first.id in [m.id for m in reports.messages_page(store, AZIZA, campaign, search=first.phone[4:9], limit=300)]
    assert len(reports.messages_page(store, AZIZA, campaign, search="chegirma 7%")) == 1
    assert len(reports.messages_page(store, AZIZA, campaign, search="ёлка", limit=300)) == 250
    assert reports.messages_page(store, AZIZA, campaign, search="%_%") == []
    assert reports.messages_page(store, AZIZA, campaign, search="'; DROP TABLE message; --") == []


def test_the_masked_digits_of_a_number_cannot_be_guessed_one_by_one(store: Store, campaign: int) -> None:
    whole = reports.messages_page(store, AZIZA, campaign, limit=1)[0].phone
    guesses = [f"{whole[:5]}{n:05}{whole[-2:]}" for n in range(attempts.PER_SEARCHER - 1)]
    for guess in [*guesses, whole, whole, f"+{whole[:5]} {whole[5:]}"]:  # the same number again is free
        reports.messages_page(store, ANALYST, campaign, search=guess)
    for other in ("99999", "99998"):
        with pytest.raises(attempts.TooManyAttempts) as refused:
            reports.messages_page(store, ANALYST, campaign, search=whole[:5] + other + whole[-2:])
    assert refused.value.code == "too-many-tries"
    assert 0 < refused.value.seconds <= 600
    assert len(reports.messages_page(store, ANALYST, campaign, search=whole)) == 1
    assert reports.messages_page(store, Actor("Other", Role.MANAGER), campaign, search=guesses[0]) == []
    for _number in range(attempts.PER_SEARCHER + 5):  # who sees the numbers need not guess
        assert reports.messages_page(store, AZIZA, campaign, search=whole, limit=1)


def test_masked_rows_cannot_be_searched_by_parts_of_numbers(store: Store, campaign: int) -> None:
    whole = reports.messages_page(store, AZIZA, campaign, limit=1)[0].phone
    masked = reports.messages_page(store, ANALYST, campaign, limit=1)[0]
    assert masked.phone == f"{whole[:5]}*****{whole[-2:]}"
    assert reports.messages_page(store, ANALYST, campaign, search=whole[4:11]) == []
    assert len(reports.messages_page(store, ANALYST, campaign, search=whole)) == 1
    assert len(reports.messages_page(store, ANALYST, campaign, search=whole[3:])) == 1


def test_a_message_has_its_receipts(store: Store, campaign: int) -> None:
    first = reports.messages_page(store, AZIZA, campaign, limit=1)[0]
    assert [receipt.status for receipt in reports.receipts_of(store, AZIZA, first.id)] == ["delivered"]
    assert reports.message(store, AZIZA, first.id) == first
    assert reports.message(store, AZIZA, first.id + 10_000) is None


def test_the_chunk_log_names_what_was_tried_latest_first(store: Store, campaign: int) -> None:
    log = reports.chunk_log(store, AZIZA, campaign)
    assert [(chunk.number, chunk.first, chunk.last, chunk.state) for chunk in log] == [
        (2, 101, 200, "sending"),
        (1, 1, 100, "done"),
    ]
    assert [len(chunk.attempts) for chunk in log] == [0, 1]
    assert reports.chunk_log(store, AZIZA, campaign, before_id=log[0].id)[0].number == 1
    assert reports.chunk_log(store, AZIZA, campaign, state="uncertain") == []


def test_uncertain_messages_have_a_page_of_their_own(store: Store, campaign: int) -> None:
    page = reports.uncertain_page(store, AZIZA, campaign, limit=15)
    next_page = reports.uncertain_page(store, AZIZA, campaign, after_id=page[-1].id)
    assert [message.number for message in page + next_page] == list(range(181, 201))


# ------------------------------------------------------------------------------------------------- what needs a person


def needs(store: Store, now: int = NOW) -> list[tuple[Need, int]]:
    """What needs a person, with the number of messages."""
    return [(concern.need, concern.messages) for concern in reports.concerns(store, TASHKENT, now)]


def a_worker(store: Store, heartbeat_at: int) -> None:
    """A worker that gave a sign of life then."""
    with store.writing() as session:
        session.add(Worker(id="w1", host="h", pid=1, process_started="", version="1", started_at=0,
                           heartbeat_at=heartbeat_at))  # fmt: skip


def test_nothing_needs_a_person_where_all_is_well(store: Store) -> None:
    make_messages(store, make_campaign(store), {"delivered": 10})
    assert needs(store) == []


def test_uncertain_messages_and_refusals_and_approvals_need_a_person(store: Store) -> None:
    make_messages(store, make_campaign(store), {"uncertain": 3, "delivered": 1})
    make_campaign(store, state="paused", code="by-person", reason="Paused by Aziza.")
    make_campaign(store, state="paused", code="limit-over", reason="Top it up.")
    make_campaign(store, state="awaiting approval")
    assert needs(store) == [(Need.REFUSED, 0), (Need.APPROVAL, 0), (Need.UNCERTAIN, 3)]


def test_a_missing_worker_is_told_only_where_one_is_needed(store: Store) -> None:
    campaign = make_campaign(store, state="running")
    assert needs(store) == [(Need.NO_WORKER, 0)]
    a_worker(store, NOW - MINUTE)
    assert needs(store) == [(Need.NO_WORKER, 0)]
    with store.writing() as session:
        session.execute(sa.update(Worker).values(heartbeat_at=NOW))
    assert needs(store) == []
    with store.writing() as session:
        session.execute(sa.update(Campaign).where(col(Campaign.id) == campaign).values(state="finished"))


def test_receipts_that_are_late_are_told_with_their_number(store: Store) -> None:
    a_worker(store, NOW)
    make_messages(store, make_campaign(store), {"accepted": 4}, left_at=NOW - HOUR)
    make_messages(store, make_campaign(store), {"accepted": 2}, left_at=NOW - HOUR)
    make_messages(store, make_campaign(store), {"accepted": 9}, left_at=NOW)
    assert needs(store) == [(Need.RECEIPTS, 6)]


@pytest.mark.parametrize(("delivered", "told"), [(320, True), (370, False), (380, False)])
def test_a_fall_of_the_rate_is_told_and_weather_is_not(store: Store, delivered: int, told: bool) -> None:
    usual_days(store)
    last = make_campaign(store, started_at=NOW - HOUR, finished_at=NOW)
    make_messages(store, last, {"delivered": delivered, "undelivered": 400 - delivered}, left_at=NOW - HOUR)
    degradations = [concern.worse for concern in reports.concerns(store, TASHKENT, NOW) if concern.need is Need.WORSE]
    assert bool(degradations) is told
    for degradation in degradations:
        assert degradation
        assert (degradation.kind, degradation.since) == (Kind.FALL, (NOW - HOUR) // HOUR * HOUR)
        assert degradation.usual == pytest.approx(0.94, abs=0.02)


def test_receipts_that_stopped_coming_are_told_with_the_hour(store: Store) -> None:
    a_worker(store, NOW)
    usual_days(store)
    last = make_campaign(store, started_at=NOW - 5 * HOUR, state="running")
    make_messages(store, last, {"accepted": 300}, left_at=NOW - 5 * HOUR)
    degradations = [concern.worse for concern in reports.concerns(store, TASHKENT, NOW) if concern.need is Need.WORSE]
    assert [
        (degradation.kind, degradation.since, degradation.messages) for degradation in degradations if degradation
    ] == [(Kind.RECEIPTS, (NOW - 5 * HOUR) // HOUR * HOUR, 300)]
    count_as_sent(store, last)  # their answers were lost: no receipt can come
    assert [concern.need for concern in reports.concerns(store, TASHKENT, NOW)] == []


def test_refusals_of_the_last_day_are_told_unless_a_campaign_is_paused_for_them(store: Store) -> None:
    a_worker(store, NOW)
    campaign_id = make_campaign(store)
    refused_attempts(store, {"login-wrong": [NOW - 3 * HOUR, NOW - 2 * HOUR], "connection-refused": [NOW - HOUR],
                             "limit-over": [NOW - 30 * HOUR]})  # fmt: skip
    degradations = [concern.worse for concern in reports.concerns(store, TASHKENT, NOW) if concern.need is Need.WORSE]
    assert [
        (degradation.kind, degradation.code, degradation.since, degradation.messages)
        for degradation in degradations
        if degradation
    ] == [(Kind.REFUSALS, "login-wrong", NOW - 3 * HOUR, 2)]
    with store.writing() as session:
        session.execute(
            sa.update(Campaign)
            .where(col(Campaign.id) == campaign_id)
            .values(state="paused", code="login-wrong", reason="x")
        )
    assert needs(store) == [(Need.REFUSED, 0)]


def usual_days(store: Store) -> None:
    """Eight days with 94 % delivered at this hour, give or take a little."""
    for day in range(1, 9):
        campaign_id = make_campaign(store, started_at=NOW - day * DAY - HOUR, finished_at=NOW - day * DAY)
        good = 376 + (-3, 2, 4, -1)[day % 4]
        make_messages(
            store, campaign_id, {"delivered": good, "undelivered": 400 - good}, left_at=NOW - day * DAY - HOUR
        )


def refused_attempts(store: Store, refusals: dict[str, list[int]]) -> None:
    """Hand-overs that the gateway refused, at these instants."""
    with store.writing() as session:
        session.add_all(
            Attempt(id=f"{code}{i}", chunk_id=1, number=1, worker_id="w", started_at=at, ended_at=at,
                    outcome=AttemptOutcome.NOTHING_SENT, code=code)
            for code, times in refusals.items() for i, at in enumerate(times)
        )  # fmt: skip


def test_what_runs_says_how_far_and_how_fast(store: Store) -> None:
    campaign = make_campaign(store, state="running", started_at=NOW - 20_000)
    states = ["accepted"] * 300 + ["queued"] * 700
    left_at = [NOW - 20_000 + i // 100 * 5_000 for i in range(1000)]
    make_messages(store, campaign, states, left_at=left_at)
    make_campaign(store, state="scheduled", scheduled_at=NOW + HOUR)
    runs, waits = reports.running(store, NOW)
    assert (runs.id, runs.done, runs.figures.total) == (campaign, 300, 1000)
    assert runs.speed == pytest.approx(300 / 20)
    assert (waits.state, waits.speed) == ("scheduled", None)
