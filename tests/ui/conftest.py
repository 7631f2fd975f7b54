"""What all tests of pages share."""

import shutil
from contextlib import closing
from functools import cache
from pathlib import Path
from unittest.mock import MagicMock

import pytest
from streamlit import config
from streamlit.components.v2 import manifest_scanner
from streamlit.runtime.scriptrunner.script_cache import ScriptCache
from streamlit.testing.v1 import app_test, local_script_runner

from getsms_core.db.engine import Store, open_store
from tests.conftest import copy_sqlite_template
from tests.factories import with_history


@pytest.fixture(scope="session", autouse=True)
def _one_scan_for_components() -> None:
    """AppTest reads the metadata of every installed package before each run of a page, to find components: three
    quarters of the time of a run. They do not change during the tests."""
    manifest_scanner.scan_component_manifests = cache(manifest_scanner.scan_component_manifests)


@pytest.fixture(scope="session", autouse=True)
def _one_script_cache_and_runtime() -> None:
    """AppTest compiles the script anew in each run and makes another mock of Streamlit's whole runtime: 2 ms of CPU. An
    app server compiles it once; each run gives the mock new managers of files."""
    compiled = ScriptCache()
    for module in (app_test, local_script_runner):
        setattr(module, "ScriptCache", lambda: compiled)  # noqa: B010  (mypy: a class)
    setattr(app_test, "MagicMock", cache(MagicMock))  # noqa: B010


@pytest.fixture(scope="session", autouse=True)
def _plain_tracebacks() -> None:
    """Where rich is installed, Streamlit draws the traceback of each refusal in colours: 0.1 s of CPU, more than its
    page. Users do not have rich."""
    config.set_option("logger.enableRich", False)


@pytest.fixture(scope="session", autouse=True)
def _wait_for_scripts_asleep() -> None:
    """AppTest looks a thousand times a second whether the script of a page has ended, through all that it has sent."""

    def wait(runner: local_script_runner.LocalScriptRunner, timeout: float = 3) -> None:
        thread = runner._script_thread
        assert thread is not None
        thread.join(timeout)
        if thread.is_alive():
            runner.request_stop()
            raise RuntimeError(f"the page ran longer than {timeout} seconds")

    local_script_runner.require_widgets_deltas = wait


@pytest.fixture(scope="module")
def _history_file(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database with the history that the module asks for in HISTORY, the parameters of `with_history`. To make one
    takes half a second of CPU; to copy it, nothing."""
    folder = tmp_path_factory.mktemp("history")
    with closing(open_store(copy_sqlite_template(folder))) as store:
        with_history(store, **request.module.HISTORY)
    return folder / "test.db"


@pytest.fixture
def sqlite_url(sqlite_url: str, request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A new SQLite file with all tables; with a history where the test uses the fixture `history`."""
    if "history" in request.fixturenames:
        shutil.copyfile(request.getfixturevalue("_history_file"), tmp_path / "test.db")
    return sqlite_url


@pytest.fixture
def history(sqlite_store: Store, _history_file: Path) -> Store:
    """The test's own copy of the history that its module asks for."""
    return sqlite_store
