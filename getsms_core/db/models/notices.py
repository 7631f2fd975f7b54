"""Notices to users, and which of them each user wants."""

from typing import Any

import sqlalchemy as sa
from sqlmodel import Field

from getsms_core.base import reasons
from getsms_core.base.codes import NoticeEvent
from getsms_core.db.models.base import BIG_INTEGER, EnumText, Table


class Notice(Table, table=True):
    """Something that one user is notified of, once: `key` names the event, and a user has one notice of a key.

    `in_app`: it counts in the app. `mail_at`: when its e-mail is due; NULL where none was chosen, or it was sent
    (`mailed_at`) or given up. The facts are the event, its campaign and `params`; the words are made when shown."""

    id: int | None = Field(default=None, primary_key=True)
    user_id: int = Field(foreign_key="person.id")
    event: NoticeEvent = Field(sa_type=EnumText(NoticeEvent))
    key: str
    campaign_id: int | None = None
    params: dict[str, Any] = Field(default_factory=dict, sa_type=sa.JSON)
    in_app: bool = True
    created_at: int = Field(sa_type=BIG_INTEGER)
    read_at: int | None = Field(default=None, sa_type=BIG_INTEGER)
    mail_at: int | None = Field(default=None, sa_type=BIG_INTEGER)
    mail_tries: int = 0
    mailed_at: int | None = Field(default=None, sa_type=BIG_INTEGER)

    __table_args__ = (
        sa.UniqueConstraint("user_id", "key"),
        sa.Index(
            "ix_notice_unread",
            "user_id",
            sqlite_where=sa.text("read_at IS NULL"),
            postgresql_where=sa.text("read_at IS NULL"),
        ),
        sa.Index(
            "ix_notice_mail",
            "mail_at",
            sqlite_where=sa.text("mail_at IS NOT NULL"),
            postgresql_where=sa.text("mail_at IS NOT NULL"),
        ),
    )


class NoticeChoice(Table, table=True):
    """The events and ways that a user chose from `offered_events`; a user without a row has the defaults of the role,
    and so has every user for an event that was not offered yet. `mail_code`: why the last e-mail failed, "" where it
    did not."""

    __tablename__ = "notice_choice"
    user_id: int = Field(primary_key=True, foreign_key="person.id", sa_column_kwargs={"autoincrement": False})
    email: str = ""
    app_events: list[str] = Field(default_factory=list, sa_type=sa.JSON)
    mail_events: list[str] = Field(default_factory=list, sa_type=sa.JSON)
    offered_events: list[str] = Field(default_factory=list, sa_type=sa.JSON, sa_column_kwargs={"server_default": "[]"})
    own_only: bool = True
    mail_code: str = ""
    mail_params: dict[str, Any] | None = Field(default=None, sa_type=sa.JSON(none_as_null=True))
    changed_at: int = Field(sa_type=BIG_INTEGER)

    @property
    def mail_failure(self) -> str:
        """Why the last e-mail failed, in the language of this context; "" where it did not."""
        return reasons.words(self.mail_code, self.mail_params) if self.mail_code else ""
