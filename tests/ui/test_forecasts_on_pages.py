"""What will happen is said on the pages, the buttons are named after it, and a scheduled campaign is moved."""

from datetime import datetime, timedelta

import pytest
from streamlit.testing.v1 import AppTest

from getsms_core.accounts import policy
from getsms_core.accounts.policy import Policy, QuietHours
from getsms_core.base.permissions import Actor, Role
from getsms_core.base.states import CampaignState
from getsms_core.campaigns import service as campaigns
from getsms_core.db.engine import Store
from getsms_core.delivery import workers_online
from getsms_core.scheduled import reports as saved_reports
from getsms_core.users import service as users
from tests.conftest import PageFactory
from tests.engine_support import AZIZA, LOST, Engine, running, settings_for
from tests.job_support import do_all
from tests.ui.test_campaigns import one

C = CampaignState
BEK = Actor("Bek", Role.MARKETER)
ZONE = settings_for().zone


@pytest.fixture(autouse=True)
def _with_a_worker(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workers_online, "present", lambda _store: [object()])


def words(page: AppTest) -> str:
    assert not page.exception
    kinds = (page.markdown, page.caption, page.error, page.warning, page.info, page.success)
    return "\n".join(str(item.value) for kind in kinds for item in kind)


def keys(page: AppTest) -> set[str]:
    return {str(button.key) for button in page.button}


def quiet_now() -> Policy:
    local = datetime.now(ZONE)
    window = QuietHours(tuple(range(7)), f"{local - timedelta(hours=1):%H:%M}", f"{local + timedelta(hours=2):%H:%M}")
    return Policy(quiet=(window,))


def send_step(open_page: PageFactory, campaign_id: int) -> AppTest:
    page = open_page("new_campaign.py")
    page.query_params.update({"campaign": str(campaign_id), "step": "send"})
    return page.run()


def test_the_button_of_the_send_step_is_named_after_what_it_does(open_page: PageFactory, sqlite_store: Store) -> None:
    campaign_id = running(sqlite_store, 3, state=C.DRAFT)
    page = send_step(open_page, campaign_id)
    assert "Sending starts at once." in words(page)
    assert page.button(key="send-ask").label == "Send 3 SMS for 285\u00a0so'm"
    page.button_group(key=f"send-when-{campaign_id}").set_value("later").run()
    assert "Sending starts at" in words(page)
    assert page.button(key="send-ask").label.startswith("Schedule for ")
    users.create(sqlite_store, AZIZA, "Malika", "a good password", Role.MANAGER)
    policy.save(sqlite_store, AZIZA, 1, Policy(quiet=quiet_now().quiet, approve_messages=0), ZONE)
    page.button_group(key=f"send-when-{campaign_id}").set_value("now").run()
    assert "Waits for approval by Malika." in words(page)
    assert page.button(key="send-ask").label == "Ask for approval"
    page.button(key="send-ask").click().run()
    assert page.button(key="send-really").label == "Ask for approval of 3 SMS for 285\u00a0so'm"
    page.button(key="send-really").click().run()
    assert campaigns.get(sqlite_store, campaign_id).state == C.AWAITING_APPROVAL


def test_an_approval_in_quiet_hours_says_that_sending_waits_for_their_end(
    open_page: PageFactory, sqlite_store: Store
) -> None:
    users.create(sqlite_store, AZIZA, "Malika", "a good password", Role.MANAGER)
    campaign_id = running(sqlite_store, 3, state=C.DRAFT)
    policy.save(sqlite_store, AZIZA, 1, Policy(quiet=quiet_now().quiet, approve_messages=0), ZONE)
    campaigns.start(sqlite_store, BEK, campaign_id)
    do_all(sqlite_store)
    page = one(open_page, campaign_id, role=Role.MANAGER)
    page.button(key="approve-ask").click().run()
    said = [line for line in words(page).split("\n") if "Requested by" in line or "It has 3 recipients" in line]
    assert len(said) == 2
    for line in said:
        assert "Once approved, it is sent at" in line
        assert "after quiet hours" in line


def test_a_resume_in_quiet_hours_says_when_sending_continues_and_is_not_offered_where_nothing_would_come_of_it(
    open_page: PageFactory, sqlite_store: Store
) -> None:
    campaign_id = running(sqlite_store, 3)
    campaigns.pause(sqlite_store, BEK, campaign_id)
    assert one(open_page, campaign_id).button(key="campaign-resume").label == "Resume"
    policy.save(sqlite_store, AZIZA, 1, quiet_now(), ZONE)
    page = one(open_page, campaign_id)
    assert "If you resume it: Sending continues at" in words(page)
    assert page.button(key="campaign-resume").label.startswith("Resume at ")
    page.button(key="campaign-resume").click().run()
    assert "Sending continues by itself at" in words(page)
    assert "campaign-resume" not in keys(page)
    assert "campaign-pause" in keys(page)


def test_a_scheduled_campaign_is_moved_on_its_page_but_not_into_the_past(
    open_page: PageFactory, sqlite_store: Store
) -> None:
    campaign_id = running(sqlite_store, 3, state=C.DRAFT)
    soon = datetime.now(ZONE).replace(microsecond=0) + timedelta(hours=5)
    campaigns.start(sqlite_store, BEK, campaign_id, int(soon.timestamp() * 1000))
    assert "campaign-move" not in keys(one(open_page, campaign_id, role=Role.ANALYST))
    page = one(open_page, campaign_id)
    page.button(key="campaign-move").click().run()
    past = datetime.now(ZONE).replace(hour=0, minute=0, second=0, microsecond=0, tzinfo=None)
    page.datetime_input(key=f"campaign-move-time-{campaign_id}").set_value(past).run()
    page.button(key="campaign-move-really").click().run()
    assert "already passed" in words(page)
    later = (datetime.now(ZONE) + timedelta(days=2)).replace(second=0, microsecond=0, tzinfo=None)
    page.datetime_input(key=f"campaign-move-time-{campaign_id}").set_value(later).run()
    page.button(key="campaign-move-really").click().run()
    assert campaigns.get(sqlite_store, campaign_id).scheduled_at == int(later.replace(tzinfo=ZONE).timestamp() * 1000)
    assert "It now starts at" in words(page)


def test_an_analyst_is_offered_nothing_that_only_others_may_do(open_page: PageFactory, sqlite_store: Store) -> None:
    running(sqlite_store, 3)
    engine = Engine(sqlite_store)
    engine.record(*((claimed, LOST) for claimed in engine.claim()))
    campaign_id = running(sqlite_store, 3)
    plan = saved_reports.Plan("Weekly", format="csv", every="week")
    saved_reports.save(sqlite_store, AZIZA, settings_for(), plan)
    offered = {}
    for role in (Role.ADMINISTRATOR, Role.ANALYST):
        page = open_page("overview.py", role).run()
        assert not page.exception
        offered[role] = {button.label for button in page.button}
        assert keys(one(open_page, campaign_id, role=role)) & {
            "campaign-pause",
            "campaign-cancel",
            "campaign-copy",
        } == (set() if role is Role.ANALYST else {"campaign-pause", "campaign-cancel", "campaign-copy"})
        reports_page = open_page("reports.py", role).run()
        assert ("saved-delete-1" in keys(reports_page)) == (role is Role.ADMINISTRATOR)
        assert "saved-run-1" in keys(reports_page)
    assert "Decide" in offered[Role.ADMINISTRATOR]
    assert not offered[Role.ANALYST] & {"Decide", "Fix it", "Check the connection", "New campaign"}
