"""The kinds of messages, what people opt out of, and why a row of a list gets no message: the codes that columns store
and their words."""

from collections.abc import Mapping
from enum import StrEnum

from getsms_core.base.i18n import N_


class MessageKind(StrEnum):
    """What a campaign's messages are: rules, prices, templates and opt-outs may differ."""

    SERVICE = "service"
    ADVERTISING = "advertising"


KIND_LABELS = {MessageKind.SERVICE: N_("Service"), MessageKind.ADVERTISING: N_("Advertising")}
"""The labels of the kinds of messages."""


class OptOutScope(StrEnum):
    """What somebody opted out of."""

    ALL = "all"
    ADVERTISING = "advertising"


OPT_OUT_SCOPES = {OptOutScope.ALL: N_("everything"), OptOutScope.ADVERTISING: N_("advertising")}
"""The words for what somebody opted out of."""


class ExcludedReason(StrEnum):
    """Why an accepted row of a list gets no message. A row that meets several of them has the first one in this
    order."""

    WHERE = "where"
    LISTS = "lists"
    CAMPAIGNS = "campaigns"
    DAYS = "days"
    ADVERTISING = "advertising"
    EMPTY_TEXT = "empty_text"
    CONTROL = "control"


EXCLUDED_LABELS: Mapping[str, str] = {
    ExcludedReason.WHERE: N_("Not chosen by the condition"),
    ExcludedReason.LISTS: N_("In an excluded list"),
    ExcludedReason.CAMPAIGNS: N_("Got an excluded campaign, or not new since one"),
    ExcludedReason.DAYS: N_("Got an SMS in the excluded days"),
    ExcludedReason.ADVERTISING: N_("Opted out of advertising"),
    ExcludedReason.EMPTY_TEXT: N_("Empty text"),
    ExcludedReason.CONTROL: N_("Control group"),
}
"""The words on the screen for each reason; translate them with `_` where they are shown."""
