"""`getsms jobs`: what runs, waits or failed; retry and cancel."""

from pathlib import Path

import pytest

from getsms_core.contacts import lists
from getsms_core.contacts.lists import Options
from getsms_core.db.engine import Store
from tests.engine_support import AZIZA
from tests.integration.cli.cli_support import document, refused, run
from tests.job_support import claimed, do_all


@pytest.fixture
def failed_list(store: Store, store_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> int:
    """A list whose file is empty."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("GETSMS_DATABASE_URL", store_url)
    list_id = lists.upload(store, AZIZA, "Mijozlar", "x.csv", [b""], Options())
    do_all(store)
    return list_id


def test_a_failed_job_is_listed_with_its_reason_retried_and_cancelled(store: Store, failed_list: int) -> None:
    [job] = document("jobs")["jobs"]
    assert (job["kind"], job["subject"], job["name"], job["state"]) == (
        "list", f"list:{failed_list}", "Mijozlar", "failed"
    )  # fmt: skip
    assert (job["code"], job["attempts"], job["created_by"]) == ("empty-file", 1, "Aziza")
    assert "holds no rows" in job["message"]
    assert "holds no rows" in run("jobs").stdout
    number = str(job["job"])
    assert document("jobs", "retry", number)["state"] == "queued"
    assert document("lists")["lists"][0]["state"] == "waiting"
    run_of_worker = claimed(store)
    run_of_worker.progress(store, 5, 10, "checking")
    shown = document("jobs")["jobs"][0]
    assert (shown["state"], shown["step"], shown["done"], shown["total"]) == ("running", "checking", 5, 10)
    assert document("lists")["lists"][0]["state"] == "checking"
    assert document("jobs", "cancel", number)["stopping"]
    assert document("jobs", "cancel", number)["stopping"]


def test_jobs_that_ended_well_are_listed_on_request(store: Store, failed_list: int) -> None:
    lists.upload(store, AZIZA, "y", "y.csv", [b"phone\n901234567\n"], Options())
    do_all(store)
    assert [job["state"] for job in document("jobs")["jobs"]] == ["failed"]
    assert sorted(job["state"] for job in document("jobs", "--all")["jobs"]) == ["done", "failed"]


def test_a_job_that_is_not_there_is_refused_and_a_wrong_number_is_wrong_usage(failed_list: int) -> None:
    for action in ("retry", "cancel"):
        assert refused("jobs", action, "999") == "no-such-job"
        assert run("jobs", action, "one").exit_code == 2
        assert run("jobs", action).exit_code == 2
