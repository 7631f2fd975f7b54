"""What the wizard counts before sending is what is made: opt-outs of advertising, birthdays, names of drafts."""

import time
from datetime import datetime, timedelta
from pathlib import Path

import streamlit as st
from streamlit.testing.v1 import AppTest

from getsms_core.base import formatting
from getsms_core.base.kinds import OptOutScope
from getsms_core.base.states import CampaignState
from getsms_core.campaigns import service as campaigns
from getsms_core.campaigns.exclusions import Exclusions
from getsms_core.campaigns.service import Draft
from getsms_core.contacts import lists, suppression
from getsms_core.contacts.conditions import parse, to_json
from getsms_core.contacts.lists import Options
from getsms_core.db.engine import Store
from tests.conftest import PageFactory, SettingsFactory
from tests.engine_support import AZIZA, Engine, accept, campaign_of, checked_list, phones
from tests.job_support import do_all


def said(page: AppTest) -> str:
    kinds = (page.header, page.markdown, page.caption, page.error, page.info)
    return "\n".join(str(element.value) for kind in kinds for element in kind)


def opened(open_page: PageFactory, campaign_id: int, step: str) -> AppTest:
    page = open_page("new_campaign.py")
    page.query_params["campaign"], page.query_params["step"] = str(campaign_id), step
    page.run()
    assert not page.exception
    return page


def test_who_opted_out_of_advertising_is_neither_counted_nor_priced(
    open_page: PageFactory, sqlite_store: Store, settings: SettingsFactory
) -> None:
    list_id = checked_list(sqlite_store, phones(5), shahar=["A", "A", "A", "B", "B"])
    draft = Draft("Aksiya", "Salom", list_id, category="advertising", condition=to_json(parse("shahar = A")))
    campaign_id = campaigns.create(sqlite_store, AZIZA, settings(), draft)
    assert "3 numbers will get the SMS" in said(opened(open_page, campaign_id, "check"))
    suppression.add(sqlite_store, AZIZA, [phones(5)[0], phones(5)[3]], "asked", "", OptOutScope.ADVERTISING)
    suppression.add(sqlite_store, AZIZA, [phones(5)[4]], "asked", "")
    st.cache_data.clear()  # as two seconds later
    check = said(opened(open_page, campaign_id, "check"))
    assert "2 numbers will get the SMS" in check
    assert "1 number has opted out of advertising and is left out of this campaign." in check
    assert "has opted out since" not in check, "the condition does not choose that number"
    send = opened(open_page, campaign_id, "send")
    assert [metric.value for metric in send.metric][:3] == ["2", "2", "190\u00a0so'm"]
    campaigns.start(sqlite_store, AZIZA, campaign_id)
    do_all(sqlite_store)
    assert campaign_of(sqlite_store, campaign_id).messages == 2


def test_the_send_step_counts_the_birthdays_of_the_day_of_the_start(
    open_page: PageFactory, sqlite_store: Store, settings: SettingsFactory
) -> None:
    today = datetime.now(settings().zone)
    born = [f"{day.day:02}.{day.month:02}.1992" for day in (today + timedelta(n) for n in (0, 3, 3))]
    draft = Draft("Tabrik", "Salom", checked_list(sqlite_store, phones(3), born=born),
                  condition=to_json(parse("born birthday within 0 days")))  # fmt: skip
    campaign_id = campaigns.create(sqlite_store, AZIZA, settings(), draft)
    page = opened(open_page, campaign_id, "send")
    assert page.metric[0].value == "1"
    assert page.table[0].value.loc["Birthdays counted from", "value"] == formatting.day(today.date())
    page.segmented_control[0].set_value("later").run()
    for days, counted in ((3, "2"), (5, "0"), (3, "2")):
        at = (today + timedelta(days)).replace(tzinfo=None, second=0, microsecond=0)
        page.datetime_input[0].set_value(at).run()
        assert not page.exception
        assert page.metric[0].value == counted
        assert ("chooses nobody on that day" in said(page)) == (counted == "0")
        assert page.button(key="send-ask").disabled == (counted == "0")


def test_a_draft_of_a_wrong_file_gets_the_name_of_the_right_one(
    open_page: PageFactory, sqlite_store: Store, tmp_path: Path
) -> None:
    page = open_page("new_campaign.py").run()
    page.file_uploader[0].upload("rasm.csv", b"%PDF-1.4 not a list").run()
    do_all(sqlite_store)
    page = opened(open_page, 1, "list")
    page.button(key="wizard-other").click().run()
    page.file_uploader[0].upload("mijozlar.csv", b"Telefon\n998901234567\n").run()
    assert not page.exception
    assert campaigns.get(sqlite_store, 1).name == "mijozlar"


def test_a_draft_that_a_user_named_keeps_its_name_with_another_list(
    open_page: PageFactory, sqlite_store: Store, settings: SettingsFactory, tmp_path: Path
) -> None:
    (tmp_path / "a.csv").write_text("Telefon\n998901234567\n")
    list_id = lists.add_file(sqlite_store, AZIZA, tmp_path / "a.csv", "Mijozlar", Options())
    campaign_id = campaigns.create(sqlite_store, AZIZA, settings(), Draft("Navroʻz", "", list_id))
    page = opened(open_page, campaign_id, "list")
    page.button(key="wizard-other").click().run()
    page.file_uploader[0].upload("boshqa.csv", b"Telefon\n998901234568\n").run()
    assert not page.exception
    assert campaigns.get(sqlite_store, campaign_id).name == "Navroʻz"


def test_a_file_of_opt_outs_with_two_columns_of_numbers_adds_nothing(
    open_page: PageFactory, sqlite_store: Store
) -> None:
    page = open_page("lists.py")
    page.query_params["view"] = "opt-outs"
    page.run()
    rows = b"Ism;Mijoz;Operator\nAli;998901234567;998931112233\nVali;998901234568;998931112244\n"
    page.file_uploader(key="optouts-file").upload("a.csv", rows)
    page.button(key="optouts-go").click().run()
    assert not page.exception
    assert "Several columns of the file look like phone numbers: “Mijoz”, “Operator”." in said(page)
    assert len(suppression.numbers(sqlite_store)) == 0


def test_who_opted_back_in_is_named_and_gets_the_sms_after_another_check(
    open_page: PageFactory, sqlite_store: Store, settings: SettingsFactory
) -> None:
    suppression.add(sqlite_store, AZIZA, [998901234567, 998901234568], "asked", "")
    rows = [b"Telefon\n998901234567\n998901234567\n998901234568\n998901234569\n"]
    list_id = lists.upload(sqlite_store, AZIZA, "x", "x.csv", rows, Options())
    do_all(sqlite_store)
    campaign_id = campaigns.create(sqlite_store, AZIZA, settings(), Draft("Sale", "Salom", list_id))
    assert "had opted out when" not in said(opened(open_page, campaign_id, "check"))
    suppression.remove(sqlite_store, AZIZA, 998901234567, "asked for messages again")
    page = opened(open_page, campaign_id, "check")
    assert "1 number will get the SMS" in said(page)
    assert "1 number had opted out when the list was checked, and has not any more." in said(page)
    page.button(key=f"check-returned-{list_id}").click().run()
    do_all(sqlite_store)
    page = opened(open_page, campaign_id, "check")
    assert campaign_of(sqlite_store, campaign_id).list_id != list_id
    assert "2 numbers will get the SMS" in said(page)
    assert "had opted out when" not in said(page)


def test_a_draft_without_a_birthday_today_goes_on_for_the_next_day_that_has_one(
    open_page: PageFactory, sqlite_store: Store, settings: SettingsFactory
) -> None:
    today = datetime.now(settings().zone)
    born = [f"{day.day:02}.{day.month:02}.1992" for day in (today + timedelta(n) for n in (3, 3, 40))]
    draft = Draft("Tabrik", "Salom", checked_list(sqlite_store, phones(3), born=born),
                  condition=to_json(parse("born birthday within 0 days")))  # fmt: skip
    campaign_id = campaigns.create(sqlite_store, AZIZA, settings(), draft)
    first = said(opened(open_page, campaign_id, "list"))
    assert "0 of 3 recipients are chosen" in first
    assert "the birthday in “born” is today\n" in first
    assert "A campaign counts birthdays from the day on which its sending starts." in first
    check = opened(open_page, campaign_id, "check")
    day = formatting.day((today + timedelta(3)).date())
    assert "2 numbers will get the SMS" in said(check)
    assert f"Sent today, it would reach nobody. The steps count for {day}" in said(check)
    assert not check.button(key="wizard-on").disabled
    assert [metric.value for metric in opened(open_page, campaign_id, "preview").metric][:2] == ["2", "2"]
    send = opened(open_page, campaign_id, "send")
    assert send.segmented_control[0].value == "later"
    proposed = send.datetime_input[0].value
    assert proposed is not None
    assert proposed.date() == (today + timedelta(3)).date()
    assert send.metric[0].value == "2"
    assert not send.button(key="send-ask").disabled
    send.segmented_control[0].set_value("now").run()
    assert send.metric[0].value == "0", "nobody has a birthday now"
    assert send.button(key="send-ask").disabled
    send.segmented_control[0].set_value("later").run()
    send.button(key="send-ask").click().run()
    send.button(key="send-really").click().run()
    do_all(sqlite_store)
    assert campaign_of(sqlite_store, campaign_id).messages == 2
    assert campaign_of(sqlite_store, campaign_id).state == CampaignState.SCHEDULED


def test_a_draft_whose_recipients_all_got_an_sms_today_goes_on_for_a_later_day(
    open_page: PageFactory, sqlite_store: Store, settings: SettingsFactory
) -> None:
    list_id = checked_list(sqlite_store, phones(3))
    first = campaigns.create(sqlite_store, AZIZA, settings(), Draft("Bugungi", "Salom", list_id))
    campaigns.start(sqlite_store, AZIZA, first)
    do_all(sqlite_store)
    engine = Engine(sqlite_store, now=int(time.time() * 1000))
    engine.record(*((claim, accept(claim)) for claim in engine.take()))
    draft = Draft("Keyingi", "Boshqa matn", list_id, exclusions=Exclusions(days=2))
    campaign_id = campaigns.create(sqlite_store, AZIZA, settings(), draft)
    check = said(opened(open_page, campaign_id, "check"))
    assert "3 numbers will get the SMS" in check
    assert "Sent today, it would reach nobody." in check
    send = opened(open_page, campaign_id, "send")
    assert send.metric[0].value == "3"
    send.segmented_control[0].set_value("now").run()
    assert "At that time everybody is excluded." in said(send)
    assert send.button(key="send-ask").disabled


def test_a_condition_that_chooses_nobody_on_any_day_still_blocks_the_steps(
    open_page: PageFactory, sqlite_store: Store, settings: SettingsFactory
) -> None:
    list_id = checked_list(sqlite_store, phones(2), born=["", "keyin aytadi"])
    draft = Draft("Tabrik", "Salom", list_id, condition=to_json(parse("born birthday within 9 days")))
    check = opened(open_page, campaigns.create(sqlite_store, AZIZA, settings(), draft), "check")
    assert check.button(key="wizard-on").disabled
    assert "Sent today" not in said(check)
