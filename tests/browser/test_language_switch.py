"""Switching the language in a real browser changes words and nothing else: AppTest has no labels that go to a browser
and come back in the language of before."""

import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Locator, Page, TimeoutError, expect

from getsms_core.accounts import policy
from getsms_core.base.i18n import LANGUAGES
from getsms_core.base.permissions import Actor, Role
from getsms_core.base.report_plans import EVERY, PERIODS
from getsms_core.billing import price_rules
from getsms_core.campaigns import service as campaigns
from getsms_core.campaigns import templates
from getsms_core.campaigns.templates import Wording
from getsms_core.contacts import lists, suppression
from getsms_core.contacts.lists import Options
from getsms_core.db.engine import Store
from getsms_core.scheduled import reports as saved_reports
from getsms_core.users import service as users
from tests.browser.in_place import count_runs, open_in_place, wait_for_rest
from tests.conftest import poll
from tests.engine_support import AZIZA
from tests.factories import make_campaign
from tests.integration.users.gate_server import PASSWORD, Server
from tests.screens.scene import sign_in

SLOW = 60_000  # ms; two cores may be busy with other tests
TROUBLE = ("Something went wrong", "На этой странице произошла ошибка", "Bu sahifada xatolik")

HAS_TROUBLE = "sentences => sentences.some(sentence => document.body.textContent.includes(sentence))"

STATE_SCRIPT = """() => {
  const found = {};
  for (const element of document.querySelectorAll('[data-testid=stElementContainer][class*="st-key-"]')) {
    const key = element.className.match(/st-key-(\\S+)/)[1];
    const all = (selector, read) => [...element.querySelectorAll(selector)].map(read);
    const words = all('[role=combobox]', e => e.value).concat(all('[data-testid=stMultiSelectTagsContainer]', e => e.innerText));
    const values = all('input[type=radio], input[type=checkbox]', e => e.checked)
      .concat(all('[data-variant]', e => e.dataset.selected === 'true'))
      .concat(all('input:not([role=combobox]):not([type=radio]):not([type=checkbox]):not([type=file]), textarea', e => e.value));
    if (key !== 'lang' && words.length + values.length) found[key] = {words, values};
  }
  return found;
}"""  # noqa: E501
"""What each widget with a key shows: `words` depend on the language, `values` do not."""


@dataclass
class Past:
    """What is stored before anybody signs in."""

    actor: Actor
    list_id: int
    draft: int


@pytest.fixture(scope="module")
def past(server: Server, tmp_path_factory: pytest.TempPathFactory) -> Past:
    """Two lists, two templates and a draft, beside what the shared app has."""
    actor = server.administrator
    path = tmp_path_factory.mktemp("list") / "mehmonlar.csv"
    path.write_text(
        "Ism;Telefon;Boshqa\nAli;901234567;1\nVali;901234568;2\nAli;901234567;3\nOy;901234569/901234560;4\n"
    )
    list_id = lists.add_file(server.store, actor, path, "Mehmonlar", Options())
    lists.check_uploaded_list(server.store, list_id)
    path.write_text("Ism;Telefon\nAli;901234567\n")
    copy = lists.add_file(server.store, actor, path, "Nusxa", Options())
    lists.check_uploaded_list(server.store, copy)
    for name, state in (("Birinchi", "draft"), ("Ikkinchi", "submitted")):
        template_id = templates.create(server.store, actor, Wording(name, "Salom {ism}", "service", "uz"))
        if state == "submitted":
            templates.submit(server.store, actor, template_id)
    draft = make_campaign(server.store, "Qoralama", state="draft", list_id=list_id, text="Salom {Ism}")
    return Past(actor, list_id, draft)


class Visitor:
    """Somebody at a page; widgets are named by their keys, so that no helper depends on a language."""

    def __init__(self, page: Page) -> None:
        self.page = page

    def open(self, address: str) -> None:
        open_in_place(self.page, f"/{address}")
        self.page.locator("h1").first.wait_for()
        self.settle()

    def settle(self) -> None:
        """Wait for the end of the script's run."""
        wait_for_rest(self.page)
        assert not self.page.evaluate(HAS_TROUBLE, TROUBLE)

    @contextmanager
    def script_run(self) -> Iterator[None]:
        """Wait for the run of the script that the block causes. On a busy machine it begins seconds later, and the page
        is at rest until then; not everything that is clicked causes one."""
        runs = self.page.evaluate("window.scriptRuns")
        yield
        with suppress(TimeoutError):
            self.page.wait_for_function("runs => window.scriptRuns > runs", arg=runs, polling=100, timeout=3_000)
        self.settle()

    def widget(self, key: str) -> Locator:
        return self.page.locator(f".st-key-{key}")

    def unfold(self) -> None:
        """Open all expanders."""
        closed = self.page.locator("details:not([open])")

        def opened() -> bool:
            self.page.evaluate("document.querySelectorAll('details:not([open]) > summary').forEach(e => e.click())")
            try:
                expect(closed).to_have_count(0, timeout=2_000)
            except AssertionError:
                return False
            return True

        if closed.count():
            poll(opened, seconds=60, what="an expander does not open")
        self.settle()

    def unfold_to(self, wanted: Locator) -> Locator:
        """Open expanders until `wanted` can be seen; a widget that appears above an expander closes it."""

        def seen() -> bool:
            self.unfold()
            return wanted.is_visible()

        poll(seen, seconds=60, what=f"{wanted} is not to be seen")
        return wanted

    def unroll(self, key: str) -> None:
        """Open the options of a select box; a run of the script that ends just then closes them again."""
        box, options = self.widget(key).locator("[role=combobox]"), self.page.locator("[role=option]")

        def open_() -> bool:
            box.click()
            try:
                options.first.wait_for(timeout=3_000)
            except TimeoutError:
                self.page.keyboard.press("Escape")
                return False
            return True

        poll(open_, seconds=60, what=f"{key} does not open")

    def option(self, key: str, at: int) -> None:
        """Take an option of a select box or multiselect by its place."""
        self.unroll(key)
        with self.script_run():
            self.page.locator("[role=option]").nth(at).click()
            self.page.keyboard.press("Escape")

    def named(self, key: str, words: str) -> None:
        """Take an option of a multiselect by its name, which no language changes."""
        self.unroll(key)
        with self.script_run():
            self.page.get_by_role("option", name=words).click()
            self.page.keyboard.press("Escape")

    def segment(self, key: str, at: int) -> None:
        """Take one of a segmented control, of pills or of radio buttons by its place."""
        choice = self.unfold_to(self.widget(key).locator("[data-variant], [data-testid=stRadioOption]").nth(at))
        with self.script_run():
            choice.click()

    def fill(self, key: str, text: str) -> None:
        box = self.unfold_to(self.widget(key).locator("input, textarea").first)
        with self.script_run():
            box.fill(text)
            box.press("Tab")

    def toggle(self, key: str) -> None:
        label = self.unfold_to(self.widget(key).locator("label").first)
        with self.script_run():
            label.click()

    def press(self, key: str) -> None:
        button = self.unfold_to(self.widget(key).get_by_role("button").first)
        with self.script_run():
            button.click()

    def press_until(self, key: str, done: Callable[[], object]) -> None:
        """Press a button until its work is done: a click is lost when an expander closes under it."""

        def is_done() -> bool:
            if not done():
                self.press(key)
            return bool(done())

        poll(is_done, seconds=90, what=f"{key} does nothing")

    def shown(self) -> dict[str, Any]:
        return dict(self.page.evaluate(STATE_SCRIPT))

    def speak(self, code: str) -> None:
        """Choose a language. A click is lost where a run of the script that ends just then closes the options."""
        wanted = self.page.locator("[role=option]").get_by_text(LANGUAGES[code], exact=True)

        def spoken() -> bool:
            self.unroll("lang")
            try:
                wanted.click(timeout=10_000)
                self.page.locator(f"html[lang={code}]").wait_for(state="attached", timeout=15_000)
            except TimeoutError:
                self.page.keyboard.press("Escape")
                return False
            return True

        poll(spoken, seconds=90, what=f"the page does not speak {code}")
        self.settle()

    def switch(self, *changed: str) -> None:
        """Another language, back, and the third: values stay in each, expanders stay open, words return. `changed` were
        changed by the test, which goes on in the third language: to come back once more would cost a run each time."""
        self.unfold()
        before = self.shown()
        assert set(changed) <= set(before), sorted(before)
        first: str = self.page.evaluate("document.documentElement.lang")
        second, third = (code for code in LANGUAGES if code != first)
        for code in (second, first, third):
            self.speak(code)
            expect(self.page.locator("details:not([open])")).to_have_count(0)
            self.same(before, code, with_words=code == first)

    def same(self, before: Mapping[str, Any], code: str, *, with_words: bool) -> None:
        def comparable(shown: Mapping[str, Any]) -> dict[str, Any]:
            return {key: element if with_words else element["values"] for key, element in shown.items()}

        try:
            poll(lambda: comparable(self.shown()) == comparable(before), seconds=15)
        except pytest.fail.Exception:
            now, then = comparable(self.shown()), comparable(before)
            pytest.fail(f"{code}: " + "; ".join(f"{k}: {then.get(k)} became {now.get(k)}" for k in then | now
                                                if then.get(k) != now.get(k)))  # fmt: skip
        self.settle()


@pytest.fixture(scope="module")
def visitor(context: BrowserContext, server: Server, past: Past) -> Iterator[Visitor]:
    """Aziza, signed in once."""
    context.clear_cookies()
    page = sign_in(context, server)
    expect.set_options(timeout=SLOW)
    count_runs(page)
    page.goto(f"{server.url}/glossary?lang=en")  # the overview would draw charts
    page.locator("h1").first.wait_for()
    wait_for_rest(page)
    yield Visitor(page)
    page.close()


@pytest.fixture
def store(server: Server) -> Store:
    """The store of the running app."""
    return server.store


def test_a_draft_keeps_its_kind_and_goes_on_in_another_language(visitor: Visitor, past: Past, store: Store) -> None:
    draft = past.draft
    visitor.open(f"new_campaign?campaign={draft}&step=text")
    visitor.option(f"draft-category-{draft}", 1)
    poll(lambda: campaigns.get(store, draft).category == "advertising", seconds=30)
    visitor.switch(f"draft-category-{draft}")
    visitor.fill(f"draft-name-{draft}", "Yangi nom")
    poll(lambda: campaigns.get(store, draft).name == "Yangi nom", seconds=30)
    assert campaigns.get(store, draft).category == "advertising"
    visitor.press("wizard-on")
    visitor.segment(f"preview-which-{draft}", 2)
    visitor.fill(f"preview-row-{draft}", "3")
    visitor.switch(f"preview-which-{draft}", f"preview-row-{draft}")
    visitor.press("wizard-on")
    visitor.segment(f"send-when-{draft}", 1)
    visitor.unfold()
    visitor.segment(f"send-turn-{draft}", 2)
    visitor.toggle(f"send-ends-{draft}")
    visitor.fill("test-phone", "90 123 45 67")
    visitor.switch(f"send-when-{draft}", f"send-turn-{draft}", f"send-ends-{draft}", f"send-until-{draft}")
    assert campaigns.get(store, draft).category == "advertising"


def test_the_options_of_a_list_stay(visitor: Visitor, past: Past) -> None:
    draft, list_id = past.draft, past.list_id
    visitor.open(f"new_campaign?campaign={draft}&step=list")
    visitor.unfold()
    visitor.option(f"wizard-keep-{list_id}", 1)
    visitor.option(f"wizard-two-{list_id}", 2)
    visitor.option(f"wizard-header-{list_id}", 2)
    visitor.switch(f"wizard-keep-{list_id}", f"wizard-two-{list_id}", f"wizard-column-{list_id}")
    visitor.open(f"new_campaign?campaign={draft}&step=check")
    visitor.segment(f"check-family-{list_id}", 1)
    visitor.switch(f"check-family-{list_id}", f"check-keep-{list_id}", f"check-two-{list_id}")


def test_operations_on_lists_stay_and_are_done_as_chosen(visitor: Visitor, past: Past, store: Store) -> None:
    for _attempt in range(3):
        visitor.open("lists")
        visitor.unfold()
        visitor.segment("list-how-0", 1)
        visitor.named("list-which-0", "Mehmonlar ·")
        visitor.named("list-which-0", "Nusxa ·")
        # On a busy machine Escape reaches a multiselect that has closed already, and empties it.
        if "Mehmonlar ·" in visitor.widget("list-which-0").inner_text():
            break
    visitor.option("list-keep-0", 1)
    visitor.fill("list-name-0", "Farqi")
    visitor.fill("search", "Nusxa")
    visitor.switch("list-how-0", "list-which-0", "list-keep-0", "list-name-0", "search")
    visitor.press_until(
        "list-several-go", lambda: any(stored_list.name == "Farqi" for stored_list in lists.all_lists(store))
    )
    new_list = next(stored_list for stored_list in lists.all_lists(store) if stored_list.name == "Farqi")
    assert new_list.facts["made"]["how"] == "subtract"


def test_opt_outs_keep_their_source(visitor: Visitor, store: Store) -> None:
    before = suppression.export_table(store, AZIZA).num_rows
    visitor.open("lists?view=opt-outs")
    visitor.unfold()
    visitor.option("optouts-source", 1)
    visitor.fill("optouts-reason", "aytdi")
    visitor.fill("optouts-typed", "90 765 43 21")
    visitor.switch("view", "optouts-source", "optouts-reason", "optouts-typed")
    visitor.press_until("optouts-go", lambda: suppression.export_table(store, AZIZA).num_rows == before + 1)


def test_people_and_their_roles_stay(visitor: Visitor, store: Store) -> None:
    visitor.open("settings?view=people")
    visitor.unfold()
    visitor.fill("person-name", "Umid")
    visitor.fill("person-new-password", PASSWORD)
    visitor.option("person-role", 1)
    visitor.option("person-language", 2)
    visitor.switch("view", "person-name", "person-role", "person-language")
    visitor.press_until("person-add-go", lambda: any(user.name == "Umid" for user in users.all_users(store)))
    new_user = next(user for user in users.all_users(store) if user.name == "Umid")
    assert (new_user.role, new_user.language) == (list(Role)[1], list(LANGUAGES)[2])
    key = f"person-role-{new_user.id}-{new_user.role.value}"
    visitor.option(key, 2)
    poll(
        lambda: next(user.role for user in users.all_users(store) if user.id == new_user.id) == list(Role)[2],
        seconds=30,
    )


def test_prices_and_rules_stay_and_are_saved(visitor: Visitor, past: Past, store: Store) -> None:
    visitor.open("settings?view=prices")
    visitor.unfold()
    visitor.fill("price-amount", "120")
    visitor.option("price-range", 1)
    visitor.option("price-category", 2)
    visitor.option("price-account", 1)
    visitor.switch("price-range", "price-category", "price-account", "price-day")
    visitor.press_until("price-go", lambda: len(price_rules.all_rules(store)) == 1)
    (rule,) = price_rules.all_rules(store)
    assert (rule.price, rule.category, rule.number_range != "", rule.account_id) == (12000, "advertising", True, 1)
    visitor.open("settings?view=rules")
    for day in (0, 4, 6):
        visitor.segment("rules-days", day)
    visitor.fill("rules-from", "20:30")
    visitor.fill("rules-cap", "3")
    visitor.fill("rules-cap-days", "7")
    visitor.switch("rules-days", "rules-from", "rules-cap", "rules-cap-days")
    visitor.press("rules-go")

    def rules() -> policy.Policy:
        with store.reading() as session:
            return policy.get(session, 1)

    poll(lambda: rules().quiet, seconds=30)
    assert (rules().quiet[0].days, rules().quiet[0].start, rules().cap_messages) == ((0, 4, 6), "20:30", 3)


def test_a_report_keeps_its_period_format_and_columns(visitor: Visitor, store: Store) -> None:
    visitor.open("reports")
    visitor.option("period", 2)
    visitor.segment("report-format", 1)
    visitor.option("range", 1)  # the first of several is "Select all"
    visitor.option("report-columns", 1)
    visitor.toggle("tests")
    visitor.toggle("report-mask")
    visitor.unfold()
    visitor.fill("saved-name", "Haftalik")
    visitor.option("saved-period", 2)
    visitor.option("saved-every", 2)
    visitor.option("saved-weekday", 4)
    visitor.toggle("saved-folder")
    visitor.switch("period", "report-format", "range", "report-columns", "tests", "saved-every", "saved-weekday")
    visitor.press_until("saved-go", lambda: saved_reports.everything(store))
    plan = saved_reports.plan_of(saved_reports.everything(store)[0])
    assert (plan.period, plan.every, plan.weekday, plan.mask) == (
        list(PERIODS)[2], list(EVERY)[2], 4, True)  # fmt: skip
    assert len(plan.question.ranges) == 1


@pytest.mark.parametrize(
    ("address", "options", "segments"),
    [
        ("analytics", {"period": 2, "range": 1, "campaign": 1, "sender": 1}, {"view": 0, "grain": 1}),
        ("analytics?view=compare", {"period": 3, "with": 1}, {}),
        ("templates", {}, {"template-state": 1}),
        ("audit", {"who": 1, "what": 1}, {}),
        ("campaigns", {"status": 2}, {}),
        ("campaigns?id=2&view=messages", {"state": 2}, {}),
    ],
)
def test_filters_stay(
    visitor: Visitor, past: Past, address: str, options: dict[str, int], segments: dict[str, int]
) -> None:
    visitor.open(address)
    for key, at in options.items():
        visitor.option(key, at)
    for key, at in segments.items():
        visitor.segment(key, at)
    for key in (*options, *(key for key, at in segments.items() if at and key != "template-state")):
        expect(visitor.page).to_have_url(re.compile(rf"[?&]{key}="))
    query = visitor.page.url.partition("?")[2]
    visitor.switch(*options, *segments)
    assert visitor.page.url.partition("?")[2] == query
