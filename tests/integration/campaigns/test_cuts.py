"""Columns that get roll-ups: chosen with the campaign, counted with its messages, never a personal one."""

from collections import Counter

import numpy as np
import pytest
import sqlalchemy as sa
from sqlmodel import col

from getsms_core.base.errors import DomainError
from getsms_core.campaigns import cuts
from getsms_core.campaigns import service as campaigns
from getsms_core.campaigns.service import Draft
from getsms_core.contacts import list_columns, lists, operations
from getsms_core.db import cut_codes, rollups
from getsms_core.db.engine import Store
from getsms_core.db.models import CutColumn, CutRollUp
from getsms_core.delivery.resolution import Resolution
from tests.engine_support import (
    AZIZA,
    LOST,
    Engine,
    accept,
    assert_rollups,
    checked_list,
    messages_of,
    phones,
    receipt,
    running,
    settings_for,
    statuses,
)

CITIES = ["Toshkent", " toshkent", "Samarqand", "", "Toshkent", "Oʻsh", "O'sh"]
PLANS = ["A", "B", "A", "B", "A", "B", "A"]


def draft(store: Store, list_id: int, *columns: str) -> int:
    return campaigns.create(store, AZIZA, settings_for(), Draft("Aksiya", "Salom", list_id, cuts=columns))


def by_value(store: Store, campaign_id: int) -> dict[str, dict[str, int]]:
    """Messages by column and value, from the roll-ups."""
    found: dict[str, dict[str, int]] = {}
    with store.reading() as session:
        columns = session.scalars(sa.select(CutColumn).where(col(CutColumn.campaign_id) == campaign_id)).all()
        for column in columns:
            every = sum((col(getattr(CutRollUp, state.value)) for state in rollups.CUT_STATES), sa.literal(0))
            sums = sa.select(col(CutRollUp.value), sa.func.sum(every)).where(
                col(CutRollUp.campaign_id) == campaign_id, col(CutRollUp.position) == column.position
            )
            names = dict(zip(column.ids, ["", *column.values], strict=True))
            counted = {names[value]: int(n) for value, n in session.execute(sums.group_by(col(CutRollUp.value))) if n}
            found[column.name] = counted
    return found


def test_the_values_of_chosen_columns_are_counted_when_messages_are_made(store: Store) -> None:
    campaign_id = draft(store, checked_list(store, phones(7), shahar=CITIES, tarif=PLANS), "shahar", "tarif")
    campaigns.prepare(store, campaign_id)
    assert by_value(store, campaign_id) == {"shahar": {"Toshkent": 3, "Oʻsh": 2, "Samarqand": 1, "": 1},
                                     "tarif": {"A": 4, "B": 3}}  # fmt: skip
    assert_rollups(store, campaign_id)
    with store.writing() as session:  # a restored backup counts everything again
        rollups.rebuild(session, campaign_id)
    assert_rollups(store, campaign_id)
    campaigns.change(
        store, AZIZA, campaign_id, Draft("Aksiya", "Salom", campaigns.get(store, campaign_id).list_id, cuts=("tarif",))
    )
    assert by_value(store, campaign_id) == {}
    campaigns.prepare(store, campaign_id)
    assert by_value(store, campaign_id) == {"tarif": {"A": 4, "B": 3}}


def counts(store: Store) -> dict[str, int]:
    """Messages by state over all values of the roll-ups, as far as there are any."""
    sums = [sa.func.sum(col(getattr(CutRollUp, name))) for name in rollups.CUT_COUNTS]
    with store.reading() as session:
        values = session.execute(sa.select(*sums)).one()
    return {name: int(n) for name, n in zip(rollups.CUT_COUNTS, values, strict=True) if n}


def test_the_counts_follow_every_change_of_a_message(store: Store) -> None:
    fields = {"shahar": CITIES, "tarif": PLANS}
    campaign_id = running(store, 7, fields=fields, cuts=("shahar",), chunk_size=2)
    engine = Engine(store)
    taken, lost, flying = engine.claim(3)
    engine.record((taken, accept(taken)), (lost, LOST))
    assert_rollups(store, campaign_id)
    assert counts(store) == {"queued": 3, "accepted": 2, "uncertain": 2, "sent_cost": 2 * taken.messages[0].price}
    engine.now += 60_000
    messages = messages_of(store, campaign_id)
    engine.apply_answers((engine.due(), statuses(receipt(messages[0]), receipt(messages[1], "undelivered"))))
    assert_rollups(store, campaign_id)
    engine.now += 3_600_000
    engine.expire_claims(engine.worker)
    assert_rollups(store, campaign_id)
    uncertain = [message.id for message in messages_of(store, campaign_id) if message.state == "uncertain"]
    for how, ids in ((Resolution.SENT, uncertain[:1]), (Resolution.NOT_SENT, uncertain[1:2]), (Resolution.AGAIN, None)):
        engine.resolve(campaign_id, how, ids)
        assert_rollups(store, campaign_id)
    campaigns.cancel(store, AZIZA, campaign_id)
    assert_rollups(store, campaign_id)
    assert flying.messages[0].cut is not None
    assert counts(store) == {
        "delivered": 1, "undelivered": 1, "accepted": 1, "counted": 1, "cancelled": 4,
        "sent_cost": 3 * taken.messages[0].price,
    }  # fmt: skip
    with store.writing() as session:  # a restored backup counts them, too
        rollups.rebuild(session, campaign_id)
    assert_rollups(store, campaign_id)
    assert counts(store)["counted"] == 1


def refusal(store: Store, list_id: int, *columns: str) -> str:
    campaign_id = draft(store, list_id, *columns)
    with pytest.raises(DomainError) as error:
        campaigns.prepare(store, campaign_id)
    return error.value.code


def test_columns_that_cannot_be_broken_down_are_refused_with_a_sentence(store: Store) -> None:
    too_many = [f"{i}" for i in range(cuts.MAX_VALUES + 1)]
    list_id = checked_list(store, phones(len(too_many)), shahar=too_many, ism=too_many)
    assert refusal(store, list_id, "shahar") == "too-many-cut-values"
    assert refusal(store, list_id, "viloyat") == "no-such-column"
    assert refusal(store, list_id, "phone") == "no-such-column"  # the numbers themselves
    list_columns.describe(store, AZIZA, list_id, "SHAHAR", ["ism"])
    assert lists.get(store, list_id).key_column == "shahar"
    assert refusal(store, list_id, "ism") == "personal-cut"
    fitting = checked_list(store, phones(200), shahar=too_many[:200])
    campaigns.prepare(store, draft(store, fitting, "shahar"))
    with pytest.raises(DomainError) as error:
        list_columns.describe(store, AZIZA, fitting, personal=["shahar"])
    assert error.value.code == "personal-cut"


def test_lists_made_from_others_keep_what_is_personal(store: Store) -> None:
    source = checked_list(store, phones(5), mijoz=list("abcde"), ism=list("abcde"))
    list_columns.describe(store, AZIZA, source, "mijoz", ["ism"])
    part = operations.sample(store, AZIZA, source, "Namuna", n=2)
    other = checked_list(store, phones(9)[5:], ISM=list("wxyz"))
    merged = operations.merge(store, AZIZA, [other, part], "Birga")
    assert (lists.get(store, part).key_column, lists.get(store, part).personal_columns) == ("mijoz", ["ism"])
    row = lists.get(store, merged)
    assert (row.key_column, row.personal_columns) == ("mijoz", ["ISM"])
    alike = checked_list(store, phones(3), ism=list("abc"), ISM=list("xyz"))
    list_columns.describe(store, AZIZA, alike, personal=["ism"])
    half = operations.sample(store, AZIZA, alike, "Yarmi", n=2)
    assert lists.get(store, half).personal_columns == ["ism"]  # and not the other one in its place


def test_codes_of_values_lead_back_to_them() -> None:
    dice = np.random.default_rng(1)
    sizes = [3, 200, 7]
    values = [dice.integers(0, size, 500).astype(np.int32) for size in sizes]
    codes = cut_codes.combine(values, sizes)
    assert [cut_codes.split(int(code), sizes) for code in codes] == np.array(values).T.tolist()
    assert Counter(map(int, codes)).total() == 500
    assert cut_codes.fits([200, 200, 200, 200])
    assert not cut_codes.fits([201, 201, 201, 201, 201])
