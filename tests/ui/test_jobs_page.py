"""The page of background jobs, and jobs on the pages of their subjects: what failed says why, and is retried there."""

import pytest
from streamlit.testing.v1 import AppTest

from getsms_core import exports, jobs
from getsms_core.base.errors import DomainError
from getsms_core.base.permissions import Actor, Role
from getsms_core.campaigns import service as campaigns
from getsms_core.contacts import lists
from getsms_core.contacts.lists import Options
from getsms_core.db.engine import Store
from getsms_core.worker import handlers
from tests.conftest import PageFactory
from tests.engine_support import AZIZA, running, settings_for
from tests.job_support import claimed, do_all, state_of

HOSTILE = "**bold** [x](https://evil.uz) :material/home: $x$ <b>"


def upload(store: Store, actor: Actor, name: str = "Mijozlar") -> int:
    return lists.upload(store, actor, name, "x.csv", [b""], Options())


def said(page: AppTest) -> str:
    """Every sentence of the page."""
    return " ".join(element.value for kind in (page.markdown, page.caption, page.info, page.error) for element in kind)


def keys(page: AppTest) -> set[str]:
    return {str(button.key) for button in page.button}


@pytest.mark.parametrize("role", list(Role))
def test_without_jobs_the_page_says_so_to_each_role(open_page: PageFactory, role: Role) -> None:
    page = open_page("jobs.py", role).run()
    assert not page.exception
    assert "No job is running, waiting or failed." in said(page)


@pytest.mark.parametrize("language", ["en", "uz", "ru"])
def test_failed_waiting_and_running_jobs_are_shown_with_hostile_names(
    open_page: PageFactory, sqlite_store: Store, language: str
) -> None:
    upload(sqlite_store, AZIZA, HOSTILE)
    do_all(sqlite_store)
    upload(sqlite_store, AZIZA, HOSTILE)
    claimed(sqlite_store).progress(sqlite_store, 0, 7, "checking")
    exports.enqueue(sqlite_store, AZIZA, settings_for(), running(sqlite_store, 1), "csv", name=HOSTILE)
    page = open_page("jobs.py", language=language).run()
    assert not page.exception
    shown = said(page)
    assert "**bold** [x](" not in shown
    assert shown.count("bold") >= 3
    assert {"job-retry-1", "job-cancel-2", "job-cancel-3"} <= keys(page)


def test_what_failed_is_retried_and_what_waits_is_stopped_with_a_click(
    open_page: PageFactory, sqlite_store: Store
) -> None:
    list_id = upload(sqlite_store, AZIZA)
    do_all(sqlite_store)
    page = open_page("jobs.py").run()
    assert "holds no rows" in said(page)
    page.button(key="job-retry-1").click().run()
    assert state_of(sqlite_store, "list", f"list:{list_id}").value == "queued"
    page.button(key="job-cancel-1").click().run()
    assert not page.exception
    assert state_of(sqlite_store, "list", f"list:{list_id}").value == "cancelled"
    assert "cancelled the work" in said(page)


def test_others_see_their_own_jobs_and_may_not_touch_those_of_others(
    open_page: PageFactory, sqlite_store: Store
) -> None:
    upload(sqlite_store, AZIZA)
    do_all(sqlite_store)
    page = open_page("jobs.py", Role.MARKETER).run()
    assert "No job is running, waiting or failed." in said(page)
    assert not keys(page) & {"job-retry-1", "job-cancel-1"}


def test_a_list_that_failed_is_checked_again_from_its_page(open_page: PageFactory, sqlite_store: Store) -> None:
    list_id = upload(sqlite_store, AZIZA)
    do_all(sqlite_store)
    page = open_page("lists.py")
    page.query_params["list"] = str(list_id)
    page.run()
    page.button(key="list-check-again").click().run()
    assert not page.exception
    assert lists.get(sqlite_store, list_id).state == "pending"


def test_a_file_that_failed_is_asked_for_again_and_one_that_waits_is_stopped(
    open_page: PageFactory, sqlite_store: Store
) -> None:
    export_id = exports.enqueue(sqlite_store, AZIZA, settings_for(), running(sqlite_store, 1), "csv")
    handlers.record_crash(sqlite_store, claimed(sqlite_store))
    page = open_page("reports.py").run()
    assert not page.exception
    page.button(key="job-retry-1").click().run()
    assert exports.get(sqlite_store, export_id).state == "pending"
    page.button(key="job-cancel-1").click().run()
    assert exports.get(sqlite_store, export_id).state == "failed"


def test_a_campaign_whose_preparation_failed_shows_the_reason_once(open_page: PageFactory, sqlite_store: Store) -> None:
    list_id = lists.upload(sqlite_store, AZIZA, "x", "x.csv", [b"phone\n901234567\n"], Options())
    do_all(sqlite_store)
    campaign_id = campaigns.create(sqlite_store, AZIZA, settings_for(), campaigns.Draft("Sale", "Salom", list_id))
    campaigns.start(sqlite_store, AZIZA, campaign_id)
    handlers.record_failure(sqlite_store, claimed(sqlite_store), DomainError("disk-full", "The disk is full."))
    page = open_page("campaigns.py")
    page.query_params["id"] = str(campaign_id)
    page.run()
    assert not page.exception
    everything = said(page) + " ".join(element.value for element in page.warning)
    assert everything.count("The disk is full") == 1
    [job] = jobs.of_subject(sqlite_store, AZIZA, f"campaign:{campaign_id}")
    assert f"job-retry-{job.id}" in keys(page)
