"""An uploaded file of responses is matched by a job: all of it or nothing, and each row once."""

import pytest
import sqlalchemy as sa
from sqlmodel import col

from getsms_core import jobs, reports
from getsms_core.base.errors import DomainError, NotAllowed
from getsms_core.base.permissions import Actor, Role
from getsms_core.base.work_states import JobKind, JobState
from getsms_core.campaigns import response_uploads
from getsms_core.campaigns.response_rows import Columns, UnusedReason
from getsms_core.db.engine import Store
from getsms_core.db.models import ResponseEvent, ResponseUpload, ResponseUploadPart
from getsms_core.worker import handlers
from tests.engine_support import AZIZA, messages_of, phones, settings_for
from tests.integration.campaigns.test_responses import delivered
from tests.job_support import claimed, do_all, job_of

COLUMNS = Columns("Telefon", None, "Summa")


@pytest.fixture(autouse=True)
def _settings(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(response_uploads, "load", settings_for)


def upload(store: Store, campaign_id: int, *rows: str, replace_all: bool = False) -> int:
    file = ("Telefon;Summa\n" + "".join(f"{row}\n" for row in rows)).encode()
    parts = [file[:20], file[20:]]
    return response_uploads.upload(store, AZIZA, campaign_id, "buyers.csv", parts, COLUMNS, replace_all=replace_all)


def rows_of(store: Store, *models: type) -> list[int]:
    with store.reading() as session:
        return [session.scalar(sa.select(sa.func.count()).select_from(model)) or 0 for model in models]


def test_a_file_is_counted_once_however_often_it_is_uploaded(store: Store) -> None:
    campaign_id = delivered(store, 3)
    first, second, _three = phones(3)
    rows = (f"{first};100", f"{second};50", f"{second};50", "998977777777;1", "x;1")
    for n in range(2):
        upload(store, campaign_id, *rows)
        assert response_uploads.is_waiting(store, campaign_id)
        assert do_all(store) == [("responses", f"campaign:{campaign_id}")]
        result = response_uploads.last_result(store, AZIZA, campaign_id)
        assert result is not None
        assert (result.matched, result.new, result.known, result.amount) == (2, 2 - 2 * n, 3 * n, 20_000)
        assert [(row.row, row.value, row.reason) for row in result.unused] == [
            (5, "998977777777", UnusedReason.NO_MESSAGE), (6, "x", UnusedReason.NO_NUMBER)]  # fmt: skip
        assert reports.response_figures(store, campaign_id).amount == 20_000
        # The file is gone; of the uploads only the last one is stored.
        assert rows_of(store, ResponseUploadPart, ResponseUpload, ResponseEvent) == [0, 1, 3]
    upload(store, campaign_id, f"{first};7", replace_all=True)
    do_all(store)
    assert reports.response_figures(store, campaign_id).amount == 700


def test_files_that_wait_together_are_all_counted(store: Store) -> None:
    campaign_id = delivered(store, 3)
    first, second, _three = phones(3)
    for rows in ((f"{first};100",), ("x;1",), (f"{second};50",)):
        upload(store, campaign_id, *rows)
    do_all(store)
    assert reports.response_figures(store, campaign_id).responses == 2
    # The second file named nobody: the job says so, and its file is not stored either.
    assert job_of(store, JobKind.RESPONSES, f"campaign:{campaign_id}").error_code == "no-numbers"
    assert rows_of(store, ResponseUploadPart) == [0]
    assert not response_uploads.is_waiting(store, campaign_id)


def test_a_repeated_request_is_one_upload_and_another_campaign_has_none(store: Store) -> None:
    campaign_id = delivered(store, 2)
    uploads = {
        response_uploads.upload(store, AZIZA, campaign_id, "a.csv", [b"Telefon\n"], COLUMNS, request_key="upload:7")
        for _n in range(2)
    }
    assert len(uploads) == 1
    assert rows_of(store, ResponseUpload) == [1]
    with pytest.raises(DomainError) as refusal:
        upload(store, 99)
    assert refusal.value.code == "no-such-campaign"
    with pytest.raises(NotAllowed):
        response_uploads.upload(store, Actor("Ann", Role.ANALYST), campaign_id, "a.csv", [b""], COLUMNS)
    assert rows_of(store, ResponseUpload, ResponseUploadPart) == [1, 1]


def test_a_claim_that_is_over_counts_nothing(store: Store) -> None:
    campaign_id = delivered(store, 2)
    upload(store, campaign_id, f"{phones(1)[0]};100")
    lost = claimed(store)
    with store.writing() as session:
        jobs.requeue_all(session)
    current = claimed(store, "other")
    handlers.run_job(store, lost)
    assert rows_of(store, ResponseEvent) == [0]
    assert response_uploads.is_waiting(store, campaign_id)
    handlers.run_job(store, current)
    assert reports.response_figures(store, campaign_id).amount == 10_000


def test_a_cancelled_upload_counts_nothing_and_its_file_is_deleted(store: Store) -> None:
    campaign_id = delivered(store, 2)
    upload(store, campaign_id, f"{phones(1)[0]};100")
    job = job_of(store, JobKind.RESPONSES, f"campaign:{campaign_id}")
    handlers.cancel(store, AZIZA, int(job.id or 0))
    assert do_all(store) == []
    assert rows_of(store, ResponseEvent, ResponseUploadPart) == [0, 0]
    assert response_uploads.last_result(store, AZIZA, campaign_id) is None
    with pytest.raises(DomainError) as refusal:
        handlers.retry(store, AZIZA, int(job.id or 0))
    assert refusal.value.code == "no-file"
    assert job_of(store, JobKind.RESPONSES, f"campaign:{campaign_id}").state is JobState.CANCELLED


def test_an_erased_number_is_not_in_the_rows_of_an_upload(store: Store) -> None:
    campaign_id = delivered(store, 2)
    upload(store, campaign_id, "+998 97 777-77-77;1", "998976666666;1", f"{messages_of(store, campaign_id)[0].phone};5")
    do_all(store)
    with store.writing() as session:
        response_uploads.forget_number(session, 998977777777)
    result = response_uploads.last_result(store, AZIZA, campaign_id)
    assert result is not None
    assert [row.value for row in result.unused] == ["998976666666"]
    assert result.examples == (998976666666,)
    with store.writing() as session:
        response_uploads.forget(session, campaign_id)
    assert response_uploads.last_result(store, AZIZA, campaign_id) is None
    with store.reading() as session:
        assert session.scalar(sa.select(sa.func.count(col(ResponseEvent.recipient)))) == 1
