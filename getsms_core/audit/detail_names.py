"""The labels of the details of the audit log, and the words of the codes that they hold; msgids."""

from collections.abc import Mapping
from typing import Any

from getsms_core.base import reasons
from getsms_core.base.i18n import N_
from getsms_core.base.kinds import KIND_LABELS, OPT_OUT_SCOPES
from getsms_core.base.permissions import ROLE_LABELS
from getsms_core.base.report_plans import EVERY, PERIODS
from getsms_core.base.states import LABELS
from getsms_core.jobs.kinds import KIND_LABELS as JOB_KINDS

NAMES: Mapping[str, str] = {
    "accepted": N_("Accepted"),
    "account": N_("Account"),
    "after": N_("After"),
    "app": N_("In the app"),
    "approve_cost": N_("Cost above, so'm"),
    "approve_messages": N_("Messages above"),
    "approved_by": N_("Approved by"),
    "approved_cost": N_("Approved cost"),
    "at": N_("Time"),
    "before": N_("Before"),
    "by_kind": N_("By kind"),
    "bytes": N_("Size in bytes"),
    "campaign": N_("Campaign"),
    "campaigns": N_("Campaigns"),
    "cap": N_("Frequency cap"),
    "cap_days": N_("Within how many days (0 = no limit)"),
    "cap_messages": N_("Maximum SMS per number"),
    "category": N_("Kind"),
    "changed": N_("Changed"),
    "code": N_("Code of the reason"),
    "columns": N_("Columns"),
    "condition": N_("Condition"),
    "control": N_("Control group"),
    "cost": N_("Cost"),
    "cuts": N_("Columns of breakdowns"),
    "day": N_("Day"),
    "days": N_("Days"),
    "duplicates": N_("Duplicates"),
    "email": N_("E-mail"),
    "entries": N_("Entries"),
    "erase_months": N_("Erase texts and numbers after this many months (0 = never)"),
    "every": N_("Schedule"),
    "exclusions": N_("Who is excluded"),
    "expected": N_("Messages"),
    "file": N_("File"),
    "filename": N_("File"),
    "filters": N_("Filters"),
    "folder": N_("Into the folder of reports"),
    "format": N_("Format"),
    "found": N_("Problem"),
    "from": N_("First day"),
    "from_at": N_("Start date"),
    "how": N_("Decision"),
    "key": N_("Client key"),
    "kind": N_("Kind of work"),
    "language": N_("Language"),
    "link": N_("One-time link"),
    "list_id": N_("List"),
    "list_rows": N_("Rows of lists"),
    "lists": N_("Lists"),
    "login": N_("Gateway login"),
    "mail": N_("E-mail"),
    "mask": N_("Numbers are shortened"),
    "matched": N_("Found in the campaign"),
    "mend_values": N_("Values are replaced too"),
    "messages": N_("Messages"),
    "name": N_("Name"),
    "new_since": N_("New since campaigns"),
    "numbers": N_("How many numbers"),
    "opted_out": N_("Opted out"),
    "origin": N_("Made from"),
    "own_only": N_("Only campaigns and templates of my own"),
    "own_words": N_("Own words"),
    "passed": N_("Passed"),
    "period": N_("Period"),
    "personal": N_("Personal columns"),
    "price": N_("Price of one SMS"),
    "query": N_("Filters"),
    "question": N_("Filters"),
    "quiet": N_("Quiet hours"),
    "range": N_("Number range"),
    "reason": N_("Reason"),
    "rejected": N_("Refused rows"),
    "repaired": N_("Repaired"),
    "replaced": N_("The earlier ones were replaced"),
    "report": N_("Saved report"),
    "role": N_("Role"),
    "rows": N_("Rows"),
    "scheduled_at": N_("Time of the start"),
    "scope": N_("Opted out of"),
    "second_factor": N_("Second factor"),
    "sender": N_("Sender name"),
    "sessions": N_("Sessions"),
    "since": N_("First day"),
    "source": N_("Source"),
    "spend_day": N_("Daily spending limit, so'm"),
    "states": N_("State"),
    "subject": N_("About"),
    "tags": N_("Tags"),
    "taken_at": N_("Made at"),
    "template_id": N_("Template"),
    "tests": N_("Test SMS"),
    "text": N_("Text"),
    "text_column": N_("Text by column"),
    "texts": N_("Changed"),
    "title": N_("Title"),
    "to": N_("Last day"),
    "uncertain": N_("Uncertain"),
    "unmatched": N_("Not found in the campaign"),
    "until": N_("Last day"),
    "version": N_("Version"),
    "weekday": N_("Weekday"),
    "what": N_("What"),
    "who": N_("Who"),
}
"""The label of each detail; one of a newer release is shown by its code."""
_TERMS = {key.partition("/")[2]: str(entry) for key, entry in reasons.SENTENCES.items() if key.startswith("term/")}
CODES: Mapping[str, Mapping[Any, str]] = {
    "role": ROLE_LABELS,
    "category": KIND_LABELS,
    "by_kind": KIND_LABELS,
    "changed": {**_TERMS, "cost": N_("the cost")},
    "code": {
        "quiet-hours": N_("Quiet hours"),
        "late-start": N_("Its time was missed"),
    },
    "every": EVERY,
    "how": {"sent": N_("counted as sent"), "not-sent": N_("counted as not sent"), "again": N_("sent again")},
    "kind": JOB_KINDS,
    "language": {"en": N_("English"), "ru": N_("Russian"), "uz": N_("Uzbek")},
    "period": PERIODS,
    "scope": OPT_OUT_SCOPES,
    "source": {
        "asked": N_("they asked"),
        "complaint": N_("a complaint"),
        "operator": N_("the operator"),
        "erasure": N_("erased on request"),
        "other": N_("other"),
    },
    "states": LABELS,
    "texts": {"text": N_("the text"), "variants": N_("the other texts"), "condition": N_("the condition")},
}
"""Detail → the words of its codes."""
OLD_VALUE_OF: Mapping[str, str] = {
    "alerts.save": "mail",
    "campaign.rename": "name",
    "campaign.tag": "tags",
    "list.rename": "name",
    "list.tag": "tags",
    "person.role": "role",
    "person.second-factor-roles": "role",
}
"""Action → the detail whose former value its "before" is."""
INSTANTS = frozenset({"from_at", "scheduled_at", "since", "taken_at", "until"})
MONEY = frozenset({"approve_cost", "approved_cost", "cost", "spend_day"})
COUNTED = frozenset({"columns"})
"""Lists of which only the length is shown: their parts are names in a file."""
NOT_SHOWN = frozenset({"address", "link", "report"})
"""Details that have a column of their own, or say nothing to a reader."""
OPAQUE = frozenset({"condition"})
"""Long stored values: that they changed is all that is shown."""
