"""What an SMS costs. Money is integer tiyin inside (1 so'm = 100 tiyin) and Decimal so'm at the edges; never a
float."""

from decimal import Decimal


def tiyin(som: Decimal) -> int:
    """So'm as tiyin. Raises ValueError for a fraction of a tiyin."""
    amount = som * 100
    if amount != amount.to_integral_value():
        raise ValueError(f"{som} so'm is no whole number of tiyin")
    return int(amount)


def som(amount: int) -> Decimal:
    """Tiyin as so'm with two places."""
    return Decimal(amount) / 100
