"""Sentences about what will happen to a campaign: `campaigns.forecast` chooses them."""

from getsms_core.base.i18n import N_, NN_
from getsms_core.base.reasons.entries import Entry

SENTENCES: dict[str, Entry] = {
    "forecast-begins/now": N_("Sending starts at once."),
    "forecast-begins/scheduled": N_("Sending starts at {time}."),
    "forecast-begins/quiet": N_("Sending starts at {time}, after quiet hours."),
    "forecast-begins/missed": N_("Sending starts at once: the start time {time} has passed."),
    "forecast-continues/now": N_("Sending continues at once."),
    "forecast-continues/scheduled": N_("Sending starts at {time}."),
    "forecast-continues/quiet": N_("Sending continues at {time}, after quiet hours."),
    "forecast-running/now": N_("It is being sent."),
    "forecast-running/quiet": N_("Sending continues by itself at {time}, after quiet hours."),
    "forecast-approval/one": N_("Waits for approval by {names}."),
    "forecast-approval/several": N_("Waits for approval by one of these users: {names}."),
    "forecast-approval/many": NN_(
        "Waits for approval by one of these users: {names} or {n} other.",
        "Waits for approval by one of these users: {names} or {n} others.",
    ),
    "forecast-approved/now": N_("Once approved, it is sent at once."),
    "forecast-approved/scheduled": N_("Once approved, it is sent at {time}."),
    "forecast-approved/quiet": N_("Once approved, it is sent at {time}, after quiet hours."),
    "forecast-approved/late": N_("Its start time has passed: once approved, it must be resumed to be sent."),
    "forecast-no-approver": N_(
        "It needs approval, and no user may approve it. Ask an administrator to add a manager, or to raise the limit "
        "above which approval is needed."
    ),
    "forecast-no-worker": N_(
        "Nothing is sent now: no worker is running. Tell your administrator; sending starts by itself once one runs."
    ),
    "forecast-no-worker/command": N_(
        "Nothing is sent now: no worker is running. Start one with getsms worker; sending then starts by itself."
    ),
    "forecast-account": N_("The gateway refuses the account, so it would be paused again. {why}"),
    "forecast-other-login": N_(
        "Nothing is sent: it belongs to the login {login}, which is not the current one. Copy the rest as a new draft."
    ),
    "forecast-too-late": N_("Nothing will be sent: its end time {end} comes before sending can start."),
    "forecast-day-limit": N_(
        "Nothing more is sent today: the limit of {limit} a day is reached. Raise it, or continue tomorrow."
    ),
    "forecast-campaign-limit": N_("Nothing more is sent: this campaign's limit of {limit} is reached. Raise it first."),
    "forecast-finishes": N_("At {speed} messages a second it finishes about {time}."),
    "forecast-finishes/minute": N_("It finishes within a minute."),
    "forecast-pauses/quiet": N_("It is paused at {time} for quiet hours and continues by itself at {until}."),
    "forecast-pauses/day-limit": N_(
        "It is paused when the limit of {limit} a day is reached: {left} of it is left, and the campaign costs {cost}."
    ),
    "forecast-pauses/campaign-limit": N_(
        "It is paused when its own limit of {limit} is reached; all messages together cost {cost}."
    ),
    "forecast-cancels": N_("At this speed not all messages are sent by its end time {end}; the rest is cancelled."),
    "forecast-shares/turns": NN_(
        "{n} other campaign is being sent too: they take turns.",
        "{n} other campaigns are being sent too: they take turns.",
    ),
    "forecast-shares/first": NN_(
        "{n} campaign of higher priority is sent first.",
        "{n} campaigns of higher priority are sent first.",
    ),
    "forecast-practice": N_("Practice gateway: nothing leaves this machine."),
}
