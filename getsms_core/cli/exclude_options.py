"""The options that exclude people from a campaign."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

import click

from getsms_core.base.i18n import N_
from getsms_core.cli.framework import Whole

if TYPE_CHECKING:
    from getsms_core.campaigns.exclusions import Exclusions

F = TypeVar("F", bound=Callable[..., Any])
_OPTIONS = (
    click.option(
        "--exclude-list",
        multiple=True,
        metavar="ID",
        type=Whole(1, 2**31 - 1),
        help=N_("Exclude numbers in this list. May be repeated."),
    ),
    click.option(
        "--exclude-campaign",
        multiple=True,
        metavar="ID",
        type=Whole(1, 2**31 - 1),
        help=N_("Exclude recipients of this campaign. May be repeated."),
    ),
    click.option(
        "--exclude-days",
        metavar="N",
        type=Whole(1, 3650),
        help=N_("Exclude recipients of any SMS in the last N days; test SMS do not count."),
    ),
    click.option(
        "--control",
        metavar="PERCENT",
        help=N_("Draw this share of the recipients at random as a control group, which gets no message; 0: none."),
    ),
    click.option(
        "--new-since",
        multiple=True,
        metavar="ID",
        type=Whole(1, 2**31 - 1),
        help=N_("Only recipients who were not in the list of this campaign when it was sent. May be repeated."),
    ),
)
NAMES = frozenset({"exclude_list", "exclude_campaign", "exclude_days", "new_since"})
"""The options, as arguments of a command."""


def exclude_options(command: F) -> F:
    """Add these options to a command, as `NAMES` and `control`."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return command


def control_of(control: str | None) -> int:
    """Return the option `--control` as hundredths of a percent. Raises `DomainError` ("bad-control")."""
    from getsms_core.campaigns.control import parse_share

    return 0 if control is None else parse_share(control)


def exclusions_of(
    exclude_list: tuple[int, ...],
    exclude_campaign: tuple[int, ...],
    exclude_days: int | None,
    new_since: tuple[int, ...],
) -> "Exclusions":
    """Return the options as a campaign stores them, without duplicates."""
    from getsms_core.campaigns.exclusions import Exclusions

    lists, campaigns, since = (tuple(dict.fromkeys(ids)) for ids in (exclude_list, exclude_campaign, new_since))
    return Exclusions(lists, campaigns, exclude_days, since)
