"""Predicted against billed, from the roll-ups, and the messages that differ."""

from typing import Any

import numpy as np
import pytest
import sqlalchemy as sa
from sqlmodel import Session, col

from getsms_core.base.i18n import using_language
from getsms_core.base.states import MessageState
from getsms_core.billing import reconciliation
from getsms_core.billing.reconciliation import Billed, Remainder
from getsms_core.db import rollups
from getsms_core.db.engine import Store
from getsms_core.db.models import Message, RollUp
from tests.factories import NOW, make_campaign, make_messages
from tests.integration.cli.cli_support import document, run


def _bill(session: Session, message_id: int, parts: int | None) -> None:
    session.execute(sa.update(Message).where(col(Message.id) == message_id).values(billed_parts=parts))


def _recount(session: Session, campaign_id: int) -> None:
    session.execute(sa.delete(RollUp).where(col(RollUp.campaign_id) == campaign_id))
    moves = rollups.RollUpDeltas()
    for (campaign, hour, number_range, state), counts in rollups.recount(session, campaign_id).items():
        names = ("messages", "parts", "cost", "billed", "billed_messages", "expected")
        sums: dict[str, Any] = dict(zip(names, counts, strict=True))
        moves.add(campaign, number_range, state, hour * rollups.HOUR, **sums)
    moves.write(session)


def test_nothing_is_billed_before_a_receipt_comes(store: Store) -> None:
    campaign_id = make_campaign(store, state="running")
    make_messages(store, campaign_id, {"queued": 3, "accepted": 2, "uncertain": 1, "rejected": 1})
    comparison = reconciliation.compare(store, campaign_id)
    assert (comparison.messages, comparison.parts, comparison.billed_parts, comparison.waiting) == (0, 0, 0, 2)
    assert {state: remainder.messages for state, remainder in comparison.remainder.items()} == {
        "queued": 3, "accepted": 2, "uncertain": 1, "rejected": 1,
    }  # fmt: skip
    assert reconciliation.differences(store, campaign_id) == []


def test_what_was_billed_otherwise_is_counted_and_named(store: Store) -> None:
    campaign_id = make_campaign(store)
    states = {"delivered": 3, "undelivered": 1, "expired": 1, "accepted": 1}
    ids = make_messages(store, campaign_id, states, left_at=NOW, parts=2, phones=[998901234560 + n for n in range(6)])
    with store.writing() as session:
        for message_id, parts in zip(ids, [2, 3, 2, 2, 1, None], strict=True):
            _bill(session, message_id, parts)
        _recount(session, campaign_id)
    comparison = reconciliation.compare(store, campaign_id)
    assert comparison == Billed(
        messages=5, parts=10, cost=10 * 9500, billed_parts=10, billed_cost=10 * 9500,
        remainder={"accepted": Remainder(1, 2, 2 * 9500)},
    )  # fmt: skip
    assert (comparison.more, comparison.waiting) == (0, 1)
    differing = reconciliation.differences(store, campaign_id)
    assert [(difference.id, difference.parts, difference.billed_parts) for difference in differing] == [
        (ids[1], 2, 3),
        (ids[4], 2, 1),
    ]
    assert [difference.id for difference in reconciliation.differences(store, campaign_id, limit=1)] == [ids[1]]


def test_each_range_is_billed_at_its_own_price(store: Store) -> None:
    campaign_id = make_campaign(store)
    ids = make_messages(store, campaign_id, {"delivered": 2}, phones=[998901234567, 998931234567])
    with store.writing() as session:
        for message_id, price in zip(ids, (9500, 7000), strict=True):
            session.execute(sa.update(Message).where(col(Message.id) == message_id).values(price=price))
            _bill(session, message_id, 2)
        _recount(session, campaign_id)
    comparison = reconciliation.compare(store, campaign_id)
    assert (comparison.cost, comparison.billed_cost) == (16_500, 33_000)


def test_another_campaign_is_not_counted_in(store: Store) -> None:
    first, other = make_campaign(store), make_campaign(store)
    make_messages(store, first, {"delivered": 2})
    make_messages(store, other, [MessageState.DELIVERED.value] * 5, left_at=np.full(5, NOW).tolist())
    assert reconciliation.compare(store, first).messages == 2


def test_the_command_shows_what_was_billed_otherwise(
    store: Store, store_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GETSMS_DATABASE_URL", store_url)
    campaign_id = make_campaign(store)
    ids = make_messages(store, campaign_id, {"delivered": 2})
    with using_language("en"):
        assert document("show", str(campaign_id))["billed"]["billed_parts"] == 2
        assert "Billed:" not in run("show", str(campaign_id)).stdout
        with store.writing() as session:
            _bill(session, ids[0], 3)
            _bill(session, ids[1], 1)
            _recount(session, campaign_id)
        answer = document("show", str(campaign_id))["billed"]
        assert answer == {
            "messages": 2,
            "parts": 2,
            "price": 190,
            "billed_parts": 4,
            "billed_price": 380,
            "remainder": {},
        }
        assert "Billed: 4 parts, 380 so'm; predicted: 2 parts, 190 so'm." in run("show", str(campaign_id)).stdout
