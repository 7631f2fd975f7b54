"""The names of the columns of a file, and what each is made from."""

from collections.abc import Mapping, Sequence
from typing import Any

import pyarrow as pa
import sqlalchemy as sa

from getsms_core.contacts.list_columns import PREFIX
from getsms_core.db.column_types import arrow_type
from getsms_core.db.models import Message, table

COLUMNS = (
    "row", "phone", "text", "encoding", "parts", "price", "state", "reason", "request_id", "sent_at", "settled_at",
    "status_word", "billed_parts", "campaign",
)  # fmt: skip
"The columns of a file, in order: phone is text, price so'm for all parts, state a MessageState."

MORE_COLUMNS = (
    "campaign_id", "sender", "range", "client_key", "variant", "language", "category", "template", "author", "list",
    "sent", "cost", "response", "day", "hour", "weekday", "seconds_to_delivery", "reason_code",
    "reason_words",
)  # fmt: skip
"""Optional columns of a file. client_key: the list's key of the recipient, in masked files a salted hash of the number;
variant: the letter of an A/B test's text; language: the value whose text the recipient got; cost: the price of what was
sent, else 0; day, hour, weekday (1 = Monday): when it was sent, local; seconds_to_delivery: from sent to delivered;
reason_code, reason_words: why it did not arrive, as a code and as a sentence."""

LIST_DELETED = "list_deleted"
"""The last column of a file with columns or keys of a list whose rows are deleted or erased: "yes" where the cells are
empty for that."""

EXCEL_RU = "excel-ru"
"""CSV as Excel in Russian and Uzbek reads it: semicolons, decimal commas, local times, long digits as texts."""

_READS: Mapping[str, tuple[str, ...]] = {
    "client_key": ("campaign_id", "row", "phone"),
    "variant": ("campaign_id", "variant"),
    "language": ("campaign_id", "variant"),
    "category": ("campaign_id",),
    "template": ("campaign_id",),
    "author": ("campaign_id",),
    "list": ("campaign_id",),
    "sent": ("state",),
    "cost": ("state", "price"),
    "day": ("sent_at",),
    "hour": ("sent_at",),
    "weekday": ("sent_at",),
    "seconds_to_delivery": ("state", "sent_at", "settled_at"),
    "reason_code": ("state", "reason"),
    "reason_words": ("state", "reason"),
    LIST_DELETED: ("campaign_id",),
}
"""What is read for a column that is not read as it is."""
_STORED_AS = {"sent_at": "left_at", "range": "number_range", "campaign": "campaign_id", "sender": "campaign_id"}
"""Columns of a file whose column of the message table has another name."""

QUOTING = frozenset({"text", "reason", "status_word", "reason_code", "reason_words"})
"""The columns that may quote the recipient's number, besides those of the list."""


def of_list(name: str) -> str | None:
    """Return the name of the list's column that a file's column is; None for the others."""
    return name.removeprefix(PREFIX) if name.startswith(PREFIX) else None


def reads(names: Sequence[str]) -> tuple[str, ...]:
    """Return the columns that are read for these columns of a file, each once."""
    read: list[str] = []
    for name in names:
        read += ("campaign_id", "row") if of_list(name) is not None else _READS.get(name, (name,))
    return tuple(dict.fromkeys(read))


def source(name: str) -> sa.Column[Any]:
    """The column of the message table that a column is read from."""
    return table(Message).c[_STORED_AS.get(name, name)]


def read_type(name: str) -> pa.DataType:
    """Return the type of a column as it is read. SQLite's integers have 64 bits whatever the column."""
    if name == "response":
        return pa.int64()
    kind = arrow_type(source(name))
    return pa.int64() if pa.types.is_integer(kind) else kind


INSTANTS = frozenset({"sent_at", "settled_at"})
INTEGERS = frozenset({"row", "parts", "billed_parts", "campaign_id"})
"""The columns that are shown as the integers that are stored; the others get a unit or a name."""
