"""One upload makes one list and one draft, while the machine is busy and several people upload at once."""

import os
import random
import signal
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from playwright.sync_api import Browser, BrowserContext, Page, expect

from getsms_core.base.permissions import Role
from getsms_core.contacts import lists
from getsms_core.reports import listings
from getsms_core.users import service as users
from tests.browser.contexts import new_context
from tests.browser.in_place import wait_for_rest
from tests.conftest import poll
from tests.effort import times
from tests.integration.users.gate_server import PASSWORD, Server
from tests.screens.scene import sign_in
from tests.waits import background

SLOW = 120_000  # ms
ROUNDS = times(2)
NAMES = ("Anvar", "Bobur", "Lola")
STOPPED = 2 / 3
"""The share of the time in which a process stands still: what two burning processes for each core make of it."""
SLICE = 0.04  # seconds


def renderers(pid: int) -> Iterator[int]:
    """The processes of Chromium that draw pages, among the descendants of a process."""
    for children in Path(f"/proc/{pid}/task").glob("*/children"):
        for child in children.read_text().split():
            with suppress(FileNotFoundError, ProcessLookupError):  # it has ended
                if "--type=renderer" in Path(f"/proc/{child}/cmdline").read_text():
                    yield int(child)
                yield from renderers(int(child))


@contextmanager
def busy_machine(processes: Sequence[int]) -> Iterator[None]:
    """Let each process run and stand still in turns that chance decides, as on a machine that is busy with other work;
    that work itself would cost the suite 40 s of CPU."""
    ended, chance = threading.Event(), random.Random(7)

    def send(pid: int, number: signal.Signals) -> None:
        with suppress(ProcessLookupError):
            os.kill(pid, number)

    def take_turns() -> None:
        try:
            while not ended.wait(SLICE):
                for pid in processes:
                    send(pid, signal.SIGSTOP if chance.random() < STOPPED else signal.SIGCONT)
        finally:
            for pid in processes:
                send(pid, signal.SIGCONT)

    with background(take_turns):
        try:
            yield
        finally:
            ended.set()


def signed_in(context: BrowserContext, server: Server, name: str) -> Page:
    """The wizard in a browser of somebody's own."""
    page = sign_in(context, server, name)
    page.set_default_timeout(SLOW)
    page.goto(f"{server.url}/new_campaign")
    return page


def counts(server: Server, name: str) -> tuple[int, int]:
    """How many lists and drafts somebody has."""
    own = [stored_list for stored_list in lists.all_lists(server.store) if stored_list.created_by == name]
    return len(own), len(listings.drafts(server.store, name, limit=100))


def test_each_upload_of_several_people_on_a_busy_machine_makes_one_list_and_one_draft(
    browser: Browser, context: BrowserContext, server: Server, tmp_path: Path
) -> None:
    """There is no worker, so that every page also shows that a list waits: its fragment runs on a timer."""
    expect.set_options(timeout=SLOW)
    for name, role in zip(NAMES, (Role.ADMINISTRATOR, Role.MARKETER, Role.MARKETER), strict=True):
        users.create(server.store, server.administrator, name, PASSWORD, role)
    contexts = [context, *(new_context(browser) for _name in NAMES[1:])]
    pages = {name: signed_in(own, server, name) for name, own in zip(NAMES, contexts, strict=True)}
    drawing = list(renderers(os.getpid()))
    assert len(drawing) >= len(NAMES)
    with busy_machine([server.pid, *drawing]):
        for turn in range(1, ROUNDS + 1):
            for page in pages.values():
                if turn > 1:
                    page.goto(f"{server.url}/new_campaign")
                expect(page.locator("input[type=file]").first).to_be_attached()
                wait_for_rest(page)
            for name, page in pages.items():
                file = tmp_path / f"{name}-{turn}.csv"
                file.write_text("Ism;Telefon\n" + "".join(f"Ali;{901234567 + n}\n" for n in range(2_000)))
                page.locator("input[type=file]").first.set_input_files(file)
            for page in pages.values():
                page.wait_for_url("**campaign=*")  # the page's timers have sent the uploader's value again by then
                wait_for_rest(page)
            poll(
                lambda turn=turn: all(min(counts(server, name)) >= turn for name in NAMES),  # type: ignore[misc]
                seconds=60,
                what="an upload made nothing",
            )
            assert {name: counts(server, name) for name in NAMES} == dict.fromkeys(NAMES, (turn, turn))
    pages[NAMES[0]].close()
    for own in contexts[1:]:
        own.close()
