"""What the screens show: an app with three weeks of campaigns, lists, templates and an administrator."""

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import Browser, BrowserContext, Page, TimeoutError, sync_playwright

from getsms_core.base.permissions import Actor, Role
from getsms_core.campaigns import templates
from getsms_core.campaigns.templates import Wording
from getsms_core.contacts import lists
from getsms_core.contacts.lists import Options
from getsms_core.users import service as users
from tests.chromium import launch_options
from tests.factories import make_campaign, with_history
from tests.integration.users.gate_server import PASSWORD, UVICORN, Server, start

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
        users.create_first_administrator(server.store, "Aziza", PASSWORD)
        actor = Actor("Aziza", Role.ADMINISTRATOR)
        path = folder / "mijozlar.csv"
        path.write_text("Ism;Telefon;Shahar\nAli;901234567;Toshkent\nOy;90123456;Buxoro\nNur;901234569;Xiva\n")
        list_id = lists.add_file(server.store, actor, path, "Mijozlar", Options())
        lists.check_uploaded_list(server.store, list_id)
        campaign_ids = with_history(server.store, days=20, campaigns=6, messages=80, now=int(time.time() * 1000))
        for name in ("Chegirma", "Eslatma"):
            templates.create(server.store, actor, Wording(name, "Salom {Ism}, sizni kutamiz!", "service", "uz"))
        draft = make_campaign(server.store, "Qoralama", state="draft", list_id=list_id, text="Salom {Ism}")
        yield Scene(
            server,
            (
                Screen("overview", ""),
                Screen("new-campaign", "new_campaign"),
                Screen("draft", f"new_campaign?campaign={draft}&step=text"),
                Screen("campaigns", "campaigns"),
                Screen("campaign", f"campaigns?id={campaign_ids[-1]}"),
                Screen("lists", "lists"),
                Screen("templates", "templates"),
                Screen("jobs", "jobs"),
                Screen("analytics", "analytics"),
                Screen("reports", "reports"),
                Screen("glossary", "glossary"),
                Screen("help", "help"),
                Screen("settings", "settings"),
                Screen("audit", "audit"),
                Screen("account", "account"),
            ),
        )


@contextmanager
def browser() -> Iterator[Browser]:
    """Chromium."""
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(**launch_options())
        yield running
        running.close()


def sign_in(context: BrowserContext, server: Server) -> Page:
    """A page of the administrator."""
    page = context.new_page()
    page.set_default_timeout(SLOW)
    page.goto(f"{server.url}/sign-in")
    page.locator("[name=name]").fill("Aziza")
    page.locator("[name=password]").fill(PASSWORD)
    page.locator("[name=password]").press("Enter")
    page.wait_for_url(f"{server.url}/")
    return page


def show(page: Page, server: Server, screen: Screen, language: str) -> None:
    """Open a screen in a language and wait until it is drawn, charts included."""
    joint = "&" if "?" in screen.address else "?"
    page.goto(f"{server.url}/{screen.address}{joint}lang={language}")
    page.wait_for_selector(f"html[lang={language}] h1")
    page.wait_for_selector("[data-test-script-state=notRunning]")
    with suppress(TimeoutError):  # a live fragment may draw a skeleton again
        page.wait_for_selector("[data-testid=stSkeleton]", state="detached", timeout=10_000)
    page.evaluate("document.fonts.ready.then(() => null)")
