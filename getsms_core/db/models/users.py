"""Users who sign in, their sessions, sign-in attempts, one-time links and second factors."""

import sqlalchemy as sa
from sqlmodel import Field

from getsms_core.base.codes import Language, Pending, SessionEnd
from getsms_core.base.permissions import Role
from getsms_core.db.models.base import BIG_INTEGER, EnumText, Table


class User(Table, table=True):
    """Someone who may sign in."""

    __tablename__ = "person"
    id: int | None = Field(default=None, primary_key=True)
    name: str = Field(unique=True)
    password_hash: str  # "" = none yet: the user was invited
    role: Role = Field(sa_type=EnumText(Role))
    language: Language = Field(default=Language.EN, sa_type=EnumText(Language))
    created_at: int = Field(sa_type=BIG_INTEGER)
    created_by: str
    disabled_at: int | None = Field(default=None, sa_type=BIG_INTEGER)
    totp_secret: str = ""  # encrypted with a key from the server secret; "" = no second factor
    totp_step: int = Field(default=0, sa_type=BIG_INTEGER)  # the 30-second step of the last accepted code
    name_key: str | None = Field(default=None, unique=True, index=True)
    """The name as names are compared, `users.identity.folded`. NULL: a process of release 0.1 added the user, or the
    key belonged to another."""
    first_key: int | None = Field(default=None, unique=True, index=True)  # 1 for the first user, so that it is one


class SignInSession(Table, table=True):
    """A sign-in on one browser, until it ends."""

    __tablename__ = "sign_in_session"
    id: str = Field(primary_key=True)
    user_id: int = Field(foreign_key="person.id", index=True)
    created_at: int = Field(sa_type=BIG_INTEGER)
    seen_at: int = Field(sa_type=BIG_INTEGER)
    address: str = ""
    user_agent: str = ""
    pending: Pending = Field(default=Pending.NOTHING, sa_type=EnumText(Pending))  # the second factor is missing
    ended_at: int | None = Field(default=None, sa_type=BIG_INTEGER)
    end_reason: SessionEnd = Field(default=SessionEnd.NONE, sa_type=EnumText(SessionEnd))


class SignInAttempt(Table, table=True):
    """An attempt that counts towards a limit: written before the password is verified, deleted when it was right."""

    __tablename__ = "sign_in_attempt"
    id: int | None = Field(default=None, primary_key=True)
    at: int = Field(sa_type=BIG_INTEGER, index=True)
    name_key: str
    network: str


class RememberedChoice(Table, table=True):
    """What a user chose last on a page, such as the columns of a file, by the name of the choice; also what they typed
    for a campaign, see `campaigns.draft_input`."""

    __tablename__ = "remembered_choice"
    user_name: str = Field(primary_key=True)
    name: str = Field(primary_key=True)
    value: list[str] = Field(sa_type=sa.JSON)


class OneTimeLink(Table, table=True):
    """A link with which a user chooses a password, once."""

    __tablename__ = "one_time_link"
    id: int | None = Field(default=None, primary_key=True)
    user_id: int = Field(foreign_key="person.id", index=True)
    token_hash: str = Field(unique=True)
    created_at: int = Field(sa_type=BIG_INTEGER)
    created_by: str
    expires_at: int = Field(sa_type=BIG_INTEGER)
    used_at: int | None = Field(default=None, sa_type=BIG_INTEGER)


class RecoveryCode(Table, table=True):
    """A code that replaces the second factor, once."""

    __tablename__ = "recovery_code"
    id: int | None = Field(default=None, primary_key=True)
    user_id: int = Field(foreign_key="person.id", index=True)
    code_hash: str
    used_at: int | None = Field(default=None, sa_type=BIG_INTEGER)


class TwoFactorRole(Table, table=True):
    """A role whose users must sign in with a second factor."""

    __tablename__ = "two_factor_role"
    role: Role = Field(primary_key=True, sa_type=EnumText(Role))
    since_at: int = Field(sa_type=BIG_INTEGER)
    required_by: str
