"""A request that arrives twice, even at the same moment, makes one list and one draft, on both databases."""

import pytest
import sqlalchemy as sa

from getsms_core.base.codes import RequestKind
from getsms_core.base.errors import DomainError
from getsms_core.base.permissions import Actor, Role
from getsms_core.campaigns import copying
from getsms_core.campaigns import service as campaigns
from getsms_core.campaigns.service import Draft
from getsms_core.contacts import lists
from getsms_core.contacts.lists import Options
from getsms_core.db import repeated_requests
from getsms_core.db.engine import Store
from getsms_core.db.models import Campaign, ListFile, RecipientList
from tests.engine_support import AZIZA, audited, settings_for
from tests.waits import run_threads

BOBUR = Actor("bobur", Role.ADMINISTRATOR)
FILE = b"Telefon\n901234567\n"


def upload_and_draft(store: Store, key: str, actor: Actor = AZIZA) -> tuple[int, int]:
    """What the page does with an upload."""
    list_id = lists.upload(store, actor, "Mijozlar", "a.csv", [FILE], Options(), request_key=key)
    draft = Draft("Mijozlar", "", list_id)
    return list_id, campaigns.create(store, actor, settings_for(), draft, request_key=key)


def rows(store: Store, table: type[RecipientList] | type[Campaign] | type[ListFile]) -> int:
    with store.reading() as session:
        return session.scalar(sa.select(sa.func.count()).select_from(table)) or 0


def test_a_request_that_failed_made_nothing_and_can_come_again(store: Store) -> None:
    with pytest.raises(DomainError) as refused:
        campaigns.create(store, AZIZA, settings_for(), Draft("A", "", 77), request_key="k")
    assert refused.value.code == "no-such-list"
    assert repeated_requests.earlier_result(store, AZIZA, RequestKind.CAMPAIGN, "k") is None
    assert upload_and_draft(store, "k") == upload_and_draft(store, "k")
    assert (rows(store, RecipientList), rows(store, Campaign)) == (1, 1)


def test_sixteen_repeats_at_one_moment_make_one_list_and_one_draft(store: Store) -> None:
    results = run_threads(*[lambda: upload_and_draft(store, "upload:1")] * 16)
    assert len(set(results)) == 1
    assert (rows(store, RecipientList), rows(store, Campaign), rows(store, ListFile)) == (1, 1, 1)
    assert len(audited(store, "list.upload")) == len(audited(store, "campaign.create")) == 1


def test_a_list_of_several_parts_is_whole_after_its_repeat(store: Store) -> None:
    parts = [b"Telefon\n", b"901234567\n", b"901234568\n"]
    list_ids = [lists.upload(store, AZIZA, "A", "a.csv", parts, Options(), request_key="k") for _repeat in range(2)]
    lists.check_uploaded_list(store, list_ids[0])
    assert list_ids[0] == list_ids[1]
    assert lists.get(store, list_ids[0]).counts.accepted == 2


def test_other_uploads_other_users_and_requests_without_a_key_make_their_own(store: Store) -> None:
    results = {upload_and_draft(store, "a"), upload_and_draft(store, "b"), upload_and_draft(store, "a", BOBUR)}
    results |= {upload_and_draft(store, ""), upload_and_draft(store, "")}
    assert len(results) == rows(store, RecipientList) == rows(store, Campaign) == 5


def test_a_user_without_the_right_learns_nothing_of_an_earlier_request(store: Store) -> None:
    upload_and_draft(store, "k")
    reader = Actor(AZIZA.name, Role.ANALYST)
    with pytest.raises(DomainError) as refused:
        lists.upload(store, reader, "A", "a.csv", [FILE], Options(), request_key="k")
    assert refused.value.code == "not-allowed"
    with pytest.raises(DomainError) as refused:
        campaigns.create(store, reader, settings_for(), Draft("A", ""), request_key="k")
    assert refused.value.code == "not-allowed"


def test_a_campaign_that_is_copied_twice_by_one_double_click_has_one_copy(store: Store) -> None:
    _list_id, campaign_id = upload_and_draft(store, "")
    copy_ids = {copying.copy(store, AZIZA, settings_for(), campaign_id, request_key="k") for _click in range(2)}
    assert len(copy_ids) == 1
    assert copying.copy(store, AZIZA, settings_for(), campaign_id, request_key="later") not in copy_ids
