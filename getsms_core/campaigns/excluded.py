"""Who of a campaign's list gets no message, and why: row by row, worked out again from the list and the texts.

Today there is one reason: what the text writes for a row shows nothing (`preparing.EMPTY_TEXT`). Lists never change and
a campaign's texts are fixed once it starts, so the answer is that of the messages that were made.
"""

import numpy as np

from getsms_core.base.states import EMPTY_TEXT
from getsms_core.campaigns import build
from getsms_core.contacts import lists
from getsms_core.db.engine import Store
from getsms_core.db.models import Campaign


def counts(campaign: Campaign) -> dict[str, int]:
    """Recipients of a prepared campaign without a message, by reason; each reason is there. `messages` and the sum of
    these are the accepted rows of the list."""
    return {EMPTY_TEXT: 0} | campaign.excluded


def empty_rows(store: Store, campaign: Campaign) -> list[int]:
    """The spreadsheet rows whose text shows nothing, in the order of the list; for a draft as its text is now.

    Raises `DomainError`: "list-erased", "unknown-field", "ambiguous-field", what a malformed text raises."""
    if campaign.list_id is None:
        return []
    recipients = lists.accepted(store, campaign.list_id)
    blank = build.blank_rows(campaign, recipients)
    return [int(row) for row in recipients["row"].to_numpy()[np.flatnonzero(blank)]]
