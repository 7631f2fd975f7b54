"""The message of one recipient of a draft, as its user may see it."""

from dataclasses import dataclass

import pyarrow as pa

from getsms_core import phone
from getsms_core.base.masking import mask_phone
from getsms_core.base.permissions import Actor, Permission
from getsms_core.campaigns import draft_costs, texts
from getsms_core.db.models import Campaign
from getsms_core.messages import encoding, merge_fields
from getsms_core.messages.encoding import Measure


@dataclass(frozen=True)
class PreviewMessage:
    """A merged message: its text and number (masked where the user may not see phones), the recipient's row in the
    spreadsheet, its size, and its cost in tiyin."""

    text: str
    row: int
    phone: str
    size: Measure
    cost: int


def message(
    actor: Actor, campaign: Campaign, recipients: pa.Table, position: int, prices: tuple[int, ...]
) -> PreviewMessage:
    """Return the message of the recipient at `position` (from 0) of the campaign's audience; `prices` is tiyin a part
    for each of `phone.RANGES`. Raises `DomainError` for a text that cannot be merged."""
    chosen = recipients.slice(position, 1)
    template = texts.text_for(campaign, recipients, position)
    fields = chosen.drop_columns(["row", "phone"])
    text = merge_fields.parse(template).render_column(fields, mend=campaign.mend_values)[0].as_py()
    row, number = int(chosen["row"][0].as_py()), int(chosen["phone"][0].as_py())
    size, cost = encoding.measure(text), draft_costs.message_cost(prices, number, text)
    if actor.may(Permission.SEE_PHONES):
        return PreviewMessage(text, row, str(number), size, cost)
    shown = phone.mask_text(text, number, phone.numbers_in([template]))
    return PreviewMessage(shown, row, mask_phone(number), size, cost)
