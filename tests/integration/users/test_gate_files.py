"""Uploads, downloads and pages before the real app: each belongs to the session that it was made for."""

import asyncio
import socket
from dataclasses import dataclass

import pytest
import requests
import sqlalchemy as sa
from sqlmodel import col
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

from getsms_core.base.permissions import Role
from getsms_core.db.models import Audit, RecipientList
from getsms_core.users import service as users
from tests.conftest import poll
from tests.integration.users.conftest import with_administrator
from tests.integration.users.gate_server import METRICS_TOKEN, PASSWORD, Server
from tests.load.tab import Tab, Timings

pytestmark = pytest.mark.xdist_group("gate")


@dataclass
class World:
    """A server, and the cookies of its users by name."""

    server: Server
    cookies: dict[str, str]

    def tab(self, name: str, page: str = "") -> Tab:
        return Tab(self.server.url, self.cookies[name], page, "", Timings(), scripts=False)

    def get(self, name: str, path: str) -> requests.Response:
        cookie = {"Cookie": f"getsms_session={self.cookies[name]}"}
        return requests.get(f"{self.server.url}{path}", headers=cookie, timeout=30)


@pytest.fixture(scope="module")
def world(uvicorn_server: Server) -> World:
    server = with_administrator(uvicorn_server)
    for name, role in (("Malika", Role.MARKETER), ("Anvar", Role.ANALYST)):
        users.create(server.store, server.administrator, name, PASSWORD, role)
    cookies = {name: server.sign_in(name).cookies["getsms_session"] for name in ("Aziza", "Malika", "Anvar")}
    return World(server, cookies)


def test_the_time_that_a_person_waited_for_a_page_is_counted(world: World) -> None:
    def counted() -> int:
        headers = {"Authorization": f"Bearer {METRICS_TOKEN}"}
        text = requests.get(f"{world.server.url}/metrics", headers=headers, timeout=30).text
        return int(float(text.split('getsms_page_seconds_count{kind="person"} ')[1].split()[0]))

    async def run() -> None:
        tab = world.tab("Malika")
        await tab.open()
        await tab.close()

    before = counted()
    asyncio.run(run())
    assert counted() > before


def put(tab: Tab, path: str, content: bytes = b"telefon\n901234567\n") -> int:
    return tab.put(path, "list.csv", content)


def test_an_upload_needs_an_id_that_was_given_to_the_same_session(world: World) -> None:
    async def run() -> None:
        tab, other = world.tab("Malika", "new_campaign"), world.tab("Aziza", "new_campaign")
        await asyncio.gather(tab.open(), other.open())
        (own,) = await tab.ask_for_addresses("list.csv")
        session_id, file_id = own.upload_url.split("/")[-2:]
        for path in (
            own.upload_url.replace(file_id, "0" * len(file_id)),
            own.upload_url.replace(session_id, "0" * len(session_id)),
            own.upload_url + "0",
        ):
            assert put(tab, path) == 403
        assert put(other, own.upload_url) == 403
        assert put(tab, own.upload_url) == 204
        assert other.delete(own.delete_url) == 403
        assert tab.delete(own.delete_url) == 204
        assert put(tab, own.upload_url) == 204, "the same file again, as after a lost connection"
        assert tab.change("PUT", own.upload_url, data=iter([b"a body of any size"])) == 411
        await asyncio.gather(tab.close(), other.close())

    asyncio.run(run())


def test_a_whole_upload_makes_a_list(world: World) -> None:
    def is_list() -> bool:
        with world.server.store.reading() as session:
            return "mijozlar.csv" in session.scalars(sa.select(col(RecipientList.filename))).all()

    async def run() -> None:
        tab = world.tab("Malika", "new_campaign")
        await tab.open()
        await asyncio.wait_for(tab.upload(b"telefon\n901234567\n", "mijozlar.csv", is_list), 60)
        assert tab.timings.errors == []
        await tab.close()

    asyncio.run(run())


def test_an_upload_that_breaks_off_leaves_a_line_and_no_traceback(world: World) -> None:
    async def run() -> None:
        tab = world.tab("Malika", "new_campaign")
        await tab.open()
        (address,) = await tab.ask_for_addresses("list.csv")
        host, port = world.server.host.split(":")
        with socket.create_connection((host, int(port)), 10) as client:
            client.sendall(
                f"PUT {address.upload_url} HTTP/1.1\r\nHost: {world.server.host}\r\nOrigin: {world.server.url}\r\n"
                f"Cookie: getsms_session={world.cookies['Malika']}; _streamlit_xsrf={tab.token}\r\n"
                f"X-Xsrftoken: {tab.token}\r\nContent-Type: multipart/form-data; boundary=b\r\n"
                "Content-Length: 1000\r\n\r\n--b\r\n".encode()
            )
        poll(lambda: "gate.upload_refused" in world.server.log and "status=408" in world.server.log)
        assert put(tab, address.upload_url) == 204
        await tab.close()

    asyncio.run(run())
    assert "Traceback" not in world.server.log


def test_who_may_not_upload_is_given_no_id_and_can_use_none(world: World) -> None:
    async def run() -> None:
        tab, other = world.tab("Anvar"), world.tab("Malika", "new_campaign")
        await asyncio.gather(tab.open(), other.open())
        with pytest.raises(TimeoutError):
            await tab.ask_for_addresses("list.csv", seconds=1.5)
        with pytest.raises(TimeoutError):
            await other.ask_for_addresses(*["list.csv"] * 21, seconds=1.5)
        (address,) = await other.ask_for_addresses("list.csv")
        assert put(tab, address.upload_url) == 403
        assert put(other, address.upload_url) == 204
        await asyncio.gather(tab.close(), other.close())

    asyncio.run(run())


def test_a_download_is_for_the_session_that_asked_for_it_and_is_audited(world: World) -> None:
    async def run() -> str:
        tab = world.tab("Aziza", "audit")
        await tab.open()
        button = next(iter(tab.downloads))
        message = BackMsg()
        message.backend_operation_request.session_id = tab.page_id
        message.backend_operation_request.deferred_file.file_id = button
        await tab.send(message)
        answer = await tab.wait_for("backend_operation_response")
        await tab.close()
        return str(answer.backend_operation_response.deferred_file.url)

    address = asyncio.run(run())
    assert address.startswith("/media/")
    own = world.get("Aziza", address)
    assert own.status_code == 200
    assert own.headers["cache-control"] == "no-store"
    assert "Aziza" in own.text
    for name in ("Malika", "Anvar"):
        assert world.get(name, address).status_code == 404
    with world.server.store.reading() as session:
        entries = session.scalars(
            sa.select(Audit).where(col(Audit.action).in_(("file.download", "audit.export")))
        ).all()
    assert [entry.actor for entry in entries] == ["Aziza"]


def test_a_page_of_somebody_else_is_not_continued(world: World) -> None:
    async def run() -> None:
        tab = world.tab("Malika", "new_campaign")
        await tab.open()
        await tab.drop_connection()
        thief, owner = world.tab("Anvar"), world.tab("Malika", "new_campaign")
        await thief.open(continued=tab.page_id)
        assert thief.page_id != tab.page_id
        await owner.open(continued=tab.page_id)
        assert owner.page_id == tab.page_id
        await asyncio.gather(thief.close(), owner.close(), tab.close())

    asyncio.run(run())


def test_a_name_that_looks_like_an_address_opens_nothing() -> None:
    from pages.ui.gate.addresses import Addresses

    known = Addresses()
    text = ForwardMsg()
    text.delta.new_element.markdown.body = "/media/0123.csv"
    known.note("session", text.SerializeToString())
    assert not known.may_use("session", "/media/0123.csv")
    known.note("session", b"\xff/media/not a message")
    answer = ForwardMsg()
    answer.backend_operation_response.deferred_file.url = "/media/0123.csv"
    known.note("session", answer.SerializeToString())
    assert known.may_use("session", "/media/0123.csv")
    assert not known.may_use("other", "/media/0123.csv")
