"""From a file to a report with the command alone, on both databases. Workers, and commands that must not import pandas,
run in processes of their own."""

import json
import os
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from contextlib import ExitStack, closing
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from click.testing import CliRunner

from getsms_core.cli import cli
from getsms_core.sandbox.process import ensure_running, find_running
from tests.forks import run_forked
from tests.waits import child_process, read_line

ROOT = Path(__file__).resolve().parents[3]
STATES = [
    "queued", "sending", "accepted", "rejected", "uncertain", "delivered", "undelivered", "expired", "cancelled"
]  # fmt: skip
LIST = """Ism,Telefon,Shahar
Ali,998901234567,Toshkent
Vali,90 123-45-68,Buxoro
Gʻani,712345678,Xiva
Ali yana,+998901234567,Toshkent
Bobur,yoʻq,Nukus
Chiqdi,998901112233,Nukus
"""
Getsms = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Where the command runs, with a list that has one of each."""
    (tmp_path / "list.csv").write_text(LIST, "utf-8")
    return tmp_path


def surroundings(folder: Path, database: str) -> dict[str, str]:
    """The environment of the command."""
    return os.environ | {
        "PYTHONPATH": str(ROOT),
        "GETSMS_DATABASE_URL": database,
        "GETSMS_FILES": str(folder / "files"),
        "GETSMS_POLL_FIRST": "0.1",
    }


def command(folder: Path, database: str, *, forked: bool = False) -> Getsms:
    """The command in a process of its own, stdin closed: started as users do, or forked, which is quicker."""
    environment = surroundings(folder, database)
    start = run_forked if forked else subprocess.run

    def run(*arguments: str, **more: str) -> subprocess.CompletedProcess[str]:
        return start(
            [sys.executable, "-m", "getsms_core.cli", *arguments],
            cwd=folder,
            env=environment | more,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            timeout=180,
        )

    return run


def document(done: subprocess.CompletedProcess[str]) -> dict[str, Any]:
    """The one document on stdout of a command that did what was asked."""
    assert done.returncode == 0, done.stderr
    answer = json.loads(done.stdout)
    assert isinstance(answer, dict)
    return answer


def within(folder: Path, database: str, **more: str) -> Callable[..., dict[str, Any]]:
    """The same in this process, which is quicker; gives the document."""
    environment = surroundings(folder, database) | more

    def run(*arguments: str) -> dict[str, Any]:
        result = CliRunner().invoke(cli, [*arguments, "--json"], env=environment)
        assert result.exit_code == 0, result.output
        answer = json.loads(result.stdout)
        assert isinstance(answer, dict)
        return answer

    return run


@pytest.mark.slow
def test_a_campaign_from_check_to_export(folder: Path, store_url: str) -> None:
    getsms, getsms_process = within(folder, store_url), command(folder, store_url)
    getsms("optout", "add", "+998 90 111-22-33", "--reason", "asked")

    checked = getsms("check", str(folder / "list.csv"))
    assert list(checked)[:9] == [
        "rows", "accepted", "repaired", "rejected", "duplicates", "opted_out", "phone_column", "columns", "problems"
    ]  # fmt: skip
    assert [checked[count] for count in list(checked)[:6]] == [6, 2, 1, 2, 1, 1]
    assert checked["columns"] == ["Ism", "Telefon", "Shahar"]
    assert [(problem["row"], problem["code"]) for problem in checked["problems"]] == [
        (3, "repaired-national"), (4, "landline"), (5, "duplicate"), (6, "not-a-number"), (7, "opted-out")
    ]  # fmt: skip

    created = getsms("create", str(folder / "list.csv"), "--name", "Bahor", "--text", "Salom {ism}!")
    assert list(created)[:4] == ["campaign", "messages", "parts", "price"]
    assert (created["messages"], created["parts"], created["price"]) == (2, 2, 190)
    assert created["encodings"] == {"GSM-7": 2, "UCS-2": 0}
    campaign = str(created["campaign"])
    # In a process of its own this command has no pandas: what needs it would be missed where another test imported it.
    two = document(
        getsms_process("create", "list.csv", "--name", "A/B", "--text", "Salom", "--variant", "Xayr", "--json")
    )
    assert [variant["messages"] for variant in two["variants"]] == [1, 1]

    assert getsms("start", campaign)["status"] == "running"
    # The worker is started as users do on one database; what it does there is done on the other in a fork.
    drained = command(folder, store_url, forked="postgresql" in store_url)("worker", "--drain", "--wait", "30")
    assert drained.returncode == 0, drained.stderr
    assert drained.stdout == ""
    assert "Traceback" not in drained.stderr

    shown = getsms("show", campaign)
    assert list(shown)[:6] == ["campaign", "status", "reason", "counts", "parts", "chunks"]
    assert list(shown["counts"]) == STATES
    assert (shown["status"], shown["parts"], shown["chunks"]) == ("finished", 2, 1)
    assert sum(shown["counts"].values()) == 2 == shown["sent"]
    assert shown["started_at"].endswith("+05:00")

    out = folder / "out.csv"
    assert getsms("export", campaign, "--format", "csv", "--out", str(out))["rows"] == 2
    assert out.read_text("utf-8-sig").count("998901234567") == 1


@pytest.mark.slow
def test_several_workers_drain_at_once_and_the_practice_gateway_ends_with_the_last(
    folder: Path, sqlite_url: str
) -> None:
    getsms = within(folder, sqlite_url)
    numbers = "\n".join(f"99890{n:07d}" for n in range(1_000, 1_600))
    (folder / "many.csv").write_text("phone\n" + numbers, "utf-8")
    campaign = str(getsms("create", str(folder / "many.csv"), "--name", "n", "--text", "x")["campaign"])
    getsms("start", campaign)
    line = [sys.executable, "-m", "getsms_core.cli", "worker", "--drain", "--wait", "0"]
    options: dict[str, Any] = {"env": surroundings(folder, sqlite_url), "cwd": folder, "stderr": subprocess.DEVNULL}
    with ExitStack() as running:
        workers = [running.enter_context(child_process(line, forked=True, **options)) for _each in range(3)]
        assert [worker.wait(180) for worker in workers] == [0, 0, 0]
    shown = getsms("show", campaign)
    assert (shown["status"], shown["sent"] + shown["counts"]["rejected"], shown["chunks"]) == ("finished", 600, 6)
    with closing(sqlite3.connect(folder / "run" / "sandbox.db")) as ledger:
        assert ledger.execute("SELECT sum(messages) FROM request").fetchone() == (600,)
    assert find_running(folder / "run") is None


def test_a_refused_ip_address_pauses_the_campaign_and_says_what_to_do(folder: Path, sqlite_url: str) -> None:
    running = ensure_running(folder / "gateway", options=("--refuse-ip",))
    try:
        live = {"GETSMS_URL": running.url, "GETSMS_LOGIN": "firma", "GETSMS_PASSWORD": "a-secret-word"}
        getsms = within(folder, sqlite_url, **live)
        campaign = str(getsms("create", str(folder / "list.csv"), "--name", "n", "--text", "x")["campaign"])
        getsms("start", campaign)
        drained = command(folder, sqlite_url, forked=True)("worker", "--drain", **live)
        assert drained.returncode == 0, drained.stderr
        shown = getsms("show", campaign)
    finally:
        running.stop()
    assert (shown["status"], shown["code"], shown["counts"]["queued"]) == ("paused", "ip-not-registered", 3)
    assert "IP address" in shown["reason"]
    assert "a-secret-word" not in drained.stderr


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_a_worker_ends_in_good_order_when_it_is_asked_to_or_its_terminal_closes(
    folder: Path, sqlite_url: str, number: signal.Signals
) -> None:
    line, environment = [sys.executable, "-m", "getsms_core.cli", "worker"], surroundings(folder, sqlite_url)
    with child_process(line, forked=True, env=environment, cwd=folder, stderr=subprocess.PIPE, text=True) as worker:
        assert "worker.started" in read_line(worker, worker.stderr)
        worker.send_signal(number)
        assert "worker.stopped" in worker.communicate(timeout=30)[1]
        assert worker.returncode == 0
    assert find_running(folder / "run") is None


@pytest.mark.parametrize("name", ["worker", "serve", "sandbox"])
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_what_is_stopped_in_its_first_moment_has_ended_well(folder: Path, name: str, number: signal.Signals) -> None:
    code = f"""
import os, sys
from getsms_core.cli import framework, main
framework.speak_process = lambda code: os.kill(os.getpid(), {number:d})
sys.argv = ["getsms", {name!r}]
main()
"""
    environment = surroundings(folder, f"sqlite:///{folder / 'x.db'}")
    result = subprocess.run([sys.executable, "-c", code], cwd=folder, env=environment, capture_output=True, timeout=60)
    assert (result.returncode, result.stdout, result.stderr) == (0, b"", b"")


def test_the_worker_writes_its_log_in_the_time_of_the_settings(folder: Path, sqlite_url: str) -> None:
    getsms = command(folder, sqlite_url, forked=True)
    result = getsms("worker", "--drain", GETSMS_TIMEZONE="Pacific/Kiritimati", TZ="UTC")
    written = datetime.fromisoformat(result.stderr[:19]).replace(tzinfo=ZoneInfo("Pacific/Kiritimati"))
    assert abs(datetime.now(written.tzinfo) - written) < timedelta(hours=1)
