"""A program under load: its database with users who are signed in, a campaign that runs, and its processes."""

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

import requests
from prometheus_client.parser import text_string_to_metric_families

from getsms_core.base.permissions import Actor, Role
from getsms_core.base.settings import load
from getsms_core.campaigns import service as campaigns
from getsms_core.contacts import lists
from getsms_core.db.engine import Store, open_store
from getsms_core.db.models import User
from getsms_core.users import passwords, server_secret, sessions
from tests.conftest import ROOT, SERVER_SECRET, find_free_port, poll
from tests.factories import with_history
from tests.integration.users.gate_server import METRICS_TOKEN, healthy

PASSWORD = "a good password"
ROLES = (Role.MARKETER, Role.MANAGER, Role.ANALYST, Role.ADMINISTRATOR)
CHUNK = 20
"""Messages in a request, few: so that the figures of the campaign change many times a second."""
ADMINISTRATOR = Actor("Malika", Role.ADMINISTRATOR)


Buckets: TypeAlias = dict[float, int]
"""Runs that took at most so many seconds."""


@dataclass
class Scene:
    """The running program."""

    url: str
    store: Store
    campaign_id: int
    cookies: list[str]
    """One session of each user; every fourth, from the first on, is a marketer's."""
    pid: int
    """Of the app."""

    def memory(self, peak: bool = False) -> float:
        """MB that the app holds."""
        status = Path(f"/proc/{self.pid}/status").read_text()
        match = re.search(r"VmHWM:\s+(\d+)" if peak else r"VmRSS:\s+(\d+)", status)
        return int(match[1]) / 1024 if match else 0.0  # a process that has ended holds nothing

    def runs(self) -> dict[str, Buckets]:
        """How long runs took from a click ("person") or a timer's question ("timer"), so far, by the app's figure."""
        headers = {"Authorization": f"Bearer {METRICS_TOKEN}"}
        text = requests.get(f"{self.url}/metrics", headers=headers, timeout=60).text
        runs: dict[str, Buckets] = {"person": {}, "timer": {}}
        for family in text_string_to_metric_families(text):
            for sample in family.samples if family.name == "getsms_page_seconds" else ():
                if sample.name.endswith("_bucket"):
                    runs[sample.labels["kind"]][float(sample.labels["le"])] = int(sample.value)
        return runs

    def cpu_seconds(self) -> float:
        """CPU that the app has used so far."""
        fields = Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


@contextmanager
def running_program(folder: Path, database: str, people: int, messages: int, rate: int) -> Iterator[Scene]:
    """`getsms serve` over a history of a month, with a campaign of `messages` that sends `rate` requests a second."""
    secret = folder / "server.secret"
    secret.write_bytes(SERVER_SECRET)
    secret.chmod(0o600)
    server_secret.use(SERVER_SECRET)
    store = open_store(database)
    with_history(store, days=30, campaigns=12)
    cookies = _sessions(store, people)
    campaign_id = _campaign(store, database, folder, messages, rate)
    port = find_free_port()
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("GETSMS_", "STREAMLIT_"))}
    environment |= {
        "GETSMS_DATABASE_URL": database,
        "GETSMS_FILES": str(folder / "files"),
        "GETSMS_SECRET_FILE": str(secret),
        "GETSMS_RATE": str(rate),
        "GETSMS_CHUNK_SIZE": str(CHUNK),
        "GETSMS_ENV": "test",
        "GETSMS_METRICS_TOKEN": METRICS_TOKEN,
    }
    command = [sys.executable, "-m", "getsms_core.cli", "serve", "--port", str(port)]
    with (folder / "serve.log").open("w") as log:
        program = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=log, stderr=log)
        url = f"http://127.0.0.1:{port}"
        try:
            poll(lambda: healthy(url), seconds=120, what="the app did not start")
            campaigns.start(store, ADMINISTRATOR, campaign_id)
            yield Scene(url, store, campaign_id, cookies, _app_of(program.pid))
        finally:
            program.send_signal(signal.SIGINT)
            program.wait(60)
            store.close()


def _sessions(store: Store, people: int) -> list[str]:
    """Users with one password hash for all, signed in without hashing it again."""
    password_hash = passwords.hash_password(PASSWORD)
    cookies = []
    with store.writing() as session:
        for n in range(people):
            user = User(
                name=f"Person {n}", password_hash=password_hash, role=ROLES[n % len(ROLES)], created_at=1, created_by=""
            )
            session.add(user)
            session.flush()
            cookies.append(sessions.begin(session, user, sessions.Visit(), sessions.now_ms()))
    return cookies


def _campaign(store: Store, database: str, folder: Path, messages: int, rate: int) -> int:
    file = folder / "recipients.csv"
    lines = [f"+99890{1_000_000 + n:07},{n:06}" for n in range(messages)]
    file.write_text("\n".join(["phone,code", *lines]) + "\n")
    list_id = lists.add_file(store, ADMINISTRATOR, file, "Recipients", lists.Options())
    settings = load(database_url=database, rate=rate, chunk_size=CHUNK, _env_file=None)
    draft = campaigns.Draft("Under load", "Salom! Kod: {code}", list_id)
    campaign_id = campaigns.create(store, ADMINISTRATOR, settings, draft)
    campaigns.prepare(store, campaign_id)
    return campaign_id


def _app_of(pid: int) -> int:
    """The app is a child of `getsms serve`."""
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return int(next(child for child in children if b"streamlit" in Path(f"/proc/{child}/cmdline").read_bytes()))
