"""The tables. Instants are UTC milliseconds (`*_at`), money is tiyin, phones are integers 998XXXXXXXXX.

The models have a registry of their own, so that a page that Streamlit loads again does not define a table twice.
"""

from enum import Enum
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import registry
from sqlmodel import Field, SQLModel

from getsms_core.base.states import CampaignState, ChunkState, MessageState

SPAN = 1 << 24
"""Ids that a campaign owns: its messages and its chunks are numbered `campaign_id * SPAN + 1 ...`, 16.7 million at
most."""

BIG_INTEGER = sa.BigInteger().with_variant(
    sa.Integer, "sqlite"
)  # SQLite: only INTEGER makes the primary key the row id
NAMING_CONVENTION = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}


class Table(SQLModel, registry=registry(metadata=sa.MetaData(naming_convention=NAMING_CONVENTION))):
    """The base of every table here."""


def table(model: type[Table]) -> sa.Table:
    """The Core table behind a model, for the statements of the hot path: the ORM's own take several times as long."""
    found: sa.Table = model.metadata.tables[str(model.__tablename__)]
    return found


CHUNK_QUEUED = sa.text("chunk.state = 'queued'")
CHUNK_SENDING = sa.text("chunk.state = 'sending'")
MESSAGE_UNCERTAIN = sa.text("message.state = 'uncertain'")
ATTEMPT_NOTHING_SENT = sa.text("attempt.outcome = 'nothing-left'")
"""Written out, because neither database uses a partial index for a state that comes as a parameter."""


def enum_text(enum: type[Enum]) -> sa.Enum:
    """A text column that keeps an enum's values; SQLAlchemy's default keeps the member names."""
    return sa.Enum(
        enum, native_enum=False, length=20, create_constraint=False, values_callable=lambda e: [m.value for m in e]
    )


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


class Audit(Table, table=True):
    """Who did what, when: a row for every write that a person or the program decided."""

    id: int | None = Field(default=None, primary_key=True)
    at: int = Field(sa_type=BIG_INTEGER, index=True)
    actor: str
    action: str
    subject: str = Field(index=True)
    detail: dict[str, Any] = Field(default_factory=dict, sa_type=sa.JSON)


class Account(Table, table=True):
    """A gateway login. Its row carries the rate, so that the rate holds across all workers. The password is never
    here."""

    id: int | None = Field(default=None, primary_key=True)
    name: str = Field(unique=True)  # for people: "login@address", or "sandbox"
    login: str = Field(default="", sa_column_kwargs={"server_default": ""})  # identifies it; empty: the sandbox
    url: str
    sandbox: bool
    concurrency: int
    rate: float
    next_slot_us: int = Field(
        default=0, sa_type=BIG_INTEGER
    )  # UTC microseconds: at 300 a second a rounded millisecond costs 17 %
    failures: int = 0  # connections in a row that failed
    failed_at: int = Field(default=0, sa_type=BIG_INTEGER)
    policy: dict[str, Any] = Field(default_factory=dict, sa_type=sa.JSON)  # quiet hours and limits: policy.Policy
    created_at: int = Field(sa_type=BIG_INTEGER)


class Worker(Table, table=True):
    """A worker process and when it last gave a sign of life."""

    id: str = Field(primary_key=True)
    host: str
    pid: int
    process_started: str
    version: str
    polls: int = 0  # status calls in flight; with the chunks that are sending they make the requests of the account
    account_id: int = 0
    started_at: int = Field(sa_type=BIG_INTEGER)
    heartbeat_at: int = Field(sa_type=BIG_INTEGER)
    stopped_at: int | None = Field(default=None, sa_type=BIG_INTEGER)


class AppServer(Table, table=True):
    """An app server process, when it last gave a sign of life, and which server secret it has."""

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


class RequestResult(Table, table=True):
    """What a user's request made, so that a repeat of the request returns it instead of making it again."""

    __tablename__ = "request_result"
    requested_by: str = Field(primary_key=True)
    kind: str = Field(primary_key=True)  # "list" or "campaign"
    key: str = Field(primary_key=True)  # chosen by who asks: the id of an upload, of a click
    result_id: int = Field(sa_type=BIG_INTEGER)
    created_at: int = Field(sa_type=BIG_INTEGER)


class RecipientList(Table, table=True):
    """A recipient list: the file as it came, what was asked of it, and what the check found. Immutable once ready."""

    __tablename__ = "recipient_list"
    id: int | None = Field(default=None, primary_key=True)
    name: str
    filename: str
    sha256: str
    size: int = Field(sa_type=BIG_INTEGER)
    state: str = "waiting"  # waiting -> checking -> ready | failed
    code: str = ""
    message: str = ""
    options: dict[str, Any] = Field(default_factory=dict, sa_type=sa.JSON)
    tags: list[str] = Field(default_factory=list, sa_type=sa.JSON)
    origin: str = ""  # how it was made from other lists, in words
    facts: dict[str, Any] = Field(default_factory=dict, sa_type=sa.JSON)
    counts: dict[str, Any] = Field(default_factory=dict, sa_type=sa.JSON)
    worker_id: str | None = None
    created_at: int = Field(sa_type=BIG_INTEGER)
    created_by: str
    ready_at: int | None = Field(default=None, sa_type=BIG_INTEGER)


class ListFile(Table, table=True):
    """The uploaded bytes of a list that waits for its check, in parts; in the database because a worker may be another
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

    id: int | None = Field(default=None, primary_key=True)
    name: str
    name_key: str = Field(unique=True)  # the name without case, as it is looked up
    condition: str  # contacts.conditions.to_json
    created_at: int = Field(sa_type=BIG_INTEGER)
    created_by: str


class OptOut(Table, table=True):
    """A number that nothing is sent to."""

    __tablename__ = "opt_out"
    phone: int = Field(primary_key=True, sa_type=BIG_INTEGER, sa_column_kwargs={"autoincrement": False})
    source: str
    reason: str = ""
    created_at: int = Field(sa_type=BIG_INTEGER)
    created_by: str


class Template(Table, table=True):
    """A saved text. A version never changes once it is submitted; `approved` may be sent, `refused` says why not."""

    __table_args__ = (sa.UniqueConstraint("name", "version"),)
    id: int | None = Field(default=None, primary_key=True)
    name: str
    version: int
    text: str
    category: str = "service"  # service, advertising
    language: str = "uz"
    state: str = "draft"  # draft -> submitted -> approved | refused
    reason: str = ""
    created_at: int = Field(sa_type=BIG_INTEGER)
    created_by: str
    decided_at: int | None = Field(default=None, sa_type=BIG_INTEGER)
    decided_by: str | None = None


class PriceRule(Table, table=True):
    """What a part costs from a date on. An empty word or NULL means any; the rule that names most wins, then the
    newest."""

    __tablename__ = "price_rule"
    id: int | None = Field(default=None, primary_key=True)
    account_id: int | None = Field(default=None, foreign_key="account.id")
    sender: str = ""
    number_range: str = ""
    category: str = ""
    from_at: int = Field(sa_type=BIG_INTEGER)
    price: int  # tiyin a part
    created_at: int = Field(sa_type=BIG_INTEGER)
    created_by: str


class Contact(Table, table=True):
    """How many SMS left to a number in an hour since 1970; kept only while a frequency cap is set."""

    phone: int = Field(primary_key=True, sa_type=BIG_INTEGER, sa_column_kwargs={"autoincrement": False})
    hour: int = Field(primary_key=True)
    messages: int


class Campaign(Table, table=True):
    """One text to one checked list, from one sender name."""

    id: int | None = Field(default=None, primary_key=True)
    name: str
    state: CampaignState = Field(default=CampaignState.DRAFT, sa_type=enum_text(CampaignState))
    code: str = ""  # why it is paused: a stable code, worded where it is shown
    reason: str = ""
    text: str = ""
    sender: str = ""
    category: str = "service"
    mend_values: bool = False
    variants: list[dict[str, Any]] = Field(default_factory=list, sa_type=sa.JSON)  # the texts after A, with shares
    is_test: bool = False
    account_id: int = Field(foreign_key="account.id")
    list_id: int | None = Field(default=None, foreign_key="recipient_list.id")
    priority: int = 0
    chunk_size: int = 100
    price: int = 0  # tiyin a part when it was made
    template_id: int | None = Field(default=None, foreign_key="template.id")
    spend_limit: int | None = Field(default=None, sa_type=BIG_INTEGER)  # tiyin; what would cost more pauses it
    ends_at: int | None = Field(default=None, sa_type=BIG_INTEGER)  # what has not left by then is not sent
    refusals: int = 0  # messages in a row that the gateway rejected
    doubts: int = 0  # messages in a row whose answers were lost
    prepared: str = ""  # "" -> asked -> preparing -> ready: whether its messages exist
    worker_id: str | None = None
    messages: int = 0
    parts: int = 0
    cost: int = Field(default=0, sa_type=BIG_INTEGER)  # tiyin
    excluded: dict[str, int] = Field(default_factory=dict, sa_type=sa.JSON)  # reason: recipients without a message
    condition: str = ""  # contacts.conditions.to_json: which recipients of the list; empty: all
    condition_day: str = ""  # YYYY-MM-DD that its birthdays count from, once the messages are made
    created_at: int = Field(sa_type=BIG_INTEGER)
    created_by: str
    erasing: str = ""  # "" -> asked -> erasing -> done: whether its texts and numbers are gone
    erased_at: int | None = Field(default=None, sa_type=BIG_INTEGER)
    started_by: str = ""  # who asked for the sending; another person approves it where the rule asks for that
    approved_by: str = ""
    approved_at: int | None = Field(default=None, sa_type=BIG_INTEGER)
    approved_terms: dict[str, Any] | None = Field(default=None, sa_type=sa.JSON(none_as_null=True))  # approval_terms
    scheduled_at: int | None = Field(default=None, sa_type=BIG_INTEGER)
    started_at: int | None = Field(default=None, sa_type=BIG_INTEGER)
    finished_at: int | None = Field(default=None, sa_type=BIG_INTEGER)

    __table_args__ = (
        sa.Index(
            "ix_campaign_open",
            "account_id",
            "state",
            sqlite_where=sa.text("state IN ('running', 'scheduled')"),
            postgresql_where=sa.text("state IN ('running', 'scheduled')"),
        ),
    )


class Chunk(Table, table=True):
    """At most 100 messages that leave in one POST. This table is the queue; `attempt` guards the result of a claim."""

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
    halvings: int | None = None  # how often that one was halved to get this one

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
    """One try to hand a chunk over: when, by whom, what came back. Written with the result; never changed."""

    id: str = Field(primary_key=True)
    chunk_id: int = Field(sa_type=BIG_INTEGER, index=True)
    number: int
    worker_id: str
    started_at: int = Field(sa_type=BIG_INTEGER)
    ended_at: int = Field(sa_type=BIG_INTEGER)
    outcome: str  # accepted, part, nothing-left, uncertain, late
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
    encoding: str
    parts: int
    price: int  # tiyin for all its parts
    number_range: int  # index into phone.RANGES
    variant: int | None = None  # 0 = A; None where the campaign has one text
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


class Receipt(Table, table=True):
    """What the gateway said of a message; a row is added when what it says changes. `part` is empty for the record that
    carries the message's own ids; a message with several records has a name for each other one."""

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
    """A status record that belongs to no message, once, however often the gateway repeats it."""

    __tablename__ = "set_aside"

    campaign_id: int = Field(primary_key=True)
    fingerprint: str = Field(primary_key=True)
    reason: str  # a code: receipts.REASONS
    request_id: str
    status: str
    at: int = Field(sa_type=BIG_INTEGER)
    times: int


class StatusFault(Table, table=True):
    """Status calls of a campaign that brought no receipts, by their code; the row goes when one brings some again."""

    __tablename__ = "status_fault"

    campaign_id: int = Field(primary_key=True)
    code: str = Field(primary_key=True)
    detail: str
    calls: int
    since_at: int = Field(sa_type=BIG_INTEGER)
    last_at: int = Field(sa_type=BIG_INTEGER)


class RollUp(Table, table=True):
    """The roll-up that every chart reads, kept in the transaction that changes the messages it counts.

    `hour` is the hour since 1970 in which the messages left (0 = they never did), so that an hour is a cohort: its
    messages move between states and stay in it."""

    __tablename__ = "tally"
    campaign_id: int = Field(primary_key=True)
    hour: int = Field(primary_key=True, index=True)
    number_range: int = Field(primary_key=True)
    state: MessageState = Field(primary_key=True, sa_type=enum_text(MessageState))
    messages: int
    parts: int = Field(sa_type=BIG_INTEGER)
    cost: int = Field(sa_type=BIG_INTEGER)  # tiyin
    billed_parts: int = Field(default=0, sa_type=BIG_INTEGER)
    billed_messages: int = Field(default=0, sa_type=BIG_INTEGER)  # messages whose receipts name a count of parts
    expected_parts: int = Field(default=0, sa_type=BIG_INTEGER)  # the parts that were predicted for those messages
    counted: int = Field(default=0, sa_type=BIG_INTEGER, sa_column_kwargs={"server_default": "0"})
    """Those of `messages` that a person counted as sent: they have no id, so no receipt of theirs can come."""


class VariantRollUp(Table, table=True):
    """The same roll-up by the variants of a campaign that has several texts."""

    __tablename__ = "variant_tally"

    campaign_id: int = Field(primary_key=True)
    variant: int = Field(primary_key=True)
    state: MessageState = Field(primary_key=True, sa_type=enum_text(MessageState))
    messages: int
    parts: int = Field(sa_type=BIG_INTEGER)
    cost: int = Field(sa_type=BIG_INTEGER)  # tiyin
    billed_parts: int = Field(default=0, sa_type=BIG_INTEGER)
    billed_messages: int = Field(default=0, sa_type=BIG_INTEGER)  # messages whose receipts name a count of parts
    expected_parts: int = Field(default=0, sa_type=BIG_INTEGER)  # the parts that were predicted for those messages
    counted: int = Field(default=0, sa_type=BIG_INTEGER, sa_column_kwargs={"server_default": "0"})
    """Those of `messages` that a person counted as sent: they have no id, so no receipt of theirs can come."""


class Response(Table, table=True):
    """A recipient who responded: bought, called, clicked; uploaded by phone number, kept by message."""

    message_id: int = Field(primary_key=True, sa_type=BIG_INTEGER, sa_column_kwargs={"autoincrement": False})
    campaign_id: int
    variant: int | None = None
    created_at: int = Field(sa_type=BIG_INTEGER)
    created_by: str

    __table_args__ = (sa.Index("ix_response_campaign", "campaign_id", "variant"),)


class DeliveryTimeRollUp(Table, table=True):
    """Histogram of the time to delivery: buckets of a log scale, 8 an octave of seconds."""

    __tablename__ = "delay"
    campaign_id: int = Field(primary_key=True)
    number_range: int = Field(primary_key=True)
    bucket: int = Field(primary_key=True)
    messages: int


class HourlyDeliveryTimeRollUp(Table, table=True):
    """The same by the hour in which the messages left, as in Tally, for questions with a period. Over all time it would
    be six times as slow as `DeliveryTimeRollUp`: 370 ms for 10 million messages."""

    __tablename__ = "hour_delay"

    campaign_id: int = Field(primary_key=True)
    hour: int = Field(primary_key=True)
    number_range: int = Field(primary_key=True)
    bucket: int = Field(primary_key=True)
    messages: int


class Export(Table, table=True):
    """A file that the worker makes."""

    id: int | None = Field(default=None, primary_key=True)
    name: str
    format: str
    question: dict[str, Any] = Field(default_factory=dict, sa_type=sa.JSON)
    state: str = "waiting"  # waiting -> making -> ready | failed
    message: str = ""
    rows: int = 0
    size: int = Field(default=0, sa_type=BIG_INTEGER)
    path: str = ""
    worker_id: str | None = None
    created_at: int = Field(sa_type=BIG_INTEGER)
    created_by: str
    ready_at: int | None = Field(default=None, sa_type=BIG_INTEGER)


class SavedReport(Table, table=True):
    """A report that is made again and again, or the watch that mails what got worse."""

    __tablename__ = "saved_report"

    id: int | None = Field(default=None, primary_key=True)
    kind: str = "report"  # or "watch"
    name: str
    plan: dict[str, Any] = Field(default_factory=dict, sa_type=sa.JSON)
    paused: bool = False
    state: str = "idle"  # idle -> asked -> making -> idle
    code: str = ""  # how the last run went: "" is well
    message: str = ""
    worker_id: str | None = None
    next_at: int | None = Field(default=None, sa_type=BIG_INTEGER)
    last_at: int | None = Field(default=None, sa_type=BIG_INTEGER)
    created_at: int = Field(sa_type=BIG_INTEGER)
    created_by: str


class Alert(Table, table=True):
    """Something that got worse, last seen `at`: told once while it lasts. Not told yet where `again_at` says when its
    mail, which failed `tries` times, is tried again."""

    key: str = Field(primary_key=True)
    at: int = Field(sa_type=BIG_INTEGER)
    tries: int = 0
    again_at: int | None = Field(default=None, sa_type=BIG_INTEGER)
