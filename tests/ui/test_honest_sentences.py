"""Sentences that say only what is so, each with the case in which its predecessor was wrong."""

import pandas as pd
import pyarrow as pa
import pytest

from getsms_core.base.states import Figures
from getsms_core.messages.estimate import estimate
from getsms_core.reports import wilson
from pages.ui.analytics.losses import funnel_title
from pages.ui.shared.charts import too_few
from pages.ui.wizard.cost import why_nothing_is_saved


def title(stage: str, rows: int, **states: int) -> str:
    figures = Figures.of(states)
    funnel = pd.DataFrame({"stage": [stage, "delivered"], "rows": [rows, figures.delivered]})
    return funnel_title(funnel, figures)


def test_a_share_is_no_result_while_a_third_still_waits() -> None:
    words = title("uploaded", 100, delivered=60, undelivered=6, accepted=34)
    assert words == (
        "So far 60.0% of the uploaded rows were delivered; 34 messages are still undecided, so that it can become 94.0%"
    )
    assert title("uploaded", 100, delivered=75, undelivered=25) == "75.0% of the uploaded rows were delivered"
    assert title("accepted", 4, delivered=3, undelivered=1) == "75.0% of the messages were delivered"
    for undecided in ("queued", "uncertain", "accepted"):
        assert title("accepted", 4, delivered=3, **{undecided: 1}).startswith("So far 75.0% of the messages")


def cell(delivered: int, settled: int, waiting: int) -> dict[str, float]:
    low, high = wilson(delivered, settled)
    if waiting:
        final = settled + waiting
        low, high = delivered / final, (delivered + waiting) / final
    return {"delivered": delivered, "settled": settled, "low": low or 0.0, "high": high or 0.0}


@pytest.mark.parametrize(
    ("delivered", "settled", "waiting", "faded"),
    [
        (3, 3, 0, True),
        (400, 410, 0, False),
        (9, 9, 1, True),  # ten points between all fail and all arrive, but nine messages say little
        (400, 410, 2, False),
        (400, 410, 200, True),
    ],
)
def test_a_cell_of_the_heat_map_with_few_messages_is_faded(
    delivered: int, settled: int, waiting: int, faded: bool
) -> None:
    assert too_few(pd.DataFrame([cell(delivered, settled, waiting)])).tolist() == [faded]


@pytest.mark.parametrize(
    ("text", "values", "reason"),
    [
        ("Salom ’", ["a", "b"], "the messages need as many SMS either way"),
        ("Салом ’", ["a", "b"], "other characters still make the SMS Unicode"),
        ("Salom ’ {ism}", ["Oʻktam", "Ғайрат"], "values of the list still make every SMS Unicode"),
        ("Salom ’ {ism}", ["Oʻktam", "Ali"], "and the other messages need as many SMS either way"),
    ],
)
def test_a_replacement_that_saves_nothing_says_the_true_reason(text: str, values: list[str], reason: str) -> None:
    costs = estimate(text, pa.table({"ism": values}), price=9500)
    assert not any(extra.cost for extra in costs.extras if extra.replacement is not None)
    assert reason in why_nothing_is_saved(costs)
