"""A worker against a gateway whose answers are damaged: no byte of them ends it, and no status is lost."""

import time
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr
from sqlmodel import Session

from getsms_core.base.settings import Settings
from getsms_core.campaigns import service as campaigns
from getsms_core.db.engine import Store
from getsms_core.delivery import polling
from getsms_core.gateway import StatusRecord
from getsms_core.sandbox.damage import DAMAGES
from getsms_core.sandbox.gateway_rules import GatewayRules
from getsms_core.sandbox.process import control
from getsms_core.sandbox.thread import run_in_thread
from tests.engine_support import assert_rollups, counts, running, settings_for
from tests.integration.worker.test_loop import drain

LONG = "Salom, aziz do'stim! " * 10  # two parts
DELIVERED, FAILED = 998_900_000_001, 998_900_000_002


def live(url: str, **overrides: Any) -> Settings:
    known = {"url": url, "login": "aziza", "password": SecretStr("secret"), "poll_first": 0, "concurrency": 4}
    return settings_for(**(known | {"connect_timeout": 2, "read_timeout": 5} | overrides))


def run(store: Store, folder: Path, faults: str, seconds: float = 6) -> int:
    """A campaign of two messages through a gateway with these faults; returns its id."""
    with run_in_thread(folder / "gateway.db", rules=GatewayRules(speed=0), faults=faults) as sandbox:
        settings = live(sandbox.url)
        campaign_id = running(store, settings=settings, numbers=[DELIVERED, FAILED], text=LONG)
        drain(store, settings, receipts_seconds=seconds)
        assert control(sandbox.url, "ledger")["twice"] == 0
    assert_rollups(store, campaign_id)
    return campaign_id


@pytest.mark.parametrize("fault", [name for name in DAMAGES if name not in ("no-ids", "other-recipient", "other-ids")])
def test_a_damaged_send_answer_loses_no_message(store: Store, tmp_path: Path, fault: str) -> None:
    campaign_id = run(store, tmp_path, fault)
    assert counts(store, campaign_id) == {"delivered": 1, "undelivered": 1}


@pytest.mark.parametrize("fault", ["no-ids", "other-recipient", "html-nul"])
def test_a_send_answer_that_names_no_id_leaves_the_messages_uncertain(store: Store, tmp_path: Path, fault: str) -> None:
    assert counts(store, run(store, tmp_path, fault)) == {"uncertain": 2}


@pytest.mark.parametrize("fault", [name for name in DAMAGES if name not in ("other-recipient", "one-part-failed")])
def test_a_damaged_status_answer_loses_no_status(store: Store, tmp_path: Path, fault: str) -> None:
    campaign_id = run(store, tmp_path, f"status-{fault}")
    assert counts(store, campaign_id) == {"delivered": 1, "undelivered": 1}
    assert campaigns.receipt_notes(store, campaign_id)[0] == {}
    billed = {"two-records": 8, "huge-count": 0}.get(fault, 4)
    assert campaigns.show(store, campaign_id)["billed_parts"] == billed


def test_one_part_that_failed_means_that_the_message_was_not_delivered(store: Store, tmp_path: Path) -> None:
    assert counts(store, run(store, tmp_path, "status-one-part-failed")) == {"undelivered": 2}


def test_records_of_somebody_else_are_set_aside_and_counted(store: Store, tmp_path: Path) -> None:
    campaign_id = run(store, tmp_path, "status-other-recipient", seconds=0.5)
    assert counts(store, campaign_id) == {"accepted": 2}
    assert campaigns.receipt_notes(store, campaign_id)[0] == {"recipient": 2}


@pytest.mark.parametrize("fault", ["http-403", "http-500", "error-101", "error-400", "html-nul", "reset-before"])
def test_status_calls_that_fail_are_shown(store: Store, tmp_path: Path, fault: str) -> None:
    campaign_id = run(store, tmp_path, f"status-{fault}", seconds=0.5)
    assert counts(store, campaign_id) == {"accepted": 2}
    [problem] = campaigns.receipt_notes(store, campaign_id)[1]
    assert problem.calls >= 1
    assert problem.reason


def test_an_answer_that_cannot_be_written_is_set_apart_and_the_others_are_written(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever the cleaning forgets: a record that the database refuses ends no worker."""
    apply = polling.apply_answers

    def refusing(session: Session, asked: list[polling.StatusCall], *rest: Any) -> int:
        for call in asked:
            records: list[StatusRecord] = getattr(call.answer, "receipts", [])
            if any(record.recipient == str(FAILED) for record in records):
                raise ValueError("a byte that nobody foresaw")
        return apply(session, asked, *rest)

    monkeypatch.setattr(polling, "apply_answers", refusing)
    with run_in_thread(tmp_path / "gateway.db", rules=GatewayRules(speed=0, shared_ids=False)) as sandbox:
        settings = live(sandbox.url)
        campaign_id = running(store, settings=settings, numbers=[DELIVERED, FAILED])
        drain(store, settings, receipts_seconds=1)
    assert counts(store, campaign_id) == {"delivered": 1, "accepted": 1}
    assert_rollups(store, campaign_id)
    assert [fault.code for fault in campaigns.receipt_notes(store, campaign_id)[1]] in ([], ["unexpected"])


def test_a_drain_ends_when_its_time_for_receipts_is_over_though_thousands_of_ids_are_due(
    store: Store, tmp_path: Path
) -> None:
    rules = GatewayRules(speed=0, shared_ids=False)
    with run_in_thread(tmp_path / "gateway.db", rules=rules, faults="status-error-400") as sandbox:
        settings = live(sandbox.url)
        campaign_id = running(store, 4000, settings=settings)
        drain(store, settings, receipts_seconds=0)
        assert counts(store, campaign_id) == {"accepted": 4000}
        control(sandbox.url, "faults", {"latency": 0.05})
        began = time.monotonic()
        drain(store, settings, receipts_seconds=1)
        took = time.monotonic() - began
        assert control(sandbox.url, "requests")["statuses"]["count"] < 4000
    assert 1 <= took < 1 + settings.connect_timeout + settings.read_timeout
