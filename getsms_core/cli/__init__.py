"""The command `getsms`: everything that the pages can do, for scripts and without a browser.

The module of a command is imported when the command is called, and imports the core inside its functions: `getsms
--help` loads neither pandas nor the database. docs/cli.md is the contract with scripts; a test compares it with the
program."""

import signal
import sys

import click

from getsms_core.base import pandas_block, processes
from getsms_core.base.i18n import N_
from getsms_core.cli.framework import Commands

_COMMANDS = {
    "check": ("check", N_("Check a recipient list and store nothing.")),
    "text": ("text", N_("Count the SMS parts of a text and suggest replacements.")),
    "create": ("create", N_("Create a campaign from a list and a text.")),
    "test": ("test", N_("Send a draft's message to your own phones.")),
    "start": ("control", N_("Start sending a campaign, now or at a time.")),
    "pause": ("control", N_("Pause a campaign until it is resumed.")),
    "resume": ("control", N_("Resume a paused campaign.")),
    "cancel": ("control", N_("Cancel the unsent messages of a campaign.")),
    "reschedule": ("control", N_("Move a campaign to another start time.")),
    "change": ("change", N_("Change a draft, or the name of any campaign.")),
    "copy": ("control", N_("Copy a campaign as a new draft: all of it or the unsent part.")),
    "delete": ("control", N_("Delete a draft.")),
    "approve": ("approval", N_("Approve a campaign that awaits approval.")),
    "refuse": ("approval", N_("Return a campaign that awaits approval to draft.")),
    "withdraw": ("approval", N_("Withdraw a campaign before it is approved.")),
    "refresh": ("control", N_("Request the pending receipts now.")),
    "resolve": ("control", N_("Resolve uncertain messages.")),
    "show": ("show", N_("Show a campaign's state and its messages by state.")),
    "excluded": ("show", N_("List the rows of a campaign that get no message, and why.")),
    "list": ("show", N_("List campaigns, newest first.")),
    "campaigns": ("campaigns", N_("Organise campaigns: tag, archive, delete drafts.")),
    "audience": ("audience", N_("Create a list from the results of campaigns.")),
    "phone": ("phone", N_("Show everything about a number, or have it erased.")),
    "responses": ("responses", N_("Record from a file who responded to a campaign.")),
    "export": ("export", N_("Export a campaign's messages to a file.")),
    "report": ("report", N_("Export filtered messages to a file, or figures as a PDF.")),
    "reports": ("reports", N_("Manage saved reports: list, add, run, pause, resume, delete.")),
    "alerts": ("reports", N_("Choose who gets delivery alerts by e-mail.")),
    "lists": ("lists", N_("Manage recipient lists: show, add, rejected rows.")),
    "segments": ("segments", N_("Manage saved conditions: save, list, delete.")),
    "templates": ("templates", N_("Manage templates: list, add, change, delete, submit, approve, refuse.")),
    "optout": ("optout", N_("Manage opted-out numbers: add, remove, list.")),
    "rules": ("rules", N_("Show or set quiet hours, limits, the frequency cap and approval.")),
    "prices": ("prices", N_("Manage the price of an SMS part: list, add, remove.")),
    "people": ("people", N_("Manage users: list, add, invite, password, role, disable, enable.")),
    "sessions": ("sessions", N_("Show or end the sessions of users: list, revoke.")),
    "notices": ("notices", N_("Show the notices of a user, and mark them as read.")),
    "audit": ("audit", N_("Show the audit log, newest first.")),
    "backup": ("backup", N_("Back up the whole database to one file.")),
    "restore": ("backup", N_("Replace the database with a backup.")),
    "jobs": ("jobs", N_("Manage background jobs: list, retry, cancel.")),
    "worker": ("worker", N_("Send and follow messages until stopped.")),
    "serve": ("serve", N_("Run the app, a worker and, without a login, the practice gateway.")),
    "doctor": ("doctor", N_("Check settings, database and gateway without sending an SMS.")),
    "sandbox": ("sandbox", N_("Run the practice gateway by itself.")),
}
"""Each command, the module of this package that holds it as `NAME_command`, and its line in the list of all."""
_LASTING = ("worker", "serve", "sandbox")  # a signal ends them with exit code 0, during their start too
_BLOCKS_PANDAS = ("check", "create")  # measured in base.pandas_block


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
    if sys.argv[1:2] and sys.argv[1] in _BLOCKS_PANDAS:
        pandas_block.block_pandas_import()
    if sys.argv[1:2] and sys.argv[1] in _LASTING:
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            if signal.getsignal(number) is not signal.SIG_IGN:  # nohup ignores SIGHUP
                signal.signal(number, lambda *_: sys.exit(0))  # until the command sets its own handler
    cli()
