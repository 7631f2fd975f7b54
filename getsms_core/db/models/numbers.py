"""Where a phone number is, and the erasure of one; see `db.number_index`."""

from typing import Any

import sqlalchemy as sa
from sqlmodel import Field

from getsms_core.db.models.base import BIG_INTEGER, Table


class MessageNumbers(Table, table=True):
    """Sorted numbers of a campaign's messages, from `first` on, and the number of each message within the campaign."""

    __tablename__ = "message_numbers"
    campaign_id: int = Field(primary_key=True)
    first: int = Field(primary_key=True, sa_type=BIG_INTEGER)
    data: bytes


class ListNumbers(Table, table=True):
    """Sorted numbers of a list's rows, from `first` on, and the position of each row in the list."""

    __tablename__ = "list_numbers"
    list_id: int = Field(primary_key=True)
    first: int = Field(primary_key=True, sa_type=BIG_INTEGER)
    data: bytes


class NumberErasure(Table, table=True):
    """A request to erase everything about a number. `phone` is NULL once all of it is erased; `messages` and
    `list_rows` count what was erased so far."""

    __tablename__ = "number_erasure"
    id: int | None = Field(default=None, primary_key=True)
    phone: int | None = Field(default=None, sa_type=BIG_INTEGER)
    requested_at: int = Field(sa_type=BIG_INTEGER)
    requested_by: str
    messages: int = 0
    list_rows: int = 0
    finished_at: int | None = Field(default=None, sa_type=BIG_INTEGER)

    __table_args__: Any = (
        sa.Index(
            "uq_number_erasure_phone",
            "phone",
            unique=True,
            sqlite_where=sa.text("phone IS NOT NULL"),
            postgresql_where=sa.text("phone IS NOT NULL"),
        ),
    )
