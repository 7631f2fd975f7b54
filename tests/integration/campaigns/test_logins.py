"""GETSMS_LOGIN changes: drafts move, what has started stays with its login, and its rest can be copied."""

from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic import command
from sqlmodel import col

from getsms_core.accounts import gateway_account, policy
from getsms_core.accounts.policy import Policy
from getsms_core.base.errors import DomainError
from getsms_core.base.states import CampaignState
from getsms_core.campaigns import copying, logins
from getsms_core.campaigns import service as campaigns
from getsms_core.contacts import lists
from getsms_core.db import schema
from getsms_core.db.engine import Store
from getsms_core.db.models import Account, Campaign, Chunk
from getsms_core.delivery import Resolution, resolve
from tests.engine_support import (
    AZIZA,
    LOST,
    Engine,
    accept,
    campaign_of,
    counts,
    figures,
    phones,
    real,
    running,
    settings_for,
)

OLD, NEW = real("old"), real("new")
MOVED = settings_for(login="old", password=OLD.password, url="http://127.0.0.1:9/smsgateway/")


def refused(code: str, do: object) -> str:
    with pytest.raises(DomainError) as refusal:
        do()  # type: ignore[operator]
    assert refusal.value.code == code
    return refusal.value.message


def account_of(store: Store, campaign_id: int) -> Account:
    with store.reading() as session:
        row = session.get(Account, campaign_of(store, campaign_id).account_id)
        assert row is not None
        return row


def test_another_address_keeps_the_account_its_campaigns_and_its_rules(store: Store) -> None:
    campaign_id = running(store, 2, settings=OLD)
    account_id = gateway_account.account_id(store, OLD)
    assert gateway_account.account_id(store, MOVED) == account_id
    assert account_of(store, campaign_id).url == MOVED.url
    campaigns.pause(store, AZIZA, campaign_id)
    campaigns.resume(store, AZIZA, campaign_id, settings=MOVED)
    with store.reading() as session:
        assert logins.campaigns_of_other_logins(session, MOVED) == []


@pytest.mark.parametrize("before", [OLD, settings_for()])
def test_a_draft_moves_to_the_new_login_with_its_price_and_needs_a_new_approval(store: Store, before: object) -> None:
    campaign_id = running(store, 3, settings=before, state=CampaignState.DRAFT)  # type: ignore[arg-type]
    with store.writing() as session:
        session.execute(sa.update(Campaign).values(approved_at=1, approved_by="Dildora"))
    dear = NEW.model_copy(update={"price": NEW.price * 2})
    campaigns.start(store, AZIZA, campaign_id, settings=dear)
    campaign = campaign_of(store, campaign_id)
    assert (campaign.state, campaign.prepared, campaign.approved_at) == (CampaignState.RUNNING, "", None)
    assert account_of(store, campaign_id).login == "new"
    campaigns.prepare(store, campaign_id)
    campaign = campaign_of(store, campaign_id)
    assert campaign.cost == 3 * int(dear.price * 100)
    with store.reading() as session:
        assert set(session.scalars(sa.select(col(Chunk.account_id)))) == {campaign.account_id}


def test_a_worker_moves_all_drafts_as_it_starts(store: Store) -> None:
    draft, started = running(store, 1, settings=OLD, state=CampaignState.DRAFT), running(store, 1, settings=OLD)
    with store.writing() as session:
        account_id = logins.move_drafts(session, NEW)
        assert [other.campaign_id for other in logins.campaigns_of_other_logins(session, NEW)] == [started]
    assert campaign_of(store, draft).account_id == account_id
    assert account_of(store, started).login == "old"


@pytest.mark.parametrize("state", [CampaignState.RUNNING, CampaignState.PAUSED, CampaignState.SCHEDULED])
def test_start_and_resume_of_another_logins_campaign_are_refused_by_name(store: Store, state: CampaignState) -> None:
    campaign_id = running(store, 1, settings=OLD, state=state)
    for settings in (NEW, settings_for()):
        for move in (campaigns.start, campaigns.resume):
            message = refused("other-login", lambda move=move, s=settings: move(store, AZIZA, campaign_id, settings=s))
            assert "login old" in message
    assert campaign_of(store, campaign_id).state is state


def test_again_is_refused_for_another_logins_campaign(store: Store) -> None:
    campaign_id = running(store, 2, settings=OLD)
    Engine(store).send(LOST)
    refused("other-login", lambda: resolve(store, AZIZA, campaign_id, Resolution.AGAIN, settings=NEW))
    assert counts(store, campaign_id) == {"uncertain": 2}


def test_the_rest_is_copied_without_what_was_sent_is_uncertain_or_on_its_way(store: Store) -> None:
    campaign_id = running(store, 8, settings=OLD, chunk_size=2)
    engine = Engine(store)
    first, second, _third = engine.claim(3)
    engine.record((first, accept(first)), (second, LOST))
    draft_id = copying.copy(store, AZIZA, NEW, campaign_id, "The rest", rest=True)
    draft = campaign_of(store, draft_id)
    assert (draft.name, draft.state, account_of(store, draft_id).login) == ("The rest", CampaignState.DRAFT, "new")
    assert sorted(lists.accepted(store, draft.list_id or 0)["phone"].to_pylist()) == sorted(phones(8)[6:])
    assert counts(store, campaign_id) == {"accepted": 2, "uncertain": 2, "sending": 2, "cancelled": 2}
    assert campaign_of(store, campaign_id).state is CampaignState.CANCELLED, "no message is in both campaigns"


def test_the_rest_of_a_campaign_that_goes_on_by_itself_is_not_copied(store: Store) -> None:
    campaign_id = running(store, 4, settings=OLD)
    refused("still-sending", lambda: copying.copy(store, AZIZA, OLD, campaign_id, "The rest", rest=True))
    campaigns.cancel(store, AZIZA, campaign_id)
    draft_id = copying.copy(store, AZIZA, OLD, campaign_id, "The rest", rest=True)
    assert lists.accepted(store, campaign_of(store, draft_id).list_id or 0).num_rows == 4


def test_where_nothing_is_left_nothing_is_copied_and_nothing_cancelled(store: Store) -> None:
    campaign_id = running(store, 2, settings=OLD)
    Engine(store).claim()
    refused("nothing-left", lambda: copying.copy(store, AZIZA, NEW, campaign_id, "The rest", rest=True))
    assert campaign_of(store, campaign_id).state is CampaignState.RUNNING


def test_the_upgrade_merges_the_accounts_of_one_login_and_keeps_every_figure(store: Store, tmp_path: Path) -> None:
    first, second, other = (running(store, 2, settings=settings) for settings in (OLD, NEW, settings_for()))
    Engine(store).send(want=64)
    policy.save(store, AZIZA, gateway_account.account_id(store, OLD), Policy(spend_day=100), OLD.zone)
    before = [figures(store, campaign_id) for campaign_id in (first, second, other)]
    # Read before the downgrade, which locks the campaign table on PostgreSQL.
    old_ids = [campaign_of(store, campaign_id).account_id for campaign_id in (first, second)]
    config = schema.alembic_config()
    with store.engine.execution_options(getsms_write=True).begin() as connection:
        config.attributes["connection"] = connection
        command.downgrade(config, "0007")
        for old_id, url in zip(old_ids, ("http://a/", "http://b/"), strict=True):
            statement = "UPDATE account SET name = :name, url = :url WHERE id = :id"
            connection.execute(sa.text(statement), {"name": f"old@{url}", "url": url, "id": old_id})
    schema.upgrade(store.engine)
    assert account_of(store, first).id == account_of(store, second).id == gateway_account.account_id(store, OLD)
    assert account_of(store, other).sandbox
    assert [figures(store, campaign_id) for campaign_id in (first, second, other)] == before
    with store.reading() as session:
        assert policy.get(session, campaign_of(store, first).account_id).spend_day == 100
        assert set(session.scalars(sa.select(col(Chunk.account_id)))) == {
            campaign_of(store, campaign_id).account_id for campaign_id in (first, other)
        }


def test_the_upgrade_takes_what_was_counted_as_sent_out_of_the_delivery_rate(store: Store) -> None:
    campaign_id = running(store, 3)
    engine = Engine(store)
    engine.send(LOST)
    engine.resolve(campaign_id, Resolution.SENT)
    config = schema.alembic_config()
    with store.engine.execution_options(getsms_write=True).begin() as connection:
        config.attributes["connection"] = connection
        command.downgrade(config, "0007")
        connection.execute(sa.text("UPDATE message SET state = 'expired', settled_at = 5"))
        connection.execute(sa.text("UPDATE tally SET state = 'expired' WHERE state = 'accepted'"))
    schema.upgrade(store.engine)
    counted = figures(store, campaign_id)
    assert (counted.accepted, counted.counted, counted.expired, counted.rate) == (3, 3, 0, None)
