"""A worker and the process of its job are killed: another worker does the job, and it ends once. For every kind."""

import os
import signal
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
import sqlalchemy as sa

from getsms_core import exports, jobs
from getsms_core.base.work_states import JobKind, JobState
from getsms_core.campaigns import number_erasure, number_indexing, response_uploads
from getsms_core.campaigns import service as campaigns
from getsms_core.campaigns.response_rows import Columns
from getsms_core.contacts import lists
from getsms_core.contacts.lists import Options
from getsms_core.db.engine import Store, now_ms
from getsms_core.db.models import Campaign
from getsms_core.delivery.workers_online import SILENT_MS
from getsms_core.notices import inbox
from getsms_core.scheduled import notices
from getsms_core.scheduled import reports as saved_reports
from getsms_core.scheduled.reports import Plan
from getsms_core.worker import handlers
from tests.engine_support import AZIZA, assert_rollups, counts, messages_of, running, settings_for
from tests.integration.campaigns.test_retention import ended
from tests.integration.campaigns.test_retention import mark as request_erasures
from tests.integration.worker.test_registry import Watching, register
from tests.job_support import claim, claimed, job_of


@dataclass
class Work:
    """The subject of a job, and what must hold once it is done."""

    subject: str
    is_done: Callable[[], bool]


def _list(store: Store) -> Work:
    list_id = lists.upload(store, AZIZA, "x", "x.csv", [b"phone\n901234567\n901234568\n"], Options())
    return Work(f"list:{list_id}", lambda: lists.accepted(store, list_id).num_rows == 2)


def _campaign(store: Store) -> Work:
    list_id = lists.add_file(store, AZIZA, _file(store), "x", Options())
    campaign_id = campaigns.create(store, AZIZA, settings_for(), campaigns.Draft("Sale", "Salom", list_id))
    campaigns.start(store, AZIZA, campaign_id)

    def is_done() -> bool:
        assert_rollups(store, campaign_id)
        return counts(store, campaign_id) == {"queued": 2}

    return Work(f"campaign:{campaign_id}", is_done)


def _file(store: Store) -> Path:
    path = Path(os.environ["GETSMS_FILES"]).parent / "people.csv"
    path.write_text("phone\n901234567\n901234568\n")
    return path


def _responses(store: Store) -> Work:
    campaign_id = ended(store, 3)
    number = messages_of(store, campaign_id)[0].phone
    file = f"Telefon;Summa\n{number};500\n".encode()
    response_uploads.upload(store, AZIZA, campaign_id, "a.csv", [file], Columns("Telefon", None, "Summa"))

    def is_done() -> bool:
        result = response_uploads.last_result(store, AZIZA, campaign_id)
        return result is not None and (result.matched, result.amount) == (1, 50_000)

    return Work(f"campaign:{campaign_id}", is_done)


def _exclusions(store: Store) -> Work:
    campaign_id = running(store, 3)
    with store.writing() as session:
        campaign = session.get_one(Campaign, campaign_id)
        campaign.exclusions = {"days": 3}
        session.execute(sa.text("UPDATE campaign SET exclusion_check = 'needed'"))
        jobs.enqueue(session, JobKind.EXCLUSIONS, f"campaign:{campaign_id}", "Aziza")
    return Work(f"campaign:{campaign_id}", lambda: campaigns.get(store, campaign_id).exclusion_check == "")


def _export(store: Store) -> Work:
    export_id = exports.enqueue(store, AZIZA, settings_for(), running(store, 3), "csv")
    return Work(f"export:{export_id}", lambda: exports.get(store, export_id).rows == 3)


def _report(store: Store) -> Work:
    report_id = saved_reports.save(store, AZIZA, settings_for(), Plan("Kun", format="csv"))
    saved_reports.run_now(store, AZIZA, report_id)

    def is_done() -> bool:
        files = [export.state.value for export in exports.all_exports(store)]
        return saved_reports.get(store, report_id).code == "" and files.count("ready") == 1

    return Work(f"report:{report_id}", is_done)


def _erase(store: Store) -> Work:
    campaign_id = ended(store, 3)
    assert request_erasures(store) == 1
    return Work(f"campaign:{campaign_id}", lambda: campaigns.get(store, campaign_id).erased_at is not None)


def _notice(store: Store) -> Work:
    with store.writing() as session:
        jobs.enqueue(session, JobKind.NOTICE, notices.SUBJECT, "Aziza")
    return Work(notices.SUBJECT, lambda: inbox.unread(store, 1) == 0)


def _erase_number(store: Store) -> Work:
    campaign_id = ended(store, 3)
    number_of_first = messages_of(store, campaign_id)[0].phone or 0
    number_erasure.request(store, AZIZA, number_of_first)

    def is_done() -> bool:
        return (
            number_erasure.under_way(store, number_of_first) is None and messages_of(store, campaign_id)[0].phone == 0
        )

    return Work("erasure:1", is_done)


def _numbers(store: Store) -> Work:
    running(store, 3)
    with store.writing() as session:
        session.execute(sa.text("UPDATE campaign SET numbers_indexed = FALSE"))
        assert number_indexing.request_missing(session, now_ms(session))
    return Work(number_indexing.SUBJECT, lambda: number_indexing.index_missing(store) == 0)


WORK = {
    JobKind.LIST: _list,
    JobKind.CAMPAIGN: _campaign,
    JobKind.RESPONSES: _responses,
    JobKind.EXCLUSIONS: _exclusions,
    JobKind.EXPORT: _export,
    JobKind.REPORT: _report,
    JobKind.ERASE: _erase,
    JobKind.NOTICE: _notice,
    JobKind.ERASE_NUMBER: _erase_number,
    JobKind.NUMBERS: _numbers,
}


@pytest.mark.parametrize("kind", list(JobKind))
def test_a_job_whose_worker_is_killed_is_done_by_another_one_and_ends_once(
    store: Store, store_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: JobKind
) -> None:
    monkeypatch.setenv("GETSMS_DATABASE_URL", store_url)
    monkeypatch.setenv("GETSMS_FILES", str(tmp_path / "files"))
    monkeypatch.chdir(tmp_path)
    work = WORK[kind](store)
    me, dead = register(store), register(store)
    lost = claimed(store, dead)
    assert (lost.kind, lost.subject) == (kind, work.subject)
    process = handlers.start_process(lost)
    os.kill(process.pid, signal.SIGKILL)
    assert process.wait(120) == -signal.SIGKILL
    with store.writing() as session:
        session.execute(sa.text("UPDATE worker SET host = 'gone', heartbeat_at = 0 WHERE id = :id"), {"id": dead})
    Watching(store, me).look(SILENT_MS // 1000 + 2)  # at its heartbeat, which does not change

    second = claimed(store, me)
    if store.sqlite:
        assert handlers.start_process(second).wait(120) == 0
    else:
        handlers.run_job(store, second)  # the same SQL without a process, which takes three seconds of CPU
    job = job_of(store, kind, work.subject)
    assert (job.state, job.attempts) == (JobState.DONE, 2)
    assert work.is_done()
    assert claim(store, me) is None
    handlers.record_crash(store, lost)  # what the dead worker would still say
    assert job_of(store, kind, work.subject).state is JobState.DONE
    assert work.is_done()
