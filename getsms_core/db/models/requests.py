"""Requests that may arrive twice."""

from sqlmodel import Field

from getsms_core.db.models.base import BIG_INTEGER, Table


class RequestResult(Table, table=True):
    """The result of a user's request, which a repeat of the request returns."""

    __tablename__ = "request_result"
    requested_by: str = Field(primary_key=True)
    kind: str = Field(primary_key=True)  # "list" or "campaign"
    key: str = Field(primary_key=True)  # chosen by the caller: the id of an upload or of a click
    result_id: int = Field(sa_type=BIG_INTEGER)
    created_at: int = Field(sa_type=BIG_INTEGER)
