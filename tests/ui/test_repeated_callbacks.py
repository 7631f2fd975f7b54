"""A callback that runs twice for one upload or one double click makes one list and one draft."""

from collections.abc import Callable
from pathlib import Path

import pytest
from streamlit.proto.WidgetStates_pb2 import WidgetStates
from streamlit.testing.v1 import AppTest

from getsms_core.base.permissions import Actor
from getsms_core.campaigns import service as campaigns
from getsms_core.contacts import lists, suppression
from getsms_core.db.engine import Store
from getsms_core.reports import listings
from pages.ui.shared import repeats
from tests.conftest import PageFactory
from tests.job_support import do_all

FILE = b"Telefon\n901234567\n"


def upload_twice(
    page: AppTest, at: int = 0, content: bytes = FILE, between: Callable[[], object] | None = None
) -> None:
    """Upload a file; then send its widget's value once more, as a browser does that has not yet heard of its end."""
    uploader, before = page.file_uploader[at].upload("mijozlar.csv", content), page._tree
    sent_again = WidgetStates(widgets=[uploader._widget_state])
    page.run()
    if between is not None:
        between()
    page._tree = before  # AppTest hands over the bytes of the uploaders that it knows
    page._run(sent_again)
    assert not page.exception


def lists_and_drafts(store: Store, actor: Actor) -> tuple[int, int]:
    return len(lists.all_lists(store)), len(listings.drafts(store, actor.name, limit=9))


def test_an_upload_whose_callback_runs_twice_makes_one_list_and_one_draft(
    open_page: PageFactory, sqlite_store: Store, actor: Actor
) -> None:
    page = open_page("new_campaign.py").run()
    upload_twice(page)
    assert lists_and_drafts(sqlite_store, actor) == (1, 1)
    assert page.query_params["campaign"] == "1"


def test_streamlit_runs_the_callback_again_for_a_value_that_is_sent_again(
    open_page: PageFactory, sqlite_store: Store, actor: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pages.ui.shared.uploads.is_used", lambda _file: False)
    monkeypatch.setattr("pages.ui.shared.uploads.request_key", lambda _file: "")
    upload_twice(open_page("new_campaign.py").run())
    assert lists_and_drafts(sqlite_store, actor) == (2, 2)  # the fault, without what guards against it


@pytest.mark.parametrize("forgotten", ["session", "core"])
def test_the_session_and_the_database_each_know_a_repeat(
    open_page: PageFactory, sqlite_store: Store, actor: Actor, forgotten: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    if forgotten == "session":
        monkeypatch.setattr("pages.ui.shared.uploads.is_used", lambda _file: False)
    else:
        monkeypatch.setattr("pages.ui.shared.uploads.request_key", lambda _file: "")
    upload_twice(open_page("new_campaign.py").run())
    assert lists_and_drafts(sqlite_store, actor) == (1, 1)


def test_the_repeat_of_an_upload_does_not_bring_back_a_list_that_was_let_go(
    open_page: PageFactory, sqlite_store: Store
) -> None:
    page = open_page("new_campaign.py").run()
    upload_twice(page, between=lambda: page.button(key="wizard-other").click().run())
    assert campaigns.get(sqlite_store, 1).list_id is None


def test_the_same_file_uploaded_again_is_a_new_list(open_page: PageFactory, sqlite_store: Store, actor: Actor) -> None:
    for _upload in range(2):
        page = open_page("new_campaign.py").run()
        page.file_uploader[0].upload("mijozlar.csv", FILE).run()
    assert lists_and_drafts(sqlite_store, actor) == (2, 2)


def test_refused_rows_that_are_uploaded_again_make_one_list(
    open_page: PageFactory, sqlite_store: Store, actor: Actor, tmp_path: Path
) -> None:
    path = tmp_path / "a.csv"
    path.write_text("Telefon\n901234567\n12\n")
    list_id = lists.add_file(sqlite_store, actor, path, "Mijozlar", lists.Options())
    page = open_page("lists.py")
    page.query_params["list"] = str(list_id)
    upload_twice(page.run(), content=b"Telefon\n901234568\n")
    stored_lists = lists.all_lists(sqlite_store)
    assert len(stored_lists) == 2
    do_all(sqlite_store)
    assert lists.get(sqlite_store, int(stored_lists[0].id or 0)).counts.accepted == 2


def test_a_double_click_on_the_sample_makes_one_list_and_one_draft(
    open_page: PageFactory, sqlite_store: Store, actor: Actor
) -> None:
    page = open_page("new_campaign.py").run()
    button = page.button(key="wizard-sample-clean").click()
    sent_again = WidgetStates(widgets=[button._widget_state])
    page.run()
    page._run(sent_again)
    assert lists_and_drafts(sqlite_store, actor) == (1, 1)


def test_the_first_campaign_is_begun_once(open_page: PageFactory, sqlite_store: Store, actor: Actor) -> None:
    page = open_page("frame.py").run()
    button = page.button(key="overview-begin").click()
    sent_again = WidgetStates(widgets=[button._widget_state])
    page.run()
    page._run(sent_again)
    assert lists_and_drafts(sqlite_store, actor) == (1, 1)


def test_a_click_long_after_the_first_is_a_request_of_its_own(
    open_page: PageFactory, sqlite_store: Store, actor: Actor, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(FILE)
    lists.add_file(sqlite_store, actor, path, "Mijozlar", lists.Options())
    page = open_page("frame.py").run().switch_page("lists.py")
    for seconds, drafts in ((0.0, 1), (5.0, 1), (30.0, 2)):
        monkeypatch.setattr(repeats, "now", lambda seconds=seconds: 1000.0 + seconds)
        page.run()
        page.button(key="list-use-1").click().run()
        assert not page.exception
        assert len(listings.drafts(sqlite_store, actor.name, limit=9)) == drafts
        page.switch_page("lists.py")


def test_a_repeat_whose_bytes_are_gone_is_ignored(open_page: PageFactory, sqlite_store: Store, actor: Actor) -> None:
    page = open_page("new_campaign.py").run()
    uploader = page.file_uploader[0].upload("mijozlar.csv", FILE)
    removed_widgets = WidgetStates(widgets=[uploader._widget_state])
    page._tree = open_page("new_campaign.py").run()._tree
    page._run(removed_widgets)
    assert not page.exception
    assert lists_and_drafts(sqlite_store, actor) == (0, 0)


def test_numbers_of_a_file_that_are_added_twice_say_how_many_were_new(
    open_page: PageFactory, sqlite_store: Store
) -> None:
    page = open_page("lists.py")
    page.query_params["view"] = "opt-outs"
    page.run()
    uploader = page.file_uploader(key="optouts-file").upload("a.csv", FILE)
    button = page.button(key="optouts-go").click()
    sent_again, before = WidgetStates(widgets=[uploader._widget_state, button._widget_state]), page._tree
    page.run()
    assert page.success[0].value == "1 number was added."
    page._tree = before
    page._run(sent_again)
    assert not page.error
    assert not page.success
    assert suppression.numbers(sqlite_store).tolist() == [998901234567]


def test_a_form_that_was_handled_refuses_an_empty_one_only_after_it_is_drawn_again(
    open_page: PageFactory, sqlite_store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    drawn = repeats.turn
    page = open_page("lists.py")
    page.query_params["view"] = "opt-outs"
    page.run()
    page.text_area(key="optouts-typed").set_value("90 123 45 67")
    page.button(key="optouts-go").click().run()
    monkeypatch.setattr(repeats, "turn", lambda name: drawn(name) + 1)  # handled since it was drawn
    page.button(key="optouts-go").click().run()
    assert not page.error
    monkeypatch.setattr(repeats, "turn", drawn)
    page.run()
    page.button(key="optouts-go").click().run()
    assert page.error[0].value == "Write at least one number, or choose a file."
    assert suppression.numbers(sqlite_store).tolist() == [998901234567]
