"""Campaigns side by side: adjusted for their number, honest while messages wait."""

from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from getsms_core import reports
from getsms_core.base.errors import DomainError
from getsms_core.base.states import Figures
from getsms_core.db.engine import Store
from getsms_core.reports.significance import Trials
from tests.factories import count_as_sent, make_campaign, make_messages

ZONE = ZoneInfo("Asia/Tashkent")


@given(st.lists(st.one_of(st.none(), st.floats(0, 1)), max_size=12))
def test_holm_keeps_the_order_and_never_finds_more(values: list[float | None]) -> None:
    adjusted = reports.holm(values)
    pairs = sorted((p, a) for p, a in zip(values, adjusted, strict=True) if p is not None and a is not None)
    assert [a is None for a in adjusted] == [p is None for p in values]
    assert all(p <= a <= 1 for p, a in pairs)
    assert [a for _p, a in pairs] == sorted(a for _p, a in pairs)
    if pairs:
        assert pairs[0][1] == min(1.0, pairs[0][0] * len(values))


def test_the_example_of_holm() -> None:
    assert reports.holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.03, 0.06, 0.06, 0.02])


def test_a_difference_that_one_comparison_would_find_is_not_found_among_eleven(store: Store) -> None:
    first = make_campaign(store)
    make_messages(store, first, {"delivered": 900, "undelivered": 100})
    other = make_campaign(store)
    make_messages(store, other, {"delivered": 930, "undelivered": 70})
    alone = reports.compare(store, [first, other], ZONE).iloc[1]
    assert alone["p_value"] < 0.05
    assert alone["difference"] == pytest.approx(0.03)
    assert alone["difference_low"] > 0
    assert alone["per_delivered"] == alone["sent_cost"] / 930
    equal = []
    for _n in range(10):
        equal.append(make_campaign(store))
        make_messages(store, equal[-1], {"delivered": 9, "undelivered": 1})
    among = reports.compare(store, [first, other, *equal], ZONE).iloc[1]
    assert among["p_value"] == pytest.approx(min(1.0, alone["p_value"] * 11))
    assert among["p_value"] > 0.05
    assert among["difference_low"] < 0 < alone["difference_low"]
    with pytest.raises(DomainError) as refusal:
        reports.compare(store, range(1, 14), ZONE)
    assert refusal.value.code == "too-many-compared"


def test_waiting_messages_widen_the_difference_to_what_they_can_make_of_it(store: Store) -> None:
    first, other, silent = (make_campaign(store) for _n in range(3))
    make_messages(store, first, {"delivered": 90, "undelivered": 10})
    make_messages(store, other, {"delivered": 50, "accepted": 50})
    make_messages(store, silent, {"accepted": 5})
    frame = reports.compare(store, [first, other, silent], ZONE)
    assert frame["difference"].iloc[1] == pytest.approx(0.1)
    assert frame["difference_low"].iloc[1] < -0.4  # all of them may fail
    assert frame["difference"].isna().tolist() == [True, False, True]
    assert frame["p_value"].isna().all()


def test_messages_counted_as_sent_are_in_no_bound_of_a_difference(store: Store) -> None:
    pairs = []
    for counted in (0, 200):
        ids = [make_campaign(store) for _n in range(2)]
        for campaign_id, delivered in zip(ids, (90, 50), strict=True):
            make_messages(store, campaign_id, {"delivered": delivered, "undelivered": 10, "accepted": counted})
            count_as_sent(store, campaign_id)
        pairs.append(reports.compare(store, ids, ZONE).iloc[1])
    columns = ["difference", "difference_low", "difference_high", "p_value"]
    assert pairs[1][columns].tolist() == pairs[0][columns].tolist()
    assert pairs[1]["difference_low"] < pairs[1]["difference"] < pairs[1]["difference_high"]


def test_messages_counted_as_sent_are_no_open_trials() -> None:
    trials = Trials.of(Figures(delivered=50, accepted=250, counted=200))
    assert trials == Trials(now=(50, 50), least=(50, 100), most=(100, 100), waiting=50)
