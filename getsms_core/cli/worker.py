"""`getsms worker`: the process that sends and follows. Any number of them may run at once."""

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
@click.option(
    "--drain", is_flag=True, help=N_("End when nothing is left to send or to do, and the receipts are heard.")
)
@click.option(
    "--wait",
    "receipts_seconds",
    metavar="SECONDS",
    type=Number(0),
    default=60.0,
    show_default=True,
    help=N_("With --drain: wait so long for receipts at most."),
)
def worker_command(drain: bool, receipts_seconds: float) -> None:
    """Send what is started and follow it to its last word, until Ctrl-C or SIGTERM: then what is on its way is
    finished.

    With --drain it ends by itself when nothing is queued or sending and no message waits for its last receipt, or when
    everything left is paused. Without a login it practises with the practice gateway, which it starts if need be."""
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
            if signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:  # as nohup wants it
                signal.signal(signal.SIGHUP, lambda *_: worker.stop())  # its terminal was closed
            where = _("the practice gateway at {url}") if sandbox else _("{url}")
            log.info(_("The worker works with %s."), where.format(url=sandbox.url if sandbox else settings.url))
            worker.run(drain=drain, receipts_seconds=receipts_seconds)
            store.checkpoint()
            log.info(_("The worker has ended in good order."))
            gateway.close()
        finally:
            if sandbox is not None:
                sandbox.stop()


def client(settings: "Settings", sandbox_url: str) -> "Gateway":
    """The gateway's client; an address that is none is a refusal that names the setting."""
    from getsms_core.accounts import gateway_account

    try:
        return gateway_account.gateway(settings, sandbox_url)
    except ValueError as error:
        raise SettingsError(
            "bad-setting", _("The setting {name} cannot be used: {reason}.").format(name="GETSMS_URL", reason=error)
        ) from None


class _OneLine(logging.Formatter):
    """An event a line, with the time of the settings' zone. Of an exception its kind and words alone: a traceback is
    for nobody who reads this."""

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
    """Writes to stderr; once its terminal is closed, to nowhere."""

    def handleError(self, record: logging.LogRecord) -> None:
        """A closed terminal is no fault; anything else is shown as logging does."""
        if isinstance(sys.exc_info()[1], OSError):
            processes.redirect_to_devnull(2)
        else:
            super().handleError(record)


def log_to_stderr(zone: tzinfo) -> None:
    """Warnings of everybody and the events of this program, one line each."""
    handler = _TerminalHandler(sys.stderr)
    handler.setFormatter(_OneLine(zone))
    logging.basicConfig(level=logging.WARNING, handlers=[handler], force=True)
    logging.getLogger("getsms").setLevel(logging.INFO)
