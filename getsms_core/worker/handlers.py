"""What is done for each kind of job, and the program of a job's process (`python -m getsms_core.worker.handlers`).

A job runs in a process of its own, so that a file that crashes its reader does not stop the sending."""

import logging
import os
import subprocess
import sys
from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import dataclass

from sqlmodel import Session

from getsms_core import exports, jobs
from getsms_core.audit import log as audit
from getsms_core.base import clock, logs, processes
from getsms_core.base.errors import DomainError, NotAllowed, os_cause
from getsms_core.base.i18n import using_language
from getsms_core.base.permissions import Actor
from getsms_core.base.settings import load
from getsms_core.base.work_states import JobKind, JobState
from getsms_core.campaigns import build, number_erasure, number_indexing, recheck, response_uploads, retention
from getsms_core.campaigns import service as campaigns
from getsms_core.contacts import lists
from getsms_core.contacts import progress as list_progress
from getsms_core.db.engine import Store, open_store
from getsms_core.db.errors import PASSING
from getsms_core.db.models import Job
from getsms_core.jobs import JobInfo, JobRun, JobStopped
from getsms_core.scheduled import notices, runner
from getsms_core.scheduled import reports as saved_reports

log = logging.getLogger("getsms.worker")
DATABASE_WAITS = (1.0, 2.0, 5.0, 10.0, 20.0, 30.0, 60.0, 60.0, 60.0)
"""Seconds between the tries of a job while the database cannot be used, such as during a restart of its server: four
minutes together."""


@dataclass(frozen=True)
class Handler:
    """What is done for one kind of job.

    `run` does it, and raises `DomainError` where it cannot be done. `failed` stores the reason in the job's subject, in
    the transaction that ends the job. `retry` does for a user what makes the subject wait for such a job again, with
    the user's rights."""

    run: Callable[[Store, JobRun], object]
    failed: Callable[[Session, int, DomainError], object]
    retry: Callable[[Store, Actor, int], object]


def _check_list(store: Store, run: JobRun) -> None:
    refusal = lists.check_uploaded_list(store, run.subject_id, run)
    if refusal is not None:
        raise refusal


def _write_file(store: Store, run: JobRun) -> None:
    exports.make(store, run.subject_id, progress=lambda done, total: run.progress(store, done, total))


def _nothing(*_arguments: object) -> None:
    """The subject does not show it; the job does."""


def _resume(store: Store, actor: Actor, campaign_id: int) -> None:
    campaigns.resume(store, actor, campaign_id, settings=load())


def _erase_again(store: Store, actor: Actor, campaign_id: int) -> None:
    with store.writing() as session:
        jobs.enqueue(session, JobKind.ERASE, build.subject(campaign_id), actor.name)


HANDLERS: Mapping[JobKind, Handler] = {
    JobKind.LIST: Handler(_check_list, list_progress.fail, list_progress.check_again),
    JobKind.CAMPAIGN: Handler(lambda store, run: build.prepare(store, run.subject_id, run=run), build.fail, _resume),
    JobKind.RESPONSES: Handler(response_uploads.match, response_uploads.fail, response_uploads.match_again),
    JobKind.EXCLUSIONS: Handler(lambda store, run: recheck.recheck(store, run.subject_id), recheck.fail, _resume),
    JobKind.EXPORT: Handler(
        _write_file,
        lambda session, export_id, error: exports.fail(session, export_id, error.reason),
        exports.ask_again,
    ),
    JobKind.REPORT: Handler(runner.make, runner.failed, saved_reports.run_now),
    JobKind.NOTICE: Handler(
        lambda store, run: notices.run(store), _nothing, lambda store, actor, _id: notices.ask_again(store, actor)
    ),
    JobKind.ERASE: Handler(lambda store, run: retention.erase(store, run.subject_id, run), _nothing, _erase_again),
    JobKind.ERASE_NUMBER: Handler(
        lambda store, run: number_erasure.erase(store, run.subject_id, run), _nothing, number_erasure.ask_again
    ),
    JobKind.NUMBERS: Handler(number_indexing.index_missing, _nothing, number_indexing.index_again),
}
"""One entry a kind. `jobs.kinds` has its label and who may retry or cancel it."""


# --------------------------------------------------------------------------------------------------- running and ending


def run_job(store: Store, run: JobRun) -> None:
    """Do a claimed job in this process and record how it ended; nothing where the claim is over meanwhile. While the
    database cannot be used, the job waits and starts over: a restart of the server must not pause a campaign."""
    _patiently(lambda tries: _run_once(store, run, tries))


def _patiently(work: Callable[[int], None]) -> None:
    """Do `work`, again after each of `DATABASE_WAITS` where the database could not be used; it is given the number of
    tries before."""
    for tries, seconds in enumerate((*DATABASE_WAITS, None)):
        try:
            work(tries)
            return
        except DomainError as error:
            if seconds is None or error.code not in PASSING:
                raise
            logs.write(log, logs.WARNING, "database.unavailable", error=error.code, wait_ms=round(seconds * 1000))
            clock.sleep(seconds)


def _run_once(store: Store, run: JobRun, tries: int) -> None:
    if tries and not _is_claimed(store, run):
        return  # its worker was taken for dead while this process waited
    with using_language(jobs.JobParams.from_stored(run.params).language):
        try:
            HANDLERS[run.kind].run(store, run)
        except JobStopped:
            pass  # the claim is over, a user cancelled the job, or its subject is gone
        except DomainError as refusal:
            if refusal.code in PASSING and tries < len(DATABASE_WAITS):
                raise
            record_failure(store, run, refusal)
            return
        except OSError as error:  # a full disk, a folder without the right to write
            logs.write(log, logs.ERROR, "job.failed", kind=run.kind.value, job_id=run.id, error=error)
            record_failure(store, run, DomainError.of("file-error", reason=os_cause(error)))
            return
    store.transact(lambda session: _end(session, run))


def _is_claimed(store: Store, run: JobRun) -> bool:
    with store.reading() as session:
        return jobs.is_current(session, run)


def _end(session: Session, run: JobRun) -> None:
    """Record the end of a job whose function has returned: it is done, or cancelled where a user asked for that."""
    if not jobs.is_current(session, run):
        return
    if name := jobs.stop_requested(session, run):
        _stop(session, run, name)
    else:
        jobs.finish(session, run)


def record_failure(store: Store, run: JobRun, error: DomainError) -> None:
    """Record that a job failed: in the job, and in its subject where the user looks."""

    def work(session: Session) -> None:
        if jobs.fail(session, run, error.code, error.reason.params):
            with using_language(jobs.JobParams.from_stored(run.params).language):
                HANDLERS[run.kind].failed(session, run.subject_id, error)

    store.transact(work)


def record_crash(store: Store, run: JobRun) -> None:
    """Record that the job's process crashed."""
    record_failure(store, run, DomainError.of(jobs.STOPPED))


def record_stop(store: Store, run: JobRun, name: str) -> None:
    """Record that the process of a job has ended that a user cancelled."""

    store.transact(lambda session: _stop(session, run, name))


def _stop(session: Session, run: JobRun, name: str) -> None:
    if jobs.stop(session, run, name):
        with using_language(jobs.JobParams.from_stored(run.params).language):
            HANDLERS[run.kind].failed(session, run.subject_id, DomainError.of(jobs.CANCELLED, name=name))


# ---------------------------------------------------------------------------------------------------- actions of a user


def retry(store: Store, actor: Actor, job_id: int) -> None:
    """Have a failed or cancelled job done again. One that is open or done stays as it is.

    Raises `DomainError`: "no-such-job", "not-allowed", and those of its subject (of a paused campaign: `resume`)."""
    job = jobs.get(store, actor, job_id)
    _must_change(actor, job)
    if job.may_retry:
        HANDLERS[job.kind].retry(store, actor, int(job.subject.partition(":")[2]))
        with store.writing() as session:
            audit.note(session, actor, "job.retry", job.subject, kind=job.kind.value)


def cancel(store: Store, actor: Actor, job_id: int) -> None:
    """Cancel a queued job, or have the process of a running one ended; its subject then shows the reason. One that has
    ended stays as it is. Raises `DomainError` ("no-such-job", "not-allowed")."""
    job = jobs.get(store, actor, job_id)
    _must_change(actor, job)

    def work(session: Session) -> None:
        before = jobs.cancel(session, job_id, actor.name)
        if before is None:
            return
        audit.note(session, actor, "job.cancel", job.subject, kind=job.kind.value)
        if before is JobState.QUEUED:
            HANDLERS[job.kind].failed(
                session, int(job.subject.partition(":")[2]), DomainError.of(jobs.CANCELLED, name=actor.name)
            )

    store.transact(work)


def _must_change(actor: Actor, job: JobInfo) -> None:
    if not jobs.may_change(actor, job.kind, job.created_by):
        raise NotAllowed.of("not-allowed", case="job", name=actor.name)


# ---------------------------------------------------------------------------------------------------------- the process


def start_process(run: JobRun) -> subprocess.Popen[bytes]:
    """Start the job's process. It ends with this process; another worker then runs the job again."""
    arguments = [str(run.id), str(run.attempt), str(os.getpid())]
    return subprocess.Popen([sys.executable, "-m", "getsms_core.worker.handlers", *arguments], stdin=subprocess.DEVNULL)


def main(job_id: int, attempt: int) -> int:
    """Do a job that the parent process has claimed, unless the claim is over; return the exit code. Of an unexpected
    error the log gets the kind and the place, never the message, which may quote a number."""
    settings = load()
    logs.log_to_stderr(settings.zone, settings.log_format)
    try:
        _patiently(lambda tries: _do(settings.database_url, job_id, attempt, tries))
    except Exception as error:
        logs.write(log, logs.ERROR, "job.failed", job_id=job_id, error=error)
        return 1
    return 0


def _do(database_url: str, job_id: int, attempt: int, tries: int) -> None:
    with closing(open_store(database_url)) as store:
        with store.reading() as session:
            job = session.get(Job, job_id)
        if job is not None and job.attempts == attempt:
            _run_once(store, JobRun.of(job), tries)


if __name__ == "__main__":
    processes.exit_on_sigterm()
    processes.keep_files_private()
    processes.die_with_parent(int(sys.argv[3]))
    sys.exit(main(int(sys.argv[1]), int(sys.argv[2])))
