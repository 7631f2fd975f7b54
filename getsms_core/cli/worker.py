"""`getsms worker`: the process that sends messages and polls receipts. Any number of workers may run at once."""

import signal
from typing import TYPE_CHECKING

import click

from getsms_core.base import logs
from getsms_core.base.errors import SettingsError
from getsms_core.base.i18n import N_, _
from getsms_core.base.number_option import Number
from getsms_core.cli.framework import database, settings_in_force

if TYPE_CHECKING:
    from getsms_core.base.settings import Settings
    from getsms_core.gateway import Gateway


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
    logs.log_to_stderr(settings.zone, settings.log_format)
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
            worker.run(drain=drain, receipts_seconds=receipts_seconds)
            store.checkpoint()
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
