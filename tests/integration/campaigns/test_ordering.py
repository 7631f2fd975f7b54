"""Tags, the archive and the deletion of several drafts, in the core and in the command; the table of all campaigns."""

import pytest
import sqlalchemy as sa
from sqlmodel import col

from getsms_core import reports
from getsms_core.base.errors import DomainError
from getsms_core.base.permissions import Actor, Role
from getsms_core.base.states import CampaignState
from getsms_core.campaigns import ordering
from getsms_core.db.engine import Store
from getsms_core.db.models import Campaign, CampaignTag
from getsms_core.reports import CampaignFilter, Order
from tests.engine_support import AZIZA, audited
from tests.factories import make_campaign, make_messages
from tests.integration.cli.cli_support import document, refused, run


def ids(store: Store, order: Order = Order.NEWEST, *, ascending: bool = False, **wanted: object) -> list[int]:
    rows = reports.campaign_rows(store, CampaignFilter(**wanted), order, ascending=ascending)  # type: ignore[arg-type]
    return [row.id for row in rows]


def test_tags_are_changed_on_all_campaigns_or_on_none(store: Store) -> None:
    first, second = make_campaign(store), make_campaign(store)
    assert ordering.tag(store, AZIZA, [first, second, first], [" VIP  mijoz "]) == {
        first: ["VIP mijoz"], second: ["VIP mijoz"],
    }  # fmt: skip
    assert ordering.tag(store, AZIZA, [first], ["vip MIJOZ", "Bahor"]) == {first: ["Bahor", "VIP mijoz"]}
    assert ordering.all_tags(store) == ["Bahor", "VIP mijoz"]
    for campaigns, tags, code in (
        ([first, 999], ["Kuz"], "no-such-campaign"), ([first], ["  "], "bad-tag"),
        ([first], [f"t{n}" for n in range(19)], "too-many-tags"),
    ):  # fmt: skip
        with pytest.raises(DomainError) as refusal:
            ordering.tag(store, AZIZA, campaigns, tags)
        assert refusal.value.code == code
    assert ordering.tag(store, AZIZA, [first, second], remove=["vip mijoz"]) == {first: ["Bahor"], second: []}
    with pytest.raises(DomainError):
        ordering.tag(store, Actor("Ann", Role.ANALYST), [first], ["x"])
    assert len(audited(store, "campaign.tag")) == 5


def test_the_archive_takes_what_has_ended_and_gives_it_back(store: Store) -> None:
    draft, ended = make_campaign(store, state="draft"), make_campaign(store, state="finished")
    going = make_campaign(store, state="running")
    with pytest.raises(DomainError) as refusal:
        ordering.archive(store, AZIZA, [ended, going])
    assert refusal.value.code == "wrong-state"
    assert ids(store) == [going, ended, draft]
    ordering.archive(store, AZIZA, [draft, ended, ended])
    assert (ids(store), ids(store, archived=True)) == ([going], [ended, draft])
    ordering.archive(store, AZIZA, [ended, going], archived=False)
    assert ids(store) == [going, ended]


def test_the_table_is_filtered_and_sorted_as_a_count_by_hand(store: Store) -> None:
    rates = {}
    for n, (name, state) in enumerate(
        [("бахор", "finished"), ("Kuz", "running"), ("Яз", "finished"), ("ayoz", "draft")]
    ):
        campaign_id = make_campaign(store, name, state, is_test=n == 1)
        if n < 3:
            make_messages(store, campaign_id, {"delivered": 3 + n, "undelivered": 4 - n, "queued": n, "uncertain": 1})
            rates[campaign_id] = (3 + n) / 7
    first, second, third, fourth = (n + 1 for n in range(4))
    assert ids(store) == [fourth, third, first]
    assert ids(store, tests=True) == [fourth, third, second, first]
    assert ids(store, Order.RATE, tests=True) == [third, second, first, fourth]  # without a rate last, either way
    assert ids(store, Order.RATE, tests=True, ascending=True) == [first, second, third, fourth]
    assert ids(store, Order.NAME, ascending=True, tests=True) == [fourth, second, first, third]
    assert ids(store, Order.MESSAGES, tests=True) == [third, second, first, fourth]
    assert ids(store, states=(CampaignState.FINISHED,)) == [third, first]
    assert ids(store, search="K", tests=True) == [second]
    row = next(row for row in reports.campaign_rows(store, CampaignFilter(tests=True)) if row.id == second)
    assert (row.rate, row.done, row.delivered, row.uncertain, row.messages) == (rates[second], 8, 4, 1, 9)


def test_the_command_orders_campaigns(store: Store, store_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GETSMS_DATABASE_URL", store_url)
    draft, other = make_campaign(store, "A", "draft"), make_campaign(store, "B", "draft")
    ended = make_campaign(store, state="finished")
    answer = document("campaigns", "tag", str(draft), str(ended), "--tag", "VIP", "--tag", "Kuz")
    assert answer == {
        "campaigns": [{"campaign": draft, "tags": ["Kuz", "VIP"]}, {"campaign": ended, "tags": ["Kuz", "VIP"]}]
    }
    assert document("campaigns", "tag", str(ended), "--remove", "kuz")["campaigns"][0]["tags"] == ["VIP"]
    assert document("campaigns", "archive", str(ended)) == {"campaigns": [ended], "archived": True}
    assert document("campaigns", "archive", str(ended), "--undo")["archived"] is False
    assert refused("campaigns", "delete", str(draft), str(ended)) == "wrong-state"
    assert document("campaigns", "delete", str(draft), str(other)) == {"deleted": [draft, other]}
    assert run("campaigns", "tag", str(ended)).exit_code == 2
    with store.reading() as session:
        assert session.scalars(sa.select(col(Campaign.id))).all() == [ended]
        assert session.scalars(sa.select(col(CampaignTag.campaign_id))).all() == [ended]
