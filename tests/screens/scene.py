"""What the screens show: an app with three weeks of campaigns, lists, templates and an administrator."""

import os
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import Browser, BrowserContext, Page, TimeoutError, sync_playwright

from getsms_core.base.kinds import OptOutScope
from getsms_core.base.permissions import Actor, Role
from getsms_core.campaigns import templates
from getsms_core.campaigns.templates import Wording
from getsms_core.contacts import lists, suppression
from getsms_core.contacts.lists import Options
from getsms_core.db.engine import Store
from getsms_core.users import service as users
from getsms_core.worker import registry
from tests.chromium import launch_options
from tests.factories import make_campaign, make_messages, with_history
from tests.integration.users.gate_server import PASSWORD, UVICORN, Server, start
from tests.waits import LIMIT

SLOW = 60_000  # ms; two cores may be busy with other work
LANGUAGES = ("en", "uz", "ru")
THEMES = ("light", "dark")
WIDTHS = {"wide": (1280, 900), "narrow": (390, 844)}


@dataclass(frozen=True)
class Screen:
    """An address of the app, and the name of its pictures."""

    name: str
    address: str


@dataclass(frozen=True)
class Scene:
    """A running app and what there is to see in it."""

    server: Server
    screens: tuple[Screen, ...]


@contextmanager
def scene(folder: Path) -> Iterator[Scene]:
    """Start an app on a database of its own, with something on every page."""
    os.environ.setdefault("CAMPAIGNS_TESTS_SHARED", str(folder))  # where the tests keep an empty database to copy
    with start(folder, UVICORN) as server:
        shown = furnish(server, folder)
        with idle_worker(server.store, 1):
            yield shown


def furnish(server: Server, folder: Path) -> Scene:
    """Store something for every page of a running app, and the administrator Aziza."""
    store = server.store
    users.create_first_administrator(store, "Aziza", PASSWORD)
    actor = Actor("Aziza", Role.ADMINISTRATOR)
    for name, role in (("Bekzod", Role.MARKETER), ("Dilnoza", Role.MANAGER), ("Jasur", Role.ANALYST)):
        users.create(store, actor, name, PASSWORD, role, "uz")
    path = folder / "mijozlar.csv"
    path.write_text("Ism;Telefon;Shahar\nAli;901234567;Toshkent\nOy;90123456;Buxoro\nNur;901234569;Xiva\n")
    list_id = lists.add_file(store, actor, path, "Mijozlar", Options())
    lists.check_uploaded_list(store, list_id)
    campaign_ids = with_history(store, days=20, campaigns=6, messages=80, now=int(time.time() * 1000))
    for name in ("Chegirma", "Eslatma"):
        templates.create(store, actor, Wording(name, "Salom {Ism}, sizni kutamiz!", "service", "uz"))
    suppression.add(store, actor, [998901112233, 998935550011], "Operator", "Soʻradi", OptOutScope.ADVERTISING)
    draft = make_campaign(store, "Qoralama", state="draft", list_id=list_id, text="Salom {Ism}, bahor 20% chegirma!")
    uncertain = make_campaign(store, "Javobsiz qolgan", "finished", started_at=int(time.time() * 1000) - 7_200_000)
    make_messages(store, uncertain, {"delivered": 9, "uncertain": 3}, left_at=int(time.time() * 1000) - 7_000_000)
    return Scene(server, _screens(draft, list_id, campaign_ids[-1], uncertain))


def _screens(draft: int, list_id: int, campaign: int, uncertain: int) -> tuple[Screen, ...]:
    pages = ("campaigns", "lists", "numbers", "templates", "jobs", "reports", "glossary", "help", "audit", "notices",
             "account")  # fmt: skip
    steps = ("list", "check", "text", "preview", "send")
    sections = ("messages", "responses", "log", "files")
    views = ("time", "campaigns", "ranges", "by", "hours", "arrival", "funnel", "cost", "compare", "messages")
    return (
        Screen("overview", ""),
        Screen("new-campaign", "new_campaign"),
        *(Screen(f"draft-{step}", f"new_campaign?campaign={draft}&step={step}") for step in steps),
        *(Screen(page, page) for page in pages),
        Screen("campaign", f"campaigns?id={campaign}"),
        *(Screen(f"campaign-{view}", f"campaigns?id={campaign}&view={view}") for view in sections),
        Screen("campaign-uncertain", f"campaigns?id={uncertain}&view=uncertain"),
        Screen("list", f"lists?list={list_id}"),
        Screen("opt-outs", "lists?view=opt-outs"),
        Screen("notice-choices", "notices?view=choices"),
        *(Screen(f"analytics-{view}", f"analytics?view={view}") for view in views),
        *(
            Screen(f"settings-{view}", f"settings?view={view}")
            for view in ("gateway", "rules", "prices", "mail", "people")
        ),
    )


@contextmanager
def idle_worker(store: Store, account_id: int) -> Iterator[None]:
    """The heartbeat of a worker that does nothing: without one every page warns that nothing is sent."""
    with store.writing() as session:
        worker_id = registry.register(session, account_id, "screens")
    ended = threading.Event()

    def beat() -> None:
        while not ended.wait(2):
            with store.writing() as session:
                registry.heartbeat(session, worker_id, 0, int(time.time() * 1000))

    thread = threading.Thread(target=beat)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join(LIMIT)


@contextmanager
def browser() -> Iterator[Browser]:
    """Chromium."""
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(**launch_options())
        yield running
        running.close()


def sign_in(context: BrowserContext, server: Server, name: str = "Aziza") -> Page:
    """An empty page of a user. Without the form, which would load two pages: two seconds of CPU."""
    cookies = server.sign_in(name).cookies
    context.add_cookies([{"name": one.name, "value": one.value or "", "url": server.url} for one in cookies])
    page = context.new_page()
    page.set_default_timeout(SLOW)
    return page


def show(page: Page, server: Server, screen: Screen, language: str) -> None:
    """Open a screen in a language and wait until it is drawn, charts included."""
    joint = "&" if "?" in screen.address else "?"
    page.goto(f"{server.url}/{screen.address}{joint}lang={language}")
    wait_until_drawn(page, language)


def wait_until_drawn(page: Page, language: str) -> None:
    """Wait until the open page is drawn in this language, charts included."""
    page.wait_for_selector(f"html[lang={language}] h1")
    page.wait_for_selector("[data-test-script-state=notRunning]")
    with suppress(TimeoutError):  # a live fragment may draw a skeleton again
        page.wait_for_selector("[data-testid=stSkeleton]", state="detached", timeout=10_000)
    page.evaluate("document.fonts.ready.then(() => null)")


def whole_height(page: Page) -> int:
    """Return the height in pixels that a window needs to show the whole page, which scrolls inside its main part."""
    return int(
        page.evaluate(
            "() => { const main = document.querySelector('[data-testid=stMain]');"
            " return main.scrollHeight + main.getBoundingClientRect().top }"
        )
    )
