"""Sentences about reports."""

from getsms_core.base.i18n import N_
from getsms_core.base.reasons.entries import Entry

SENTENCES: dict[str, Entry] = {
    "too-many-compared": N_("At most {most} campaigns can be compared at once, not {n}. Leave some out."),
    "no-such-report": N_("There is no saved report {id}."),
    "mail-lost/stopped": N_(
        "The job was stopped while the mail was being sent: it may have arrived. The file is saved under Files."
    ),
    "folder-not-writable": N_("{folder} cannot be written ({reason}). Check GETSMS_REPORTS_FOLDER."),
    "bad-question": N_("The address contains {name}={value}, which cannot be read. Choose the filters again."),
    "no-such-sender": N_("No campaign has the sender name “{name}”."),
    "no-such-range": N_("There is no number range “{name}”."),
    "bad-plan/period": N_("There is no such period or schedule."),
    "bad-plan/day": N_("Choose a weekday, or a day of the month from 1 to {n}."),
    "bad-plan/time": N_("Write the time as HH:MM, for example 08:00."),
    "report-deleted": N_("The report was deleted."),
    "report-restarted": N_("The worker was stopped; another one started over."),
    "report-saved": N_("It is saved under Files."),
    "report-mailed": N_("Sent to {addresses}."),
    "report-written": N_("Written to {file}."),
    "report-again": N_("It is tried again at {time}."),
    "nothing-new": N_("Nothing new."),
}
