"""Sentences about campaigns: why one is paused, sent back or a draft again."""

from getsms_core.base.i18n import N_, NN_
from getsms_core.base.reasons.entries import Entry

SENTENCES: dict[str, Entry] = {
    "by-person": N_("Paused by {name}."),
    "by-person/fault": N_("Paused by {name}. {fault}"),
    "approval-refused": N_("Sent back by {name}: {comment}"),
    "quiet-hours": N_("Quiet hours: goes on by itself at {time}."),
    "late-start": N_("It was due at {time} and nobody was here to send it. Resume it to send it now."),
    "late-approval": N_("It was approved after its start time. Resume it to send it now."),
    "end-time": NN_(
        "Its end time came: {n} message was not sent.",
        "Its end time came: {n} messages were not sent.",
    ),
    "spend-day": N_("The limit of {limit} a day is reached. Raise it or resume tomorrow; nothing is lost."),
    "spend-campaign": N_("This campaign's limit of {limit} is reached. Raise it, then resume; nothing is lost."),
    "too-many-uncertain": NN_(
        "The answer for {n} message was lost: it may or may not have been sent. Check it, then resume the campaign.",
        "The answers for {n} messages in a row were lost: they may or may not have been sent. Check them, then resume "
        "the campaign.",
    ),
    "too-many-rejected": NN_(
        "The gateway rejected {n} number. Check the list, then resume the campaign.",
        "The gateway rejected {n} numbers in a row. Check the list, then resume the campaign.",
    ),
    "approval-void": N_("{changes} It must be approved again."),
    "approval-void/cost": N_("It was approved at {approved}, and would now cost {cost}."),
    "approval-void/terms": N_("What has changed since it was approved: {terms}."),
    "term/account": N_("the gateway login"),
    "term/list": N_("the list"),
    "term/where": N_("the condition"),
    "term/exclusions": N_("who is excluded"),
    "term/text": N_("the text"),
    "term/variants": N_("the A/B texts"),
    "term/sender": N_("the sender name"),
    "term/kind": N_("the kind"),
    "term/start": N_("the start time"),
    "term/end": N_("the end time"),
    "term/spend_limit": N_("the campaign's spending limit"),
    "term/spend_day": N_("the day's spending limit"),
    "term/cap": N_("the frequency cap"),
    "term/unknown": N_("the program's version"),
    "restored": N_(
        "It was restored from a backup: what was not sent yet may have been sent since. Settle its uncertain "
        "messages, then resume it."
    ),
    "restored/draft": N_(
        "It was restored from a backup, and is a draft again: it may have been sent since. Make sure that it was not "
        "before you start it."
    ),
}
