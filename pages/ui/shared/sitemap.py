"""Which pages there are, in which order and section, and the right that each asks for."""

from typing import NamedTuple

from getsms_core.base.i18n import N_
from getsms_core.base.permissions import Permission


class Entry(NamedTuple):
    """A page: its file, its name in the navigation, its icon, and the right that it asks for."""

    file: str
    title: str
    icon: str
    right: Permission
    hidden: bool = False
    """Not in the navigation; something else links to it."""


PAGES: dict[str, list[Entry]] = {
    "": [Entry("overview.py", N_("Overview"), "home", Permission.READ)],
    N_("Campaigns"): [
        Entry("new_campaign.py", N_("New campaign"), "add_circle", Permission.CAMPAIGN),
        Entry("campaigns.py", N_("All campaigns"), "campaign", Permission.READ),
        Entry("lists.py", N_("Lists and opt-outs"), "contacts", Permission.LISTS),
        Entry("numbers.py", N_("Find a number"), "person_search", Permission.READ),
        Entry("templates.py", N_("Templates"), "sticky_note_2", Permission.READ),
        Entry("jobs.py", N_("Background jobs"), "pending_actions", Permission.READ),
    ],
    N_("Results"): [
        Entry("analytics.py", N_("Analytics"), "monitoring", Permission.READ),
        Entry("reports.py", N_("Reports"), "description", Permission.EXPORT),
    ],
    N_("Administration"): [
        Entry("settings.py", N_("Settings"), "settings", Permission.SETTINGS),
        Entry("audit.py", N_("Audit log"), "history", Permission.SETTINGS),
        Entry("notices.py", N_("Notices"), "notifications", Permission.READ, hidden=True),
        Entry("account.py", N_("Your account"), "account_circle", Permission.READ, hidden=True),
    ],
    N_("Help"): [
        Entry("help.py", N_("Guide"), "help", Permission.READ),
        Entry("glossary.py", N_("Glossary"), "menu_book", Permission.READ),
    ],
}

FIRST = "overview.py"
"""The page at the bare address."""


def named(name: str) -> Entry | None:
    """The page at this address."""
    return next((entry for entries in PAGES.values() for entry in entries if entry.file == f"{name}.py"), None)
