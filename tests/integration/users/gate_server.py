"""A real app server for the tests of the authentication gate, and an HTTP client that behaves as a browser."""

import os
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import requests
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

from getsms_core.base.permissions import Actor
from getsms_core.db.engine import Store, open_store
from getsms_core.users import service as users
from tests.conftest import ROOT, SERVER_SECRET, copy_sqlite_template, find_free_port, poll
from tests.waits import child_process

PASSWORD = "a good password"
TOKEN = "the-token-that-was-printed"
METRICS_TOKEN = "a token for Prometheus"


class _Session(requests.Session):
    def request(self, *arguments: Any, **options: Any) -> requests.Response:
        """Wait at most a minute for an answer, unless the test says otherwise."""
        return super().request(*arguments, **{"timeout": 60, **options})


@dataclass
class Server:
    """A running app and the store behind it."""

    url: str
    store: Store
    log_file: Path
    pid: int

    @property
    def log(self) -> str:
        """All that the server wrote so far."""
        return self.log_file.read_text()

    @property
    def host(self) -> str:
        return self.url.removeprefix("http://")

    @property
    def administrator(self) -> Actor:
        """The first one, Aziza."""
        return next(user.actor for user in users.all_users(self.store) if user.name == "Aziza")

    def browser(self) -> requests.Session:
        """A client without cookies, which sends an Origin with every request as browsers do."""
        session = _Session()
        session.trust_env = False
        session.headers["Origin"] = self.url
        return session

    def sign_in(self, name: str = "Aziza", password: str = PASSWORD) -> requests.Session:
        browser = self.browser()
        answer = browser.post(f"{self.url}/sign-in", {"name": name, "password": password}, allow_redirects=False)
        assert answer.status_code == 303, answer.text
        return browser

    def websocket(self, cookie: str | None, origin: str | None) -> int:
        """The status that a WebSocket handshake is answered with; 101 = it is open."""
        headers = {"Cookie": f"getsms_session={cookie}"} if cookie else {}
        try:
            with connect(
                f"ws://{self.host}/_stcore/stream",
                additional_headers=headers,
                origin=origin,  # type: ignore[arg-type]
                proxy=None,
            ):
                return 101
        except InvalidStatus as refused:
            return refused.response.status_code


@contextmanager
def start(
    folder: Path,
    command: list[str],
    token: str | None = TOKEN,
    settings: dict[str, str] | None = None,
    *,
    forked: bool = True,
) -> Iterator[Server]:
    """A server that answers, for one block, with these `settings` beside the usual ones. Without a `token` it makes one
    and prints it. A later block with the same folder has the same database. `forked` = see tests/forks.py; a start of
    Python and its imports take three seconds of CPU."""
    port = find_free_port()
    url = f"http://127.0.0.1:{port}"
    # Copied, because to migrate an empty file takes a second, once here and once in the server.
    database = f"sqlite:///{folder / 'test.db'}" if (folder / "test.db").exists() else copy_sqlite_template(folder)
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("GETSMS_", "STREAMLIT_"))}
    environment |= {"GETSMS_DATABASE_URL": database, "GETSMS_ENV": "test"}
    environment["STREAMLIT_SERVER_FILE_WATCHER_TYPE"] = "none"  # as `getsms serve`: it polls, 3 s of CPU in all tests
    environment |= settings or {}
    if token is not None:
        environment["CAMPAIGNS_SETUP_TOKEN"] = token
    secret = folder / "server.secret"  # the tests' own, so that they can make cookies that are hours old
    secret.write_bytes(SERVER_SECRET)
    secret.chmod(0o600)
    line = [sys.executable, "-m", *(part.format(port=port) for part in command)]
    with (
        (folder / "server.log").open("w") as log,
        child_process(line, forked=forked, cwd=ROOT, env=environment, stdout=log, stderr=log) as process,
        closing(open_store(database)) as store,
    ):
        poll(lambda: healthy(url), seconds=60, what="the server did not start")
        yield Server(url, store, folder / "server.log", process.pid)


def healthy(url: str) -> bool:
    """Whether the server answers."""
    try:
        return requests.get(f"{url}/_stcore/health", timeout=1).ok
    except requests.RequestException:
        return False


STREAMLIT = ["streamlit", "run", "app.py", "--server.port={port}"]
UVICORN = ["uvicorn", "app:app", "--port={port}", "--log-level=info"]
