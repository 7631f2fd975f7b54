"""Requests that may arrive twice."""

from sqlmodel import Field

from getsms_core.base.codes import RequestKind
from getsms_core.db.models.base import BIG_INTEGER, EnumText, Table


class RequestResult(Table, table=True):
    """The result of a user's request, which a repeat of the request returns."""

    __tablename__ = "request_result"
    requested_by: str = Field(primary_key=True)
    kind: RequestKind = Field(primary_key=True, sa_type=EnumText(RequestKind))
    key: str = Field(primary_key=True)  # chosen by the caller: the id of an upload or of a click
    result_id: int = Field(sa_type=BIG_INTEGER)
    created_at: int = Field(sa_type=BIG_INTEGER)
