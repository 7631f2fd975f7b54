"""Reports: files at once and by the worker, by the rights of the role."""

import time

import pytest
from streamlit.testing.v1 import AppTest

from getsms_core import exports
from getsms_core.base.codes import ExportFormat
from getsms_core.base.permissions import Role
from getsms_core.base.work_states import ExportState
from getsms_core.db.engine import Store
from tests.conftest import PageFactory, SettingsFactory
from tests.factories import HOUR, make_campaign, make_messages

NOW = time.time_ns() // 1_000_000


def labels(page: AppTest) -> list[str]:
    """What the download buttons of a page say."""
    return [str(getattr(button, "label", "")) for button in page.get("download_button")]


@pytest.fixture
def campaign(sqlite_store: Store) -> int:
    """A campaign of today."""
    campaign_id = make_campaign(sqlite_store, started_at=NOW - HOUR)
    make_messages(sqlite_store, campaign_id, {"delivered": 7}, left_at=NOW - HOUR)
    return campaign_id


def test_a_small_cut_is_downloaded_at_once(open_page: PageFactory, campaign: int) -> None:
    page = open_page("reports.py").run()
    assert not page.exception
    assert "**7** messages match these filters." in [text.value for text in page.markdown]
    assert labels(page) == ["Download now"]


def test_an_empty_cut_makes_no_file(open_page: PageFactory) -> None:
    page = open_page("reports.py").run()
    assert page.button(key="report-ask").disabled
    assert not page.get("download_button")


def test_a_file_is_asked_for_made_listed_and_deleted(
    open_page: PageFactory, campaign: int, sqlite_store: Store, sqlite_url: str, settings: SettingsFactory
) -> None:
    page = open_page("reports.py").run()
    page.multiselect(key="report-columns").set_value(["phone", "state"])
    page.button(key="report-ask").click().run()
    assert not page.exception
    (export,) = exports.all_exports(sqlite_store)
    assert (export.state, export.format, export.question["columns"]) == ("pending", "xlsx", ["phone", "state"])
    assert any("Waiting for a worker" in str(bar.proto) for bar in page.get("progress"))
    assert export.id is not None
    exports.make(sqlite_store, export.id, settings(database_url=sqlite_url))
    page.run()
    assert "Download" in labels(page)
    page.button(key=f"file-delete-{export.id}").click().run()
    assert exports.all_exports(sqlite_store) == []
    assert not page.exception


def test_a_failed_file_says_why(open_page: PageFactory, campaign: int, sqlite_store: Store) -> None:
    from getsms_core.db.models import Export

    with sqlite_store.writing() as session:
        session.add(Export(name="x", format=ExportFormat.CSV, state=ExportState.FAILED,
                           old_message="The disk is full: *.csv", created_at=NOW, created_by="Aziza"))  # fmt: skip
    page = open_page("reports.py").run()
    assert any(r"The disk is full: \*.csv" in text.value for text in page.caption)


@pytest.mark.parametrize("role", [Role.MANAGER, Role.ANALYST])
def test_who_sees_no_phones_cannot_ask_for_them(
    open_page: PageFactory, campaign: int, sqlite_store: Store, role: Role
) -> None:
    page = open_page("reports.py", role).run()
    assert not page.exception
    assert "report-mask" not in [toggle.key for toggle in page.toggle]
    page.button(key="report-ask").click().run()
    assert exports.all_exports(sqlite_store)[0].question["mask"] is True
