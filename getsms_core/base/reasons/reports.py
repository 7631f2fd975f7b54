"""Sentences about reports."""

from getsms_core.base.i18n import N_
from getsms_core.base.reasons.entries import Entry

SENTENCES: dict[str, Entry] = {
    "no-such-report": N_("There is no saved report {id}."),
    "mail-lost/stopped": N_(
        "The job was stopped while the mail was being sent: it may have arrived. The file is saved under Files."
    ),
    "folder-not-writable": N_("{folder} cannot be written ({reason}). Check GETSMS_REPORTS_FOLDER."),
    "bad-question": N_("The address contains {name}={value}, which cannot be read. Choose the filters again."),
}
