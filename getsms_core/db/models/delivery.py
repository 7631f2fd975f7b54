"""The sending queue: chunks, their attempts and their messages."""

import sqlalchemy as sa
from sqlmodel import Field

from getsms_core.base.codes import AttemptOutcome, Encoding
from getsms_core.base.states import ChunkState, MessageState
from getsms_core.db.models.base import BIG_INTEGER, EnumText, Table, enum_text

CHUNK_QUEUED = sa.text("chunk.state = 'queued'")
CHUNK_SENDING = sa.text("chunk.state = 'sending'")
MESSAGE_UNCERTAIN = sa.text("message.state = 'uncertain'")
ATTEMPT_NOTHING_SENT = sa.text("attempt.outcome = 'nothing-left'")
"""Literal SQL: neither database uses a partial index for a state that comes as a parameter."""


class Chunk(Table, table=True):
    """At most 100 messages of one POST. This table is the queue; `attempt` guards the result of a claim."""

    id: int = Field(primary_key=True, sa_type=BIG_INTEGER, sa_column_kwargs={"autoincrement": False})
    campaign_id: int = Field(foreign_key="campaign.id")
    account_id: int
    first_id: int = Field(sa_type=BIG_INTEGER)
    last_id: int = Field(sa_type=BIG_INTEGER)
    messages: int
    state: ChunkState = Field(default=ChunkState.QUEUED, sa_type=enum_text(ChunkState))
    attempt: str | None = None
    attempts: int = 0
    worker_id: str | None = None
    claimed_at: int | None = Field(default=None, sa_type=BIG_INTEGER)
    deadline_at: int | None = Field(default=None, sa_type=BIG_INTEGER)
    not_before_at: int = Field(default=0, sa_type=BIG_INTEGER)
    code: str = ""
    detail: str = ""
    root_id: int | None = Field(
        default=None, sa_type=BIG_INTEGER
    )  # the chunk that was halved after error 201; see halving
    halvings: int | None = None  # how often the root chunk was halved to get this one

    __table_args__ = (
        sa.Index(
            "ix_chunk_root",
            "root_id",
            sqlite_where=sa.text("root_id IS NOT NULL"),
            postgresql_where=sa.text("root_id IS NOT NULL"),
        ),
        sa.Index(
            "ix_chunk_queued",
            "campaign_id",
            "id",
            sqlite_where=sa.text("state = 'queued'"),
            postgresql_where=sa.text("state = 'queued'"),
        ),
        sa.Index(
            "ix_chunk_sending",
            "account_id",
            "deadline_at",
            sqlite_where=sa.text("state = 'sending'"),
            postgresql_where=sa.text("state = 'sending'"),
        ),
    )


class Attempt(Table, table=True):
    """One attempt to POST a chunk: when, by which worker, and the result. Written with the result; never changed."""

    id: str = Field(primary_key=True)
    chunk_id: int = Field(sa_type=BIG_INTEGER, index=True)
    number: int
    worker_id: str
    started_at: int = Field(sa_type=BIG_INTEGER)
    ended_at: int = Field(sa_type=BIG_INTEGER)
    outcome: AttemptOutcome = Field(sa_type=EnumText(AttemptOutcome))
    code: str = ""
    detail: str = ""

    __table_args__ = (
        sa.Index(
            "ix_attempt_refused",
            "started_at",
            sqlite_where=sa.text("outcome = 'nothing-left'"),
            postgresql_where=sa.text("outcome = 'nothing-left'"),
        ),
    )


class Message(Table, table=True):
    """One SMS to one recipient of a campaign."""

    id: int = Field(primary_key=True, sa_type=BIG_INTEGER, sa_column_kwargs={"autoincrement": False})
    campaign_id: int
    chunk_id: int = Field(sa_type=BIG_INTEGER)
    row: int
    phone: int = Field(sa_type=BIG_INTEGER)
    text: str
    encoding: Encoding = Field(sa_type=EnumText(Encoding))
    parts: int
    price: int  # tiyin for all its parts
    number_range: int  # index into phone.RANGES
    variant: int | None = None  # 0 = A; None where the campaign has one text
    cut: int | None = None  # its values of the columns of `CutColumn`, see db.cut_codes; None where there are none
    state: MessageState = Field(default=MessageState.QUEUED, sa_type=enum_text(MessageState))
    reason: str | None = None
    request_id: str | None = None
    gateway_id: str | None = None
    left_at: int | None = Field(default=None, sa_type=BIG_INTEGER)
    settled_at: int | None = Field(default=None, sa_type=BIG_INTEGER)
    status_word: str | None = None
    billed_parts: int | None = None
    polls: int | None = None
    unanswered: int | None = None  # status calls without an answer since the end of the validity period
    next_poll_at: int | None = Field(default=None, sa_type=BIG_INTEGER)

    __table_args__ = (
        sa.Index(
            "ix_message_poll",
            "campaign_id",
            "next_poll_at",
            sqlite_where=sa.text("next_poll_at IS NOT NULL"),
            postgresql_where=sa.text("next_poll_at IS NOT NULL"),
        ),
        sa.Index(
            "ix_message_uncertain",
            "campaign_id",
            "id",
            sqlite_where=sa.text("state = 'uncertain'"),
            postgresql_where=sa.text("state = 'uncertain'"),
        ),
    )
