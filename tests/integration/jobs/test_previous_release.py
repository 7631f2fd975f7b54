"""A process of release 0.1 beside this one: what it asks for is done once, by one of the two."""

import pytest
import sqlalchemy as sa

from getsms_core.base.states import CampaignState
from getsms_core.campaigns import service as campaigns
from getsms_core.contacts import lists
from getsms_core.contacts.lists import Options
from getsms_core.db.engine import Store
from getsms_core.jobs import previous_release
from tests.engine_support import AZIZA, counts, running
from tests.integration.worker.test_registry import register
from tests.job_support import claim, claimed, do_all

TABLES = {"list": ("recipient_list", "state", "waiting", "checking", "pending"),
          "campaign": ("campaign", "prepared", "asked", "preparing", "")}  # fmt: skip


def upload(store: Store) -> int:
    list_id = lists.upload(store, AZIZA, "x", "x.csv", [b"phone\n901234567\n"], Options())
    with store.writing() as session:
        session.execute(sa.text("DELETE FROM job"))
    return list_id


def unprepared(store: Store) -> int:
    campaign_id = running(store, 3, state=CampaignState.RUNNING)
    with store.writing() as session:
        session.execute(sa.text("DELETE FROM tally"))
    return campaign_id


def write(store: Store, kind: str, row_id: int, word: str, worker_id: str | None = None) -> None:
    """What a process of release 0.1 writes."""
    table, column, *_words = TABLES[kind]
    with store.writing() as session:
        session.execute(
            sa.text(f"UPDATE {table} SET {column} = :word, worker_id = :worker WHERE id = :id"),
            {"word": word, "worker": worker_id, "id": row_id},
        )


def word_of(store: Store, kind: str, row_id: int) -> str:
    table, column, *_words = TABLES[kind]
    with store.reading() as session:
        return str(session.execute(sa.text(f"SELECT {column} FROM {table} WHERE id = {row_id}")).scalar_one())


def take_over(store: Store) -> int:
    with store.writing() as session:
        return previous_release.take_over(session)


@pytest.mark.parametrize("kind", ["list", "campaign"])
def test_what_it_asks_for_becomes_a_job_that_its_workers_do_not_see(store: Store, kind: str) -> None:
    list_id = upload(store) if kind == "list" else unprepared(store)
    _table, _column, requested, _running, word = TABLES[kind]
    write(store, kind, list_id, requested)
    assert take_over(store) == 1
    assert word_of(store, kind, list_id) == word
    assert take_over(store) == 0
    assert do_all(store) == [(kind, f"{kind}:{list_id}")]
    if kind == "list":
        assert lists.get(store, list_id).state == "ready"
    else:
        assert counts(store, list_id) == {"queued": 3}


@pytest.mark.parametrize("kind", ["list", "campaign"])
def test_what_its_living_worker_does_is_left_to_it_until_it_is_gone(store: Store, kind: str) -> None:
    subject_id, worker = upload(store) if kind == "list" else unprepared(store), register(store)
    _table, _column, _requested, running_word, _word = TABLES[kind]
    write(store, kind, subject_id, running_word, worker)
    assert take_over(store) == 0
    assert claim(store) is None
    with store.writing() as session:
        session.execute(sa.text("UPDATE worker SET stopped_at = 1"))
    assert take_over(store) == 1
    assert claimed(store).subject == f"{kind}:{subject_id}"


def test_a_build_without_a_worker_goes_on_by_itself(store: Store) -> None:
    campaign_id = unprepared(store)
    write(store, "campaign", campaign_id, "preparing", "direct:abc")
    assert take_over(store) == 0
    campaigns.resume(store, AZIZA, campaign_id)
    assert word_of(store, "campaign", campaign_id) == "preparing"


def test_a_build_by_a_job_of_this_release_is_left_to_that_job(store: Store) -> None:
    campaign_id = unprepared(store)
    write(store, "campaign", campaign_id, "preparing", "job:7:1")
    assert take_over(store) == 0
    assert word_of(store, "campaign", campaign_id) == "preparing"


def test_a_list_that_it_checks_is_shown_as_unchecked_and_can_be_cancelled(store: Store) -> None:
    from getsms_core.contacts import progress

    list_id = upload(store)
    write(store, "list", list_id, "checking", register(store))
    assert progress.states(store, lists.all_lists(store)) == {list_id: "checking"}
    assert progress.cancel(store, AZIZA, list_id)
    assert lists.get(store, list_id).code == "cancelled"
