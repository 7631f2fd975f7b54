"""Who of a campaign's list gets no message, and why. Every accepted row of the list becomes a message or one row here.

The rows are written when the messages are made. Those of a draft without messages are worked out from its list and
texts as they are now.
"""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
import pyarrow as pa
import sqlalchemy as sa
from sqlmodel import Session, col

from getsms_core.base.kinds import ExcludedReason
from getsms_core.base.states import Preparation
from getsms_core.campaigns import audience
from getsms_core.campaigns.audience import CODES, Codes
from getsms_core.campaigns.texts import blank_rows
from getsms_core.db import bulk
from getsms_core.db.column_types import arrow_rows
from getsms_core.db.engine import Store
from getsms_core.db.models import Campaign, Excluded, ExcludedRollUp, table

_REASONS = list(ExcludedReason)


class ExcludedRow(NamedTuple):
    """A row of the file whose recipient gets no message; `phone` is None once it is erased."""

    row: int
    phone: int | None
    reason: ExcludedReason


def write(store: Store, campaign_id: int, recipients: pa.Table, reasons: Codes) -> None:
    """Write a row for each recipient with a reason; `reasons` is aligned with `recipients`."""
    positions = np.flatnonzero(reasons)
    if not len(positions):
        return
    chosen = recipients.select(["row", "phone"]).take(pa.array(positions))
    rows = {
        "campaign_id": np.full(len(positions), campaign_id),
        "position": positions + 1,
        "row": chosen["row"],
        "phone": chosen["phone"],
        "reason": pa.DictionaryArray.from_arrays(
            pa.array(reasons[positions].astype(np.int8) - 1), [reason.value for reason in _REASONS]
        ),
    }
    bulk.ingest(store, "excluded", arrow_rows(Excluded, rows))


def write_roll_up(session: Session, campaign_id: int, reasons: Codes) -> None:
    """Write how many recipients have each reason."""
    recipients = np.bincount(reasons, minlength=len(CODES) + 1)
    rows = [
        {"campaign_id": campaign_id, "reason": reason, "recipients": int(recipients[code])}
        for reason, code in CODES.items()
        if recipients[code]
    ]
    if rows:
        session.execute(sa.insert(ExcludedRollUp), rows)


def delete(session: Session, campaign_id: int) -> None:
    """Delete the rows of a campaign whose messages are deleted."""
    for model in (Excluded, ExcludedRollUp):
        session.execute(sa.delete(model).where(table(model).c.campaign_id == campaign_id))


def erase_numbers(session: Session, campaign_id: int) -> None:
    """Erase the phone numbers of the rows; which rows they were, and why, stays."""
    session.execute(
        sa.update(Excluded).where(col(Excluded.campaign_id) == campaign_id).values(phone=None),
        execution_options={"synchronize_session": False},
    )


def counts(session: Session, campaign_id: int) -> dict[str, int]:
    """Accepted recipients of a prepared campaign without a message, by reason, every reason present. `messages` and
    the sum of these are the accepted rows of the list."""
    query = sa.select(col(ExcludedRollUp.reason), col(ExcludedRollUp.recipients))
    stored = dict(session.execute(query.where(col(ExcludedRollUp.campaign_id) == campaign_id)).all())
    return {reason.value: int(stored.get(reason, 0)) for reason in ExcludedReason}


def campaign_counts(store: Store, campaign_id: int) -> dict[str, int]:
    """Return `counts` in a session of its own."""
    with store.reading() as session:
        return counts(session, campaign_id)


def rows(store: Store, campaign: Campaign) -> list[ExcludedRow]:
    """The rows of the file without a message, in the order of the list; those of a draft as it is now.

    Raises `DomainError`: "list-erased", "list-not-ready", "unknown-field", "ambiguous-field", and what a malformed text
    raises."""
    with store.reading() as session:
        wanted = [getattr(Excluded, name) for name in ExcludedRow._fields]
        query = sa.select(*wanted).where(col(Excluded.campaign_id) == campaign.id).order_by(col(Excluded.position))
        stored = [ExcludedRow(row, phone, ExcludedReason(reason)) for row, phone, reason in session.execute(query)]
        expected = sum(counts(session, campaign.id or 0).values())
    # Campaigns of before the table have a count without rows.
    if len(stored) >= expected and (stored or campaign.prepared == Preparation.READY):
        return stored
    return list(_rows_as_of_now(store, campaign))


def empty_rows(store: Store, campaign: Campaign) -> list[int]:
    """The rows of the file whose text shows nothing, in the order of the list. Raises what `rows` raises."""
    return [
        excluded_row.row for excluded_row in rows(store, campaign) if excluded_row.reason == ExcludedReason.EMPTY_TEXT
    ]


def _rows_as_of_now(store: Store, campaign: Campaign) -> Iterator[ExcludedRow]:
    if campaign.list_id is None:
        return
    current_audience = audience.of(store, campaign)
    reasons = current_audience.reasons.copy()
    reasons[current_audience.positions[blank_rows(campaign, current_audience.recipients)]] = CODES[
        ExcludedReason.EMPTY_TEXT
    ]
    positions = np.flatnonzero(reasons)
    chosen = current_audience.accepted.select(["row", "phone"]).take(pa.array(positions))
    for row, phone, code in zip(*(chosen[name].to_pylist() for name in ("row", "phone")), reasons[positions],
                                strict=True):  # fmt: skip
        yield ExcludedRow(row, phone, _REASONS[code - 1])
