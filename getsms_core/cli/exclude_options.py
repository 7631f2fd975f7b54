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
)


def exclude_options(command: F) -> F:
    """Add these options to a command, as `exclude_list`, `exclude_campaign` and `exclude_days`."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return command


def exclusions_of(
    exclude_list: tuple[int, ...], exclude_campaign: tuple[int, ...], exclude_days: int | None
) -> "Exclusions":
    """Return the options as a campaign stores them, without duplicates."""
    from getsms_core.campaigns.exclusions import Exclusions

    return Exclusions(tuple(dict.fromkeys(exclude_list)), tuple(dict.fromkeys(exclude_campaign)), exclude_days)
