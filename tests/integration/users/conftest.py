"""One app server of each kind for all tests of the gate, which add users of their own to it."""

from collections.abc import Iterator

import pytest

from getsms_core.users import service as users
from tests.integration.users.gate_server import METRICS_TOKEN, PASSWORD, STREAMLIT, UVICORN, Server, start

METRICS = {"GETSMS_METRICS_TOKEN": METRICS_TOKEN}


@pytest.fixture(scope="session")
def streamlit_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """The app as `streamlit run app.py` starts it, without users."""
    with start(tmp_path_factory.mktemp("gate"), STREAMLIT, settings=METRICS) as server:
        yield server


@pytest.fixture(scope="session")
def uvicorn_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """The app as `getsms serve` starts it, without users."""
    with start(tmp_path_factory.mktemp("gate"), UVICORN, settings=METRICS) as server:
        yield server


@pytest.fixture(
    scope="module", params=["streamlit_server", "uvicorn_server"], ids=["streamlit run app.py", "uvicorn app:app"]
)
def fresh(request: pytest.FixtureRequest) -> Server:
    """A server started in each way that is documented; without users before the first test of test_gate.py."""
    server = request.getfixturevalue(request.param)
    assert isinstance(server, Server)
    return server


@pytest.fixture
def server(fresh: Server) -> Server:
    """The same, after the first administrator was chosen: Aziza."""
    return with_administrator(fresh)


def with_administrator(server: Server) -> Server:
    """Create the first administrator where there is none yet."""
    if users.has_no_users(server.store):
        users.create_first_administrator(server.store, "Aziza", PASSWORD)
    return server
