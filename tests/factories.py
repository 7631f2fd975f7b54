"""Rows for tests that need a past: lists, campaigns, messages in any state, weeks of believable history.

Everything goes in through Core inserts, and the roll-ups are counted from the messages, so that whoever reads either
sees one truth. The same seed makes the same history.

    campaign_id = make_campaign(store, name="Chegirma", state="finished")
    make_messages(store, campaign_id, {"delivered": 3, "undelivered": 1}, left_at=NOW)
    with_history(store, days=30, campaigns=12)
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pyarrow as pa
import sqlalchemy as sa
from sqlmodel import col

from getsms_core import phone
from getsms_core.base.states import COUNTED_AS_SENT, CampaignState
from getsms_core.base.work_states import ListState
from getsms_core.db.documents import RowCounts
from getsms_core.db.engine import Store
from getsms_core.db.models import Account, Campaign, ListBlock, Message, RecipientList, RollUp
from tests.factory_rows import CHUNK, DAY, HOUR, MINUTE, Rows, insert, some_phones

__all__ = [
    "DAY",
    "HOUR",
    "MINUTE",
    "NOW",
    "count_as_sent",
    "make_account",
    "make_campaign",
    "make_list",
    "make_messages",
    "some_phones",
    "with_history",
]
NOW = 1_773_990_000_000  # Friday 20 March 2026, 12:00 in Tashkent
SENDERS = ("Korzinka", "KORZINKA UZ", "")
NAMES = ("Navroʻz chegirmasi", "Bonus kartasi", "Yangi doʻkon", "Juma aksiyasi", "Yetkazib berish", "Tugʻilgan kun")
TEXT = "Hurmatli mijoz! Bugun {n} xarid uchun 20% chegirma. Kod: NV{n}"


def make_account(store: Store) -> int:
    """The one account; made at the first call."""
    with store.writing() as session:
        account_id = session.scalar(sa.select(col(Account.id)).limit(1))
        if account_id is None:
            account = Account(
                name="sandbox", url="http://127.0.0.1/", sandbox=True, concurrency=8, rate=0, created_at=NOW
            )
            session.add(account)
            session.flush()
            account_id = account.id
    assert account_id is not None
    return account_id


def make_list(
    store: Store,
    accepted: int = 100,
    *,
    rejected: int = 0,
    duplicates: int = 0,
    opted_out: int = 0,
    name: str = "mijozlar.xlsx",
    at: int = NOW,
    seed: int = 1,
) -> int:
    """A ready list with its rows; returns its id."""
    kinds = ["as-is"] * accepted + ["landline"] * rejected + ["duplicate"] * duplicates + ["opted-out"] * opted_out
    phones = some_phones(len(kinds), np.random.default_rng(seed))
    numbers = [None if kind == "landline" else int(p) for kind, p in zip(kinds, phones, strict=True)]
    rows = pa.table(
        {
            "row": pa.array(range(2, len(kinds) + 2), pa.int32()),
            "value": [str(number) for number in phones],
            "phone": pa.array(numbers, pa.int64()),
            "outcome": pa.array(kinds).dictionary_encode(),
            "field:ism": [f"Mijoz {n}" for n in range(len(kinds))],
        }
    )
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, rows.schema) as writer:
        writer.write_table(rows)
    counts = RowCounts(len(kinds), accepted, 0, rejected, duplicates, opted_out).to_stored()
    facts = {"sheet": "Sheet1", "sheets": ["Sheet1"], "header_row": 1, "phone_column": "telefon", "columns": ["ism"]}
    with store.writing() as session:
        recipient_list = RecipientList(name=name, filename=name, sha256="0" * 64, size=len(kinds) * 20,
                                       state=ListState.READY, facts=facts, stored_counts=counts, created_at=at,
                                       created_by="Aziza", ready_at=at)  # fmt: skip
        session.add(recipient_list)
        session.flush()
        assert recipient_list.id is not None
        session.execute(
            sa.insert(ListBlock).values(
                list_id=recipient_list.id, number=0, rows=len(kinds), data=sink.getvalue().to_pybytes()
            )
        )
        return recipient_list.id


def make_campaign(store: Store, name: str = "Aksiya", state: str = "finished", **columns: Any) -> int:
    """A campaign without messages; any column of its table may be given. Returns its id."""
    at = columns.get("started_at") or columns.get("created_at") or NOW
    begun = state in ("running", "paused", "finished", "cancelled")
    defaults: dict[str, Any] = {
        "text": TEXT, "sender": "Korzinka", "account_id": make_account(store), "price": 9500, "created_by": "Aziza",
        "prepared": "ready" if begun else "", "created_at": at - HOUR, "started_at": at if begun else None,
        "finished_at": at + HOUR if state in ("finished", "cancelled") else None,
    }  # fmt: skip
    with store.writing() as session:
        campaign = Campaign(name=name, state=CampaignState(state), **(defaults | columns))
        session.add(campaign)
        session.flush()
        assert campaign.id is not None
        return campaign.id


def make_messages(
    store: Store,
    campaign_id: int,
    states: Mapping[str, int] | Sequence[str],
    *,
    left_at: int | Sequence[int] = NOW,
    seconds: float | Sequence[float] = 10.0,
    parts: int = 1,
    text: str = TEXT,
    phones: Sequence[int] | None = None,
    seed: int = 1,
) -> list[int]:
    """Messages of a campaign that has none, a count a state or a state each, with chunks, receipts and roll-ups;
    returns their ids. `left_at` (UTC ms) holds for those that left, `seconds` is the time to the last word. "sending"
    makes the chunk fly."""
    wanted = [s for s, n in states.items() for _ in range(n)] if isinstance(states, Mapping) else list(states)
    n = len(wanted)
    rng = np.random.default_rng(seed + campaign_id)
    rows = Rows(
        states=np.array(wanted, dtype=object),
        left_at=np.broadcast_to(np.asarray(left_at, np.int64), n).copy(),
        seconds=np.broadcast_to(np.asarray(seconds, np.float64), n).copy(),
        parts=np.full(n, parts, np.int64),
        phones=np.asarray(phones, np.int64) if phones is not None else some_phones(n, rng),
    )
    return insert(store, campaign_id, rows, text)


def count_as_sent(store: Store, campaign_id: int) -> None:
    """Turn the accepted messages of a campaign into messages that a user counted as sent."""
    messages = sa.update(Message).where(col(Message.campaign_id) == campaign_id, col(Message.state) == "accepted")
    rolled_up = sa.update(RollUp).where(col(RollUp.campaign_id) == campaign_id, col(RollUp.state) == "accepted")
    with store.writing() as session:
        session.execute(messages.values(reason=COUNTED_AS_SENT, request_id=None, next_poll_at=None))
        session.execute(rolled_up.values(counted=col(RollUp.messages)))


def with_history(
    store: Store, days: int = 30, campaigns: int = 12, messages: int = 400, now: int = NOW, seed: int = 7
) -> list[int]:
    """Weeks of campaigns up to `now`: finished ones, a test, one that runs with receipts outstanding, one that the
    gateway refused, one with uncertain messages, a scheduled one and a draft. Delivery differs by range, hour and
    campaign. Returns the ids of those with messages, oldest first."""
    rng = np.random.default_rng(seed)
    campaign_ids = []
    starts = np.sort(rng.uniform(0.6, days, campaigns))[::-1]
    for i, age in enumerate(starts):
        size = int(messages * rng.uniform(0.5, 1.5))
        day = now - int(age) * DAY - now % DAY
        start = day + int(rng.integers(4, 15)) * HOUR + int(rng.integers(0, 50)) * MINUTE  # 9 to 20 o'clock
        start = min(start, now - 12 * HOUR)
        list_id = make_list(store, size, rejected=size // 40, duplicates=size // 50, opted_out=size // 100, seed=i)
        campaign_id = make_campaign(
            store, f"{NAMES[i % len(NAMES)]} {i + 1}", "finished", started_at=start, finished_at=start + 2 * HOUR,
            sender=SENDERS[i % 5 % 3], list_id=list_id,
        )  # fmt: skip
        campaign_ids.append(
            _campaign_history(store, campaign_id, size, start, 90 * MINUTE, now, rng, lost=i == campaigns // 2)
        )
    test = make_campaign(store, "Sinov", "finished", is_test=True, started_at=now - 2 * DAY)
    make_messages(store, test, {"delivered": 3, "undelivered": 2}, left_at=now - 2 * DAY)
    runs = make_campaign(store, "Hafta oxiri", "running", started_at=now - 10 * MINUTE,
                         list_id=make_list(store, messages * 2, rejected=messages // 20, seed=98))  # fmt: skip
    _campaign_history(store, runs, messages * 2, now - 10 * MINUTE, 20 * MINUTE, now, rng)
    reason = "The gateway says that the account's limit is used up. Top it up, then resume."
    refused = make_campaign(store, "Qish yakuni", "paused", code="limit-over", started_at=now - 5 * HOUR, reason=reason)
    left = {"delivered": 60, "undelivered": 6, "accepted": 4, "queued": 130}
    make_messages(store, refused, left, left_at=now - 5 * HOUR)
    make_campaign(store, "Bahor", "scheduled", scheduled_at=now + DAY, created_at=now - DAY, prepared="ready")
    make_campaign(store, "Qoralama", "draft", created_at=now - HOUR)
    return [*campaign_ids, test, runs, refused]


def _campaign_history(
    store: Store,
    campaign_id: int,
    size: int,
    start: int,
    lasts: int,
    now: int,
    rng: np.random.Generator,
    lost: bool = False,
) -> int:
    chunk = np.arange(size) // CHUNK
    left_at = start + (chunk * (lasts / max(1, chunk[-1] + 1))).astype(np.int64)
    phones = some_phones(size, rng)
    ranges = phone.range_of(phones).astype(np.int64)
    good = 0.97 - 0.02 * (ranges % 4) - 0.04 * ((left_at // HOUR + 5) % 24 >= 19) - rng.uniform(0, 0.03)
    dice, seconds = rng.uniform(0, 1, size), np.exp(rng.normal(2.1, 0.9, size)) + 0.4
    states = np.full(size, "expired", object)
    states[dice < good + (1 - good) * 0.7] = "undelivered"
    states[dice < good] = "delivered"
    states[rng.uniform(0, 1, size) < 0.003] = "rejected"
    seconds[states == "expired"] = 86_400
    states[(left_at + seconds * 1000 > now) & (states != "rejected")] = "accepted"
    states[left_at > now] = "queued"
    if lost:
        states[(chunk == 1)] = "uncertain"
    parts = np.where(rng.uniform(0, 1, size) < 0.15, 2, 1).astype(np.int64)
    insert(store, campaign_id, Rows(states, left_at, seconds, parts, phones), TEXT)
    return campaign_id
