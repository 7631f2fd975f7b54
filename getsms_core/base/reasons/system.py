"""Sentences about the computer, the database and background work."""

from getsms_core.base.i18n import N_
from getsms_core.base.reasons.entries import Entry

SENTENCES: dict[str, Entry] = {
    "file/ENOENT": N_("its folder does not exist"),
    "file/ENOTDIR": N_("its folder does not exist"),
    "file/EACCES": N_("permission denied"),
    "file/EPERM": N_("permission denied"),
    "file/EROFS": N_("the disk is read-only"),
    "file/ENOSPC": N_("the disk is full"),
    "file/EDQUOT": N_("the disk is full"),
    "file/EISDIR": N_("it is a folder"),
    "file/ENAMETOOLONG": N_("its name is too long"),
    "file/EADDRINUSE": N_("another program uses it"),
    "file/EADDRNOTAVAIL": N_("this computer does not have this address"),
    "stopped": N_(
        "The work was stopped: it took too much memory or time, or was ended from outside. Nothing was kept of it. "
        "Try again."
    ),
    "cancelled": N_("{name} cancelled the work. Nothing was kept of it."),
    "cancelled/list": N_("{name} cancelled the check. The file is kept: read it again, or delete it."),
}
