"""Texts by column: one campaign with a text per value of a column of its list; everybody else gets the fallback text.

A cell has a value as `=` of a condition compares texts: case, outer spaces and the kind of apostrophe do not matter.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import sqlalchemy as sa
from sqlmodel import Session, col

from getsms_core.base.errors import DomainError
from getsms_core.base.formatting import number
from getsms_core.base.i18n import _, ngettext
from getsms_core.base.names import LIMITS
from getsms_core.contacts.cell_values import Cells, Value
from getsms_core.contacts.conditions import Columns, ConditionError
from getsms_core.contacts.conditions.errors import listed, shortened
from getsms_core.contacts.conditions.keys import key, keys
from getsms_core.db.models import Campaign, VariantRollUp
from getsms_core.messages import merge_fields, variants
from getsms_core.messages.variants import MAX_VALUES, Variant


@dataclass(frozen=True)
class ColumnValues:
    """The values of a column over the recipients of a campaign. `values` are the most frequent ones, first the most
    frequent; `count` is the number of different values, and `empty` the number of recipients with an empty cell."""

    values: tuple[Value, ...]
    count: int
    empty: int


@dataclass(frozen=True)
class Coverage:
    """How texts by column fit a campaign's recipients: `others` recipients with `other_values` different values that
    have no text (the most frequent ones in `examples`) and `empty` recipients with an empty cell get the fallback;
    `unused` are the values with a text that no recipient has."""

    others: int
    other_values: int
    examples: tuple[str, ...]
    empty: int
    unused: tuple[str, ...]


@dataclass(frozen=True)
class TextCount:
    """The messages and SMS parts of one text; `value` is None for the fallback."""

    value: str | None
    messages: int
    parts: int


def find(names: Sequence[str], column: str) -> str:
    """Return the column of a list that a user means: `names` are the columns that a text can merge.

    Raises `DomainError`: "no-such-column", "ambiguous-column"."""
    try:
        return Columns(names).find(column)
    except ConditionError as error:
        values = {"column": shortened(column), "columns": listed(names)}
        raise DomainError.of(error.code, case="text-column", **values) from None


def check_values(column: str, texts: Sequence[Variant]) -> None:
    """Validate the further texts of a draft; they may still be empty. Raises `DomainError`: "two-kinds-of-texts",
    "too-many-values", "empty-value", "same-value", and what `variants.check_shares` and a malformed text raise."""
    by_column = [text for text in texts if text.value is not None]
    if (by_column and not column) or (column and len(by_column) < len(texts)):
        raise DomainError.of("two-kinds-of-texts")
    if not column:
        variants.check_shares(texts)
        return
    if len(texts) > MAX_VALUES:
        raise DomainError.of("too-many-values", most=MAX_VALUES, n=len(texts))
    value_by_key: dict[str, str] = {}
    for text in texts:
        value = text.value or ""
        if not key(value):
            raise DomainError.of("empty-value")
        if (earlier := value_by_key.setdefault(key(value), value)) is not value:
            raise DomainError.of("same-value", value=shortened(value), earlier=shortened(earlier))
        merge_fields.parse(text.text)


def check(column: str, text: str, texts: Sequence[Variant]) -> None:
    """Validate that the texts can be sent. Raises what `check_values` and `variants.check` raise, and "empty-variant"
    for a value whose text is empty."""
    check_values(column, texts)
    if not column:
        variants.check(text, texts)
        return
    for variant in texts:
        if merge_fields.parse(variant.text).is_blank:
            raise DomainError.of("empty-variant", case="value", value=shortened(variant.value or ""))


def assign(recipients: pa.Table, column: str, values: Sequence[str]) -> npt.NDArray[np.int16]:
    """Return the text of each recipient: 0 = the fallback, 1 = that of the first of `values` …

    Raises `DomainError` as `find`."""
    cells = _cells(recipients, column)
    position = pc.index_in(cells.keys, value_set=keys(pa.array(values, pa.string())))
    assigned = pc.add(pc.fill_null(position, -1), 1).to_numpy(zero_copy_only=False).astype(np.int16)
    return np.asarray(assigned[cells.codes], np.int16)


def values_of(recipients: pa.Table, column: str, most: int = MAX_VALUES) -> ColumnValues:
    """Return the values of a column, at most `most` of them. Raises `DomainError` as `find`."""
    counted, empty = _cells(recipients, column).counted()
    fitting = [value for value in counted if len(value.value) <= LIMITS["value"].length]
    return ColumnValues(tuple(fitting[:most]), len(counted), empty)


def coverage(recipients: pa.Table, column: str, values: Sequence[str], shown: int = 5) -> Coverage:
    """Return how texts for `values` fit the recipients. Raises `DomainError` as `find`."""
    counted, empty = _cells(recipients, column).counted()
    with_text = {key(value) for value in values}
    others = [value for value in counted if key(value.value) not in with_text]
    present = {key(value.value) for value in counted}
    return Coverage(
        sum(value.recipients for value in others),
        len(others),
        tuple(value.value for value in others[:shown]),
        empty,
        tuple(value for value in values if key(value) not in present),
    )


def remarks(column: str, covered: Coverage) -> list[tuple[str, str]]:
    """Return what to know before sending as (code, sentence): "unused-value" for each value that no recipient has;
    "other-values" and "no-value" where recipients get the fallback text because of their value or without one."""
    unused = _("No recipient has the value {value} in the column {column}, so nobody gets its text.")
    coded_remarks = [("unused-value", unused.format(value=shortened(value), column=shortened(column)))
                     for value in covered.unused]  # fmt: skip
    if covered.others:
        recipients_in_words = ngettext("{n} recipient", "{n} recipients", covered.others)
        sentence = ngettext(
            "The fallback text goes to {recipients} with {n} other value ({values}).",
            "The fallback text goes to {recipients} with {n} other values ({values}).",
            covered.other_values,
        )
        ellipsis = " …" if covered.other_values > len(covered.examples) else ""
        values = ", ".join(shortened(value) for value in covered.examples) + ellipsis
        words = recipients_in_words.format(n=number(covered.others))
        coded_remarks.append(
            ("other-values", sentence.format(recipients=words, n=number(covered.other_values), values=values))
        )
    if covered.empty:
        sentence = ngettext(
            "{n} recipient without a value in the column {column} gets the fallback text.",
            "{n} recipients without a value in the column {column} get the fallback text.",
            covered.empty,
        )
        coded_remarks.append(("no-value", sentence.format(n=number(covered.empty), column=shortened(column))))
    return coded_remarks


def counts(session: Session, campaign: Campaign) -> list[TextCount]:
    """Return the messages and parts of each text of a campaign by column, the fallback last; all 0 before its messages
    are made."""
    tally = VariantRollUp
    query = sa.select(col(tally.variant), sa.func.sum(col(tally.messages)), sa.func.sum(col(tally.parts)))
    rows = session.execute(query.where(col(tally.campaign_id) == campaign.id).group_by(col(tally.variant)))
    by_text = {variant: (int(messages), int(parts)) for variant, messages, parts in rows}
    values = [variant.value for variant in variants.from_stored(campaign.variants)]
    by_value = [TextCount(value, *by_text.get(i, (0, 0))) for i, value in enumerate(values, 1)]
    return [*by_value, TextCount(None, *by_text.get(0, (0, 0)))]


def _cells(recipients: pa.Table, column: str) -> Cells:
    return Cells.of(recipients[find(recipients.column_names[2:], column)])
