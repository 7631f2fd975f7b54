"""Comparison of whole campaigns with one of them: differences of the delivery rate, adjusted for their number."""

from collections.abc import Sequence
from datetime import tzinfo
from statistics import NormalDist

import pandas as pd

from getsms_core.base.errors import DomainError
from getsms_core.base.states import COUNTED, Figures
from getsms_core.db.engine import Store
from getsms_core.reports.breakdowns import by_campaign
from getsms_core.reports.delivery_times import time_to_delivery
from getsms_core.reports.filters import Filter
from getsms_core.reports.intervals import difference
from getsms_core.reports.rollup_queries import STATES
from getsms_core.reports.significance import Trials, comparison

MOST_COMPARED = 12
"""Campaigns in one comparison: more cannot be read, and each further one widens all intervals."""
CHANCE = 0.05


def compare(store: Store, ids: Sequence[int], zone: tzinfo) -> pd.DataFrame:
    """Compare whole campaigns, tests too, in the order of `ids`, with the first one: the columns of `by_campaign`,
    median and p95 of the time to delivery in seconds, per_delivered in tiyin, and

    `difference` of the delivery rate to the first (0.02: two points better), `difference_low` and `difference_high`,
    the interval in which all differences lie together with 95% confidence, whatever becomes of the waiting messages
    (each interval has the confidence 1 - 0.05 / number of comparisons);
    `p_value` of the two-sided test, adjusted by Holm (below 0.05: significant; None while waiting messages could close
    the gap). All are None for the first campaign and for one without a final status.

    Raises `DomainError` ("too-many-compared")."""
    wanted = list(dict.fromkeys(ids))
    if len(wanted) > MOST_COMPARED:
        raise DomainError.of("too-many-compared", n=len(wanted), most=MOST_COMPARED)
    question = Filter(campaigns=tuple(wanted), include_tests=True)
    frame = by_campaign(store, question, zone, money=True).set_index("campaign", drop=False)
    known = [campaign_id for campaign_id in wanted if campaign_id in frame.index]
    frame = frame.loc[known].reset_index(drop=True)
    times = [time_to_delivery(store, Filter(campaigns=(i,), include_tests=True), zone) for i in known]
    frame["median"] = pd.Series([time.median for time in times], dtype="float64")
    frame["p95"] = pd.Series([time.p95 for time in times], dtype="float64")
    frame["per_delivered"] = frame["sent_cost"] / frame["delivered"].where(frame["delivered"] > 0)
    trials = [
        Trials.of(Figures(*map(int, row))) for row in frame[[*STATES, COUNTED]].to_numpy()
    ]  # in the order of its fields
    frame["p_value"] = pd.Series([None, *_p_values(trials)][: len(trials)], dtype="float64")
    differences = [(None, None, None), *_differences(trials)][: len(trials)]
    for place, name in enumerate(("difference", "difference_low", "difference_high")):
        frame[name] = pd.Series([bounds[place] for bounds in differences], dtype="float64")
    return frame


def holm(p_values: Sequence[float | None]) -> list[float | None]:
    """Return the p-values adjusted for their number (S. Holm, 1979); None stays, and counts."""
    adjusted: list[float | None] = [None] * len(p_values)
    highest = 0.0
    tested = sorted((p, i) for i, p in enumerate(p_values) if p is not None)
    for rank, (p, i) in enumerate(tested):
        highest = max(highest, min(1.0, p * (len(p_values) - rank)))
        adjusted[i] = highest
    return adjusted


def _p_values(trials: Sequence[Trials]) -> list[float | None]:
    compared = [comparison(trials[0], other) for other in trials[1:]]
    return holm([None if comparison_of_pair is None else comparison_of_pair.p for comparison_of_pair in compared])


def _differences(trials: Sequence[Trials]) -> list[tuple[float | None, float | None, float | None]]:
    """Return the difference of each further campaign to the first, and its bounds."""
    z = NormalDist().inv_cdf(1 - CHANCE / max(1, len(trials) - 1) / 2)
    differences: list[tuple[float | None, float | None, float | None]] = []
    for other in trials[1:]:
        if not (trials[0].now[1] and other.now[1]):
            differences.append((None, None, None))
            continue
        now = difference(other.now, trials[0].now, z)[0]
        low = difference(other.least, trials[0].most, z)[1]
        high = difference(other.most, trials[0].least, z)[2]
        differences.append((now, low, high))
    return differences
