"""`getsms rules`: quiet hours, the limit a day, the frequency cap and the approval of the account in force."""

import re
from dataclasses import asdict, replace
from typing import TYPE_CHECKING, Any

import click

from getsms_core.base.errors import DomainError
from getsms_core.base.i18n import N_, _, ngettext
from getsms_core.cli.framework import Whole, answer, database, json_option, money, settings_in_force, somebody
from getsms_core.cli.weekdays import day_numbers

if TYPE_CHECKING:
    from getsms_core.accounts.policy import Policy, QuietHours

_QUIET = re.compile(r"(.+?)\s+(\d{1,2}:\d{2})\s*[-–]\s*(\d{1,2}:\d{2})")
_CAP = re.compile(r"(\d{1,4})/(\d{1,3})")


@click.group("rules")
def rules_command() -> None:
    """Show or set the rules that hold campaigns back automatically: quiet hours, the daily limit, the frequency cap
    and approval."""


@rules_command.command("show")
@json_option
def show_command(as_json: bool) -> None:
    """Show the rules in force."""
    settings = settings_in_force()
    from getsms_core.accounts import gateway_account, policy

    with database(settings) as store:
        account_id = gateway_account.account_id(store, settings)
        with store.reading() as session:
            rules = policy.get(session, account_id)
    answer(as_json, _document(rules), _lines(rules))


@rules_command.command("set")
@click.option(
    "--quiet",
    multiple=True,
    metavar="'DAYS HH:MM-HH:MM'",
    help=N_("Quiet hours that begin on these days, 1 = Monday: '1-5 21:00-09:00'. May be repeated; replaces all."),
)
@click.option("--no-quiet", is_flag=True, help=N_("No quiet hours."))
@click.option("--spend-day", metavar="SOM", help=N_("Daily spending limit in so'm; 0: no limit."))
@click.option("--cap", metavar="N/DAYS", help=N_("At most N SMS to one number in DAYS days; 0/0: no cap."))
@click.option(
    "--approve-over",
    metavar="N",
    type=Whole(0),
    help=N_("A campaign of more than N messages needs a second user's approval; 0: every campaign."),
)
@click.option(
    "--approve-over-som",
    metavar="SOM",
    help=N_("A campaign that costs more than SOM so'm needs a second user's approval."),
)
@click.option(
    "--erase-after",
    metavar="MONTHS",
    type=Whole(0, 120),
    help=N_("Erase texts and numbers this many months after a campaign has ended; 0: never."),
)
@click.option(
    "--own-words",
    metavar="WORDS",
    help=N_("Names that stay as they are when a text changes its script, separated by commas; replaces all."),
)
@click.option(
    "--kind",
    type=click.Choice(["service", "advertising"]),
    help=N_("Set --quiet, --no-quiet and --cap for messages of this kind alone; without it they are set for both."),
)
@click.option("--no-approval", is_flag=True, help=N_("No campaign needs approval by a second user."))
@json_option
def set_command(
    quiet: tuple[str, ...],
    no_quiet: bool,
    spend_day: str | None,
    cap: str | None,
    approve_over: int | None,
    approve_over_som: str | None,
    no_approval: bool,
    erase_after: int | None,
    own_words: str | None,
    kind: str | None,
    as_json: bool,
) -> None:
    """Change the named rules; the others stay. Running campaigns apply them within a second."""
    windows = tuple(_window(text) for text in quiet)
    amount = _tiyin(spend_day, "--spend-day") if spend_day is not None else None
    dear = _tiyin(approve_over_som, "--approve-over-som") if approve_over_som is not None else None
    if no_approval and (approve_over is not None or dear is not None):
        raise click.UsageError(_("--no-approval and --approve-over… exclude each other."))
    for_both = (spend_day, approve_over, approve_over_som, erase_after, own_words, no_approval or None)
    if kind is not None and any(option is not None for option in for_both):
        raise click.UsageError(_("--kind is for --quiet, --no-quiet and --cap; the other rules hold for both kinds."))
    messages, days = _cap(cap) if cap is not None else (0, 0)
    settings = settings_in_force()
    from getsms_core.accounts import gateway_account, policy

    with database(settings) as store:
        account_id = gateway_account.account_id(store, settings)
        with store.reading() as session:
            rules = seen = policy.get(session, account_id)
        if windows or no_quiet:
            rules = rules.with_rules_of(kind, quiet=windows)
        if spend_day is not None:
            rules = replace(rules, spend_day=amount or None)
        if cap is not None:
            rules = rules.with_rules_of(kind, cap=(messages, days))
        if no_approval:
            rules = replace(rules, approve_messages=None, approve_cost=None)
        if approve_over is not None:
            rules = replace(rules, approve_messages=approve_over)
        if dear is not None:
            rules = replace(rules, approve_cost=dear)
        if erase_after is not None:
            rules = replace(rules, erase_months=erase_after)
        if own_words is not None:
            rules = replace(rules, own_words=policy.words_of(own_words))
        rules = policy.save(store, somebody(), account_id, rules, settings.zone, seen=seen)
    answer(as_json, _document(rules), _lines(rules))


def _window(text: str) -> "QuietHours":
    from getsms_core.accounts.policy import QuietHours

    window_match = _QUIET.fullmatch(text.strip())
    try:
        days = day_numbers(window_match[1]) if window_match else ()
    except ValueError:
        days = ()
    if not window_match or not days:
        words = _("write quiet hours as '1-5 21:00-09:00' (1 = Monday) or 'mon-fri 21:00-09:00'")
        raise click.BadParameter(words, param_hint="--quiet")
    return QuietHours(days, *(f"{time:0>5}" for time in window_match.groups()[1:]))


def _tiyin(text: str, option: str) -> int:
    from getsms_core.base import amounts

    try:
        return amounts.parse_money(text)
    except DomainError as refusal:
        raise click.BadParameter(refusal.message, param_hint=option) from None


def _cap(text: str) -> tuple[int, int]:
    cap_match = _CAP.fullmatch(text.strip())
    if not cap_match:
        raise click.BadParameter(_("write the cap as 2/7: two SMS in seven days"), param_hint="--cap")
    return int(cap_match[1]), int(cap_match[2])


def _document(rules: "Policy") -> dict[str, Any]:
    spend = None if rules.spend_day is None else money(rules.spend_day)
    return {
        "quiet": _quiet_document(rules),
        "spend_day": spend,
        "cap_messages": rules.cap_messages,
        "cap_days": rules.cap_days,
        "approve_over": rules.approve_messages,
        "erase_after": rules.erase_months,
        "approve_over_som": None if rules.approve_cost is None else money(rules.approve_cost),
        "own_words": list(rules.own_words),
        "by_kind": {
            kind: {
                "quiet": _quiet_document(of_kind),
                "cap_messages": of_kind.cap_messages,
                "cap_days": of_kind.cap_days,
            }
            for kind in rules.by_kind
            for of_kind in [rules.of_kind(kind)]
        },
    }


def _quiet_document(rules: "Policy") -> list[dict[str, Any]]:
    return [{**asdict(window), "days": [day + 1 for day in window.days]} for window in rules.quiet]


def _lines_of_kind(rules: "Policy") -> list[str]:
    lines = [
        _("Quiet on days {days} (1 = Monday) from {start} to {to}.").format(
            days=", ".join(str(day + 1) for day in quiet_window.days), start=quiet_window.start, to=quiet_window.to
        )
        for quiet_window in rules.quiet
    ] or [_("No quiet hours.")]
    if rules.cap_messages:
        text = _("At most {n} SMS to one number in {days} days.")
        lines.append(text.format(n=rules.cap_messages, days=rules.cap_days))
    else:
        lines.append(_("No frequency cap."))
    return lines


def _lines(rules: "Policy") -> list[str]:
    from getsms_core.base.kinds import KIND_LABELS

    lines = _lines_of_kind(rules)
    if rules.by_kind:
        lines = []
        for kind, label in KIND_LABELS.items():
            lines += [f"{_(label)}: {line}" for line in _lines_of_kind(rules.of_kind(kind))]
    if rules.spend_day is None:
        lines.append(_("No limit a day."))
    else:
        lines.append(_("At most {sum} so'm a day.").format(sum=money(rules.spend_day)))
    if rules.approve_messages is not None:
        lines.append(_("A campaign of more than {n} messages needs approval.").format(n=rules.approve_messages))
    if rules.approve_cost is not None:
        text = _("A campaign that costs more than {sum} so'm needs approval.")
        lines.append(text.format(sum=money(rules.approve_cost)))
    if rules.approve_messages is None and rules.approve_cost is None:
        lines.append(_("No campaign needs approval."))
    if rules.erase_months:
        text = ngettext(
            "Texts and numbers are erased {n} month after a campaign has ended.",
            "Texts and numbers are erased {n} months after a campaign has ended.",
            rules.erase_months,
        )
        lines.append(text.format(n=rules.erase_months))
    if rules.own_words:
        lines.append(
            _("Words that stay as they are in every script: {words}.").format(words=", ".join(rules.own_words))
        )
    return lines
