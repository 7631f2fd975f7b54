"""The wizard from a list to a running campaign, every state of it in the database and the address."""

import io
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import openpyxl
import pytest
from streamlit.proto.WidgetStates_pb2 import WidgetStates
from streamlit.testing.v1 import AppTest

from getsms_core.base.permissions import Actor, Role
from getsms_core.base.states import CampaignState
from getsms_core.billing import price_rules
from getsms_core.campaigns import service as campaigns
from getsms_core.campaigns.service import Draft
from getsms_core.contacts import corrections, lists
from getsms_core.db.engine import Store
from getsms_core.messages import template_text
from getsms_core.messages.variants import Variant
from tests.conftest import PageFactory, SettingsFactory
from tests.engine_support import messages_of
from tests.job_support import do_all

GOOD = "Ism;Telefon;Summa\nAziza;998901234567;10\nOʻktam;90 123-45-68;20\n;998901234569;30\n"
BAD = GOOD + "Bobur;712345678;5\nLola;;6\nAziza;998901234567;7\n"


class Wizard:
    """Opens the page at a step and makes what the step needs."""

    def __init__(self, open_page: PageFactory, store: Store, actor: Actor, settings: Any, folder: Path) -> None:
        self.store, self.actor, self.settings = store, actor, settings
        self._open, self._folder = open_page, folder

    def at(self, campaign: int | None = None, step: str | None = None, framed: bool = False) -> AppTest:
        """The page at a step; `framed` where it leads to another page."""
        page = self._open("frame.py" if framed else "new_campaign.py")
        if framed:
            page.run().switch_page("new_campaign.py")
        if campaign is not None:
            page.query_params["campaign"] = str(campaign)
        if step is not None:
            page.query_params["step"] = step
        return page.run()

    def list(self, text: str = GOOD) -> int:
        path = self._folder / "mijozlar.csv"
        path.write_text(text)
        return lists.add_file(self.store, self.actor, path, "Mijozlar", lists.Options())

    def draft(self, text: str = "", rows: str = GOOD) -> int:
        draft = Draft("Navroʻz", text, self.list(rows))
        return campaigns.create(self.store, self.actor, self.settings, draft)

    def checked(self, kept: int) -> None:
        do_all(self.store)


@pytest.fixture
def wizard(
    open_page: PageFactory, sqlite_store: Store, actor: Actor, settings: SettingsFactory, tmp_path: Path
) -> Wizard:
    return Wizard(open_page, sqlite_store, actor, settings(), tmp_path)


def said(page: AppTest) -> str:
    """Every text on the page."""
    kinds = (page.title, page.header, page.markdown, page.caption, page.error, page.warning, page.info, page.success)
    return "\n".join(str(element.value) for kind in kinds for element in kind) + "\n".join(
        element.label for element in page.button
    )


def texts(page: AppTest) -> str:
    """Every table cell on the page."""
    return "\n".join(table.value.to_string() for table in page.table)


def html(page: AppTest) -> str:
    """All HTML on the page."""
    return "\n".join(element.proto.body for element in page.get("html"))


# ------------------------------------------------------------------------------------------------------------ list


def test_a_sample_list_makes_a_draft_that_the_address_names(wizard: Wizard) -> None:
    page = wizard.at()
    page.button(key="wizard-sample-clean").click().run()
    assert not page.exception
    assert page.query_params["campaign"] == "1"
    list_id = campaigns.get(wizard.store, 1).list_id
    assert list_id
    assert lists.get(wizard.store, list_id).state == "pending"
    assert "no worker is running" in said(page)


def test_an_upload_is_kept_for_the_worker_and_read_by_it(wizard: Wizard) -> None:
    page = wizard.at()
    page.file_uploader[0].upload("mijozlar.csv", BAD.encode()).run()
    assert not page.exception
    list_id = campaigns.get(wizard.store, 1).list_id
    assert list_id
    wizard.checked(list_id)
    page = wizard.at(1)
    assert "numbers in the column “Telefon”" in said(page)
    assert page.dataframe[0].value.iloc[0]["Ism"] == "Aziza"
    assert not page.button(key="wizard-on").disabled


def test_the_largest_upload_and_the_way_for_a_larger_file_are_told(wizard: Wizard) -> None:
    page = wizard.at()
    assert any("Up to 200\u00a0MB" in element.value and "getsms lists add" in element.value for element in page.caption)


def test_a_file_that_is_no_spreadsheet_is_told_so_and_can_be_replaced(wizard: Wizard) -> None:
    page = wizard.at()
    page.file_uploader[0].upload("mijozlar.csv", b"%PDF-1.4 not a list").run()
    wizard.checked(1)
    page = wizard.at(1)
    assert not page.exception
    assert page.error[0].value == lists.get(wizard.store, 1).message
    assert page.button(key="step-check").disabled
    assert len(page.error) == 1
    assert not page.selectbox  # no option makes a PDF a spreadsheet
    page.button(key="wizard-other").click().run()
    assert campaigns.get(wizard.store, 1).list_id is None
    assert "Who gets the SMS?" in said(page)


def test_a_list_without_a_phone_column_can_be_read_again_with_one(wizard: Wizard) -> None:
    page = wizard.at()
    page.file_uploader[0].upload("a.csv", b"Kod;Ism\n12;Aziza\n13;Bobur\n").run()
    wizard.checked(1)
    page = wizard.at(1)
    assert "No column looks like phone numbers" in said(page)
    page.selectbox(key="wizard-column-1").select("Kod").run()
    page.button(key="wizard-reread").click().run()
    assert not page.exception
    again = campaigns.get(wizard.store, 1).list_id
    assert again == 2
    assert lists.get(wizard.store, 2).options["phone_column"] == "Kod"


def test_of_two_phone_columns_a_person_chooses_before_the_next_step(wizard: Wizard) -> None:
    page = wizard.at()
    two = b"Ism;Mijoz telefoni;Menejer telefoni\nAziza;901234501;911234501\nBobur;901234502;911234502\n"
    page.file_uploader[0].upload("a.csv", two).run()
    wizard.checked(1)
    page = wizard.at(1, "check")
    assert not page.exception
    assert "Several columns of this list look like phone numbers" in said(page)
    assert page.button(key="step-check").disabled
    assert page.button(key="wizard-use-phones").disabled
    assert page.button(key="wizard-on").disabled
    column = page.radio(key="wizard-phones-1")
    assert column.value is None
    column.set_value("Menejer telefoni").run()
    page.button(key="wizard-use-phones").click().run()
    assert not page.exception
    assert campaigns.get(wizard.store, 1).list_id == 2
    wizard.checked(2)
    assert lists.get(wizard.store, 2).facts["phone_column"] == "Menejer telefoni"
    page = wizard.at(1)
    assert "Several columns" not in said(page)
    assert not page.button(key="wizard-on").disabled


def test_damaged_characters_are_told_with_their_rows(wizard: Wizard) -> None:
    page = wizard.at()
    content = "Ism;Telefon\nЛола;901234567\nАзиза;901234568\n".encode()
    page.file_uploader[0].upload("a.csv", content.replace("Аз".encode(), b"\xd0\xd0\xb7")).run()
    wizard.checked(1)
    assert "damaged characters, shown as �, in these rows: 3" in said(wizard.at(1))


def test_another_encoding_is_previewed_before_anything_is_made(wizard: Wizard) -> None:
    page = wizard.at()
    page.file_uploader[0].upload("a.csv", "Исм;Телефон\nЛола;71 234 56 78\nАли;90 123 45 67\n".encode("cp1251")).run()
    wizard.checked(1)
    page = wizard.at(1)
    assert not texts(page)
    page.selectbox(key="wizard-encoding-1").select("utf-8").run()
    assert not page.exception
    assert "not written in the encoding" in said(page)
    page.selectbox(key="wizard-encoding-1").select("cp866").run()
    assert "Лола" not in texts(page)
    page.selectbox(key="wizard-encoding-1").select("cp1251").run()
    assert "Лола" in texts(page)
    assert "landline" in texts(page)
    assert "998901234567" in texts(page)
    assert len(lists.all_lists(wizard.store)) == 1


def test_of_a_workbook_that_begins_with_a_cover_the_sheet_with_the_list_can_be_taken(wizard: Wizard) -> None:
    book, buffer = openpyxl.Workbook(), io.BytesIO()
    cover, people = book.worksheets[0], book.create_sheet("Mijozlar")
    cover.title = "Muqova"
    for cells in ("Kod", "Izoh"), ("101234567", "STIR"):  # as long as a phone number, and none
        cover.append(cells)
    for cells in ("Ism", "Telefon"), ("Lola", "998901234567"):
        people.append(cells)
    book.save(buffer)
    page = wizard.at()
    page.file_uploader[0].upload("a.xlsx", buffer.getvalue()).run()
    wizard.checked(1)
    page = wizard.at(1)
    assert "No column looks like phone numbers" in page.error[0].value
    page.selectbox(key="wizard-sheet-1").select("Mijozlar").run()
    assert not page.exception
    assert "Lola" in texts(page)
    page.button(key="wizard-reread").click().run()
    wizard.checked(2)
    assert lists.get(wizard.store, 2).counts.accepted == 1


def test_the_columns_to_choose_from_are_those_of_the_rows_as_they_are_read_now(wizard: Wizard) -> None:
    page = wizard.at()
    page.file_uploader[0].upload("a.csv", b"Mijozlar,\nIsm,Telefon\nLola,901234567\nAli,901234568\n").run()
    wizard.checked(1)
    page = wizard.at(1)
    page.selectbox(key="wizard-column-1").select("Telefon").run()
    page.selectbox(key="wizard-header-1").select(0).run()
    assert not page.exception
    assert page.selectbox(key="wizard-column-1").options == ["guess: B", "A", "B"]
    page.button(key="wizard-reread").click().run()
    wizard.checked(2)
    assert lists.get(wizard.store, 2).facts["columns"] == ["A", "B"]
    assert lists.get(wizard.store, 2).counts.rows == 4


def test_a_kept_list_is_taken_at_once(wizard: Wizard) -> None:
    recipient_list = wizard.list()
    page = wizard.at()
    page.selectbox(key="wizard-kept").select(recipient_list).run()
    assert not page.exception
    assert campaigns.get(wizard.store, 1).list_id == recipient_list


def test_a_draft_is_offered_to_go_on_with(wizard: Wizard) -> None:
    campaign_id = wizard.draft("Salom")
    page = wizard.at()
    page.button(key=f"wizard-draft-{campaign_id}").click().run()
    assert not page.exception
    assert page.query_params["campaign"] == str(campaign_id)
    assert page.query_params["step"] == "send"


def test_a_campaign_that_does_not_exist_is_a_sentence(wizard: Wizard) -> None:
    page = wizard.at(99, framed=True)
    assert not page.exception
    assert "There is no campaign 99" in said(page)


@pytest.mark.parametrize("role", [Role.ANALYST, Role.MANAGER])
def test_roles_that_run_no_campaigns_cannot_open_it(open_page: PageFactory, role: Role) -> None:
    page = open_page("frame.py", role).run()
    with pytest.raises(ValueError, match="new_campaign"):
        page.switch_page("new_campaign.py").run()


# ----------------------------------------------------------------------------------------------------------- check


def test_the_check_opens_the_rows_behind_each_count(wizard: Wizard) -> None:
    page = wizard.at(wizard.draft(rows=BAD), "check")
    assert not page.exception
    assert [metric.value for metric in page.metric] == ["3", "1", "1", "0", "2"]
    assert "landline" in texts(page)
    assert "There is no phone number in this row" in texts(page)
    assert "Number" not in page.table[0].value.columns  # nothing would stand in it
    page.segmented_control[0].set_value("duplicate").run()
    assert "same number as in row 2" in texts(page)
    page.segmented_control[0].set_value("repaired").run()
    assert list(page.table[0].value["Number"]) == ["998901234568"]


def test_a_list_without_one_good_number_goes_no_further(wizard: Wizard) -> None:
    page = wizard.at(wizard.draft(rows="Telefon\n712345678\n"), "check")
    assert "This list has no number to send to" in page.error[0].value
    assert page.button(key="wizard-on").disabled
    assert page.button(key="step-text").disabled


def test_a_step_that_is_not_reached_yet_opens_the_last_that_is(wizard: Wizard) -> None:
    page = wizard.at(wizard.draft(), "send")
    assert not page.exception
    assert "Write your message" in said(page)


# ------------------------------------------------------------------------------------------------------------ text


def test_a_field_without_a_column_is_named(wizard: Wizard) -> None:
    page = wizard.at(wizard.draft("Salom {nomi}, {shahar}"), "text")
    assert not page.exception
    assert "The list has no columns for \\{nomi\\}, \\{shahar\\}" in page.error[0].value
    assert page.button(key="wizard-on").disabled
    assert page.button(key="step-preview").disabled


def test_an_empty_field_is_named_with_its_rows(wizard: Wizard) -> None:
    page = wizard.at(wizard.draft("Salom {Ism}"), "text")
    assert "`{Ism}` is empty in 1 row (4)" in page.warning[-1].value
    assert not page.button(key="wizard-on").disabled


def test_the_cost_is_that_of_all_rows(wizard: Wizard) -> None:
    page = wizard.at(wizard.draft("Salom {Ism|mijoz}" + "x" * 70), "text")
    assert [metric.value for metric in page.metric] == ["3", "4", "1.33", "2", "380\u00a0so'm"]


def test_one_click_replaces_in_the_text_and_another_undoes_it(wizard: Wizard) -> None:
    before = "Navro‘z “bayrami” muborak… " + "x" * 60
    campaign_id = wizard.draft(before)
    page = wizard.at(campaign_id, "text")
    assert "save 285\u00a0so'm" in page.button(key="mend-text").label
    assert """<del title="285\u00a0so&#x27;m">‘</del><ins>&#x27;</ins>""" in html(page)
    page.button(key="mend-text").click().run()
    assert not page.exception
    assert campaigns.get(wizard.store, campaign_id).text == template_text.replace_in_template(before)
    page.button(key="mend-undo").click().run()
    assert campaigns.get(wizard.store, campaign_id).text == before


def test_merged_values_are_replaced_in_when_asked(wizard: Wizard) -> None:
    campaign_id = wizard.draft("Salom {Ism|mijoz}" + "x" * 70)
    page = wizard.at(campaign_id, "text")
    page.toggle(key=f"draft-mend-{campaign_id}").set_value(True).run()
    assert campaigns.get(wizard.store, campaign_id).mend_values
    assert page.metric[1].value == "3"


def test_what_is_typed_is_shown_with_its_error_and_not_kept(wizard: Wizard) -> None:
    campaign_id = wizard.draft("Salom")
    page = wizard.at(campaign_id, "text")
    page.session_state[f"draft-text-{campaign_id}-unsaved"] = "Salom {Ism"
    page.run()
    assert not page.exception
    assert "has no closing brace" in said(page)
    assert page.button(key="wizard-on").disabled
    assert campaigns.get(wizard.store, campaign_id).text == "Salom"


def test_name_sender_and_kind_are_kept_as_they_are_changed(wizard: Wizard) -> None:
    campaign_id = wizard.draft("Salom")
    page = wizard.at(campaign_id, "text")
    page.text_input(key=f"draft-name-{campaign_id}").set_value("Bahor").run()
    page.text_input(key=f"draft-sender-{campaign_id}").set_value("BARG").run()
    page.selectbox(key=f"draft-category-{campaign_id}").select("advertising").run()
    campaign = campaigns.get(wizard.store, campaign_id)
    assert (campaign.name, campaign.sender, campaign.category) == ("Bahor", "BARG", "advertising")


# --------------------------------------------------------------------------------------------------------- preview


def test_the_preview_shows_the_most_expensive_first_and_any_row(wizard: Wizard) -> None:
    page = wizard.at(wizard.draft("Salom {Ism|mijoz}" + "x" * 70), "preview")
    assert not page.exception
    assert "Salom Oʻktam" in html(page)
    assert "SMS 2 of 2" in html(page)
    page.segmented_control[0].set_value("empty").run()
    assert "Salom mijoz" in html(page)
    page.segmented_control[0].set_value("row").run()
    assert "Salom Aziza" in html(page)


def test_a_row_that_gets_nothing_is_said_to(wizard: Wizard) -> None:
    rows = "Ism;Telefon\nAziza;998901234567\nLola;712345678\nBobur;998901234568\n"
    page = wizard.at(wizard.draft("Salom {Ism}", rows), "preview")
    page.segmented_control[0].set_value("row").run()
    page.text_input[0].set_value("3").run()
    assert "Row 3 gets no message" in said(page)


def test_what_comes_from_a_file_is_never_markup(wizard: Wizard) -> None:
    rows = "Ism;Telefon\n<script>alert(1)</script>;998901234567\n"
    page = wizard.at(wizard.draft("Salom {Ism}", rows), "preview")
    assert "&lt;script&gt;" in html(page)


# ------------------------------------------------------------------------------------------------------------ send


def test_it_is_sent_once_after_a_confirmation_that_names_the_sum(wizard: Wizard) -> None:
    campaign_id = wizard.draft("Salom")
    page = wizard.at(campaign_id, "send", framed=True)
    assert campaigns.get(wizard.store, campaign_id).state == CampaignState.DRAFT
    page.button(key="send-ask").click().run()
    assert page.button(key="send-really").label == "Send 3 SMS for 285\u00a0so'm"
    page.button(key="send-not-yet").click().run()
    assert campaigns.get(wizard.store, campaign_id).state == CampaignState.DRAFT
    page.button(key="send-ask").click().run()
    page.button(key="send-really").click().run()
    assert not page.exception
    assert campaigns.get(wizard.store, campaign_id).state == CampaignState.RUNNING
    assert page.query_params["id"] == str(campaign_id)


def test_a_list_without_a_file_is_named_alone_before_it_is_sent_to(wizard: Wizard) -> None:
    """It was "Mijozlar ()" in the summary after a cell was corrected on the screen."""
    uploaded = wizard.list(BAD)
    wizard.checked(uploaded)
    corrected = corrections.correct(wizard.store, wizard.actor, uploaded, {3: "998931234569"})
    draft = Draft("Navroʻz", "Salom", corrected)
    page = wizard.at(campaigns.create(wizard.store, wizard.actor, wizard.settings, draft), "send")
    assert "Mijozlar" in texts(page)
    assert "()" not in texts(page)


def test_a_second_click_starts_nothing_twice(wizard: Wizard) -> None:
    campaign_id = wizard.draft("Salom")
    first, second = wizard.at(campaign_id, "send", framed=True), wizard.at(campaign_id, "send", framed=True)
    for page in (first, second):
        page.button(key="send-ask").click().run()
    for page in (first, second):
        page.button(key="send-really").click().run()
        assert not page.exception
    do_all(wizard.store)
    assert campaigns.figures(wizard.store, campaign_id).total == 3


def test_what_another_user_changed_after_the_question_is_not_sent(wizard: Wizard) -> None:
    campaign_id = wizard.draft("Salom")
    page = wizard.at(campaign_id, "send", framed=True)
    page.button(key="send-ask").click().run()
    draft = Draft.of(campaigns.get(wizard.store, campaign_id))
    campaigns.change(wizard.store, wizard.actor, campaign_id, replace(draft, text="Another text"))
    page.button(key="send-really").click().run()
    assert not page.exception
    assert campaigns.get(wizard.store, campaign_id).state == CampaignState.DRAFT
    assert "has changed this draft since you opened it. Nothing was sent." in said(page)
    page.button(key="send-ask").click().run()
    page.button(key="send-really").click().run()
    assert campaigns.get(wizard.store, campaign_id).state == CampaignState.RUNNING


def test_it_can_be_sent_at_a_time(wizard: Wizard) -> None:
    campaign_id = wizard.draft("Salom")
    page = wizard.at(campaign_id, "send", framed=True)
    page.segmented_control[0].set_value("later").run()
    page.button(key="send-ask").click().run()
    page.button(key="send-really").click().run()
    campaign = campaigns.get(wizard.store, campaign_id)
    assert campaign.state == CampaignState.SCHEDULED
    assert campaign.scheduled_at


def test_a_time_that_has_gone_by_is_refused_before_the_question(wizard: Wizard) -> None:
    campaign_id = wizard.draft("Salom")
    page = wizard.at(campaign_id, "send")
    page.segmented_control[0].set_value("later").run()
    page.datetime_input[0].set_value(
        datetime.now(ZoneInfo("Asia/Tashkent")).replace(tzinfo=None, hour=0, minute=0, second=0)
    ).run()
    assert "already passed" in said(page)
    assert page.button(key="send-ask").disabled


@pytest.mark.parametrize(
    ("number", "sentence"),
    [("", "Write your own number"), ("71 234 56 78", "landline"), ("salom", "is not a phone number")],
)
def test_a_test_to_no_mobile_number_is_refused(wizard: Wizard, number: str, sentence: str) -> None:
    page = wizard.at(wizard.draft("Salom"), "send")
    page.text_input(key="test-phone").set_value(number)
    page.button(key="test-send").click().run()
    assert sentence in page.error[0].value


def test_a_test_goes_to_oneself_with_the_first_rows_values_and_counts_as_a_test(wizard: Wizard) -> None:
    campaign_id = wizard.draft("Salom {Ism}")
    page = wizard.at(campaign_id, "send", framed=True)
    page.text_input(key="test-phone").set_value("90 765 43 21")
    page.button(key="test-send").click().run()
    page.button(key="test-send").click().run()
    assert not page.exception
    test = campaigns.get(wizard.store, campaign_id + 1)
    assert test.is_test
    assert test.state == CampaignState.RUNNING
    do_all(wizard.store)
    assert campaigns.figures(wizard.store, campaign_id + 1).total == 1
    assert campaigns.get(wizard.store, campaign_id).state == CampaignState.DRAFT


def test_the_browsers_back_after_sending_leads_to_the_sent_campaign(wizard: Wizard) -> None:
    campaign_id = wizard.draft("Salom")
    page = wizard.at(campaign_id, "send", framed=True)
    page.button(key="send-ask").click().run()
    page.button(key="send-really").click().run()
    assert not page.exception
    assert str(campaign_id) in page.query_params["id"]
    page.query_params.clear()  # Streamlit forgets the address of the page that Back leads to
    page.switch_page("new_campaign.py").run()
    assert not page.exception
    assert "You have started “Navroʻz”." in said(page)
    links = [link.proto for link in page.get("page_link") if link.proto.label == "Open the campaign"]
    assert [link.query_string for link in links] == [f"id={campaign_id}"]


def test_cells_with_two_numbers_are_no_question_once_they_are_corrected(wizard: Wizard, tmp_path: Path) -> None:
    path = tmp_path / "mijozlar.csv"
    path.write_text("Ism,Telefon\nAli,901234501\nVali,901234502; 911234502\nLola,12\n")
    list_id = lists.add_file(wizard.store, wizard.actor, path, "Mijozlar", lists.Options(two="first"))
    campaign_id = campaigns.create(wizard.store, wizard.actor, wizard.settings, Draft("Navroʻz", "Salom", list_id))
    page = wizard.at(campaign_id, "check")
    assert page.radio(key=f"check-two-{list_id}").value == "first"
    corrected = tmp_path / "corrected.csv"
    corrected.write_text("Ism,Telefon\nLola,901234503\n")
    options = lists.Options(adds_to=list_id, mended=True)
    new_list = lists.add_file(wizard.store, wizard.actor, corrected, "Mijozlar", options)
    campaigns.change(wizard.store, wizard.actor, campaign_id, Draft("Navroʻz", "Salom", new_list))
    page = wizard.at(campaign_id, "check")
    assert "3 numbers will get the SMS" in said(page)
    assert not [radio.key for radio in page.radio if str(radio.key).startswith("check-two")]


def test_a_campaign_that_runs_is_no_longer_edited(wizard: Wizard) -> None:
    campaign_id = wizard.draft("Salom")
    campaigns.start(wizard.store, wizard.actor, campaign_id)
    page = wizard.at(campaign_id, "text", framed=True)
    assert not page.exception
    assert "no longer a draft" in said(page)


def test_what_is_scheduled_is_priced_by_the_rules_of_its_hour(wizard: Wizard) -> None:
    day = int(datetime.now().timestamp() * 1000) + 24 * 3_600_000
    price_rules.add(wizard.store, wizard.actor, Decimal(10), day)
    page = wizard.at(wizard.draft("Salom"), "send")
    assert page.metric[2].value == "285\u00a0so'm"
    page.segmented_control[0].set_value("later").run()
    page.datetime_input[0].set_value(datetime.now() + timedelta(days=3)).run()
    assert not page.exception
    assert page.metric[2].value == "30\u00a0so'm"


# ------------------------------------------------------------------------------------------------------------- A/B


def test_a_second_text_is_added_shared_priced_and_taken_away(wizard: Wizard) -> None:
    campaign_id = wizard.draft("Salom {Ism|mijoz}")
    page = wizard.at(campaign_id, "text")
    page.segmented_control(key=f"text-kind-{campaign_id}").set_value("ab").run()
    assert not page.exception
    draft_terms = Draft.of(campaigns.get(wizard.store, campaign_id))
    assert draft_terms.variants == (Variant("Salom {Ism|mijoz}", 50),)
    assert "Two of the texts are the same" in said(page)
    assert page.button(key="wizard-on").disabled
    page.text_input(key=f"draft-text-{campaign_id}-B-share").set_value("34").run()
    assert Draft.of(campaigns.get(wizard.store, campaign_id)).variants[0].share == 34
    for unreadable in ("33,3", "100", "0", ""):
        page.text_input(key=f"draft-text-{campaign_id}-B-share").set_value(unreadable).run()
        assert Draft.of(campaigns.get(wizard.store, campaign_id)).variants[0].share == 34
        assert page.button(key="wizard-on").disabled
    assert any("Write a whole number from 1 to 99" in caption.value for caption in page.caption)
    campaigns.change(
        wizard.store, wizard.actor, campaign_id, replace(draft_terms, variants=(Variant("Xayr " + "x" * 160, 34),))
    )
    page = wizard.at(campaign_id, "text")
    assert "All texts together" in said(page)
    assert page.metric[-5].value == "3"  # people
    assert page.metric[-4].value == "4"  # two with one SMS, one with two
    assert not page.button(key="wizard-on").disabled
    page = wizard.at(campaign_id, "send")
    assert "34% of the recipients" in texts(page)
    page = wizard.at(campaign_id, "text")
    page.button(key=f"draft-text-{campaign_id}-B-remove").click().run()
    assert Draft.of(campaigns.get(wizard.store, campaign_id)).variants == ()
    assert "All texts together" not in said(page)


def test_a_text_that_another_tab_removed_is_not_removed_or_shared_again(wizard: Wizard) -> None:
    campaign_id = wizard.draft("Salom")
    draft = Draft.of(campaigns.get(wizard.store, campaign_id))
    texts_after_a = (Variant("Xayr", 30), Variant("Rahmat", 30))
    campaigns.change(wizard.store, wizard.actor, campaign_id, replace(draft, variants=texts_after_a))
    tabs = [wizard.at(campaign_id, "text") for _tab in range(3)]
    for tab, letter in zip(tabs[:2], "CB", strict=True):  # the second still shows C
        tab.button(key=f"draft-text-{campaign_id}-{letter}-remove").click().run()
    assert Draft.of(campaigns.get(wizard.store, campaign_id)).variants == (Variant("Xayr", 50),)
    tabs[1].button(key="draft-load-newer").click().run()
    tabs[2].text_input(key=f"draft-text-{campaign_id}-C-share").set_value("10").run()
    for tab in tabs:
        assert not tab.exception
    tabs[0].button(key=f"draft-text-{campaign_id}-B-remove-1").click().run()
    for last_tab in tabs[1:]:
        assert not last_tab.run().exception
    assert Draft.of(campaigns.get(wizard.store, campaign_id)).variants == ()


def test_a_double_click_removes_one_of_two_texts_with_the_same_words(wizard: Wizard) -> None:
    campaign_id = wizard.draft("Salom")
    draft = Draft.of(campaigns.get(wizard.store, campaign_id))
    campaigns.change(wizard.store, wizard.actor, campaign_id, replace(draft, variants=(Variant("Xayr", 30),) * 3))
    page = wizard.at(campaign_id, "text")
    button = page.button(key=f"draft-text-{campaign_id}-B-remove").click()
    sent_again = WidgetStates(widgets=[button._widget_state])
    page.run()
    page._run(sent_again)
    assert not page.exception
    assert Draft.of(campaigns.get(wizard.store, campaign_id)).variants == (Variant("Xayr", 33),) * 2


def test_the_preview_shows_each_person_the_text_that_is_theirs(wizard: Wizard) -> None:
    campaign_id = wizard.draft("Salom {Ism|mijoz}")
    draft_terms = Draft.of(campaigns.get(wizard.store, campaign_id))
    campaigns.change(wizard.store, wizard.actor, campaign_id, replace(draft_terms, variants=(Variant("Xayr", 34),)))
    campaigns.prepare(wizard.store, campaign_id)
    for message in messages_of(wizard.store, campaign_id):
        page = wizard.at(campaign_id, "preview")
        page.segmented_control(key=f"preview-which-{campaign_id}").set_value("row").run()
        page.text_input(key=f"preview-row-{campaign_id}").set_value(str(message.row)).run()
        assert not page.exception
        assert message.text.split()[0] in html(page)


# -------------------------------------------------------------------------------------------------------- empty texts

SOME_EMPTY = "Ism;Telefon;Xabar\nAziza;998901234567;Salom\nBek;998901234568;\nLola;998901234569;\u200b\n"


def test_rows_whose_text_is_empty_are_named_in_the_text_step_and_the_preview(wizard: Wizard) -> None:
    campaign_id = wizard.draft("{Xabar|}", SOME_EMPTY)
    for step in ("text", "preview"):
        page = wizard.at(campaign_id, step)
        assert not page.exception
        assert "2 rows get no message, because their text is empty: rows 3, 4." in said(page)
        assert next(metric.value for metric in page.metric if metric.label == "Recipients") == "1"
    assert "Salom" in html(page)


def test_a_row_without_text_chosen_in_the_preview_is_said_to_get_no_message(wizard: Wizard) -> None:
    campaign_id = wizard.draft("{Xabar}", SOME_EMPTY)
    page = wizard.at(campaign_id, "preview")
    which: Any = page.get_by_key(f"preview-which-{campaign_id}")
    which.set_value("row").run()
    page.text_input(key=f"preview-row-{campaign_id}").set_value("3").run()
    assert not page.exception
    assert "Row 3 gets no message: its text is empty." in said(page)


def test_a_text_that_is_empty_in_every_row_leads_nowhere(wizard: Wizard) -> None:
    campaign_id = wizard.draft("{Xabar}", SOME_EMPTY.replace("Salom", ""))
    page = wizard.at(campaign_id, "text")
    assert not page.exception
    assert "The text is empty in every row of the list" in said(page)
    assert page.button(key="wizard-on").disabled


def test_brackets_that_merge_nothing_are_remarked_upon(wizard: Wizard) -> None:
    page = wizard.at(wizard.draft("Salom {{Ism}} ((Ism)) [ism]"), "text")
    warned = "\n".join(str(element.value) for element in page.warning)
    assert warned.count("is not a merge field") == 3


def test_a_field_that_two_columns_could_serve_is_refused_by_name_on_the_page(wizard: Wizard) -> None:
    campaign_id = wizard.draft("Salom {ism}", "ISM;Ism;Telefon\nALI;Ali;998901234567\n")
    page = wizard.at(campaign_id, "text")
    assert not page.exception
    assert "ISM, Ism" in page.error[0].value


@pytest.mark.parametrize(
    ("typed", "shown"),
    [
        ("500,000", "= 500,000\u00a0so'm"),
        ("500 000,50", "= 500,000.50\u00a0so'm"),
        ("500.000", "can mean"),
        ("5 mln", "cannot be"),
    ],
)
def test_the_limit_of_a_campaign_shows_what_was_understood(wizard: Wizard, typed: str, shown: str) -> None:
    campaign_id = wizard.draft("Salom {Ism}")
    page = wizard.at(campaign_id, "send")
    page.text_input(key=f"send-limit-{campaign_id}").set_value(typed).run()
    assert not page.exception
    assert shown in said(page).replace("\\", "")
    assert page.button(key="send-ask").disabled == (not shown.startswith("="))


def test_the_limit_of_a_campaign_is_kept_as_it_was_understood(wizard: Wizard) -> None:
    campaign_id = wizard.draft("Salom {Ism}")
    page = wizard.at(campaign_id, "send")
    page.text_input(key=f"send-limit-{campaign_id}").set_value("500,000").run()
    page.button(key="send-ask").click().run()
    page.button(key="send-really").click().run()
    assert campaigns.get(wizard.store, campaign_id).spend_limit == 50_000_000
