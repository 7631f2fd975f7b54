"""Domain errors: one exception type with a code for scripts and a message for users.

DomainError       the request is valid but not allowed or not possible; nothing was changed
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


class SettingsError(DomainError):
    """A setting is missing, unknown or malformed. The message names the setting, never a secret's value."""


def os_reason(error: OSError) -> str:
    """Return why an operation on a file or port failed, as a phrase for users. Arrow's own message names a temporary
    file, asyncio's shows a tuple."""
    if error.errno in _REASONS:
        return _(_REASONS[error.errno])
    return os.strerror(error.errno) if error.errno else error.strerror or type(error).__name__
