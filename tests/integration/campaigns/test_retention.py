"""Retention: what is old enough loses its texts and numbers, and nothing else; what is under way loses nothing."""

from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa
from sqlmodel import col

from getsms_core import exports, jobs, reports
from getsms_core.accounts import policy
from getsms_core.accounts.policy import Policy
from getsms_core.base.errors import DomainError
from getsms_core.base.permissions import Actor, Role
from getsms_core.campaigns import retention
from getsms_core.campaigns import service as campaigns
from getsms_core.contacts import lists, suppression
from getsms_core.db.engine import Store, now_ms
from getsms_core.db.models import Attempt, Audit, Campaign, Chunk, ListBlock, Message, Receipt
from getsms_core.reports import Filter
from tests.engine_support import AZIZA, Engine, assert_rollups, messages_of, receipt, running, settings_for, statuses
from tests.factories import count_as_sent, make_campaign, make_messages
from tests.job_support import claim, do_all, label

ZONE = ZoneInfo("Asia/Tashkent")
YEAR = 365 * 86_400_000


def ended(store: Store, n: int = 7) -> int:
    """A campaign that was sent and delivered and ended two years ago."""
    campaign_id = running(store, n, chunk_size=3)
    engine = Engine(store)
    engine.send(want=10)
    engine.now += 10_000
    by_request: dict[str | None, list[Message]] = {}
    for message in messages_of(store, campaign_id):
        by_request.setdefault(message.request_id, []).append(message)
    for due in engine.due():
        records = [receipt(m, description=f"to {m.phone}") for m in by_request[due.request_id]]
        engine.apply_answers(([due], statuses(*records)))
    with store.writing() as session:
        now = now_ms(session)
        session.execute(
            sa.update(Campaign)
            .where(col(Campaign.id) == campaign_id)
            .values(state="finished", finished_at=now - 2 * YEAR)
        )
        session.execute(sa.update(Attempt).values(detail="998901234567 is odd"))
    return campaign_id


def mark(store: Store, months: int = 12) -> int:
    with store.writing() as session:
        return retention.request_due_erasures(session, 1, Policy(erase_months=months), ZONE, now_ms(session))


def test_texts_and_numbers_go_and_every_figure_stays(store: Store, tmp_path: Path) -> None:
    campaign_id = ended(store)
    question = Filter(campaigns=(campaign_id,))
    before = (
        campaigns.show(store, campaign_id),
        reports.by_range(store, question, ZONE),
        reports.total(store, question, ZONE),
    )
    numbers = [message.phone for message in messages_of(store, campaign_id)]
    assert mark(store) == 1
    do_all(store)
    for message in messages_of(store, campaign_id):
        assert (message.text, message.phone, message.request_id, message.gateway_id) == ("", 0, None, None)
        assert message.state.value == "delivered"
    assert_rollups(store, campaign_id)
    after = (
        campaigns.show(store, campaign_id),
        reports.by_range(store, question, ZONE),
        reports.total(store, question, ZONE),
    )
    assert after[0] == before[0]
    assert after[1].equals(before[1])
    assert after[2] == before[2]
    with store.reading() as session:
        left = [*session.scalars(sa.select(col(Receipt.description))), *session.scalars(sa.select(col(Attempt.detail))),
                *session.scalars(sa.select(col(Chunk.detail)))]  # fmt: skip
        assert not any(left)
        assert session.scalar(sa.select(sa.func.count()).select_from(ListBlock)) == 0
    exports.write(store, AZIZA, campaign_id, "csv", tmp_path / "a.csv", zone=ZONE)
    written = (tmp_path / "a.csv").read_text()
    assert not any(str(number) in written for number in numbers)
    assert written.count("delivered") >= 7
    assert reports.messages_page(store, Actor("Ann", Role.ANALYST), campaign_id)[0].phone == ""
    with pytest.raises(DomainError, match="were erased"):
        lists.accepted(store, int(campaigns.get(store, campaign_id).list_id or 0))
    assert campaigns.get(store, campaign_id).erased_at
    assert mark(store) == 0
    retention.erase(store, campaign_id)


@pytest.mark.parametrize("state", ["running", "paused", "draft", "scheduled", "awaiting approval"])
def test_what_has_not_ended_is_never_erased(store: Store, state: str) -> None:
    campaign_id = ended(store)
    with store.writing() as session:
        session.execute(sa.update(Campaign).values(state=state))
    assert mark(store) == 0
    retention.erase(store, campaign_id)
    assert all(message.phone for message in messages_of(store, campaign_id))


def test_what_waits_or_is_uncertain_is_not_erased(store: Store) -> None:
    campaign_id = running(store, 3)
    Engine(store).send()
    with store.writing() as session:
        session.execute(sa.update(Campaign).values(state="finished", finished_at=1))
    assert mark(store) == 0
    assert all(message.phone for message in messages_of(store, campaign_id))


def test_messages_that_a_user_counted_as_sent_are_erased_with_the_others(store: Store) -> None:
    campaign_id = make_campaign(store, finished_at=1)
    make_messages(store, campaign_id, {"delivered": 2, "accepted": 3})
    assert mark(store) == 0  # three wait for their receipts
    count_as_sent(store, campaign_id)
    assert mark(store) == 1
    do_all(store)
    assert {(message.text, message.phone) for message in messages_of(store, campaign_id)} == {("", 0)}
    assert_rollups(store, campaign_id)


def test_without_the_rule_or_before_its_time_nothing_goes(store: Store) -> None:
    ended(store)
    assert mark(store, 0) == 0
    assert mark(store, 36) == 0
    assert mark(store, 12) == 1


def test_one_that_is_cut_off_goes_on_where_it_was(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retention, "STEP", 2)
    campaign_id = ended(store)
    mark(store)
    with store.writing() as session:
        assert label(claim(session, "w")) == ("erase", f"campaign:{campaign_id}")
    step = retention._erase_next
    erased: list[int] = []

    def cut(*arguments: object) -> int:
        if len(erased) == 2:
            raise KeyboardInterrupt
        erased.append(1)
        return step(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(retention, "_erase_next", cut)
    with pytest.raises(KeyboardInterrupt):
        retention.erase(store, campaign_id)
    assert sorted({message.phone > 0 for message in messages_of(store, campaign_id)}) == [False, True]
    monkeypatch.setattr(retention, "_erase_next", step)
    with store.writing() as session:
        jobs.requeue(session, ["w"])
    assert do_all(store) == [("erase", f"campaign:{campaign_id}")]
    assert not any(message.phone for message in messages_of(store, campaign_id))
    assert_rollups(store, campaign_id)


def test_a_list_stays_while_another_campaign_needs_it(store: Store) -> None:
    campaign_id = ended(store)
    list_id = campaigns.get(store, campaign_id).list_id
    other = campaigns.create(store, AZIZA, settings_for(), campaigns.Draft("Again", "Salom", list_id))
    mark(store)
    retention.erase(store, campaign_id)
    assert lists.accepted(store, int(list_id or 0)).num_rows == 7
    campaigns.prepare(store, other)
    assert len(messages_of(store, other)) == 7


def test_numbers_in_the_audit_log_go_with_their_time(store: Store) -> None:
    campaign_id = ended(store)
    suppression.add(store, AZIZA, [998901234567], "call", "asked")
    suppression.remove(store, AZIZA, 998901234567, "asked again")
    with store.writing() as session:
        session.execute(sa.update(Audit).where(col(Audit.subject).like("phone:%")).values(at=1))
    mark(store)
    retention.erase(store, campaign_id)
    with store.reading() as session:
        subjects = list(session.scalars(sa.select(col(Audit.subject))))
    assert "phone:erased" in subjects
    assert not [subject for subject in subjects if "998901234567" in subject]
    assert f"campaign:{campaign_id}" in subjects


@pytest.mark.parametrize(
    ("now", "months", "before"),
    [
        ("2026-03-31T12:00", 1, "2026-02-28T12:00"),
        ("2026-03-15T00:00", 12, "2025-03-15T00:00"),
        ("2024-02-29T10:00", 12, "2023-02-28T10:00"),
        ("2026-01-05T10:00", 2, "2025-11-05T10:00"),
    ],
)
def test_months_are_those_of_the_calendar(now: str, months: int, before: str) -> None:
    instants = [int(datetime.fromisoformat(text).replace(tzinfo=ZONE).timestamp() * 1000) for text in (now, before)]
    assert retention.months_before(instants[0], months, ZONE) == instants[1]


def test_only_an_administrator_sets_it_and_within_bounds(store: Store) -> None:
    running(store)
    with pytest.raises(DomainError, match="1 to 120"):
        policy.save(store, AZIZA, 1, Policy(erase_months=121), ZONE)
    with pytest.raises(DomainError, match="may not"):
        policy.save(store, Actor("Bek", Role.MARKETER), 1, Policy(erase_months=1), ZONE)
