"""Several texts in one campaign: an A/B test, or a text per value of a column of the list.

The first text is the campaign's own; the others are kept beside it. In an A/B test they are A, B, C …, each with its
share of the recipients in percent. The split is a shuffle with the campaign's number as its seed: the same result
however often the messages are rebuilt, and exact, so that no variant is more than one message short of its share.

By column each further text has the value whose recipients get it, and the campaign's own text is the fallback; which
rows have a value is decided in `campaigns.text_column`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from getsms_core.base.errors import DomainError
from getsms_core.messages import merge_fields

LETTERS = "ABCDE"
MAX_TEXTS = len(LETTERS)
MAX_VALUES = 20
"""The most values of a column that have a text of their own."""


@dataclass(frozen=True)
class Variant:
    """An additional text: its share of the recipients in percent in an A/B test, or the value of the text column whose
    recipients get it (share 0)."""

    text: str
    share: int = 0
    value: str | None = None


def from_stored(stored_variants: Sequence[Mapping[str, Any]] | None) -> tuple[Variant, ...]:
    """Return the variants after A from the campaign's stored JSON."""
    return tuple(
        Variant(str(stored["text"]), int(stored["share"]), stored.get("value")) for stored in stored_variants or ()
    )


def all_texts(text: str, stored_variants: Sequence[Mapping[str, Any]] | None) -> list[str]:
    """Return the texts of a campaign: its own, then those of its stored variants."""
    return [text, *(variant.text for variant in from_stored(stored_variants))]


def to_stored(variants: Sequence[Variant]) -> list[dict[str, Any]]:
    """Return the variants as the campaign's row stores them. Those of an A/B test have no value: approvals of earlier
    versions hold a digest of the text and share alone."""
    return [
        {name: content for name, content in asdict(variant).items() if name != "value" or content is not None}
        for variant in variants
    ]


def shares(variants: Sequence[Variant]) -> list[int]:
    """Percent of the recipients of each variant, A first."""
    return [100 - sum(variant.share for variant in variants), *(variant.share for variant in variants)]


def equal_shares(texts: int) -> list[int]:
    """Return equal shares for a number of texts, A first; the remainder goes to the first ones."""
    return [100 // texts + (index < 100 % texts) for index in range(texts)]


def check_shares(variants: Sequence[Variant]) -> None:
    """Validate the variants of a draft. Raises `DomainError`: "too-many-variants", "bad-split", and what a malformed
    text raises."""
    if len(variants) >= MAX_TEXTS:
        raise DomainError.of("too-many-variants", most=MAX_TEXTS)
    for variant in variants:
        merge_fields.parse(variant.text)
    if any(share < 1 for share in shares(variants)):
        raise DomainError.of("bad-split")


def check(text: str, variants: Sequence[Variant]) -> None:
    """Validate that the texts can be compared. Raises what `check_shares` does, "empty-variant" and "same-variants"."""
    check_shares(variants)
    for letter, variant in zip(LETTERS[1:], variants, strict=False):
        if merge_fields.parse(variant.text).is_blank:
            raise DomainError.of("empty-variant", letter=letter)
    texts = [" ".join(candidate.split()) for candidate in (text, *(variant.text for variant in variants))]
    if variants and len(set(texts)) < len(texts):
        raise DomainError.of("same-variants")


def assign_variants(recipients: int, variants: Sequence[Variant], seed: int) -> npt.NDArray[np.int16]:
    """Return the variant of each recipient, 0 = A, in the order of the list."""
    bounds = np.round(np.cumsum(shares(variants)) * recipients / 100).astype(np.int64)
    assigned = np.repeat(np.arange(len(bounds), dtype=np.int16), np.diff(bounds, prepend=0))
    np.random.default_rng(seed).shuffle(assigned)
    return assigned
