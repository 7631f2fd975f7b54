"""Saved texts: versions and moderation, and that a campaign on one cannot start with other words."""

import unicodedata
from collections.abc import Callable

import pytest
import sqlalchemy as sa
from sqlmodel import col

from getsms_core.base.errors import DomainError
from getsms_core.base.permissions import Actor, Role
from getsms_core.base.states import CampaignState
from getsms_core.campaigns import audience, template_match, templates
from getsms_core.campaigns import service as campaigns
from getsms_core.campaigns.service import Draft
from getsms_core.campaigns.templates import Wording
from getsms_core.db.engine import Store
from getsms_core.db.models import Audit, Campaign, Template
from getsms_core.users import service as users
from tests.engine_support import checked_list, phones, settings_for

MARKETER, MANAGER = Actor("Malika", Role.MARKETER), Actor("Botir", Role.MANAGER)
TEXT = "Hurmatli {ism|mijoz}! Buyurtmangiz yo'lda."


def _refused(act: Callable[[], object]) -> str:
    with pytest.raises(DomainError) as refusal:
        act()
    return refusal.value.code


def _approved(store: Store, text: str = TEXT, **wording: str) -> int:
    template_id = templates.create(store, MARKETER, Wording("Buyurtma", text, **wording))
    templates.submit(store, MARKETER, template_id)
    templates.approve(store, MANAGER, template_id)
    return template_id


def _campaign(
    store: Store, template_id: int | None, text: str = TEXT, ism: str = "Aziza", category: str = "service"
) -> int:
    listed = checked_list(store, phones(3), ism=[ism, "", "Bobur"])
    draft = Draft("Sale", text, listed, category=category, template_id=template_id)
    return campaigns.create(store, MARKETER, settings_for(), draft)


def _actions(store: Store) -> list[str]:
    with store.reading() as session:
        query = sa.select(col(Audit.action)).where(col(Audit.action).like("template.%")).order_by(col(Audit.id))
        return list(session.scalars(query))


# --------------------------------------------------------------------------------------------------------- what is kept


@pytest.mark.parametrize(
    ("wording", "code"),
    [
        (Wording("", TEXT), "template-name"),
        (Wording("x" * 81, TEXT), "template-name"),
        (Wording("a\x00b", TEXT), "template-name"),
        (Wording("Buyurtma", "  \n"), "empty-text"),
        (Wording("Buyurtma", "Salom {"), "brace-not-closed"),
        (Wording("Buyurtma", TEXT, category="spam"), "template-kind"),
        (Wording("Buyurtma", TEXT, language="xx"), "template-kind"),
    ],
)
def test_what_cannot_be_a_template_is_refused(store: Store, wording: Wording, code: str) -> None:
    assert _refused(lambda: templates.create(store, MARKETER, wording)) == code
    assert templates.latest(store) == []


def test_a_name_is_taken_once(store: Store) -> None:
    templates.create(store, MARKETER, Wording("Buyurtma", TEXT))
    assert _refused(lambda: templates.create(store, MARKETER, Wording(" Buyurtma ", "x"))) == "template-exists"


def test_only_a_draft_changes(store: Store) -> None:
    template_id = _approved(store)
    assert (
        _refused(lambda: templates.change(store, MARKETER, template_id, "boshqa", "service", "uz")) == "template-frozen"
    )
    assert _refused(lambda: templates.discard(store, MARKETER, template_id)) == "template-frozen"
    templates.change(store, MARKETER, template_id, TEXT, "service", "uz")  # nothing changes, so nothing is refused
    assert templates.get(store, template_id).text == TEXT
    second = templates.new_version(store, MARKETER, template_id)
    assert templates.new_version(store, MARKETER, template_id) == second
    templates.change(store, MARKETER, second, "boshqa", "advertising", "ru")
    template = templates.get(store, second)
    assert (template.version, template.text, template.category, template.language) == (2, "boshqa", "advertising", "ru")
    assert [template.id for template in templates.latest(store)] == [second]
    assert [template.version for template in templates.versions(store, "Buyurtma")] == [2, 1]
    assert [template.id for template in templates.approved(store)] == [template_id]
    templates.discard(store, MARKETER, second)
    assert [template.id for template in templates.latest(store)] == [template_id]


def test_the_newest_approved_version_is_offered(store: Store) -> None:
    first = _approved(store)
    second = templates.new_version(store, MARKETER, first)
    templates.submit(store, MARKETER, second)
    templates.approve(store, MANAGER, second)
    assert [template.id for template in templates.approved(store)] == [second]


@pytest.mark.parametrize("role", [Role.MARKETER, Role.ANALYST])
def test_who_may_not_approve_cannot(store: Store, role: Role) -> None:
    template_id = templates.create(store, MARKETER, Wording("Buyurtma", TEXT))
    templates.submit(store, MARKETER, template_id)
    somebody = Actor("Somebody", role)
    assert _refused(lambda: templates.approve(store, somebody, template_id)) == "not-allowed"
    assert _refused(lambda: templates.refuse(store, somebody, template_id, "no")) == "not-allowed"
    assert templates.get(store, template_id).state == "submitted"


def test_a_manager_judges_and_writes_nothing(store: Store) -> None:
    assert _refused(lambda: templates.create(store, MANAGER, Wording("Buyurtma", TEXT))) == "not-allowed"


def test_a_draft_is_submitted_before_it_is_judged(store: Store) -> None:
    template_id = templates.create(store, MARKETER, Wording("Buyurtma", TEXT))
    assert _refused(lambda: templates.approve(store, MANAGER, template_id)) == "template-state"
    templates.submit(store, MARKETER, template_id)
    assert _refused(lambda: templates.refuse(store, MANAGER, template_id, "  ")) == "reason-missing"
    templates.refuse(store, MANAGER, template_id, "Narx yo'q")
    assert _refused(lambda: templates.approve(store, MANAGER, template_id)) == "template-state"
    assert _refused(lambda: templates.submit(store, MARKETER, template_id)) == "template-state"
    template = templates.get(store, template_id)
    assert (template.state, template.reason, template.decided_by) == ("refused", "Narx yo'q", "Botir")


def test_every_step_is_audited_once(store: Store) -> None:
    template_id = _approved(store)
    templates.approve(store, MANAGER, template_id)
    assert _actions(store) == ["template.create", "template.submitted", "template.approved"]


def test_a_template_that_is_not_there_is_named(store: Store) -> None:
    assert _refused(lambda: templates.get(store, 77)) == "no-such-template"


# ----------------------------------------------------------------------------------------------- what may be sent of it


def _state(store: Store, campaign_id: int) -> CampaignState:
    return campaigns.get(store, campaign_id).state


def test_a_message_that_is_not_the_approved_text_stops_the_start(store: Store) -> None:
    campaign_id = _campaign(store, _approved(store), TEXT + " Yana 50% chegirma!")
    with pytest.raises(DomainError, match=r"3 messages .* Buyurtma, version 1; .* of row 2") as refusal:
        campaigns.start(store, MARKETER, campaign_id)
    assert refusal.value.code == "template-mismatch"
    assert _state(store, campaign_id) == CampaignState.DRAFT


def test_a_value_that_is_a_message_of_its_own_is_found(store: Store) -> None:
    campaign_id = _campaign(store, _approved(store), ism="Yutdingiz! " * 12)
    with pytest.raises(DomainError, match="1 message differs"):
        campaigns.start(store, MARKETER, campaign_id)


def test_the_approved_text_starts(store: Store) -> None:
    campaign_id = _campaign(store, _approved(store))
    campaigns.start(store, MARKETER, campaign_id)
    assert _state(store, campaign_id) == CampaignState.RUNNING
    campaigns.start(store, MARKETER, campaign_id)


def test_a_field_may_be_filled_in_or_have_another_name(store: Store) -> None:
    campaign_id = _campaign(
        store, _approved(store, "Hurmatli {nomi}! Kutamiz: {kun}"), "Hurmatli {ism}! Kutamiz: 1-mart"
    )
    campaigns.start(store, MARKETER, campaign_id)
    assert _state(store, campaign_id) == CampaignState.RUNNING


@pytest.mark.parametrize("step", ["draft", "submitted", "refused"])
def test_a_template_that_is_not_approved_cannot_be_sent(store: Store, step: str) -> None:
    saved = templates.create(store, MARKETER, Wording("Buyurtma", TEXT))
    if step != "draft":
        templates.submit(store, MARKETER, saved)
    if step == "refused":
        templates.refuse(store, MANAGER, saved, "no")
    campaign_id = _campaign(store, saved)
    assert _refused(lambda: campaigns.start(store, MARKETER, campaign_id)) == "template-not-approved"
    if step == "draft":
        assert _refused(lambda: templates.discard(store, MARKETER, saved)) == "template-used"


def test_a_template_is_approved_for_its_kind_alone(store: Store) -> None:
    campaign_id = _campaign(store, _approved(store), category="advertising")
    assert _refused(lambda: campaigns.start(store, MARKETER, campaign_id)) == "template-category"


def test_a_campaign_without_a_template_sends_what_it_likes(store: Store) -> None:
    campaign_id = _campaign(store, None, "Boshqa matn")
    campaigns.start(store, MARKETER, campaign_id)
    assert _state(store, campaign_id) == CampaignState.RUNNING


def test_a_text_that_changes_while_it_is_checked_does_not_start(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    campaign_id = _campaign(store, _approved(store))
    read = audience.recipients

    def meanwhile(store: Store, checked: Campaign) -> object:
        campaign = campaigns.get(store, campaign_id)
        draft = Draft("Sale", "Boshqa", campaign.list_id, template_id=campaign.template_id)
        campaigns.change(store, MARKETER, campaign_id, draft)
        return read(store, checked)

    monkeypatch.setattr(audience, "recipients", meanwhile)
    assert _refused(lambda: campaigns.start(store, MARKETER, campaign_id)) == "changed-meanwhile"
    assert _state(store, campaign_id) == CampaignState.DRAFT


def test_a_template_that_an_earlier_release_stored_decomposed_is_matched(store: Store) -> None:
    template_id = _approved(store, "Ҳурматли {ism}, буюртмангиз тайёр")
    with store.writing() as session:
        saved = session.get(Template, template_id)
        assert saved is not None
        saved.text = unicodedata.normalize("NFD", saved.text)
    saved = templates.get(store, template_id)
    listed = checked_list(store, phones(1), ism=["Али"])
    draft = Draft("Sale", saved.text, listed, template_id=template_id)
    campaign_id = campaigns.create(store, MARKETER, settings_for(), draft)
    assert campaigns.get(store, campaign_id).text == unicodedata.normalize("NFC", saved.text)
    campaigns.start(store, MARKETER, campaign_id)
    assert _state(store, campaign_id) == CampaignState.RUNNING


def test_it_says_the_same_of_many_blocks(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(template_match, "_BLOCK", 2)
    names = ["a", "x" * 101, "b", "c", "y" * 102]
    listed = checked_list(store, phones(5), ism=names)
    saved = templates.get(store, _approved(store, "{ism}"))
    campaign = Campaign(name="", text="{ism}", list_id=listed, account_id=1, created_at=0, created_by="")
    mismatches = template_match.mismatches(store, campaign, saved.text)
    assert mismatches.count == 2
    assert [at for at, _text in mismatches.first] == [1, 4]


# --------------------------------------------------------------------------------------------- who approves a template


def test_nobody_approves_a_template_of_their_own_where_another_could(store: Store) -> None:
    aziza = users.create_first_administrator(store, "Aziza", "a good password")
    botir = users.create(store, aziza.actor, MANAGER.name, "a good password", Role.MANAGER)
    template_id = templates.create(store, aziza.actor, Wording("Buyurtma", TEXT))
    templates.submit(store, aziza.actor, template_id)
    command = Actor("aziza (getsms)", Role.ADMINISTRATOR)
    for author in (aziza.actor, command):
        assert not templates.may_approve(store, author, template_id)
        assert _refused(lambda author=author: templates.approve(store, author, template_id)) == "own-template"  # type: ignore[misc]
    assert templates.get(store, template_id).state == "submitted"
    users.disable(store, aziza.actor, botir.id)  # now nobody else could
    templates.approve(store, aziza.actor, template_id)
    assert templates.get(store, template_id).state == "approved"


def test_one_who_changed_a_template_is_an_author_of_it(store: Store) -> None:
    aziza = users.create_first_administrator(store, "Aziza", "a good password")
    users.create(store, aziza.actor, MANAGER.name, "a good password", Role.MANAGER)
    template_id = templates.create(store, MARKETER, Wording("Buyurtma", TEXT))
    templates.change(store, aziza.actor, template_id, TEXT + " Rahmat!", "service", "uz")
    templates.submit(store, MARKETER, template_id)
    assert _refused(lambda: templates.approve(store, aziza.actor, template_id)) == "own-template"
    templates.approve(store, MANAGER, template_id)


def test_who_wrote_a_deleted_draft_approves_the_next_template_with_its_id(sqlite_store: Store) -> None:
    store = sqlite_store
    users.create_first_administrator(store, "Aziza", "a long password")
    aziza = Actor("Aziza", Role.ADMINISTRATOR)
    users.create(store, aziza, "Botir", "a long password", Role.MANAGER)
    first = templates.create(store, MARKETER, Wording("A", TEXT))
    templates.change(store, aziza, first, "Salom", "service", "uz")
    assert not templates.may_approve(store, aziza, first)
    templates.discard(store, MARKETER, first)
    with store.writing() as session:
        session.execute(sa.text("DELETE FROM sqlite_sequence"))  # as once, when the id was given again
    second = templates.create(store, MARKETER, Wording("B", TEXT))
    assert second == first
    assert templates.may_approve(store, aziza, second)


def test_a_draft_that_another_user_changed_is_not_overwritten(store: Store) -> None:
    template_id = templates.create(store, MARKETER, Wording("Buyurtma", TEXT))
    seen = (TEXT, "service", "uz")
    templates.change(store, Actor("Aziza", Role.ADMINISTRATOR), template_id, "Hers", "service", "uz", seen=seen)
    with pytest.raises(DomainError, match="Aziza has changed") as refusal:
        templates.change(store, MARKETER, template_id, "Mine", "service", "uz", seen=seen)
    assert refusal.value.code == "changed-meanwhile"
    assert templates.get(store, template_id).text == "Hers"
    templates.change(store, MARKETER, template_id, "Mine", "service", "uz", seen=("Hers", "service", "uz"))
    assert templates.get(store, template_id).text == "Mine"
