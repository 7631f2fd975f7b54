"""The audit log's codes in words for people. Scripts get the codes; what a newer version writes stays a code here."""

import re

from getsms_core.base.i18n import N_, _

ACTIONS: dict[str, str] = {
    "alerts.found": N_("Found that something got worse"),
    "alerts.save": N_("Changed who is mailed when something gets worse"),
    "campaign.approval-void": N_("Withdrew an approval whose terms had changed"),
    "campaign.approve": N_("Approved a campaign"),
    "campaign.ask-approval": N_("Asked for approval of a campaign"),
    "campaign.begin": N_("Began a scheduled campaign"),
    "campaign.cancel": N_("Cancelled a campaign"),
    "campaign.change": N_("Changed a draft"),
    "campaign.create": N_("Made a campaign"),
    "campaign.end": N_("Ended a campaign at its end time"),
    "campaign.erase": N_("Erased a campaign's texts and numbers"),
    "campaign.pause": N_("Paused a campaign"),
    "campaign.refuse": N_("Refused a campaign"),
    "campaign.resolve": N_("Decided on uncertain messages"),
    "campaign.responses": N_("Added responses to a campaign"),
    "campaign.responses-forget": N_("Removed a campaign's responses"),
    "campaign.resume": N_("Resumed a campaign"),
    "campaign.start": N_("Started a campaign"),
    "campaign.take-away": N_("Removed a campaign that could not be made"),
    "campaign.withdraw": N_("Took a campaign back before its approval"),
    "database.backup": N_("Made a backup"),
    "database.restore": N_("Restored a backup"),
    "export.ask": N_("Asked for a file"),
    "export.delete": N_("Deleted a file"),
    "list.add": N_("Added a list"),
    "list.cancel": N_("Stopped the making of a list"),
    "list.delete": N_("Deleted a list"),
    "list.erase": N_("Erased a list's rows"),
    "list.make": N_("Made a list from others"),
    "list.rename": N_("Renamed a list"),
    "list.tag": N_("Tagged a list"),
    "list.take-away": N_("Removed a list that could not be used"),
    "list.upload": N_("Uploaded a list"),
    "optout.add": N_("Added opt-outs"),
    "optout.remove": N_("Removed an opt-out"),
    "person.create": N_("Added a person"),
    "person.disable": N_("Disabled a person"),
    "person.enable": N_("Enabled a person"),
    "person.password": N_("Set a password"),
    "person.role": N_("Changed a person's role"),
    "person.sign-in": N_("Signed in"),
    "policy.save": N_("Changed the rules"),
    "price.add": N_("Added a price"),
    "price.remove": N_("Removed a price"),
    "report.delete": N_("Deleted a saved report"),
    "report.go-on": N_("Resumed a saved report"),
    "report.pause": N_("Paused a saved report"),
    "report.run": N_("Had a saved report made"),
    "report.save": N_("Saved a report"),
    "segment.change": N_("Changed a segment"),
    "segment.create": N_("Saved a segment"),
    "segment.delete": N_("Deleted a segment"),
    "template.approved": N_("Approved a template"),
    "template.change": N_("Changed a template"),
    "template.create": N_("Made a template"),
    "template.discard": N_("Deleted a template's draft"),
    "template.refused": N_("Refused a template"),
    "template.submitted": N_("Asked for approval of a template"),
}
SUBJECTS: dict[str, str] = {
    "account": N_("Account"),
    "alerts": N_("Alerts"),
    "campaign": N_("Campaign"),
    "database": N_("Database"),
    "export": N_("File"),
    "list": N_("List"),
    "optouts": N_("Opt-outs"),
    "person": N_("Person"),
    "phone": N_("Number"),
    "price": N_("Price"),
    "report": N_("Saved report"),
    "segment": N_("Segment"),
    "template": N_("Template"),
}


def action(code: str) -> str:
    """What was done: "campaign.start" → "Started a campaign"."""
    return _(ACTIONS[code]) if code in ACTIONS else code


def subject(code: str) -> str:
    """What it was done to: "campaign:7" → "Campaign 7"."""
    kind, _colon, which = code.partition(":")
    return f"{_(SUBJECTS[kind])} {which}".rstrip() if kind in SUBJECTS else code


def subject_code(typed: str) -> str:
    """What somebody looks for, as the log has it: "Campaign 7", in the language in force, or "campaign:7"."""
    kinds = {_(word).casefold(): code for code, word in SUBJECTS.items()} | {code: code for code in SUBJECTS}
    wanted = typed.strip()
    if wanted.casefold() in kinds:
        return kinds[wanted.casefold()]
    found = re.fullmatch(r"(.+?)[\s:№#]+([^\s:]+)", wanted)
    kind = kinds.get(found[1].casefold()) if found else None
    return f"{kind}:{found[2]}" if found and kind else wanted
