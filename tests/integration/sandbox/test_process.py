"""The practice gateway as a process: it keeps its state, is found by other processes, and ends with its holders."""

import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
import requests
from click.testing import CliRunner
from pydantic import SecretStr

from getsms_core.base.errors import DomainError
from getsms_core.base.processes import is_process_alive, process_start_ticks
from getsms_core.gateway import Accepted, Answered, Gateway, Item, Statuses
from getsms_core.sandbox.command import command
from getsms_core.sandbox.ledger import sent_messages
from getsms_core.sandbox.process import control, ensure_running, find_running
from getsms_core.sandbox.thread import run_in_thread
from tests.waits import child_process, read_line

ITEMS = [Item(998900000001, "Salom"), Item(998901234567, "Salom")]
Starter = Callable[..., tuple["subprocess.Popen[str]", str]]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Starter]:
    """Start `python -m getsms_core.sandbox`, forked, on the test's state file; gives the process and its address."""

    def begin(*arguments: str) -> tuple["subprocess.Popen[str]", str]:
        line = [sys.executable, "-m", "getsms_core.sandbox", "--state", str(tmp_path / "sandbox.db"), *arguments]
        process = children.enter_context(child_process(line, forked=True, stdout=subprocess.PIPE, text=True))
        first_line = read_line(process)
        assert first_line.startswith("Practice gateway on http://127.0.0.1:")
        find_running(tmp_path)  # reads its token
        return process, first_line.split()[-1]

    with ExitStack() as children:
        yield begin


def client(url: str) -> Gateway:
    return Gateway(url, "login", SecretStr("password"), connect_timeout=2, read_timeout=10)


def send(url: str) -> Answered:
    gateway = client(url)
    answer = gateway.send(ITEMS)
    gateway.close()
    assert isinstance(answer, Answered)
    return answer


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_ends_cleanly_and_remembers_everything_on_the_same_port(start: Starter, number: signal.Signals) -> None:
    process, url = start()
    first = send(url)
    process.send_signal(number)
    assert process.wait(10) == 0
    _, again = start()
    assert again == url
    verdict = first.verdicts[0]
    assert isinstance(verdict, Accepted)
    gateway = client(again)
    answer = gateway.status([verdict.request_id])
    gateway.close()
    assert isinstance(answer, Statuses)
    assert [receipt.recipient for receipt in answer.receipts] == ["998900000001", "998901234567"]
    second = send(again).verdicts[0]
    assert isinstance(second, Accepted)
    assert int(second.request_id) > int(verdict.request_id)
    assert int(second.message_id) > int(verdict.message_id)


def test_kill_9_loses_nothing_that_was_answered(start: Starter, tmp_path: Path) -> None:
    process, url = start()
    answered = 0
    for _ in range(20):
        answered += len(send(url).verdicts)
    process.kill()
    process.wait(30)
    assert sum(message.times for message in sent_messages(tmp_path / "sandbox.db")) == answered == 40
    _, again = start()
    assert control(again, "ledger")["messages"] == 40


def test_control_needs_the_token_of_the_address_file(start: Starter, tmp_path: Path) -> None:
    _, url = start()
    send(url)
    root = url.removesuffix("smsgateway/")
    file = tmp_path / "sandbox.json"
    token = json.loads(file.read_bytes())["token"]
    assert file.stat().st_mode & 0o077 == 0
    for headers in ({}, {"Authorization": "Bearer "}, {"Authorization": token}, {"Authorization": f"Bearer {token}x"}):
        for name in ("ledger?full=1", "faults", "requests"):
            refused = requests.get(f"{root}control/{name}", headers=headers, timeout=10)
            assert (refused.status_code, set(refused.json())) == (401, {"error"})
        for name in ("faults", "requests", "hold", "release"):
            wish = {"faults": "http-500", "pid": os.getpid()}
            assert requests.post(f"{root}control/{name}", json=wish, headers=headers, timeout=10).status_code == 401
    assert control(url, "faults")["faults"] == {}
    assert control(url, "ledger")["messages"] == 2
    assert requests.get(f"{root}control/about", timeout=10).status_code == 200, "how a gateway is found tells no phone"


def test_it_ends_with_the_process_that_it_works_for_even_if_that_is_killed(start: Starter, wait_until: Any) -> None:
    with child_process([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as parent:
        process, url = start("--parent-pid", str(parent.pid))
        assert control(url, "about")["held"] is True
        parent.kill()
        wait_until(lambda: process.poll() is not None, what="it outlived its parent")
    assert process.wait(30) == 0


def test_it_ends_at_once_if_its_parent_has_gone_already(start: Starter) -> None:
    with child_process([sys.executable, "-c", ""]) as parent:
        parent.wait(30)
    process, _ = start("--parent-pid", str(parent.pid))
    assert process.wait(10) == 0


ENSURE = """
import sys
from pathlib import Path
from getsms_core.sandbox.process import ensure_running
running = ensure_running(Path(sys.argv[1]))
print(running.url, running.pid, running.started_by_us, flush=True)
sys.stdin.read()
running.stop()
"""


def test_one_gateway_serves_all_who_ask_and_ends_with_the_last_of_them(tmp_path: Path, wait_until: Any) -> None:
    line = [sys.executable, "-c", ENSURE, str(tmp_path)]
    pipes: dict[str, Any] = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    with child_process(line, **pipes) as first:
        url, pid, port = read_line(first).split()
        assert port == "True"
        running = ensure_running(tmp_path)
        assert (running.url, running.pid, running.started_by_us) == (url, int(pid), False)
        first.kill()
        first.wait(30)
    began = process_start_ticks(running.pid)
    send(running.url)
    assert is_process_alive(running.pid, began), "the first one was killed, but we still need it"
    running.stop()
    running.stop()
    wait_until(lambda: not is_process_alive(int(pid), began), what="it outlived the last who needed it")
    assert find_running(tmp_path) is None
    again = ensure_running(tmp_path)
    assert (again.url, again.started_by_us) == (url, True)
    assert control(again.url, "ledger")["messages"] == 2
    again.stop()
    assert find_running(tmp_path) is None


def test_one_started_by_a_person_is_found_and_left_running(start: Starter, tmp_path: Path) -> None:
    process, url = start()
    running = ensure_running(tmp_path)
    assert (running.url, running.pid, running.started_by_us) == (url, process.pid, False)
    running.stop()
    assert process.poll() is None
    send(url)


def test_a_leftover_address_is_not_believed(start: Starter, tmp_path: Path) -> None:
    process, url = start()
    process.kill()
    process.wait(30)
    assert find_running(tmp_path) is None
    running = ensure_running(tmp_path)
    assert running.url == url
    assert running.pid != process.pid
    running.stop()


def test_a_start_that_fails_says_why(tmp_path: Path) -> None:
    with pytest.raises(DomainError, match="no fault") as refused:
        ensure_running(tmp_path, faults="oops")
    assert refused.value.code == "sandbox-failed"


def test_a_ledger_that_cannot_be_written_is_named() -> None:
    result = CliRunner().invoke(command, ["--state", "/proc/nowhere/sandbox.db"])
    assert result.exit_code == 1
    assert "/proc/nowhere/sandbox.db cannot be written" in result.output


def test_a_port_that_is_taken_is_refused_with_a_sentence(tmp_path: Path) -> None:
    with run_in_thread(tmp_path / "a" / "sandbox.db") as running:
        port = int(running.url.split(":")[2].split("/")[0])
        with (
            pytest.raises(DomainError, match=rf"cannot listen on port {port}: another program uses it\.$"),
            run_in_thread(tmp_path / "sandbox.db", port=port),
        ):
            pass


@pytest.mark.parametrize(
    "arguments", [["--faults", "oops"], ["--login", "a"], ["--port", "70000"], ["--latency", "-1"]]
)
def test_wrong_usage_is_said_and_exits_with_2(arguments: list[str]) -> None:
    result = CliRunner().invoke(command, arguments)
    assert result.exit_code == 2
    assert "Error" in result.output


def test_the_port_stays_the_same_unless_somebody_else_has_it(tmp_path: Path) -> None:
    with run_in_thread(tmp_path / "sandbox.db") as running:
        url = running.url
    with run_in_thread(tmp_path / "sandbox.db") as running:
        assert running.url == url
    with (
        socket.create_server(("127.0.0.1", int(url.split(":")[2].split("/")[0]))),
        run_in_thread(tmp_path / "sandbox.db") as running,
    ):
        assert running.url != url
        assert os.getpid() == running.pid
