"""The texts of a campaign, which recipient gets which, and whose text is blank."""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from getsms_core.campaigns import text_column
from getsms_core.db.models import Campaign
from getsms_core.messages import merge_fields, variants
from getsms_core.messages.variants import Variant

Assigned = npt.NDArray[np.int16]


class Assignment(NamedTuple):
    """What decides which text a recipient gets: of an A/B test the campaign's id and the shares in percent of the
    texts after A, else the column and the values that have a text. Hashable, as a part of the keys of caches."""

    campaign_id: int
    shares: tuple[int, ...]
    column: str = ""
    values: tuple[str, ...] = ()

    @classmethod
    def of(cls, campaign: Campaign) -> "Assignment | None":
        """Return that of a campaign with several texts; None for one text."""
        stored = variants.from_stored(campaign.variants)
        if not stored:
            return None
        if campaign.text_column:
            return cls(0, (), campaign.text_column, tuple(variant.value or "" for variant in stored))
        return cls(int(campaign.id or 0), tuple(variant.share for variant in stored))

    def assign(self, recipients: pa.Table) -> Assigned:
        """Return the text of each recipient, 0 = the campaign's own. Raises `DomainError` for a text column that the
        list does not have."""
        if self.column:
            return text_column.assign(recipients, self.column, self.values)
        shares = [Variant("", share) for share in self.shares]
        return variants.assign_variants(recipients.num_rows, shares, self.campaign_id)


def variant_of(campaign: Campaign, recipients: pa.Table) -> Assigned | None:
    """Return the text of each recipient of the audience, 0 = the campaign's own; None where there is one text. Raises
    `DomainError` for a text column that the list does not have."""
    assignment = Assignment.of(campaign)
    return None if assignment is None else assignment.assign(recipients)


def text_for(campaign: Campaign, recipients: pa.Table, position: int) -> str:
    """Return the text, before it is merged, of the recipient at `position` (from 0) of the audience."""
    assigned = variant_of(campaign, recipients)
    return texts_of(campaign)[0 if assigned is None else int(assigned[position])]


def blank_rows(campaign: Campaign, recipients: pa.Table) -> npt.NDArray[np.bool_]:
    """Return for each recipient of the audience whether its text is blank, so that it gets no message."""
    fields, assigned = recipients.drop_columns(["row", "phone"]), variant_of(campaign, recipients)
    blank = np.zeros(recipients.num_rows, np.bool_)
    for variant, text in enumerate(texts_of(campaign)):
        is_blank = merge_fields.parse(text).blank_rows(fields, mend=campaign.mend_values)
        blank |= is_blank if assigned is None else is_blank & (assigned == variant)
    return blank


def texts_of(campaign: Campaign) -> list[str]:
    """Return the texts of a campaign, its own first."""
    return variants.all_texts(campaign.text, campaign.variants)
