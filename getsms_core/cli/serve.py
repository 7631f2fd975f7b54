"""`getsms serve`: the app, its worker and, in sandbox mode, the gateway, in one command."""

import click

from getsms_core.base.i18n import N_
from getsms_core.cli.framework import Whole, settings_in_force


@click.command("serve")
@click.option(
    "--port",
    type=Whole(1, 65535),
    default=8501,
    show_default=True,
    help=N_("Port; the next free one if taken."),
)
@click.option(
    "--host", default="127.0.0.1", show_default=True, help=N_("Address to listen on; 0.0.0.0 for the whole network.")
)
@click.option("--open", "open_browser", is_flag=True, help=N_("Open the app in a browser."))
def serve_command(port: int, host: str, open_browser: bool) -> int:
    """Run the app, a worker and, in sandbox mode, the practice gateway. Ctrl-C stops all of them cleanly."""
    from getsms_core.serve import serve

    return serve(settings_in_force(), port, host, open_browser)
