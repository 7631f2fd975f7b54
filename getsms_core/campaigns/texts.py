"""The texts of a campaign, and whose text is blank."""

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from getsms_core.db.models import Campaign
from getsms_core.messages import merge_fields, variants


def blank_rows(campaign: Campaign, recipients: pa.Table) -> npt.NDArray[np.bool_]:
    """Return for each recipient of the audience whether its text is blank, so that it gets no message."""
    fields, chosen = recipients.drop_columns(["row", "phone"]), variants.from_stored(campaign.variants)
    variant_of_all = variants.assign_variants(recipients.num_rows, chosen, campaign.id or 0) if chosen else None
    blank = np.zeros(recipients.num_rows, np.bool_)
    for variant, text in enumerate(texts_of(campaign)):
        is_blank = merge_fields.parse(text).blank_rows(fields, mend=campaign.mend_values)
        blank |= is_blank if variant_of_all is None else is_blank & (variant_of_all == variant)
    return blank


def texts_of(campaign: Campaign) -> list[str]:
    """Return the texts of a campaign, A first."""
    return [campaign.text, *(variant.text for variant in variants.from_stored(campaign.variants))]
