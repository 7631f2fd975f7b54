"""The command `getsms`: everything that the pages can do, for scripts and for those without a browser.

Each command lives in a module that is imported when it is called, and imports what it needs inside: `getsms --help`
loads neither pandas nor the database. What scripts rely on stands in docs/cli.md; a test compares the two.
"""

import signal
import sys

import click

from getsms_core.base import processes, without_pandas
from getsms_core.base.i18n import N_
from getsms_core.cli.framework import Commands

_COMMANDS = {
    "check": ("check", N_("Check a recipient list and store nothing.")),
    "text": ("text", N_("What a text costs in SMS parts, and mended.")),
    "create": ("create", N_("Make a campaign from a list and a text.")),
    "test": ("test", N_("Send a draft's message to your own phones.")),
    "start": ("control", N_("Start sending a campaign, now or at a time.")),
    "pause": ("control", N_("Send no more of a campaign until it is resumed.")),
    "resume": ("control", N_("Go on with a paused campaign.")),
    "cancel": ("control", N_("Send nothing more of a campaign, for ever.")),
    "copy": ("control", N_("A campaign as a new draft, whole or what was not sent.")),
    "approve": ("approval", N_("Let a campaign that waits for approval be sent.")),
    "refuse": ("approval", N_("Send a campaign that waits for approval back as a draft.")),
    "withdraw": ("approval", N_("Take a campaign back before it is approved.")),
    "refresh": ("control", N_("Ask now for the receipts that are waited for.")),
    "resolve": ("control", N_("Say what became of uncertain messages.")),
    "show": ("show", N_("A campaign's state, and a count of each message state.")),
    "excluded": ("show", N_("The rows of a campaign that get no message, and why.")),
    "list": ("show", N_("The campaigns, newest first.")),
    "audience": ("audience", N_("A new list from the results of campaigns.")),
    "responses": ("responses", N_("Who of a campaign's recipients responded, from a file.")),
    "export": ("export", N_("A campaign's messages as a file.")),
    "report": ("report", N_("Any cut of all messages as a file, or figures as a PDF.")),
    "reports": ("reports", N_("Saved reports: list, add, run, pause, resume, delete.")),
    "alerts": ("reports", N_("Who is mailed when something gets worse.")),
    "lists": ("lists", N_("The kept recipient lists: show, add, refused rows.")),
    "segments": ("segments", N_("Saved conditions: save, list, delete.")),
    "templates": ("templates", N_("Saved texts: list, add, submit, approve, refuse.")),
    "optout": ("optout", N_("The numbers that nothing is sent to: add, remove, list.")),
    "rules": ("rules", N_("Quiet hours, limits, the frequency cap, approval: show, set.")),
    "prices": ("prices", N_("What one part of an SMS costs: list, add, remove.")),
    "people": ("people", N_("Who may sign in: list, add, password, role, disable, enable.")),
    "audit": ("show", N_("Who did what, newest first.")),
    "backup": ("backup", N_("Everything in the database as one file.")),
    "restore": ("backup", N_("Put a backup in the place of the database.")),
    "worker": ("worker", N_("Send and follow messages until stopped.")),
    "serve": ("serve", N_("The app, its worker and, without a login, the practice gateway.")),
    "doctor": ("doctor", N_("Check settings, database and gateway without sending an SMS.")),
    "sandbox": ("sandbox", N_("Run the practice gateway by itself.")),
}
"""Each command, the module of this package that holds it as `NAME_command`, and its line in the list of all."""
_LASTING = ("worker", "serve", "sandbox")  # stopped by a signal they are done, in their first moments too
_LIGHT = ("check", "create", "lists", "audience", "optout")  # they speak no frames, and start twice as fast without


@click.group(
    name="getsms",
    cls=Commands,
    table=_COMMANDS,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.version_option(package_name="getsms-campaigns", prog_name="getsms", message="%(prog)s %(version)s")
def cli() -> None:
    """SMS campaigns over the GETSMS.UZ gateway: never sent twice, never lost.

    Settings come from the environment (GETSMS_...) and from .env. With --json a command prints one JSON document on
    stdout and everything else on stderr. Exit codes: 0 done, 1 refused or failed with a reason, 2 wrong usage."""


def main() -> None:
    """The entry point of the installed script."""
    processes.keep_files_private()
    if sys.argv[1:2] and sys.argv[1] in _LIGHT:
        without_pandas.block_pandas_import()
    if sys.argv[1:2] and sys.argv[1] in _LASTING:
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            if signal.getsignal(number) is not signal.SIG_IGN:  # as nohup wants SIGHUP
                signal.signal(number, lambda *_: sys.exit(0))  # until the command has a handler of its own
    cli()
