"""Who of a campaign's list gets no message, and why: row by row, worked out again from the list and the texts.

The reasons are `states.EXCLUSIONS`. Lists never change, and the texts, the condition and its day are fixed once the
messages are made, so the answer is that of the messages that were made.
"""

import numpy as np

from getsms_core.base.states import EMPTY_TEXT, EXCLUSIONS, WHERE
from getsms_core.campaigns import audience, build
from getsms_core.db.engine import Store
from getsms_core.db.models import Campaign


def counts(campaign: Campaign) -> dict[str, int]:
    """Return the number of recipients of a prepared campaign without a message, by reason; all reasons are present.
    `messages` plus their sum are the accepted rows of the list."""
    return dict.fromkeys(EXCLUSIONS, 0) | campaign.excluded


def empty_rows(store: Store, campaign: Campaign) -> list[int]:
    """Return the spreadsheet rows whose text is blank, in the order of the list; for a draft with its present text.

    Raises `DomainError`: "list-erased", "unknown-field", "ambiguous-field", errors of a malformed text."""
    if campaign.list_id is None:
        return []
    recipients = audience.recipients(store, campaign)
    blank = build.blank_rows(campaign, recipients)
    return [int(row) for row in recipients["row"].to_numpy()[np.flatnonzero(blank)]]


def rows(store: Store, campaign: Campaign) -> list[tuple[int, str]]:
    """The spreadsheet rows that get no message with their reasons, in the order of the list. Raises as
    `empty_rows`."""
    if campaign.list_id is None:
        return []
    named = [(row, WHERE) for row in audience.rows_left_out(store, campaign)]
    named += [(row, EMPTY_TEXT) for row in empty_rows(store, campaign)]
    return sorted(named)
