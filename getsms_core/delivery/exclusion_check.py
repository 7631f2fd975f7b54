"""Whether a campaign's exclusions must be checked again before its first chunk is claimed."""

from getsms_core.db.models import Campaign

DONE = ""
ASKED = "asked"
CHECKING = "checking"


def ask(campaign: Campaign) -> None:
    """Let a worker check the exclusions of a campaign that begins to send. Lists never change, so a campaign that
    excludes nothing but lists has nothing to check."""
    if campaign.exclusions.get("campaigns") or campaign.exclusions.get("days"):
        campaign.exclusion_check = ASKED
