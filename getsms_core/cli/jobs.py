"""`getsms jobs`: background jobs that run, wait or failed."""

from typing import TYPE_CHECKING, Any

import click

from getsms_core.base.i18n import N_, _
from getsms_core.cli.framework import (
    Whole,
    answer,
    clock,
    database,
    instant,
    json_option,
    settings_in_force,
    somebody,
    table,
)

if TYPE_CHECKING:
    from getsms_core.base.settings import Settings
    from getsms_core.jobs import JobInfo

job_id = click.argument("job_id", metavar="ID", type=Whole(1))


@click.group("jobs", invoke_without_command=True)
@click.option("--all", "everything", is_flag=True, help=N_("Include jobs that ended well within the last week."))
@json_option
@click.pass_context
def jobs_command(ctx: click.Context, everything: bool, as_json: bool) -> None:
    """List the background jobs that run, wait for a worker or failed, or run one of the commands below."""
    if ctx.invoked_subcommand is not None:
        return
    settings = settings_in_force()
    from getsms_core import jobs
    from getsms_core.base.work_states import JOB_LABELS

    with database(settings) as store:
        job_list = jobs.all_jobs(store, somebody(), ended_well=everything)
    documents = [_document(job, settings) for job in job_list]
    rows = [
        (
            job.id,
            _(jobs.KIND_LABELS[job.kind]),
            job.subject,
            _(JOB_LABELS[job.state]),
            "" if job.share is None else f"{job.share:.0%}",
            job.created_by,
            clock(job.created_at, settings),
            document["message"],
        )
        for job, document in zip(job_list, documents, strict=True)
    ]
    head = ("ID", _("Job"), _("About"), _("State"), _("Done"), _("By"), _("Since"), _("Reason"))
    answer(as_json, {"jobs": documents}, table(rows, head, _("No job is running, waiting or failed.")))


@jobs_command.command("retry", short_help=N_("Retry a failed or cancelled job."))
@job_id
@json_option
def retry_command(job_id: int, as_json: bool) -> None:
    """Retry job ID, which failed or was cancelled. A campaign that it paused is resumed."""
    _change(job_id, "retry", as_json)


@jobs_command.command("cancel", short_help=N_("Stop a job that waits or runs."))
@job_id
@json_option
def cancel_command(job_id: int, as_json: bool) -> None:
    """Stop job ID: one that waits at once, one that runs when its worker has ended its process."""
    _change(job_id, "cancel", as_json)


def _change(job_id: int, action: str, as_json: bool) -> None:
    settings = settings_in_force()
    from getsms_core import jobs
    from getsms_core.base.work_states import JOB_LABELS
    from getsms_core.worker import handlers

    with database(settings) as store:
        {"retry": handlers.retry, "cancel": handlers.cancel}[action](store, somebody(), job_id)
        job = jobs.get(store, somebody(), job_id)
    state = _("Stopping") if job.stopping else _(JOB_LABELS[job.state])
    sentence = _("Job {id}: {state}").format(id=job_id, state=state)
    answer(as_json, _document(job, settings), [sentence])


def _document(job: "JobInfo", settings: "Settings") -> dict[str, Any]:
    return {
        "job": job.id,
        "kind": job.kind.value,
        "subject": job.subject,
        "name": job.name,
        "state": job.state.value,
        "step": job.step,
        "done": job.done,
        "total": job.total,
        "attempts": job.attempts,
        "stopping": job.stopping,
        "code": job.error_code,
        "message": job.reason,
        "created_at": instant(job.created_at, settings),
        "created_by": job.created_by,
        "started_at": instant(job.started_at, settings),
        "ended_at": instant(job.ended_at, settings),
    }
