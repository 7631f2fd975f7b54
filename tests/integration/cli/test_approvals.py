"""`getsms approve`, `resume` and `start` where an approval no longer holds."""

from pathlib import Path

import pytest

from getsms_core.base.permissions import Role
from getsms_core.campaigns import service as campaigns
from getsms_core.db.engine import Store
from getsms_core.delivery.approval_terms import APPROVAL_VOID
from getsms_core.users import service as users
from tests.engine_support import AZIZA
from tests.integration.cli.cli_support import document, refused


@pytest.fixture
def campaign(store: Store, store_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A campaign of two messages at 95 so'm that waits for an approval; nobody may sign in yet."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("GETSMS_DATABASE_URL", store_url)
    monkeypatch.setenv("GETSMS_PRICE", "95")
    Path("list.csv").write_text("phone\n901234567\n911234567\n")
    document("rules", "set", "--approve-over", "0")
    campaign_id = str(document("create", "list.csv", "--name", "Sale", "--text", "Salom")["campaign"])
    assert document("start", campaign_id)["status"] == "awaiting approval"
    return campaign_id


def test_a_price_that_rose_voids_the_approval_and_the_command_says_why(store: Store, campaign: str) -> None:
    assert document("approve", campaign)["status"] == "running"
    document("pause", campaign)
    document("prices", "add", "9500", "--from", "2020-01-01")
    assert document("resume", campaign)["status"] == "awaiting approval"
    assert campaigns.get(store, int(campaign)).code == APPROVAL_VOID
    reason = "It was approved at 190 so'm, and would now cost 19,000 so'm. It must be approved again."
    assert document("show", campaign)["reason"] == reason
    assert refused("approve", campaign) == "not-counted"


def test_a_price_that_rose_while_it_waited_is_not_approved_unseen(store: Store, campaign: str) -> None:
    document("prices", "add", "9500", "--from", "2020-01-01")
    assert refused("approve", campaign) == "changed-meanwhile"
    campaigns.prepare(store, int(campaign))
    assert document("show", campaign)["price"] == 19000
    assert document("approve", campaign)["status"] == "running"


def test_the_command_approves_nothing_of_its_own_once_somebody_else_could(store: Store, campaign: str) -> None:
    users.create_first_administrator(store, AZIZA.name, "a long password")
    users.create(store, AZIZA, "Dildora", "a long password", Role.MANAGER)
    assert refused("approve", campaign) == "own-campaign"
