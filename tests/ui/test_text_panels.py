"""The panels about a text: templates, scripts, checks, test SMS, predicted against billed; and prices."""

import time

import pytest
import sqlalchemy as sa
from sqlmodel import col
from streamlit.testing.v1 import AppTest

from getsms_core.base.permissions import Actor, Role
from getsms_core.billing import price_rules
from getsms_core.campaigns import service as campaigns
from getsms_core.campaigns import templates
from getsms_core.campaigns.service import Draft
from getsms_core.campaigns.templates import Wording
from getsms_core.db.engine import Store
from getsms_core.db.models import Message, RollUp
from getsms_core.messages.variants import Variant
from tests.conftest import PageFactory
from tests.engine_support import checked_list, phones, settings_for
from tests.factories import make_account, make_campaign, make_messages

AZIZA = Actor("Aziza", Role.ADMINISTRATOR)
CYRILLIC = "Ҳурматли {ism|мижоз}! Ўзбекистон бўйлаб чегирма. " + "Келинг! " * 10
TEXT = "Hurmatli {ism|mijoz}! Buyurtmangiz yo'lda."
SCRIPTS = ("cyrillic", "latin", "reformed", "ascii")


def _draft(store: Store, text: str, **draft: object) -> int:
    listed = checked_list(store, phones(3), ism=["Aziza", "", "Bobur"])
    return campaigns.create(store, AZIZA, settings_for(), Draft("Aksiya", text, listed, **draft))  # type: ignore[arg-type]


def _step(open_page: PageFactory, campaign_id: int, **overrides: str) -> AppTest:
    page = open_page("new_campaign.py", Role.ADMINISTRATOR, "en", **overrides)
    page.query_params["campaign"] = str(campaign_id)
    page.query_params["step"] = "text"
    return page.run()


def _said(page: AppTest) -> str:
    return "\n".join(element.value for element in [*page.markdown, *page.caption, *page.warning, *page.error])


def _approved(store: Store, text: str = TEXT, category: str = "service") -> int:
    template_id = templates.create(store, AZIZA, Wording("Buyurtma", text, category))
    templates.submit(store, AZIZA, template_id)
    templates.approve(store, AZIZA, template_id)
    return template_id


# ----------------------------------------------------------------------------------------------------------------- cost


def test_a_fix_of_values_that_costs_more_promises_no_saving(open_page: PageFactory, sqlite_store: Store) -> None:
    listed = checked_list(sqlite_store, phones(3), ism=["…"] * 3)
    text = "ж" * 69 + "{ism}"  # 70 characters and one SMS; with three points for the one character, two
    campaign_id = campaigns.create(sqlite_store, AZIZA, settings_for(), Draft("Aksiya", text, listed))
    page = _step(open_page, campaign_id)
    assert page.toggle(key=f"draft-mend-{campaign_id}").label == "Fix merged values too"
    assert "Fixing these would cost 285 so'm more" in _said(page).replace("\u00a0", " ")


# ------------------------------------------------------------------------------------------------------------- scripts


def test_a_text_without_letters_has_no_scripts(open_page: PageFactory, sqlite_store: Store) -> None:
    campaign_id = _draft(sqlite_store, "12345 !")
    page = _step(open_page, campaign_id)
    assert not page.exception
    assert [element for element in page.toggle if element.key == f"scripts-{campaign_id}"] == []


def test_the_scripts_stand_side_by_side_and_one_click_takes_one(open_page: PageFactory, sqlite_store: Store) -> None:
    campaign_id = _draft(sqlite_store, CYRILLIC)
    page = _step(open_page, campaign_id)
    page.toggle(key=f"scripts-{campaign_id}").set_value(True).run()
    assert not page.exception
    buttons = {script: page.button(key=f"script-take-{script}") for script in SCRIPTS}
    assert [script for script, button in buttons.items() if button.disabled] == ["cyrillic"]
    # Cyrillic: 3 people x 2 parts; ASCII Latin: one part each
    assert "save 285\u00a0so'm" in buttons["ascii"].label
    assert "6 SMS for 570\u00a0so'm" in _said(page)
    assert "3 SMS for 285\u00a0so'm" in _said(page)
    page = buttons["ascii"].click().run()
    assert not page.exception
    taken = campaigns.get(sqlite_store, campaign_id).text
    assert taken.startswith("Hurmatli {ism|mijoz}! O'zbekiston bo'ylab chegirma.")
    assert (
        page.session_state[f"draft-text-{campaign_id}"]["text"].partition("\n")[2] == taken
    )  # else typing the old text again is no change
    page = page.button(key="script-undo").click().run()
    assert campaigns.get(sqlite_store, campaign_id).text == CYRILLIC


def test_what_should_be_looked_at_in_a_script_is_named(open_page: PageFactory, sqlite_store: Store) -> None:
    campaign_id = _draft(sqlite_store, "Салом! Скидка 50% для всех наших клиентов. Ўзбекистон")
    page = _step(open_page, campaign_id)
    page.toggle(key=f"scripts-{campaign_id}").set_value(True).run()
    assert "This looks Russian and was left as it is." in _said(page)


def test_words_to_check_beyond_the_first_three_are_named_too(open_page: PageFactory, sqlite_store: Store) -> None:
    names = ["Ozon", "Asaxiy", "Texnomart", "Telegram", "Instagram"]
    campaign_id = _draft(sqlite_store, f"Hurmatli mijoz, bizda {', '.join(names)} chegirmasi bor!")
    page = _step(open_page, campaign_id)
    page.toggle(key=f"scripts-{campaign_id}").set_value(True).run()
    assert "and 2 more to check: Telegram, Instagram" in _said(page)


def test_russian_is_left_alone_until_somebody_asks_for_it(open_page: PageFactory, sqlite_store: Store) -> None:
    campaign_id = _draft(sqlite_store, "Сизга катта сыр бор, {ism|дўстим}!")
    page = _step(open_page, campaign_id)
    page.toggle(key=f"scripts-{campaign_id}").set_value(True).run()
    page.toggle(key=f"scripts-russian-{campaign_id}").set_value(True).run()
    page.button(key="script-take-ascii").click().run()
    assert not page.exception
    assert campaigns.get(sqlite_store, campaign_id).text == "Sizga katta sir bor, {ism|do'stim}!"


def test_nothing_is_asked_where_nothing_is_russian(open_page: PageFactory, sqlite_store: Store) -> None:
    campaign_id = _draft(sqlite_store, CYRILLIC)
    page = _step(open_page, campaign_id)
    page.toggle(key=f"scripts-{campaign_id}").set_value(True).run()
    assert [element for element in page.toggle if element.key == f"scripts-russian-{campaign_id}"] == []


# ---------------------------------------------------------------------------------------------------------------- cost


def _tables(page: AppTest) -> list[str]:
    return [element.value.to_csv(index=False) for element in page.table]


def _named(store: Store, text: str, names: list[str], **draft: object) -> int:
    listed = checked_list(store, phones(len(names)), ism=names)
    return campaigns.create(store, AZIZA, settings_for(), Draft("Aksiya", text, listed, **draft))  # type: ignore[arg-type]


def test_the_rows_that_cost_most_are_shown_with_what_they_cost(open_page: PageFactory, sqlite_store: Store) -> None:
    page = _step(open_page, _named(sqlite_store, "Salom {ism}", ["Ali", "Oʻktam" + "x" * 140, "Vali"]))
    assert not page.exception
    assert "3,Salom Oʻktam" in _tables(page)[-1]
    assert ",Unicode,3,285\u00a0so'm" in _tables(page)[-1]
    assert ",GSM-7,1,95\u00a0so'm" in _tables(page)[-1]


def test_a_text_that_no_phone_could_put_together_goes_no_further(open_page: PageFactory, sqlite_store: Store) -> None:
    page = _step(open_page, _draft(sqlite_store, "x" * 40_000))
    assert not page.exception
    assert "a phone joins at most 255" in page.error[0].value
    assert page.button(key="wizard-on").disabled
    fits = _draft(sqlite_store, "Salom " * 5_000)  # in Cyrillic it would not
    page = _step(open_page, fits)
    page.toggle(key=f"scripts-{fits}").set_value(True).run()
    assert not page.exception
    assert not page.error


def test_no_row_is_most_expensive_where_all_cost_the_same(open_page: PageFactory, sqlite_store: Store) -> None:
    page = _step(open_page, _named(sqlite_store, "Salom {ism}", ["Ali", "Vali"]))
    assert [element.label for element in page.expander] == []


def test_merged_values_are_shown_before_and_after_and_replacing_in_them_can_be_undone(
    open_page: PageFactory, sqlite_store: Store
) -> None:
    campaign_id = _named(sqlite_store, "Salom {ism}", ["Ali", "Oʻktam", "Шаҳло"])
    page = _step(open_page, campaign_id)
    assert "Row,Column,now,becomes\n3,ism,Oʻktam,O'ktam\n" in _tables(page)[0]
    page.toggle(key=f"draft-mend-{campaign_id}").set_value(True).run()
    assert campaigns.get(sqlite_store, campaign_id).mend_values
    gsm7 = _named(sqlite_store, "Salom {ism}", ["Ali", "Oʻktam"], mend_values=True)
    page = _step(open_page, gsm7)
    page.toggle(key=f"draft-mend-{gsm7}").set_value(False).run()
    assert not campaigns.get(sqlite_store, gsm7).mend_values


def test_values_of_two_alphabets_are_named_with_their_rows(open_page: PageFactory, sqlite_store: Store) -> None:
    names = ["Ali", "Aзиза", "Шаҳло"]
    page = _step(open_page, _named(sqlite_store, "Salom {ism}", names))
    assert "In 1 row a merged value mixes Latin and Cyrillic letters that look alike: Aзиза (row 3)." in _said(page)
    assert "merged value mixes" not in _said(_step(open_page, _named(sqlite_store, "Salom", names)))


def test_a_fix_that_would_cost_more_is_not_offered(open_page: PageFactory, sqlite_store: Store) -> None:
    listed = checked_list(sqlite_store, phones(4), ism=["Муҳаммад"] * 4)
    text, other_text = "Salom {ism}…" + "x" * 55, "Xayr {ism}…" + "x" * 56  # 70 characters, and 72 with three dots
    draft = Draft("Aksiya", text, listed, variants=(Variant(other_text, 50),))
    page = _step(open_page, campaigns.create(sqlite_store, AZIZA, settings_for(), draft))
    assert not page.exception
    assert _said(page).count("would cost 190\u00a0so'm more: some replacements are longer than the character.") == 2
    assert [button.key for button in page.button if "mend" in str(button.key)] == []


def test_an_emoji_is_named_with_what_it_costs(open_page: PageFactory, sqlite_store: Store) -> None:
    page = _step(open_page, _named(sqlite_store, "Aksiya 🎉 {ism}" + "x" * 70, ["Ali", "Vali"]))
    assert "🎉 (190\u00a0so'm) Without them it would cost 190\u00a0so'm less." in _said(page)


# -------------------------------------------------------------------------------------------------------------- checks


def test_a_text_with_nothing_wrong_is_left_alone(open_page: PageFactory, sqlite_store: Store) -> None:
    page = _step(open_page, _draft(sqlite_store, TEXT), opt_out_hint="STOP 1234")
    assert not page.exception
    assert not page.warning


def test_advertising_without_the_opt_out_words_is_remarked(open_page: PageFactory, sqlite_store: Store) -> None:
    campaign_id = _draft(sqlite_store, TEXT, category="advertising")
    assert not _step(open_page, campaign_id).warning
    assert "STOP 1234" in _step(open_page, campaign_id, opt_out_hint="STOP 1234").warning[0].value


def test_a_remark_shows_its_place(open_page: PageFactory, sqlite_store: Store) -> None:
    page = _step(open_page, _draft(sqlite_store, "Bugun bizda katta  aksiya: bit.ly/abc, keling hammangiz"))
    assert r"bizda katta␣␣aksiya" in _said(page)
    assert "hides where the link leads" in _said(page)


def test_what_would_do_harm_is_said_again_on_the_last_step(open_page: PageFactory, sqlite_store: Store) -> None:
    page = _sending(open_page, _draft(sqlite_store, "Salom  {ism}! http:/getsms.uz"))
    assert not page.exception
    empty, link, no_worker = (warning.value for warning in page.warning)
    assert "no worker is running" in no_worker
    assert "`{ism}` is empty in 1 row (3)" in empty
    assert "it would not open" in link
    (no_worker,) = (warning.value for warning in _sending(open_page, _draft(sqlite_store, TEXT)).warning)
    assert "no worker is running" in no_worker


def test_the_same_text_to_the_same_list_is_remarked(open_page: PageFactory, sqlite_store: Store) -> None:
    campaign_id = _draft(sqlite_store, TEXT)
    listed = campaigns.get(sqlite_store, campaign_id).list_id
    assert "Do they need it twice?" not in _said(_step(open_page, campaign_id))
    now = int(time.time() * 1000)
    make_campaign(sqlite_store, "Kecha", list_id=listed, text=TEXT, started_at=now - 20 * 3_600_000)
    page = _step(open_page, campaign_id)
    assert "**Kecha**" in _said(page)
    assert "Do they need it twice?" in _said(page)


# ----------------------------------------------------------------------------------------------------------- templates


def test_a_campaign_begins_with_an_approved_template(open_page: PageFactory, sqlite_store: Store) -> None:
    saved = _approved(sqlite_store, category="advertising")
    campaign_id = _draft(sqlite_store, "")
    page = _step(open_page, campaign_id)
    page.selectbox(key=f"template-{campaign_id}").select(saved).run()
    assert not page.exception
    campaign = campaigns.get(sqlite_store, campaign_id)
    assert (campaign.text, campaign.category, campaign.template_id) == (TEXT, "advertising", saved)
    assert page.selectbox(key=f"draft-category-{campaign_id}").value == "advertising"
    assert "Built on the template **Buyurtma**, version 1" in _said(page)
    assert not page.error


def test_a_text_that_is_not_the_approved_one_is_said_before_it_is_sent(
    open_page: PageFactory, sqlite_store: Store
) -> None:
    saved = _approved(sqlite_store)
    campaign_id = _draft(sqlite_store, TEXT + " Yana!", template_id=saved)
    page = _step(open_page, campaign_id)
    assert "3 messages are not the approved text" in page.error[0].value
    assert page.code[0].value == "Hurmatli Aziza! Buyurtmangiz yo'lda. Yana!"
    page = page.button(key="template-back").click().run()
    assert not page.error
    assert campaigns.get(sqlite_store, campaign_id).text == TEXT


def test_choosing_a_template_can_be_undone(open_page: PageFactory, sqlite_store: Store) -> None:
    saved = _approved(sqlite_store, category="advertising")
    campaign_id = _draft(sqlite_store, "Mening matnim")
    page = _step(open_page, campaign_id)
    page.selectbox(key=f"template-{campaign_id}").select(saved).run()
    page.button(key="template-undo").click().run()
    assert not page.exception
    campaign = campaigns.get(sqlite_store, campaign_id)
    assert (campaign.text, campaign.category, campaign.template_id) == ("Mening matnim", "service", None)


def test_a_template_can_be_let_go(open_page: PageFactory, sqlite_store: Store) -> None:
    campaign_id = _draft(sqlite_store, TEXT + " Yana!", template_id=_approved(sqlite_store))
    page = _step(open_page, campaign_id).button(key="template-drop").click().run()
    assert not page.error
    assert campaigns.get(sqlite_store, campaign_id).template_id is None


@pytest.mark.parametrize("language", ["uz", "ru"])
def test_the_panels_open_in_every_language(open_page: PageFactory, sqlite_store: Store, language: str) -> None:
    campaign_id = _draft(sqlite_store, CYRILLIC, template_id=_approved(sqlite_store))
    page = open_page("new_campaign.py", language=language)
    page.query_params["campaign"], page.query_params["step"] = str(campaign_id), "text"
    page.session_state[f"scripts-{campaign_id}"] = (
        True  # a second run would name the options by English words, AppTest's own
    )
    page.run()
    assert page.toggle(key=f"scripts-{campaign_id}").value
    assert not page.exception


# ------------------------------------------------------------------------------------------------- test SMS, the bill


def _sending(open_page: PageFactory, campaign_id: int) -> AppTest:
    page = open_page("new_campaign.py")
    page.query_params["campaign"], page.query_params["step"] = str(campaign_id), "send"
    return page.run()


def test_a_test_is_written_with_the_data_of_a_chosen_row(open_page: PageFactory, sqlite_store: Store) -> None:
    campaign_id = _draft(sqlite_store, TEXT)
    page = _sending(open_page, campaign_id)
    page.text_input(key="test-phone").set_value("90 765 43 21")
    page.text_input(key=f"test-row-{campaign_id}").set_value("4")
    page.button(key="test-send").click().run()
    assert not page.error
    test = campaigns.get(sqlite_store, campaign_id + 1)
    assert test.is_test
    campaigns.prepare(sqlite_store, campaign_id + 1)
    with sqlite_store.reading() as session:
        assert session.scalar(sa.select(col(Message.text))) == "Hurmatli Bobur! Buyurtmangiz yo'lda."


def test_a_row_that_gets_no_message_is_refused_for_a_test(open_page: PageFactory, sqlite_store: Store) -> None:
    listed = checked_list(sqlite_store, [phones(1)[0], "not a phone", phones(2)[1]], ism=["a", "b", "c"])
    campaign_id = campaigns.create(sqlite_store, AZIZA, settings_for(), Draft("Aksiya", TEXT, listed))
    page = _sending(open_page, campaign_id)
    page.text_input(key="test-phone").set_value("90 765 43 21")
    page.text_input(key=f"test-row-{campaign_id}").set_value("3")
    page.button(key="test-send").click().run()
    assert "Row 3 gets no message" in page.error[0].value


def test_a_campaign_shows_what_was_billed_otherwise(open_page: PageFactory, sqlite_store: Store) -> None:
    campaign_id = make_campaign(sqlite_store)
    ids = make_messages(sqlite_store, campaign_id, {"delivered": 3})
    page = open_page("campaigns.py")
    page.query_params["id"] = str(campaign_id)
    assert "The gateway billed what was predicted." in _said(page.run())
    with sqlite_store.writing() as session:
        session.execute(sa.update(Message).where(col(Message.id) == ids[0]).values(billed_parts=3))
        session.execute(
            sa.update(RollUp).where(col(RollUp.campaign_id) == campaign_id).values(billed_parts=RollUp.messages)
        )
        hour = (
            sa.select(sa.func.min(col(RollUp.number_range)))
            .where(col(RollUp.campaign_id) == campaign_id)
            .scalar_subquery()
        )
        session.execute(
            sa.update(RollUp).where(col(RollUp.number_range) == hour).values(billed_parts=RollUp.messages + 2)
        )
    page.run()
    assert not page.exception
    shown = {metric.label: (metric.value, metric.delta) for metric in page.metric}
    assert shown["SMS predicted"] == ("3", "")
    assert shown["SMS billed"] == ("5", "+2")
    page.toggle(key=f"billed-differing-{campaign_id}").set_value(True).run()
    assert page.dataframe[-1].value["Billed"].tolist() == [3]


def test_a_bill_below_the_prediction_points_down_in_green(open_page: PageFactory, sqlite_store: Store) -> None:
    campaign_id = make_campaign(sqlite_store)
    make_messages(sqlite_store, campaign_id, {"delivered": 3}, parts=2)
    with sqlite_store.writing() as session:
        session.execute(sa.update(RollUp).values(billed_parts=RollUp.messages))
    page = open_page("campaigns.py")
    page.query_params["id"] = str(campaign_id)
    metric = {metric.label: metric for metric in page.run().metric}["SMS billed"]
    assert (metric.value, metric.delta) == ("3", "−3")
    assert metric.proto.direction == metric.proto.MetricDirection.DOWN
    assert metric.proto.color == metric.proto.MetricColor.GREEN


def test_nothing_is_said_of_a_bill_before_a_receipt_comes(open_page: PageFactory, sqlite_store: Store) -> None:
    campaign_id = make_campaign(sqlite_store, state="running")
    make_messages(sqlite_store, campaign_id, {"queued": 3, "accepted": 1})
    page = open_page("campaigns.py")
    page.query_params["id"] = str(campaign_id)
    assert "Predicted and billed" not in _said(page.run())


# -------------------------------------------------------------------------------------------------------------- prices


def _prices(open_page: PageFactory) -> AppTest:
    return open_page("settings.py").run().segmented_control[0].set_value("prices").run()


@pytest.mark.parametrize("price", ["", "abc", "-5", "0.001", "60000"])
def test_what_is_no_price_is_refused_in_words(open_page: PageFactory, sqlite_store: Store, price: str) -> None:
    page = _prices(open_page)
    page.text_input(key="price-amount").set_value(price)
    page.button(key="price-go").click().run()
    assert not page.exception
    assert "price" in page.error[0].value
    assert price_rules.all_rules(sqlite_store) == []


def test_a_price_rule_is_added_seen_and_taken_away(open_page: PageFactory, sqlite_store: Store) -> None:
    account = make_account(sqlite_store)
    page = _prices(open_page)
    page.text_input(key="price-amount").set_value("70,50")
    page.text_input(key="price-sender").set_value("Korzinka")
    page.selectbox(key="price-category").select("advertising")
    page.selectbox(key="price-range").select("Ucell")
    page.selectbox(key="price-account").select(account)
    page.button(key="price-go").click().run()
    assert not page.error
    rule = price_rules.all_rules(sqlite_store)[0]
    assert (rule.price, rule.sender, rule.category, rule.number_range, rule.account_id) == (
        7050, "Korzinka", "advertising", "Ucell", account
    )  # fmt: skip
    assert all(word in _said(page) for word in ("70.50\u00a0so'm", "Korzinka", "Ucell", "Advertising", "sandbox"))
    page.button(key=f"price-remove-{rule.id}").click().run()
    assert price_rules.all_rules(sqlite_store) == []
