"""What status calls bring: receipts, records set aside and failures."""

import sqlalchemy as sa
from sqlmodel import Field

from getsms_core.base.codes import SetAsideReason
from getsms_core.db.models.base import BIG_INTEGER, EnumText, Table


class Receipt(Table, table=True):
    """A status record of a message; a row is added when it changes. `part` is empty for the record with the message's
    own ids and names each other record of a message that has several."""

    id: int | None = Field(default=None, primary_key=True, sa_type=BIG_INTEGER)
    message_id: int = Field(sa_type=BIG_INTEGER, index=True)
    at: int = Field(sa_type=BIG_INTEGER)
    status: str
    billed_parts: int | None = None
    date_sent: str = ""
    date_delivered: str = ""
    description: str = ""
    part: str = Field(default="", sa_column_kwargs={"server_default": ""})

    __table_args__ = (
        sa.Index(
            "ix_receipt_part",
            "message_id",
            sqlite_where=sa.text("part <> ''"),
            postgresql_where=sa.text("part <> ''"),
        ),
    )


class SetAside(Table, table=True):
    """A status record that matches no message, stored once however often the gateway repeats it."""

    __tablename__ = "set_aside"

    campaign_id: int = Field(primary_key=True)
    fingerprint: str = Field(primary_key=True)
    reason: SetAsideReason = Field(sa_type=EnumText(SetAsideReason))
    request_id: str
    status: str
    at: int = Field(sa_type=BIG_INTEGER)
    times: int


class StatusFault(Table, table=True):
    """Status calls of a campaign that returned no receipts, by code; the row is deleted when one returns receipts
    again."""

    __tablename__ = "status_fault"

    campaign_id: int = Field(primary_key=True)
    code: str = Field(primary_key=True)
    detail: str
    calls: int
    since_at: int = Field(sa_type=BIG_INTEGER)
    last_at: int = Field(sa_type=BIG_INTEGER)
