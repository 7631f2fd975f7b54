"""Campaigns and the responses of their recipients."""

from typing import Any

import sqlalchemy as sa
from sqlmodel import Field

from getsms_core.base.codes import Erasure
from getsms_core.base.kinds import ExcludedReason, MessageKind
from getsms_core.base.reasons import Reason, stored_reason
from getsms_core.base.states import CampaignState, ExclusionCheck, Preparation
from getsms_core.db.models.base import BIG_INTEGER, IDS_ONCE, EnumText, Table, enum_text


class Campaign(Table, table=True):
    """One text to one checked list, from one sender name."""

    id: int | None = Field(default=None, primary_key=True)
    name: str
    state: CampaignState = Field(default=CampaignState.DRAFT, sa_type=enum_text(CampaignState))
    code: str = ""  # why it is paused, or a draft again: the code of a reason
    reason: str = ""  # the sentence of a release before 0.2; `why` is the reason
    reason_params: dict[str, Any] | None = Field(default=None, sa_type=sa.JSON(none_as_null=True))
    text: str = ""
    sender: str = ""
    category: MessageKind = Field(default=MessageKind.SERVICE, sa_type=EnumText(MessageKind))
    mend_values: bool = False
    variants: list[dict[str, Any]] = Field(default_factory=list, sa_type=sa.JSON)  # the texts after A, with shares
    is_test: bool = False
    account_id: int = Field(foreign_key="account.id")
    list_id: int | None = Field(default=None, foreign_key="recipient_list.id")
    priority: int = 0
    chunk_size: int = 100
    price: int = 0  # tiyin a part when it was created
    template_id: int | None = Field(default=None, foreign_key="template.id")
    spend_limit: int | None = Field(default=None, sa_type=BIG_INTEGER)  # tiyin; it is paused before it would cost more
    ends_at: int | None = Field(default=None, sa_type=BIG_INTEGER)  # messages not sent by then are cancelled
    refusals: int = 0  # consecutive messages that the gateway rejected
    doubts: int = 0  # consecutive messages whose answers were lost
    prepared: Preparation = Field(default=Preparation.NONE, sa_type=EnumText(Preparation))
    worker_id: str | None = None  # while it is preparing: the token of the build, see campaigns.build
    messages: int = 0
    parts: int = 0
    cost: int = Field(default=0, sa_type=BIG_INTEGER)  # tiyin
    text_column: str = ""  # the list's column whose values the variants have; empty: one text, or an A/B test
    exclusions: dict[str, Any] = Field(default_factory=dict, sa_type=sa.JSON)  # db.documents.Exclusions
    control: int = 0  # hundredths of a percent of the recipients who are held out; 0: no control group
    control_seed: int = 0  # of the draw
    exclusion_check: ExclusionCheck = Field(default=ExclusionCheck.DONE, sa_type=EnumText(ExclusionCheck))
    cuts: list[str] = Field(default_factory=list, sa_type=sa.JSON)  # columns of the list that get roll-ups
    condition: str = ""  # contacts.conditions.to_json: which recipients of the list; empty: all
    condition_day: str = ""  # YYYY-MM-DD that its birthdays count from, once the messages are made
    created_at: int = Field(sa_type=BIG_INTEGER)
    created_by: str
    numbers_indexed: bool = Field(default=False)  # the numbers of its messages are in MessageNumbers
    erasing: Erasure = Field(default=Erasure.NONE, sa_type=EnumText(Erasure))
    erased_at: int | None = Field(default=None, sa_type=BIG_INTEGER)
    started_by: str = ""  # who started it; another user approves it if the account's rule requires that
    approved_by: str = ""
    approved_at: int | None = Field(default=None, sa_type=BIG_INTEGER)
    approved_terms: dict[str, Any] | None = Field(default=None, sa_type=sa.JSON(none_as_null=True))  # approval_terms
    scheduled_at: int | None = Field(default=None, sa_type=BIG_INTEGER)
    started_at: int | None = Field(default=None, sa_type=BIG_INTEGER)
    finished_at: int | None = Field(default=None, sa_type=BIG_INTEGER)
    archived_at: int | None = Field(default=None, sa_type=BIG_INTEGER)  # it is not in the list of campaigns

    __table_args__ = (
        sa.Index(
            "ix_campaign_open",
            "account_id",
            "state",
            sqlite_where=sa.text("state IN ('running', 'scheduled')"),
            postgresql_where=sa.text("state IN ('running', 'scheduled')"),
        ),
        IDS_ONCE,
    )

    @property
    def why(self) -> Reason | None:
        """Why it is paused, or a draft again; None without a reason."""
        return stored_reason(self.code, self.reason_params, self.reason)

    @property
    def why_words(self) -> str:
        """The sentence of `why` in the language of this context; empty without a reason."""
        return self.why.words() if self.why else ""

    def because(self, reason: Reason | None) -> None:
        """Store why it is paused, or a draft again; None: it is neither any more."""
        for column, value in reason_values(reason).items():
            setattr(self, column, value)


def reason_values(reason: Reason | None) -> dict[str, Any]:
    """Return the values of a campaign's columns that hold its reason, for an UPDATE."""
    params = None if reason is None else dict(reason.params)
    return {"code": reason.code if reason else "", "reason": "", "reason_params": params}


class Excluded(Table, table=True):
    """A recipient of a campaign's list who gets no message of it, and why. `position` counts the accepted recipients
    of the list from 1: two of them have one `row` where a cell held two numbers. `phone` is NULL once it is erased."""

    campaign_id: int = Field(primary_key=True)
    position: int = Field(primary_key=True)
    row: int
    phone: int | None = Field(default=None, sa_type=BIG_INTEGER)
    reason: ExcludedReason = Field(sa_type=enum_text(ExcludedReason))


class ExcludedRollUp(Table, table=True):
    """How many recipients of a campaign have each reason; kept in the transaction that makes its messages ready. To
    count `Excluded` for every campaign of a chart would read millions of rows."""

    __tablename__ = "excluded_rollup"
    campaign_id: int = Field(primary_key=True)
    reason: ExcludedReason = Field(primary_key=True, sa_type=enum_text(ExcludedReason))
    recipients: int


NEVER_REPLACED = 2**31 - 1


class Response(Table, table=True):
    """A recipient who responded (bought, called, clicked): uploaded by phone number or client key, stored by message.
    `amount` (tiyin) and `responded_at` are NULL where the upload did not name them; of several rows of one recipient
    the amounts are added and the first time counts. The upload `version` of the campaign wrote this row, and the upload
    `replaced_in` wrote another one for the same message: read it with `response_versions.published`."""

    message_id: int = Field(primary_key=True, sa_type=BIG_INTEGER, sa_column_kwargs={"autoincrement": False})
    version: int = Field(default=0, primary_key=True, sa_column_kwargs={"autoincrement": False})
    replaced_in: int = NEVER_REPLACED
    campaign_id: int
    variant: int | None = None
    created_at: int = Field(sa_type=BIG_INTEGER)
    created_by: str
    amount: int | None = Field(default=None, sa_type=BIG_INTEGER)
    responded_at: int | None = Field(default=None, sa_type=BIG_INTEGER)

    __table_args__ = (sa.Index("ix_response_campaign", "campaign_id", "variant"),)


class ResponseEvent(Table, table=True):
    """A row of an upload of responses. `recipient` is the id of a message, or minus the `position` (as in `Excluded`)
    of a member of the control group; `responded_at` (UTC ms) and `amount` (tiyin) are -1 where the row does not name
    them; `ordinal` tells equal rows of one upload apart. Read it with `response_versions.published`."""

    __tablename__ = "response_event"
    campaign_id: int = Field(primary_key=True)
    recipient: int = Field(primary_key=True, sa_type=BIG_INTEGER)
    responded_at: int = Field(primary_key=True, sa_type=BIG_INTEGER)
    amount: int = Field(primary_key=True, sa_type=BIG_INTEGER)
    ordinal: int = Field(primary_key=True)
    version: int = Field(default=0, primary_key=True)
    created_at: int = Field(sa_type=BIG_INTEGER)
    created_by: str


class ResponseVersion(Table, table=True):
    """Which uploads of responses to a campaign count: the versions `oldest` to `newest`; without a row all of them. The
    upload `writing` is the last one that began: by `writer`, who wrote at `touched_at`. Not `clean`: rows of an upload
    that did not end, or that an upload replaced, are still stored."""

    __tablename__ = "response_version"
    campaign_id: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    oldest: int = 0
    newest: int = 0
    writing: int = 0
    writer: str = ""
    touched_at: int = Field(default=0, sa_type=BIG_INTEGER)
    clean: bool = True


class ResponseUpload(Table, table=True):
    """A file of responses that a worker matches to a campaign. `result` is the outcome once it is done; `error_code`
    says why it was not. Its file is deleted when it ends, `unused` (the rows that are not counted, as compressed JSON)
    with the next upload or when the campaign's numbers are erased."""

    __tablename__ = "response_upload"
    __table_args__ = IDS_ONCE
    id: int | None = Field(default=None, primary_key=True)
    campaign_id: int = Field(index=True)
    filename: str
    options: dict[str, Any] = Field(default_factory=dict, sa_type=sa.JSON)  # columns, replace
    result: dict[str, Any] | None = Field(default=None, sa_type=sa.JSON(none_as_null=True))
    unused: bytes | None = None
    error_code: str = ""
    created_at: int = Field(sa_type=BIG_INTEGER)
    created_by: str
    ended_at: int | None = Field(default=None, sa_type=BIG_INTEGER)


class ResponseUploadPart(Table, table=True):
    """The bytes of an uploaded file of responses, in parts; in the database because the worker may run on another
    host."""

    __tablename__ = "response_upload_part"
    upload_id: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    number: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    data: bytes


class CampaignTag(Table, table=True):
    """A word by which users find campaigns that belong together."""

    __tablename__ = "campaign_tag"
    campaign_id: int = Field(primary_key=True)
    tag: str = Field(primary_key=True, index=True)
