"""The practice gateway speaks the manual to the letter, and the field notes as well."""

import json
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote_plus

import pytest
import requests
from get_sms import Getsms, ParserCheckStatus, ParserSendMessage
from pydantic import SecretStr

from getsms_core.gateway import Accepted, Answered, Gateway, Item, Rejected, Statuses
from getsms_core.sandbox.delivery import UNKNOWN_WORD
from getsms_core.sandbox.gateway_rules import ERRORS, GatewayRules
from getsms_core.sandbox.process import control
from getsms_core.sandbox.server import Sandbox
from getsms_core.sandbox.thread import run_in_thread

AT_ONCE = GatewayRules(speed=0)
SALOM = [{"phone": "998901234567", "text": "Salom"}]
FORM = "application/x-www-form-urlencoded"


@pytest.fixture
def sandbox(tmp_path: Path) -> Iterator[Sandbox]:
    with run_in_thread(tmp_path / "sandbox.db", rules=AT_ONCE) as running:
        yield running


def post(
    sandbox: Sandbox, data: object, path: str = "/smsgateway/", json_body: bool = False, **more: Any
) -> requests.Response:
    fields = {"login": "aziza", "password": "secret", "data": data} | more
    root = sandbox.url.removesuffix("/smsgateway/")
    with requests.Session() as session:
        session.trust_env = False
        if json_body:
            return session.post(root + path, json=fields, timeout=5)
        return session.post(
            root + path, data={k: v if isinstance(v, str) else json.dumps(v) for k, v in fields.items()}, timeout=5
        )


def test_a_send_is_answered_as_in_the_manual(sandbox: Sandbox) -> None:
    response = post(sandbox, [*SALOM, {"phone": "998901234568", "text": "Привет, ʻolam"}])
    assert response.headers["Content-Type"].startswith("text/html")
    first, second = response.json()
    assert list(first) == ["recipient", "text", "user_id", "date_received", "message_id", "request_id", "client_ip"]
    assert (first["recipient"], first["text"], first["client_ip"]) == (998901234567, "Salom", "127.0.0.1")
    assert second["text"] == "Привет, ʻolam"
    assert all(
        type(first[name]) is int for name in ("recipient", "user_id", "date_received", "message_id", "request_id")
    )
    assert first["request_id"] == second["request_id"]
    assert first["message_id"] != second["message_id"]


def test_a_status_is_answered_as_in_the_manual_all_values_being_text(sandbox: Sandbox) -> None:
    long = [{"phone": "998900000001", "text": "S" * 161}, {"phone": "998900000002", "text": "Salom"}]
    request_id = post(sandbox, long).json()[0]["request_id"]
    records = post(sandbox, [{"request_id": str(request_id)}], "/smsgateway/status/").json()
    assert list(records[0]) == [
        "recipient", "text", "user_id", "date_received", "date_sent", "date_delivered", "message_id", "request_id",
        "status", "count_messages", "client_ip", "description",
    ]  # fmt: skip
    assert all(type(value) is str for record in records for value in record.values())
    assert [(r["status"], r["count_messages"]) for r in records] == [("delivered", "2"), ("undelivered", "1")]
    assert records[0]["request_id"] == records[1]["request_id"] == str(request_id)
    assert records[0]["description"] == "OK"


def test_ids_may_be_one_a_message(tmp_path: Path) -> None:
    with run_in_thread(tmp_path / "sandbox.db", rules=GatewayRules(shared_ids=False, speed=0)) as sandbox:
        first = [element["request_id"] for element in post(sandbox, SALOM * 3).json()]
        second = [element["request_id"] for element in post(sandbox, SALOM * 2).json()]
        assert len({*first, *second}) == 5
        records = post(sandbox, [{"request_id": str(element)} for element in first[1:]], "/smsgateway/status/").json()
        assert [record["request_id"] for record in records] == [str(element) for element in first[1:]]
        assert len({record["message_id"] for record in records}) == 2


@pytest.mark.parametrize("json_body", [False, True], ids=["form", "json"])
@pytest.mark.parametrize("as_text", [False, True], ids=["list", "text"])
@pytest.mark.parametrize("path", ["/smsgateway", "/smsgateway/", "/"])
def test_all_bodies_and_addresses_of_the_field_work_for_a_send(
    sandbox: Sandbox, json_body: bool, as_text: bool, path: str
) -> None:
    assert post(sandbox, json.dumps(SALOM) if as_text else SALOM, path, json_body).json()[0]["request_id"]


@pytest.mark.parametrize("base", ["", "/smsgateway"])
@pytest.mark.parametrize("ending", ["/status", "/status/", "//status", "//status/"])
def test_all_addresses_of_the_field_work_for_a_status(sandbox: Sandbox, base: str, ending: str) -> None:
    request_id = post(sandbox, SALOM).json()[0]["request_id"]
    body = [{"request_id ": request_id}]  # with the blank of the manual's sample, and as a number
    assert post(sandbox, body, base + ending).json()[0]["status"]


def test_another_address_is_not_found(sandbox: Sandbox) -> None:
    assert post(sandbox, SALOM, "/elsewhere").status_code == 404


REFUSALS: list[tuple[str, dict[str, Any], int]] = [
    ("no login", {"login": ""}, 100),
    ("no password", {"password": ""}, 100),
    ("not JSON", {"data": "[{"}, 200),
    ("no data", {"data": ""}, 200),
    ("an object", {"data": {"phone": "998901234567", "text": "Salom"}}, 201),
    ("an empty list", {"data": []}, 201),
    ("a list of texts", {"data": ["998901234567"]}, 201),
    ("no text", {"data": [{"phone": "998901234567"}]}, 201),
    ("more than a hundred", {"data": SALOM * 101}, 201),
    ("no nickname", {"nickname": ""}, 202),
    ("another nickname", {"nickname": "OTHER"}, 203),
    ("another login", {"login": "other"}, 101),
    ("another password", {"password": "other"}, 101),
]
STRICT = GatewayRules(login="aziza", password="secret", nicknames=frozenset({"SHOP"}))


@pytest.mark.parametrize(("change", "number"), [case[1:] for case in REFUSALS], ids=[case[0] for case in REFUSALS])
def test_a_whole_request_is_refused_by_the_manual(tmp_path: Path, change: dict[str, Any], number: int) -> None:
    with run_in_thread(tmp_path / "sandbox.db", rules=STRICT) as sandbox:
        response = post(sandbox, **({"data": SALOM, "nickname": "SHOP"} | change))
        assert response.status_code == 200
        assert response.json() == [{"error": 1, "text": ERRORS[number], "error_no": number}]
        assert control(sandbox.url, "ledger")["messages"] == 0
        assert post(sandbox, SALOM, nickname="SHOP").json()[0]["request_id"]


@pytest.mark.parametrize("encoding", ["cp1251", "cp866", "koi8_r"])
def test_data_that_is_not_utf_8_is_no_json(sandbox: Sandbox, encoding: str) -> None:
    data = quote_plus(json.dumps([{"phone": "998901234567", "text": "Салом"}], ensure_ascii=False).encode(encoding))
    body = f"login=aziza&password=secret&data={data}"
    with requests.Session() as session:
        session.trust_env = False
        answer = session.post(sandbox.url, body, headers={"Content-Type": FORM}, timeout=5).json()
    assert answer == [{"error": 1, "text": ERRORS[200], "error_no": 200}]
    assert control(sandbox.url, "ledger")["messages"] == 0


@pytest.mark.parametrize(
    "phone", ["9989000000²", "99890000000٥", "9989000000①", 998900000005.0, None, True, ["998900000005"]]
)
def test_what_only_looks_like_a_magic_number_is_answered(sandbox: Sandbox, phone: object) -> None:
    [element] = post(sandbox, [{"phone": phone, "text": "Salom"}]).json()
    assert element["error_no"] == 300


def test_an_ipv6_address_can_be_called_as_it_is_printed(tmp_path: Path) -> None:
    try:
        socket.create_server(("::1", 0), family=socket.AF_INET6).close()
    except OSError:
        pytest.skip("this machine has no IPv6")
    with run_in_thread(tmp_path / "sandbox.db", host="::1") as sandbox:
        assert post(sandbox, SALOM).json()[0]["request_id"]
        assert control(sandbox.url, "ledger")["messages"] == 1


def test_errors_may_be_bare_objects_and_any_login_will_do_by_default(tmp_path: Path) -> None:
    with run_in_thread(tmp_path / "sandbox.db", rules=GatewayRules(bare_errors=True)) as sandbox:
        assert post(sandbox, SALOM, login="").json() == {"error": 1, "error_text": ERRORS[100], "error_no": 100}
        assert post(sandbox, SALOM, login="anyone", password="x").json()[0]["request_id"]


@pytest.mark.parametrize("request_id", ["52480251", "x", "", "-1", "9" * 30])
def test_a_wrong_request_id_is_refused(sandbox: Sandbox, request_id: str) -> None:
    post(sandbox, SALOM)
    answer = post(sandbox, [{"request_id": request_id}], "/smsgateway/status/").json()
    assert answer == [{"error": 1, "text": "request_id is wrong", "error_no": 400}]


def test_the_request_of_another_login_is_wrong(sandbox: Sandbox) -> None:
    request_id = post(sandbox, SALOM).json()[0]["request_id"]
    assert post(sandbox, [{"request_id": request_id}], "/status", login="other").json()[0]["error_no"] == 400


@pytest.mark.parametrize(
    "phone", ["9989998158172", "+998901234567", "99890123456", "abc", "", "998 90 1234567", "998900000004"]
)
def test_a_wrong_phone_number_is_rejected_and_the_others_are_accepted(sandbox: Sandbox, phone: str) -> None:
    bad, good = post(sandbox, [{"phone": phone, "text": "a"}, *SALOM]).json()
    assert (bad["error"], bad["error_text"], bad["error_no"]) == (1, "is NOT a phone number", 300)
    assert bad["request_id"] == good["request_id"]
    assert "error" not in good
    assert control(sandbox.url, "ledger")["messages"] == 1


def test_the_account_s_limit_ends_and_can_be_raised(tmp_path: Path) -> None:
    with run_in_thread(tmp_path / "sandbox.db", rules=GatewayRules(limit=2)) as sandbox:
        assert post(sandbox, SALOM * 3).json()[0]["error_no"] == 103
        assert post(sandbox, SALOM * 2).json()[0]["request_id"]
        assert post(sandbox, SALOM).json()[0]["error_no"] == 103
        assert control(sandbox.url, "faults", {"limit": 3})["limit"] == 3
        assert post(sandbox, SALOM).json()[0]["request_id"]


def test_the_published_client_runs_against_it(sandbox: Sandbox) -> None:
    client = Getsms("login", "password", "SHOP")
    client.url, client.check_url = sandbox.url, sandbox.url + "/status/"  # two slashes, as it has them itself
    sent = client.send_message(["998900000001", "998901234567"], "Salom")
    assert all(isinstance(element, ParserSendMessage) for element in sent)
    assert [element.phone_number for element in sent] == [998900000001, 998901234567]
    answer = client.check_status([sent[0].request_id])
    assert all(isinstance(row, ParserCheckStatus) for row in answer)
    assert answer[0].status == "delivered"
    control(sandbox.url, "faults", {"refuse_ip": True})
    assert client.send_message(["998901234567"], "Salom") == client.forbidden_message


def test_our_client_reads_what_becomes_of_the_magic_numbers(sandbox: Sandbox) -> None:
    gateway = Gateway(sandbox.url, "login", SecretStr("password"))
    answer = gateway.send([Item(998900000000 + n, "Salom") for n in (1, 2, 3, 4, 9, 10)])
    assert isinstance(answer, Answered)
    assert answer.verdicts[3] == Rejected(300, "is NOT a phone number")
    assert isinstance(answer.verdicts[0], Accepted)
    statuses = gateway.status([answer.verdicts[0].request_id])
    assert isinstance(statuses, Statuses)
    assert {record.recipient[-2:]: record.status for record in statuses.receipts} == {
        "01": "delivered", "02": "undelivered", "03": "sent", "09": UNKNOWN_WORD, "10": "expired",
    }  # fmt: skip
    assert statuses.receipts[0].delivered_at is not None
    assert gateway.probe().ok
    assert gateway.probe().outgoing_ip == "127.0.0.1"
    gateway.close()
