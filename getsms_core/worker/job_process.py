"""The process of the one job that a worker runs at a time."""

import logging
import subprocess
import time

from sqlalchemy.exc import InterfaceError, OperationalError
from sqlmodel import Session

from getsms_core import jobs
from getsms_core.base import logs
from getsms_core.base.errors import DomainError
from getsms_core.db.engine import Store
from getsms_core.worker import handlers

log = logging.getLogger("getsms.worker")
RETRY_SECONDS = 0.1
KILL_SECONDS = 10.0  # from SIGTERM to SIGKILL
NOT_STARTED = 126  # as a shell's exit code
DATABASE_ERRORS = (DomainError, OperationalError, InterfaceError)
"""What a database raises that cannot be used now."""


class JobProcess:
    """Starts the process of a job, ends it where a user cancelled the job, and records a crash."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._started = 0.0  # time.monotonic()
        self._running: tuple[jobs.JobRun, subprocess.Popen[bytes] | None] | None = None
        self._cancelled_by = ""
        self._terminated_at: float | None = None

    @property
    def idle(self) -> bool:
        """Whether no job runs here."""
        return self._running is None

    @property
    def ended(self) -> bool:
        """Whether the process has ended and `settle` is still to be called."""
        return self._running is not None and (self._running[1] is None or self._running[1].poll() is not None)

    def start(self, run: jobs.JobRun) -> None:
        """Start the process of a claimed job. One that cannot start counts as crashed: a worker that ended because of
        it would lose the answers to its requests in flight."""
        logs.write(log, logs.INFO, "job.started", kind=run.kind.value, job_id=run.id, attempt=run.attempt)
        self._started = time.monotonic()
        try:
            self._running = (run, handlers.start_process(run))
        except OSError:  # no memory, or no process more
            self._running = (run, None)

    def look_for_cancelling(self, session: Session) -> None:
        """Notice that a user cancelled the running job; `settle` acts on it."""
        if self._running is not None and not self._cancelled_by:
            self._cancelled_by = jobs.stop_requested(session, self._running[0])

    def settle(self) -> bool:
        """End the process of a cancelled job, and record how an ended process ended. Returns whether it has ended."""
        self._end_cancelled()
        if not self.ended:
            return False
        self._finish()
        return True

    def _end_cancelled(self) -> None:
        # Outside any transaction: the process may wait for the database itself.
        process = self._running[1] if self._running is not None else None
        if process is None or not self._cancelled_by or self.ended:
            return
        if self._terminated_at is None:
            self._terminated_at = time.monotonic()
            process.terminate()
        elif time.monotonic() - self._terminated_at > KILL_SECONDS:
            process.kill()

    def _finish(self) -> None:
        """Record that the job was cancelled, or that its process crashed; what went well or was refused the process has
        recorded itself. After a database error a later call records it."""
        if self._running is None:
            return
        run, process = self._running
        line = {"kind": run.kind.value, "job_id": run.id, "ms": round((time.monotonic() - self._started) * 1000)}
        try:
            if self._cancelled_by:
                handlers.record_stop(self._store, run, self._cancelled_by)
                logs.write(log, logs.INFO, "job.cancelled", **line)
            elif process is None or process.returncode != 0:
                exit_code = NOT_STARTED if process is None else process.returncode
                logs.write(log, logs.WARNING, "job.crashed", exit_code=exit_code, **line)
                handlers.record_crash(self._store, run)
            else:
                logs.write(log, logs.INFO, "job.ended", **line)
                handlers.record_crash(self._store, run)  # changes nothing where the process has recorded its end
        except DATABASE_ERRORS as error:
            logs.write(log, logs.WARNING, "database.unavailable", error=logs.error_code(error),
                       wait_ms=round(RETRY_SECONDS * 1000))  # fmt: skip
            time.sleep(RETRY_SECONDS)
            return
        self._running, self._cancelled_by, self._terminated_at = None, "", None

    def terminate(self) -> None:
        """End the process and wait for it; `requeue` lets another worker run its job. One that does not end by SIGTERM
        is killed: it may be stopped, or wait for the database."""
        process = self._running[1] if self._running is not None else None
        if process is None:
            return
        process.terminate()
        try:
            process.wait(KILL_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
