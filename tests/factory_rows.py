"""How `factories` writes messages: the rows of a campaign with their chunks, attempts, receipts and roll-ups."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import sqlalchemy as sa
from sqlmodel import Session, col

from getsms_core import phone
from getsms_core.base.states import FINAL, ChunkState, MessageState
from getsms_core.db import bulk, rollups
from getsms_core.db.engine import Store
from getsms_core.db.models import (
    SPAN,
    Attempt,
    Campaign,
    Chunk,
    DeliveryTimeRollUp,
    HourlyDeliveryTimeRollUp,
    Message,
    ReasonRollUp,
    Receipt,
    RollUp,
)

MINUTE, HOUR, DAY = 60_000, 3_600_000, 86_400_000  # ms
CHUNK = 100
PREFIXES = np.array([90, 91, 93, 94, 97, 98, 99, 88, 33, 50], np.int64)


def pick(mask: npt.NDArray[np.bool_], values: npt.NDArray[np.object_]) -> npt.NDArray[np.object_]:
    """The values where the mask holds, None elsewhere."""
    picked = np.full(len(mask), None, object)
    picked[mask] = values[mask]
    return picked


@dataclass
class Rows:
    """The columns that messages are made of."""

    states: npt.NDArray[np.object_]
    left_at: npt.NDArray[np.int64]
    seconds: npt.NDArray[np.float64]
    parts: npt.NDArray[np.int64]
    phones: npt.NDArray[np.int64]


def some_phones(n: int, rng: np.random.Generator) -> npt.NDArray[np.int64]:
    """Different mobile numbers of several ranges."""
    tails = rng.choice(10_000_000, n, replace=False)
    return 998 * 10**9 + rng.choice(PREFIXES, n) * 10**7 + tails


def insert(store: Store, campaign_id: int, rows: Rows, text: str) -> list[int]:
    n = len(rows.states)
    with store.reading() as session:
        price = session.scalar(sa.select(col(Campaign.price)).where(col(Campaign.id) == campaign_id)) or 0
    numbers = np.arange(1, n + 1, dtype=np.int64)
    states = rows.states.copy()
    sending = states == "sending"
    states[sending] = "queued"
    left = ~np.isin(states, ("queued", "cancelled"))
    settled = np.isin(states, [state.value for state in FINAL])
    is_requested = np.isin(states, ("accepted", *[state.value for state in FINAL]))
    chunk_ids = campaign_id * SPAN + (numbers - 1) // CHUNK + 1
    waits = states == "accepted"
    ids = [str(number) for number in 52_480_000 + numbers]
    sentence = pick(np.isin(states, ("delivered", "undelivered")), states)
    table = pa.table(
        {
            "id": campaign_id * SPAN + numbers,
            "campaign_id": np.full(n, campaign_id, np.int32),
            "chunk_id": chunk_ids,
            "row": (numbers + 1).astype(np.int32),
            "phone": rows.phones,
            "text": [text.replace("{n}", str(k)) for k in numbers],
            "encoding": pa.repeat("GSM-7", n),
            "parts": rows.parts.astype(np.int32),
            "price": (rows.parts * price).astype(np.int32),
            "number_range": phone.range_of(rows.phones).astype(np.int32),
            "state": pa.array(states, pa.string()),
            "reason": pa.array(pick(states == "rejected", np.full(n, "is NOT a phone number", object)), pa.string()),
            "request_id": pa.array(pick(is_requested, np.array(ids, object)), pa.string()),
            "left_at": pa.array(rows.left_at, mask=~left),
            "settled_at": pa.array(rows.left_at + (rows.seconds * 1000).astype(np.int64), mask=~settled),
            "status_word": pa.array(sentence, pa.string()),
            "billed_parts": pa.array(rows.parts.astype(np.int32), mask=~np.isin(states, ("delivered", "undelivered"))),
            "polls": pa.array(is_requested.astype(np.int32), mask=~is_requested),
            "next_poll_at": pa.array(rows.left_at + MINUTE, mask=~waits),
        }
    )
    bulk.ingest(store, "message", table)
    with store.writing() as session:
        _chunks(session, campaign_id, rows, chunk_ids, sending)
        _receipts(session, table)
        roll_up(session, campaign_id)
        session.execute(
            sa.update(Campaign).where(col(Campaign.id) == campaign_id)
            .values(messages=n, parts=int(rows.parts.sum()), cost=int(rows.parts.sum()) * price)
        )  # fmt: skip
    return [int(i) for i in campaign_id * SPAN + numbers]


def _chunks(
    session: Session,
    campaign_id: int,
    rows: Rows,
    chunk_ids: npt.NDArray[np.int64],
    sending: npt.NDArray[np.bool_],
) -> None:
    account_id = session.scalar(sa.select(col(Campaign.account_id)).where(col(Campaign.id) == campaign_id))
    chunks, attempts = [], []
    for number, chunk_id in enumerate(np.unique(chunk_ids).tolist()):
        positions = np.flatnonzero(chunk_ids == chunk_id)
        states = set(rows.states[positions])
        state = ChunkState.DONE
        for word in (ChunkState.QUEUED, ChunkState.CANCELLED, ChunkState.UNCERTAIN):
            state = word if states == {word.value} else state
        state = ChunkState.SENDING if sending[positions].any() else state
        tried = state not in (ChunkState.QUEUED, ChunkState.CANCELLED)
        attempt = f"{campaign_id:08x}{number:08x}"
        at = int(rows.left_at[positions[0]])
        chunks.append({
            "id": chunk_id, "campaign_id": campaign_id, "account_id": account_id, "state": state,
            "messages": len(positions), "first_id": campaign_id * SPAN + int(positions[0]) + 1,
            "last_id": campaign_id * SPAN + int(positions[-1]) + 1,
            "attempt": attempt if tried else None, "attempts": int(tried), "worker_id": "w1" if tried else None,
            "claimed_at": at if tried else None, "deadline_at": at + MINUTE if tried else None, "not_before_at": 0,
            "code": "read-timeout" if state == ChunkState.UNCERTAIN else "", "detail": "",
        })  # fmt: skip
        if tried and state != ChunkState.SENDING:
            outcome = "uncertain" if state == ChunkState.UNCERTAIN else "accepted"
            attempts.append({
                "id": attempt, "chunk_id": chunk_id, "number": 1, "worker_id": "w1", "started_at": at,
                "ended_at": at + 250, "outcome": outcome, "code": chunks[-1]["code"], "detail": "",
            })  # fmt: skip
    session.execute(sa.insert(Chunk), chunks)
    if attempts:
        session.execute(sa.insert(Attempt), attempts)


def _receipts(session: Session, table: pa.Table) -> None:
    silent = {"date_sent": "", "date_delivered": "", "description": "OK"}
    receipt_rows = [
        {"message_id": i, "at": at, "status": word, "billed_parts": parts, **silent}
        for i, at, word, parts in zip(
            *(table[name].to_pylist() for name in ("id", "settled_at", "status_word", "billed_parts")), strict=True
        )
        if word
    ]  # fmt: skip
    if receipt_rows:
        session.execute(sa.insert(Receipt), receipt_rows)


def roll_up(session: Session, campaign_id: int) -> None:
    """Write a campaign's roll-ups anew, counted from its messages."""
    session.execute(sa.delete(RollUp).where(col(RollUp.campaign_id) == campaign_id))
    session.execute(sa.delete(DeliveryTimeRollUp).where(col(DeliveryTimeRollUp.campaign_id) == campaign_id))
    session.execute(sa.delete(HourlyDeliveryTimeRollUp).where(col(HourlyDeliveryTimeRollUp.campaign_id) == campaign_id))
    moves = rollups.RollUpDeltas()
    for (_campaign, hour, number_range, state), counted in rollups.recount(session, campaign_id).items():
        names = ("messages", "parts", "cost", "billed", "billed_messages", "expected")
        n: dict[str, Any] = dict(zip(names, counted, strict=True))
        moves.add(campaign_id, number_range, state, hour * HOUR or None, **n)
    session.execute(sa.delete(ReasonRollUp).where(col(ReasonRollUp.campaign_id) == campaign_id))
    for (_campaign, hour, number_range, state, code), n_lost in rollups.recount_reasons(session, campaign_id).items():
        session.add(ReasonRollUp(campaign_id=campaign_id, hour=hour, number_range=number_range, state=state,
                                 reason=code, messages=n_lost))  # fmt: skip
    for left_at, settled_at, number_range in session.execute(
        sa.select(col(Message.left_at), col(Message.settled_at), col(Message.number_range)).where(
            col(Message.campaign_id) == campaign_id, col(Message.state) == MessageState.DELIVERED
        )
    ):
        moves.delivered(campaign_id, number_range, left_at, rollups.bucket_of((settled_at - left_at) / 1000))
    moves.write(session)
