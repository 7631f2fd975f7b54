"""What a person asked for and cannot have: one exception type, a code for scripts and a sentence for people.

Refused            the request is understood and refused; nothing was changed
└─ SettingsRefused a setting or the environment is wrong; names the setting
"""

import errno
import os

from getsms_core.base.i18n import N_, _

_REASONS = {
    errno.ENOENT: N_("its folder does not exist"),
    errno.ENOTDIR: N_("its folder does not exist"),
    errno.EACCES: N_("this user has no right to"),
    errno.EPERM: N_("this user has no right to"),
    errno.EROFS: N_("it lies on a disk that is read-only"),
    errno.ENOSPC: N_("the disk is full"),
    errno.EDQUOT: N_("the disk is full"),
    errno.EISDIR: N_("it is a folder"),
    errno.ENAMETOOLONG: N_("its name is too long"),
    errno.EADDRINUSE: N_("another program has it"),
    errno.EADDRNOTAVAIL: N_("the address is none of this computer"),
}


class DomainError(Exception):
    """A refusal with a stable `code` (kebab-case, for scripts) and a translated `message` that says what is wrong,
    where (row, column, setting) and what to do. Raised before anything is changed, so that nothing is half done."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


class SettingsError(DomainError):
    """A setting is missing, unknown or malformed. The message names the setting, never a secret's value."""


def os_reason(error: OSError) -> str:
    """Why the system did not do what was asked with a file or a port, for people; Arrow's own words name a file of
    ours, asyncio's a tuple."""
    if error.errno in _REASONS:
        return _(_REASONS[error.errno])
    return os.strerror(error.errno) if error.errno else error.strerror or type(error).__name__
