"""Domain errors: an exception with a code for scripts and a message for users.

DomainError       the request cannot be done; nothing was changed
├─ NotAllowed     the user's role does not have the right
├─ NotFound       what the request names does not exist
├─ Conflict       it exists, but its present state does not permit the request
├─ Invalid        a value of the request is malformed, too long or out of range
├─ Unavailable    the database or the disk cannot do it now; trying again later may help
└─ SettingsError  a setting or the environment is wrong; names the setting

An error that a background job may meet, or that is stored in another way, is made from a code and parameters with `of`:
its sentence is made when it is shown. The other ones hold their sentence.
"""

import errno
import os
from typing import Any, Self

from getsms_core.base import reasons


class DomainError(Exception):
    """An error with a stable `code` (kebab-case, for scripts) and a translated `message` that says what is wrong,
    where (row, column, setting) and what to do. Raised before anything is changed, so that nothing is half done."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.reason = reasons.from_text(code, message)

    @classmethod
    def of(cls, code: str, /, **params: Any) -> Self:
        """Return the error whose sentence is the entry `code` (or `code/case`) of `base.reasons`."""
        return cls.because(reasons.reason(code, **params))

    @classmethod
    def because(cls, reason: reasons.Reason) -> Self:
        """Return the error with this reason, such as a stored one."""
        error = cls(reason.code, reason.words())
        error.reason = reason
        return error

    @property
    def message(self) -> str:
        """The sentence, in the language of this context where the error was made by `of`."""
        return self.reason.words()


class NotAllowed(DomainError):
    """The user's role does not have the right. Checked when the action happens."""


class NotFound(DomainError):
    """What the request names (a campaign, a list, a user …) does not exist."""


class Conflict(DomainError):
    """The thing exists, but its present state does not permit the request."""


class Invalid(DomainError):
    """A value of the request is malformed, too long or out of range."""


class Unavailable(DomainError):
    """The database or the disk cannot do it now. Nothing was changed; trying again later may help."""


class SettingsError(DomainError):
    """A setting is missing, unknown or malformed. The message names the setting, never a secret's value."""


def os_cause(error: OSError) -> reasons.Reason:
    """Return why an operation on a file or port failed. Arrow's own message names a temporary file, asyncio's shows a
    tuple."""
    name = errno.errorcode.get(error.errno or 0, "")
    if f"file/{name}" in reasons.SENTENCES:
        return reasons.reason("file", case=name)
    return reasons.from_text(
        "file", os.strerror(error.errno) if error.errno else error.strerror or type(error).__name__
    )


def os_reason(error: OSError) -> str:
    """Return `os_cause` as a phrase for users."""
    return os_cause(error).words()
