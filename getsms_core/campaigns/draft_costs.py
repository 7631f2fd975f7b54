"""What a draft costs: each of its texts over the rows that get it, all texts together, and one message."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from getsms_core import phone
from getsms_core.billing import price_list
from getsms_core.campaigns.texts import Assignment
from getsms_core.db.models import Campaign
from getsms_core.messages import encoding, estimate, variants
from getsms_core.messages.estimate import BLANK_SHOWN, Estimate
from getsms_core.messages.merge_fields import Empty
from getsms_core.messages.variants import Variant

Share = tuple[int, Assignment]
"""The index of a text (0 = the campaign's own), and what decides which text a recipient gets."""


def variants_of(campaign: Campaign) -> tuple[Variant, ...]:
    """Return the texts after text A."""
    return variants.from_stored(campaign.variants)


def estimate_text(
    recipients: pa.Table, text: str, prices: tuple[int, ...], *, mend_values: bool, share: Share | None
) -> Estimate:
    """Estimate a text over the recipients that get it: all rows, or those of one variant. `prices` is tiyin a part for
    each of `phone.RANGES`; the rows in the result are positions in `recipients`.

    Raises `DomainError` where the list cannot serve the text."""
    positions = None
    if share is not None:
        variant, assignment = share
        positions = np.flatnonzero(assignment.assign(recipients) == variant)
        recipients = recipients.take(pa.array(positions))
    price: int | npt.NDArray[np.int64] = prices[0]
    if len(set(prices)) > 1:
        price = price_list.prices_of(prices, recipients["phone"].to_numpy())
    fields = recipients.drop_columns(["row", "phone"])
    text_estimate = estimate.estimate(
        text, fields, price=price, mend_values=mend_values, is_one_of_several=positions is not None
    )
    return text_estimate if positions is None else estimate.with_list_rows(text_estimate, positions)


def parts_added_by_fix(recipients: pa.Table, text: str, *, mend_values: bool) -> int:
    """Return how many SMS parts more the recipients need after `template_text.replace_in_template`; negative where it
    saves. "..." for "…" may begin one more SMS where a merged value keeps the message Unicode.

    Raises `DomainError` where the list cannot serve the text."""
    fields = recipients.drop_columns(["row", "phone"])
    text_estimate = estimate.estimate(text, fields, price=1, mend_values=mend_values, is_one_of_several=True)
    return text_estimate.mended - text_estimate.parts


def message_cost(prices: tuple[int, ...], number: int, text: str) -> int:
    """Return the tiyin that a merged text costs when it is sent to a phone number."""
    return encoding.measure(text).parts * prices[int(phone.range_of(np.array([number]))[0])]


def combine(estimates: Sequence[Estimate]) -> Estimate:
    """Combine the estimates of several texts: sums, the most expensive rows of the text with the most expensive
    message, the longest message of all, and the characters of the text whose longest message has most parts. A text
    that nobody gets has no price. Raises `DomainError` ("all-texts-empty") where no recipient gets a visible text."""
    if not any(estimate.messages for estimate in estimates) and any(estimate.blank.count for estimate in estimates):
        raise estimate.all_texts_empty()
    received = [estimate for estimate in estimates if estimate.messages] or [*estimates]
    prices = [estimate.prices for estimate in received]
    most_parts = max(received, key=lambda estimate: estimate.max_parts)
    dearest = max(received, key=lambda estimate: (estimate.max_cost, estimate.max_parts))
    longest = max(received, key=lambda estimate: estimate.max_characters)
    parts = sum(estimate.parts for estimate in estimates)
    sums = {
        name: sum(getattr(estimate, name) for estimate in estimates)
        for name in ("cost", "gsm7", "ucs2", "mended", "mended_values", "mended_cost", "mended_values_cost",
                     "letters_cost", "mended_ucs2")
    }  # fmt: skip
    first_empty_rows = [estimate.first_empty for estimate in estimates if estimate.first_empty is not None]
    blank_rows = sorted(row for estimate in estimates for row in estimate.blank.rows)
    return replace(
        most_parts,
        dearest=dearest.dearest,
        max_cost=dearest.max_cost,
        longest=longest.longest,
        max_characters=longest.max_characters,
        messages=sum(estimate.messages for estimate in estimates),
        parts=parts,
        prices=(min(lowest for lowest, _highest in prices), max(highest for _lowest, highest in prices)),
        price=sums["cost"] // max(1, parts),
        first_empty=min(first_empty_rows, default=None),
        blank=Empty(sum(estimate.blank.count for estimate in estimates), blank_rows[:BLANK_SHOWN]),
        **sums,
    )
