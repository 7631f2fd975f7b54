"""Background work: one table holds every job, whatever it does.

    queued ─ claim ─▶ running ─ finish ─▶ done
       ▲                 ├───── fail ───▶ failed ────┐
       ├── its worker ───┤                           ├── enqueue again
       │   died          └──── stop ───▶ cancelled ──┤
       └─────────────────────────────────────────────┘

A package that needs work done enqueues it in the transaction of the change that needs it. It does not know the worker:
`worker.handlers` says which function does which kind. A job may start over at any time, so its function continues from
what it finds, and its result counts only while its claim (`attempts`) is the newest one.
"""

from getsms_core.jobs.kinds import KIND_LABELS, may_change
from getsms_core.jobs.listing import JobInfo, all_jobs, get, of_subject, of_subjects
from getsms_core.jobs.queue import (
    CANCELLED,
    STOPPED,
    JobParams,
    any_open,
    any_queued,
    cancel,
    claim,
    enqueue,
    fail,
    finish,
    has_open,
    is_current,
    open_jobs,
    requeue,
    requeue_all,
    requeue_orphans,
    stop,
    stop_requested,
    sweep,
    unavailable_subjects,
    withdraw,
)
from getsms_core.jobs.run import JobRun, JobStopped

__all__ = [
    "CANCELLED",
    "KIND_LABELS",
    "STOPPED",
    "JobInfo",
    "JobParams",
    "JobRun",
    "JobStopped",
    "all_jobs",
    "any_open",
    "any_queued",
    "cancel",
    "claim",
    "enqueue",
    "fail",
    "finish",
    "get",
    "has_open",
    "is_current",
    "may_change",
    "of_subject",
    "of_subjects",
    "open_jobs",
    "requeue",
    "requeue_all",
    "requeue_orphans",
    "stop",
    "stop_requested",
    "sweep",
    "unavailable_subjects",
    "withdraw",
]
