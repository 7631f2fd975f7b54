"""Sentences about campaigns: why one is paused, sent back or a draft again."""

from getsms_core.base.i18n import N_, NN_
from getsms_core.base.reasons.entries import Entry

SENTENCES: dict[str, Entry] = {
    "by-person": N_("Paused by {name}."),
    "by-person/fault": N_("Paused by {name}. {fault}"),
    "approval-refused": N_("Sent back by {name}: {comment}"),
    "quiet-hours": N_("Quiet hours: continues by itself at {time}."),
    "late-start": N_("It was due at {time}, but no worker was running. Resume it to send it now."),
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
    "term/text_column": N_("the texts by column"),
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
    "restored/was-draft": N_(
        "It was restored from a backup, and may have been sent since. Make sure that it was not before you start it."
    ),
    "no-reason": N_("Say what needs to change."),
    "ended/approval": N_("Its end time has passed, so nothing would be sent. Send it back for a new end time."),
    "not-counted": N_("Its messages are still being counted. Approve it when its cost is known."),
    "changed-meanwhile/approval": N_(
        "It has changed since you opened it, perhaps its price. Nothing was approved. Review it again."
    ),
    "changed-meanwhile/draft": N_("{name} has changed this draft since you opened it. Your change was not saved yet."),
    "changed-meanwhile/start": N_(
        "{name} has changed this draft since you opened it. Nothing was sent. Check it again, then start it."
    ),
    "changed-meanwhile/rules": N_(
        "{name} has changed the same rule since you opened it. Nothing was saved. Look at the rules as they are now, "
        "then change them."
    ),
    "changed-meanwhile/prices": N_(
        "The prices have changed since you saw the cost. Nothing was sent. Check the cost again, then start it."
    ),
    "no-recipients": N_("The list has no number to send to."),
    "all-excluded": N_("Every recipient of the list is excluded. Nothing would be sent."),
    "nobody-chosen": N_("The condition chooses none of the recipients of the list."),
    "unknown-field": N_(
        "The text has the merge field {field}, and the list has no such column. Its columns are: {columns}."
    ),
    "wrong-state": N_("Campaign {id} is {state}. {why}"),
    "too-many-recipients": N_("A campaign holds at most {n} recipients. Split the list."),
    "no-such-campaign": N_("There is no campaign {id}."),
    "responses-busy": N_(
        "Other responses to campaign {id} are being stored. Nothing of this upload was counted; upload it again in a "
        "minute."
    ),
    "nothing-uncertain": N_("Campaign {id} has no uncertain message."),
    "no-answer-column": N_(
        "No column of the file says “sent” or “not sent” ({columns}). Write one of them beside each number."
    ),
    "no-list": N_("Campaign {id} has no recipient list yet."),
    "prepared-elsewhere": N_("Campaign {id} is being prepared elsewhere."),
    "still-sending": N_(
        "Campaign {id} is still sending the rest itself. Cancel it first; then the unsent messages can be copied."
    ),
    "nothing-left/copy": N_("Campaign {id} has no unsent messages."),
    "draft-needed": N_("Campaign {id} “{name}” excludes the recipients of this draft. Remove that exclusion first."),
    "bad-category": N_("The kind of a campaign is service or advertising."),
    "bad-control": N_("The control group is a share from 0 to {most} percent, with at most two decimals, as in 10."),
    "no-number": N_("Write a phone number, such as 91 234 56 78."),
    "number-erased": N_("The number of this message was erased."),
    "not-sent-yet": N_("Campaign {id} “{name}” has not been sent yet, so that nobody can be new since it."),
    "nobody-known": N_(
        "The list and the numbers of campaign {id} “{name}” were deleted or erased, so that it is not known who is new "
        "since it. Choose another campaign."
    ),
    "bad-days": N_("The days to exclude lie between 1 and {most}."),
    "nothing-chosen": N_("Choose a state, a reason, or who has not responded."),
    "bad-state": N_("{name} is not a state. Choose of: {states}."),
    "no-key-column": N_(
        "List {id} has no client key, so that nobody can be found by one. Name its column of keys first, or upload "
        "phone numbers."
    ),
    "list-deleted": N_("The list of campaign {id} was deleted, so that its columns are not known. Use phone numbers."),
    "personal-column": N_("The column “{column}” is personal: your role does not see its values."),
    "no-numbers": N_("It contains no phone number. Nothing was changed."),
    "amounts-too-large": N_(
        "The amounts of this upload add up to more than {most}. Choose the column that holds amounts."
    ),
    "in-the-past": N_("The start time has already passed. Choose a later one, or start now."),
    "in-the-past/move": N_("This time has already passed. Choose a later one."),
    "too-far-ahead": N_("This time is more than {years} years away. Check the year."),
    "ends-before-start": N_("The end time must be after the start. Nothing would be sent."),
    "bad-limit": N_("A limit must be greater than zero; leave it empty for none."),
    "restored/unsettled": NN_(
        "{n} message of campaign {id} may have been sent after the backup was made. Settle it first: as sent, not "
        "sent or again.",
        "{n} messages of campaign {id} may have been sent after the backup was made. Settle them first: as sent, "
        "not sent or again.",
    ),
    "incomplete": N_("Campaign {id} needs a list and a text before it can start."),
    "no-test-number": N_("Write your own number, for example 90 123 45 67."),
    "too-many-test-numbers": N_("A test goes to {most} numbers at most."),
    "test-campaign": N_("This is a test SMS, which cannot be changed. Change the campaign that it tests."),
    "no-such-row/test": N_("Row {row} gets no message: it is empty or was left out in the check."),
    "no-text": N_("Write the text first."),
    "empty-text/row": N_("With this row's data the text is empty, so there is nothing to send."),
    "test-opted-out": N_(
        "{numbers}: opted out, so nothing is sent there. Remove the number from opt-outs or use another."
    ),
    "campaign-cancelled": N_("Campaign {id} is cancelled: nothing of it is sent again."),
    "ended": N_(
        "The end time of campaign {id} has gone by: nothing of it can be sent again. Count these messages as sent "
        "or as not sent."
    ),
    "other-login": N_(
        "Campaign {id} belongs to the login {login}, and the login is now {now}. A started campaign is never sent "
        "by another login. Cancel the campaign, or copy the rest as a new draft: getsms copy {id} --name NAME "
        "--rest"
    ),
    "account-name-taken": N_("Another gateway account is called {name}. Change GETSMS_LOGIN or GETSMS_URL."),
    "needed-state/start": N_("Only a draft or a scheduled campaign can be started."),
    "needed-state/pause": N_("Only a running or scheduled campaign can be paused."),
    "needed-state/resume": N_("Only a paused campaign can be resumed."),
    "needed-state/reschedule": N_("Only a campaign of which nothing has been sent can be moved to another time."),
    "needed-state/cancel": N_("There is nothing left to cancel."),
    "needed-state/delete": N_("Only drafts can be deleted."),
    "too-many-tags": N_("Campaign {id} would have more than {most} tags. Remove some first."),
    "needed-state/archive": N_("Only drafts and campaigns that have ended can be archived."),
    "needed-state/change": N_("Only a draft can be changed."),
    "needed-state/approve": N_("Only a campaign that awaits approval can be approved or sent back."),
    "needed-state/change-name": N_("Only a draft can be changed; of a started campaign only the name."),
    "own-campaign/asked": N_("You asked for this campaign yourself. Another manager or administrator must approve it."),
    "own-campaign/text": N_("You wrote this campaign yourself. Another manager or administrator must approve it."),
    "own-campaign/list": N_("You made its list yourself. Another manager or administrator must approve it."),
    "own-campaign/prices": N_("You set its prices yourself. Another manager or administrator must approve it."),
    "own-campaign/limits": N_(
        "You set the account's limits yourself. Another manager or administrator must approve it."
    ),
}
