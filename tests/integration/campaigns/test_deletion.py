"""Deleting a draft."""

from dataclasses import replace
from pathlib import Path

import pytest
import sqlalchemy as sa

from getsms_core.base.codes import NoticeEvent
from getsms_core.base.errors import DomainError
from getsms_core.base.permissions import Actor, Role
from getsms_core.campaigns import approval, build, deletion
from getsms_core.campaigns import service as campaigns
from getsms_core.campaigns.service import Draft
from getsms_core.contacts import lists
from getsms_core.contacts import operations as list_operations
from getsms_core.db.engine import Store
from getsms_core.notices import events, inbox
from getsms_core.users import service as users
from tests.conftest import SettingsFactory
from tests.engine_support import AZIZA, audited


def draft(store: Store, settings: SettingsFactory, folder: Path) -> int:
    (folder / "a.csv").write_text("Telefon\n998901234567\n")
    list_id = lists.add_file(store, AZIZA, folder / "a.csv", "Mijozlar", lists.Options())
    return campaigns.create(store, AZIZA, settings(), Draft(name="Bahor", text="Salom", list_id=list_id))


def refusal(store: Store, campaign_id: int, actor: Actor = AZIZA) -> str:
    with pytest.raises(DomainError) as caught:
        deletion.delete_draft(store, actor, campaign_id)
    return caught.value.code


def test_only_a_draft_can_be_deleted_and_only_by_those_who_make_them(
    store: Store, settings: SettingsFactory, tmp_path: Path
) -> None:
    campaign_id = draft(store, settings, tmp_path)
    assert refusal(store, campaign_id, Actor("Bek", Role.ANALYST)) == "not-allowed"
    assert refusal(store, 99) == "no-such-campaign"
    build.prepare(store, campaign_id)
    campaigns.start(store, AZIZA, campaign_id)
    assert refusal(store, campaign_id) == "wrong-state"


def test_a_draft_goes_with_its_messages_and_its_list_stays(
    store: Store, settings: SettingsFactory, tmp_path: Path
) -> None:
    campaign_id = draft(store, settings, tmp_path)
    build.prepare(store, campaign_id)
    list_id = lists.all_lists(store)[0].id or 0
    assert deletion.delete_draft(store, AZIZA, campaign_id) == "Bahor"
    assert refusal(store, campaign_id) == "no-such-campaign"
    assert audited(store, "campaign.delete")
    assert lists.accepted(store, list_id).num_rows == 1
    list_operations.delete(store, AZIZA, list_id)
    assert not lists.all_lists(store)


def test_nothing_of_a_deleted_draft_is_taken_for_part_of_the_next_with_its_id(
    sqlite_store: Store, settings: SettingsFactory, tmp_path: Path
) -> None:
    store, password = sqlite_store, "a long password"
    users.create_first_administrator(store, "Aziza", password)
    dildora = users.create(store, AZIZA, "Dildora", password, Role.ADMINISTRATOR)
    first = draft(store, settings, tmp_path)
    content = Draft.of(campaigns.get(store, first))
    campaigns.change(store, dildora.actor, first, replace(content, text="Xayr"))
    with store.writing() as session:
        events.of_campaign(session, NoticeEvent.PAUSED, first, "x", 1)
    assert inbox.unread(store, dildora.id) == 1
    deletion.delete_draft(store, AZIZA, first)
    assert inbox.unread(store, dildora.id) == 0
    with store.writing() as session:
        session.execute(sa.text("UPDATE audit SET actor = 'Bek' WHERE action NOT IN ('campaign.change')"))
        session.execute(sa.text("UPDATE recipient_list SET created_by = 'Bek'"))
        session.execute(sa.text("DELETE FROM sqlite_sequence"))  # as once, when the id was given again
    second = campaigns.create(store, Actor("Bek", Role.MARKETER), settings(), content)
    assert second == first
    assert "Dildora" in approval.who_may_approve(store, campaigns.get(store, second))
