"""What a part costs: the rule that names most wins, then the newest; integer tiyin throughout."""

import random
from decimal import Decimal

import numpy as np
import pyarrow as pa
import pytest

from getsms_core import phone
from getsms_core.billing import price_list
from getsms_core.billing.price_list import Rule, Terms, price_for, price_table, prices_of
from getsms_core.messages import encoding, merge_fields
from getsms_core.messages.estimate import estimate

DAY = 86_400_000
TERMS = Terms(account_id=1, sender="Korzinka", category="advertising", at=10 * DAY)
BEELINE, UCELL = 998901234567, 998931234567


def _name(number: int) -> str:
    return phone.RANGES[int(phone.range_of(np.array([number], np.int64))[0])]


@pytest.mark.parametrize("som", ["0.001", "95.555", "NaN"])
def test_a_fraction_of_a_tiyin_is_no_price(som: str) -> None:
    with pytest.raises((ValueError, ArithmeticError)):
        price_list.tiyin(Decimal(som))


def test_without_a_rule_the_default_holds() -> None:
    assert price_for([], 9500, TERMS) == 9500
    assert set(price_table([], 9500, TERMS)) == {9500}


@pytest.mark.parametrize(
    ("rule", "fits"),
    [
        (Rule(1, 0, account_id=2), False),
        (Rule(1, 0, account_id=1), True),
        (Rule(1, 0, sender="KORZINKA UZ"), False),
        (Rule(1, 0, sender=" korzinka "), True),
        (Rule(1, 0, category="service"), False),
        (Rule(1, 0, category="advertising"), True),
        (Rule(1, 11 * DAY), False),
        (Rule(1, 10 * DAY), True),
    ],
)
def test_a_rule_holds_for_what_it_names_from_its_day_on(rule: Rule, fits: bool) -> None:
    assert price_for([rule], 9500, TERMS) == (1 if fits else 9500)


def test_a_rule_with_a_range_holds_for_numbers_of_that_range_alone() -> None:
    rules = [Rule(7000, 0, number_range=_name(UCELL))]
    assert price_for(rules, 9500, TERMS) == 9500
    assert price_for(rules, 9500, TERMS, _name(BEELINE)) == 9500
    table = price_table(rules, 9500, TERMS)
    assert prices_of(table, np.array([UCELL, BEELINE], np.int64)).tolist() == [7000, 9500]


def test_the_rule_that_names_most_wins_and_then_the_newest() -> None:
    rules = [
        Rule(1, 9 * DAY, category="advertising", id=1),
        Rule(2, 1 * DAY, category="advertising", sender="Korzinka", id=2),
        Rule(3, 5 * DAY, category="advertising", sender="Korzinka", id=3),
        Rule(4, 5 * DAY, id=4),
    ]
    chance = random.Random(1)
    for _ in range(10):
        chance.shuffle(rules)
        assert price_for(rules, 9500, TERMS) == 3


def test_a_column_is_priced_as_each_number_alone() -> None:
    chance = random.Random(2)
    for _ in range(50):
        rules = [
            Rule(
                chance.randrange(20_000),
                chance.randrange(20) * DAY,
                chance.choice([None, 1, 2]),
                chance.choice(["", "Korzinka", "Other"]),
                chance.choice(["", *phone.RANGES]),
                chance.choice(["", "service", "advertising"]),
                number,
            )
            for number in range(chance.randrange(12))
        ]
        numbers = [998 * 10**9 + chance.randrange(10**9) for _ in range(40)]
        prices = prices_of(price_table(rules, 9500, TERMS), np.array(numbers, np.int64))
        assert prices.dtype == np.int64
        assert prices.tolist() == [price_for(rules, 9500, TERMS, _name(number)) for number in numbers]


def test_an_estimate_prices_every_row_by_itself() -> None:
    chance = random.Random(3)
    fields = pa.table(
        {"ism": ["".join(chance.choice("abʻ€") for _ in range(chance.randrange(120))) for _ in range(60)]}
    )
    prices = np.array([chance.choice([9500, 7000, 0]) for _ in range(60)], np.int64)
    text = "Salom “{ism}”" + "x" * 60
    costs = estimate(text, fields, price=prices)
    parts = encoding.measure_column(merge_fields.parse(text).render_column(fields)).parts.astype(np.int64)
    assert costs.cost == int((parts * prices).sum())
    assert costs.prices == (0, 9500)
    assert costs.price == round(Decimal(costs.cost) / costs.parts)
    dearest = sorted(range(60), key=lambda row: -int(parts[row] * prices[row]))
    assert parts[costs.dearest[0]] * prices[costs.dearest[0]] == parts[dearest[0]] * prices[dearest[0]]
    assert costs.mended_cost <= costs.cost
    assert costs.mended_values_cost == estimate('Salom "{ism}"' + "x" * 60, fields, price=prices, mend_values=True).cost


def test_an_estimate_at_one_price_is_that_price_times_the_parts() -> None:
    fields = pa.table({"ism": ["a", "ʻ" * 80, "b"]})
    at_one_price, each = (estimate("{ism}", fields, price=price) for price in (9500, np.full(3, 9500, np.int64)))
    assert (at_one_price.cost, at_one_price.price, at_one_price.prices) == (4 * 9500, 9500, (9500, 9500))
    assert at_one_price == each


def test_an_estimate_over_nobody_costs_nothing() -> None:
    costs = estimate("Salom", pa.table({"ism": pa.array([], pa.string())}), price=np.zeros(0, np.int64))
    assert (costs.cost, costs.price, costs.prices, costs.dearest) == (0, 0, (0, 0), ())
