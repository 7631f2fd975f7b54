"""Who gets which text: exact, by lot, and the same again."""

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from getsms_core.base.errors import DomainError
from getsms_core.base.i18n import using_language
from getsms_core.base.states import Figures
from getsms_core.messages import variants
from getsms_core.messages.variants import Variant
from getsms_core.reports.ab_test import Answer, Verdict, delivery_in_words, response_in_words, verdict
from getsms_core.reports.significance import Trials


@st.composite
def splits(draw: st.DrawFn) -> list[Variant]:
    """One to four further texts, whose shares leave A one percent or more."""
    cuts = draw(st.sets(st.integers(1, 99), min_size=1, max_size=4))
    bounds = [0, *sorted(cuts)]
    return [Variant(f"text {i}", b - a) for i, (a, b) in enumerate(pairwise(bounds))]


@given(splits(), st.integers(0, 3000), st.integers(0, 2**31))
def test_every_text_gets_its_share_to_the_message(chosen: list[Variant], recipients: int, seed: int) -> None:
    assigned = variants.assign_variants(recipients, chosen, seed)
    assert len(assigned) == recipients
    counts = np.bincount(assigned, minlength=len(chosen) + 1)
    for n, share in zip(counts, variants.shares(chosen), strict=True):
        assert abs(n - share * recipients / 100) <= 1
    assert (variants.assign_variants(recipients, chosen, seed) == assigned).all()


def test_it_is_drawn_by_lot_and_not_by_the_order_of_the_list() -> None:
    assigned = variants.assign_variants(10_000, [Variant("b", 50)], 7)
    assert 0.47 < assigned[:5000].mean() < 0.53
    assert (assigned != variants.assign_variants(10_000, [Variant("b", 50)], 8)).any()


def test_even_shares_add_up() -> None:
    assert [variants.equal_shares(n) for n in (1, 2, 3)] == [[100], [50, 50], [34, 33, 33]]
    assert sum(variants.equal_shares(5)) == 100


@pytest.mark.parametrize(
    ("code", "chosen"),
    [
        ("too-many-variants", [Variant(f"t{i}", 10) for i in range(5)]),
        ("bad-split", [Variant("b", 100)]),
        ("bad-split", [Variant("b", 0)]),
        ("bad-split", [Variant("b", 60), Variant("c", 50)]),
        ("empty-variant", [Variant("  ", 50)]),
        ("same-variants", [Variant("the  first ", 50)]),
        ("same-variants", [Variant("b", 30), Variant("b", 30)]),
        ("template-brace", [Variant("{", 50)]),
    ],
)
def test_texts_that_make_no_test_are_refused(code: str, chosen: list[Variant]) -> None:
    with pytest.raises(DomainError) as refusal:
        variants.check("the first", chosen)
    assert refusal.value.code == code or code.startswith("template")


# ------------------------------------------------------------------------------------------------------ what it means


def judged(counts: Sequence[tuple[str, int, int]]) -> Verdict:
    """The verdict on texts whose messages all have a final status: (letter, well, of) each."""
    return verdict([(letter, Trials.ended(well, of)) for letter, well, of in counts])


def waiting(delivered: int, failed: int, open_: int) -> Trials:
    return Trials.of(Figures(delivered=delivered, undelivered=failed, accepted=open_))


def test_while_waiting_messages_can_change_the_order_nothing_is_said() -> None:
    conclusion = verdict([("A", waiting(90, 10, 50)), ("B", waiting(50, 50, 50))])
    assert conclusion.answer is Answer.EARLY
    assert delivery_in_words(conclusion) == [
        "Too early to say: 100 messages still wait for their receipts and can change the order."
    ]


def test_few_that_wait_are_enough_to_say_nothing_where_they_can_close_the_gap() -> None:
    now = [("A", waiting(900, 100, 0)), ("B", waiting(926, 74, 0))]
    assert verdict(now).answer is Answer.BETTER
    some_wait = [("A", waiting(900, 100, 28)), ("B", waiting(926, 74, 28))]  # under 3 %: bounds of 87.5 and 90.3
    assert verdict(some_wait).answer is Answer.EARLY


def test_a_gap_that_the_waiting_cannot_close_is_said_with_its_bounds() -> None:
    conclusion = verdict([("A", waiting(400, 600, 100)), ("B", waiting(900, 100, 100))])
    assert conclusion.answer is Answer.BETTER
    (text,) = delivery_in_words(conclusion)
    assert "at least 81.8% against at most 45.5%" in text


def test_of_three_texts_the_undecided_are_named_beside_the_decided() -> None:
    conclusion = verdict([("A", waiting(400, 600, 10)), ("B", waiting(900, 100, 100)), ("C", waiting(910, 90, 100))])
    assert {(pair.better, pair.worse) for pair in conclusion.pairs} == {("B", "A"), ("C", "A")}
    assert delivery_in_words(conclusion)[-1].startswith("Too early to say: 210 messages")


@given(st.lists(st.tuples(*[st.integers(0, 300)] * 3), min_size=2, max_size=2), st.data())
def test_no_verdict_is_overturned_by_what_comes_later(counts: list[tuple[int, int, int]], data: st.DataObject) -> None:
    conclusion = verdict([(letter, waiting(*states)) for letter, states in zip("AB", counts, strict=True)])
    later = []
    for letter, (delivered, failed, open_) in zip("AB", counts, strict=True):
        arrived = data.draw(st.integers(0, open_))
        later.append((letter, waiting(delivered + arrived, failed + open_ - arrived, 0)))
    if conclusion.pairs:
        final = verdict(later)
        assert [(pair.better, pair.worse) for pair in final.pairs] == [(p.better, p.worse) for p in conclusion.pairs]


def test_figures_are_written_as_the_language_writes_them() -> None:
    with using_language("ru"):
        (sentence,) = delivery_in_words(judged([("A", 957, 1000), ("B", 904, 1000)]))
    sentence = sentence.replace("\u00a0", " ")  # a number does not part from its unit
    assert "95,7 %" in sentence
    assert "90,4 %" in sentence


def test_fifty_of_fifty_against_forty_six_may_well_be_chance() -> None:
    assert judged([("A", 50, 50), ("B", 46, 50)]).answer is Answer.NONE


def test_three_of_four_are_no_triumph() -> None:
    assert judged([("A", 3, 4), ("B", 0, 4)]).answer is Answer.FEW
    assert "Not enough data" in delivery_in_words(judged([("A", 3, 4), ("B", 0, 4)]))[0]


def test_a_difference_that_chance_makes_is_none_and_says_what_it_would_take() -> None:
    conclusion = judged([("A", 920, 1000), ("B", 930, 1000)])
    assert conclusion.answer is Answer.NONE
    assert conclusion.needed == pytest.approx(2775, abs=30)  # 16 p (1 - p) / 0.02²
    assert "No significant difference" in delivery_in_words(conclusion)[0]


def test_a_real_difference_is_said_with_both_rates() -> None:
    conclusion = judged([("A", 900, 1000), ("B", 960, 1000)])
    assert [(pair.better, pair.worse) for pair in conclusion.pairs] == [("B", "A")]
    assert "Text B was delivered better than text A: 96.0% against 90.0%" in delivery_in_words(conclusion)[0]
    assert "had more responses" in response_in_words(conclusion)[0]


def test_three_texts_are_held_to_a_stricter_measure_than_two() -> None:
    two = [("A", 900, 1000), ("B", 926, 1000)]
    assert judged(two).answer is Answer.BETTER
    assert judged([*two, ("C", 912, 1000)]).answer is Answer.NONE


def test_equal_texts_are_seldom_called_different() -> None:
    dice = np.random.default_rng(1)
    wrong = 0
    for _each in range(400):
        counts = [(letter, int(dice.binomial(800, 0.93)), 800) for letter in "ABC"]
        wrong += judged(counts).answer is Answer.BETTER
    assert wrong <= 400 * 0.08  # 5 % asked for


def test_all_or_nothing_is_judged_too() -> None:
    assert judged([("A", 100, 100), ("B", 100, 100)]).answer is Answer.NONE
    assert judged([("A", 0, 100), ("B", 100, 100)]).answer is Answer.BETTER
