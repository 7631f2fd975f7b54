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
    "cannot-write": N_("The file {file} cannot be written: {reason}."),
    "file-exists": N_("The file {file} exists already. Name a new one."),
    "stopped": N_(
        "The work was stopped: it took too much memory or time, or was ended from outside. Nothing was kept of it. "
        "Try again."
    ),
    "file-error": N_("A file could not be read or written: {reason}. Nothing was kept of the work. Try again."),
    "cancelled": N_("{name} cancelled the work. Nothing was kept of it."),
    "cancelled/list": N_("{name} cancelled the check. The file is kept: read it again, or delete it."),
    "ingest-failed": N_("The rows could not be stored: {reason}"),
    "database-address": N_(
        "GETSMS_DATABASE_URL is not a database address that this program knows. Write sqlite:///FILE or "
        "postgresql://USER@HOST/NAME."
    ),
    "database-address/memory": N_(
        "GETSMS_DATABASE_URL names no file: what was sent would be forgotten at once. Write sqlite:///FILE or "
        "postgresql://USER@HOST/NAME."
    ),
    "database-newer": N_(
        "This database was made by a newer version of GETSMS Campaigns ({version}). Start that version."
    ),
    "no-notice-address": N_("Enter the e-mail address to which the notices go."),
    "no-such-notice": N_("There is no notice {id}."),
    "no-such-job": N_("There is no job {id}."),
    "database-locked": N_(
        "Another program holds the database. Nothing was changed. Close what has the file open, then try again."
    ),
    "database-read-only": N_(
        "The database cannot be written: the file or its folder is read-only. Nothing was changed. Give this user "
        "the right to write there."
    ),
    "disk-full": N_("The disk is full. Nothing was changed. Free some space, then try again."),
    "database-foreign": N_(
        "This database holds tables of another program that are named as ours. Nothing was changed. Name a "
        "database of its own in GETSMS_DATABASE_URL."
    ),
    "database-unreachable/file": N_(
        "The database file cannot be opened. Check GETSMS_DATABASE_URL: the folder must exist, and the file must "
        "be a GETSMS database."
    ),
    "database-unreachable": N_(
        "The database server does not answer. Nothing was lost. Check GETSMS_DATABASE_URL and that the server runs."
    ),
    "database-disk": N_(
        "The disk of the database cannot be read or written. Nothing was changed. Check the disk, its quota and, for a "
        "network folder, its connection."
    ),
    "database-damaged": N_(
        "The database is damaged: parts of it cannot be read. Stop the app and all workers, keep a copy, and restore "
        "the last backup into a new database."
    ),
    "database-busy": N_("The database has no free connection. Nothing was changed. Wait a moment, then try again."),
    "database-right": N_(
        "The database user lacks a right in this database. Nothing was changed. Make it the owner of the database, "
        "or name another user in GETSMS_DATABASE_URL."
    ),
    "not-allowed": N_("{name} ({role}) may not do this. Ask an administrator."),
    "not-allowed/job": N_("{name} may not change this job. Ask an administrator."),
    "wrong-state/table": N_(
        "{thing}: the state is “{before}” and cannot become “{after}”. Nothing was changed. Load the page again."
    ),
    "name-taken": N_("There is already a user called {name}. Choose another name."),
    "name-taken/looks-like": N_("The name looks like that of the user {name}. Choose another name."),
    "last-administrator": N_("{name} is the last administrator. Make another user administrator first."),
    "price-rule-exists": N_("A price for this from that day on already exists: {price} so'm. Remove it first."),
    "stored-meanwhile": N_(
        "Another request stored the same at this moment. Nothing was changed. Load the page again, then retry."
    ),
}
