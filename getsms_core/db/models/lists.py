"""Recipient lists, opt-outs and what the frequency cap counts."""

from typing import Any

import sqlalchemy as sa
from sqlmodel import Field

from getsms_core.base import reasons
from getsms_core.base.kinds import OptOutScope
from getsms_core.base.reasons import Reason
from getsms_core.base.work_states import ListState
from getsms_core.db.documents import RowCounts
from getsms_core.db.models.base import BIG_INTEGER, IDS_ONCE, EnumText, Table, enum_text


class RecipientList(Table, table=True):
    """A recipient list: its uploaded file, the options of the check and its results. Immutable once ready."""

    __tablename__ = "recipient_list"
    __table_args__ = IDS_ONCE
    id: int | None = Field(default=None, primary_key=True)
    name: str
    filename: str
    sha256: str
    size: int = Field(sa_type=BIG_INTEGER)
    state: ListState = Field(default=ListState.PENDING, sa_type=EnumText(ListState))
    code: str = ""
    old_message: str = Field(default="", sa_column_kwargs={"name": "message"})  # the sentence of a release before 0.2
    message_params: dict[str, Any] | None = Field(default=None, sa_type=sa.JSON(none_as_null=True))
    options: dict[str, Any] = Field(default_factory=dict, sa_type=sa.JSON)
    tags: list[str] = Field(default_factory=list, sa_type=sa.JSON)
    key_column: str = ""  # the column with the client's own key of a recipient; empty: none
    personal_columns: list[str] = Field(default_factory=list, sa_type=sa.JSON)  # hidden by role as phones are
    origin_code: str = Field(default="", sa_column_kwargs={"name": "origin"})  # before 0.2 a sentence
    origin_params: dict[str, Any] | None = Field(default=None, sa_type=sa.JSON(none_as_null=True))
    facts: dict[str, Any] = Field(default_factory=dict, sa_type=sa.JSON)
    stored_counts: dict[str, Any] = Field(default_factory=dict, sa_type=sa.JSON, sa_column_kwargs={"name": "counts"})
    worker_id: str | None = None  # of release 0.1: its worker that checks the list
    created_at: int = Field(sa_type=BIG_INTEGER)
    created_by: str
    ready_at: int | None = Field(default=None, sa_type=BIG_INTEGER)
    numbers_indexed: bool = Field(default=False)  # the numbers of its rows are in ListNumbers

    @property
    def counts(self) -> RowCounts:
        """Its rows by outcome; all 0 until its check has ended."""
        return RowCounts.from_stored(self.stored_counts)

    @property
    def message(self) -> str:
        """Why its check failed, in the language of this context; "" where it did not."""
        params = None if self.old_message else self.message_params  # a process of 0.1 beside this one wrote last
        return reasons.words(self.code, params, self.old_message)

    def made_by(self, origin: Reason | None) -> None:
        """Store how it was made from other lists; None: from a file."""
        self.origin_code = origin.code if origin else ""
        self.origin_params = None if origin is None else dict(origin.params)

    @property
    def origin(self) -> str:
        """How it was made from other lists, in the language of this context; "" where it was not."""
        return reasons.words(self.origin_code, self.origin_params, self.origin_code)


class ListFile(Table, table=True):
    """The uploaded bytes of a list before its check, in parts; in the database because the worker may run on another
    host."""

    __tablename__ = "list_file"
    list_id: int = Field(primary_key=True, foreign_key="recipient_list.id")
    number: int = Field(primary_key=True)
    data: bytes


class ListBlock(Table, table=True):
    """Rows of a checked list as one compressed Arrow stream: every row of the file, refused ones too."""

    __tablename__ = "list_block"
    list_id: int = Field(primary_key=True, foreign_key="recipient_list.id")
    number: int = Field(primary_key=True)
    rows: int
    data: bytes


class Segment(Table, table=True):
    """A saved condition. It belongs to no list: it chooses rows of any list that has its columns."""

    __table_args__ = IDS_ONCE
    id: int | None = Field(default=None, primary_key=True)
    name: str
    name_key: str = Field(unique=True)  # the name without case, as it is looked up
    condition: str  # contacts.conditions.to_json
    created_at: int = Field(sa_type=BIG_INTEGER)
    created_by: str


class OptOut(Table, table=True):
    """A number that no SMS is sent to, or no advertising."""

    __tablename__ = "opt_out"
    phone: int = Field(primary_key=True, sa_type=BIG_INTEGER, sa_column_kwargs={"autoincrement": False})
    source: str
    reason: str = ""
    created_at: int = Field(sa_type=BIG_INTEGER)
    created_by: str
    scope: OptOutScope = Field(default=OptOutScope.ALL, sa_type=enum_text(OptOutScope))


class Contact(Table, table=True):
    """The number of SMS sent to a number in an hour since 1970; stored only while a frequency cap is set."""

    phone: int = Field(primary_key=True, sa_type=BIG_INTEGER, sa_column_kwargs={"autoincrement": False})
    hour: int = Field(primary_key=True)
    messages: int
    service: int = 0  # of them service messages
