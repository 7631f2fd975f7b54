"""Lists and opt-outs."""

from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from getsms_core.base.permissions import Actor
from getsms_core.contacts import lists
from getsms_core.contacts import operations as list_operations
from getsms_core.db.engine import Store
from getsms_core.reports import listings
from getsms_core.spreadsheet import csv_writer
from pages.ui.contacts import refused_rows
from tests.conftest import PageFactory
from tests.engine_support import AZIZA

ROWS = "Ism;Telefon\nAziza;998901234567\nLola;712345678\n=1+1;+998 55\n"


def keep(store: Store, actor: Actor, folder: Path, name: str = "Mijozlar") -> int:
    """A kept list with one good row and two refused ones."""
    path = folder / "mijozlar.csv"
    path.write_text(ROWS)
    return lists.add_file(store, actor, path, name, lists.Options())


def said(page: AppTest) -> str:
    """Every text on the page."""
    kinds = (page.title, page.header, page.markdown, page.caption, page.error, page.warning, page.info, page.success)
    return "\n".join(str(element.value) for kind in kinds for element in kind)


def opt_outs(open_page: PageFactory) -> AppTest:
    """The page at its opt-outs."""
    page = open_page("lists.py")
    page.query_params["view"] = "opt-outs"
    return page.run()


# ------------------------------------------------------------------------------------------------------------ lists


def test_without_any_list_it_says_so(open_page: PageFactory) -> None:
    page = open_page("lists.py").run()
    assert not page.exception
    assert "No list yet" in said(page)


def test_a_list_stands_with_its_file_its_counts_and_its_columns(
    open_page: PageFactory, sqlite_store: Store, actor: Actor, tmp_path: Path
) -> None:
    list_id = keep(sqlite_store, actor, tmp_path)
    page = open_page("lists.py").run()
    assert not page.exception
    for words in ("**Mijozlar**", "Aziza", "Columns: Ism, Telefon", "**1 number** · 2 left out"):
        assert words in said(page).replace("\\", "")
    page.button(key=f"list-look-{list_id}").click().run()
    assert "landline" in page.table[0].value.to_string()
    page.button(key="lists-back").click().run()
    page.text_input(key="search").set_value("boshqa").run()
    assert "No lists match your search" in said(page)


def test_a_list_begins_a_campaign(open_page: PageFactory, sqlite_store: Store, actor: Actor, tmp_path: Path) -> None:
    list_id = keep(sqlite_store, actor, tmp_path)
    page = open_page("frame.py").run()
    page.switch_page("lists.py").run()
    page.button(key=f"list-use-{list_id}").click().run()
    assert not page.exception
    assert listings.campaigns(sqlite_store)[0][0].list_id == list_id
    assert page.query_params["step"] == "check"


def test_a_list_that_does_not_exist_is_a_sentence(open_page: PageFactory) -> None:
    page = open_page("lists.py")
    page.query_params["list"] = "99"
    page.run()
    assert not page.exception
    assert "There is no list 99" in page.error[0].value


@pytest.mark.parametrize(("make", "ending"), [(make, ending) for _label, ending, make in refused_rows.FORMATS])
def test_what_was_left_out_comes_back_corrected_and_adds_only_what_is_new(
    sqlite_store: Store, actor: Actor, tmp_path: Path, make: object, ending: str
) -> None:
    list_id = keep(sqlite_store, actor, tmp_path)
    assert callable(make)
    path = tmp_path / f"left.{ending}"
    path.write_bytes(make(lists.checked(sqlite_store, list_id).refused_table()))
    again = lists.add_file(sqlite_store, actor, path, "again", lists.Options())
    recipient_list = lists.get(sqlite_store, again)
    assert recipient_list.facts["columns"] == ["Ism", "Telefon"]
    assert (recipient_list.counts.rows, recipient_list.counts.accepted) == (2, 0)


def test_no_cell_of_the_csv_is_a_formula(sqlite_store: Store, actor: Actor, tmp_path: Path) -> None:
    list_id = keep(sqlite_store, actor, tmp_path)
    text = csv_writer.text_file(lists.checked(sqlite_store, list_id).refused_table()).decode("utf-8-sig")
    assert '"\'=1+1"' in text
    assert '"\'+998 55"' in text


# --------------------------------------------------------------------------------------------------------- opt-outs


def test_numbers_are_added_with_a_reason_and_found_again(open_page: PageFactory, sqlite_store: Store) -> None:
    page = opt_outs(open_page)
    page.text_area(key="optouts-typed").set_value("90 123 45 67\n91 123 45 68, 93 123 45 69")
    page.text_input(key="optouts-reason").set_value("called")
    page.button(key="optouts-go").click().run()
    assert not page.exception
    assert "3 numbers were added." in said(page)
    assert {entry.phone for entry in listings.opt_outs(sqlite_store, AZIZA)} == {
        998901234567,
        998911234568,
        998931234569,
    }
    page.text_input(key="search").set_value("91 123").run()
    assert list(page.dataframe[0].value["Number"]) == ["998911234568"]


def test_a_file_of_numbers_is_added(open_page: PageFactory, sqlite_store: Store) -> None:
    page = opt_outs(open_page)
    page.file_uploader[0].upload("stop.csv", b"telefon\n901234567\n901234568\n901234567\n")
    page.button(key="optouts-go").click().run()
    assert not page.exception
    assert listings.opt_out_count(sqlite_store) == 2


def test_a_line_that_is_no_number_adds_nothing_at_all(open_page: PageFactory, sqlite_store: Store) -> None:
    page = opt_outs(open_page)
    page.text_area(key="optouts-typed").set_value("90 123 45 67\nsalom")
    page.button(key="optouts-go").click().run()
    assert "1 line is not a mobile number of Uzbekistan: salom" in page.error[0].value
    assert listings.opt_out_count(sqlite_store) == 0
    assert page.text_area(key="optouts-typed").value == "90 123 45 67\nsalom"


def test_nothing_typed_is_said_to_be_nothing(open_page: PageFactory) -> None:
    page = opt_outs(open_page)
    page.button(key="optouts-go").click().run()
    assert "Write at least one number" in page.error[0].value


def test_a_number_is_taken_off_with_a_reason_only(open_page: PageFactory, sqlite_store: Store, actor: Actor) -> None:
    lists.add_opt_outs(sqlite_store, actor, [998901234567], "asked", "")
    page = opt_outs(open_page)
    page.text_input(key="optouts-back").set_value("90 123 45 67")
    page.button(key="optouts-back-go").click().run()
    assert "Say why" in page.error[0].value
    page.text_input(key="optouts-back").set_value("90 123 45 68")
    page.text_input(key="optouts-why").set_value("asked again")
    page.button(key="optouts-back-go").click().run()
    assert "is not on the opt-out list" in page.error[0].value
    page.text_input(key="optouts-back").set_value("90 123 45 67")
    page.text_input(key="optouts-why").set_value("asked again")
    page.button(key="optouts-back-go").click().run()
    assert not page.exception
    assert listings.opt_out_count(sqlite_store) == 0


# -------------------------------------------------------------------------------------- uploads, pasting, corrections


def test_numbers_are_pasted_on_the_page(open_page: PageFactory, sqlite_store: Store) -> None:
    page = open_page("lists.py").run()
    page.text_area(key="lists-pasted-0").set_value("998901234567\n12")
    page.button(key="lists-paste-go").click().run()
    assert not page.exception
    assert [stored_list.name for stored_list in lists.all_lists(sqlite_store)] == ["Pasted numbers"]


def test_a_refused_cell_is_corrected_on_the_page(
    open_page: PageFactory, sqlite_store: Store, actor: Actor, tmp_path: Path
) -> None:
    list_id = keep(sqlite_store, actor, tmp_path)
    page = open_page("lists.py")
    page.query_params["list"] = str(list_id)
    page.run()
    page.text_input(key=f"correct-{list_id}-0-1").set_value("712345679")
    page.button(key=f"correct-go-{list_id}").click().run()
    assert "Nothing was saved" in said(page)
    page.text_input(key=f"correct-{list_id}-0-1").set_value("90 123 45 68")
    page.button(key=f"correct-go-{list_id}").click().run()
    assert not page.exception
    assert "1 row was corrected" in said(page)
    newest = lists.all_lists(sqlite_store)[0]
    assert (newest.id != list_id, newest.counts.accepted) == (True, 2)


def test_a_tag_chooses_lists(open_page: PageFactory, sqlite_store: Store, actor: Actor, tmp_path: Path) -> None:
    first, second = keep(sqlite_store, actor, tmp_path, "Birinchi"), keep(sqlite_store, actor, tmp_path, "Ikkinchi")
    list_operations.tag(sqlite_store, actor, second, ["vip"])
    page = open_page("lists.py").run()
    page.selectbox(key="tag").select("vip").run()
    assert not page.exception
    assert "**Ikkinchi**" in said(page)
    assert "**Birinchi**" not in said(page)
    assert first


def test_a_failed_upload_is_deleted_on_the_page(open_page: PageFactory, sqlite_store: Store, actor: Actor) -> None:
    failed = lists.upload(sqlite_store, actor, "Rasm", "rasm.csv", [b"%PDF-1.7"], lists.Options())
    lists.check_uploaded_list(sqlite_store, failed)
    page = open_page("lists.py").run()
    assert "PDF" in said(page)
    page.button(key=f"list-delete-{failed}").click().run()
    assert not page.exception
    assert not lists.all_lists(sqlite_store)
