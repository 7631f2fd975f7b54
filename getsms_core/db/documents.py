"""The contents of JSON columns that packages of more than one layer read."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True)
class Exclusions:
    """What a user excludes from a campaign: ids of lists and of campaigns, and how many days back anybody who got an
    SMS."""

    lists: tuple[int, ...] = ()
    campaigns: tuple[int, ...] = ()
    days: int | None = None

    @classmethod
    def from_stored(cls, stored: Mapping[str, Any] | None) -> "Exclusions":
        """Return the exclusions of a campaign's row."""
        stored = stored or {}
        return cls(tuple(stored.get("lists", ())), tuple(stored.get("campaigns", ())), stored.get("days"))

    def to_stored(self) -> dict[str, Any]:
        """Return them as the campaign's row keeps them; {} for none."""
        return asdict(self) | {"lists": [*self.lists], "campaigns": [*self.campaigns]} if self else {}

    def __bool__(self) -> bool:
        return bool(self.lists or self.campaigns or self.days)
