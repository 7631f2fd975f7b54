"""What a campaign of several texts costs: each text over the rows that get it, and all of them together."""

from dataclasses import replace

import numpy as np
import numpy.typing as npt

from getsms_core.db.models import Campaign
from getsms_core.messages import variants
from getsms_core.messages.estimate import BLANK_SHOWN, Estimate
from getsms_core.messages.merge_fields import Empty
from getsms_core.messages.variants import Variant


def assigned(campaign: Campaign, recipients: int) -> npt.NDArray[np.int16] | None:
    """Which text each recipient gets, 0 = A; None where there is one for all."""
    chosen = variants.from_stored(campaign.variants)
    return variants.assign_variants(recipients, chosen, int(campaign.id or 0)) if chosen else None


def text_for(campaign: Campaign, of: npt.NDArray[np.int16] | None, at: int) -> str:
    """The text that a recipient gets, before it is merged."""
    index = 0 if of is None else int(of[at])
    return campaign.text if index == 0 else read(campaign)[index - 1].text


def read(campaign: Campaign) -> tuple[Variant, ...]:
    """The texts after A."""
    return variants.from_stored(campaign.variants)


def combined_estimate(parts: list[Estimate]) -> Estimate:
    """Several texts as one: sums, and the rows of the text whose dearest message has most parts."""
    worst = max(parts, key=lambda each: each.max_parts)
    messages = sum(each.messages for each in parts)
    total = sum(each.parts for each in parts)
    sums = {
        name: sum(getattr(each, name) for each in parts)
        for name in ("cost", "gsm7", "ucs2", "mended", "mended_values", "mended_cost", "mended_values_cost",
                     "letters_cost")
    }  # fmt: skip
    blank = [row for each in parts for row in each.blank.rows]
    firsts = [each.first_empty for each in parts if each.first_empty is not None]
    prices = (min(each.prices[0] for each in parts), max(each.prices[1] for each in parts))
    return replace(worst, messages=messages, parts=total, prices=prices, price=sums["cost"] // max(1, total),
                   first_empty=min(firsts) if firsts else None,
                   blank=Empty(sum(each.blank.count for each in parts), sorted(blank)[:BLANK_SHOWN]),
                   **sums)  # fmt: skip
