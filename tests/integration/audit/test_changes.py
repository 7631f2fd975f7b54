"""What the audit log tells of a change: what it was before, and what it is now; never more than it must keep."""

from zoneinfo import ZoneInfo

from getsms_core.accounts import policy
from getsms_core.accounts.policy import Policy
from getsms_core.base.permissions import Role
from getsms_core.campaigns import drafts, templates
from getsms_core.campaigns.drafts import Draft
from getsms_core.campaigns.templates import Wording
from getsms_core.contacts import list_columns, operations, segments
from getsms_core.contacts.conditions import Columns, parse
from getsms_core.db.engine import Store
from getsms_core.notices import choices as notices
from getsms_core.scheduled import alerts
from getsms_core.users import service as users
from tests.engine_support import AZIZA, audited, checked_list, phones, running, settings_for

ZONE = ZoneInfo("Asia/Tashkent")
PASSWORD = "a good password"


def test_every_change_of_a_rule_a_list_a_text_and_a_user_tells_both_values(store: Store) -> None:
    running(store)
    policy.save(store, AZIZA, 1, Policy(spend_day=100_00), ZONE)
    policy.save(store, AZIZA, 1, Policy(spend_day=200_00, approve_messages=5), ZONE)
    changed = audited(store, "policy.save")[-1].detail
    assert (changed["before"]["spend_day"], changed["spend_day"]) == (100_00, 200_00)
    assert "cap_messages" not in changed["before"], "what did not change is not repeated"

    mail = settings_for(smtp_host="mail.example.uz", smtp_from="a@example.uz")
    alerts.watch(store, AZIZA, mail, ["one@example.uz"])
    alerts.watch(store, AZIZA, mail, [])
    assert [(note.detail["before"], note.detail["mail"]) for note in audited(store, "alerts.save")] == [
        ([], ["one@example.uz"]),
        (["one@example.uz"], []),
    ]

    list_id = checked_list(store, phones(2), city=["Xiva", "Buxoro"])
    operations.tag(store, AZIZA, list_id, ["vip"])
    operations.tag(store, AZIZA, list_id, ["vip", "xorazm"])
    assert audited(store, "list.tag")[-1].detail == {"before": ["vip"], "tags": ["vip", "xorazm"]}
    operations.rename(store, AZIZA, list_id, "Xorazm")
    assert audited(store, "list.rename")[-1].detail == {"before": "Customers", "name": "Xorazm"}

    list_columns.describe(store, AZIZA, list_id, personal=["city"])
    list_columns.describe(store, AZIZA, list_id, personal=[], key="city")
    assert [note.detail for note in audited(store, "list.columns")] == [
        {"before": {"personal": []}, "after": {"personal": ["city"]}},
        {"before": {"key": "", "personal": ["city"]}, "after": {"key": "city", "personal": []}},
    ]

    for condition in ("city = Xiva", "city = Buxoro"):
        segments.save(store, AZIZA, "Shahar", parse(condition, Columns(["city"])))
    detail = audited(store, "segment.change")[-1].detail
    assert "Xiva" in detail["before"]["condition"]
    assert "Buxoro" in detail["after"]["condition"]

    template_id = templates.create(store, AZIZA, Wording("Bayram", "Salom", "service", "uz"))
    templates.change(store, AZIZA, template_id, "Xayr", "service", "uz")
    assert audited(store, "template.change")[-1].detail == {"before": {"text": "Salom"}, "after": {"text": "Xayr"}}

    user = users.create(store, AZIZA, "Malika", PASSWORD, Role.ANALYST)
    notices.save(store, AZIZA, settings_for(), user.id, notices.Choices(frozenset(), own_only=True))
    assert audited(store, "notices.save")[-1].detail == {
        "before": {"app": ["delivery-worse", "finished"], "own_only": False},
        "after": {"app": [], "own_only": True},
    }
    users.change_role(store, AZIZA, user.id, Role.MARKETER)
    assert audited(store, "person.role")[-1].detail == {"before": "analyst", "after": "marketer"}


def test_a_changed_draft_names_its_texts_and_tells_everything_else(store: Store) -> None:
    draft = Draft("Bahor", "Salom {ism}", sender="Korzinka")
    campaign_id = drafts.create(store, AZIZA, settings_for(), draft)
    for text in ("Salom", "Salom, {ism}", "Xayr {ism}"):
        drafts.change(store, AZIZA, campaign_id, Draft("Bahor", text, sender="Korzinka"))
    drafts.change(store, AZIZA, campaign_id, Draft("Bahor", "Xayr {ism}", sender="KORZINKA", category="advertising"))
    first, second = audited(store, "campaign.change")  # a text is saved while it is typed: one entry for ten minutes
    assert first.detail == {"before": {}, "after": {}, "texts": ["text"]}
    assert second.detail == {
        "before": {"sender": "Korzinka", "category": "service"},
        "after": {"sender": "KORZINKA", "category": "advertising"},
        "texts": [],
    }
