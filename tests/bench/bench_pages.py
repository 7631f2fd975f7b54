"""The pages over a long history, in a real browser; `tests.bench.bench_history` builds it and calls this.

The whole program (`getsms serve`) on that database; each page opened by the menu, as a person does who is signed in:
from the click until the page's script has ended and what it shows has been drawn, the median of several. Beside it
pages opened by their address in a new browser, the program's own start and its memory. Limits, on two idle cores:
0.5 s by the menu, 0.2 s for a run after a click on the page, 1.5 s in a new browser.
"""

import os
import signal
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from playwright.sync_api import Browser, Locator, Page, sync_playwright

from getsms_core.db.engine import open_store
from getsms_core.users import service as users
from pages.ui.gate.addresses import ends_run
from tests.chromium import launch_options
from tests.conftest import ROOT, find_free_port, poll
from tests.integration.users.gate_server import healthy

NAME, PASSWORD = "Aziza", "a good password"
TIMES = 5
PATHS = ("", "new_campaign", "campaigns", "campaigns?id={largest}", "lists", "templates", "analytics",
         "analytics?period=all", "reports", "settings", "audit")  # fmt: skip
_IDLE = "[data-test-script-state=notRunning]"
_WATCH = "() => addEventListener('click', () => { window.begun = performance.now(); }, {capture: true, once: true})"
_DRAWN = """() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(
    () => done(performance.now() - window.begun))))"""


class Runs:
    """Counts the runs of the script that have ended. The state on the page shows only some: React draws a run that is
    quick as if it had never begun."""

    def __init__(self, page: Page) -> None:
        self.page, self.ended = page, 0
        page.on("websocket", lambda socket: socket.on("framereceived", self._count))

    def _count(self, frame: str | bytes) -> None:
        self.ended += isinstance(frame, bytes) and ends_run(frame)

    def wait(self, earlier: int) -> None:
        """Wait until more than `earlier` runs have ended. Raises `AssertionError` after a minute."""
        deadline = time.monotonic() + 60
        while self.ended == earlier:
            assert time.monotonic() < deadline, "no run ended after a click"
            self.page.wait_for_timeout(2)


@contextmanager
def serving(url: str, folder: Path) -> Iterator[tuple[str, float, int]]:
    """The program on this database: its address, the seconds of its start, its process."""
    port = find_free_port()
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("GETSMS_", "STREAMLIT_"))}
    environment |= {"GETSMS_DATABASE_URL": url, "GETSMS_FILES": str(folder / "files")}
    command = [sys.executable, "-m", "getsms_core.cli", "serve", "--port", str(port)]
    begun = time.perf_counter()
    with (folder / "serve.log").open("w") as log:
        program = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=log, stderr=log)
        address = f"http://127.0.0.1:{port}"
        try:
            poll(lambda: healthy(address), seconds=90, what="the app did not start")
            yield address, time.perf_counter() - begun, program.pid
        finally:
            program.send_signal(signal.SIGINT)
            program.wait(30)


def sign_in(page: Page, address: str) -> None:
    """Sign in as the administrator of `table`."""
    page.goto(address)
    page.get_by_label("Name").fill(NAME)
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.get_by_test_id("stSidebarNav").wait_for()


def after_click(runs: Runs, link: Locator) -> float:
    """Seconds from a click until the run that it asks for has ended and is drawn."""
    page = runs.page
    page.locator(_IDLE).wait_for(state="attached")  # the end of an earlier run is not the end of this one
    page.evaluate(_WATCH)
    earlier = runs.ended
    link.click()
    runs.wait(earlier)
    return float(page.evaluate(_DRAWN)) / 1000


def reruns(runs: Runs, address: str) -> dict[str, float]:
    """Median seconds of the runs of Analytics after a click on each of its views, by the view's name."""
    page = runs.page
    page.goto(f"{address}/analytics?period=all")
    views = page.locator(".st-key-view button")
    views.first.wait_for()
    taken: dict[str, list[float]] = {}
    for _n in range(TIMES):
        for view in [*views.all()[1:], views.first]:  # the first is shown now
            taken.setdefault(view.inner_text(), []).append(after_click(runs, view))
    return {name: statistics.median(seconds) for name, seconds in taken.items()}


def by_address(browser: Browser, state: str, address: str) -> float:
    """Seconds until a page stands that is opened by its address in a new session."""
    with closing(browser.new_context(storage_state=state)) as context:
        page = context.new_page()
        begun = time.perf_counter()
        page.goto(address)
        page.locator("h1, h2").first.wait_for()
        page.locator(_IDLE).wait_for(state="attached")
        return time.perf_counter() - begun


def memory(pid: int) -> float:
    """MB that the app holds, which is a child of `getsms serve`."""
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    app = next(child for child in children if b"streamlit" in Path(f"/proc/{child}/cmdline").read_bytes())
    return int(Path(f"/proc/{app}/status").read_text().split("VmRSS:")[1].split()[0]) / 1024


def table(url: str, folder: Path, largest: int) -> None:
    """Serve the database at `url`, which has no person yet, open its pages and print; `largest` is the id of a
    campaign."""
    with closing(open_store(url)) as store:
        users.create_first_administrator(store, NAME, PASSWORD)
    with (
        serving(url, folder) as (address, start, pid),
        sync_playwright() as play,
        closing(play.chromium.launch(**launch_options())) as browser,
    ):
        context = browser.new_context()
        page = context.new_page()
        page.set_default_timeout(60_000)
        runs = Runs(page)
        sign_in(page, address)
        state = str(folder / "state.json")
        context.storage_state(path=state)
        print(f"{'the app answers after its start':42} {start * 1000:7.0f} ms", flush=True)
        links = page.get_by_test_id("stSidebarNav").get_by_role("link")
        for n, link in enumerate(links.all()):
            taken = []
            for _n in range(TIMES):
                after_click(runs, links.last if n == 0 else links.first)
                taken.append(after_click(runs, link))
            title = link.inner_text().split("\n")[-1]  # behind the name of its icon
            print(f"by the menu: {title:29} {statistics.median(taken) * 1000:7.0f} ms", flush=True)
        for name, seconds in reruns(runs, address).items():
            print(f"rerun: Analytics, {name:24} {seconds * 1000:7.0f} ms", flush=True)
        for one in PATHS:
            one = one.format(largest=largest)
            taken = [by_address(browser, state, f"{address}/{one}") for _ in range(TIMES)]
            print(f"in a new browser: /{one:23} {statistics.median(taken) * 1000:7.0f} ms", flush=True)
        print(f"{'the app holds':42} {memory(pid):7.0f} MB", flush=True)
