"""The command `getsms sandbox`, also `python -m getsms_core.sandbox`: the practice gateway alone."""

import asyncio
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import click

from getsms_core.base import logs, processes
from getsms_core.base.errors import DomainError
from getsms_core.base.i18n import _
from getsms_core.base.number_option import Number
from getsms_core.base.places import DATA
from getsms_core.sandbox.faults import parse_faults
from getsms_core.sandbox.gateway_rules import GatewayRules
from getsms_core.sandbox.log_lines import LOG_BYTES
from getsms_core.sandbox.server import Options, run

DEFAULT_STATE = DATA / "run" / "sandbox.db"
"""The default file of a practice gateway's state."""


def _faults(_context: click.Context, _parameter: click.Parameter, value: str) -> dict[str, float]:
    try:
        return parse_faults(value)
    except ValueError as error:
        raise click.BadParameter(str(error)) from None


def _zone(_context: click.Context, _parameter: click.Parameter, value: str) -> ZoneInfo:
    try:
        return ZoneInfo(value)
    except (ValueError, OSError, ZoneInfoNotFoundError):
        raise click.BadParameter(f"there is no time zone {value!r}") from None


@click.command(name="sandbox", short_help="Run the practice gateway by itself.")
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option("--port", type=click.IntRange(0, 65535), default=0, help="Port; 0: the one used last, or any free one.")
@click.option("--latency", type=Number(0, 86_400), default=0.0, show_default=True, help="Seconds before each answer.")
@click.option("--faults", callback=_faults, default="", help='For example "reset-after:0.02,http-500-before:0.01".')
@click.option("--refuse-seconds", type=Number(0, 86_400), default=0.5, show_default=True,
              help="How many seconds the fault `refused` lasts.")  # fmt: skip
@click.option("--refuse-ip", is_flag=True, help="Answer HTTP 403, as to an address that is not registered.")
@click.option("--login", default="", help="The only login to accept; default: any login and password.")
@click.option("--password", default="", help="The password of that login.")
@click.option(
    "--nicknames",
    default="",
    help="Registered sender names, separated by commas; each message must then use one of them.",
)
@click.option(
    "--limit", type=click.IntRange(0), default=None, help="Total number of messages that the account may send."
)
@click.option("--ids", type=click.Choice(["shared", "one"]), default="shared", show_default=True,
              help="Request ids: one per request, or one per message.")  # fmt: skip
@click.option("--errors", type=click.Choice(["list", "object"]), default="list", show_default=True,
              help="The format of an error for a whole request.")  # fmt: skip
@click.option("--delivery-speed", type=Number(0, 86_400), default=1.0, show_default=True,
              help="How many times faster than real time receipts arrive; 0: immediately.")  # fmt: skip
@click.option("--seed", type=int, default=1, show_default=True, help="Seed of the random results and faults.")
@click.option(
    "--state",
    type=click.Path(path_type=Path, dir_okay=False),
    default=DEFAULT_STATE,
    help="File for the messages that it has received.",
)
@click.option(
    "--parent-pid", type=click.IntRange(1), multiple=True, help="End when this process ends. May be repeated."
)
@click.option(
    "--log-format",
    type=click.Choice(["text", "json"]),
    default="text",
    show_default=True,
    envvar="GETSMS_LOG_FORMAT",
    help="Form of the log lines on stderr.",
)
@click.option(
    "--log-zone",
    callback=_zone,
    default="Asia/Tashkent",
    show_default=True,
    envvar="GETSMS_TIMEZONE",
    help="Time zone of the log lines as text.",
)
def command(
    host: str,
    port: int,
    latency: float,
    faults: dict[str, float],
    refuse_seconds: float,
    refuse_ip: bool,
    login: str,
    password: str,
    nicknames: str,
    limit: int | None,
    ids: str,
    errors: str,
    delivery_speed: float,
    seed: int,
    state: Path,
    parent_pid: tuple[int, ...],
    log_format: logs.LogFormat,
    log_zone: ZoneInfo,
) -> None:
    """Run the practice gateway until Ctrl-C: it speaks the gateway's protocol, sends nothing and counts everything.

    It prints its address as the only line on stdout, and logs each call to stderr."""
    if bool(login) != bool(password):
        raise click.UsageError(_("--login and --password belong together"))
    rules = GatewayRules(
        login=login,
        password=password,
        nicknames=frozenset(filter(None, (name.strip() for name in nicknames.split(",")))),
        shared_ids=ids == "shared",
        bare_errors=errors == "object",
        limit=limit,
        speed=delivery_speed,
        seed=seed,
    )
    options = Options(state, host, port, latency, faults, refuse_seconds, refuse_ip, rules, parent_pid)
    logs.log_to_stderr(log_zone, log_format, LOG_BYTES)
    try:
        asyncio.run(run(options, _print_address))
    except DomainError as refused:
        raise click.ClickException(refused.message) from None


def _print_address(url: str) -> None:
    try:
        click.echo(_("Practice gateway on {url}").format(url=url))
    except OSError:  # the terminal was closed, or the reader of our output has ended
        processes.redirect_to_devnull(1)
