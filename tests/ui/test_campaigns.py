"""All campaigns and one of them: state, figures, steering, what is uncertain, files."""

from urllib.parse import parse_qs

import pytest
from streamlit.testing.v1 import AppTest

from getsms_core import exports
from getsms_core.base.permissions import Actor, Role
from getsms_core.base.states import CampaignState
from getsms_core.campaigns import ordering
from getsms_core.campaigns import service as campaigns
from getsms_core.campaigns.support import Problem, SupportAnswer
from getsms_core.db.engine import Store
from getsms_core.gateway import Unclear, describe_code
from getsms_core.reports import listings
from pages.ui.campaign import support_answer
from pages.ui.shared.plain_text import plain
from tests.conftest import PageFactory, SettingsFactory
from tests.engine_support import AZIZA, Engine, messages_of, running, states
from tests.factories import make_campaign, make_list, make_messages
from tests.job_support import do_all


def one(
    open_page: PageFactory, campaign: int | str, view: str = "", role: Role = Role.ADMINISTRATOR, framed: bool = False
) -> AppTest:
    """The page of one campaign; `framed` where a click leads to another page."""
    page = open_page("frame.py" if framed else "campaigns.py", role)
    if framed:
        page.run().switch_page("campaigns.py")
    page.query_params["id"] = str(campaign)
    if view:
        page.query_params["view"] = view
    return page.run()


def said(page: AppTest) -> str:
    """Every text on the page."""
    kinds = (page.title, page.header, page.markdown, page.caption, page.error, page.warning, page.info, page.success)
    return "\n".join(str(element.value) for kind in kinds for element in kind)


# -------------------------------------------------------------------------------------------------------- the list


def test_without_any_campaign_it_says_what_to_do(open_page: PageFactory) -> None:
    page = open_page("campaigns.py").run()
    assert not page.exception
    assert "No campaign yet" in said(page)
    assert page.button(key="campaigns-empty").label == "Make the first one"


def listed(page: AppTest) -> list[str]:
    """The names in the table of campaigns."""
    return [str(name) for name in page.dataframe[0].value["Name"]]


def test_each_campaign_stands_with_its_state_its_progress_and_its_rate(
    open_page: PageFactory, sqlite_store: Store
) -> None:
    campaign_id = make_campaign(sqlite_store, "Bahor", "running")
    make_messages(sqlite_store, campaign_id, {"delivered": 3, "undelivered": 1, "queued": 4, "uncertain": 2})
    make_campaign(sqlite_store, "Sinov", is_test=True)
    page = open_page("campaigns.py").run()
    assert not page.exception
    [row] = page.dataframe[0].value.to_dict("records")
    assert (row["Name"], row["State"], row["Messages"], row["Uncertain"]) == ("Bahor", "Running", 10, 2)
    assert (row["Done"], row["Delivery rate"]) == (60, 0.75)
    page.toggle(key="tests").set_value(True).run()
    assert listed(page) == ["Sinov (Test)", "Bahor"]


def test_the_filters_the_order_and_the_archive_are_in_the_address(open_page: PageFactory, sqlite_store: Store) -> None:
    for n, (name, state, delivered) in enumerate(
        [("Bahor", "running", 5), ("Kuz", "finished", 9), ("kuzgi", "finished", 7)], 1
    ):
        campaign_id = make_campaign(sqlite_store, name, state)
        make_messages(sqlite_store, campaign_id, {"delivered": delivered, "undelivered": 10 - delivered})
        assert campaign_id == n
    ordering.tag(sqlite_store, AZIZA, [1, 3], ["VIP"])
    page = open_page("campaigns.py").run()
    assert listed(page) == ["kuzgi", "Kuz", "Bahor"]
    page.text_input(key="name").set_value("kuz").run()
    page.selectbox(key="sort").select("rate").run()
    assert listed(page) == ["Kuz", "kuzgi"]
    page.toggle(key="ascending").set_value(True).run()
    assert listed(page) == ["kuzgi", "Kuz"]
    page.multiselect(key="tag").select("VIP").run()
    assert listed(page) == ["kuzgi"]
    query = parse_qs(page.code[0].value.partition("?")[2])  # the link has what was chosen in this very run
    assert query == {"name": ["kuz"], "sort": ["rate"], "ascending": ["1"], "tag": ["VIP"]}
    again = open_page("campaigns.py", Role.ANALYST)
    for name, values in query.items():
        again.query_params[name] = values
    again.run()
    assert listed(again) == listed(page)
    page.selectbox(key="status").select("running").run()
    assert "No campaigns match" in said(page)
    ordering.archive(sqlite_store, AZIZA, [3])
    archive = open_page("campaigns.py")
    archive.query_params["archive"] = "1"
    assert listed(archive.run()) == ["kuzgi"]
    archive.query_params.clear()
    assert listed(archive.run()) == ["Kuz", "Bahor"]


def test_no_tick_stays_at_its_place_for_another_campaign(open_page: PageFactory, sqlite_store: Store) -> None:
    campaign_ids = [make_campaign(sqlite_store, name, "finished") for name in ("first", "second", "third")]
    page = open_page("campaigns.py").run()
    table = page.dataframe[0].proto.id
    page.run()
    assert page.dataframe[0].proto.id == table  # the ticks survive a run that changes nothing
    page.session_state["repeats-turns"] = {"campaigns-table": 1}  # tags were changed: the same rows
    page.run()
    assert page.dataframe[0].proto.id != table
    table = page.dataframe[0].proto.id
    ordering.archive(sqlite_store, AZIZA, campaign_ids[1:2])
    page.run()
    assert page.dataframe[0].proto.id != table


def test_many_campaigns_are_paged_by_key(sqlite_store: Store) -> None:
    campaign_ids = [make_campaign(sqlite_store, f"n{n}") for n in range(5)]
    first = listings.campaigns(sqlite_store, limit=2)
    then = listings.campaigns(sqlite_store, limit=9, before_id=first[-1][0].id)
    assert [campaign.id for campaign, _ in (*first, *then)] == campaign_ids[::-1]


def test_a_name_is_never_markdown(open_page: PageFactory, sqlite_store: Store) -> None:
    campaign_id = make_campaign(sqlite_store, "50% **off** :red[!]")
    page = open_page("campaigns.py").run()
    assert listed(page) == ["50% **off** :red[!]"]  # cells of a table show Markdown as it is
    assert "50% \\*\\*off\\*\\*" in one(open_page, campaign_id).title[0].value


def test_a_name_in_the_table_is_neither_an_icon_nor_a_menu(open_page: PageFactory, sqlite_store: Store) -> None:
    for name in (":material/home: sale", '["a", "b"]'):
        make_campaign(sqlite_store, name)
    page = open_page("campaigns.py").run()
    assert listed(page) == ['\u2060["a", "b"]', "\u2060:material/home: sale"]


# -------------------------------------------------------------------------------------------------------- one of them


@pytest.mark.parametrize("asked", ["99", "abc", "-1", "9" * 40])
def test_a_campaign_that_does_not_exist_is_a_sentence(open_page: PageFactory, asked: str) -> None:
    page = one(open_page, asked)
    assert not page.exception
    assert "There is no campaign" in page.error[0].value


def test_every_state_is_counted_and_the_rate_leaves_out_what_is_open(
    open_page: PageFactory, sqlite_store: Store
) -> None:
    campaign_id = make_campaign(sqlite_store, "Bahor", list_id=make_list(sqlite_store))
    make_messages(
        sqlite_store,
        campaign_id,
        {"delivered": 6, "undelivered": 1, "expired": 1, "accepted": 5, "uncertain": 2, "rejected": 3, "cancelled": 1},
    )
    page = one(open_page, campaign_id)
    assert not page.exception
    assert [metric.value for metric in page.metric][:3] == ["13", "6", "75.0%"]
    for state, n in (("Delivered", 6), ("Not delivered", 1), ("Uncertain", 2), ("Rejected", 3), ("Cancelled", 1)):
        assert f"{state}] **{n}**" in said(page)


def test_the_reason_of_a_pause_stands_in_plain_words(open_page: PageFactory, sqlite_store: Store) -> None:
    why = describe_code("limit-over")
    campaign_id = make_campaign(sqlite_store, "Bahor", "paused", code="limit-over", reason=why)
    page = one(open_page, campaign_id)
    assert page.warning[0].value == plain(why)


def test_it_is_paused_resumed_and_cancelled_after_one_question(open_page: PageFactory, sqlite_store: Store) -> None:
    campaign_id = make_campaign(sqlite_store, "Bahor", "running")
    make_messages(sqlite_store, campaign_id, {"queued": 4})
    page = one(open_page, campaign_id)
    page.button(key="campaign-pause").click().run()
    assert campaigns.get(sqlite_store, campaign_id).state == CampaignState.PAUSED
    page.button(key="campaign-resume").click().run()
    assert campaigns.get(sqlite_store, campaign_id).state == CampaignState.RUNNING
    page.button(key="campaign-cancel").click().run()
    assert "4 messages have not been sent yet" in said(page)
    page.button(key="campaign-cancel-not").click().run()
    assert campaigns.get(sqlite_store, campaign_id).state == CampaignState.RUNNING
    page.button(key="campaign-cancel").click().run()
    page.button(key="campaign-cancel-really").click().run()
    assert not page.exception
    assert campaigns.get(sqlite_store, campaign_id).state == CampaignState.CANCELLED
    assert campaigns.figures(sqlite_store, campaign_id).cancelled == 4


def test_a_click_that_comes_too_late_is_a_sentence(open_page: PageFactory, sqlite_store: Store) -> None:
    campaign_id = make_campaign(sqlite_store, "Bahor", "running")
    page = one(open_page, campaign_id)
    with sqlite_store.writing() as session:
        from getsms_core.db.models import Campaign

        row = session.get(Campaign, campaign_id)
        assert row
        row.state = CampaignState.FINISHED
    page.button(key="campaign-pause").click().run()
    assert not page.exception
    assert "Only a running or scheduled campaign can be paused" in page.error[0].value


def test_an_analyst_looks_and_steers_nothing_and_sees_no_whole_number(
    open_page: PageFactory, sqlite_store: Store
) -> None:
    campaign_id = make_campaign(sqlite_store, "Bahor", "running")
    make_messages(sqlite_store, campaign_id, {"delivered": 2}, phones=[998901234567, 998901234568])
    page = one(open_page, campaign_id, "messages", Role.ANALYST)
    assert not page.exception
    assert not [
        element for element in page.button if str(element.key).startswith(("campaign-pause", "campaign-cancel"))
    ]
    assert "99890*****67" in page.dataframe[0].value.to_string()
    assert "998901234567" not in page.dataframe[0].value.to_string()


def test_messages_are_found_by_state_and_number(open_page: PageFactory, sqlite_store: Store) -> None:
    campaign_id = make_campaign(sqlite_store, "Bahor")
    make_messages(sqlite_store, campaign_id, ["delivered", "undelivered"], phones=[998901234567, 998911234568])
    page = one(open_page, campaign_id, "messages")
    assert len(page.dataframe[0].value) == 2
    page.selectbox(key="state").select("undelivered").run()
    assert list(page.dataframe[0].value["Number"]) == ["998911234568"]
    page.text_input(key="search").set_value("90 123").run()
    assert "No messages match" in said(page)


def test_the_submissions_are_listed(open_page: PageFactory, sqlite_store: Store) -> None:
    campaign_id = make_campaign(sqlite_store, "Bahor")
    make_messages(sqlite_store, campaign_id, {"delivered": 120})
    page = one(open_page, campaign_id, "log")
    assert not page.exception
    assert len(page.dataframe[0].value) >= 2


def test_what_happened_to_an_uncertain_message_stands_in_words(open_page: PageFactory, sqlite_store: Store) -> None:
    campaign_id = running(sqlite_store, 3)
    Engine(sqlite_store).send(Unclear("connection-lost", "ConnectionResetError"))
    for view in ("uncertain", "log"):
        page = one(open_page, campaign_id, view)
        assert not page.exception
        assert "The connection broke" in page.dataframe[0].value.to_string()
        assert "connection-lost" not in page.dataframe[0].value.to_string()


def test_the_delivery_is_drawn_over_time(open_page: PageFactory, sqlite_store: Store) -> None:
    campaign_id = make_campaign(sqlite_store, "Bahor")
    make_messages(sqlite_store, campaign_id, {"delivered": 5, "undelivered": 1})
    page = one(open_page, campaign_id)
    assert not page.exception
    assert page.get("plotly_chart")


# -------------------------------------------------------------------------------------------------------- uncertain


def doubtful(store: Store, state: str = "paused") -> int:
    """A campaign with three uncertain messages."""
    campaign_id = make_campaign(store, "Bahor", state)
    make_messages(store, campaign_id, {"delivered": 4, "uncertain": 3})
    return campaign_id


@pytest.mark.parametrize(("way", "becomes"), [("sent", "accepted"), ("not-sent", "cancelled")])
def test_the_uncertain_are_settled_by_a_persons_word(
    open_page: PageFactory, sqlite_store: Store, way: str, becomes: str
) -> None:
    campaign_id = doubtful(sqlite_store)
    page = one(open_page, campaign_id, "uncertain")
    assert not page.exception
    page.button(key=f"uncertain-{way}").click().run()
    assert campaigns.figures(sqlite_store, campaign_id).uncertain == 3
    page.button(key="uncertain-really").click().run()
    assert not page.exception
    assert campaigns.figures(sqlite_store, campaign_id).counts()[becomes] == 3
    assert "3 messages are settled" in said(page)


def test_sending_again_asks_a_second_question_with_the_number_and_the_sum(
    open_page: PageFactory, sqlite_store: Store
) -> None:
    campaign_id = doubtful(sqlite_store)
    page = one(open_page, campaign_id, "uncertain")
    page.button(key="uncertain-again").click().run()
    again = page.button(key="uncertain-really")
    assert again.label == "Send 3 again for 285\u00a0so'm"
    assert again.disabled
    page.checkbox(key="uncertain-sure").check().run()
    page.button(key="uncertain-really").click().run()
    assert not page.exception
    assert campaigns.figures(sqlite_store, campaign_id).queued == 3


def test_the_answer_of_the_gateways_support_is_shown_before_it_counts(
    open_page: PageFactory, sqlite_store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    campaign_id = running(sqlite_store, 3)
    Engine(sqlite_store).send(Unclear("connection-lost"))
    left_at = {message.id: message.left_at for message in messages_of(sqlite_store, campaign_id)}
    first, second, _third = left_at
    answer = SupportAnswer(campaign_id, (first,), (second,), (Problem(4, "no-verdict"),), 1, left_at)
    page = one(open_page, campaign_id, "uncertain")
    assert "File for the support" in str(page.get("download_button")[-1])
    assert not [button for button in page.button if button.key == "support-go"], "nothing was uploaded"
    monkeypatch.setattr(support_answer, "_answer", lambda _campaign_id: answer)
    page.run()
    assert [metric.value for metric in page.metric][-3:] == ["1", "1", "1"]
    assert "neither “sent” nor “not sent”" in page.dataframe[-1].value.to_string()
    page.radio(key="support-unsent").set_value("Send again").run()
    page.button(key="support-go").click().run()
    assert not page.exception
    assert states(sqlite_store, campaign_id) == ["accepted", "queued", "uncertain"]
    assert "2 messages are settled" in said(page)


def test_a_cancelled_campaign_sends_nothing_again(open_page: PageFactory, sqlite_store: Store) -> None:
    page = one(open_page, doubtful(sqlite_store, "cancelled"), "uncertain")
    assert page.button(key="uncertain-again").disabled
    assert not page.button(key="uncertain-sent").disabled


# -------------------------------------------------------------------------------------------------------- copy, files


def test_a_copy_is_a_new_draft_and_leads_to_it(open_page: PageFactory, sqlite_store: Store) -> None:
    campaign_id = make_campaign(sqlite_store, "Bahor", text="Salom", list_id=None)
    page = one(open_page, campaign_id, framed=True)
    page.button(key="campaign-copy").click().run()
    assert not page.exception
    copy = campaigns.get(sqlite_store, campaign_id + 1)
    assert (copy.name, copy.text, copy.state) == ("Copy of Bahor", "Salom", CampaignState.DRAFT)
    assert page.query_params["campaign"] == str(campaign_id + 1)


def test_who_sees_no_whole_numbers_is_offered_no_file_that_holds_them(
    open_page: PageFactory, sqlite_store: Store, actor: Actor, settings: SettingsFactory, sqlite_url: str
) -> None:
    campaign_id = make_campaign(sqlite_store)
    make_messages(sqlite_store, campaign_id, {"delivered": 3})
    rules = settings(database_url=sqlite_url)
    whole = exports.enqueue(sqlite_store, actor, rules, campaign_id, "csv")
    masked = exports.enqueue(sqlite_store, actor, rules, campaign_id, "json", mask=True)
    for export_id in (whole, masked):
        exports.make(sqlite_store, export_id, rules)
    page = one(open_page, campaign_id, "files", role=Role.ANALYST)
    keys = [str(button.key) for button in page.get("download_button")]
    assert f"file-{masked}" in keys
    assert f"file-{whole}" not in keys
    assert any("whole phone numbers" in caption.value for caption in page.caption)


def test_a_csv_is_there_at_once_and_other_files_come_from_a_worker(
    open_page: PageFactory, sqlite_store: Store, monkeypatch: pytest.MonkeyPatch, sqlite_url: str, tmp_path: object
) -> None:
    campaign_id = make_campaign(sqlite_store, "Bahor")
    make_messages(sqlite_store, campaign_id, {"delivered": 2})
    page = one(open_page, campaign_id, "files")
    assert page.download_button(key="files-csv").label == "CSV, at once"
    page.button(key="files-xlsx-ask").click().run()
    assert not page.exception
    export = exports.all_exports(sqlite_store)[0]
    assert export.state == "pending"
    assert "waiting for a worker" in said(page)
    monkeypatch.setenv("GETSMS_FILES", f"{tmp_path}/files")
    do_all(sqlite_store)
    page.run()
    assert page.download_button(key=f"file-{export.id}").label == "Download"


@pytest.mark.parametrize(
    "query", [{"view": "profit"}, {"state": "lost"}, {"reason": "blocked"}, {"range": "Nokia"}, {"sent": "yesterday"}]
)
def test_a_filter_of_an_address_that_a_campaign_does_not_have_is_said(
    open_page: PageFactory, sqlite_store: Store, query: dict[str, str]
) -> None:
    campaign_id = make_campaign(sqlite_store)
    make_messages(sqlite_store, campaign_id, {"delivered": 2})
    page = open_page("campaigns.py", Role.ANALYST)
    page.query_params.update({"id": str(campaign_id), "view": "messages"} | query)
    page.run()
    assert not page.exception
    [(name, value)] = query.items()
    assert f"The address contains {name}={value}, which is not valid." in said(page)
