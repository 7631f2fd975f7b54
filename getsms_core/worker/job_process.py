"""The process of the one job that a worker runs at a time."""

import logging
import subprocess
import time

from sqlalchemy.exc import InterfaceError, OperationalError

from getsms_core.base import logs
from getsms_core.base.errors import DomainError
from getsms_core.db.engine import Store
from getsms_core.worker import jobs as worker_jobs

log = logging.getLogger("getsms.worker")
RETRY_SECONDS = 0.1
DATABASE_ERRORS = (DomainError, OperationalError, InterfaceError)
"""What a database raises that cannot be used now."""


class JobProcess:
    """Starts the process of a job and records the job as failed when its process crashes."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._started = 0.0  # time.monotonic()
        self._running: tuple[worker_jobs.Job, subprocess.Popen[bytes]] | None = None

    @property
    def idle(self) -> bool:
        """Whether no job runs here."""
        return self._running is None

    @property
    def ended(self) -> bool:
        """Whether the process has ended and `finish` is still to be called."""
        return self._running is not None and self._running[1].poll() is not None

    def start(self, job: worker_jobs.Job) -> None:
        """Start the process of a claimed job."""
        logs.write(log, logs.INFO, "job.started", kind=job.kind, job_id=job.id)
        self._started = time.monotonic()
        self._running = (job, worker_jobs.start_process(job))

    def finish(self) -> None:
        """Record a crash of the ended process. After a database error a later call records it."""
        if self._running is None:
            return
        job, process = self._running
        if process.returncode != 0:
            logs.write(log, logs.WARNING, "job.crashed", kind=job.kind, job_id=job.id, exit_code=process.returncode,
                       ms=self._ms())  # fmt: skip
            try:
                worker_jobs.record_crash(self._store, job)
            except DATABASE_ERRORS as error:
                logs.write(log, logs.WARNING, "database.unavailable", error=logs.error_code(error),
                           wait_ms=round(RETRY_SECONDS * 1000))  # fmt: skip
                time.sleep(RETRY_SECONDS)
                return
        else:
            logs.write(log, logs.INFO, "job.ended", kind=job.kind, job_id=job.id, ms=self._ms())
        self._running = None

    def _ms(self) -> int:
        return round((time.monotonic() - self._started) * 1000)

    def terminate(self) -> None:
        """End the process and wait for it; `requeue` lets another worker run its job."""
        if self._running is not None:
            self._running[1].terminate()
            self._running[1].wait()
