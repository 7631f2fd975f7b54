"""Each fault of the practice gateway, seen by our client on one side and by the ledger on the other."""

from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Protocol

import pytest
from pydantic import SecretStr

from getsms_core.gateway import (
    Accepted,
    Answered,
    Gateway,
    Item,
    Missing,
    NoAnswer,
    NothingSent,
    Refusal,
    Rejected,
    Unclear,
)
from getsms_core.sandbox.damage import DAMAGES
from getsms_core.sandbox.faults import FAULTS
from getsms_core.sandbox.ledger import sent_messages
from getsms_core.sandbox.process import ControlRefused, control
from getsms_core.sandbox.server import Sandbox
from getsms_core.sandbox.thread import run_in_thread
from tests.waits import run_threads

ITEMS = [Item(998901230000 + n, f"Salom {n}") for n in range(30)]


class WaitUntil(Protocol):
    def __call__(self, condition: object, seconds: float = 10, what: str = "") -> None: ...


@pytest.fixture
def sandbox(tmp_path: Path) -> Iterator[Sandbox]:
    with run_in_thread(tmp_path / "sandbox.db") as running:
        yield running


def client(sandbox: Sandbox) -> Gateway:
    return Gateway(sandbox.url, "login", SecretStr("password"), connect_timeout=2, read_timeout=0.4, overall=0.6)


# fault, what the client makes of it, whether the messages left
TAKEN_OR_NOT = [
    ("reset-before", "connection-lost", 0),
    ("reset-after", "connection-lost", 30),
    ("read-timeout", "read-timeout", 30),
    ("drip", "deadline", 30),
    ("html", "not-json", 30),
    ("html-before", "not-json", 0),
    ("cut-json", "not-json", 30),
    ("http-500-before", "server-error", 0),
    ("http-500-after", "server-error", 30),
    ("http-503", "server-error", 0),
    ("http-302", "redirected", 0),
    ("http-403", "ip-not-registered", 0),
    ("http-429", "too-many-requests", 0),
    ("error-100", "login-missing", 0),
    ("error-101", "login-wrong", 0),
    ("error-102", "account-blocked", 0),
    ("error-103", "limit-over", 0),
    ("error-200", "data-not-json", 0),
    ("error-201", "data-invalid", 0),
    ("error-202", "nickname-not-set", 0),
    ("error-203", "nickname-wrong", 0),
    ("error-999", "unknown-error", 0),
]


@pytest.mark.parametrize(("fault", "code", "left"), TAKEN_OR_NOT, ids=[case[0] for case in TAKEN_OR_NOT])
def test_the_ledger_knows_what_was_sent_when_a_fault_loses_the_answer(
    sandbox: Sandbox, fault: str, code: str, left: int
) -> None:
    control(sandbox.url, "faults", {"faults": fault})
    gateway = client(sandbox)
    answer = gateway.send(ITEMS)
    gateway.close()
    assert isinstance(answer, NothingSent | Unclear)
    assert answer.code == code
    assert control(sandbox.url, "ledger")["messages"] == left
    if isinstance(answer, NothingSent):
        assert left == 0


@pytest.mark.parametrize(
    ("fault", "accepted", "foreign"),
    [("short-list", 20, 0), ("shuffled", 30, 0), ("duplicated", 30, 15), ("foreign", 30, 3)],
)
def test_a_disordered_list_is_put_in_order(sandbox: Sandbox, fault: str, accepted: int, foreign: int) -> None:
    control(sandbox.url, "faults", {"faults": fault})
    gateway = client(sandbox)
    answer = gateway.send(ITEMS)
    gateway.close()
    assert isinstance(answer, Answered)
    assert sum(isinstance(verdict, Accepted) for verdict in answer.verdicts) == accepted
    assert answer.verdicts.count(Missing()) == 30 - accepted
    assert answer.foreign == foreign
    ids = [int(verdict.message_id) for verdict in answer.verdicts if isinstance(verdict, Accepted)]
    assert ids == sorted(ids), "each message has its own id"
    assert control(sandbox.url, "ledger")["messages"] == 30


def test_error_300_refuses_one_message_of_a_request(sandbox: Sandbox) -> None:
    control(sandbox.url, "faults", {"faults": "error-300"})
    answer = client(sandbox).send(ITEMS)
    assert isinstance(answer, Answered)
    assert sum(isinstance(verdict, Rejected) for verdict in answer.verdicts) == 1
    assert control(sandbox.url, "ledger")["messages"] == 29


MAGIC = [(5, "read-timeout", 2), (6, "connection-lost", 0), (7, "connection-lost", 2), (8, "server-error", 2)]


@pytest.mark.parametrize(("number", "code", "left"), MAGIC)
def test_a_magic_number_breaks_the_request_that_holds_it(sandbox: Sandbox, number: int, code: str, left: int) -> None:
    answer = client(sandbox).send([ITEMS[0], Item(998900000000 + number, "Salom")])
    assert isinstance(answer, Unclear)
    assert answer.code == code
    assert control(sandbox.url, "ledger")["messages"] == left


def test_faults_of_status_calls_are_their_own(sandbox: Sandbox) -> None:
    gateway = client(sandbox)
    control(sandbox.url, "faults", {"faults": "status-http-502:0.5,status-cut-json:0.5"})
    answer = gateway.send(ITEMS)
    assert isinstance(answer, Answered)
    assert isinstance(answer.verdicts[0], Accepted)
    got = [gateway.status([answer.verdicts[0].request_id]) for _ in range(20)]
    gateway.close()
    assert all(isinstance(element, NoAnswer) for element in got)
    assert {element.code for element in got if isinstance(element, NoAnswer)} == {"server-error", "not-json"}
    control(sandbox.url, "faults", {"faults": "status-error-102"})
    refused = client(sandbox).status(["1"])
    assert isinstance(refused, Refusal)
    assert refused.code == "account-blocked"


def test_refused_connections_come_and_go(sandbox: Sandbox, wait_until: WaitUntil) -> None:
    gateway = client(sandbox)
    assert isinstance(gateway.send(ITEMS), Answered)
    control(sandbox.url, "faults", {"refuse": 0.3})
    codes: list[str] = []

    def answered_again() -> bool:
        answer = gateway.send(ITEMS)
        codes.append(getattr(answer, "code", "answered"))
        return isinstance(answer, Answered) and len(codes) > 1

    wait_until(answered_again, 10)
    gateway.close()
    assert "connection-refused" in codes
    taken = control(sandbox.url, "ledger")["requests"]
    assert taken == 1 + codes.count("answered")


def test_the_fault_refused_answers_and_then_closes_the_door(tmp_path: Path, wait_until: WaitUntil) -> None:
    with run_in_thread(tmp_path / "sandbox.db", faults="refused", refuse_seconds=0.2) as sandbox:
        gateway = client(sandbox)
        assert isinstance(gateway.send(ITEMS), Answered)
        answer = gateway.send(ITEMS)
        assert isinstance(answer, NothingSent | Unclear)
        wait_until(lambda: isinstance(gateway.send(ITEMS), Answered), 10)
        gateway.close()


def test_the_ledger_counts_how_often_each_message_was_sent(sandbox: Sandbox, tmp_path: Path) -> None:
    gateway = client(sandbox)
    for items in (ITEMS[:2], ITEMS[1:3], [ITEMS[1]] * 2):
        gateway.send(items)
    gateway.close()
    ledger = control(sandbox.url, "ledger?full=1")
    assert (ledger["requests"], ledger["messages"], ledger["different"], ledger["twice"]) == (3, 6, 3, 1)
    assert [message["times"] for message in ledger["sent"]] == [1, 4, 1]
    second = ledger["sent"][1]
    assert (second["phone"], second["text"]) == ("998901230001", "Salom 1")
    assert 0 < second["first_at"] <= second["last_at"]
    assert [message.times for message in sent_messages(tmp_path / "sandbox.db")] == [1, 4, 1]


def test_arrivals_and_requests_in_flight_are_counted(sandbox: Sandbox) -> None:
    control(sandbox.url, "faults", {"latency": 0.1})
    gateway = Gateway(sandbox.url, "login", SecretStr("password"))
    run_threads(*[lambda: gateway.send(ITEMS)] * 4)
    gateway.close()
    sends = control(sandbox.url, "requests")["sends"]
    assert (sends["count"], sends["in_flight"], len(sends["times"])) == (4, 0, 4)
    assert 2 <= sends["max_in_flight"] <= 4
    control(sandbox.url, "requests", {})
    assert control(sandbox.url, "requests")["sends"]["count"] == 0


OTHERS = (
    "http-500-before",
    "http-503-after",
    "http-403",
    "http-302",
    "error-101",
    "error-103",
    "error-300",
    "error-999",
)
WEATHER = ",".join(f"{name}:0.02" for name in (*FAULTS, *DAMAGES, *OTHERS))


def test_under_any_mix_of_faults_the_client_agrees_with_the_ledger(tmp_path: Path) -> None:
    outcomes: list[tuple[list[Item], object]] = []
    with run_in_thread(tmp_path / "sandbox.db", faults=WEATHER, refuse_seconds=0.05) as sandbox:
        gateway = client(sandbox)

        def work(worker: int) -> None:
            for chunk in range(50):
                items = [Item(998901230000 + n, f"Salom {worker}-{chunk}-{n % 5}") for n in range(10)]
                outcomes.append((items, gateway.send(items)))

        run_threads(*(partial(work, worker) for worker in range(6)), seconds=120)
        gateway.close()
    left = {(message.phone, message.text): message.times for message in sent_messages(tmp_path / "sandbox.db")}
    assert set(left.values()) == {1}, "the client never POSTs twice"
    kinds = set()
    for items, answer in outcomes:
        keys = [(str(item.phone), item.text) for item in items]
        kinds.add(type(answer))
        if isinstance(answer, NothingSent):
            assert not any(key in left for key in keys)
        elif isinstance(answer, Answered):
            for key, verdict in zip(keys, answer.verdicts, strict=True):
                assert isinstance(verdict, Missing) or isinstance(verdict, Accepted) is (key in left)
    assert kinds == {Answered, NothingSent, Unclear}


@pytest.mark.parametrize(
    "wish", [{"faults": "oops"}, {"faults": {"drip": 2}}, {"faults": {"drip": "1"}}, {"faults": 7}, {"latency": -1},
             {"latency": "1"}, {"speed": True}, {"limit": -1}, {"odd": 1}]
)  # fmt: skip
def test_a_wish_that_cannot_be_changes_nothing(sandbox: Sandbox, wish: dict[str, object]) -> None:
    before = control(sandbox.url, "faults")
    with pytest.raises(ControlRefused):
        control(sandbox.url, "faults", {"latency": 3} | wish)
    assert control(sandbox.url, "faults") == before
