"""What the state of a campaign or of a message means for its reader: what happened, what it costs, what to do."""

from collections.abc import Mapping

from getsms_core.base.i18n import N_, _
from getsms_core.base.states import COUNTED, CampaignState, MessageState

_C, _M = CampaignState, MessageState

CAMPAIGN_MEANINGS: Mapping[str, str] = {
    _C.DRAFT: N_("Nothing is sent and nothing is charged. Complete it, then send it."),
    _C.AWAITING_APPROVAL: N_(
        "Nothing is sent or charged until a manager or an administrator approves it. Until then it can be withdrawn to "
        "a draft."
    ),
    _C.SCHEDULED: N_(
        "It starts by itself at its time. Until then nothing is charged, and it can be paused or cancelled."
    ),
    _C.RUNNING: N_(
        "Messages are being sent, and each one that the gateway takes is charged. You may close this page, or pause "
        "the campaign."
    ),
    _C.PAUSED: N_(
        "Nothing more is sent until it continues: by itself after quiet hours, else when somebody resumes it. What was "
        "sent is charged, and its receipts still arrive."
    ),
    _C.FINISHED: N_(
        "Nothing is left to send. What was sent is charged; the last receipts may take some days. There is nothing to "
        "do unless messages are uncertain."
    ),
    _C.CANCELLED: N_(
        "What was not sent is never sent and not charged; what was sent before is charged. To send the rest, copy it "
        "as a new draft."
    ),
}
"""The meaning of each state of a campaign; translate it with `campaign_meaning`."""
PREPARING_MEANING = N_(
    "Its messages are being prepared; nothing is sent or charged yet. Then sending starts by itself, or waits for "
    "approval where the rules require it. You may close this page."
)
"""The meaning of "running" while the messages of a campaign are still being made."""
MESSAGE_MEANINGS: Mapping[str, str] = {
    _M.QUEUED: N_("Not sent and not charged yet. It is sent by itself when its turn comes."),
    _M.SENDING: N_("On its way to the gateway. The answer comes within a minute; there is nothing to do."),
    _M.ACCEPTED: N_(
        "The gateway took it, and it is charged. Whether it reached the phone is not known yet: the program asks by "
        "itself."
    ),
    _M.DELIVERED: N_("It reached the phone, and it is charged. There is nothing to do."),
    _M.UNDELIVERED: N_(
        "It was sent and is charged, but it will not reach the phone. The reason is beside it. The program does not "
        "send it again."
    ),
    _M.EXPIRED: N_(
        "It was sent and is charged, but no proof of delivery came in time: the phone was unreachable, or the receipt "
        "is missing."
    ),
    _M.REJECTED: N_(
        "The gateway refused it: nothing was sent or charged. Correct the number or the text by the reason."
    ),
    _M.UNCERTAIN: N_(
        "The gateway's answer was lost: it may have been sent and charged, or not. It is never sent again by itself. "
        "Decide in the section Uncertain of its campaign."
    ),
    _M.CANCELLED: N_("It was not sent, is not charged, and this campaign never sends it. The reason is beside it."),
    COUNTED: N_("A user decided that it was sent. No receipt can come, so it is not in the delivery rate."),
}
"""The meaning of each state of a message, and of those that a user counted as sent; translate it with
`message_meaning`."""


def campaign_meaning(state: str, *, is_preparing: bool = False) -> str:
    """Return what a campaign's state means for its reader, in the language of this context; `is_preparing`: its
    messages do not exist yet."""
    return _(PREPARING_MEANING if is_preparing and state == CampaignState.RUNNING else CAMPAIGN_MEANINGS[state])


def message_meaning(state: str) -> str:
    """Return what a message's state means for its reader; "waiting" is the state `accepted` as charts name it."""
    return _(MESSAGE_MEANINGS[MessageState.ACCEPTED if state == "waiting" else state])
