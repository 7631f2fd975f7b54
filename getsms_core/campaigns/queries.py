"""Read a campaign: its row, its figures and what scripts and pages show of it."""

from collections.abc import Mapping

import sqlalchemy as sa
from sqlmodel import col

from getsms_core.base.codes import SetAsideReason
from getsms_core.base.states import Figures
from getsms_core.billing import price_list, reconciliation
from getsms_core.campaigns import excluded
from getsms_core.campaigns.build import (
    get_campaign,
)
from getsms_core.db import rollups
from getsms_core.db.engine import Store
from getsms_core.db.models import SPAN, Campaign, Chunk
from getsms_core.delivery import receipt_notes as receipt_notes_module


def get(store: Store, campaign_id: int) -> Campaign:
    """Return the campaign's row. Raises `DomainError` ("no-such-campaign")."""
    with store.reading() as session:
        return get_campaign(session, campaign_id, lock=False)


def figures(store: Store, campaign_id: int) -> Figures:
    """Return the count of each message state, exact at this moment."""
    with store.reading() as session:
        return rollups.figures(session, campaign_id)


def show(store: Store, campaign_id: int) -> Mapping[str, object]:
    """Return what scripts and pages show of a campaign: state, reason, a count of each message state, parts, price,
    chunks, times, recipients without a message by reason; and `sums`, the `reconciliation.Sums` of its messages.

    Raises `DomainError` ("no-such-campaign")."""
    with store.reading() as session:
        campaign = get_campaign(session, campaign_id, lock=False)
        figures = rollups.figures(session, campaign_id)
        chunks = session.scalar(
            sa.select(sa.func.count()).where(col(Chunk.id).between(campaign_id * SPAN, (campaign_id + 1) * SPAN - 1))
        )
        sums = reconciliation.sums_of(session, campaign_id)
        excluded_counts = excluded.counts(session, campaign_id)
    return {
        "campaign": campaign.id,
        "name": campaign.name,
        "status": campaign.state.value,
        "reason": campaign.why_words,
        "counts": figures.counts(),
        "messages": campaign.messages,
        "parts": campaign.parts,
        "billed_parts": sums.billed_parts,
        "price": str(price_list.som(campaign.cost)),
        "chunks": chunks or 0,
        "sent": figures.sent,
        "delivery_rate": figures.rate,
        "code": campaign.code,
        "created_at": campaign.created_at,
        "scheduled_at": campaign.scheduled_at,
        "started_at": campaign.started_at,
        "finished_at": campaign.finished_at,
        "excluded": excluded_counts,
        "sent_parts": sums.sent_parts,
        "sums": sums,
        "counted_as_sent": figures.counted,
    }


def receipt_notes(store: Store, campaign_id: int) -> tuple[dict[SetAsideReason, int], list[receipt_notes_module.Fault]]:
    """Return the number of set-aside status records of a campaign by the code of the reason; and its status calls that
    bring no receipts."""
    with store.reading() as session:
        return receipt_notes_module.count_set_aside(session, campaign_id), receipt_notes_module.faults(
            session, campaign_id
        )
