"""The second check of a campaign's exclusions, when its sending starts: whoever got something since its messages were
made is cancelled with the reason. No chunk of the campaign is claimed before it is done."""

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import sqlalchemy as sa
from sqlmodel import Session, col

from getsms_core.audit import log as audit
from getsms_core.base.codes import NoticeEvent
from getsms_core.base.errors import DomainError
from getsms_core.base.kinds import ExcludedReason
from getsms_core.base.permissions import SYSTEM
from getsms_core.base.states import CampaignState, ExclusionCheck, MessageState, change
from getsms_core.campaigns import exclusions
from getsms_core.campaigns.build import get_campaign
from getsms_core.db import rollups
from getsms_core.db.column_types import fetched_rows
from getsms_core.db.engine import Store, now_ms
from getsms_core.db.models import SPAN, Campaign, Message
from getsms_core.db.moves import move_by_id
from getsms_core.notices import events

REASONS = {ExcludedReason.CAMPAIGNS: "excluded-campaign", ExcludedReason.DAYS: "excluded-days"}
"""The codes of cancelled messages. Lists are not checked again: they never change."""
_COLUMNS = ("id", "phone", "number_range", "variant", "cut", "parts", "price")
_BATCH = 20_000


def recheck(store: Store, campaign_id: int) -> int:
    """Cancel the queued messages of a campaign whose numbers its exclusions name by now; return how many. A second call
    does nothing."""
    with store.reading() as session:
        campaign = get_campaign(session, campaign_id, lock=False)
        if campaign.exclusion_check == ExclusionCheck.DONE:
            return 0
        messages = _queued(session, campaign_id)
    masks_by_reason = exclusions.masks(store, campaign, messages["phone"].to_numpy(), lists=False)
    codes = np.zeros(messages.num_rows, np.int8)
    for code, reason in reversed(list(enumerate(REASONS, 1))):
        codes[masks_by_reason.get(reason, np.zeros(0, np.bool_)).nonzero()] = code
    with store.writing() as session:
        campaign = get_campaign(session, campaign_id)
        if campaign.exclusion_check == ExclusionCheck.DONE:
            return 0
        campaign.exclusion_check = ExclusionCheck.DONE
        if campaign.state not in (CampaignState.RUNNING, CampaignState.PAUSED):
            return 0
        cancelled = _cancel(session, campaign, messages, codes)
        if cancelled:
            audit.note(session, SYSTEM, "campaign.exclude", f"campaign:{campaign_id}", messages=cancelled)
    return cancelled


def fail(session: Session, campaign_id: int, error: DomainError) -> None:
    """Pause a running campaign whose exclusions could not be checked; they still must be before it sends anything."""
    campaign = session.get(Campaign, campaign_id, with_for_update=True)
    if campaign is None or campaign.exclusion_check == ExclusionCheck.DONE:
        return
    if campaign.state == CampaignState.RUNNING:
        change(campaign, CampaignState.PAUSED)
        campaign.because(error.reason)
        audit.note(session, SYSTEM, "campaign.pause", f"campaign:{campaign_id}", code=error.code, reason=error.reason)
        now = now_ms(session)
        events.of_campaign(session, NoticeEvent.PAUSED, campaign_id, f"{error.code}:{now}", now)


def _queued(session: Session, campaign_id: int) -> pa.Table:
    columns = [getattr(Message, name) for name in _COLUMNS]
    query = sa.select(*columns).where(
        col(Message.id).between(campaign_id * SPAN, (campaign_id + 1) * SPAN - 1),
        col(Message.state) == MessageState.QUEUED,
    )
    rows = session.connection().execute(query.order_by(col(Message.id))).fetchall()
    return fetched_rows(Message, _COLUMNS, rows)


def _cancel(session: Session, campaign: Campaign, messages: pa.Table, codes: npt.NDArray[np.int8]) -> int:
    chosen = np.flatnonzero(codes)
    if not len(chosen):
        return 0
    hits = messages.take(pa.array(chosen))
    reasons = list(REASONS.values())
    rows = [
        (MessageState.CANCELLED, reasons[code - 1], message_id)
        for code, message_id in zip(codes[chosen].tolist(), hits["id"].to_pylist(), strict=True)
    ]
    for start in range(0, len(rows), _BATCH):  # nothing else may move them before the check is done
        move_by_id(session, MessageState.QUEUED, ["reason"], rows[start : start + _BATCH])
    deltas = rollups.RollUpDeltas()
    hits = hits.append_column("reason", pa.array([reasons[code - 1] for code in codes[chosen].tolist()]))
    grouped = hits.group_by(["number_range", "variant", "cut", "reason"])
    for row in grouped.aggregate([("id", "count"), ("parts", "sum"), ("price", "sum")]).to_pylist():
        for sign, state in ((-1, MessageState.QUEUED), (1, MessageState.CANCELLED)):
            deltas.add(campaign.id or 0, row["number_range"], state, None, messages=sign * row["id_count"],
                       parts=sign * row["parts_sum"], cost=sign * row["price_sum"], variant=row["variant"],
                       cut=row["cut"], reason=row["reason"])  # fmt: skip
    deltas.write(session)
    return len(rows)
