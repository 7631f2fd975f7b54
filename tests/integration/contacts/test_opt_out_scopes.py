"""Who opted out of advertising gets service messages and no advertising; on both databases."""

from pathlib import Path

import pytest

from getsms_core.base.errors import DomainError
from getsms_core.base.kinds import OptOutScope
from getsms_core.base.states import CampaignState, MessageState
from getsms_core.campaigns import excluded, test_send
from getsms_core.campaigns import service as campaigns
from getsms_core.campaigns.service import Draft
from getsms_core.contacts import suppression
from getsms_core.db.engine import Store
from getsms_core.reports import listings
from tests.engine_support import (
    AZIZA,
    Engine,
    assert_rollups,
    audited,
    campaign_of,
    checked_list,
    messages_of,
    phones,
    running,
    settings_for,
)

ALL, ADVERTISING = OptOutScope.ALL, OptOutScope.ADVERTISING


def opt_out(store: Store, scope: OptOutScope, *numbers: int, reason: str = "asked") -> int:
    return suppression.add(store, AZIZA, numbers, "call", reason, scope)


def scopes(store: Store) -> dict[int, OptOutScope]:
    return {row.phone: row.scope for row in listings.opt_outs(store, AZIZA)}


def draft(store: Store, category: str, people: int = 4) -> int:
    new_draft = Draft("Sale", "Salom", checked_list(store, phones(people)), category=category)
    return campaigns.create(store, AZIZA, settings_for(), new_draft)


def test_everything_widens_an_opt_out_from_advertising(store: Store) -> None:
    opt_out(store, ADVERTISING, *phones(2), reason="no adverts")
    assert opt_out(store, ALL, phones(1)[0], reason="nothing at all") == 1
    assert scopes(store) == {phones(2)[0]: ALL, phones(2)[1]: ADVERTISING}
    assert [row.reason for row in listings.opt_outs(store, AZIZA)] == ["nothing at all", "no adverts"]


def test_advertising_never_narrows_an_opt_out(store: Store) -> None:
    opt_out(store, ALL, phones(1)[0], reason="nothing at all")
    assert opt_out(store, ADVERTISING, phones(1)[0]) == 0
    assert [(row.scope, row.reason) for row in listings.opt_outs(store, AZIZA)] == [(ALL, "nothing at all")]


def test_adding_again_changes_nothing_and_is_not_audited(store: Store) -> None:
    opt_out(store, ADVERTISING, *phones(2))
    assert opt_out(store, ADVERTISING, *phones(2), reason="again") == 0
    assert [note.detail["scope"] for note in audited(store, "optout.add")] == ["advertising"]


def test_a_list_accepts_who_opted_out_of_advertising_alone(store: Store) -> None:
    opt_out(store, ALL, phones(1)[0])
    opt_out(store, ADVERTISING, phones(2)[1])
    assert suppression.numbers(store).tolist() == phones(1)
    assert suppression.numbers(store, ADVERTISING).tolist() == phones(2)[1:]


@pytest.mark.parametrize(("category", "messages"), [("advertising", 2), ("service", 4)])
def test_messages_are_made_for_whom_the_kind_of_the_campaign_allows(store: Store, category: str, messages: int) -> None:
    campaign_id = draft(store, category)
    opt_out(store, ADVERTISING, phones(4)[0], phones(4)[2])
    campaigns.prepare(store, campaign_id)
    assert len(messages_of(store, campaign_id)) == messages
    assert excluded.campaign_counts(store, campaign_id)["advertising"] == 4 - messages
    rows = [(row.row, row.reason.value) for row in excluded.rows(store, campaign_of(store, campaign_id))]
    assert rows == ([(2, "advertising"), (4, "advertising")] if category == "advertising" else [])
    assert_rollups(store, campaign_id)


def test_a_draft_counts_them_before_its_messages_are_made(store: Store) -> None:
    campaign_id = draft(store, "advertising")
    opt_out(store, ADVERTISING, phones(4)[3])
    assert [row.reason.value for row in excluded.rows(store, campaign_of(store, campaign_id))] == ["advertising"]


def test_a_campaign_to_nobody_else_is_refused(store: Store) -> None:
    campaign_id = draft(store, "advertising", people=2)
    opt_out(store, ADVERTISING, *phones(2))
    with pytest.raises(DomainError) as refusal:
        campaigns.prepare(store, campaign_id)
    assert refusal.value.code == "all-excluded"


@pytest.mark.parametrize(("category", "sent"), [("advertising", [1, 2]), ("service", [0, 1, 2])])
def test_who_opts_out_of_advertising_after_the_start_is_left_out_at_the_claim(
    store: Store, category: str, sent: list[int]
) -> None:
    campaign_id = running(store, 3, category=category)
    opt_out(store, ADVERTISING, phones(3)[0])
    [claimed] = Engine(store).claim()
    assert [message.phone for message in claimed.messages] == [phones(3)[place] for place in sent]
    cancelled = [message for message in messages_of(store, campaign_id) if message.state == MessageState.CANCELLED]
    assert {message.reason for message in cancelled} == ({"opted-out"} if len(sent) == 2 else set())
    assert_rollups(store, campaign_id)


def test_a_service_campaign_whose_recipients_opted_out_of_everything_is_finished(store: Store) -> None:
    campaign_id = running(store, 2, category="service")
    opt_out(store, ADVERTISING, *phones(2))
    opt_out(store, ALL, *phones(2))
    assert Engine(store).claim() == []
    assert campaign_of(store, campaign_id).state is CampaignState.FINISHED


@pytest.mark.parametrize("category", ["advertising", "service"])
def test_a_test_sms_follows_the_kind_too(store: Store, category: str) -> None:
    campaign_id = draft(store, category)
    opt_out(store, ADVERTISING, phones(1)[0])
    if category == "advertising":
        with pytest.raises(DomainError, match="opted out"):
            test_send.send(store, AZIZA, settings_for(), campaign_id, phones(1), {})
    else:
        assert test_send.send(store, AZIZA, settings_for(), campaign_id, phones(1), {}) > campaign_id


def test_removing_ends_an_opt_out_of_either_kind(store: Store) -> None:
    opt_out(store, ADVERTISING, phones(1)[0])
    suppression.remove(store, AZIZA, phones(1)[0], "subscribed again")
    assert scopes(store) == {}


def test_a_file_of_them_names_the_scope_last(store: Store, tmp_path: Path) -> None:
    opt_out(store, ADVERTISING, phones(1)[0])
    rows = suppression.export_table(store, AZIZA)
    assert rows.column_names == ["phone", "source", "reason", "added", "by", "scope"]
    assert rows["scope"].to_pylist() == ["advertising"]
