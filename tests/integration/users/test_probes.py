"""`/health`, `/ready` and `/metrics` of a running app server."""

import re
from contextlib import closing
from pathlib import Path

import pytest

from getsms_core.db.engine import open_store
from getsms_core.users import service as users
from getsms_core.users import sign_in
from getsms_core.worker import registry
from tests.conftest import copy_sqlite_template, poll
from tests.engine_support import running
from tests.integration.users.conftest import with_administrator
from tests.integration.users.gate_server import METRICS_TOKEN, PASSWORD, STREAMLIT, Server, start

pytestmark = pytest.mark.xdist_group("gate")
SLOW = 60


@pytest.fixture(scope="module")
def server(uvicorn_server: Server) -> Server:
    """A server with one administrator and a campaign."""
    running(uvicorn_server.store, 250)
    return with_administrator(uvicorn_server)


def test_health_says_ok_and_nothing_else(server: Server) -> None:
    answer = server.browser().get(f"{server.url}/health")
    assert (answer.status_code, answer.json()) == (200, {"status": "ok"})
    assert answer.headers["content-type"] == "application/json"
    assert answer.cookies.get_dict() == {}


def test_ready_names_what_is_missing_and_turns_when_a_worker_comes(server: Server) -> None:
    answer = server.browser().get(f"{server.url}/ready")
    assert (answer.status_code, answer.json()) == (503, {"status": "unavailable", "missing": ["worker"]})
    with server.store.writing() as session:
        worker = registry.register(session, 1, "test")
    try:
        poll(lambda: server.browser().get(f"{server.url}/ready").status_code == 200, seconds=SLOW)
        assert server.browser().get(f"{server.url}/ready").json() == {"status": "ok"}
    finally:
        with server.store.writing() as session:
            registry.stop(session, worker)


@pytest.mark.parametrize("path", ["/health", "/ready", "/metrics"])
@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE"])
def test_probes_only_answer_get(server: Server, path: str, method: str) -> None:
    assert server.browser().request(method, server.url + path).status_code == 405


@pytest.mark.parametrize(
    "value",
    [
        None,
        "",
        METRICS_TOKEN,
        f"Bearer {METRICS_TOKEN[:-1]}",
        f"Bearer {METRICS_TOKEN}x",
        f"Basic {METRICS_TOKEN}",
        "Bearer",
        "Bearer \xe9",
    ],
)
def test_metrics_want_the_token(server: Server, value: str | None) -> None:
    headers = {} if value is None else {"Authorization": value.encode("latin-1")}
    for browser in (server.browser(), server.sign_in()):
        answer = browser.get(f"{server.url}/metrics", headers=headers)
        assert (answer.status_code, answer.headers["www-authenticate"]) == (401, "Bearer")
        assert "getsms_" not in answer.text


def test_metrics_name_every_figure(server: Server) -> None:
    answer = server.browser().get(f"{server.url}/metrics", headers={"Authorization": f"Bearer {METRICS_TOKEN}"})
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/plain; version=0.0.4")
    figures = dict(re.findall(r"^(getsms_\S+(?:\{[^}]*\})?) (\S+)$", answer.text, re.MULTILINE))
    assert figures['getsms_messages{state="queued"}'] == "250.0"
    assert float(figures["getsms_queue_age_seconds"]) >= 0
    assert float(figures["getsms_receipt_lag_seconds"]) == 0
    assert figures['getsms_jobs{kind="export",state="queued"}'] == "0.0"
    assert float(figures["getsms_sessions"]) >= 1
    assert figures["getsms_chunk_seconds_count"] == "0.0"
    assert "getsms_workers" in figures
    assert figures['getsms_page_seconds_bucket{kind="timer",le="+Inf"}'] == "0.0"
    assert METRICS_TOKEN not in server.log


def test_only_allowed_hosts_get_pages_and_without_the_setting_there_are_no_metrics(tmp_path: Path) -> None:
    with closing(open_store(copy_sqlite_template(tmp_path))) as store:
        users.create_first_administrator(store, "Aziza", PASSWORD)
    hosts = {"GETSMS_ALLOWED_HOSTS": "sms.example.uz, *.example.org"}
    with start(tmp_path, STREAMLIT, token=None, settings=hosts) as server:
        for path in ("/", "/sign-in", "/media/x", "/static/x"):
            assert server.browser().get(server.url + path, allow_redirects=False).status_code == 400
        for host in ("sms.example.uz", "sms.example.uz:443", "a.example.org"):
            answer = server.browser().get(f"{server.url}/sign-in", headers={"Host": host})
            assert answer.status_code == 200
        for path in ("/health", "/_stcore/health"):  # of every host
            assert server.browser().get(server.url + path).status_code == 200
        for value in ("", "Bearer ", f"Bearer {METRICS_TOKEN}"):
            answer = server.browser().get(f"{server.url}/metrics", headers={"Authorization": value})
            assert answer.status_code == 404
        signed_in = sign_in.with_password(server.store, "Aziza", PASSWORD)
        assert signed_in
        assert server.websocket(signed_in.cookie, server.url) == 403
        assert "First start" not in server.log  # there is an administrator


def test_https_is_kept_and_nothing_signed_in_is_cached(server: Server) -> None:
    behind_proxy = {"X-Forwarded-Proto": "https"}
    browser = server.sign_in()
    for path in ("/", "/overview", "/sign-in", "/media/none.csv", "/index.html"):
        answer = browser.get(server.url + path, headers=behind_proxy)
        assert answer.headers["strict-transport-security"] == "max-age=31536000"
        assert answer.headers["cache-control"] == "no-store"
        assert "strict-transport-security" not in browser.get(server.url + path).headers
