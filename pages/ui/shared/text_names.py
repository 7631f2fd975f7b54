"""What the texts of a campaign are called: by letter in an A/B test, by the value whose recipients get them; and what
their encodings are."""

from getsms_core.campaigns.draft_costs import variants_of
from getsms_core.messages.encoding import Encoding
from getsms_core.messages.variants import LETTERS
from pages.ui.shared.records import Campaign
from pages.ui.shared.session import _


def text_names(campaign: Campaign) -> list[str]:
    """The names of all texts, the campaign's own first; as plain text, since they hold values of the list."""
    further = variants_of(campaign)
    if not campaign.text_column:
        return [_("Text {letter}").format(letter=letter) for letter in LETTERS[: len(further) + 1]]
    return [_("Fallback text"), *(value_name(variant.value) for variant in further)]


def value_name(value: str | None) -> str:
    """The name of the text of a value; None is the fallback."""
    return _("Fallback text") if value is None else _("Text for {value}").format(value=value)


def encoding_name(code: str) -> str:
    """The name of an encoding on the screen: "Unicode" as in the sentences about it; files and commands keep UCS-2."""
    return "Unicode" if code == Encoding.UCS2 else code
