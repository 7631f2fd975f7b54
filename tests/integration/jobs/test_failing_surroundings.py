"""Jobs whose database or disk fails them: they wait and start over, or say why, and the log quotes nothing."""

import os
import sqlite3
import subprocess
import sys
from collections.abc import Mapping
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType

import pytest
import sqlalchemy as sa

from getsms_core import exports, jobs
from getsms_core.base import clock
from getsms_core.base.states import CampaignState, Preparation
from getsms_core.base.work_states import JobKind
from getsms_core.campaigns import service as campaigns
from getsms_core.contacts import lists
from getsms_core.db import engine
from getsms_core.db.engine import Store, open_store
from getsms_core.jobs import JobRun
from getsms_core.worker import handlers
from tests.conftest import ROOT, WaitUntil
from tests.engine_support import AZIZA, campaign_of, running, settings_for
from tests.factories import make_campaign, make_messages
from tests.job_support import claimed, do_next, job_of, state_of
from tests.waits import background

CSV = b"Telefon\n901234567\n901234568\n"


@pytest.fixture(autouse=True)
def short_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(handlers, "DATABASE_WAITS", (0.05,) * 200)


def uploaded(store: Store) -> str:
    """A list that waits for its check; the subject of its job."""
    return f"list:{lists.upload(store, AZIZA, 'Mijozlar', 'mijozlar.csv', [CSV], lists.Options())}"


def lose_the_server(store: Store, monkeypatch: pytest.MonkeyPatch, kind: JobKind, times: int = 1) -> list[int]:
    """Let the server end the connection of a job of this kind in the middle of its work, its first `times` tries;
    returns a list that grows by one a try."""
    handler, tries = handlers.HANDLERS[kind], list[int]()

    def run(where: Store, job: JobRun) -> object:
        tries.append(job.attempt)
        if len(tries) <= times:
            with where.writing() as session:
                session.execute(sa.text("SELECT pg_terminate_backend(pg_backend_pid())"))
        return handler.run(where, job)

    changed: Mapping[JobKind, handlers.Handler] = {**handlers.HANDLERS, kind: replace(handler, run=run)}
    monkeypatch.setattr(handlers, "HANDLERS", MappingProxyType(changed))
    return tries


def test_a_job_whose_server_restarts_starts_over_and_ends_well(
    postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with closing(open_store(postgres_url)) as store:
        subject = uploaded(store)
        tries = lose_the_server(store, monkeypatch, JobKind.LIST, times=2)
        do_next(store)
        assert state_of(store, JobKind.LIST, subject) == "done"
        assert tries == [1, 1, 1]
        assert lists.get(store, int(subject.partition(":")[2])).counts.accepted == 2


def test_a_server_that_stays_away_fails_the_job_with_its_reason(
    postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(handlers, "DATABASE_WAITS", (0.01, 0.01))
    with closing(open_store(postgres_url)) as store:
        subject = uploaded(store)
        tries = lose_the_server(store, monkeypatch, JobKind.LIST, times=9)
        do_next(store)
        assert len(tries) == 3
        assert (job_of(store, JobKind.LIST, subject).state, job_of(store, JobKind.LIST, subject).error_code) == (
            "failed", "database-unreachable")  # fmt: skip
        assert lists.get(store, int(subject.partition(":")[2])).state == "failed"


def test_a_claim_that_ended_while_its_job_waited_changes_nothing(
    postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with closing(open_store(postgres_url)) as store:
        subject = uploaded(store)
        tries = lose_the_server(store, monkeypatch, JobKind.LIST)
        run = claimed(store)
        waits = iter([lambda: store.transact(lambda session: jobs.requeue(session, ["w"]))])
        monkeypatch.setattr(clock, "sleep", lambda _seconds: next(waits)())
        handlers.run_job(store, run)
        assert tries == [1]
        assert state_of(store, JobKind.LIST, subject) == "queued"


def test_a_job_waits_for_a_file_that_another_program_holds(
    sqlite_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, wait_until: WaitUntil,
    caplog: pytest.LogCaptureFixture,
) -> None:  # fmt: skip
    caplog.set_level("WARNING", logger="getsms.worker")
    monkeypatch.setattr(engine, "BUSY_SECONDS", 0.05)
    with closing(open_store(sqlite_url)) as store:
        subject = uploaded(store)
        run = claimed(store)
        with closing(sqlite3.connect(tmp_path / "test.db", isolation_level=None, check_same_thread=False)) as holder:
            holder.execute("BEGIN IMMEDIATE")
            with background(lambda: handlers.run_job(store, run)):
                wait_until(lambda: any(line.message == "database.unavailable" for line in caplog.records), seconds=30)
                holder.execute("ROLLBACK")
        assert state_of(store, JobKind.LIST, subject) == "done"


def test_a_campaign_is_prepared_though_the_server_restarts_meanwhile(
    postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with closing(open_store(postgres_url)) as store:
        campaign_id = running(store, 3, state=CampaignState.DRAFT)
        draft = campaigns.Draft("Bahor", "Salom yana", campaign_of(store, campaign_id).list_id)
        campaigns.change(store, AZIZA, campaign_id, draft)
        campaigns.start(store, AZIZA, campaign_id)
        lose_the_server(store, monkeypatch, JobKind.CAMPAIGN)
        do_next(store)
        campaign = campaign_of(store, campaign_id)
        assert (campaign.state, campaign.prepared) == (CampaignState.RUNNING, Preparation.READY)


def test_a_file_that_cannot_be_written_fails_its_job_with_the_reason_of_the_system(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "no folder").write_text("")
    monkeypatch.setenv("GETSMS_FILES", str(tmp_path / "no folder" / "files"))
    campaign_id = make_campaign(store)
    make_messages(store, campaign_id, {"delivered": 1})
    export_id = exports.enqueue(store, AZIZA, settings_for(), campaign_id, "csv")
    do_next(store)
    job = job_of(store, JobKind.EXPORT, f"export:{export_id}")
    assert (job.state, job.error_code) == ("failed", "file-error")
    assert "its folder does not exist" in exports.get(store, export_id).message


def test_the_process_of_a_job_that_fails_quotes_nothing_in_the_log(sqlite_store: Store, sqlite_url: str) -> None:
    with sqlite_store.writing() as session:
        jobs.enqueue(session, JobKind.LIST, "list:998901234567x", "Aziza")
    run = claimed(sqlite_store)
    ended = subprocess.run(
        [sys.executable, "-m", "getsms_core.worker.handlers", str(run.id), str(run.attempt), str(os.getpid())],
        cwd=ROOT,
        env={**os.environ, "GETSMS_DATABASE_URL": sqlite_url, "GETSMS_LOG_FORMAT": "json"},
        capture_output=True,
        text=True,
        timeout=60,
    )
    [line] = ended.stderr.splitlines()
    assert ended.returncode == 1
    assert '"event":"job.failed"' in line
    assert '"error":"ValueError"' in line
    assert "998901234567" not in line
