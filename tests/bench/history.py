"""Ten million messages with their chunks, roll-ups and receipts' times, written as fast as the database takes them."""

import numpy as np
import pyarrow as pa
import sqlalchemy as sa

from getsms_core.base.states import ChunkState
from getsms_core.db import bulk
from getsms_core.db.engine import Store
from getsms_core.db.models import SPAN, DeliveryTimeRollUp, HourlyDeliveryTimeRollUp, RollUp
from tests.factories import HOUR, make_campaign

LARGEST, CAMPAIGN = 1_000_000, 100_000  # messages of the first campaign, and of each other
HOURS = 6  # that a campaign sends
RANGES = 8
STATES = ("delivered", "undelivered", "expired", "rejected", "uncertain")
SHARES = (0.92, 0.05, 0.02, 0.009, 0.001)
TEXT = "Hurmatli mijoz, bugun barcha tovarlarga 20% chegirma! Savollar uchun: 71 200 00 00"


def fill(store: Store, messages: int, now: int, seed: int = 1) -> list[int]:
    """One large campaign and many over the year before `now` (UTC ms), finished; returns their ids. The roll-ups are
    counted from the rows."""
    dice = np.random.default_rng(seed)
    campaign_ids: list[int] = []
    left = messages
    while left > 0:
        n, size = len(campaign_ids), min(left, CAMPAIGN if campaign_ids else LARGEST)
        left -= size
        start = now - int(dice.integers(1, 28 if n % 4 == 0 else 365)) * 24 * HOUR
        campaign = make_campaign(store, f"Campaign {n}", started_at=start, finished_at=start + HOURS * HOUR,
                                 messages=size, parts=size, cost=size * 9500)  # fmt: skip
        campaign_ids.append(campaign)
        _messages(store, campaign, size, start, dice)
    return campaign_ids


def _messages(store: Store, campaign: int, size: int, start: int, dice: np.random.Generator) -> None:
    numbers = np.arange(1, size + 1, dtype=np.int64)
    state = dice.choice(len(STATES), size, p=SHARES)
    ranges = dice.integers(0, RANGES, size)
    left = start + numbers * (HOURS * HOUR) // (size + 1)
    seconds = np.exp(dice.normal(2.5, 1.0, size))
    settled = np.isin(state, (0, 1, 2))
    table = pa.table(
        {
            "id": campaign * SPAN + numbers,
            "campaign_id": np.full(size, campaign, np.int32),
            "chunk_id": campaign * SPAN + (numbers - 1) // 100 + 1,
            "row": (numbers + 1).astype(np.int32),
            "phone": 998_900_000_000 + dice.integers(0, 10**8, size),
            "text": pa.repeat(TEXT, size),
            "encoding": pa.repeat("GSM-7", size),
            "parts": np.ones(size, np.int32),
            "price": np.full(size, 9500, np.int32),
            "number_range": ranges.astype(np.int32),
            "state": pa.array(np.array(STATES)[state]),
            "left_at": pa.array(left, mask=state == 3),
            "settled_at": pa.array(left + (seconds * 1000).astype(np.int64), mask=~settled),
            "request_id": pa.array([f"r{campaign}-{i}" for i in range(1, size // 100 + 2)]).take(
                pa.array((numbers - 1) // 100)
            ),
        }
    )
    bulk.ingest(store, "message", table)
    chunks = np.arange(1, -(-size // 100) + 1, dtype=np.int64)
    bulk.ingest(store, "chunk", pa.table({
        "id": campaign * SPAN + chunks, "campaign_id": np.full(len(chunks), campaign, np.int32),
        "account_id": np.ones(len(chunks), np.int32), "first_id": campaign * SPAN + (chunks - 1) * 100 + 1,
        "last_id": campaign * SPAN + np.minimum(chunks * 100, size), "messages": np.full(len(chunks), 100, np.int32),
        "state": pa.repeat(ChunkState.DONE.value, len(chunks)), "attempts": np.ones(len(chunks), np.int32),
        "not_before_at": np.zeros(len(chunks), np.int64), "code": pa.repeat("", len(chunks)),
        "detail": pa.repeat("", len(chunks)), "claimed_at": left[::100][: len(chunks)],
    }))  # fmt: skip
    hours = np.where(state == 3, 0, left // HOUR)
    keys, counts = np.unique(np.stack([hours, ranges, state]), axis=1, return_counts=True)
    tallies = [
        {"campaign_id": campaign, "hour": int(hour), "number_range": int(number_range), "state": STATES[which],
         "messages": int(n), "parts": int(n), "cost": int(n) * 9500, "billed_parts": int(n),
         "billed_messages": int(n), "expected_parts": int(n)}
        for (hour, number_range, which), n in zip(keys.T, counts, strict=True)
    ]  # fmt: skip
    delivered = state == 0
    buckets = np.maximum(0, np.round(np.log2(np.maximum(seconds[delivered], 1)) * 8)).astype(np.int64)
    keys, counts = np.unique(np.stack([hours[delivered], ranges[delivered], buckets]), axis=1, return_counts=True)
    delays = [
        {"campaign_id": campaign, "hour": int(hour), "number_range": int(number_range), "bucket": int(bucket),
         "messages": int(n)}
        for (hour, number_range, bucket), n in zip(keys.T, counts, strict=True)
    ]  # fmt: skip
    with store.writing() as session:
        session.execute(sa.insert(RollUp), tallies)
        session.execute(sa.insert(HourlyDeliveryTimeRollUp), delays)
        columns: list[sa.ColumnClause[int]] = [sa.column(name) for name in ("campaign_id", "number_range", "bucket")]
        whole = sa.select(*columns, sa.func.sum(sa.column("messages"))).select_from(sa.table("hour_delay"))
        whole = whole.where(columns[0] == campaign).group_by(*columns)
        names = ["campaign_id", "number_range", "bucket", "messages"]
        session.execute(sa.insert(DeliveryTimeRollUp).from_select(names, whole))
