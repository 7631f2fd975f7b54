"""The states of lists, exported files, saved reports, templates and background jobs, with their tables of transitions.

`base.states` registers the tables. A list or a file that waits for its job is `pending`: whether the job is queued or
running is in the job alone."""

from collections.abc import Mapping
from enum import StrEnum

from getsms_core.base.i18n import N_
from getsms_core.base.transitions import StateTable


class ListState(StrEnum):
    """The state of a recipient list. `waiting` and `checking` are the words of release 0.1 for `pending`: a worker of
    that release beside this one writes them, and `jobs.previous_release` takes such lists over."""

    PENDING = "pending"
    READY = "ready"
    FAILED = "failed"
    ERASED = "erased"
    DELETED = "deleted"
    WAITING = "waiting"
    CHECKING = "checking"


class ExportState(StrEnum):
    """The state of a file that was asked for. `waiting` and `making` are the words of release 0.1 for `pending`, as in
    `ListState`."""

    PENDING = "pending"
    READY = "ready"
    FAILED = "failed"
    WAITING = "waiting"
    MAKING = "making"


class SavedReportState(StrEnum):
    """The state of a saved report. Whether it is made now is in its job alone: `asked` and `making` are words of
    release 0.1, as in `ListState`."""

    IDLE = "idle"
    ASKED = "asked"
    MAKING = "making"


class TemplateState(StrEnum):
    """The state of a version of a template."""

    DRAFT = "draft"
    SUBMITTED = "submitted"
    APPROVED = "approved"
    REFUSED = "refused"


class JobState(StrEnum):
    """The state of a background job."""

    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"


class JobKind(StrEnum):
    """What a background job does. Workers claim the kinds in this order: what a user waits for comes first."""

    LIST = "list"
    CAMPAIGN = "campaign"
    RESPONSES = "responses"
    EXCLUSIONS = "exclusions"
    EXPORT = "export"
    REPORT = "report"
    NOTICE = "notice"
    ERASE = "erase"
    ERASE_NUMBER = "erase-number"
    NUMBERS = "numbers"


_L, _E, _S, _T, _J = ListState, ExportState, SavedReportState, TemplateState, JobState
_CHECKED = {
    _L.READY: "checked",
    _L.FAILED: "cannot be used, or its check was cancelled",
    _L.ERASED: "erased by the rules",
}
LIST_STATES = StateTable(
    "recipient_list",
    ListState,
    {
        _L.PENDING: {**_CHECKED, _L.DELETED: "deleted"},
        _L.READY: {_L.ERASED: "erased by the rules", _L.DELETED: "deleted"},
        _L.FAILED: {_L.PENDING: "checked again", _L.ERASED: "erased by the rules", _L.DELETED: "deleted"},
        _L.ERASED: {_L.DELETED: "deleted"},
        _L.DELETED: {},
        _L.WAITING: {
            _L.CHECKING: "claimed by a worker of release 0.1",
            _L.PENDING: "taken over from release 0.1",
            **_CHECKED,
            _L.DELETED: "deleted",
        },
        _L.CHECKING: {
            _L.WAITING: "requeued by a worker of release 0.1",
            _L.PENDING: "taken over from release 0.1",
            **_CHECKED,
            _L.DELETED: "deleted",
        },
    },
    initial=(_L.PENDING, _L.READY, _L.WAITING),
)
LIST_UNCHECKED = (_L.PENDING, _L.WAITING, _L.CHECKING)
"""The states of a list whose check has not ended."""
EXPORT_STATES = StateTable(
    "export",
    ExportState,
    {
        _E.PENDING: {_E.READY: "written", _E.FAILED: "cannot be written, or its job was cancelled"},
        _E.READY: {},
        _E.FAILED: {_E.PENDING: "asked for again"},
        _E.WAITING: {
            _E.MAKING: "claimed by a worker of release 0.1",
            _E.PENDING: "taken over from release 0.1",
            _E.READY: "written",
            _E.FAILED: "cannot be written",
        },
        _E.MAKING: {
            _E.WAITING: "requeued by a worker of release 0.1",
            _E.PENDING: "taken over from release 0.1",
            _E.READY: "written",
            _E.FAILED: "cannot be written",
        },
    },
    initial=(_E.PENDING, _E.WAITING),
)
EXPORT_UNWRITTEN = (_E.PENDING, _E.WAITING, _E.MAKING)
"""The states of a file that is not written yet."""
SAVED_REPORT_STATES = StateTable(
    "saved_report",
    SavedReportState,
    {
        _S.IDLE: {_S.ASKED: "asked for by a process of release 0.1"},
        _S.ASKED: {_S.MAKING: "claimed by a worker of release 0.1", _S.IDLE: "taken over from release 0.1"},
        _S.MAKING: {
            _S.ASKED: "requeued by a worker of release 0.1",
            _S.IDLE: "taken over from release 0.1, or made by its worker",
        },
    },
    initial=(_S.IDLE,),
)
TEMPLATE_STATES = StateTable(
    "template",
    TemplateState,
    {
        _T.DRAFT: {_T.SUBMITTED: "submitted for approval"},
        _T.SUBMITTED: {_T.APPROVED: "approved", _T.REFUSED: "refused"},
        _T.APPROVED: {},
        _T.REFUSED: {},
    },
    initial=(_T.DRAFT,),
)
JOB_STATES = StateTable(
    "job",
    JobState,
    {
        _J.QUEUED: {_J.RUNNING: "claimed", _J.CANCELLED: "cancelled"},
        _J.RUNNING: {
            _J.DONE: "ended well",
            _J.FAILED: "refused, or its process crashed",
            _J.CANCELLED: "cancelled, and its process has ended",
            _J.QUEUED: "its worker died or stopped",
        },
        _J.DONE: {},
        _J.FAILED: {_J.QUEUED: "retried, or asked for again"},
        _J.CANCELLED: {_J.QUEUED: "retried, or asked for again"},
    },
    initial=(_J.QUEUED,),
)
JOB_LABELS: Mapping[JobState, str] = {
    _J.QUEUED: N_("Waiting for a worker"),
    _J.RUNNING: N_("In progress"),
    _J.DONE: N_("Done"),
    _J.FAILED: N_("Failed"),
    _J.CANCELLED: N_("Cancelled"),
}
"""The label of each state of a job; translate it with `_` where it is shown."""
_LIST_UNCHECKED_LABEL, _UNWRITTEN_LABEL = N_("Not checked yet"), N_("Not written yet")
LIST_LABELS: Mapping[ListState, str] = {
    _L.PENDING: _LIST_UNCHECKED_LABEL,
    _L.READY: N_("Ready"),
    _L.FAILED: N_("Failed"),
    _L.ERASED: N_("Erased"),
    _L.DELETED: N_("Deleted"),
    _L.WAITING: _LIST_UNCHECKED_LABEL,
    _L.CHECKING: _LIST_UNCHECKED_LABEL,
}
EXPORT_LABELS: Mapping[ExportState, str] = {
    _E.PENDING: _UNWRITTEN_LABEL,
    _E.READY: N_("Ready"),
    _E.FAILED: N_("Failed"),
    _E.WAITING: _UNWRITTEN_LABEL,
    _E.MAKING: _UNWRITTEN_LABEL,
}
SAVED_REPORT_LABELS: Mapping[SavedReportState, str] = {
    _S.IDLE: N_("Ready"),
    _S.ASKED: _UNWRITTEN_LABEL,
    _S.MAKING: _UNWRITTEN_LABEL,
}
TEMPLATE_LABELS: Mapping[TemplateState, str] = {
    _T.DRAFT: N_("Draft"),
    _T.SUBMITTED: N_("Waits for approval"),
    _T.APPROVED: N_("Approved"),
    _T.REFUSED: N_("Refused"),
}
"""The labels of the states of lists, files, saved reports and templates; translate them with `_`."""
