"""When the next question for an id is due. Instants and spans are milliseconds."""

from hypothesis import given
from hypothesis import strategies as st

from getsms_core.delivery.poll_schedule import MAX_INTERVAL_MS, PollSchedule

LEFT = 1_800_000_000_000
HOUR = 3_600_000
spans = st.integers(0, 86_400_000)


def test_it_waits_longer_and_longer_and_never_longer_than_a_quarter_of_an_hour() -> None:
    schedule = PollSchedule(first_ms=5_000, validity_ms=24 * HOUR)
    waits = [schedule.next(LEFT, polls, LEFT) - LEFT for polls in range(20)]
    assert waits[:4] == [5_000, 8_000, 12_800, 20_480]
    assert waits == sorted(waits)
    assert waits[-1] == MAX_INTERVAL_MS == 900_000


def test_the_last_question_is_asked_at_the_end_of_the_validity_period() -> None:
    schedule = PollSchedule(first_ms=5_000, validity_ms=HOUR)
    assert schedule.next(LEFT, 50, LEFT + HOUR - 1_000) == LEFT + HOUR


def test_first_polls_of_0_seconds_do_not_ask_without_a_pause() -> None:
    schedule = PollSchedule(first_ms=0, validity_ms=HOUR)
    assert schedule.next(LEFT, 0, LEFT) == LEFT + 250


def test_an_id_may_be_asked_about_for_ever_without_an_overflow() -> None:
    assert PollSchedule(5_000, 24 * HOUR).next(LEFT, 10**6, LEFT) == LEFT + MAX_INTERVAL_MS


@given(
    first=spans,
    validity=st.integers(1, 7 * 24 * HOUR),
    polls=st.integers(0, 5_000),
    since=st.integers(0, 8 * 24 * HOUR),
)
def test_it_is_never_later_than_the_end_nor_in_the_past(first: int, validity: int, polls: int, since: int) -> None:
    now = LEFT + since
    at = PollSchedule(first, validity).next(LEFT, polls, now)
    assert now + 100 <= at <= max(now + 100, LEFT + validity)


@given(first=st.integers(1, 60_000), validity=st.integers(1_000, 7 * 24 * HOUR))
def test_a_whole_life_has_few_questions_and_ends_exactly_at_the_end(first: int, validity: int) -> None:
    schedule, now, polls = PollSchedule(first, validity), LEFT + first, 0
    while now < LEFT + validity:
        polls += 1
        now = schedule.next(LEFT, polls, now)
    assert polls <= 40 + validity // MAX_INTERVAL_MS
    assert now <= max(LEFT + validity + 100, LEFT + first)
