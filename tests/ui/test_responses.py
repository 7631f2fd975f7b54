"""The section Responses of a campaign: a pasted table, what it brought, which rows do not count, and the control
group."""

from getsms_core.base.permissions import Role
from getsms_core.campaigns import responses
from getsms_core.db.engine import Store
from tests.conftest import PageFactory
from tests.engine_support import AZIZA, phones
from tests.integration.campaigns.test_responses import LATER, delivered
from tests.ui.test_campaigns import one, said


def test_a_pasted_table_says_what_a_campaign_of_one_text_brought(open_page: PageFactory, sqlite_store: Store) -> None:
    campaign_id = delivered(sqlite_store, 4, failing=1, fields={"Shahar": ["Buxoro", "Buxoro", "Xiva", "Xiva"]})
    first, second, third, *_others = phones(4)
    page = one(open_page, campaign_id, "responses")
    assert not page.exception
    assert "Upload who bought, called or clicked" in said(page)
    table = f"Telefon\tSumma\tSana\n{first}\t150 000\t{LATER}\n{second}\t50 000\t{LATER}\n998977777777\t1\t{LATER}"
    table += f"\n{third}\tabc\t{LATER}"
    page.text_area(key="responses-typed").set_value(table).run()
    chosen = [page.selectbox(key=f"responses-column-{code}").value for code in ("person", "amount", "time")]
    assert chosen == ["Telefon", "Summa", "Sana"]
    page.button(key="responses-go").click().run()
    assert not page.exception
    assert "2 recipients responded. These rows brought 200,000\u00a0so'm." in said(page)
    assert "1 row cannot be read." in said(page)
    assert "66.7% of the recipients whose message was delivered responded" in said(page).replace("\\", "")
    figures = {metric.label: metric.value for metric in page.metric}
    assert (figures["Responses"], figures["Response rate"], figures["Revenue"]) == ("2", "66.7%", "200,000\u00a0so'm")
    unused = page.dataframe[0].value.to_dict("records")
    assert unused == [{"Row": 4, "Number or key": "998977777777",
                       "Reason": "Nobody with this number or key got a message of this campaign."},
                      {"Row": 5, "Number or key": str(third),
                       "Reason": "Its amount cannot be read as money."}]  # fmt: skip
    page.query_params["responses-by"] = "Shahar"
    page.run()
    by_city = page.dataframe[-1].value
    assert by_city["Shahar"].tolist() == ["Buxoro", "Xiva"]
    assert by_city["Responses"].tolist() == [2, 0]


def test_a_value_that_is_called_as_the_empty_ones_has_a_row_of_its_own(
    open_page: PageFactory, sqlite_store: Store
) -> None:
    campaign_id = delivered(sqlite_store, 3, fields={"Shahar": ["", "(empty)", "(empty)"]})
    responses.from_text(sqlite_store, AZIZA, campaign_id, str(phones(1)[0]))
    page = open_page("campaigns.py", Role.ANALYST)
    page.query_params.update({"id": str(campaign_id), "view": "responses", "responses-by": "Shahar"})
    page.run()
    assert not page.exception
    assert page.dataframe[-1].value[["Shahar", "Delivered"]].values.tolist() == [["(empty)", 2], ["(empty)", 1]]


def test_an_analyst_reads_responses_and_changes_nothing(open_page: PageFactory, sqlite_store: Store) -> None:
    campaign_id = delivered(sqlite_store, 3)
    responses.from_text(sqlite_store, AZIZA, campaign_id, str(phones(1)[0]))
    page = one(open_page, campaign_id, "responses", Role.ANALYST)
    assert not page.exception
    assert {metric.label: metric.value for metric in page.metric}["Responses"] == "1"
    assert not [button for button in page.button if button.key == "responses-go"]


def test_a_table_without_a_phone_column_asks_for_it_and_a_broken_one_is_refused_once(
    open_page: PageFactory, sqlite_store: Store
) -> None:
    page = one(open_page, delivered(sqlite_store, 3), "responses")
    page.file_uploader(key="responses-file").upload("a.csv", b"Kod;Izoh\n12;a\n13;b\n").run()
    assert not page.exception
    assert "No column looks like phone numbers" in said(page)
    assert page.selectbox(key="responses-column-person").value is None
    assert page.button(key="responses-go").disabled
    page.selectbox(key="responses-column-person").select("Kod").run()
    assert not page.button(key="responses-go").disabled
    page.file_uploader(key="responses-file").set_value([]).upload("b.csv", b"").run()
    assert len(page.error) == 1
    assert page.button(key="responses-go").disabled
