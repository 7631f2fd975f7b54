"""The authentication gate of a real server: what strangers, the first administrator, users and forgers get."""

import html
import os
import re
import socket
import subprocess
import sys
import time
from contextlib import closing
from http.client import parse_headers
from pathlib import Path
from typing import BinaryIO

import pyotp
import pytest
import requests
import streamlit

from getsms_core.base.permissions import Role
from getsms_core.db.engine import open_store
from getsms_core.users import links, sessions, sign_in, two_factor
from getsms_core.users import service as users
from tests.conftest import ROOT, WaitUntil, copy_sqlite_template, find_free_port, poll
from tests.integration.users.gate_server import PASSWORD, STREAMLIT, TOKEN, UVICORN, Server, healthy, start
from tests.waits import child_process

pytestmark = pytest.mark.xdist_group("gate")  # one server of each kind for all of them


def test_a_first_start_leads_to_welcome_and_lets_the_administrator_in(fresh: Server) -> None:
    browser = fresh.browser()
    assert browser.get(f"{fresh.url}/", allow_redirects=False).headers["location"] == "/welcome"
    assert browser.get(f"{fresh.url}/sign-in", allow_redirects=False).headers["location"] == "/welcome"
    for stranger in ({}, {"token": ""}, {"token": "guessed"}, {"token": TOKEN[:-1]}, {"token": "é\0"}):
        for answer in (
            browser.get(f"{fresh.url}/welcome", params=stranger),
            browser.post(f"{fresh.url}/welcome", {"name": "Eve", "password": PASSWORD} | stranger),
            browser.post(f"{fresh.url}/welcome", {"name": "Eve", "password": PASSWORD}, params=stranger),
        ):
            assert answer.status_code == 403
            assert "<form" not in answer.text
            assert "printed where the program was started" in answer.text
    assert users.has_no_users(fresh.store)
    welcome = {"token": TOKEN}
    elsewhere = browser.get(f"{fresh.url}/welcome", params=welcome, headers={"Host": "campaigns.example"})
    assert (elsewhere.status_code, "<form" in elsewhere.text) == (200, True)
    assert elsewhere.headers["referrer-policy"] == "strict-origin"
    short = browser.post(f"{fresh.url}/welcome", {"name": "Aziza", "password": "short"} | welcome)
    assert short.status_code == 422
    assert "at least 8 characters" in short.text
    begun = browser.post(
        f"{fresh.url}/welcome", {"name": "Aziza", "password": PASSWORD} | welcome, allow_redirects=False
    )
    assert begun.status_code == 303
    assert browser.get(f"{fresh.url}/", allow_redirects=False).status_code == 200
    again = fresh.browser().post(
        f"{fresh.url}/welcome", {"name": "Eve", "password": PASSWORD} | welcome, allow_redirects=False
    )
    assert again.headers["location"] == "/"
    assert [person.name for person in users.all_users(fresh.store)] == ["Aziza"]
    assert TOKEN not in fresh.log.replace(f"/welcome?token={TOKEN}\n", "")  # the line that prints it, never a request's


def _wait_for(server: Server, words: str) -> None:
    poll(lambda: words in server.log, seconds=60, what=f"never printed {words!r}")


def test_every_start_prints_the_address_for_the_first_administrator_until_there_is_one(tmp_path: Path) -> None:
    """That it is not printed any more: the two tests that start a server without a token."""
    tokens: list[str] = []
    for command in (STREAMLIT, UVICORN):
        with start(tmp_path, command, token=None, forked=False) as server:
            beginning = f"First start: choose the administrator at {server.url}/welcome?token="
            _wait_for(server, beginning)
            tokens.append(server.log.partition(beginning)[2].split()[0])
            answers = [server.browser().get(f"{server.url}/welcome", params={"token": token}) for token in tokens]
            assert [answer.status_code for answer in answers] == [403, 200][-len(tokens) :]  # one start, one token
            assert [server.log.count(word) for word in ("First start", tokens[-1])] == [1, 1]
            if len(tokens) == 2:
                users.create_first_administrator(server.store, "Aziza", PASSWORD)
                browser = server.sign_in()
                assert browser.get(f"{server.url}/welcome", allow_redirects=False).status_code == 303


@pytest.mark.parametrize(
    "path",
    [
        "/", "/overview", "/new_campaign", "/settings", "/frame", "/pages/settings", "/static/index.html",
        "/index.html", "/media/x", "/component/x", "/_stcore/host-config", "/_stcore/stream", "//overview",
        "/%6fverview", "/keep", "/sign-in/", "/welcome/../overview", "/_stcore/health/../host-config",
        "/static/../settings",
    ],
)  # fmt: skip
def test_a_stranger_sees_nothing_but_the_sign_in_page(server: Server, path: str) -> None:
    answer = server.browser().get(server.url + path, allow_redirects=False)
    assert answer.status_code in (303, 400, 404)
    if answer.status_code == 303:
        assert answer.headers["location"].startswith("/sign-in")
    assert "streamlit" not in answer.text.lower()


@pytest.mark.parametrize(
    "cookies",
    [
        "getsms_session=" + "." * 60_000,
        "getsms_session=." + "eJzt" * 10_000 + ".x",
        "getsms_session=v2." + "9" * 400 + ".a.b",
        f"getsms_session=v2.{2**63}.{'a' * 16}.{'A' * 43}",
        f"getsms_session=v2.{2**31 - 1}.{'a' * 16}.{'A' * 43}",
        f"getsms_session=v2.1.{'a' * 16}.{'A' * 43}",
        "getsms_session=\xe9\xff",
        'getsms_session="' + "\\\\0" * 12_000 + '"',
        "a=" + "\\" * 60_000,
        ";".join(f"c{number}=x" for number in range(8_000)),
        ";".join("getsms_session=v2.1.aaaaaaaaaaaaaaaa." + "A" * 43 for _number in range(700)),
        ";".join(f"getsms_session=v2.{number}.aaaaaaaaaaaaaaaa.{'A' * 43}" for number in range(1, 700)),
        "; ;;=;" * 9_000,
        "_streamlit_xsrf=2|" + "f" * 60_000,
        "_streamlit_user=" + "." * 60_000,
    ],
    ids=range(15),
)
def test_a_strangers_cookie_costs_nothing_and_breaks_nothing(server: Server, cookies: str) -> None:
    headers = {"Cookie": cookies.encode("latin-1")}
    # h11 refuses headers of more than 16 KB with 400 if they arrive in pieces, which the kernel decides.
    allowed = (200, 303, 400) if len(cookies) > 16 * 1024 else (200, 303)
    for path in ("/", "/sign-in", "/sign-out", "/_stcore/health", "/keep"):
        begun = time.monotonic()
        answer = requests.get(server.url + path, headers=headers, allow_redirects=False, timeout=10)
        assert answer.status_code in allowed
        assert time.monotonic() - begun < 5  # 20 s before; the machine may be busy
    assert server.websocket(None, server.url) == 403


def test_a_session_beside_other_cookies_of_its_name_counts(server: Server) -> None:
    genuine = server.sign_in().cookies["getsms_session"]
    for cookies in (
        f"getsms_session=old; getsms_session={genuine}",
        f"getsms_session={genuine}; getsms_session=v2.1.aaaaaaaaaaaaaaaa.{'A' * 43}",
        f"x=y;getsms_session={genuine} ; z",
    ):
        answer = requests.get(f"{server.url}/keep", headers={"Cookie": cookies}, allow_redirects=False, timeout=10)
        assert answer.status_code == 204
    assert server.websocket(f"old; getsms_session={genuine}", server.url) == 101


def test_a_form_with_too_much_in_it_is_a_wrong_password_or_less(server: Server) -> None:
    for body in ("&".join(f"f{number}=x" for number in range(50)), "name=x&password=" + "y" * 20_000, "%ff=%00&name"):
        answer = server.browser().post(f"{server.url}/sign-in", data=body, timeout=10)
        assert answer.status_code in (401, 429)


@pytest.mark.parametrize("host", ["[", "a b", "evil/../x", "[::1", "a@b"])
def test_a_host_header_that_no_browser_sends_is_refused(server: Server, host: str) -> None:
    for path in ("/", "/sign-in", "/_stcore/health"):
        assert server.browser().get(server.url + path, headers={"Host": host}).status_code == 400


def test_a_stranger_cannot_open_the_websocket_that_runs_pages(server: Server) -> None:
    assert server.websocket(None, server.url) == 403
    assert server.websocket("forged.cookie", server.url) == 403


def test_a_page_file_does_not_run_alone_for_a_stranger(server: Server) -> None:
    # The hole: until some session ran st.navigation, GET /settings ran pages/settings.py alone. A page runs over the
    # WebSocket, which a stranger cannot open (above); here the way to it is shut as well.
    answer = server.browser().get(f"{server.url}/settings", allow_redirects=False)
    assert answer.headers["location"] == "/sign-in?next=%2Fsettings"


def test_the_front_end_comes_compressed_to_everybody_and_nothing_else_comes_with_it(server: Server) -> None:
    folder = Path(streamlit.__file__).parent / "static" / "static"
    script = max(folder.glob("js/index.*.js"), key=lambda file: file.stat().st_size)
    address = f"{server.url}/static/js/{script.name}"
    answer = server.browser().get(address)
    assert (answer.status_code, answer.headers["content-encoding"]) == (200, "gzip")
    assert answer.content == script.read_bytes()
    assert int(answer.headers["content-length"]) < len(answer.content) / 2
    assert "javascript" in answer.headers["content-type"]
    assert "immutable" in answer.headers["cache-control"]
    plain = server.browser().get(address, headers={"Accept-Encoding": "identity"})
    assert "content-encoding" not in plain.headers
    assert plain.content == answer.content
    ahead = re.findall(
        r'<link rel="modulepreload" crossorigin nonce="[^"]+" href="([^"]+)">',
        server.browser().get(f"{server.url}/sign-in").text,
    )
    assert f"/static/js/{script.name}" in ahead
    assert {server.browser().get(server.url + path).status_code for path in ahead} == {200}
    for path in ("js/../../index.html", "js/%2e%2e/%2e%2e/index.html", "js/none.js", "/etc/hostname", "js"):
        raw = requests.Request("GET", server.url).prepare()
        raw.url = f"{server.url}/static/{path}"
        answer = server.browser().send(raw, allow_redirects=False)
        assert answer.status_code == 303
    assert server.browser().post(address).status_code == 401


def test_a_file_of_the_front_end_is_the_same_whether_it_takes_the_quick_way_or_the_usual_one(server: Server) -> None:
    folder = Path(streamlit.__file__).parent / "static" / "static"
    script = max(folder.glob("js/index.*.js"), key=lambda file: file.stat().st_size)
    path = f"/static/js/{script.name}"
    server.browser().get(server.url + path)  # the first request of a file puts it into memory
    quick = server.browser().get(server.url + path)
    usual = server.browser().get(server.url + path, headers={"Range": "bytes=0-"})
    for answer in (quick, usual):
        answer.headers.pop("date")
    assert (quick.status_code, quick.content) == (usual.status_code, usual.content)
    assert dict(quick.headers) == dict(usual.headers)


_ASKED = "GET PATH HTTP/1.1\r\nHost: HOST\r\nAccept-Encoding: gzip\r\n"


@pytest.mark.parametrize(
    ("parts", "statuses"),
    [
        ([_ASKED + "\r\n"], [200]),
        ([_ASKED + "\r\n" + _ASKED + "\r\n"], [200, 200]),
        ([_ASKED, "\r\n"], [200]),
        ([_ASKED + "\r\n" + _ASKED[:9], _ASKED[9:] + "\r\n"], [200, 200]),
        ([_ASKED + "Host: b\r\n\r\n"], [400]),
        ([_ASKED.replace("HOST", "a b") + "\r\n"], [400]),
        ([_ASKED.replace("Host: HOST\r\n", "") + "\r\n"], [400]),
        ([_ASKED + "No colon\r\n\r\n"], [400]),
        ([_ASKED.replace("PATH", "PATHx") + "\r\n"], [303]),
        ([_ASKED + "Content-Length: 2\r\n\r\n", "ab" + _ASKED + "\r\n"], [200, 200]),
    ],
    ids=["whole", "two at once", "in two parts", "one and a half", "two hosts", "no host name", "no host", "no header",
         "no file", "with a body"],
)  # fmt: skip
def test_the_quick_way_of_files_takes_only_what_is_certain(
    server: Server, parts: list[str], statuses: list[int]
) -> None:
    folder = Path(streamlit.__file__).parent / "static" / "static" / "js"
    path = f"/static/js/{next(folder.glob('index.*.js')).name}"
    server.browser().get(server.url + path)
    host, port = server.url.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), timeout=30) as connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for part in parts:
            connection.sendall(part.replace("PATH", path).replace("HOST", f"{host}:{port}").encode())
        with connection.makefile("rb") as reader:
            assert [_status_of_next_response(reader) for _status in statuses] == statuses


def _status_of_next_response(reader: BinaryIO) -> int:
    status = int(reader.readline().split()[1])
    headers = parse_headers(reader)
    reader.read(int(headers.get("content-length", 0)))
    return status


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH"])
def test_a_stranger_cannot_upload(server: Server, method: str) -> None:
    answer = server.browser().request(method, f"{server.url}/_stcore/upload_file/a/b", data=b"x")
    assert answer.status_code == 401


def test_health_is_open_and_metrics_are_closed_to_everybody(server: Server) -> None:
    assert server.browser().get(f"{server.url}/_stcore/health").text == "ok"
    for browser in (server.browser(), server.sign_in()):
        for path in ("/_stcore/metrics", "/_stcore/metrics/", "/_stcore/agent/openapi.json"):
            assert browser.get(server.url + path, allow_redirects=False).status_code == 404


def test_a_page_begins_in_the_users_language_with_the_script_of_its_words(server: Server) -> None:
    browser = server.sign_in()
    page = browser.get(f"{server.url}/campaigns?lang=ru", timeout=10)
    assert '<html lang="ru">' in page.text
    [script] = re.findall(r'src="(/static/getsms/[^"]+)"', page.text)
    answer = requests.get(server.url + script, timeout=10)
    assert "Ничего не найдено" in answer.text
    assert "immutable" in answer.headers["cache-control"]
    assert '<html lang="en">' in browser.get(f"{server.url}/?lang=<b>", timeout=10).text


def test_a_signed_in_person_gets_the_app_and_its_websocket(server: Server) -> None:
    browser = server.sign_in()
    assert "streamlit" in browser.get(f"{server.url}/").text.lower()
    cookie = browser.cookies["getsms_session"]
    assert server.websocket(cookie, server.url) == 101


def test_a_page_that_the_user_may_not_open_is_answered_in_their_language(server: Server) -> None:
    browser = server.sign_in()
    first = browser.get(f"{server.url}/overview?lang=uz", allow_redirects=False)
    assert (first.status_code, first.headers["location"]) == (307, "/?lang=uz")
    assert "streamlit" in browser.get(f"{server.url}/settings").text.lower()
    strange = browser.get(f"{server.url}/nowhere")
    assert (strange.status_code, "There is no such page" in strange.text) == (404, True)
    if not any(person.name == "Nodira" for person in users.all_users(server.store)):
        users.create(server.store, server.administrator, "Nodira", PASSWORD, Role.ANALYST, "ru")
    analyst = server.sign_in("Nodira")
    closed = analyst.get(f"{server.url}/settings")
    assert (closed.status_code, "аналитик" in closed.text.lower()) == (403, True)
    assert "tahlilchi" in analyst.get(f"{server.url}/settings?lang=uz").text.lower()  # its links to other languages
    assert analyst.get(f"{server.url}/analytics").status_code == 200


@pytest.mark.parametrize("origin", ["http://evil.example", "null", None])
def test_a_foreign_page_cannot_use_somebodys_session(server: Server, origin: str | None) -> None:
    browser = server.sign_in()
    assert server.websocket(browser.cookies["getsms_session"], origin) == 403
    headers = {"Origin": origin} if origin else {"Origin": None}
    answer = browser.put(f"{server.url}/_stcore/upload_file/a/b", data=b"x", headers=headers)
    assert answer.status_code == 403


@pytest.mark.parametrize(
    ("language", "words"), [("en", "did not come from"), ("ru", "Отклонено"), ("uz", "Rad etildi")]
)
def test_a_refusal_in_plain_text_speaks_the_language_of_the_browser(server: Server, language: str, words: str) -> None:
    headers = {"Origin": "http://evil.example", "Accept-Language": language}
    answer = server.browser().post(f"{server.url}/sign-in", headers=headers)
    assert (answer.status_code, words in answer.text) == (403, True)


def test_the_cookie_is_out_of_reach_of_scripts_and_foreign_forms(server: Server) -> None:
    answer = server.browser().post(
        f"{server.url}/sign-in", {"name": "aziza ", "password": PASSWORD}, allow_redirects=False
    )
    cookie = answer.headers["set-cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie
    assert "Secure" not in cookie  # plain http on this machine; a browser would drop it


@pytest.mark.parametrize("path", ["/", "/sign-in", "/_stcore/health", "/_stcore/metrics", "/nowhere"])
def test_every_answer_has_the_security_headers(server: Server, path: str) -> None:
    for browser in (server.browser(), server.sign_in()):
        headers = browser.get(server.url + path, allow_redirects=False).headers
        assert headers["x-frame-options"] == "DENY"
        assert headers["x-content-type-options"] == "nosniff"
        assert "frame-ancestors 'none'" in headers["content-security-policy"]
        assert headers["referrer-policy"] == "same-origin"


@pytest.mark.parametrize("target", ["//evil.example", "https://evil.example", "/\\evil.example", "/sign-out"])
def test_signing_in_does_not_redirect_to_another_site(server: Server, target: str) -> None:
    answer = server.browser().post(
        f"{server.url}/sign-in",
        {"name": "Aziza", "password": PASSWORD},
        params={"next": target},
        allow_redirects=False,
    )
    assert answer.headers["location"] == "/"


def test_signing_in_leads_back_to_where_one_wanted(server: Server) -> None:
    first = server.browser().get(f"{server.url}/campaigns?id=7", allow_redirects=False)
    answer = server.browser().post(
        server.url + first.headers["location"], {"name": "Aziza", "password": PASSWORD}, allow_redirects=False
    )
    assert answer.headers["location"] == "/campaigns?id=7"


def test_the_sixth_wrong_password_has_to_wait(server: Server) -> None:
    browser = server.browser()
    tries = [
        browser.post(f"{server.url}/sign-in", {"name": "Victim", "password": f"wrong {n}"}).status_code
        for n in range(6)
    ]
    assert tries == [401] * 5 + [429]


def test_what_was_typed_comes_back_escaped(server: Server) -> None:
    answer = server.browser().post(f"{server.url}/sign-in", {"name": '"><script>', "password": "x" * 9})
    assert "<script>" not in re.sub(r'<script nonce="[\w-]+">', "", answer.text)


def test_the_page_speaks_the_language_that_the_browser_asks_for(server: Server) -> None:
    browser = server.browser()
    assert '<html lang="ru">' in browser.get(f"{server.url}/sign-in", headers={"Accept-Language": "ru-RU,ru"}).text
    assert '<html lang="uz">' in browser.get(f"{server.url}/sign-in?lang=uz", headers={"Accept-Language": "ru"}).text


def test_a_language_chosen_at_sign_in_stays_and_the_browsers_does_not_replace_it(server: Server) -> None:
    administrator = server.administrator
    users.create(server.store, administrator, "Gulnora", PASSWORD, Role.ANALYST)

    def first_page_after_sign_in(address: str) -> str:
        browser = server.browser()
        form = browser.get(server.url + address, headers={"Accept-Language": "uz"}).text
        hidden = dict(re.findall(r'type="hidden" name="(\w+)" value="(\w+)"', form))
        wrong = browser.post(server.url + address, {"name": "Gulnora", "password": "not hers", **hidden})
        assert dict(re.findall(r'type="hidden" name="(\w+)" value="(\w+)"', wrong.text)) == hidden
        page = browser.post(server.url + address, {"name": "Gulnora", "password": PASSWORD, **hidden})
        return str(re.findall(r'<html lang="(\w+)">', page.text)[0])

    assert first_page_after_sign_in("/sign-in?lang=ru") == "ru"
    assert first_page_after_sign_in("/sign-in") == "ru"
    assert first_page_after_sign_in("/sign-in?lang=xx") == "ru"


def test_signing_out_ends_the_session_everywhere(server: Server) -> None:
    browser = server.sign_in()
    stolen = browser.cookies["getsms_session"]
    answer = browser.get(f"{server.url}/sign-out", headers={"Referer": f"{server.url}/"}, allow_redirects=False)
    assert answer.headers["location"] == "/sign-in"
    assert "getsms_session" not in browser.cookies
    assert server.websocket(stolen, server.url) == 403


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "none"},
        {"Referer": "http://evil.example/"},
        {"Sec-Fetch-Site": "cross-site", "Referer": "http://127.0.0.1/"},
    ],
    ids=str,
)
def test_a_link_on_a_foreign_page_cannot_sign_anybody_out(server: Server, headers: dict[str, str]) -> None:
    browser = server.sign_in()
    response = browser.get(f"{server.url}/sign-out", headers=headers)
    assert 'action="/sign-out' in response.text
    assert browser.get(f"{server.url}/", allow_redirects=False).status_code == 200
    refused = browser.post(f"{server.url}/sign-out", headers={"Origin": "http://evil.example"})
    assert refused.status_code == 403
    assert browser.get(f"{server.url}/", allow_redirects=False).status_code == 200
    browser.post(f"{server.url}/sign-out")
    assert browser.get(f"{server.url}/", allow_redirects=False).status_code == 303


def test_a_new_password_ends_the_sessions_of_that_person(server: Server) -> None:
    administrator = server.administrator
    lola = users.create(server.store, administrator, "Lola", PASSWORD, Role.ANALYST)
    browser = server.sign_in("Lola")
    users.change_password(server.store, administrator, lola.id, "quite another one")
    assert browser.get(f"{server.url}/", allow_redirects=False).status_code == 303
    browser = server.sign_in("Lola", "quite another one")
    users.disable(server.store, administrator, lola.id)
    assert browser.get(f"{server.url}/", allow_redirects=False).status_code == 303
    assert server.websocket(browser.cookies["getsms_session"], server.url) == 403


def test_a_session_ends_after_twelve_hours_and_after_a_restart_it_is_still_there(tmp_path: Path) -> None:
    cookies = {}
    with closing(open_store(copy_sqlite_template(tmp_path))) as store:  # signed in before the server starts
        users.create_first_administrator(store, "Aziza", PASSWORD)
        for hours in (11.9, 12.1):
            begun_at = int((time.time() - hours * 3600) * 1000)
            signed_in = sign_in.with_password(store, "Aziza", PASSWORD, None, begun_at)
            assert signed_in
            cookies[hours] = {"getsms_session": signed_in.cookie}
    with start(tmp_path, UVICORN, token=None) as server:
        server.sign_in()
        assert "First start" not in server.log
        statuses = [
            server.browser().get(f"{server.url}/", cookies=cookies[hours], allow_redirects=False).status_code
            for hours in (11.9, 12.1)
        ]
        assert statuses == [200, 303]
        assert server.websocket(cookies[12.1]["getsms_session"], server.url) == 403
        recognised = sessions.find(server.store, cookies[11.9]["getsms_session"])
        assert recognised
        assert time.time() * 1000 - recognised[1].seen_at < 60_000


def test_a_user_sets_up_a_second_factor_and_signs_in_with_it(server: Server) -> None:
    administrator = server.administrator
    users.create(server.store, administrator, "Factor", PASSWORD, Role.ANALYST)
    browser = server.sign_in("Factor")
    page = browser.get(f"{server.url}/two-factor").text
    secret = re.findall(r'name="secret" value="([A-Z2-7]{32})"', page)[0]
    totp = pyotp.TOTP(secret)
    form = {"secret": secret, "code": totp.now(), "password": "not that one"}
    assert browser.post(f"{server.url}/two-factor", form).status_code == 422
    for forged in ("A" * 7000, "A" * 33, "ʻ"):  # more than a QR code holds, and no base 32
        again = browser.post(f"{server.url}/two-factor", form | {"secret": forged})
        assert (again.status_code, f'value="{forged}"' in again.text) == (200, False)
    codes = browser.post(f"{server.url}/two-factor", form | {"password": PASSWORD})
    recovery = re.findall(r"<li><code>([a-z2-7-]{19})</code></li>", codes.text)
    assert len(recovery) == 10
    assert codes.headers["cache-control"] == "no-store"

    other = server.browser()
    answer = other.post(
        f"{server.url}/sign-in?next=/analytics", {"name": "Factor", "password": PASSWORD}, allow_redirects=False
    )
    assert answer.headers["location"] == "/sign-in/code?next=%2Fanalytics"
    waiting = other.cookies["getsms_session"]
    assert other.get(f"{server.url}/", allow_redirects=False).status_code == 303
    assert other.put(f"{server.url}/_stcore/upload_file/a/b", data=b"x").status_code == 401
    assert server.websocket(waiting, server.url) == 403
    assert other.get(f"{server.url}/two-factor", allow_redirects=False).headers["location"] == "/sign-in"
    address = server.url + answer.headers["location"]
    assert other.post(address, {"code": "000000 "}).status_code == 401
    response = other.post(address, {"code": recovery[0]}, allow_redirects=False)
    assert response.headers["location"] == "/analytics"
    assert other.get(f"{server.url}/analytics", allow_redirects=False).status_code == 200
    assert server.websocket(waiting, server.url) == 403
    off = other.post(f"{server.url}/two-factor", {"code": recovery[1]}, allow_redirects=False)
    assert off.headers["location"] == "/account"
    assert server.sign_in("Factor").get(f"{server.url}/", allow_redirects=False).status_code == 200


def test_a_role_that_must_have_a_second_factor_gets_nowhere_without(server: Server) -> None:
    administrator = server.administrator
    users.create(server.store, administrator, "Must", PASSWORD, Role.MANAGER)
    two_factor.require(server.store, administrator, [Role.MANAGER])
    try:
        browser = server.browser()
        answer = browser.post(f"{server.url}/sign-in", {"name": "Must", "password": PASSWORD}, allow_redirects=False)
        assert answer.headers["location"] == "/two-factor"
        assert browser.get(f"{server.url}/", allow_redirects=False).status_code == 303
        page = browser.get(f"{server.url}/two-factor").text
        assert 'name="password"' not in page
        secret = re.findall(r'name="secret" value="([A-Z2-7]{32})"', page)[0]
        assert secret in browser.get(f"{server.url}/two-factor").text, "a page that is loaded again has another key"
        codes = browser.post(f"{server.url}/two-factor", {"secret": secret, "code": pyotp.TOTP(secret).now()}).text
        assert browser.get(f"{server.url}/", allow_redirects=False).status_code == 200
        [first, *_others] = re.findall(r"<li><code>([a-z2-7-]{19})</code></li>", codes)
        page = browser.get(f"{server.url}/two-factor").text
        assert "10 recovery codes are left" in page
        assert "Turn off" not in page
        renewed = browser.post(f"{server.url}/two-factor", {"code": first, "new-codes": "1"})
        assert len(re.findall(r"<li><code>([a-z2-7-]{19})</code></li>", renewed.text)) == 10
        assert first not in renewed.text
    finally:
        two_factor.require(server.store, administrator, [])


def test_an_invited_user_chooses_a_password_and_is_in(server: Server) -> None:
    administrator = server.administrator
    link = links.invite(server.store, administrator, "Invited", Role.ANALYST)
    browser = server.browser()
    page = browser.get(link.address(server.url))
    assert (page.status_code, "Choose a password for Invited" in page.text) == (200, True)
    assert page.headers["referrer-policy"] == "strict-origin"
    short = browser.post(f"{server.url}/join", {"token": link.token, "password": "short"})
    assert (short.status_code, "at least 8 characters" in short.text) == (422, True)
    russian = browser.get(f"{link.address(server.url)}&lang=ru")
    assert '<html lang="ru">' in russian.text
    response = browser.post(
        f"{server.url}/join?lang=ru", {"token": link.token, "password": PASSWORD}, allow_redirects=False
    )
    assert [user.language for user in users.all_users(server.store) if user.name == "Invited"] == ["ru"]
    assert response.headers["location"] == "/"
    assert browser.get(f"{server.url}/", allow_redirects=False).status_code == 200
    for again in (server.browser().get(link.address(server.url)), server.browser().get(f"{server.url}/join")):
        assert (again.status_code, "was used already" in again.text) == (403, True)
    assert link.token not in server.log


def test_an_invited_user_meets_one_language_from_the_link_on(server: Server) -> None:
    for name, wish, shown, kept in (
        ("Guli", "", "parol tanlang", "uz"),
        ("Gavhar", "&lang=ru", "Выберите пароль", "ru"),
    ):
        link = links.invite(server.store, server.administrator, name, Role.ANALYST, "uz")
        browser = server.browser()
        browser.headers["accept-language"] = "en"
        page = browser.get(link.address(server.url) + wish)
        assert shown in page.text
        action = html.unescape(re.findall(r'<form[^>]*action="([^"]+)"', page.text)[0])
        browser.post(server.url + action, {"token": link.token, "password": PASSWORD}, allow_redirects=False)
        assert {user.name: user.language for user in users.all_users(server.store)}[name] == kept


def test_pages_about_a_known_user_speak_that_users_language_unless_another_is_chosen(server: Server) -> None:
    administrator = server.administrator
    link = links.invite(server.store, administrator, "Uzbek", Role.ANALYST, "uz")
    browser = server.browser()
    browser.headers["Accept-Language"] = "ru"
    assert '<html lang="uz">' in browser.get(link.address(server.url)).text
    browser.post(f"{server.url}/join", {"token": link.token, "password": PASSWORD})
    page = browser.get(f"{server.url}/two-factor").text
    assert '<html lang="uz">' in page
    assert '<html lang="en">' in browser.get(f"{server.url}/two-factor?lang=en").text
    secret = re.findall(r'name="secret" value="([A-Z2-7]{32})"', page)[0]
    form = {"secret": secret, "code": pyotp.TOTP(secret).now(), "password": PASSWORD}
    browser.post(f"{server.url}/two-factor", form)
    again = server.browser()
    again.headers["Accept-Language"] = "ru"
    asked = again.post(f"{server.url}/sign-in", {"name": "Uzbek", "password": PASSWORD})
    assert asked.url.endswith("/sign-in/code")
    assert '<html lang="uz">' in asked.text
    assert '<html lang="ru">' in again.get(f"{asked.url}?lang=ru").text


@pytest.mark.parametrize("path", ["/sign-%09in", "/over%0aview", "/%00", "/x%5c..%5csettings", "/%e2%80%aeoverview"])
def test_an_address_with_characters_that_libraries_read_differently_is_refused(server: Server, path: str) -> None:
    for browser in (server.browser(), server.sign_in()):
        assert browser.get(server.url + path, allow_redirects=False).status_code == 400


@pytest.mark.parametrize("path", ["/sign-in/", "/no-such-page", "/settings/x", "/sign-in2"])
def test_an_unknown_page_is_answered_in_the_language_of_the_user(server: Server, path: str) -> None:
    answer = server.sign_in().get(server.url + path, allow_redirects=False)
    assert (answer.status_code, "There is no such page" in answer.text) == (404, True)


def test_a_database_that_cannot_be_opened_is_told_in_a_sentence_and_not_ready(
    tmp_path: Path, wait_until: WaitUntil
) -> None:
    (tmp_path / "door.db").write_text("this is no database, and longer than a header " * 10)
    # The store is opened at the first request, so that the server itself can say what is wrong.
    port = find_free_port()
    environment = os.environ | {"GETSMS_DATABASE_URL": f"sqlite:///{tmp_path / 'door.db'}"}
    line = [sys.executable, "-m", *(part.format(port=port) for part in UVICORN)]
    with child_process(line, forked=True, cwd=ROOT, env=environment, stderr=subprocess.DEVNULL):
        wait_until(lambda: healthy(f"http://127.0.0.1:{port}"), seconds=60)
        answer = requests.get(f"http://127.0.0.1:{port}/", allow_redirects=False, timeout=10)
        assert answer.status_code == 503
        assert "The database file cannot be opened" in answer.text
        assert "Traceback" not in answer.text
        assert requests.get(f"http://127.0.0.1:{port}/health", timeout=10).status_code == 200
        ready = requests.get(f"http://127.0.0.1:{port}/ready", timeout=10)
        assert (ready.status_code, ready.json()["missing"]) == (503, ["database"])
