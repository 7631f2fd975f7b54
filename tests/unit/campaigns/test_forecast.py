"""What will happen to a campaign, decided from facts alone."""

from dataclasses import replace
from datetime import datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from getsms_core.accounts.policy import Policy, QuietHours
from getsms_core.base import reasons
from getsms_core.base.i18n import using_language
from getsms_core.campaigns.forecast import Case, Facts, Outcome, decide, next_quiet
from tests.each_case import each_case

ZONE = ZoneInfo("Asia/Tashkent")
EVERY_DAY = tuple(range(7))
NIGHT = Policy(quiet=(QuietHours(EVERY_DAY, "21:00", "09:00"),))
HOUR = 3_600_000


def at(text: str) -> int:
    """An instant of 30 November 2026 and after, "dd HH:MM" in Tashkent."""
    day, clock = text.split()
    month = 11 if day == "30" else 12
    return int(datetime.fromisoformat(f"2026-{month}-{day}T{clock}").replace(tzinfo=ZONE).timestamp() * 1000)


NOON = Facts(at("30 12:00"), ZONE, messages=1_000, cost=9_500_000)
NIGHTS = replace(NOON, now=at("30 22:00"), policy=NIGHT)


@each_case(
    ("facts", "outcome", "words"),
    [
        (NOON, Outcome.NOW, "Sending starts at once."),
        (replace(NOON, speed=1.0), Outcome.NOW,
         "Sending starts at once. At 1 messages a second it finishes about 12:17."),
        (replace(NOON, speed=8.04, messages=67_000), Outcome.NOW,
         "Sending starts at once. At 8 messages a second it finishes about 14:20."),
        (replace(NOON, speed=800.0), Outcome.NOW, "Sending starts at once. It finishes within a minute."),
        (replace(NOON, sandbox=True), Outcome.NOW,
         "Sending starts at once. Practice gateway: nothing leaves this machine."),
        (replace(NOON, case=Case.CONTINUES), Outcome.NOW, "Sending continues at once."),
        (replace(NOON, case=Case.RUNNING), Outcome.NOW, "It is being sent."),
        (NIGHTS, Outcome.QUIET, "Sending starts at 1 Dec 2026, 09:00, after quiet hours."),
        (replace(NIGHTS, now=at("30 08:00")), Outcome.QUIET, "Sending starts at 09:00, after quiet hours."),
        (replace(NIGHTS, case=Case.CONTINUES), Outcome.QUIET,
         "Sending continues at 1 Dec 2026, 09:00, after quiet hours."),
        (replace(NIGHTS, case=Case.RUNNING), Outcome.QUIET,
         "Sending continues by itself at 1 Dec 2026, 09:00, after quiet hours."),
        (replace(NIGHTS, is_test=True), Outcome.NOW, "Sending starts at once."),
        (replace(NOON, start_at=at("30 15:00")), Outcome.SCHEDULED, "Sending starts at 15:00."),
        (replace(NOON, start_at=at("01 23:00"), policy=NIGHT), Outcome.QUIET,
         "Sending starts at 2 Dec 2026, 09:00, after quiet hours."),
        (replace(NOON, start_at=at("30 10:00")), Outcome.NOW,
         "Sending starts at once: the start time 10:00 has passed."),
        (replace(NOON, policy=NIGHT, speed=1.0, messages=43_200), Outcome.NOW,
         "Sending starts at once. It is paused at 21:00 for quiet hours and continues by itself at 1 Dec 2026, 09:00. "
         "At 1 messages a second it finishes about 1 Dec 2026, 12:00."),
        (replace(NOON, needs_approval=True, approvers=("Malika",)), Outcome.APPROVAL,
         "Waits for approval by Malika. Once approved, it is sent at once."),
        (replace(NOON, needs_approval=True, approvers=("Malika", "Timur"), start_at=at("30 15:00")), Outcome.APPROVAL,
         "Waits for approval by one of these users: Malika, Timur. Once approved, it is sent at 15:00."),
        (replace(NOON, needs_approval=True, approvers=tuple("ABCDEFG"), start_at=at("30 10:00")), Outcome.APPROVAL,
         "Waits for approval by one of these users: A, B, C, D, E or 2 others. "
         "Its start time has passed: once approved, it must be resumed to be sent."),
        (replace(NOON, needs_approval=True), Outcome.NO_APPROVER,
         "It needs approval, and no user may approve it. Ask an administrator to add a manager, or to raise the limit "
         "above which approval is needed."),
        (replace(NOON, ends_at=at("30 11:00")), Outcome.TOO_LATE,
         "Nothing will be sent: its end time 11:00 comes before sending can start."),
        (replace(NOON, ends_at=at("30 12:10"), speed=1.0), Outcome.NOW,
         "Sending starts at once. "
         "At this speed not all messages are sent by its end time 12:10; the rest is cancelled."),
        (replace(NOON, policy=Policy(spend_day=10_000_000), day_left=9_000_000, speed=1.0), Outcome.NOW,
         "Sending starts at once. It is paused when the limit of 100,000 so'm a day is reached: 90,000 so'm of it is "
         "left, and the campaign costs 95,000 so'm."),
        (replace(NOON, policy=Policy(spend_day=10_000_000), day_left=9_000), Outcome.LIMIT,
         "Nothing more is sent today: the limit of 100,000 so'm a day is reached. Raise it, or continue tomorrow."),
        (replace(NOON, policy=Policy(spend_day=10_000_000), day_left=0, start_at=at("01 10:00")), Outcome.SCHEDULED,
         "Sending starts at 1 Dec 2026, 10:00."),
        (replace(NOON, spend_limit=5_000_000, campaign_left=5_000_000), Outcome.NOW,
         "Sending starts at once. It is paused when its own limit of 50,000 so'm is reached; all messages together "
         "cost 95,000 so'm."),
        (replace(NOON, turns=(500, 9_000), speed=1.0), Outcome.NOW,
         "Sending starts at once. At 1 messages a second it finishes about 12:42. "
         "2 other campaigns are being sent too: they take turns."),
        (replace(NOON, first=(3_000,)), Outcome.NOW,
         "Sending starts at once. 1 campaign of higher priority is sent first."),
    ],
)  # fmt: skip
def test_one_sentence_says_what_happens(facts: Facts, outcome: Outcome, words: str) -> None:
    forecast = decide(facts)
    assert (forecast.outcome, forecast.words().replace("\u00a0", " ")) == (outcome, words)


@pytest.mark.parametrize(
    ("facts", "outcome"),
    [
        (replace(NOON, has_worker=False), Outcome.NO_WORKER),
        (replace(NIGHTS, has_worker=False), Outcome.QUIET),
        (replace(NOON, refusal=reasons.reason("restored")), Outcome.ACCOUNT),
        (replace(NOON, refusal=reasons.reason("restored"), needs_approval=True, approvers=("A",)), Outcome.APPROVAL),
        (replace(NIGHTS, needs_approval=True, approvers=("A",)), Outcome.APPROVAL),
        (replace(NIGHTS, needs_approval=True, other_login="bek"), Outcome.OTHER_LOGIN),
        (replace(NIGHTS, ends_at=at("01 09:00")), Outcome.TOO_LATE),
    ],
)
def test_what_stops_a_campaign_first_is_named(facts: Facts, outcome: Outcome) -> None:
    assert decide(facts).outcome is outcome


WINDOWS = st.builds(
    QuietHours,
    st.sets(st.sampled_from(EVERY_DAY), min_size=1).map(lambda days: tuple(sorted(days))),
    st.times().map(lambda time: f"{time:%H:%M}"),
    st.times().map(lambda time: f"{time:%H:%M}"),
)
FACTS = st.builds(
    Facts,
    now=st.integers(at("30 00:00"), at("08 00:00")),
    zone=st.just(ZONE),
    messages=st.integers(0, 10**6),
    cost=st.integers(0, 10**9),
    policy=st.builds(Policy, quiet=st.lists(WINDOWS, max_size=2).map(tuple), spend_day=st.just(10**7)),
    case=st.sampled_from(Case),
    start_at=st.none() | st.integers(at("30 00:00"), at("20 00:00")),
    ends_at=st.none() | st.integers(at("30 00:00"), at("20 00:00")),
    needs_approval=st.booleans(),
    approvers=st.lists(st.text(min_size=1), max_size=8).map(tuple),
    has_worker=st.booleans(),
    speed=st.none() | st.floats(0.01, 10_000),
    turns=st.lists(st.integers(1, 10**6), max_size=3).map(tuple),
    first=st.lists(st.integers(1, 10**6), max_size=3).map(tuple),
    day_left=st.none() | st.integers(-(10**6), 10**7),
    spend_limit=st.just(10**7),
    campaign_left=st.none() | st.integers(-(10**6), 10**7),
)


@given(FACTS)
def test_nothing_is_foretold_to_be_sent_when_nothing_may_be(facts: Facts) -> None:
    forecast = decide(facts)
    for language in ("en", "uz", "ru"):
        with using_language(language):
            assert forecast.words().strip()
            assert "–" not in forecast.words().replace("".join(facts.approvers), "") or any(
                "–" in name for name in facts.approvers
            )
    if facts.needs_approval:
        assert forecast.outcome in (Outcome.APPROVAL, Outcome.NO_APPROVER, Outcome.TOO_LATE)
    if forecast.stops:
        assert forecast.begins_at is None
        return
    begins_at = forecast.begins_at
    assert begins_at is not None
    assert begins_at >= max(facts.now, facts.start_at or 0)
    if facts.policy.quiet_until(ZONE, begins_at) is not None:  # windows that leave no minute of the week
        assert facts.policy.quiet_until(ZONE, begins_at + 7 * 24 * HOUR) is not None
    assert facts.ends_at is None or begins_at < facts.ends_at
    if forecast.finishes_at is not None:
        assert begins_at <= forecast.finishes_at
        assert facts.ends_at is None or forecast.finishes_at <= facts.ends_at


@given(WINDOWS, st.integers(at("30 00:00"), at("08 00:00")))
def test_quiet_hours_begin_when_they_are_foretold(window: QuietHours, moment: int) -> None:
    policy = Policy(quiet=(window,))
    if policy.quiet_until(ZONE, moment) is not None:
        return
    begins_at = next_quiet(policy, ZONE, moment)
    assert begins_at is not None
    assert policy.quiet_until(ZONE, begins_at) is not None
    assert policy.quiet_until(ZONE, (moment + begins_at) // 2) is None or begins_at - moment < 2


@pytest.mark.parametrize("case", Case)
@pytest.mark.parametrize("needs_approval", [True, False])
def test_a_forecast_is_the_same_a_moment_later(case: Case, needs_approval: bool) -> None:
    """Else a page that compares it would draw itself again for ever."""
    facts = replace(NOON, case=case, needs_approval=needs_approval, approvers=("A",), speed=1.0)
    now, later = decide(facts), decide(replace(facts, now=facts.now + 1))
    assert (now.outcome, now.sentence, now.notes) == (later.outcome, later.sentence, later.notes)
