"""The price of an SMS. Money is integer tiyin inside (1 so'm = 100 tiyin) and Decimal so'm at the edges; never a float.

A price rule applies to an account, a sender name, a number range and a category, each optional, from an instant on. The
most specific matching rule applies, then the newest; without a match, the default does (`GETSMS_PRICE`, as it was when
the campaign was created).
"""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

import numpy as np
import numpy.typing as npt

from getsms_core import phone


@dataclass(frozen=True, slots=True)
class Rule:
    """`price` tiyin a part from `from_at` (UTC ms) on; None and "" mean any. `number_range` is a name in
    `phone.RANGES`."""

    price: int
    from_at: int
    account_id: int | None = None
    sender: str = ""
    number_range: str = ""
    category: str = ""
    id: int = 0

    @property
    def names(self) -> int:
        """The number of fields that the rule restricts."""
        return sum((self.account_id is not None, bool(self.sender), bool(self.number_range), bool(self.category)))


@dataclass(frozen=True, slots=True)
class Terms:
    """The terms of a campaign that determine its price, apart from the numbers."""

    account_id: int
    sender: str
    category: str
    at: int


def price_for(rules: Iterable[Rule], default: int, terms: Terms, number_range: str = "") -> int:
    """Return the price per part (tiyin) for a number of this range. Without a range only rules without one match."""
    fitting = [rule for rule in rules if _fits(rule, terms, number_range)]
    best = max(fitting, key=lambda rule: (rule.names, rule.from_at, rule.id), default=None)
    return default if best is None else best.price


def price_table(rules: Iterable[Rule], default: int, terms: Terms) -> tuple[int, ...]:
    """Return the price per part (tiyin) for each of `phone.RANGES`, in their order."""
    fitting = [rule for rule in rules if rule.from_at <= terms.at]
    return tuple(price_for(fitting, default, terms, name) for name in phone.RANGES)


def prices_of(table: tuple[int, ...], phones: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """Return the price per part (tiyin) for each number of a column, from a `price_table`."""
    if len(set(table)) == 1:
        return np.full(len(phones), table[0], np.int64)
    prices: npt.NDArray[np.int64] = np.array(table, np.int64)[phone.range_of(phones)]
    return prices


def fits(rule: Rule, terms: Terms) -> bool:
    """Return whether a rule matches any number of a campaign."""
    return _fits(rule, terms, rule.number_range)


def _fits(rule: Rule, terms: Terms, number_range: str) -> bool:
    return (
        rule.from_at <= terms.at
        and rule.account_id in (None, terms.account_id)
        and rule.category in ("", terms.category)
        and rule.number_range in ("", number_range)
        and (not rule.sender or _same(rule.sender, terms.sender))
    )


def _same(name: str, other_name: str) -> bool:
    return name.strip().casefold() == other_name.strip().casefold()


def tiyin(som: Decimal) -> int:
    """Return so'm as tiyin. Raises ValueError for a fraction of a tiyin."""
    amount = som * 100
    if amount != amount.to_integral_value():
        raise ValueError(f"{som} so'm is not a whole number of tiyin")
    return int(amount)


def som(amount: int) -> Decimal:
    """Return tiyin as so'm with two decimal places."""
    return Decimal(amount) / 100


def document(amount: int) -> int | str:
    """Return tiyin as so'm for JSON: an integer if it is whole, else a text with two decimals. Never a float."""
    whole, remainder = divmod(amount, 100)
    return whole if remainder == 0 else f"{som(amount):.2f}"
