"""Lists made of lists on the page, the choices of the check step, progress, and opt-outs as files."""

import io
from pathlib import Path
from typing import Any

import openpyxl
import pytest
import sqlalchemy as sa
from streamlit.testing.v1 import AppTest

from getsms_core.accounts import policy
from getsms_core.accounts.policy import Policy
from getsms_core.base.permissions import Actor
from getsms_core.base.settings import Settings
from getsms_core.campaigns import service as campaigns
from getsms_core.contacts import lists, suppression
from getsms_core.contacts.lists import Options
from getsms_core.db.engine import Store, now_ms
from getsms_core.db.models import Contact, Job
from tests.conftest import PageFactory, SettingsFactory

ROWS = "Ism;Telefon\nAziza;901234567\nLola;911234567\nAziz;901234567\nVali;93 123 45 67 94 123 45 67\n"


class Page:
    """Opens the pages and makes what they show."""

    def __init__(self, open_page: PageFactory, store: Store, actor: Actor, settings: Settings) -> None:
        self._open, self.store, self.actor, self.settings = open_page, store, actor, settings

    def lists(self, list_id: int | None = None, view: str = "lists") -> AppTest:
        page = self._open("lists.py")
        page.query_params["view"] = view
        if list_id is not None:
            page.query_params["list"] = str(list_id)
        return page.run()

    def wizard(self, campaign: int, step: str) -> AppTest:
        page = self._open("new_campaign.py")
        page.query_params["campaign"] = str(campaign)
        page.query_params["step"] = step
        return page.run()

    def uploaded(self, text: str = ROWS, name: str = "Mijozlar", options: Options | None = None) -> int:
        list_id = lists.upload(
            self.store, self.actor, name, f"{name}.csv", lists.iter_parts(text.encode()), options or Options()
        )
        lists.check_uploaded_list(self.store, list_id)
        return list_id

    def draft(self, list_id: int) -> int:
        return campaigns.create(self.store, self.actor, self.settings, campaigns.Draft("Sale", "", list_id))

    def names(self) -> list[str]:
        return [stored_list.name for stored_list in lists.all_lists(self.store)]


@pytest.fixture
def pages(open_page: PageFactory, sqlite_store: Store, actor: Actor, settings: SettingsFactory) -> Page:
    return Page(open_page, sqlite_store, actor, settings())


def said(page: AppTest) -> str:
    """Every text on the page."""
    kinds = (page.title, page.header, page.markdown, page.caption, page.error, page.warning, page.info, page.success)
    return "\n".join(str(element.value) for kind in kinds for element in kind).replace("\\", "")


def of(page: AppTest, kind: str, start: str) -> Any:
    """The widget whose key begins so: forms count their turns behind it."""
    return next(element for element in page.get(kind) if str(element.key).startswith(start))


# ------------------------------------------------------------------------------------------------------- operations


def test_one_list_alone_cannot_be_merged_and_too_few_are_said_to_be_too_few(pages: Page) -> None:
    pages.uploaded()
    assert not [element for element in pages.lists().multiselect if str(element.key).startswith("list-which")]
    pages.uploaded(name="Hamkorlar")
    page = pages.lists()
    page.button(key="list-several-go").click().run()
    assert "Choose at least two lists" in page.error[0].value
    assert len(pages.names()) == 2


@pytest.mark.parametrize(
    ("how", "names"), [("merge", ["Aziz", "Olim"]), ("subtract", ["Lola"]), ("intersect", ["Aziza"])]
)
def test_lists_are_put_together_and_the_new_one_opens(pages: Page, how: str, names: list[str]) -> None:
    first = pages.uploaded("Ism;Telefon\nAziza;901234567\nLola;911234567\n")
    second = pages.uploaded("Ism;Telefon\nAziz;901234567\nOlim;931234567\n", "Hamkorlar")
    page = pages.lists()
    of(page, "radio", "list-how").set_value(how)
    of(page, "multiselect", "list-which").set_value([first, second])
    of(page, "text_input", "list-name").set_value("Birga")
    of(page, "selectbox", "list-keep").set_value("last")
    page.button(key="list-several-go").click().run()
    assert not page.exception
    assert "The new list is saved" in said(page)
    list_id = int(page.query_params["list"])
    accepted_names = lists.accepted(pages.store, list_id)["Ism"].to_pylist()
    assert set(names) <= set(accepted_names)
    assert lists.get(pages.store, list_id).name == "Birga"
    assert lists.get(pages.store, list_id).origin in said(page)


def test_a_second_click_on_the_same_form_makes_no_second_list(pages: Page) -> None:
    page = AppTest.from_string(
        "import streamlit as st\nfrom pages.ui.contacts import list_operations\n"
        "done = st.session_state.setdefault('done', [])\n"
        "for _n in range(2):\n    list_operations._run_once(0, lambda: done.append(1) or 'kept')\n"
    ).run()
    assert not page.exception
    assert page.session_state["done"] == [1]


def test_a_list_is_named_tagged_sampled_split_and_deleted(pages: Page) -> None:
    list_id = pages.uploaded()
    page = pages.lists(list_id)
    of(page, "text_input", "list-rename").set_value("Doimiy mijozlar")
    of(page, "text_input", "list-tags").set_value("vip, toshkent")
    page.button(key="list-label-go").click().run()
    assert ":gray-badge[vip]" in said(page)
    assert lists.get(pages.store, list_id).name == "Doimiy mijozlar"

    for unreadable in ("3", "0", "1,5", "1.000", ""):  # the list has two recipients
        of(page, "text_input", "list-sample-n").set_value(unreadable)
        page.button(key="list-sample-go").click().run()
        assert not page.exception
        assert page.error
        assert len(lists.all_lists(pages.store)) == 1
    assert "Write a whole number from 1 to 2." in said(page)
    of(page, "text_input", "list-sample-n").set_value("1").run()
    page.button(key="list-sample-go").click().run()
    sample = int(page.query_params["list"])
    assert lists.get(pages.store, sample).counts.accepted == 1
    assert "A random sample of 1 of the 2 recipients" in said(page)

    page = pages.lists(list_id)
    page.button(key="list-split-go").click().run()
    assert {"Doimiy mijozlar 1/2", "Doimiy mijozlar 2/2"} <= set(pages.names())
    page = pages.lists(sample)
    page.button(key=f"list-delete-{sample}").click().run()
    assert "The list is deleted" in said(page)
    assert sample not in [stored_list.id for stored_list in lists.all_lists(pages.store)]


def test_a_list_that_a_draft_needs_is_not_deleted(pages: Page) -> None:
    list_id = pages.uploaded()
    pages.draft(list_id)
    page = pages.lists(list_id)
    assert "1 campaign has this list" in said(page)
    page.button(key=f"list-delete-{list_id}").click().run()
    assert "uses this list" in page.error[0].value
    assert list_id in [stored_list.id for stored_list in lists.all_lists(pages.store)]


# --------------------------------------------------------------------------------------------------------- progress


def test_a_check_shows_its_step_and_can_be_stopped(pages: Page, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("getsms_core.delivery.workers_online.present", lambda _store: [object()])
    list_id = lists.upload(pages.store, pages.actor, "Katta", "katta.csv", [b"phone\n901234567\n"], Options())
    running = {"state": "running", "step": "checking", "total": 1_000_000, "started_at": 1, "attempts": 1}
    with pages.store.writing() as session:
        session.execute(sa.update(Job).values(**running))
    page = pages.wizard(pages.draft(list_id), "list")
    assert not page.exception
    bar = page.get("progress")[0].proto
    assert bar.value == 62
    assert "Step 3 of 4: Checking every number … · 1,000,000 rows" in bar.text
    page.button(key=f"list-stop-{list_id}").click().run()
    assert not page.exception
    assert "cancelled the check" in said(page)
    assert lists.get(pages.store, list_id).code == "cancelled"


# ------------------------------------------------------------------------------------------------------ check step


def test_the_check_names_who_has_had_enough_and_who_opted_out_since(pages: Page) -> None:
    list_id = pages.uploaded()
    draft = pages.draft(list_id)
    account = campaigns.get(pages.store, draft).account_id
    page = pages.wizard(draft, "check")
    assert "will be left out." not in said(page)
    policy.save(pages.store, pages.actor, account, Policy(cap_messages=2, cap_days=7), pages.settings.zone)
    page = pages.wizard(draft, "check")
    assert "No recipient in this list has had 2 SMS in the last 7 days." in said(page)
    with pages.store.writing() as session:
        hour = now_ms(session) // 3_600_000
        session.execute(sa.insert(Contact), [{"phone": 998901234567, "hour": hour, "messages": 2}])
    suppression.add(pages.store, pages.actor, [998911234567], "asked", "")
    page = pages.wizard(draft, "check")
    assert not page.exception
    assert "1 number has had 2 SMS or more in the last 7 days and will be left out." in said(page)
    assert "1 number has opted out since the list was checked" in said(page)


def test_first_or_last_and_two_numbers_are_chosen_in_the_check(pages: Page) -> None:
    draft = pages.draft(pages.uploaded())
    page = pages.wizard(draft, "check")
    of(page, "radio", "check-keep").set_value("last").run()
    second = int(campaigns.get(pages.store, draft).list_id or 0)
    lists.check_uploaded_list(pages.store, second)
    assert lists.accepted(pages.store, second)["Ism"].to_pylist() == ["Lola", "Aziz"]
    page = pages.wizard(draft, "check")
    of(page, "radio", "check-two").set_value("both").run()
    third = int(campaigns.get(pages.store, draft).list_id or 0)
    lists.check_uploaded_list(pages.store, third)
    assert lists.accepted(pages.store, third)["Ism"].to_pylist() == ["Lola", "Aziz", "Vali", "Vali"]


def test_a_kept_list_is_merged_into_the_campaigns_and_the_other_row_can_count(pages: Page) -> None:
    other = pages.uploaded("Ism;Telefon\nAzizjon;901234567\nOlim;971234567\n", "Hamkorlar")
    draft = pages.draft(pages.uploaded())
    page = pages.wizard(draft, "list")
    of(page, "selectbox", "list-beside").set_value(other).run()
    assert not page.exception
    merged = int(campaigns.get(pages.store, draft).list_id or 0)
    assert lists.accepted(pages.store, merged)["Ism"].to_pylist() == ["Aziza", "Lola", "Olim"]
    page = pages.wizard(draft, "check")
    of(page, "radio", "check-keep").set_value("last").run()
    assert not page.exception
    again = int(campaigns.get(pages.store, draft).list_id or 0)
    assert lists.accepted(pages.store, again)["Ism"].to_pylist() == ["Lola", "Azizjon", "Olim"]


def test_corrected_rows_come_back_in_the_check_step(pages: Page) -> None:
    uploaded_id = pages.uploaded("Ism;Telefon\nAziza;901234567\nLola;12\n")
    draft = pages.draft(uploaded_id)
    page = pages.wizard(draft, "check")
    mended = b"GETSMS: reason,Ism,Telefon\nbad,Lola,911234567\n"
    of(page, "file_uploader", f"list-more-{uploaded_id}-1").upload("mended.csv", mended).run()
    assert not page.exception
    list_id = int(campaigns.get(pages.store, draft).list_id or 0)
    lists.check_uploaded_list(pages.store, list_id)
    assert lists.get(pages.store, list_id).counts.to_stored() == {
        "rows": 2, "accepted": 2, "repaired": 2, "rejected": 0, "duplicates": 0, "opted_out": 0
    }  # fmt: skip


# --------------------------------------------------------------------------------------------------------- opt-outs


def test_a_spreadsheet_of_opt_outs_is_added_and_its_bad_rows_are_named(pages: Page, tmp_path: Path) -> None:
    book, out = openpyxl.Workbook(), io.BytesIO()
    assert book.active is not None
    for row in (["Ism", "Telefon"], ["Ali", 998901234567], ["Vali", "712345678"], ["Lola", "911234567; 931234567"]):
        book.active.append(row)
    book.save(out)
    page = pages.lists(view="opt-outs")
    page.file_uploader[0].upload("stop.xlsx", out.getvalue())
    page.button(key="optouts-go").click().run()
    assert not page.exception
    assert "3 numbers were added" in said(page)
    assert "1 row of stop.xlsx holds no mobile number" in said(page)
    assert "landline" in page.table[0].value.to_string()
    assert suppression.numbers(pages.store).tolist() == [998901234567, 998911234567, 998931234567]


def test_a_file_without_numbers_adds_nothing_and_says_why(pages: Page) -> None:
    page = pages.lists(view="opt-outs")
    page.file_uploader[0].upload("stop.csv", b"name,city\nAli,Toshkent\n")
    page.button(key="optouts-go").click().run()
    assert "No column looks like phone numbers" in page.error[0].value
    assert len(suppression.numbers(pages.store)) == 0
