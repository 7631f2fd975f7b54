"""How and when a campaign is sent, as its user chose at its start."""

from dataclasses import asdict, dataclass

from getsms_core.base.errors import DomainError
from getsms_core.base.states import CampaignState
from getsms_core.db.models import Campaign

_TOLERANCE_MS = 60_000
"""A start time that has just passed counts as now: the page was opened before it."""
MOST_YEARS = 10
"""How far ahead a campaign may be planned: a later year is a typing error."""
_YEAR_MS = 366 * 86_400_000


@dataclass(frozen=True)
class SendingOptions:
    """How a campaign is sent: from `at` on (None: now), unsent messages are cancelled at `until` (both UTC ms), before
    campaigns of lower `priority` (None: 0), and for at most `spend_limit` tiyin."""

    at: int | None = None
    until: int | None = None
    priority: int | None = None
    spend_limit: int | None = None

    def with_those_of(self, campaign: Campaign) -> "SendingOptions":
        """Return the options; of a campaign that is scheduled already, what they do not name is as it was."""
        if campaign.state != CampaignState.SCHEDULED:
            return self
        named = {name: value for name, value in asdict(self).items() if value is not None}
        unchanged = {"until": campaign.ends_at, "priority": campaign.priority, "spend_limit": campaign.spend_limit}
        return SendingOptions(**unchanged | named)

    def check(self, now: int) -> None:
        """Raise `DomainError` ("in-the-past", "too-far-ahead", "ends-before-start", "bad-limit") for options that
        cannot be used at `now` (UTC ms)."""
        if self.at is not None and self.at < now - _TOLERANCE_MS:
            raise DomainError.of("in-the-past")
        if max(self.at or 0, self.until or 0) > now + MOST_YEARS * _YEAR_MS:
            raise DomainError.of("too-far-ahead", years=MOST_YEARS)
        if self.until is not None and self.until <= max(self.at or now, now):
            raise DomainError.of("ends-before-start")
        if self.spend_limit is not None and self.spend_limit <= 0:
            raise DomainError.of("bad-limit")
