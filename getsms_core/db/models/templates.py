"""Saved texts."""

import sqlalchemy as sa
from sqlmodel import Field

from getsms_core.base.codes import Language
from getsms_core.base.kinds import MessageKind
from getsms_core.base.work_states import TemplateState
from getsms_core.db.models.base import BIG_INTEGER, IDS_ONCE, EnumText, Table


class Template(Table, table=True):
    """A saved text. A version never changes once it is submitted; `approved` may be sent, `refused` says why not."""

    __table_args__ = (sa.UniqueConstraint("name", "version"), IDS_ONCE)
    id: int | None = Field(default=None, primary_key=True)
    name: str
    version: int
    text: str
    category: MessageKind = Field(default=MessageKind.SERVICE, sa_type=EnumText(MessageKind))
    language: Language = Field(default=Language.UZ, sa_type=EnumText(Language))
    state: TemplateState = Field(default=TemplateState.DRAFT, sa_type=EnumText(TemplateState))
    reason: str = ""
    created_at: int = Field(sa_type=BIG_INTEGER)
    created_by: str
    decided_at: int | None = Field(default=None, sa_type=BIG_INTEGER)
    decided_by: str | None = None
