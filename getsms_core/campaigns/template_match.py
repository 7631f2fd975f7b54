"""Compare a campaign's messages with the approved text, message by message, before it may start.

A message matches where it equals the approved text character by character, except for the merge fields: each matches at
most 100 characters without a line break, since a value is a name or a date, not a message.
"""

import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from getsms_core.base.errors import DomainError
from getsms_core.base.states import CampaignState
from getsms_core.base.work_states import TemplateState
from getsms_core.campaigns import audience
from getsms_core.db.engine import Store
from getsms_core.db.models import Campaign, Template
from getsms_core.messages import merge_fields
from getsms_core.messages.merge_fields import Field
from getsms_core.messages.variants import Variant, from_stored

VALUE_MAX_LENGTH = 100
SHOWN = 5
CHECKED = (CampaignState.DRAFT, CampaignState.AWAITING_APPROVAL)
_BLOCK = 65_536
_VALUE = f"[^\\n\\r]{{0,{VALUE_MAX_LENGTH}}}"


@dataclass(frozen=True, slots=True)
class Mismatches:
    """Texts that differ from the template: how many, and the first by their index from 0."""

    count: int = 0
    first: tuple[tuple[int, str], ...] = ()


def matches(approved_text: str, texts: pa.Array | pa.ChunkedArray, shown: int = SHOWN) -> Mismatches:
    """Return the texts of a column that do not match `approved_text`: literal text exactly, merge fields any short
    value."""
    pieces = merge_fields.parse(merge_fields.clean_text(approved_text)).pieces
    if sum(isinstance(piece, Field) for piece in pieces) <= 1:
        is_match = pc.fill_null(pc.match_substring_regex(texts, _pattern(pieces)), False).to_numpy(False)
    else:
        is_match = np.array(_fitting(pieces, texts.to_pylist()), np.bool_)
    wrong = np.flatnonzero(~is_match)
    return Mismatches(len(wrong), tuple((int(index), texts[int(index)].as_py() or "") for index in wrong[:shown]))


def mismatches(store: Store, campaign: Campaign, approved_text: str, recipients: pa.Table | None = None) -> Mismatches:
    """Return the messages of a campaign that do not match the approved text; indexes count its recipients from 0."""
    if recipients is None:
        recipients = audience.recipients(store, campaign)
    return text_mismatches(campaign.text, approved_text, recipients, mend_values=campaign.mend_values)


def text_mismatches(text: str, approved_text: str, recipients: pa.Table, *, mend_values: bool) -> Mismatches:
    """Return the messages that `text` makes of the recipients and that are not the approved text."""
    # Texts of earlier releases may be stored with letters that are not composed.
    parsed = merge_fields.parse(merge_fields.clean_text(text))
    fields = recipients.drop_columns(["row", "phone"])
    count, first = 0, list[tuple[int, str]]()
    for start in range(0, fields.num_rows, _BLOCK):
        texts = parsed.render_column(fields.slice(start, _BLOCK), mend=mend_values)
        wrong = matches(approved_text, texts, SHOWN - len(first))
        count += wrong.count
        first += [(start + index, text) for index, text in wrong.first]
    return Mismatches(count, tuple(first))


@dataclass(frozen=True, slots=True)
class CheckedContent:
    """The checked content of a campaign; it may start only while this is unchanged."""

    template_id: int | None
    list_id: int | None
    text: str
    category: str
    mend_values: bool
    variants: tuple[Variant, ...] = ()
    condition: str = ""
    text_column: str = ""

    @classmethod
    def of(cls, campaign: Campaign) -> "CheckedContent":
        """Return the content of a campaign's row."""
        return cls(
            campaign.template_id,
            campaign.list_id,
            campaign.text,
            campaign.category,
            campaign.mend_values,
            from_stored(campaign.variants),
            campaign.condition,
            campaign.text_column,
        )

    def must_be(self, campaign: Campaign) -> None:
        """Raise `DomainError` ("changed-meanwhile") where the campaign has changed since the check."""
        built_on = (self.template_id, campaign.template_id)
        if built_on != (None, None) and self != CheckedContent.of(campaign):
            raise DomainError.of("changed-meanwhile", case="template")


def require_match(store: Store, campaign_id: int, start_at: int | None = None) -> CheckedContent:
    """Check every message of a campaign that uses a template, before it starts, now or at an instant (UTC ms). A
    campaign without one passes.

    Raises `DomainError`: "template-not-approved", "template-category", "template-mismatch"."""
    with store.reading() as session:
        campaign = session.get(Campaign, campaign_id)
        template = session.get(Template, campaign.template_id) if campaign and campaign.template_id else None
    if campaign is None:
        return CheckedContent(None, None, "", "", False)
    if template is None or campaign.list_id is None or campaign.state not in CHECKED:
        return CheckedContent.of(campaign)
    named = {"name": template.name, "version": template.version}
    if template.state != TemplateState.APPROVED:
        raise DomainError.of("template-not-approved", **named)
    if template.category != campaign.category:
        raise DomainError.of("template-category", **named)
    if campaign.variants:
        raise DomainError.of("template-one-text", **named)
    campaign.scheduled_at = start_at  # of a copy: it decides whose birthday counts
    recipients = audience.recipients(store, campaign)
    wrong = mismatches(store, campaign, template.text, recipients)
    if wrong.count:
        row = recipients["row"][wrong.first[0][0]].as_py()
        raise DomainError.of("template-mismatch", n=wrong.count, row=row, **named)
    return CheckedContent.of(campaign)


def _pattern(pieces: Sequence[str | Field]) -> str:
    """Return the text as an RE2 regular expression, whose matching time is always linear in the input."""
    patterns = (_VALUE if isinstance(piece, Field) else _quoted(piece) for piece in pieces)
    return rf"\A{''.join(patterns)}\z"


def _quoted(literal: str) -> str:
    return re.sub(r"[^\w\s]", lambda match: f"\\x{{{ord(match[0]):x}}}", literal).replace("\n", r"\n")


def _fitting(pieces: Sequence[str | Field], texts: Sequence[str | None]) -> list[bool]:
    """Return for each text whether it matches. RE2 is slower from the second merge field on, because it counts the
    characters of each in states of its own: 2 ms a text with 12 fields and 12 ms with 60."""
    literals, limits = _literals(pieces)
    line_feeds, returns = (sum(literal.count(mark) for literal in literals) for mark in "\n\r")
    return [
        text is not None
        and text.count("\n") == line_feeds  # so that no value has one
        and text.count("\r") == returns
        and _fits(text, literals, limits)
        for text in texts
    ]


def _literals(pieces: Sequence[str | Field]) -> tuple[list[str], list[int]]:
    """Return n + 1 literal texts, of which only the first and the last may be empty, and the most characters of the
    values between each two of them."""
    literals, limits = [""], list[int]()
    for is_field, group in groupby(pieces, lambda piece: isinstance(piece, Field)):
        if is_field:
            limits.append(VALUE_MAX_LENGTH * len(list(group)))
            literals.append("")
        else:
            literals[-1] = "".join(map(str, group))
    return literals, limits


def _fits(text: str, literals: Sequence[str], limits: Sequence[int]) -> bool:
    """Return whether a text is the literals with values between them. The leftmost places of the literals decide it for
    nearly all texts; where they leave a value too long, all their places are tried."""
    start, end = len(literals[0]), len(text) - len(literals[-1])
    if start > end or not text.startswith(literals[0]) or not text.endswith(literals[-1]):
        return False
    position, is_short = start, True
    for literal, limit in zip(literals[1:-1], limits, strict=False):
        begin = text.find(literal, position, end)
        if begin < 0:
            return False
        is_short = is_short and begin - position <= limit
        position = begin + len(literal)
    if is_short and end - position <= limits[-1]:
        return True
    ends = [start]
    for literal, limit in zip(literals[1:-1], limits, strict=False):
        begins = _occurrences(text, literal, ends[0], min(ends[-1] + limit + len(literal), end))
        ends = [begin + len(literal) for begin in begins if _is_near(ends, begin, limit)]
        if not ends:
            return False
    return _is_near(ends, end, limits[-1])


def _occurrences(text: str, literal: str, start: int, end: int) -> Iterator[int]:
    """Yield where a literal begins within text[start:end], overlapping ones as well."""
    begin = text.find(literal, start, end)
    while begin >= 0:
        yield begin
        begin = text.find(literal, begin + 1, end)


def _is_near(ends: Sequence[int], begin: int, limit: int) -> bool:
    """Return whether one of the sorted `ends` is at most `limit` before `begin`."""
    index = bisect_right(ends, begin)
    return index > 0 and begin - ends[index - 1] <= limit
