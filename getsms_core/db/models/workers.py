"""The processes that run: workers and app servers."""

from sqlmodel import Field

from getsms_core.db.models.base import BIG_INTEGER, Table


class Worker(Table, table=True):
    """A worker process and its last heartbeat."""

    id: str = Field(primary_key=True)
    host: str
    pid: int
    process_started: str
    version: str
    polls: int = 0  # status calls in flight; with the chunks in flight they are the account's requests
    account_id: int = 0
    started_at: int = Field(sa_type=BIG_INTEGER)
    heartbeat_at: int = Field(sa_type=BIG_INTEGER)
    stopped_at: int | None = Field(default=None, sa_type=BIG_INTEGER)


class AppServer(Table, table=True):
    """An app server process, its last heartbeat and the fingerprint of its server secret."""

    __tablename__ = "app_server"

    id: str = Field(primary_key=True)
    host: str
    pid: int
    process_started: str
    version: str
    secret_fingerprint: str
    started_at: int = Field(sa_type=BIG_INTEGER)
    heartbeat_at: int = Field(sa_type=BIG_INTEGER)
    stopped_at: int | None = Field(default=None, sa_type=BIG_INTEGER)
