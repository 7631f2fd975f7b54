"""Who counts for the frequency cap once a user has said what became of an uncertain message."""

import numpy as np
import pytest
import sqlalchemy as sa

from getsms_core.accounts import policy
from getsms_core.accounts.policy import Policy
from getsms_core.base.errors import DomainError
from getsms_core.db.engine import Store
from getsms_core.db.models import Account
from getsms_core.delivery import Claim, Limits, Resolution, claim, lock_account, resolve
from getsms_core.gateway import Accepted, Missing, Rejected, SendAnswer
from tests.engine_support import (
    AZIZA,
    LATER,
    LOST,
    NOW,
    POST_MS,
    RULES,
    Engine,
    accept,
    answered,
    assert_rollups,
    counts,
    messages_of,
    running,
    settings_for,
)
from tests.integration.delivery.test_schedule import ZONE, put, set_policy

NUMBER = 998901000001


def capped_engine(store: Store) -> Engine:
    """An engine that counts who was written to, as a worker does while a cap is set."""
    return Engine(store, rules=type(RULES)(RULES.poll_first_ms, RULES.uncertain_limit, contacts=True))


def take(store: Store, worker: str = "worker-1") -> list[Claim]:
    with store.writing() as session:
        lock_account(session, 1)
        limits = Limits(policy.get(session, 1), ZONE)
        return claim(session, 1, worker, want=64, post_ms=POST_MS, now=NOW, limits=limits)


def uncertain(store: Store, **fields: object) -> int:
    """A campaign to one number under a cap of one SMS, whose answer was lost."""
    campaign_id = running(store, numbers=[NUMBER])
    set_policy(store, Policy(cap_messages=1, cap_days=2))
    put(store, campaign_id, **fields) if fields else None
    [taken] = take(store)
    capped_engine(store).record((taken, LOST))
    return campaign_id


def may_write(store: Store) -> bool:
    """Whether another campaign may write to the number now."""
    campaign_id = running(store, numbers=[NUMBER])
    claims = take(store)
    assert_rollups(store, campaign_id)
    return bool(claims)


def test_an_uncertain_message_counts(store: Store) -> None:
    uncertain(store)
    assert not may_write(store)


def test_what_was_sent_below_the_cap_counts_with_what_is_in_flight(store: Store) -> None:
    running(store, numbers=[NUMBER])
    set_policy(store, Policy(cap_messages=2, cap_days=2))
    [sent] = take(store)
    capped_engine(store).record((sent, accept(sent)))
    running(store, numbers=[NUMBER])
    [_in_flight] = take(store)
    assert not may_write(store)


def test_counted_as_sent_it_counts_on(store: Store) -> None:
    campaign_id = uncertain(store)
    resolve(store, AZIZA, campaign_id, Resolution.SENT)
    assert not may_write(store)


def test_counted_as_not_sent_it_frees_the_number(store: Store) -> None:
    campaign_id = uncertain(store)
    resolve(store, AZIZA, campaign_id, Resolution.NOT_SENT)
    assert may_write(store)


def test_sent_again_it_is_not_cancelled_by_its_own_first_attempt(store: Store) -> None:
    campaign_id = uncertain(store)
    resolve(store, AZIZA, campaign_id, Resolution.AGAIN)
    [again] = take(store)
    capped_engine(store).record((again, accept(again)))
    assert counts(store, campaign_id) == {"accepted": 1}
    assert not may_write(store), "the second attempt counts"


def test_what_a_lost_worker_was_sending_counts_until_a_user_says_that_it_was_not_sent(store: Store) -> None:
    campaign_id = running(store, numbers=[NUMBER])
    set_policy(store, Policy(cap_messages=1, cap_days=2))
    take(store, "worker-2")
    Engine(store).expire_claims("worker-2")
    assert not may_write(store)
    resolve(store, AZIZA, campaign_id, Resolution.NOT_SENT)
    assert may_write(store)


@pytest.mark.parametrize(
    ("answer", "is_free"),
    [
        (answered(Rejected(300, "is NOT a phone number")), True),
        (answered(Accepted("5000001", "")), False),
        (answered(Missing()), False),
        (LATER, False),
        (LOST, False),
    ],
)
@pytest.mark.parametrize("lost_by", ["deadline", "worker"])
def test_a_late_answer_frees_the_number_only_if_it_proves_that_nothing_was_sent(
    store: Store, answer: SendAnswer, is_free: bool, lost_by: str
) -> None:
    campaign_id = running(store, numbers=[NUMBER])
    set_policy(store, Policy(cap_messages=1, cap_days=2))
    [taken] = take(store)
    engine = capped_engine(store)
    engine.now += POST_MS + 1
    assert engine.expire_claims(*(["worker-1"] if lost_by == "worker" else [])) == 1
    assert not may_write(store)
    engine.record((taken, answer))
    engine.record((taken, answer))
    assert may_write(store) is is_free
    assert_rollups(store, campaign_id)


def test_a_late_answer_frees_only_the_numbers_that_it_names(store: Store) -> None:
    numbers = [NUMBER, NUMBER + 1, NUMBER + 2]
    running(store, numbers=numbers)
    set_policy(store, Policy(cap_messages=1, cap_days=2))
    [taken] = take(store)
    engine = capped_engine(store)
    engine.expire_claims("worker-1")
    rejected, accepted = Rejected(300, "is NOT a phone number"), Accepted("5000001", "")
    engine.record((taken, answered(accepted, rejected, Missing())))
    set_policy(store, Policy(cap_messages=1, cap_days=400))
    assert policy.numbers_over_cap(store, 1, np.array(numbers), "service").tolist() == [NUMBER, NUMBER + 2]


def test_a_late_answer_frees_nothing_that_a_user_has_freed(store: Store) -> None:
    campaign_id = running(store, numbers=[NUMBER])
    set_policy(store, Policy(cap_messages=1, cap_days=2))
    [taken] = take(store)
    engine = capped_engine(store)
    engine.expire_claims("worker-1")
    resolve(store, AZIZA, campaign_id, Resolution.AGAIN)
    [again] = take(store)
    engine.record((again, accept(again)))
    engine.record((taken, answered(Rejected(300, "is NOT a phone number"))))
    assert not may_write(store), "the second attempt counts"


def test_another_accounts_rules_do_not_forget_who_was_written_to(store: Store) -> None:
    campaign_id = uncertain(store)
    _another_account(store, sandbox=True)
    policy.save(store, AZIZA, 2, Policy(), ZONE)
    assert not may_write(store)
    assert campaign_id


def test_a_resolution_never_frees_more_than_was_counted(store: Store) -> None:
    first = running(store, numbers=[NUMBER])
    Engine(store).send(LOST)
    set_policy(store, Policy(cap_messages=1, cap_days=2))  # counts by the clock of now: NOW is within its days
    resolve(store, AZIZA, first, Resolution.NOT_SENT)
    second = running(store, numbers=[NUMBER])
    [taken] = take(store)
    capped_engine(store).record((taken, accept(taken)))
    assert counts(store, second) == {"accepted": 1}
    assert not may_write(store)


def test_a_test_sms_does_not_count(store: Store) -> None:
    campaign_id = running(store, numbers=[NUMBER])
    set_policy(store, Policy(cap_messages=1, cap_days=2))
    put(store, campaign_id, is_test=True)
    [taken] = take(store)
    assert may_write(store), "not while it is on its way"
    capped_engine(store).record((taken, accept(taken)))
    set_policy(store, Policy(cap_messages=1, cap_days=3))  # counted once more from the messages
    assert policy.numbers_over_cap(store, 1, np.array([NUMBER]), "service").tolist() == []


def test_practice_does_not_count_for_a_real_account(store: Store) -> None:
    running(store, numbers=[NUMBER])
    Engine(store).send()
    _another_account(store, sandbox=False)
    policy.save(store, AZIZA, 2, Policy(cap_messages=1, cap_days=900), ZONE)
    assert policy.numbers_over_cap(store, 2, np.array([NUMBER]), "service").tolist() == []


def _another_account(store: Store, *, sandbox: bool) -> None:
    with store.writing() as session:
        session.execute(
            sa.insert(Account).values(
                id=2, name="aziza@http", login="aziza", url="http", sandbox=sandbox, concurrency=1, rate=0,
                next_slot_us=0, failures=0, failed_at=0, policy={}, created_at=NOW,
            )
        )  # fmt: skip


def test_again_after_the_end_time_is_refused_before_anything_is_asked(store: Store) -> None:
    campaign_id = uncertain(store, ends_at=1)
    for how, code in ((Resolution.AGAIN, "ended"), (Resolution.NOT_SENT, "")):
        if code:
            with pytest.raises(DomainError) as refusal:
                resolve(store, AZIZA, campaign_id, how, settings=settings_for())
            assert refusal.value.code == code
            assert "end time" in refusal.value.message
            assert [m.state.value for m in messages_of(store, campaign_id)] == ["uncertain"]
        else:
            assert resolve(store, AZIZA, campaign_id, how) == 1


def test_the_lock_of_a_workers_turn_says_whether_a_cap_is_set_now(store: Store) -> None:
    running(store, numbers=[NUMBER])
    capped = []
    for rules in (Policy(), Policy(cap_messages=1, cap_days=2), Policy()):
        set_policy(store, rules)
        with store.writing() as session:
            capped.append(lock_account(session, 1).capped)
    assert capped == [False, True, False]


def test_what_a_spending_limit_holds_back_does_not_count_for_another_campaign(store: Store) -> None:
    limited, other = running(store, numbers=[NUMBER]), running(store, numbers=[NUMBER])
    set_policy(store, Policy(cap_messages=1, cap_days=2))
    put(store, limited, spend_limit=1)
    assert [claimed.campaign_id for claimed in take(store)] == [other], "nothing was sent to the number yet"
    assert counts(store, limited) == {"queued": 1}
    assert_rollups(store, other)
