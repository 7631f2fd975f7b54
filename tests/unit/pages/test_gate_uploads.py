"""The limits of uploads, without a server: what is counted, what waits, what ends."""

import asyncio
from collections.abc import Callable

import pytest
from starlette.datastructures import Headers
from starlette.types import Message

from getsms_core.base.permissions import Role
from getsms_core.users.identity import UserInfo
from pages.ui.gate.uploads import Held, Limits, UploadRefused, Uploads, may_upload, size_of


def user(user_id: int, role: Role = Role.MARKETER) -> UserInfo:
    return UserInfo(user_id, f"Person {user_id}", role, "en", created_at=1, created_by="", disabled_at=None)


def body(*parts: bytes, pause: float = 0) -> Callable[[], object]:
    """A `receive` that gives these parts."""
    waiting = list(parts)

    async def receive() -> Message:
        await asyncio.sleep(pause)
        return {"type": "http.request", "body": waiting.pop(0), "more_body": bool(waiting)}

    return receive


async def take(all_uploads: Uploads, person: UserInfo, name: str, size: int, held: Held, pause: float = 0) -> str:
    """One PUT as the app serves it, in two parts; returns the type of the last message."""
    async with all_uploads.counted(person, f"/_stcore/upload_file/page/{name}", size) as upload:
        receive = all_uploads.limited(body(b"first", b"last", pause=pause), upload)  # type: ignore[arg-type]
        last: Message = await receive()
        while last["type"] == "http.request" and last["more_body"]:
            last = await receive()
        if last["type"] == "http.request":
            held["page", name] = size
    return str(last["type"])


def test_only_roles_with_an_uploader_may_upload() -> None:
    allowed = {role for role in Role if may_upload(user(1, role))}
    assert allowed == {Role.MARKETER, Role.ADMINISTRATOR}


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 411),
        ({"content-length": "x"}, 411),
        ({"content-length": "-1"}, 411),
        ({"content-length": "10", "transfer-encoding": "chunked"}, 411),
        ({"content-length": str(300 << 20)}, 413),
    ],
)
def test_a_body_without_a_true_size_is_refused(headers: dict[str, str], status: int) -> None:
    with pytest.raises(UploadRefused) as refused:
        size_of(Headers(headers))
    assert refused.value.status == status
    assert size_of(Headers({"content-length": "10"})) == 10


def test_the_bytes_of_one_user_and_of_all_are_limited_until_their_pages_let_go() -> None:
    async def run() -> None:
        held: Held = {}
        all_uploads = Uploads(Limits(user_bytes=10, all_bytes=25, at_once_bytes=100), lambda: held)
        await take(all_uploads, user(1), "a", 8, held)
        with pytest.raises(UploadRefused) as of_user:
            await take(all_uploads, user(1), "b", 3, held)
        for n in (2, 3):
            await take(all_uploads, user(n), f"of {n}", 8, held)
        with pytest.raises(UploadRefused) as of_all:
            await take(all_uploads, user(4), "c", 3, held)
        assert (of_user.value.status, of_all.value.status) == (429, 503)
        assert ("page", "b") not in held
        del held["page", "a"]  # its page has stored it
        await take(all_uploads, user(1), "b", 3, held)
        await take(all_uploads, user(4), "c", 3, held)
        del held["page", "c"]
        await take(all_uploads, user(1), "b", 9, held)  # the same file again replaces itself
        del held["page", "b"]
        await take(all_uploads, user(1), "d", 9, held)

    asyncio.run(run())


def test_bodies_of_the_same_file_that_arrive_at_once_count_together() -> None:
    async def run() -> None:
        all_uploads = Uploads(Limits(user_bytes=10, all_bytes=25), dict)
        path = "/_stcore/upload_file/page/a"
        async with all_uploads.counted(user(1), path, 8):
            with pytest.raises(UploadRefused) as refused:
                async with all_uploads.counted(user(1), path, 8):
                    pytest.fail("a user filled the disk with one file id")
            assert refused.value.status == 429
        async with all_uploads.counted(user(1), path, 8):
            pass

    asyncio.run(run())


def test_a_file_waits_for_memory_until_another_is_stored_and_a_refused_one_counts_no_longer() -> None:
    async def run() -> None:
        held: Held = {}
        all_uploads = Uploads(Limits(at_once_bytes=10), lambda: held)
        await take(all_uploads, user(1), "a", 8, held)
        second = asyncio.create_task(take(all_uploads, user(2), "b", 8, held))
        third = asyncio.create_task(take(all_uploads, user(3), "c", 2, held))
        completed, _waiting = await asyncio.wait([second, third], timeout=0.3)
        assert not completed, "the files wait in the order in which they came"
        del held["page", "a"]
        assert await second == await third == "http.request"
        with pytest.raises(RuntimeError):
            async with all_uploads.counted(user(4), "/_stcore/upload_file/page/d", 10):
                raise RuntimeError("Streamlit failed")
        held.clear()
        assert await take(all_uploads, user(4), "d", 10, held) == "http.request"

    asyncio.run(run())


def test_pages_have_time_between_two_files_that_are_stored_and_a_file_with_room_does_not_wait() -> None:
    async def run() -> None:
        held: Held = {}
        all_uploads = Uploads(Limits(at_once_bytes=10, rest_seconds=0.2), lambda: held)
        await take(all_uploads, user(1), "a", 8, held)
        second = asyncio.create_task(take(all_uploads, user(2), "b", 8, held))
        completed, _waiting = await asyncio.wait([second], timeout=0.15)
        assert not completed
        stored_at = asyncio.get_running_loop().time()
        del held["page", "a"]
        assert await second == "http.request"
        assert asyncio.get_running_loop().time() - stored_at >= 0.2
        has_room = Uploads(Limits(at_once_bytes=10, rest_seconds=600), dict)
        assert await asyncio.wait_for(take(has_room, user(3), "c", 8, {}), 60) == "http.request"

    asyncio.run(run())


def test_a_file_that_waits_for_its_user_lets_the_next_one_in() -> None:
    async def run() -> None:
        held: Held = {}
        all_uploads = Uploads(Limits(at_once_bytes=10, stored_seconds=0), lambda: held)
        await take(all_uploads, user(1), "a", 8, held)
        assert await take(all_uploads, user(2), "b", 8, held) == "http.request"

    asyncio.run(run())


@pytest.mark.parametrize("limits", [Limits(pause_seconds=0.05), Limits(pause_seconds=0.15, slowest=1e9)])
def test_a_body_that_pauses_or_drips_ends(limits: Limits) -> None:
    held: Held = {}
    pause = 0.1
    assert asyncio.run(take(Uploads(limits, lambda: held), user(1), "slow", 8, held, pause)) == "http.disconnect"
    assert held == {}


def test_a_file_that_finds_no_room_in_time_ends() -> None:
    async def run() -> None:
        held: Held = {}
        all_uploads = Uploads(Limits(at_once_bytes=10, wait_seconds=0.05), lambda: held)
        await take(all_uploads, user(1), "a", 8, held)
        assert await take(all_uploads, user(2), "b", 8, held) == "http.disconnect"

    asyncio.run(run())
