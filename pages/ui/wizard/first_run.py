"""The first minute: a draft on the sample list, with a text that shows what the program does for it."""

from getsms_core.base.places import APP
from getsms_core.campaigns import service as campaigns
from getsms_core.campaigns.service import Draft
from getsms_core.contacts import lists
from getsms_core.contacts.lists import Options
from pages.ui.shared import repeats
from pages.ui.shared.session import _, actor, settings, store

SAMPLE = APP / "data" / "sample_clean.xlsx"
TEXT = "Assalomu alaykum, {Ism|mijoz}! Bugun doʻkonimizda barcha choylarga 20% chegirma. Kutamiz!"
"""Its apostrophe makes every SMS Unicode, so that the first thing one sees is what mending saves."""


def sample_exists() -> bool:
    """Whether the sample list came with the program."""
    return SAMPLE.exists()


def create_draft() -> int:
    """A draft on the sample list; returns its id."""
    key = repeats.click_key("first-run")
    parts = lists.iter_parts(SAMPLE.read_bytes())
    list_id = lists.upload(store(), actor(), _("Sample list"), SAMPLE.name, parts, Options(), request_key=key)
    draft = Draft(_("My first campaign"), TEXT, list_id)
    return campaigns.create(store(), actor(), settings(), draft, request_key=key)
