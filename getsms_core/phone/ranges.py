"""What each range of national numbers is, compiled once a process from phonenumbers' own metadata.

Validity, kind and carrier of a number of Uzbekistan depend on its first five national digits alone: a test holds the
table against phonenumbers on all 100,000 of them, so that a metadata release that breaks this breaks the build.
Numbers are portable since October 2023, so charts group "by number range", never "by operator".
"""

import re
from functools import cache
from typing import Any

import numpy as np
import numpy.typing as npt

REGION, COUNTRY = "UZ", 998
UNASSIGNED, MOBILE, FIXED = 0, 1, 2  # kinds; a range that is both counts as mobile: an SMS can arrive
_TAIL = 10_000  # the four last digits say nothing


@cache
def kinds() -> npt.NDArray[np.uint8]:
    """The kind of each five-digit national prefix, 100,000 bytes: UNASSIGNED, MOBILE or FIXED (0.1 s, once)."""
    from phonenumbers import PhoneMetadata  # 0.1 s to import: reading spreadsheets does not need it

    metadata: Any = PhoneMetadata.metadata_for_region(REGION)
    numbers = "\n".join(f"{prefix:05d}0000" for prefix in range(100_000))
    table = np.zeros(100_000, np.uint8)
    for kind, description in ((FIXED, metadata.fixed_line), (MOBILE, metadata.mobile)):
        pattern = re.compile(rf"^(?={metadata.general_desc.national_number_pattern}$){_pattern(description)}$", re.M)
        table[[int(match.group()) // _TAIL for match in pattern.finditer(numbers)]] = kind
    table.flags.writeable = False
    return table


def _pattern(described: Any) -> str:
    return f"(?:{(described and described.national_number_pattern) or '(?!)'})"


def kind_of(national: int) -> int:
    """UNASSIGNED, MOBILE or FIXED for nine national digits."""
    return int(kinds()[national // _TAIL])


@cache
def _names() -> tuple[tuple[str, ...], npt.NDArray[np.uint8]]:
    """The names and, for each five-digit prefix, the index of its name (once: it imports all countries' carriers)."""
    from phonenumbers.carrierdata import CARRIER_DATA

    carrier_by_prefix = {
        prefix[3:]: names["en"] for prefix, names in CARRIER_DATA.items() if prefix.startswith(str(COUNTRY))
    }
    names = ("other", *sorted(set(carrier_by_prefix.values())))
    table = np.zeros(100_000, np.uint8)
    for prefix in sorted(carrier_by_prefix, key=len):  # the longest prefix wins
        width = 10 ** (5 - len(prefix))
        table[int(prefix) * width : (int(prefix) + 1) * width] = names.index(carrier_by_prefix[prefix])
    return names, table


def range_names() -> list[str]:
    """The names by index: "other" first, then the metadata's carrier names, sorted; one order a metadata version."""
    return list(_names()[0])


def range_of(numbers: npt.NDArray[np.int64]) -> npt.NDArray[np.uint8]:
    """The index into `range_names()` of each full number (998XXXXXXXXX); 0, "other", if no range matches."""
    numbers = np.asarray(numbers, np.int64)
    national = numbers - COUNTRY * 10**9
    inside = (national >= 0) & (national < 10**9)
    return np.where(inside, _names()[1][np.where(inside, national, 0) // _TAIL], 0).astype(np.uint8)
