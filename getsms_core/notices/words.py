"""The words of notices. A notice stores facts; these make its sentence in the language of the context. No sentence has
a phone number, a sum or the text of a message: an e-mail is read by others too."""

from collections.abc import Mapping
from typing import Any

from getsms_core.base.codes import NoticeEvent
from getsms_core.base.i18n import N_, NN_, _, ngettext

E = NoticeEvent
EVENT_LABELS: Mapping[NoticeEvent, str] = {
    E.APPROVAL: N_("A campaign waits for approval"),
    E.DECIDED: N_("A campaign is approved or sent back"),
    E.FINISHED: N_("A campaign has finished sending"),
    E.PAUSED: N_("The program paused a campaign"),
    E.RECEIPTS: N_("The gateway refuses the requests for receipts"),
    E.SPENDING: N_("Spending is close to its limit"),
    E.WORSE: N_("Delivery got worse"),
    E.BACKUP: N_("A backup failed or was not made"),
    E.TEMPLATE_WAITS: N_("A template waits for approval"),
    E.TEMPLATE_DECIDED: N_("A template is approved or refused"),
}
"""What the user chooses from; translate it with `_` where it is shown."""
_SENTENCES: Mapping[NoticeEvent, str] = {
    E.APPROVAL: N_("{name} waits for approval."),
    E.DECIDED: N_("{name} was sent back for changes."),
    E.FINISHED: N_("{name} has finished sending."),
    E.PAUSED: N_("The program paused {name}."),
    E.RECEIPTS: N_("{name}: the gateway refuses the requests for receipts."),
    E.SPENDING: N_("{name} is close to its spending limit."),
    E.WORSE: N_("Delivery got worse."),
    E.BACKUP: N_("A backup failed. The overview gives the reason."),
    E.TEMPLATE_WAITS: N_("The template {name}, version {n}, waits for approval."),
    E.TEMPLATE_DECIDED: N_("The template {name}, version {n}, was refused. The reason is beside it."),
}
_NO_BACKUP = N_("The nightly backup was not made. The overview tells since when.")
_APPROVED = N_("{name} was approved.")
_TEMPLATE_APPROVED = N_("The template {name}, version {n}, was approved.")
_OF_ACCOUNT = N_("The day’s spending is close to its limit.")
_GROUPS: Mapping[NoticeEvent, tuple[str, str]] = {
    E.APPROVAL: NN_("{n} campaign waits for approval", "{n} campaigns wait for approval"),
    E.DECIDED: NN_("{n} decision about a campaign", "{n} decisions about campaigns"),
    E.FINISHED: NN_("{n} campaign has finished", "{n} campaigns have finished"),
    E.PAUSED: NN_("{n} campaign was paused by the program", "{n} campaigns were paused by the program"),
    E.RECEIPTS: NN_("{n} campaign gets no receipts", "{n} campaigns get no receipts"),
    E.SPENDING: NN_("{n} notice about a spending limit", "{n} notices about spending limits"),
    E.WORSE: NN_("{n} notice about worse delivery", "{n} notices about worse delivery"),
    E.BACKUP: NN_("{n} notice about a backup", "{n} notices about backups"),
    E.TEMPLATE_WAITS: NN_("{n} template waits for approval", "{n} templates wait for approval"),
    E.TEMPLATE_DECIDED: NN_("{n} decision about a template", "{n} decisions about templates"),
}


def event_label(event: NoticeEvent) -> str:
    """Return the name of an event; the code itself where another release wrote it."""
    return _(EVENT_LABELS[event]) if event in EVENT_LABELS else str(event)


def sentence(event: NoticeEvent, params: Mapping[str, Any]) -> str:
    """Return the sentence of a notice."""
    name = str(params.get("name", ""))
    if event == E.DECIDED and params.get("approved"):
        return _(_APPROVED).format(name=name)
    if event == E.BACKUP and params.get("late"):
        return _(_NO_BACKUP)
    if event == E.SPENDING and not name:
        return _(_OF_ACCOUNT)
    if event not in _SENTENCES:
        return event_label(event)
    is_approved = event == E.TEMPLATE_DECIDED and params.get("approved")
    return _(_TEMPLATE_APPROVED if is_approved else _SENTENCES[event]).format(name=name, n=params.get("version"))


def heading(event: NoticeEvent, n: int) -> str:
    """Return the heading of `n` notices of one event."""
    return ngettext(*_GROUPS[event], n).format(n=n) if event in _GROUPS else event_label(event)
