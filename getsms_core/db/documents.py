"""The contents of JSON columns that packages of more than one layer read."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any


@dataclass(frozen=True)
class Exclusions:
    """What a user excludes from a campaign: ids of lists and of campaigns, how many days back anybody who got an SMS,
    and ids of campaigns since whose sending a recipient must be new."""

    lists: tuple[int, ...] = ()
    campaigns: tuple[int, ...] = ()
    days: int | None = None
    new_since: tuple[int, ...] = ()

    @classmethod
    def from_stored(cls, stored: Mapping[str, Any] | None) -> "Exclusions":
        """Return the exclusions of a campaign's row."""
        stored = stored or {}
        lists, campaigns, new_since = (tuple(stored.get(name, ())) for name in ("lists", "campaigns", "new_since"))
        return cls(lists, campaigns, stored.get("days"), new_since)

    def to_stored(self) -> dict[str, Any]:
        """Return them as the campaign's row keeps them; {} for none."""
        values = {name: list(value) if isinstance(value, tuple) else value for name, value in asdict(self).items()}
        if not self.new_since:
            del values["new_since"]  # approvals of before compare a digest of the whole
        return values if self else {}

    def __bool__(self) -> bool:
        return bool(self.lists or self.campaigns or self.days or self.new_since)


@dataclass(frozen=True)
class RowCounts:
    """The rows of a checked list by outcome; `accepted` includes those `repaired`."""

    rows: int = 0
    accepted: int = 0
    repaired: int = 0
    rejected: int = 0
    duplicates: int = 0
    opted_out: int = 0

    @classmethod
    def from_stored(cls, stored: Mapping[str, Any] | None) -> "RowCounts":
        """Return the counts of a list's row; all 0 for one whose check has not ended."""
        return cls(**{count_field.name: int((stored or {}).get(count_field.name) or 0) for count_field in fields(cls)})

    def to_stored(self) -> dict[str, int]:
        """Return them as the list's row keeps them."""
        return asdict(self)

    @property
    def left_out(self) -> int:
        """The rows that are not recipients."""
        return self.rows - self.accepted
