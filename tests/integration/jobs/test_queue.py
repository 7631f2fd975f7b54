"""The queue of background jobs: claimed once, ended once, requeued when its worker dies."""

from functools import partial

import pytest
import sqlalchemy as sa
from sqlmodel import Session

from getsms_core import jobs
from getsms_core.base.work_states import JobKind, JobState
from getsms_core.db.engine import Store, now_ms
from getsms_core.db.models import Job
from tests.integration.worker.test_registry import mark_dead, register
from tests.job_support import claim, claimed, current, job_of, label, state_of
from tests.waits import run_threads

DAY = 86_400_000


def enqueue(store: Store, subject: str = "list:1", kind: JobKind = JobKind.LIST, who: str = "Aziza") -> int:
    with store.writing() as session:
        return jobs.enqueue(session, kind, subject, who)


def finish(store: Store, run: jobs.JobRun) -> bool:
    with store.writing() as session:
        return jobs.finish(session, run)


def fail(store: Store, run: jobs.JobRun) -> bool:
    with store.writing() as session:
        return jobs.fail(session, run, "too-big", {"rows": 5})


def count(store: Store) -> int:
    with store.reading() as session:
        return int(session.scalar(sa.select(sa.func.count()).select_from(Job)) or 0)


def test_what_is_asked_for_twice_is_queued_once(store: Store) -> None:
    assert enqueue(store) == enqueue(store)
    assert enqueue(store, "list:2") != enqueue(store)
    assert count(store) == 2


def test_several_who_ask_at_once_queue_one_job(store: Store) -> None:
    ids = run_threads(*[lambda: enqueue(store)] * 4)
    assert (len(set(ids)), count(store)) == (1, 1)


def test_a_job_is_withdrawn_with_the_change_that_needed_it(store: Store) -> None:
    def change(session: Session) -> None:
        jobs.enqueue(session, JobKind.LIST, "list:1", "Aziza")
        raise RuntimeError("not after all")

    with pytest.raises(RuntimeError, match="after all"):
        store.transact(change)
    assert claim(store) is None


def test_each_of_several_workers_gets_another_job(store: Store) -> None:
    for number in range(4):
        enqueue(store, f"list:{number}")
    runs = run_threads(*(partial(claim, store, worker) for worker in "abcd"))
    subjects = [run.subject for run in runs if run is not None]
    assert len(subjects) == len(set(subjects))
    assert {state_of(store, "list", subject) for subject in subjects} == {JobState.RUNNING}


def test_what_a_user_waits_for_comes_first_and_the_oldest_of_a_kind(store: Store) -> None:
    for kind in reversed(JobKind):
        enqueue(store, f"campaign:{list(JobKind).index(kind)}", kind)
    enqueue(store, "list:9")
    kinds = []
    while (run := claim(store)) is not None:
        kinds.append(run.kind)
    assert kinds == [JobKind.LIST, *JobKind]


def test_two_jobs_of_one_subject_never_run_at_once(store: Store) -> None:
    enqueue(store, "campaign:7", JobKind.CAMPAIGN)
    first = claimed(store)
    enqueue(store, "campaign:7", JobKind.CAMPAIGN)  # it may have read what has changed since
    enqueue(store, "campaign:7", JobKind.EXCLUSIONS)
    assert claim(store) is None
    assert finish(store, first)
    assert label(claim(store)) == ("campaign", "campaign:7")
    assert claim(store) is None


def test_a_job_of_a_dead_worker_starts_over_and_ends_once(store: Store) -> None:
    me, dead = register(store), register(store)
    enqueue(store)
    first = claimed(store, dead)
    first.progress(store, 5, 10)
    mark_dead(store, me)
    assert claim(store, me) is None, "its worker lives"
    with store.writing() as session:
        session.execute(sa.text("UPDATE worker SET stopped_at = 1 WHERE id = :id"), {"id": dead})
    mark_dead(store, me)
    second = claimed(store, me)
    assert (second.id, second.attempt) == (first.id, 2)
    job = job_of(store, "list", "list:1")
    assert (job.done, job.total, job.worker_id) == (0, None, me)
    assert not finish(store, first), "the claim of the dead worker is over"
    assert not fail(store, first)
    with pytest.raises(jobs.JobStopped):
        first.progress(store, 6, 10, "checking")
    assert finish(store, second)
    assert not finish(store, second)
    assert state_of(store, "list", "list:1") is JobState.DONE


def test_a_job_of_a_dead_worker_that_was_asked_for_again_meanwhile_is_done_once(store: Store) -> None:
    enqueue(store)
    claimed(store, "gone")
    enqueue(store)
    with store.writing() as session:
        jobs.requeue_orphans(session)
    again = claimed(store)
    assert claim(store) is None
    assert finish(store, again)
    with store.reading() as session:
        assert not jobs.any_open(session)


def test_progress_is_stored_once_a_second_and_each_step_at_once(store: Store) -> None:
    enqueue(store)
    run = claimed(store)
    run.progress(store, 10, 100)
    run.progress(store, 20, 100)
    assert job_of(store, "list", "list:1").done == 10
    run.progress(store, 30, 100, "checking")
    job = job_of(store, "list", "list:1")
    assert (job.done, job.total, job.step) == (30, 100, "checking")
    assert finish(store, run)


def test_what_failed_has_a_code_with_parameters_and_is_queued_again_in_its_row(store: Store) -> None:
    job_id = enqueue(store)
    assert fail(store, claimed(store))
    failed = job_of(store, "list", "list:1")
    assert (failed.state, failed.error_code, failed.error_params) == (JobState.FAILED, "too-big", {"rows": 5})
    assert failed.ended_at is not None
    assert enqueue(store, who="Bobur") == job_id
    again = job_of(store, "list", "list:1")
    assert (again.state, again.error_code, again.error_params, again.ended_at, again.created_by) == (
        JobState.QUEUED, "", {}, None, "Bobur"
    )  # fmt: skip
    assert finish(store, claimed(store))
    assert enqueue(store) != job_id, "one that ended well is not done again"


def test_a_queued_job_is_cancelled_at_once_and_a_running_one_by_its_worker(store: Store) -> None:
    with store.writing() as session:
        assert jobs.cancel(session, jobs.enqueue(session, JobKind.LIST, "list:1", "Aziza"), "Bobur") is JobState.QUEUED
    assert state_of(store, "list", "list:1") is JobState.CANCELLED
    job_id = enqueue(store)
    run = claimed(store)
    with store.writing() as session:
        assert jobs.stop_requested(session, run) == ""
        assert jobs.cancel(session, job_id, "Bobur") is JobState.RUNNING
        assert jobs.stop_requested(session, run) == "Bobur"
    assert state_of(store, "list", "list:1") is JobState.RUNNING, "its process has not ended yet"
    with pytest.raises(jobs.JobStopped):
        run.progress(store, 1, 2, "checking")
    with store.writing() as session:
        assert jobs.stop(session, run, "Bobur")
        assert jobs.cancel(session, job_id, "Bobur") is None
    job = job_of(store, "list", "list:1")
    assert (job.state, job.error_code, job.error_params) == (JobState.CANCELLED, jobs.CANCELLED, {"name": "Bobur"})
    assert current(store, "list", "list:1") == run


def test_a_subject_that_is_gone_leaves_no_job_but_the_running_one(store: Store) -> None:
    enqueue(store, "list:1")
    claimed(store)
    enqueue(store, "list:1")
    enqueue(store, "list:2")
    fail(store, claimed(store))
    with store.writing() as session:
        for subject in ("list:1", "list:2"):
            jobs.withdraw(session, subject)
    assert count(store) == 1


def test_ended_jobs_are_forgotten_after_a_week_or_a_month(store: Store) -> None:
    enqueue(store, "list:1")
    finish(store, claimed(store))
    enqueue(store, "list:2")
    fail(store, claimed(store))
    enqueue(store, "list:3")
    with store.reading() as session:
        now = now_ms(session)
    for days, left in ((6, 3), (8, 2), (31, 1)):
        with store.writing() as session:
            jobs.sweep(session, now + days * DAY)
        assert count(store) == left
