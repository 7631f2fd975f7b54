"""Every table of the pages is sorted by its values: a click on a heading sorts what is stored, not what is shown, so
that numbers, shares, money and instants are stored as such and only shown as texts in the reader's language."""

import re
from collections.abc import Iterator

import pandas as pd
import pytest
from streamlit import dataframe_util
from streamlit.testing.v1 import AppTest
from streamlit.testing.v1.element_tree import Dataframe

from getsms_core.base.permissions import Role
from getsms_core.campaigns import responses
from getsms_core.campaigns import service as campaigns
from getsms_core.campaigns.response_rows import Columns
from getsms_core.contacts import suppression
from getsms_core.contacts.conditions import parse, to_json
from getsms_core.db.engine import Store
from getsms_core.messages.variants import Variant
from pages.ui.shared import number_link
from tests.conftest import PageFactory
from tests.engine_support import AZIZA, Engine, checked_list, phones, running, settings_for
from tests.integration.campaigns.test_responses import LATER, delivered
from tests.ui.folded_tables import run_with_open_tables
from tests.ui.test_campaigns import one

_FIGURE = re.compile(
    r"[<>≈+−-]?\d[\d\s.,]*(?:%|so'm|soʻm|сум|×|ms|s|messages?)?(?: – .*)?"  # 1 234,5 % or "5.0% – 12.1%"
    r"|\d{1,2} [A-Z][a-z]{2} \d{4}.*|\d\d\.\d\d\.\d{4}.*"
)
_TEXTS = {"Number", "Номер", "Number or key", "Text", "Value", "Shahar", "Number range"}
"""Columns of names and phone numbers, which are texts by right."""


def figures_as_texts(page: AppTest) -> Iterator[str]:
    """Yield the headings of columns whose cells are all numbers or dates as texts."""
    assert not page.exception
    for element in page.dataframe:
        for heading, cells in element.value.items():
            texts = [cell for cell in cells if isinstance(cell, str) and cell not in ("", "–")]
            if texts and heading not in _TEXTS and all(_FIGURE.fullmatch(text) for text in texts):
                yield str(heading)


def shown(element: Dataframe) -> pd.DataFrame:
    """The cells of a table as they are shown."""
    return dataframe_util.convert_arrow_bytes_to_pandas_df(element.proto.arrow_data.styler.display_values)


@pytest.fixture
def campaign(sqlite_store: Store) -> int:
    """A finished campaign with a failure, responses of 90,000 and 1,000,000 so'm, and a column of its list."""
    cities = ["Buxoro"] * 12 + ["Xiva"] * 4
    campaign_id = delivered(sqlite_store, 16, failing=1, fields={"Shahar": cities})
    first, second, *_others = phones(16)
    last = phones(16)[13]
    rows = f"telefon\tsumma\tvaqt\n{first}\t90000\t{LATER}\n{second}\t1\t{LATER}\n{last}\t1000000\t{LATER}"
    columns = Columns("telefon", None, "summa", "vaqt")
    responses.from_text(sqlite_store, AZIZA, campaign_id, rows, columns)
    suppression.add(sqlite_store, AZIZA, [int(first)], "asked", "")
    return campaign_id


@pytest.mark.parametrize("language", ["en", "ru"])
def test_no_table_of_a_campaign_holds_figures_as_texts(
    open_page: PageFactory, sqlite_store: Store, campaign: int, language: str
) -> None:
    tested = running(sqlite_store, 60, variants=(Variant("Xayr", 50),))
    Engine(sqlite_store).send(want=2)
    for view in ("delivery", "messages", "responses", "log", "variants"):
        page = open_page("campaigns.py", Role.ADMINISTRATOR, language)
        page.query_params["id"] = str(tested if view == "variants" else campaign)
        page.query_params["view"], page.query_params["responses-by"] = view, "Shahar"
        run_with_open_tables(page)
        assert page.dataframe, view
        assert not list(figures_as_texts(page)), view


def test_no_table_elsewhere_holds_figures_as_texts(open_page: PageFactory, campaign: int) -> None:
    for name, query in (
        ("audit.py", {}),
        ("campaigns.py", {}),
        ("lists.py", {"view": "opt-outs"}),
        *(("analytics.py", {"period": "all", "view": view}) for view in ("messages", "campaigns", "by", "cost")),
    ):
        page = open_page(name)
        for parameter, value in query.items():
            page.query_params[parameter] = value
        run_with_open_tables(page)
        assert page.dataframe, (name, query)
        assert not list(figures_as_texts(page)), (name, query)
    page = open_page("frame.py").run().switch_page("numbers.py")  # it has links to other pages
    page.session_state[number_link.PHONE] = phones(1)[0]
    assert not list(figures_as_texts(page.run()))
    assert page.dataframe


@pytest.mark.parametrize(
    ("language", "rate", "money", "at"),
    [
        ("en", "16.7%", "90,001\u00a0so'm", "15 Jan 2027, 13:00:00"),
        ("uz", "16,7%", "90\xa0001\xa0soʻm", "15.01.2027 13:00:00"),
        ("ru", "16,7\xa0%", "90\xa0001\xa0сум", "15.01.2027 13:00:00"),
    ],
)
def test_cells_are_shown_in_the_language_of_the_reader(
    open_page: PageFactory, campaign: int, language: str, rate: str, money: str, at: str
) -> None:
    page = open_page("campaigns.py", Role.ADMINISTRATOR, language)
    page.query_params["id"], page.query_params["view"] = str(campaign), "responses"
    page.query_params["responses-by"] = "Shahar"
    by_city = page.run().dataframe[-1]
    assert by_city.value["Shahar"].tolist() == ["Buxoro", "Xiva"]
    assert by_city.value.iloc[:, 3].tolist() == [2, 1]
    assert shown(by_city).iloc[0, 4] == rate
    assert by_city.value.iloc[:, 7].tolist() == [90_001, 1_000_000]  # as texts "1 000 000" would be before "90 001"
    assert shown(by_city).iloc[0, 7] == money
    page.query_params["view"] = "messages"
    messages = page.run().dataframe[0]
    assert messages.value.iloc[0, 4] == pd.Timestamp("2027-01-15 13:00:00")
    assert shown(messages).iloc[0, 4] == at


def test_a_list_may_have_columns_called_as_those_of_the_program(open_page: PageFactory, sqlite_store: Store) -> None:
    fields = {"Row": list("ab"), "Row (List)": list("cd"), "Number": list("ef"), "Qator": list("gh")}
    list_id = checked_list(sqlite_store, phones(2), **fields)
    draft = campaigns.Draft("Bahor", "Salom", list_id, condition=to_json(parse("Number = e")))
    page = open_page("new_campaign.py")
    page.query_params["campaign"] = str(campaigns.create(sqlite_store, AZIZA, settings_for(), draft))
    page.query_params["step"] = "list"
    page.run()
    assert not page.exception
    first_rows = page.dataframe[0].value
    assert first_rows.columns.tolist() == ["Row", "phone", "Row (List)", "Row (List) (List)", "Number", "Qator"]
    assert first_rows["Row (List)"].tolist() == ["a", "b"]
    chosen = next(table.value for table in page.dataframe if "Number (List)" in table.value)
    assert (chosen["Number"].tolist(), chosen["Number (List)"].tolist()) == ([str(phones(1)[0])], ["e"])


def test_a_list_column_called_as_a_figure_hides_none(open_page: PageFactory, sqlite_store: Store) -> None:
    campaign_id = delivered(sqlite_store, 3, fields={"Sent": ["a", "b", "b"]})
    responses.from_text(sqlite_store, AZIZA, campaign_id, str(phones(1)[0]))
    page = one(open_page, campaign_id, "responses")
    page.query_params["responses-by"] = "Sent"
    by_column = page.run().dataframe[-1].value
    assert not page.exception
    assert by_column["Sent (List)"].tolist() == ["b", "a"]
    assert by_column["Sent"].tolist() == [2, 1]
