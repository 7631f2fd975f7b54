"""Which pages there are, in which order and section, and the right that each asks for."""

from typing import NamedTuple

from getsms_core.base.i18n import N_
from getsms_core.base.permissions import May


class Entry(NamedTuple):
    """A page: its file, its name in the navigation, its icon, and the right that it asks for."""

    file: str
    title: str
    icon: str
    right: May


PAGES: dict[str, list[Entry]] = {
    "": [Entry("overview.py", N_("Overview"), "home", May.READ)],
    N_("Campaigns"): [
        Entry("new_campaign.py", N_("New campaign"), "add_circle", May.CAMPAIGN),
        Entry("campaigns.py", N_("All campaigns"), "campaign", May.READ),
        Entry("lists.py", N_("Lists and opt-outs"), "contacts", May.LISTS),
        Entry("templates.py", N_("Templates"), "sticky_note_2", May.READ),
    ],
    N_("Results"): [
        Entry("analytics.py", N_("Analytics"), "monitoring", May.READ),
        Entry("reports.py", N_("Reports"), "description", May.EXPORT),
        Entry("glossary.py", N_("What the words mean"), "menu_book", May.READ),
    ],
    N_("Administration"): [
        Entry("settings.py", N_("Settings"), "settings", May.SETTINGS),
        Entry("audit.py", N_("Audit log"), "history", May.SETTINGS),
    ],
}

FIRST = "overview.py"
"""The page at the bare address."""


def named(name: str) -> Entry | None:
    """The page at this address."""
    return next((entry for entries in PAGES.values() for entry in entries if entry.file == f"{name}.py"), None)
