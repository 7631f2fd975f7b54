"""Totals of the rows in a file, counted as they are read."""

from collections import Counter
from dataclasses import dataclass, field
from datetime import date, tzinfo

import pyarrow as pa
import pyarrow.compute as pc

from getsms_core.base.states import COUNTED, COUNTED_AS_SENT, SENT, Figures, MessageState
from getsms_core.exports.conversions import local_times

SUMMED_COLUMNS = ("state", "campaign_id", "parts", "price", "billed_parts", "reason", "sent_at")
"""The columns of the database that `FileTotals` reads."""


@dataclass
class FileTotals:
    """Totals of the rows in a file: messages by state, campaigns, SMS parts and tiyin of submitted messages, the parts
    and tiyin billed by receipts (`reconciliation.Sums`, row by row), tiyin of uncertain messages, and with a `zone` the
    messages of each local day by state."""

    zone: tzinfo | None = None
    states: Counter[str] = field(default_factory=Counter)
    campaign_ids: set[int] = field(default_factory=set)
    sent_parts: int = 0
    sent_cost: int = 0
    uncertain_cost: int = 0
    billed_parts: int = 0
    billed: int = 0
    by_day: dict[date, Counter[str]] = field(default_factory=dict)

    def add(self, batch: pa.RecordBatch) -> None:
        """Add a batch of the database's columns."""
        for state_count in pc.value_counts(batch["state"]):
            self.states[str(state_count["values"])] += state_count["counts"].as_py()
        by_hand = pc.and_(
            pc.equal(batch["state"], MessageState.ACCEPTED.value), pc.equal(batch["reason"], COUNTED_AS_SENT)
        )
        self.states[COUNTED] += pc.sum(by_hand).as_py() or 0
        self.campaign_ids.update(pc.unique(batch["campaign_id"]).to_pylist())
        parts, price, billed = (batch[name].cast(pa.int64()) for name in ("parts", "price", "billed_parts"))
        sent = pc.is_in(batch["state"], pa.array([state.value for state in SENT]))
        self.sent_parts += pc.sum(parts.filter(sent)).as_py() or 0
        self.sent_cost += pc.sum(price.filter(sent)).as_py() or 0
        uncertain = pc.equal(batch["state"], MessageState.UNCERTAIN.value)
        self.uncertain_cost += pc.sum(price.filter(uncertain)).as_py() or 0
        self.billed_parts += pc.sum(billed).as_py() or 0
        self.billed += pc.sum(pc.divide(pc.multiply(billed, price), pc.max_element_wise(parts, 1))).as_py() or 0
        if self.zone is not None:
            self._add_days(batch, by_hand)

    def _add_days(self, batch: pa.RecordBatch, by_hand: pa.Array) -> None:
        days = local_times(batch["sent_at"], self.zone).cast(pa.date32(), safe=False)  # type: ignore[arg-type]
        states = pc.if_else(by_hand, pa.scalar(COUNTED), batch["state"])
        table = pa.table([days, states], ["day", "state"]).filter(pc.is_valid(days))
        for row in table.group_by(["day", "state"]).aggregate([([], "count_all")]).to_pylist():
            counts = self.by_day.setdefault(row["day"], Counter())
            counts[row["state"]] += row["count_all"]
            if row["state"] == COUNTED:
                counts[MessageState.ACCEPTED.value] += row["count_all"]

    def days(self) -> list[tuple[date, Figures]]:
        """Return the figures of each day in which messages were sent, in order."""
        return [(day, Figures.of(counts)) for day, counts in sorted(self.by_day.items())]
