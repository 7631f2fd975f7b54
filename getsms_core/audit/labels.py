"""Labels of the audit log's codes. Scripts get the codes; an unknown code of a newer version is shown as it is."""

import re
from collections.abc import Mapping
from typing import Any

from getsms_core.base.i18n import N_, _
from getsms_core.base.reasons import worded

ACTIONS: dict[str, str] = {
    "alerts.found": N_("Detected a delivery problem"),
    "alerts.save": N_("Changed the recipients of delivery alerts"),
    "audit.export": N_("Exported the audit log"),
    "campaign.approval-void": N_("Withdrew an approval whose terms had changed"),
    "campaign.approve": N_("Approved a campaign"),
    "campaign.ask-approval": N_("Asked for approval of a campaign"),
    "campaign.begin": N_("Started a scheduled campaign"),
    "campaign.cancel": N_("Cancelled a campaign"),
    "campaign.change": N_("Changed a draft"),
    "campaign.rename": N_("Renamed a campaign"),
    "campaign.create": N_("Created a campaign"),
    "campaign.end": N_("Ended a campaign at its end time"),
    "campaign.erase": N_("Erased a campaign's texts and numbers"),
    "campaign.pause": N_("Paused a campaign"),
    "campaign.exclude": N_("Cancelled messages to excluded numbers"),
    "campaign.refuse": N_("Refused a campaign"),
    "campaign.resolve": N_("Decided on uncertain messages"),
    "campaign.responses": N_("Added responses to a campaign"),
    "campaign.responses-upload": N_("Uploaded responses to a campaign"),
    "campaign.responses-forget": N_("Removed a campaign's responses"),
    "campaign.resume": N_("Resumed a campaign"),
    "campaign.reschedule": N_("Moved a campaign to another time"),
    "campaign.start": N_("Started a campaign"),
    "campaign.delete": N_("Deleted a draft"),
    "campaign.tag": N_("Changed the tags of a campaign"),
    "campaign.archive": N_("Put a campaign into the archive"),
    "campaign.unarchive": N_("Took a campaign out of the archive"),
    "campaign.take-away": N_("Removed a campaign that could not be created"),
    "campaign.withdraw": N_("Withdrew a campaign from approval"),
    "database.backup": N_("Made a backup"),
    "database.backup-failed": N_("Failed to make a backup"),
    "database.restore": N_("Restored a backup"),
    "gateway.check": N_("Checked the connection to the gateway"),
    "export.ask": N_("Asked for a file"),
    "export.ask-again": N_("Asked for a file again"),
    "export.delete": N_("Deleted a file"),
    "file.download": N_("Downloaded a file"),
    "list.add": N_("Added a list"),
    "job.cancel": N_("Cancelled a background job"),
    "job.retry": N_("Retried a background job"),
    "list.cancel": N_("Cancelled the check of a list"),
    "list.check-again": N_("Had a list checked again"),
    "list.columns": N_("Named the key and the personal columns of a list"),
    "list.delete": N_("Deleted a list"),
    "list.erase": N_("Erased a list's rows"),
    "list.make": N_("Made a list from others"),
    "list.rename": N_("Renamed a list"),
    "list.tag": N_("Tagged a list"),
    "list.take-away": N_("Removed a list that could not be used"),
    "list.upload": N_("Uploaded a list"),
    "notices.save": N_("Changed which notices a user gets"),
    "number.erase": N_("Erased a number"),
    "number.erase-request": N_("Asked for the erasing of a number"),
    "number.look-up": N_("Looked up a number"),
    "optout.add": N_("Added opt-outs"),
    "optout.remove": N_("Removed an opt-out"),
    "person.create": N_("Added a user"),
    "person.disable": N_("Disabled a user"),
    "person.enable": N_("Enabled a user"),
    "person.link": N_("Made a one-time link"),
    "person.password": N_("Set a password"),
    "person.recovery-code": N_("Used a recovery code"),
    "person.recovery-codes": N_("Got new recovery codes"),
    "person.role": N_("Changed a user's role"),
    "person.second-factor": N_("Set up a second factor"),
    "person.second-factor-removed": N_("Removed a second factor"),
    "person.second-factor-roles": N_("Changed the roles that need a second factor"),
    "person.sign-in": N_("Signed in"),
    "person.sign-in-failed": N_("Failed to sign in"),
    "person.sign-out": N_("Signed out"),
    "policy.save": N_("Changed the rules"),
    "price.add": N_("Added a price"),
    "price.remove": N_("Removed a price"),
    "report.delete": N_("Deleted a saved report"),
    "report.go-on": N_("Resumed a saved report"),
    "report.pause": N_("Paused a saved report"),
    "report.run": N_("Ran a saved report"),
    "report.save": N_("Saved a report"),
    "segment.change": N_("Changed a segment"),
    "segment.create": N_("Saved a segment"),
    "segment.delete": N_("Deleted a segment"),
    "session.revoke": N_("Ended sessions"),
    "template.approved": N_("Approved a template"),
    "template.change": N_("Changed a template"),
    "template.create": N_("Created a template"),
    "template.discard": N_("Deleted a template's draft"),
    "template.refused": N_("Refused a template"),
    "template.submitted": N_("Asked for approval of a template"),
}
SUBJECTS: dict[str, str] = {
    "account": N_("Account"),
    "alerts": N_("Alerts"),
    "audit": N_("Audit log"),
    "campaign": N_("Campaign"),
    "database": N_("Database"),
    "erasure": N_("Erasure of a number"),
    "export": N_("File"),
    "figures": N_("Figures"),
    "list": N_("List"),
    "messages": N_("Messages"),
    "numbers": N_("All numbers"),
    "optouts": N_("Opt-outs"),
    "person": N_("User"),
    "phone": N_("Number"),
    "price": N_("Price"),
    "report": N_("Saved report"),
    "segment": N_("Segment"),
    "template": N_("Template"),
}


def action(code: str) -> str:
    """Return the label of an action: "campaign.start" → "Started a campaign"."""
    return _(ACTIONS[code]) if code in ACTIONS else code


def subject(code: str) -> str:
    """Return the label of a subject: "campaign:7" → "Campaign 7"; of "numbers:0", which is about all, without the 0."""
    kind, _colon, identifier = code.removesuffix(":0").partition(":")
    return f"{_(SUBJECTS[kind])} {identifier}".rstrip() if kind in SUBJECTS else code


def detail(stored: Mapping[str, Any]) -> dict[str, Any]:
    """Return the details of an entry as they are shown: reasons in words, all else as it is stored."""
    return {name: worded(value) for name, value in stored.items()}


def subject_code(typed: str) -> str:
    """Return the code of a typed subject: "Campaign 7", in the current language, or "campaign:7"."""
    kinds = {_(word).casefold(): code for code, word in SUBJECTS.items()} | {code: code for code in SUBJECTS}
    text = typed.strip()
    if text.casefold() in kinds:
        return kinds[text.casefold()]
    match = re.fullmatch(r"(.+?)[\s:№#]+([^\s:]+)", text)
    kind = kinds.get(match[1].casefold()) if match else None
    return f"{kind}:{match[2]}" if match and kind else text
