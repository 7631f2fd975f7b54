"""The pages over a long history, in a real browser:
python -m tests.bench.bench_pages [--messages N] [--folder FOLDER]

FOLDER keeps the history for the next run, which then takes a minute. The whole program (`getsms serve`) on SQLite; each
page opened by the menu, as a person does who is signed in: from the click until the page's script has ended and what it
shows has been drawn, the median of several. Beside it runs after a click on a page, pages opened by their address in a
new browser, the program's own start and its memory, and at the end what no page may have: errors in the console, failed
requests, and charts that Plotly drew twice. Goals, on two idle cores with a million messages: `GOALS`.
"""

import argparse
import os
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import sqlalchemy as sa
from playwright.sync_api import Browser, BrowserContext, Locator, Page, sync_playwright
from sqlmodel import col

from getsms_core.db.engine import open_store
from getsms_core.db.models import Campaign
from getsms_core.users import service as users
from pages.ui.gate.addresses import ends_run
from tests.bench import bench_reruns
from tests.bench.history import fill
from tests.chromium import launch_options
from tests.conftest import ROOT, find_free_port, poll
from tests.integration.users.gate_server import healthy

NAME, PASSWORD = "Aziza", "a good password"
TIMES = 5
GOALS = {"by the menu": 500, "rerun": 200, "in a new browser": 1500}  # ms
PAUSE = 300  # ms between clicks; the gate lets the sixth click within a second wait
PATHS = ("", "new_campaign", "campaigns", "campaigns?id={largest}", "lists", "templates", "analytics",
         "analytics?period=all", "reports", "settings", "audit")  # fmt: skip
_IDLE = "[data-test-script-state=notRunning]"
_WATCH = "() => addEventListener('click', () => { window.begun = performance.now(); }, {capture: true, once: true})"
_DRAWN_TWICE = """() => [...document.querySelectorAll(".js-plotly-plot")]
    .filter(chart => chart._fullLayout?._redrawFromAutoMarginCount !== undefined).length"""
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


class Trouble:
    """What no page may have, of all pages of a browser's contexts: errors in the console and failed requests, also
    charts that Plotly drew twice, because their labels did not fit."""

    def __init__(self) -> None:
        self.errors: list[str] = []
        self.charts = 0

    def watch(self, context: BrowserContext) -> None:
        """Watch the pages of a context."""
        context.on("console", lambda message: self._note(message.text if message.type == "error" else ""))
        context.on("weberror", lambda error: self._note(str(error.error)))
        context.on(
            "response", lambda answer: self._note(f"{answer.status} {answer.url}" if answer.status >= 400 else "")
        )
        context.on("requestfailed", lambda request: self._note(f"{request.failure} {request.url}"))

    def _note(self, error: str) -> None:
        if error and "ERR_ABORTED" not in error:  # the page was left before it had all scripts
            self.errors.append(error)

    def count_charts(self, page: Page) -> None:
        """Count the charts on a page that were drawn twice."""
        self.charts += int(page.evaluate(_DRAWN_TWICE))

    def report(self) -> None:
        """Print the numbers, and the errors."""
        print(f"{'errors in the console, failed requests':42} {len(self.errors):7}   goal 0", flush=True)
        print(f"{'charts that Plotly drew twice':42} {self.charts:7}   goal 0", flush=True)
        for error in dict.fromkeys(self.errors):
            print(f"  {error[:200]}")


def report(kind: str, name: str, seconds: float) -> None:
    """Print a figure beside its goal, which is `GOALS` of its kind."""
    taken, goal = seconds * 1000, GOALS[kind]
    print(f"{f'{kind}: {name}':42} {taken:7.0f} ms   goal {goal}{'' if taken <= goal else ', MISSED'}", flush=True)


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
    page.wait_for_timeout(PAUSE)
    page.evaluate(_WATCH)
    earlier = runs.ended
    link.click()
    runs.wait(earlier)
    return float(page.evaluate(_DRAWN)) / 1000


def by_address(browser: Browser, state: str, address: str, trouble: Trouble) -> float:
    """Seconds until a page stands that is opened by its address in a new session."""
    with closing(browser.new_context(storage_state=state)) as context:
        trouble.watch(context)
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
    """Serve the database at `url`, open its pages and print; `largest` is the id of a campaign."""
    with closing(open_store(url)) as store:
        if not users.all_users(store):
            users.create_first_administrator(store, NAME, PASSWORD)
        for user in users.all_users(store):  # a run that was stopped may have left them in Russian
            users.set_language(store, user.id, "en")
    trouble = Trouble()
    with (
        serving(url, folder) as (address, start, pid),
        sync_playwright() as play,
        closing(play.chromium.launch(**launch_options(optimising=True))) as browser,
    ):
        context = browser.new_context()
        trouble.watch(context)
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
            report("by the menu", title, statistics.median(taken))
        for step in bench_reruns.STEPS:
            report("rerun", step.name, rerun(runs, address, largest, step, trouble))
        for one in PATHS:
            one = one.format(largest=largest)
            taken = [by_address(browser, state, f"{address}/{one}", trouble) for _ in range(TIMES)]
            report("in a new browser", f"/{one}", statistics.median(taken))
        trouble.report()
        print(f"{'the app holds':42} {memory(pid):7.0f} MB", flush=True)


def rerun(runs: Runs, address: str, largest: int, step: bench_reruns.Step, trouble: Trouble) -> float:
    """Median seconds of the runs after a click on what `step` names, undone between two of them."""
    page, taken = runs.page, []
    page.goto(f"{address}/{step.path.format(largest=largest)}")

    def seconds(find: bench_reruns.Find) -> float:
        page.locator(_IDLE).wait_for(state="attached")
        page.wait_for_timeout(PAUSE)  # a menu that is opened while the page is drawn is closed again
        return after_click(runs, find(page))

    for _n in range(TIMES):
        taken.append(seconds(step.click))
        trouble.count_charts(page)
        seconds(step.undo)
    return statistics.median(taken)


def run(messages: int, folder: Path) -> None:
    """Measure the pages over a history on SQLite in `folder`, which is built there if there is none."""
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / "bench.db"
    is_new = not file.exists()
    with closing(open_store(f"sqlite:///{file}")) as store:
        if is_new:
            fill(store, messages, time.time_ns() // 1_000_000)
            with store.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
                connection.execute(sa.text("ANALYZE"))
        with store.reading() as session:
            largest = session.scalars(sa.select(col(Campaign.id)).order_by(col(Campaign.id))).first() or 0
    table(f"sqlite:///{file}", folder, largest)


def main() -> None:
    """Run it over as many messages as were asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--messages", type=int, default=1_000_000)
    parser.add_argument("--folder", type=Path, help="where the history is kept for the next run")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="getsms-bench-") as folder:
        run(arguments.messages, arguments.folder or Path(folder))


if __name__ == "__main__":
    main()
