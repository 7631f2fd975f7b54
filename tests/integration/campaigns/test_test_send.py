"""Test SMS to one's own phones: what is refused, whose data they carry, and that no count takes them for a campaign."""

from dataclasses import replace
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa
from sqlmodel import col

from getsms_core import reports
from getsms_core.base.errors import DomainError
from getsms_core.base.i18n import using_language
from getsms_core.base.permissions import Actor, Role
from getsms_core.campaigns import service as campaigns
from getsms_core.campaigns import test_send, texts
from getsms_core.contacts import list_columns, lists
from getsms_core.contacts.facts import ListFacts
from getsms_core.db.engine import Store
from getsms_core.db.models import Message
from getsms_core.messages import merge_fields
from getsms_core.messages.variants import Variant
from getsms_core.reports import listings
from getsms_core.reports.filters import Filter
from tests.engine_support import AZIZA, checked_list, phones, settings_for
from tests.factories import make_campaign, make_messages
from tests.integration.cli.cli_support import document, refused, run

OWN, OTHER = 998907654321, 998931112233
ZONE = ZoneInfo("Asia/Tashkent")


def _draft(store: Store, text: str = "Hurmatli {ism|mijoz}!", **draft: object) -> int:
    listed = checked_list(store, phones(3), ism=["Aziza", "", "Bobur"])
    wanted = campaigns.Draft("Aksiya", text, listed, "Korzinka", **draft)  # type: ignore[arg-type]
    return campaigns.create(store, AZIZA, settings_for(), wanted)


def _refused(text: str) -> str:
    with pytest.raises(DomainError) as refusal:
        test_send.parse_numbers(text)
    return refusal.value.code


@pytest.mark.parametrize(
    ("typed", "code"),
    [
        ("", "no-test-number"),
        (" , ;", "no-test-number"),
        ("salom", "bad-test-number"),
        ("90 765 43 21, 71 200 00 00", "bad-test-number"),
        (", ".join(f"90 765 43 2{n}" for n in range(6)), "too-many-test-numbers"),
    ],
)
def test_what_is_no_number_of_ones_own_is_refused(typed: str, code: str) -> None:
    assert _refused(typed) == code


def test_numbers_are_taken_however_they_are_written_and_each_once() -> None:
    typed = "90 765-43-21; +998 (93) 111 22 33\n998907654321"
    assert test_send.parse_numbers(typed) == [OWN, OTHER]


def test_an_opted_out_number_is_named_and_nothing_is_made(store: Store) -> None:
    campaign_id = _draft(store)
    lists.add_opt_outs(store, AZIZA, [OWN], "page", "asked")
    with pytest.raises(DomainError, match=r"\+998907654321: opted out") as refusal:
        test_send.send(store, AZIZA, settings_for(), campaign_id, [OTHER, OWN], {"ism": "Ali"})
    assert refusal.value.code == "test-opted-out"
    assert len(lists.all_lists(store)) == 1
    assert [campaign.id for campaign, _figures in listings.campaigns(store, tests=True)] == [campaign_id]


def test_more_numbers_than_a_test_has_are_refused_whoever_gives_them(store: Store) -> None:
    campaign_id = _draft(store)
    with pytest.raises(DomainError) as refusal:
        test_send.send(store, AZIZA, settings_for(), campaign_id, phones(6), {"ism": "Ali"})
    assert refusal.value.code == "too-many-test-numbers"
    assert len(lists.all_lists(store)) == 1


def test_a_test_that_cannot_start_leaves_no_campaign_and_no_list(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_arguments: object) -> None:
        raise DomainError("database-locked", "Another program holds the database.")

    campaign_id = _draft(store)
    monkeypatch.setattr(campaigns, "start", refuse)
    with pytest.raises(DomainError, match="Another program"):
        test_send.send(store, AZIZA, settings_for(), campaign_id, [OWN], {"ism": "Ali"})
    assert len(lists.all_lists(store)) == 1
    assert [campaign.id for campaign, _figures in listings.campaigns(store, tests=True)] == [campaign_id]


def test_a_test_does_not_become_a_campaign_that_no_rule_holds(store: Store) -> None:
    """Approval, quiet hours and the frequency cap leave tests out."""
    campaign_id = _draft(store)
    draft = campaigns.Draft.of(campaigns.get(store, campaign_id))
    test_id = campaigns.create(store, AZIZA, settings_for(), replace(draft, name="Test"), is_test=True)
    for other in (replace(draft, list_id=checked_list(store, phones(9))), replace(draft, text="Hammaga!")):
        with pytest.raises(DomainError) as refusal:
            campaigns.change(store, AZIZA, test_id, other)
        assert refusal.value.code == "test-campaign"
    assert campaigns.get(store, test_id).list_id == draft.list_id


def test_who_may_not_run_campaigns_sends_no_test(store: Store) -> None:
    campaign_id = _draft(store)
    with pytest.raises(DomainError) as refusal:
        test_send.send(store, Actor("Ali", Role.ANALYST), settings_for(), campaign_id, [OWN], {"ism": "Ali"})
    assert refusal.value.code == "not-allowed"


@pytest.mark.parametrize("name", ["Ali", "=1+1", "007", 'a "b", c', "Oʻktam"])
def test_it_carries_the_data_of_the_row_as_they_stand_from_the_campaigns_sender(store: Store, name: str) -> None:
    campaign_id = _draft(store)
    test = test_send.send(store, AZIZA, settings_for(), campaign_id, [OWN, OTHER], {"ism": name, "test phone": "1"})
    campaigns.prepare(store, test)
    with store.reading() as session:
        sent = session.execute(sa.select(col(Message.phone), col(Message.text)).order_by(col(Message.phone))).all()
    assert [tuple(message) for message in sent] == [(OWN, f"Hurmatli {name}!"), (OTHER, f"Hurmatli {name}!")]
    campaign = campaigns.get(store, test)
    assert (campaign.is_test, campaign.sender, campaign.state.value) == (True, "Korzinka", "running")
    assert campaigns.get(store, campaign_id).state.value == "draft"


def test_its_list_has_only_the_columns_that_its_text_merges(store: Store) -> None:
    page = "<table><tr><td>1</td></tr></table>"
    values = {"ism": "Ali", "Tavsif": page, "ISM 2": "GETSMS: x", "test phone": "1"}
    test = test_send.send(store, AZIZA, settings_for(), _draft(store), [OWN], values)
    campaigns.prepare(store, test)
    with store.reading() as session:
        assert session.scalar(sa.select(col(Message.text))) == "Hurmatli Ali!"
    listed = lists.get(store, campaigns.get(store, test).list_id or 0)
    assert ListFacts.from_stored(listed.facts).columns == ("test phone", "ism")


def test_it_mends_merged_values_where_the_campaign_does(store: Store) -> None:
    campaign_id = _draft(store, mend_values=True)
    test = test_send.send(store, AZIZA, settings_for(), campaign_id, [OWN], {"ism": "Oʻktam"})
    campaigns.prepare(store, test)
    with store.reading() as session:
        assert session.scalar(sa.select(col(Message.text))) == "Hurmatli O'ktam!"


def test_the_command_sends_a_test_with_the_data_of_a_row(
    store: Store, store_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GETSMS_DATABASE_URL", store_url)
    campaign_id = str(_draft(store))
    with using_language("en"):
        assert refused("test", campaign_id, "--to", "71 200 00 00") == "bad-test-number"
        assert refused("test", campaign_id, "--to", "90 765 43 21", "--row", "9") == "no-such-row"
        assert refused("test", "99", "--to", "90 765 43 21") == "no-such-campaign"
        sent = document("test", campaign_id, "--to", "90 765 43 21, 93 111 22 33", "--row", "4")
        assert (sent["of"], sent["numbers"], sent["row"]) == (int(campaign_id), 2, 4)
        assert document("show", str(sent["campaign"]))["test"] is True
        listed = {campaign["campaign"]: campaign["test"] for campaign in document("list")["campaigns"]}
        assert listed == {int(campaign_id): False, sent["campaign"]: True}
        assert "Test: Aksiya (Test)" in run("list").stdout
    campaigns.prepare(store, sent["campaign"])
    with store.reading() as session:
        assert set(session.scalars(sa.select(col(Message.text)))) == {"Hurmatli Bobur!"}


def test_a_test_of_two_texts_takes_the_one_that_the_row_gets(store: Store) -> None:
    campaign_id = _draft(store, variants=(Variant("Salom {ism|mijoz}!", 50),))
    campaign = campaigns.get(store, campaign_id)
    recipients = lists.accepted(store, int(campaign.list_id or 0))
    campaigns.prepare(store, campaign_id)
    with store.reading() as session:
        real = list(session.scalars(sa.select(col(Message.text)).order_by(col(Message.id))))
    sentences = []
    for at, row in enumerate(recipients["row"].to_pylist()):
        index, values = test_send.row_values(recipients, row)
        assert index == at
        sentences.append(merge_fields.parse(texts.text_for(campaign, recipients, at)).render(values))
    assert sentences == real
    assert {text.split()[0] for text in real} == {"Salom", "Hurmatli"}


def test_no_count_takes_a_test_for_a_campaign(store: Store) -> None:
    real, test = make_campaign(store, "Aksiya"), make_campaign(store, "Test: Aksiya", is_test=True)
    for campaign in (real, test):
        make_messages(store, campaign, {"delivered": 2})
    assert [campaign.id for campaign, _figures in listings.campaigns(store)] == [real]
    assert {campaign.id for campaign, _figures in listings.campaigns(store, tests=True)} == {real, test}
    assert reports.by_campaign(store, Filter(), ZONE)["campaign"].tolist() == [real]
    wide = reports.by_campaign(store, Filter(include_tests=True), ZONE)
    assert sorted(wide["campaign"].tolist()) == [real, test]


def test_what_is_personal_in_the_list_is_personal_in_the_test(store: Store) -> None:
    campaign_id = _draft(store)
    list_columns.describe(store, AZIZA, int(campaigns.get(store, campaign_id).list_id or 0), personal=["ism"])
    values = {"phone": "998901234567", "ism": "Aziza"}
    test_id = test_send.send(store, AZIZA, settings_for(), campaign_id, [OWN], values)
    assert lists.get(store, int(campaigns.get(store, test_id).list_id or 0)).personal_columns == ["ism"]
