"""The periods and the schedules of saved reports; the labels are msgids."""

from collections.abc import Mapping

from getsms_core.base.i18n import N_

PERIODS: Mapping[str, str] = {
    "yesterday": N_("Yesterday"),
    "week": N_("The last 7 days"),
    "month": N_("The last 30 days"),
    "last-month": N_("The month before"),
    "all": N_("All time"),
    "this-month": N_("This month"),
    "this-quarter": N_("This quarter"),
    "this-year": N_("This year"),
}
"""Periods relative to the day of the run; all but "all" end yesterday, so that their days are complete. "This month" is
the month of yesterday: on the first day of a month it is the whole month before."""
EVERY: Mapping[str, str] = {
    "never": N_("Only by hand"),
    "day": N_("Every day"),
    "week": N_("Every week"),
    "month": N_("Every month"),
}
"""How often a report is made by itself."""
