"""`getsms worker`: the process that sends messages and polls receipts. Any number of workers may run at once."""

import logging
import signal
import sys
from datetime import datetime, tzinfo
from typing import TYPE_CHECKING

import click

from getsms_core.base import processes
from getsms_core.base.errors import SettingsError
from getsms_core.base.i18n import N_, _
from getsms_core.cli.framework import Number, database, settings_in_force

if TYPE_CHECKING:
    from getsms_core.base.settings import Settings
    from getsms_core.gateway import Gateway

log = logging.getLogger("getsms.worker")


@click.command("worker")
@click.option("--drain", is_flag=True, help=N_("End when nothing is left to send or do and all receipts have arrived."))
@click.option(
    "--wait",
    "receipts_seconds",
    metavar="SECONDS",
    type=Number(0),
    default=60.0,
    show_default=True,
    help=N_("With --drain: the longest wait for receipts, in seconds."),
)
def worker_command(drain: bool, receipts_seconds: float) -> None:
    """Send started campaigns and follow their messages to a final status, until Ctrl-C or SIGTERM; requests in flight
    are completed first.

    With --drain it ends when nothing is queued or sending and no message waits for a receipt, or when everything
    left is paused. Without a login it uses the practice gateway and starts it if needed."""
    settings = settings_in_force()
    log_to_stderr(settings.zone)
    from getsms_core.base.temporary import sweep_temporary_folders
    from getsms_core.serve import start_sandbox
    from getsms_core.worker.loop import Worker, install_signals

    with database(settings) as store:
        sweep_temporary_folders()
        sandbox = start_sandbox(settings)
        try:
            gateway = client(settings, sandbox.url if sandbox else "")
            worker = Worker(store, settings, gateway)
            install_signals(worker)
            if signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:  # nohup ignores it
                signal.signal(signal.SIGHUP, lambda *_: worker.stop())  # its terminal was closed
            where = _("the practice gateway at {url}") if sandbox else _("{url}")
            log.info(_("The worker uses %s."), where.format(url=sandbox.url if sandbox else settings.url))
            worker.run(drain=drain, receipts_seconds=receipts_seconds)
            store.checkpoint()
            log.info(_("The worker has stopped cleanly."))
            gateway.close()
        finally:
            if sandbox is not None:
                sandbox.stop()


def client(settings: "Settings", sandbox_url: str) -> "Gateway":
    """Return the gateway's client. Raises `DomainError` naming the setting for an invalid address."""
    from getsms_core.accounts import gateway_account

    try:
        return gateway_account.gateway(settings, sandbox_url)
    except ValueError as error:
        raise SettingsError(
            "bad-setting", _("The setting {name} cannot be used: {reason}.").format(name="GETSMS_URL", reason=error)
        ) from None


class _OneLine(logging.Formatter):
    """One line per event, with the time in the zone of the settings. Of an exception only type and message are
    shown, without a traceback."""

    def __init__(self, zone: tzinfo) -> None:
        super().__init__()
        self._zone = zone

    def format(self, record: logging.LogRecord) -> str:
        at = datetime.fromtimestamp(record.created, self._zone)
        line = f"{at:%Y-%m-%d %H:%M:%S} {record.levelname.lower()} {record.getMessage()}"
        if record.exc_info and record.exc_info[1] is not None:
            line += f" ({type(record.exc_info[1]).__name__}: {record.exc_info[1]})"
        return " ".join(line.split())


class _TerminalHandler(logging.StreamHandler):  # type: ignore[type-arg]
    """Writes to stderr; after its terminal was closed, discards."""

    def handleError(self, record: logging.LogRecord) -> None:
        """Ignore a closed terminal; report other errors as logging does."""
        if isinstance(sys.exc_info()[1], OSError):
            processes.redirect_to_devnull(2)
        else:
            super().handleError(record)


def log_to_stderr(zone: tzinfo) -> None:
    """Log warnings of all libraries and the events of this program, one line each."""
    handler = _TerminalHandler(sys.stderr)
    handler.setFormatter(_OneLine(zone))
    logging.basicConfig(level=logging.WARNING, handlers=[handler], force=True)
    logging.getLogger("getsms").setLevel(logging.INFO)
