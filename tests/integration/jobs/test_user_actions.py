"""What users do with jobs: see their own, retry what failed, stop what runs, in their language."""

import os
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from getsms_core import exports, jobs
from getsms_core.base.errors import DomainError, NotAllowed, NotFound
from getsms_core.base.i18n import using_language
from getsms_core.base.permissions import Actor, Role
from getsms_core.base.states import CampaignState
from getsms_core.base.work_states import JobKind, JobState
from getsms_core.campaigns import service as campaigns
from getsms_core.contacts import lists
from getsms_core.contacts.lists import Options
from getsms_core.db.engine import Store
from getsms_core.worker import handlers
from getsms_core.worker.job_process import JobProcess
from tests.conftest import WaitUntil
from tests.engine_support import AZIZA, audited, campaign_of, running, settings_for
from tests.job_support import claim, claimed, do_all, do_next, job_of, state_of

BOBUR = Actor("Bobur", Role.MARKETER)
MALIKA = Actor("Malika", Role.MANAGER)


def upload(store: Store, actor: Actor = BOBUR, data: bytes = b"") -> int:
    return lists.upload(store, actor, "x", "x.csv", [data], Options())


def only(store: Store, actor: Actor) -> jobs.JobInfo:
    [job] = jobs.all_jobs(store, actor)
    return job


def test_an_administrator_sees_all_jobs_and_others_their_own(store: Store) -> None:
    list_id = upload(store)
    do_all(store)
    assert only(store, BOBUR).subject == only(store, AZIZA).subject == f"list:{list_id}"
    other = Actor("Dilshod", Role.MARKETER)
    assert jobs.all_jobs(store, other) == []
    assert jobs.of_subject(store, other, f"list:{list_id}") != [], "the list's page shows it to all"
    with pytest.raises(NotFound):
        jobs.get(store, MALIKA, only(store, AZIZA).id)


def test_a_reason_is_worded_in_the_language_of_the_reader(store: Store) -> None:
    upload(store)
    handlers.record_crash(store, claimed(store))
    english = only(store, BOBUR).reason
    assert english.startswith("The work was stopped")
    with using_language("ru"):
        assert only(store, BOBUR).reason != english


def test_a_failed_list_is_checked_again_with_the_same_file(store: Store) -> None:
    list_id = upload(store, data=b"phone\n901234567\n")
    handlers.record_crash(store, claimed(store))
    assert lists.get(store, list_id).state == "failed"
    job = only(store, BOBUR)
    assert (job.may_retry, job.may_cancel, job.error_code) == (True, False, "stopped")
    handlers.retry(store, BOBUR, job.id)
    handlers.retry(store, BOBUR, job.id)
    assert lists.get(store, list_id).state == "pending"
    assert do_all(store) == [("list", f"list:{list_id}")]
    assert lists.get(store, list_id).state == "ready"
    assert job_of(store, "list", f"list:{list_id}").attempts == 2
    assert len(audited(store, "job.retry")) == 1
    handlers.retry(store, BOBUR, job.id)
    assert lists.get(store, list_id).state == "ready"


def test_retrying_a_failed_preparation_resumes_the_campaign(store: Store) -> None:
    campaign_id = running(store, 3, state=CampaignState.DRAFT)
    campaigns.change(
        store, AZIZA, campaign_id, campaigns.Draft("Sale", "Salom yana", campaign_of(store, campaign_id).list_id)
    )
    campaigns.start(store, AZIZA, campaign_id)
    handlers.record_failure(store, claimed(store), DomainError("unknown-field", "The text has …"))
    assert (campaign_of(store, campaign_id).state, campaign_of(store, campaign_id).code) == (
        CampaignState.PAUSED,
        "unknown-field",
    )
    handlers.retry(store, AZIZA, only(store, AZIZA).id)
    assert campaign_of(store, campaign_id).state is CampaignState.RUNNING
    assert do_next(store) == ("campaign", f"campaign:{campaign_id}")
    assert campaign_of(store, campaign_id).prepared == "ready"


def test_a_queued_file_that_is_cancelled_says_by_whom_and_can_be_asked_for_again(store: Store, tmp_path: Path) -> None:
    export_id = exports.enqueue(store, BOBUR, settings_for(), running(store, 2), "csv")
    handlers.cancel(store, BOBUR, only(store, BOBUR).id)
    assert (exports.get(store, export_id).state, exports.get(store, export_id).message) == (
        "failed", "Bobur cancelled the work. Nothing was kept of it."
    )  # fmt: skip
    assert claim(store) is None
    handlers.cancel(store, BOBUR, only(store, BOBUR).id)  # it has ended
    handlers.retry(store, BOBUR, only(store, BOBUR).id)
    exports.make(store, claimed(store).subject_id, settings_for(files=tmp_path / "files"))
    assert exports.get(store, export_id).state == "ready"


def test_who_may_not_do_the_work_may_not_retry_or_cancel_it(store: Store) -> None:
    exports.enqueue(store, BOBUR, settings_for(), running(store, 2), "csv")
    job_id = only(store, BOBUR).id
    for action in (handlers.retry, handlers.cancel):
        with pytest.raises(NotFound):
            action(store, Actor("Dilshod", Role.MARKETER), job_id)
        with pytest.raises(NotFound):
            action(store, BOBUR, job_id + 1)
    upload(store, Actor("Malika", Role.MARKETER))
    own = next(job.id for job in jobs.all_jobs(store, AZIZA) if job.kind is JobKind.LIST)
    with pytest.raises(NotAllowed):  # she was a marketer when she uploaded it
        handlers.cancel(store, MALIKA, own)
    handlers.cancel(store, AZIZA, job_id)
    assert state_of(store, "export", only_subject(store, job_id)) is JobState.CANCELLED


def only_subject(store: Store, job_id: int) -> str:
    return next(job.subject for job in jobs.all_jobs(store, AZIZA) if job.id == job_id)


@pytest.fixture
def process(store: Store, store_url: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[JobProcess]:
    """The process of a worker's job, which stands still as soon as it has started."""
    monkeypatch.setenv("GETSMS_DATABASE_URL", store_url)
    monkeypatch.chdir(tmp_path)
    begin, started = handlers.start_process, list[subprocess.Popen[bytes]]()

    def stand_still(run: jobs.JobRun) -> subprocess.Popen[bytes]:
        started.append(begin(run))
        os.kill(started[0].pid, signal.SIGSTOP)
        return started[0]

    monkeypatch.setattr(handlers, "start_process", stand_still)
    yield JobProcess(store)
    for process in started:
        process.kill()
        process.wait(30)


def test_a_running_job_that_is_cancelled_is_ended_by_its_worker(
    store: Store, process: JobProcess, monkeypatch: pytest.MonkeyPatch, wait_until: WaitUntil
) -> None:
    monkeypatch.setattr("getsms_core.worker.job_process.KILL_SECONDS", 0.0)
    list_id = upload(store, data=b"phone\n901234567\n")
    process.start(claimed(store))
    assert not process.settle()
    handlers.cancel(store, BOBUR, only(store, BOBUR).id)
    job = only(store, BOBUR)
    assert (job.state, job.stopping, job.may_cancel) == (JobState.RUNNING, True, False)
    with store.reading() as session:
        process.look_for_cancelling(session)
    wait_until(process.settle, what="the process did not end")
    assert process.idle
    assert state_of(store, "list", f"list:{list_id}") is JobState.CANCELLED
    recipient_list = lists.get(store, list_id)
    assert (recipient_list.state, recipient_list.code) == ("failed", "cancelled")
    assert "Bobur cancelled the check" in recipient_list.message


def test_a_worker_that_ends_kills_a_job_that_does_not_end(
    store: Store, process: JobProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("getsms_core.worker.job_process.KILL_SECONDS", 0.0)
    upload(store, data=b"phone\n901234567\n")
    process.start(claimed(store))
    process.terminate()
    assert process.ended


def test_a_check_that_notices_its_cancelling_by_itself_ends_cancelled(store: Store) -> None:
    list_id = upload(store, data=b"phone\n901234567\n")
    run = claimed(store)
    handlers.cancel(store, BOBUR, run.id)
    handlers.run_job(store, run)
    assert state_of(store, "list", f"list:{list_id}") is JobState.CANCELLED
    assert (lists.get(store, list_id).state, lists.get(store, list_id).code) == ("failed", "cancelled")


def test_a_job_whose_subject_is_gone_ends_while_its_worker_lives(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    def stopped(_store: Store, _run: jobs.JobRun) -> None:
        raise jobs.JobStopped

    list_id = upload(store, data=b"phone\n901234567\n")
    run = claimed(store)
    handler = handlers.Handler(stopped, *(lambda *_arguments: None,) * 2)
    monkeypatch.setattr(handlers, "HANDLERS", {JobKind.LIST: handler})
    handlers.run_job(store, run)
    assert state_of(store, "list", f"list:{list_id}") is JobState.DONE
