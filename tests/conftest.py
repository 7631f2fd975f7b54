"""What all tests share: real databases, settings that ignore this machine's, a free port, patience without sleeping.

`store` gives each test that asks for it twice: on a SQLite file and on PostgreSQL. One PostgreSQL server serves the
whole run; the processes of pytest-xdist find it in a folder that the first process makes and removes in the end.
"""

import compileall
import fcntl
import gc
import os
import shutil
import signal
import socket
import sys
import tempfile
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import hypothesis
import psycopg
import pytest
import sqlalchemy as sa

from getsms_core.base import i18n
from getsms_core.base.permissions import Actor, Role
from getsms_core.base.settings import Settings, load
from getsms_core.db import engine as store_engine
from getsms_core.db.engine import Store, open_store
from getsms_core.db.models import Table
from getsms_core.spreadsheet import subprocess_reader
from getsms_core.users import server_secret
from getsms_core.worker import handlers
from tests import forks, kept_connections, rewritten_asserts
from tests.chromium import launch_options
from tests.compiled_statements import share_compiled_statements
from tests.cpu import CpuReport
from tests.effort import times
from tests.postgres_server import PostgresServer, stop_server_in
from tests.reading_here import subprocess_here

if TYPE_CHECKING:
    from streamlit.testing.v1 import AppTest

# A machine that is busy for a moment is no fault of an example: its 200 ms failed a test that takes 0.3 ms.
hypothesis.settings.register_profile("patient", deadline=None, max_examples=times(25))
hypothesis.settings.load_profile("patient")

ROOT = Path(__file__).resolve().parent.parent
SERVER_SECRET = b"the server secret of the tests, 32 bytes and more"
_SHARED = "CAMPAIGNS_TESTS_SHARED"
_FAILED = pytest.StashKey[bool]()
TEMPLATE = "getsms_template"
# With a lock time-out, threads of one test that wait for each other's rows end with an error and do not hold the run.
_POSTGRES_SPEED = """
fsync = off
synchronous_commit = off
full_page_writes = off
max_connections = 400
shared_buffers = 64MB
lock_timeout = 60s
"""


# TRUNCATE makes new files for each of 39 tables and their indexes: 20 ms of CPU and 120 ms, where this takes 1 and 16.
_EMPTY_ALL_TABLES = "; ".join(
    [
        "SET session_replication_role = replica",  # foreign keys are not checked
        *(f'DELETE FROM "{name}"' for name in Table.metadata.tables),
        "SELECT setval(format('%I.%I', schemaname, sequencename)::regclass, start_value, false)"
        " FROM pg_sequences WHERE last_value IS NOT NULL",
        "SET session_replication_role = origin",
    ]
)


class WaitUntil(Protocol):
    """Poll a condition until it holds; fails the test with `what` when it does not in time."""

    def __call__(self, condition: Callable[[], object], seconds: float = 10, what: str = "") -> None: ...


class SettingsFactory(Protocol):
    """Settings for a test: sandbox, the test's own folder, and what is overridden."""

    def __call__(self, **overrides: Any) -> Settings: ...


class PageFactory(Protocol):
    """A page in AppTest, with somebody signed in."""

    def __call__(
        self, name: str, role: Role = Role.ADMINISTRATOR, language: str = "en", **overrides: Any
    ) -> "AppTest": ...


# ---------------------------------------------------------------------------------------------- one folder for the run


def pytest_addoption(parser: pytest.Parser) -> None:
    """`--cpu` measures what the tests cost."""
    parser.addoption("--cpu", action="store_true", help="show which tests cost the most CPU, with their processes")


def pytest_configure(config: pytest.Config) -> None:
    """The first process makes the folder of the run, which is the temporary folder of every process that it starts: a
    process that is killed on purpose leaves its files there, not in /tmp (433 MB stayed after one run)."""
    if not hasattr(config, "workerinput"):
        folder = tempfile.mkdtemp(prefix="getsms-tests-")
        os.environ[_SHARED] = os.environ["TMPDIR"] = folder
        Path(folder).chmod(0o711)  # PostgreSQL runs as a user of its own where we are root, and passes through
        # `timeout` and CI end a run with SIGTERM; by default PostgreSQL and 100 MB in /tmp stayed.
        signal.signal(signal.SIGTERM, signal.default_int_handler)
        # Hundreds of child processes import these; where Python may write no bytecode, each would compile them again.
        for package in ("getsms_core", "pages"):
            compileall.compile_dir(ROOT / package, quiet=2)
    tempfile.tempdir = os.environ[_SHARED]
    gc.disable()  # until all tests are loaded: little is freed before, and to look for it takes a fifth of the CPU
    sys.dont_write_bytecode = False  # to rewrite the asserts of all tests takes 15 s of CPU in each process
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)  # child processes, too: `import sqlmodel` takes 0.5 s and not 1.2
    first_of_several = not hasattr(config, "workerinput") and config.getoption("numprocesses", None)
    if first_of_several and config.getoption("assertmode") == "rewrite":
        rewritten_asserts.write(config)
    if config.getoption("cpu"):
        config.pluginmanager.register(CpuReport(Path(os.environ[_SHARED]), runs_tests=not first_of_several))
    # `nohup` and a shell's `&` start a run with these ignored; a child inherits that and waits for ever to be stopped.
    for number, handler in ((signal.SIGINT, signal.default_int_handler), (signal.SIGHUP, signal.SIG_DFL)):
        if signal.getsignal(number) == signal.SIG_IGN:
            signal.signal(number, handler)


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Run all tests that share a fixture of their module in one process: pytest-xdist deals out single tests, and each
    process would make the fixture of its own. Two of them took 25 s of CPU each in each process."""
    for item in items:
        if isinstance(item, pytest.Function) and item.get_closest_marker("xdist_group") is None:
            fixtures = item._fixtureinfo.name2fixturedefs
            shared = sorted(name for name, definitions in fixtures.items() if definitions[-1].scope == "module")
            if shared:
                params = item.callspec.params if hasattr(item, "callspec") else {}
                group = [item.path.stem, *(str(params[name]) for name in shared if name in params)]
                item.add_marker(pytest.mark.xdist_group(" ".join(group)))


@pytest.hookimpl(optionalhook=True)  # without pytest-xdist there is none
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """Deal out the tests of `--dist loadgroup`."""
    if config.getoption("dist") != "loadgroup":
        return None
    from tests.scheduling import GroupScheduling

    return GroupScheduling(config, log)


def pytest_collection_finish() -> None:
    """Keep the modules and tests loaded so far out of every later collection of garbage, and collect less often: 92
    tests of the database took 0.25 s of CPU for it, and take 0.08."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000)
    gc.enable()


def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    """Note whether the files of failed tests are worth keeping."""
    session.config.stash[_FAILED] = exitstatus in (pytest.ExitCode.TESTS_FAILED, pytest.ExitCode.INTERNAL_ERROR)


def pytest_unconfigure(config: pytest.Config) -> None:
    """Each process stops its fork servers. The first one stops PostgreSQL and removes the folder, but for the files of
    failed tests."""
    forks.stop_servers()
    if hasattr(config, "workerinput") or _SHARED not in os.environ:
        return
    folder = Path(os.environ.pop(_SHARED))
    os.environ.pop("TMPDIR", None)
    tempfile.tempdir = None
    stop_server_in(folder / "postgres")
    if not config.stash.get(_FAILED, False):
        shutil.rmtree(folder, ignore_errors=True)
        return
    for path in folder.iterdir():
        if not path.name.startswith("pytest-of-"):
            shutil.rmtree(path, ignore_errors=True) if path.is_dir() else path.unlink(missing_ok=True)
    if any(folder.iterdir()):
        print(f"\nThe files of the failed tests are in {folder}.")
    else:
        folder.rmdir()


@contextmanager
def _alone(name: str) -> Iterator[Path]:
    """Hold a lock over all processes of the run; gives the shared folder."""
    folder = Path(os.environ[_SHARED])
    with (folder / f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield folder


@pytest.fixture(autouse=True)
def _no_settings_from_this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    """A developer's own GETSMS_LOGIN must never reach a test: it would be a real gateway."""
    for name in list(os.environ):
        if name.upper().startswith("GETSMS_"):
            monkeypatch.delenv(name)


@pytest.fixture(scope="session", autouse=True)
def _quick_passwords() -> None:
    """In this process and in those that are forked; a real start hashes as the product does."""
    forks.quick_passwords()


@pytest.fixture(scope="session", autouse=True)
def _quick_engines() -> None:
    """In this process, do not wait for the disk at each commit to SQLite: no test pulls the plug. And share compiled
    statements: each store has engines of its own, which would compile each statement again, a quarter of the CPU of a
    test. Child processes keep the product's settings."""
    make_engine = store_engine._engine

    def quick(url: str) -> sa.Engine:
        engine = make_engine(url)
        if engine.dialect.name == "sqlite":
            sa.event.listen(engine, "connect", lambda connection, _: connection.execute("PRAGMA synchronous=OFF"))
        kept_connections.serve(engine)
        share_compiled_statements(engine)
        return engine

    store_engine._engine = quick


@pytest.fixture(scope="session", autouse=True)
def _server_secret() -> None:
    """What the app reads from GETSMS_SECRET_FILE before its first request."""
    server_secret.use(SERVER_SECRET)


@pytest.fixture(autouse=True)
def _spreadsheets_are_read_here(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Read files without a child process, but for tests with the mark `reader_process`."""
    if request.node.get_closest_marker("reader_process") is None:
        monkeypatch.setattr(subprocess_reader, "subprocess", subprocess_here)


@pytest.fixture(autouse=True)
def _jobs_are_forked(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Fork the processes of jobs, but for tests with the mark `job_process`: to start Python and import the program
    takes two seconds of CPU. A worker in a process of its own starts them as it does for users."""
    if request.node.get_closest_marker("job_process") is None:
        monkeypatch.setattr(handlers, "start_process", forks.start_job)


# --------------------------------------------------------------------------------------------------------- databases


@pytest.fixture(scope="session")
def postgres() -> str:
    """The address of the run's PostgreSQL server, which the first who asks starts."""
    with _alone("postgres") as folder:
        address = folder / "postgres.url"
        if not address.exists():
            server = PostgresServer(folder / "postgres", _POSTGRES_SPEED)
            server.start()
            url = server.url()
            with psycopg.connect(url, autocommit=True) as connection:
                connection.execute(f"CREATE DATABASE {TEMPLATE}")
            open_store(server.url(TEMPLATE)).close()
            address.write_text(url)
        return address.read_text()


@contextmanager
def postgres_database(postgres: str) -> Iterator[str]:
    """A new PostgreSQL database with all tables, dropped after the block."""
    name = f"test_{uuid.uuid4().hex}"
    with psycopg.connect(postgres, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name} TEMPLATE {TEMPLATE}")
    head, _, query = postgres.partition("?")
    yield f"{head.rpartition('/')[0]}/{name}?{query}"
    with psycopg.connect(postgres, autocommit=True) as connection:
        connection.execute(f"DROP DATABASE {name} WITH (FORCE)")


class KeptDatabase:
    """The PostgreSQL database of a process. One connection empties it after each test: a new one would first load the
    catalogue and plan 40 statements, 12 ms of CPU instead of one."""

    def __init__(self, url: str) -> None:
        self.url = url
        self._connection = self._connect()

    def empty(self) -> None:
        """End every other connection but the idle ones that are kept, and empty all tables."""
        try:
            self._empty()
        except psycopg.OperationalError:  # the test has ended this connection as well
            self._connection.close()
            self._connection = self._connect()
            self._empty()

    def close(self) -> None:
        self._connection.close()

    def _connect(self) -> psycopg.Connection[Any]:
        return psycopg.connect(self.url, autocommit=True, connect_timeout=30)

    def _empty(self) -> None:
        self._connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid() AND pid <> ALL(%s)",
            [kept_connections.idle_pids()],
        )
        self._connection.execute(_EMPTY_ALL_TABLES)


@pytest.fixture(scope="session")
def _kept_database(postgres: str) -> Iterator[KeptDatabase]:
    with postgres_database(postgres) as url, closing(KeptDatabase(url)) as database, kept_connections.to(url):
        yield database


@pytest.fixture
def postgres_url(_kept_database: KeptDatabase) -> Iterator[str]:
    """A PostgreSQL database with all tables, all empty: one for all tests of a process, because making one takes ten
    times as long as emptying it. A test that changes the tables makes a database of its own."""
    yield _kept_database.url
    _kept_database.empty()


@pytest.fixture
def other_postgres_url(postgres: str) -> Iterator[str]:
    """A second database with all tables, dropped after the test."""
    with postgres_database(postgres) as url:
        yield url


def copy_sqlite_template(folder: Path) -> str:
    """Make the file test.db with all tables in this folder; return its URL. One process of the run migrates."""
    with _alone("sqlite") as shared:
        template = shared / "template.db"
        if not template.exists():
            made = shared / f"{uuid.uuid4().hex}.db"
            open_store(f"sqlite:///{made}").close()  # the last connection to close folds the WAL into the file
            made.rename(template)
    shutil.copyfile(template, folder / "test.db")
    return f"sqlite:///{folder / 'test.db'}"


@pytest.fixture
def sqlite_url(tmp_path: Path) -> str:
    """A new SQLite file with all tables."""
    return copy_sqlite_template(tmp_path)


@pytest.fixture(params=["sqlite", "postgresql"])
def store_url(request: pytest.FixtureRequest) -> str:
    """A new database with all tables, of each kind in turn."""
    return str(request.getfixturevalue("sqlite_url" if request.param == "sqlite" else "postgres_url"))


@pytest.fixture
def store(store_url: str) -> Iterator[Store]:
    """An open store, on each kind of database in turn. Its tables are new: to look whether they are costs 1 ms."""
    opened = open_store(store_url, upgrade=False)
    yield opened
    opened.close()


@pytest.fixture
def sqlite_store(sqlite_url: str) -> Iterator[Store]:
    """An open store on SQLite, for what does not depend on the kind of database."""
    opened = open_store(sqlite_url, upgrade=False)
    yield opened
    opened.close()


# ------------------------------------------------------------------------------------------------- settings, people


@pytest.fixture
def settings(tmp_path: Path) -> SettingsFactory:
    """Make settings: `settings(database_url=store_url, rate=5)`. What is not named is sandbox."""

    def make(**overrides: Any) -> Settings:
        defaults: dict[str, Any] = {
            "env": "test",
            "database_url": f"sqlite:///{tmp_path / 'test.db'}",
            "files": tmp_path / "files",
            "_env_file": None,
        }
        return load(**(defaults | overrides))

    return make


@pytest.fixture
def actor() -> Actor:
    """Somebody who may do everything."""
    return Actor("Aziza", Role.ADMINISTRATOR)


@cache
def _keep_loaded_modules_out_of_garbage_collection() -> None:
    """Once per process, exclude the objects loaded so far from the collection of garbage, as the app does: it takes
    longer the more modules are loaded."""
    import pages.ui.shared.charts
    import pages.ui.wizard.text_step  # noqa: F401

    gc.collect()
    gc.freeze()


@pytest.fixture
def open_page(sqlite_store: Store, sqlite_url: str, settings: SettingsFactory) -> Iterator[PageFactory]:
    """`open_page("overview.py", Role.MANAGER)`: a page in AppTest with somebody of that role signed in. Its store is
    `sqlite_store`, its settings the sandbox's; call `.run()` on what comes back."""
    from streamlit.testing.v1 import AppTest

    from getsms_core.users import service as users
    from pages.ui.shared import session

    _keep_loaded_modules_out_of_garbage_collection()
    administrator = users.create_first_administrator(sqlite_store, "Aziza", "a good password")

    @cache
    def plain_settings() -> Settings:
        return settings(database_url=sqlite_url)

    def make(name: str, role: Role = Role.ADMINISTRATOR, language: str = "en", **overrides: Any) -> "AppTest":
        someone = administrator
        if (role, language) != (Role.ADMINISTRATOR, "en"):
            known = {(one.role, one.language): one for one in users.all_users(sqlite_store)}
            someone = known.get((role, language)) or users.create(
                sqlite_store, administrator.actor, f"{role.value} {language}", "a good password", role, language
            )
        rules = settings(database_url=sqlite_url, **overrides) if overrides else plain_settings()
        session.override(rules, sqlite_store, someone)
        page = AppTest.from_file(str(ROOT / "pages" / name), default_timeout=30)
        page.session_state["_language"] = someone.language  # as the frame does, which draws the page
        return page

    yield make
    session.override(None, None)


# --------------------------------------------------------------------------------------------------- ports, patience


def find_free_port() -> int:
    """A TCP port on 127.0.0.1 that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture
def free_port() -> int:
    """A TCP port on 127.0.0.1 that nobody listens on."""
    return find_free_port()


def poll(condition: Callable[[], object], seconds: float = 10, what: str = "") -> None:
    """`wait_until` for fixtures that outlive a test."""
    never = threading.Event()
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            pytest.fail(what or f"did not become true within {seconds} seconds")
        never.wait(0.02)


@pytest.fixture(autouse=True)
def english() -> None:
    """Each test begins in English: a page that another test drew in this process may have spoken Russian."""
    i18n.set_language("en")


@pytest.fixture
def wait_until() -> WaitUntil:
    """`wait_until(lambda: server.answers(), seconds=5, what="the server did not answer")`."""
    return poll


# ----------------------------------------------------------------------------------------------------------- browser


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict[str, Any]) -> dict[str, Any]:
    """Playwright's own options, and those of `tests.chromium`."""
    return browser_type_launch_args | launch_options()
