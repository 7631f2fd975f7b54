"""The main job in a real browser, as a newcomer does it: from a spreadsheet to a delivery chart.

`getsms serve` is started as `make run` starts it: the app, its worker and the practice gateway, each a process.
"""

import json
import os
import re
import signal
import sqlite3
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pypdfium2
import pytest
from playwright.sync_api import Locator, Page, TimeoutError, expect

from tests.browser.in_place import count_runs, open_in_place, wait_for_rest
from tests.conftest import ROOT, copy_sqlite_template, find_free_port, poll
from tests.integration.users.gate_server import healthy
from tests.waits import child_process

SLOW = 60_000  # ms; two cores may be busy with other tests
PASSWORD = "a good password"


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The whole program on a free port, with a database of its own; Ctrl-C ends it cleanly. Forked: the start of Python
    for its four processes, which `tests/integration/serve` tests, takes nine seconds of CPU."""
    folder = tmp_path_factory.mktemp("journey")
    port = find_free_port()
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("GETSMS_", "STREAMLIT_"))}
    environment |= {
        "GETSMS_DATABASE_URL": f"sqlite:///{folder / 'journey.db'}",
        "GETSMS_FILES": str(folder / "files"),
        "GETSMS_POLL_FIRST": "0.5",
        "GETSMS_ENV": "test",
    }
    copy_sqlite_template(folder)
    (folder / "test.db").rename(folder / "journey.db")
    command = [sys.executable, "-m", "getsms_core.cli", "serve", "--port", str(port)]
    with (
        (folder / "serve.log").open("w") as log,
        child_process(command, forked=True, cwd=ROOT, env=environment, stdout=log, stderr=log) as program,
    ):
        url = f"http://127.0.0.1:{port}"
        try:
            poll(lambda: healthy(url), seconds=90, what="the app did not start")
            yield url
        finally:
            program.send_signal(signal.SIGINT)
            assert program.wait(30) == 0, (folder / "serve.log").read_text()


@pytest.fixture(scope="module")
def first_page(address: str, tmp_path_factory: pytest.TempPathFactory) -> str:
    """The address that the program prints for choosing the first administrator."""
    printed = next(tmp_path_factory.getbasetemp().glob("journey*/serve.log"))
    start = f"{address}/welcome?token="
    poll(lambda: start in printed.read_text(), seconds=60, what="no address for the first start was printed")
    return start + printed.read_text().partition(start)[2].split()[0]


@pytest.fixture(scope="module")
def database(address: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The database file of the running program."""
    return next(tmp_path_factory.getbasetemp().glob("journey*/journey.db"))


def delivered(database: Path) -> int:
    """How many messages have a receipt that says so."""
    with closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True)) as connection:
        return int(connection.execute("SELECT count(*) FROM message WHERE state = 'delivered'").fetchone()[0])


def heading(page: Page, words: str) -> Locator:
    """A heading of the page's body."""
    return page.get_by_role("heading", name=words)


def at_rest(page: Page) -> Page:
    """The page when its script does not run: a click on an element that is just being replaced is lost."""
    wait_for_rest(page)
    return page


def downloaded(page: Page, button: str) -> str:
    """What a download button gives: AppTest cannot press it, and it is made in a thread that knows no session. A button
    that has just appeared is replaced at the end of the run: 2 of 25 clicks before that were lost."""
    link = page.get_by_role("button", name=button, exact=True)
    link.wait_for()
    contents: list[str] = []

    def came() -> bool:
        try:
            with page.expect_download(timeout=20_000) as download:
                at_rest(page)
                link.click()
        except TimeoutError:
            return False
        contents.append(download.value.path().read_text("utf-8-sig"))
        return True

    poll(came, seconds=90, what=f"{button} gave no file")
    return contents[-1]


def on_paper(page: Page, path: Path) -> str:
    """The words on all sheets when the page is printed; none of them lies beyond the paper's edge."""
    page.pdf(path=path, prefer_css_page_size=True)
    problems = []
    with closing(pypdfium2.PdfDocument(path)) as document:
        for sheet in document:
            words = sheet.get_textpage()
            assert all(words.get_charbox(n)[2] <= sheet.get_width() for n in range(words.count_chars()))
            problems.append(str(words.get_text_range()))
    return "\n".join(problems)


def test_a_newcomer_gets_from_a_spreadsheet_to_a_delivery_chart(
    page: Page, address: str, first_page: str, database: Path, tmp_path: Path
) -> None:
    page.set_default_timeout(SLOW)
    expect.set_options(timeout=SLOW)
    count_runs(page)
    page.goto(first_page)
    page.get_by_label("Name").fill("Aziza")
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Begin").click()

    page.get_by_role("button", name="Try it with the sample list").click()
    expect(heading(page, "Who gets the SMS?")).to_be_visible()
    expect(page.get_by_text("sample_clean.xlsx")).to_be_visible()
    at_rest(page).get_by_role("button", name="Choose another list").click()
    expect(page.get_by_text("Drop a spreadsheet with phone numbers")).to_be_visible()
    on = page.get_by_role("button", name="Next: Check")
    expect(on).to_be_disabled()
    at_rest(page).locator("input[type=file]").first.set_input_files(ROOT / "data" / "sample_errors.xlsx")
    expect(page.get_by_text("sample_errors.xlsx").first).to_be_visible()
    expect(on).to_be_visible()
    at_rest(page)
    on.click()
    expect(heading(page, "26 numbers will get the SMS")).to_be_visible()
    expect(page.get_by_test_id("stTableStyledTable").get_by_text("has lost its last digits")).to_be_visible()
    assert "has lost its last digits" in downloaded(page, "Download as CSV")
    at_rest(page).get_by_role("button", name="Next: Text").click()

    expect(heading(page, "Write your message")).to_be_in_viewport()  # the button was at the end of a long page
    box = page.get_by_placeholder("Write the text here")
    box.fill("Salom {Ism}! Bugun oʻzbek choyi uchun 20% chegirma. Buyurtma: 71 200-00-00")
    fix = page.get_by_role("button", name="Fix the text")
    expect(fix).to_be_visible()
    at_rest(page)
    fix.click()
    expect(fix).to_be_hidden()
    expect(page.get_by_text("GSM-7").first).to_be_visible()
    at_rest(page).get_by_role("button", name="Next: Preview").click()
    expect(heading(page, "This is what arrives")).to_be_visible()
    expect(page.get_by_text("Bugun o'zbek choyi").first).to_be_visible()
    at_rest(page).get_by_role("button", name="Next: Send").click()

    expect(heading(page, "Check before you send")).to_be_visible()
    at_rest(page).get_by_role("button", name="Send 26 SMS").click()
    page.get_by_role("dialog").get_by_role("button", name="Send 26 SMS").click()

    expect(page.get_by_text("Finished").first).to_be_visible()
    page.reload()  # progress lives in the database: a closed browser loses nothing
    expect(page.get_by_text("Finished").first).to_be_visible()
    page.get_by_role("radio", name="Files").click()
    assert len(downloaded(page, "CSV, at once").splitlines()) == 27
    page.get_by_role("button", name="JSON").click()
    assert len(json.loads(downloaded(page, "Download"))) == 26
    chart = page.locator(".js-plotly-plot").first
    # The receipts come in their own time. To open page after page until they are there took a second of CPU for each.
    poll(lambda: delivered(database) >= 20, seconds=150, what="the receipts did not come")

    def drawn() -> bool:
        open_in_place(page, "/analytics")
        try:
            chart.wait_for(timeout=15_000)
        except TimeoutError:
            return False
        return True

    poll(drawn, seconds=150, what="no delivery chart was drawn")
    printed = on_paper(page, tmp_path / "analytics.pdf")
    assert "Local time" in printed
    assert "Audit log" not in printed  # no menu
    page.get_by_text("Table and download").click()
    assert downloaded(page, "Download as CSV").startswith('"at","queued"')

    def settled() -> bool:
        open_in_place(page, "/")
        try:
            page.get_by_text(re.compile(r"\b2\d delivered")).first.wait_for(timeout=15_000)
        except TimeoutError:
            return False
        return True

    poll(settled, seconds=150, what="the overview does not show the receipts")
    for link in page.get_by_test_id("stSidebarNav").get_by_role("link").all():  # every page, once there is much to show
        link.click()
        expect(link).to_have_attribute("aria-current", "page")
        wait_for_rest(page)
        expect(page.get_by_text("Something went wrong")).to_be_hidden()


def test_a_page_of_its_own_address_asks_to_sign_in_first(page: Page, address: str) -> None:
    page.goto(f"{address}/campaigns")
    expect(page.get_by_label("Password", exact=True)).to_be_visible(timeout=SLOW)
    assert "/sign-in" in page.url or "/welcome" in page.url


def test_a_file_that_is_no_spreadsheet_is_explained_and_nothing_is_lost(
    page: Page, address: str, tmp_path: Path
) -> None:
    page.set_default_timeout(SLOW)
    page.goto(address)
    page.get_by_label("Name").fill("Aziza")
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.get_by_role("link", name="New campaign").click()
    picture = tmp_path / "rasm.jpg"
    picture.write_bytes(b"\xff\xd8\xff" + bytes(500))
    page.locator("input[type=file]").first.set_input_files(picture)
    expect(page.get_by_text("This file was not taken")).to_be_visible(timeout=SLOW)
    broken = tmp_path / "photo.xlsx"
    broken.write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(2000))
    page.locator("input[type=file]").first.set_input_files(broken)
    expect(page.get_by_text("photo.xlsx").first).to_be_visible(timeout=SLOW)
    expect(page.get_by_role("alert").first).to_be_visible(timeout=SLOW)
    assert "Traceback" not in page.inner_text("body")
    expect(page.get_by_role("button", name="Choose another list")).to_be_visible()
