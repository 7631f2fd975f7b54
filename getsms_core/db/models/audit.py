"""The audit log."""

from typing import Any

import sqlalchemy as sa
from sqlmodel import Field

from getsms_core.db.models.base import BIG_INTEGER, Table


class Audit(Table, table=True):
    """An entry of the audit log: a row for every write that a user or the program decided."""

    id: int | None = Field(default=None, primary_key=True)
    at: int = Field(sa_type=BIG_INTEGER, index=True)
    actor: str
    action: str
    subject: str = Field(index=True)
    detail: dict[str, Any] = Field(default_factory=dict, sa_type=sa.JSON)
