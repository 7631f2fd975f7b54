"""What the answers of status calls change in the database, collected and written in one transaction."""

from collections import Counter
from collections.abc import Sequence

from sqlmodel import Session

from getsms_core.base.states import MessageState
from getsms_core.db.bulk import insert_rows, update_by_id
from getsms_core.db.moves import move_by_id
from getsms_core.db.rollups import HOUR, RollUpDeltas
from getsms_core.db.row_blocks import columns_of_alike
from getsms_core.delivery.receipt_notes import PollNotes

MESSAGE_COLUMNS = ("status_word", "billed_parts", "settled_at")
POLL_COLUMNS = ("next_poll_at", "polls", "unanswered")
RECEIPT_COLUMNS = ("message_id", "at", "status", "billed_parts", "date_sent", "date_delivered", "description", "part")
SLICE_ROWS = 1000
"""Messages whose changes go to the database together. On PostgreSQL the server writes them while the next ones are
decided here: fewer cost more statements, more leave one of the two idle."""
DeltaKey = tuple[int, int, int, int | None, int | None, int, int, int | None, str, int | None, str | None, int | None]
"""What messages with the same roll-up change have in common: campaign, number range, hour, variant, cut, parts, price,
billed parts before, stored state, billed parts and reason after, and the bucket of the time to delivery where it is
known. A thousand receipts become a handful of deltas."""


class ReceiptWrites:
    """The changes of one transaction's answers. What is added is written by `send`, in the order of its slices, and the
    sums of all by `end`."""

    def __init__(self, now: int) -> None:
        self.now = now
        self.receipts: list[tuple[tuple[object, ...], Sequence[int]]] = []
        """The values of `RECEIPT_COLUMNS` but the first, and the messages that got such a receipt."""
        self.messages: list[tuple[tuple[object, ...], Sequence[int]]] = []
        """The state and the values of `MESSAGE_COLUMNS`, and the messages that get them."""
        self.reasons: list[tuple[object, ...]] = []
        self.dates: list[tuple[object, ...]] = []
        self.settled = 0
        self.counts: Counter[DeltaKey] = Counter()
        self.notes = PollNotes()

    @property
    def is_slice(self) -> bool:
        """Whether enough has been added for `send`."""
        return sum(len(ids) for _values, ids in self.messages) + len(self.dates) >= SLICE_ROWS

    def send(self, session: Session) -> None:
        """Write the changes of rows that were added since the last call."""
        changed = columns_of_alike(self.messages)
        move_by_id(session, MessageState.ACCEPTED, MESSAGE_COLUMNS, changed, exact=False)
        update_by_id(session, "message", ("reason",), self.reasons)
        update_by_id(session, "message", POLL_COLUMNS, self.dates)
        insert_rows(session, "receipt", RECEIPT_COLUMNS, columns_of_alike(self.receipts, id_first=True))
        self.messages, self.reasons, self.dates, self.receipts = [], [], [], []

    def end(self, session: Session) -> int:
        """Write the roll-ups and the notes; returns how many messages have reached their final status."""
        moves = RollUpDeltas()
        for counted, n in self.counts.items():
            _count(moves, counted, n)
        moves.write(session)
        self.notes.write(session, self.now)
        return self.settled


def _count(moves: RollUpDeltas, counted: DeltaKey, n: int) -> None:
    (campaign_id, number_range, hour, variant, cut, parts, price, was_billed, becomes, now_billed, reason,
     bucket) = counted  # fmt: skip
    if bucket is not None:
        moves.delivered(campaign_id, number_range, hour * HOUR, bucket, n)
    for sign, state, billed in ((-n, MessageState.ACCEPTED, was_billed), (n, MessageState(becomes), now_billed)):
        moves.add(campaign_id, number_range, state, hour * HOUR, messages=sign,
                  parts=sign * parts, cost=sign * price, billed=sign * (billed or 0),
                  billed_messages=0 if billed is None else sign, expected=0 if billed is None else sign * parts,
                  variant=variant, cut=cut, reason=reason)  # fmt: skip
