"""What was typed for a campaign survives, each user's own; and nobody overwrites what they have not seen."""

from dataclasses import replace

import pytest
import sqlalchemy as sa
from sqlmodel import col

from getsms_core.base.errors import DomainError
from getsms_core.base.permissions import Actor, Role
from getsms_core.base.states import CampaignState
from getsms_core.campaigns import deletion, draft_input, drafts, number_erasure
from getsms_core.campaigns import service as campaigns
from getsms_core.campaigns.service import Draft
from getsms_core.db.engine import Store
from getsms_core.db.models import RememberedChoice
from tests.engine_support import AZIZA, checked_list, phones, running, settings_for

BEK = Actor("Bek", Role.MARKETER)
MALIKA = Actor("Malika", Role.MANAGER)
MALIKA_MARKETER = Actor("Malika", Role.MARKETER)


def draft(store: Store) -> int:
    return campaigns.create(store, BEK, settings_for(), Draft("Sale", "Salom", checked_list(store, phones(3))))


def rows(store: Store) -> set[str]:
    with store.reading() as session:
        return set(session.scalars(sa.select(col(RememberedChoice.name))))


def test_what_was_typed_is_each_users_own_and_one_campaigns(store: Store) -> None:
    campaign_id = draft(store)
    typed = {"text": {"text": "Salom {", "over": "Salom"}, "limit": "500 000", "ends": True}
    draft_input.keep(store, BEK, campaign_id, typed)
    draft_input.keep(store, BEK, campaign_id, {"ends": None, "limit": "1"})
    draft_input.keep(store, BEK, campaign_id * 10 + 1, {"limit": "2"})
    draft_input.keep(store, MALIKA, campaign_id, {"limit": "3"})
    draft_input.keep(store, BEK, campaign_id, {"text-b": "x" * 60_000})
    assert draft_input.kept(store, BEK, campaign_id) == {"text": typed["text"], "limit": "1"}
    assert draft_input.kept(store, MALIKA, campaign_id) == {"limit": "3"}


@pytest.mark.parametrize("end", ["start", "delete", "cancel"])
def test_it_is_forgotten_once_the_draft_is_none_any_more(store: Store, end: str) -> None:
    made = running(store, 3, state=CampaignState.DRAFT)
    other = draft(store)
    for campaign_id in (made, other):
        draft_input.keep(store, BEK, campaign_id, {"limit": "1"})
    drafts.change(store, BEK, made, replace(Draft.of(campaigns.get(store, made)), name="Sale 2"))
    assert len(rows(store)) == 3
    if end == "start":
        campaigns.start(store, BEK, made)
    elif end == "cancel":
        campaigns.cancel(store, BEK, made)
    else:
        deletion.delete_draft(store, BEK, made)
    assert rows(store) == {f"draft:{other}:limit"}


def test_the_number_of_a_test_goes_with_the_erasure_of_the_number(store: Store) -> None:
    campaign_id = draft(store)
    draft_input.keep(
        store, BEK, campaign_id, {draft_input.TEST_PHONE: "90 123-45-67; 91 765 43 21", "limit": "901234567"}
    )
    draft_input.keep(store, MALIKA, campaign_id, {draft_input.TEST_PHONE: "91 765 43 21"})
    number_erasure.erase(store, number_erasure.request(store, AZIZA, 998901234567))
    assert draft_input.kept(store, BEK, campaign_id) == {"limit": "901234567"}
    assert draft_input.kept(store, MALIKA, campaign_id) == {draft_input.TEST_PHONE: "91 765 43 21"}


def test_a_change_of_what_somebody_else_changed_is_refused_and_says_who(store: Store) -> None:
    campaign_id = draft(store)
    seen = Draft.of(campaigns.get(store, campaign_id))
    assert drafts.last_save(store, campaign_id) is None
    drafts.change(store, MALIKA_MARKETER, campaign_id, replace(seen, text="Malika"), seen={"text": "Salom"})
    save = drafts.last_save(store, campaign_id)
    assert save is not None
    assert save.name == "Malika"
    with pytest.raises(DomainError) as refusal:
        drafts.change(store, BEK, campaign_id, replace(seen, text="Bek"), seen={"text": "Salom"})
    assert refusal.value.code == "changed-meanwhile"
    params = refusal.value.reason.params
    assert (params["name"], params["at"]) == ("Malika", save.at)
    assert campaigns.get(store, campaign_id).text == "Malika"
    # Another field is no conflict, nor is the same value.
    now = Draft.of(campaigns.get(store, campaign_id))
    drafts.change(store, BEK, campaign_id, replace(now, sender="Shop"), seen={"sender": ""})
    drafts.change(store, BEK, campaign_id, replace(now, sender="Shop"), seen={"text": "Salom"})
    drafts.change(store, BEK, campaign_id, replace(now, sender="Shop", text="Bek"), seen={"text": "Malika"})
    assert campaigns.get(store, campaign_id).text == "Bek"
    assert drafts.last_save(store, campaign_id)[0] == "Bek"  # type: ignore[index]
