"""What a run sends: a list, campaigns whose every message has a text of its own, and the gateway that counts."""

import os
import signal
import subprocess
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from types import SimpleNamespace
from typing import Any, TypeVar
from unittest import mock

import adbc_driver_manager
import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError
from sqlmodel import col

from getsms_core.accounts import gateway_account
from getsms_core.base.errors import DomainError
from getsms_core.base.permissions import Actor, Role
from getsms_core.base.settings import Settings, load
from getsms_core.base.states import CampaignState, ChunkState
from getsms_core.campaigns import service as campaigns
from getsms_core.campaigns.service import Draft
from getsms_core.contacts import lists
from getsms_core.db.engine import Store, open_store
from getsms_core.db.models import Campaign, Chunk, Worker
from getsms_core.delivery import polling
from getsms_core.sandbox import process
from tests.conftest import poll
from tests.forks import ForkedProcess

PERSON = Actor("Malika", Role.ADMINISTRATOR)
DATABASE_TROUBLE = (DomainError, DBAPIError, adbc_driver_manager.Error)
OPERATORS = (90, 91, 93, 94, 95, 97, 99)
T = TypeVar("T")
_FORKED = SimpleNamespace(Popen=ForkedProcess, DEVNULL=subprocess.DEVNULL, TimeoutExpired=subprocess.TimeoutExpired)
"""In the place of `subprocess` while a practice gateway is started: a start of Python takes a second of CPU."""


class Scene:
    """One account, one list and its campaigns, on one database, before one practice gateway."""

    def __init__(self, folder: Path, database: str, *, recipients: int, chunk: int, **settings: object) -> None:
        self.folder = folder
        self.sandbox = self._gateway()
        self.pace: dict[str, object] = {"connect_timeout": 0.5, "read_timeout": 0.6, "poll_first": 0.3,
                     "uncertain_limit": 200, "concurrency": 6, "chunk_size": chunk, **settings}  # fmt: skip
        self.settings: Settings = load(
            login="kill", password="kill", url=self.sandbox.url, database_url=database, _env_file=None, **self.pace
        )
        self.store: Store = open_store(database)
        self.account_id = gateway_account.account_id(self.store, self.settings)
        self.recipients = recipients
        self.list_id = self._list()
        self.waves: list[int] = []
        self.gateway_kills = 0

    @property
    def gateway(self) -> str:
        """The address of the practice gateway."""
        return self.sandbox.url

    def _gateway(self) -> process.RunningSandbox:
        with mock.patch.object(process, "subprocess", _FORKED):
            return process.ensure_running(
                self.folder / "gateway", latency=0.1, delivery_speed=0, options=("--refuse-seconds", "0.3")
            )

    def _list(self) -> int:
        file = self.folder / "recipients.csv"
        lines = [f"+998{OPERATORS[n % len(OPERATORS)]}{1_000_000 + n:07},{n:06}" for n in range(self.recipients)]
        file.write_text("\n".join(["phone,code", *lines]) + "\n")
        list_id = lists.add_file(self.store, PERSON, file, "Recipients", lists.Options())
        counts = lists.get(self.store, list_id).counts
        assert counts.accepted == self.recipients, counts
        return list_id

    def add_wave(self, *, by_worker: bool = False) -> int:
        """One more campaign to all recipients, running. With `by_worker` a worker makes its messages, through kills."""
        name = f"Wave {len(self.waves) + 1}"
        draft = Draft(name, f"{name}: {{code}}", self.list_id)
        campaign_id = patient(lambda: campaigns.create(self.store, PERSON, self.settings, draft))
        if not by_worker:
            patient(lambda: campaigns.prepare(self.store, campaign_id))
        patient(lambda: campaigns.start(self.store, PERSON, campaign_id))
        self.waves.append(campaign_id)
        return campaign_id

    def resume_self_paused(self) -> int:
        """Resume what the program paused by its own decision, as a person would who has seen to the cause."""
        with self.store.reading() as session:
            paused = session.scalars(
                sa.select(col(Campaign.id)).where(
                    col(Campaign.state) == CampaignState.PAUSED, col(Campaign.code) != "by-person"
                )
            ).all()
        for campaign_id in paused:
            with suppress(DomainError):
                campaigns.resume(self.store, PERSON, int(campaign_id or 0))
        return len(paused)

    def resume_all(self) -> None:
        """Resume whatever is paused, by whomever."""
        self.resume_self_paused()
        with self.store.reading() as session:
            paused = session.scalars(
                sa.select(col(Campaign.id)).where(col(Campaign.state) == CampaignState.PAUSED)
            ).all()
        for campaign_id in paused:
            campaigns.resume(self.store, PERSON, int(campaign_id or 0))

    def waiting(self) -> bool:
        """Whether a message waits for its last word and can be asked for."""
        with self.store.reading() as session:
            return polling.any_awaiting_receipt(session, self.account_id)

    def open_campaigns(self) -> list[int]:
        """The campaigns that are neither finished nor cancelled."""
        with self.store.reading() as session:
            states = (CampaignState.FINISHED, CampaignState.CANCELLED)
            return [int(i or 0) for i in session.scalars(sa.select(col(Campaign.id)).where(
                col(Campaign.id).in_(self.waves), col(Campaign.state).not_in(states)))]  # fmt: skip

    def unsent(self) -> int:
        """How many chunks wait to be sent or have no recorded answer."""
        states = (ChunkState.QUEUED, ChunkState.SENDING)
        with self.store.reading() as session:
            query = sa.select(sa.func.count()).select_from(Chunk).where(col(Chunk.state).in_(states))
            return int(session.scalar(query) or 0)

    def claimed_by(self, pids: set[int]) -> bool:
        """Whether one of these worker processes holds a chunk."""
        with self.store.reading() as session:
            query = sa.select(col(Chunk.id)).join(Worker, col(Worker.id) == col(Chunk.worker_id))
            held = query.where(col(Chunk.state) == ChunkState.SENDING, col(Worker.pid).in_(pids)).limit(1)
            return session.execute(held).first() is not None

    def control(self, name: str, wish: dict[str, Any] | None = None) -> Any:
        """Ask or steer the practice gateway; None while it does not answer."""
        with suppress(OSError):
            return process.control(self.gateway, name, wish)
        return None

    def calm(self) -> None:
        """The gateway answers as it should, from now on."""
        poll(  # it may refuse connections for the moment
            lambda: self.control("faults", {"faults": {}, "latency": 0.005}) is not None,
            seconds=60,
            what=f"the practice gateway does not answer: {(self.folder / 'gateway' / 'sandbox.log').read_text()}",
        )

    def kill_gateway(self) -> None:
        """SIGKILL to the practice gateway, and a new one on the same port with the same ledger."""
        os.kill(self.sandbox.pid, signal.SIGKILL)
        process._children.pop(self.sandbox.pid).wait(30)
        self.gateway_kills += 1
        before = self.gateway
        self.sandbox = self._gateway()
        assert self.gateway == before, "the practice gateway came back on another port"

    def close(self) -> None:
        """Stop the gateway, leave the database."""
        self.store.close()
        self.sandbox.stop()


def patient(work: Callable[[], T], seconds: float = 40) -> T:
    """Do it again until the database lets it be done: a person who tries again."""
    deadline, never = time.monotonic() + seconds, threading.Event()
    while True:
        try:
            return work()
        except DATABASE_TROUBLE as error:
            if isinstance(error, DomainError) and not error.code.startswith(("database", "ingest")):
                raise
            if time.monotonic() > deadline:
                raise
            never.wait(0.2)
