"""Users who sign in."""

from sqlmodel import Field

from getsms_core.db.models.base import BIG_INTEGER, Table


class User(Table, table=True):
    """Someone who may sign in."""

    __tablename__ = "person"
    id: int | None = Field(default=None, primary_key=True)
    name: str = Field(unique=True)
    password_hash: str
    role: str
    language: str = "en"
    created_at: int = Field(sa_type=BIG_INTEGER)
    created_by: str
    disabled_at: int | None = Field(default=None, sa_type=BIG_INTEGER)
