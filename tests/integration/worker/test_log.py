"""The log of a whole campaign: every event is there, and no phone, text, secret or login is."""

import io
import json
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from pydantic import SecretStr

from getsms_core.accounts import gateway_account
from getsms_core.base import logs
from getsms_core.base.settings import Settings
from getsms_core.base.states import CampaignState
from getsms_core.campaigns import service as campaigns
from getsms_core.db.engine import Store
from getsms_core.delivery.resolution import Resolution, resolve
from getsms_core.sandbox.gateway_rules import GatewayRules
from getsms_core.sandbox.process import control
from getsms_core.sandbox.thread import run_in_thread
from getsms_core.worker.loop import Worker
from tests.engine_support import AZIZA, campaign_of, checked_list, phones, settings_for

PASSWORD, LOGIN, SENDER, NAME, TEXT = (
    "maxfiy-parol",
    "login-dokon",
    "DOKON24",
    "Bahor kampaniyasi",
    "Salom {ism}, aksiya!",
)
NUMBERS = phones(8)


@contextmanager
def logged(form: logs.LogFormat) -> Iterator[io.StringIO]:
    """What the log of this program and the warnings of libraries write meanwhile."""
    written = io.StringIO()
    handler = logging.StreamHandler(written)
    handler.setFormatter(logs.formatter(ZoneInfo("Asia/Tashkent"), form))
    root, logger = logging.getLogger(), logging.getLogger("getsms")
    before = logger.level
    root.addHandler(handler)
    logger.setLevel(logging.INFO)
    try:
        yield written
    finally:
        root.removeHandler(handler)
        logger.setLevel(before)


def drain(store: Store, settings: Settings) -> None:
    gateway = gateway_account.gateway(settings)
    try:
        Worker(store, settings, gateway).run(drain=True, receipts_seconds=5)
    finally:
        gateway.close()


def whole_campaign(store: Store, folder: Path) -> int:
    """A campaign with an answer that is lost, a request that is refused as invalid, a pause and refused status
    calls, to its end."""
    rules = GatewayRules(speed=0, login=LOGIN, password=PASSWORD)
    with run_in_thread(folder / "gateway.db", rules=rules) as sandbox:
        settings = settings_for(
            url=sandbox.url, login=LOGIN, password=SecretStr(PASSWORD), nickname=SENDER, poll_first=0, concurrency=2,
            chunk_size=4, connect_timeout=2, read_timeout=5,
        )  # fmt: skip
        list_id = checked_list(store, NUMBERS, ism=["Aziza Karimova"] * len(NUMBERS))
        campaign_id = campaigns.create(store, AZIZA, settings, campaigns.Draft(NAME, TEXT, list_id, SENDER))
        control(sandbox.url, "faults", {"limit": 0})
        campaigns.start(store, AZIZA, campaign_id)
        drain(store, settings)  # refused: the account's limit
        assert campaign_of(store, campaign_id).state is CampaignState.PAUSED
        control(sandbox.url, "faults", {"limit": None, "faults": {"error-201": 1}})
        campaigns.resume(store, AZIZA, campaign_id)
        drain(store, settings)  # halved until it pauses
        control(sandbox.url, "faults", {"faults": {"reset-after": 1}})
        campaigns.resume(store, AZIZA, campaign_id)
        drain(store, settings)  # uncertain
        control(sandbox.url, "faults", {"faults": {"status-http-403": 1}})
        resolve(store, AZIZA, campaign_id, Resolution.AGAIN)
        drain(store, settings)  # sent, but its status calls are refused
        control(sandbox.url, "faults", {"faults": {}})
        campaigns.refresh(store, AZIZA, campaign_id)
        drain(store, settings)
        assert campaign_of(store, campaign_id).state is CampaignState.FINISHED
    return campaign_id


EXPECTED = {
    "worker.started", "worker.stopped", "chunk.claimed", "request.sent", "request.answered", "chunk.requeued",
    "chunk.halved", "campaign.paused", "campaign.finished", "status.answered", "status.refused", "status.restored",
    "receipts.recorded", "job.started", "job.ended", "gateway.received", "gateway.fault", "gateway.answered",
}  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize("form", ["text", "json"])
def test_the_log_of_a_whole_campaign_has_every_event_and_no_personal_data(
    sqlite_store: Store, sqlite_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, form: logs.LogFormat
) -> None:
    monkeypatch.setenv("GETSMS_DATABASE_URL", sqlite_url)
    with logged(form) as written:
        campaign_id = whole_campaign(sqlite_store, tmp_path)
    lines = written.getvalue().splitlines()
    if form == "json":
        documents = [json.loads(line) for line in lines]
        events = {document["event"] for document in documents}
        answers = [document for document in documents if document["event"] == "request.answered"]
        assert {answer["campaign_id"] for answer in answers} == {campaign_id}
        assert all({"chunk_id", "attempt", "ms", "outcome"} <= answer.keys() for answer in answers)
        assert {answer["outcome"] for answer in answers} == {"answered", "nothing-sent", "uncertain"}
        claimed = [document["attempt"] for document in documents if document["event"] == "chunk.claimed"]
        assert sorted(claimed) == sorted(answer["attempt"] for answer in answers)
        calls = [document for document in documents if document.get("call") == "send"]
        received, answered = ([call for call in calls if call["event"] == f"gateway.{event}"]
                              for event in ("received", "answered"))  # fmt: skip
        assert len(received) == len(answered) == len(answers)  # one request an attempt
        assert {call.get("error_no") for call in received} == {None, 103}
        assert {call["fault"] for call in calls if call["event"] == "gateway.fault"} == {"error-201", "reset-after"}
        assert {call["status"] for call in answered} == {0, 200}
    else:
        events = {line.split()[3] for line in lines}
    assert events >= EXPECTED
    assert events <= set(logs.EVENTS)
    everything = written.getvalue()
    secrets = [PASSWORD, LOGIN, SENDER, NAME, "Salom", "Karimova", *(str(number)[-7:] for number in NUMBERS)]
    assert [secret for secret in secrets if secret in everything] == []
