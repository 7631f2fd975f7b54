"""Domain errors: an exception with a code for scripts and a message for users.

DomainError       the request cannot be done; nothing was changed
├─ NotAllowed     the user's role does not have the right
├─ NotFound       what the request names does not exist
├─ Conflict       it exists, but its present state does not permit the request
├─ Invalid        a value of the request is malformed, too long or out of range
├─ Unavailable    the database or the disk cannot do it now; trying again later may help
└─ SettingsError  a setting or the environment is wrong; names the setting
"""

import errno
import os

from getsms_core.base.i18n import N_, _

_REASONS = {
    errno.ENOENT: N_("its folder does not exist"),
    errno.ENOTDIR: N_("its folder does not exist"),
    errno.EACCES: N_("permission denied"),
    errno.EPERM: N_("permission denied"),
    errno.EROFS: N_("the disk is read-only"),
    errno.ENOSPC: N_("the disk is full"),
    errno.EDQUOT: N_("the disk is full"),
    errno.EISDIR: N_("it is a folder"),
    errno.ENAMETOOLONG: N_("its name is too long"),
    errno.EADDRINUSE: N_("another program uses it"),
    errno.EADDRNOTAVAIL: N_("this computer does not have this address"),
}


class DomainError(Exception):
    """An error with a stable `code` (kebab-case, for scripts) and a translated `message` that says what is wrong,
    where (row, column, setting) and what to do. Raised before anything is changed, so that nothing is half done."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


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


def os_reason(error: OSError) -> str:
    """Return why an operation on a file or port failed, as a phrase for users. Arrow's own message names a temporary
    file, asyncio's shows a tuple."""
    if error.errno in _REASONS:
        return _(_REASONS[error.errno])
    return os.strerror(error.errno) if error.errno else error.strerror or type(error).__name__
