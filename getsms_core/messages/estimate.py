"""Estimate the cost of a text over every row of a list, before messages are created.

A message's size is the sum of its pieces' sizes, so each merged column is measured once and a hundred thousand texts
are never written. Only rows whose parts depend on where their character pairs lie (about one long row in 150 of those
that have pairs) are rendered and walked exactly, as `encoding.measure_column` does.
"""

from collections import Counter
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from getsms_core.base.errors import DomainError
from getsms_core.messages import encoding, merge_fields, template_text
from getsms_core.messages.encoding import PART_UNITS, SINGLE_SMS_UNITS, Encoding
from getsms_core.messages.gsm7_replacements import REPLACEMENTS, replace_in_column
from getsms_core.messages.merge_fields import Empty, Field, Template

EXPENSIVE_ROWS_SHOWN = 5
BLANK_SHOWN = 20
NO_BLANK = Empty(0, [])
_CODE_POINTS = 0x110000  # of Unicode
FEW_LETTERS = 5  # up to this many letters without a replacement are priced separately; more are whole words
Bools = npt.NDArray[np.bool_]
Ints = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class CharacterCost:
    """A character of the text that forces UCS-2: its replacement (None for letters and emoji, which stay), and the
    parts and tiyin over all messages that it costs after everything else was replaced. For a character that stays,
    compared with plain letters; 0 if there are more than `FEW_LETTERS` of them."""

    character: str
    times: int
    replacement: str | None
    parts: int
    cost: int


@dataclass(frozen=True, slots=True)
class Estimate:
    """A text over all rows of a list. Rows are indexes from 0 into the recipients; `cost` is tiyin.

    `messages` and all sums exclude the rows of `blank`: their text has no visible character, so nothing is sent.

    `price` is what a part costs, the mean where rows differ; `prices` are the least and the most of them.
    `dearest` cost most, the first of them `max_cost` tiyin; `longest` has the most characters, `max_characters`;
    `first_empty` has an empty merge field. `extras` are the characters of the text itself; `values` those that come
    with merged values, each with its number of rows. `mended` are the parts after replacement in the text,
    `mended_values` after replacement in the merged values as well, and their costs; `mended_ucs2` are the messages that
    are still UCS-2 after replacement in the text. `letters_cost` is what the letters and emoji that stay cost beside
    plain Latin letters."""

    messages: int
    parts: int
    cost: int
    price: int
    prices: tuple[int, int]
    max_parts: int
    dearest: tuple[int, ...]
    longest: int | None
    first_empty: int | None
    gsm7: int
    ucs2: int
    extras: tuple[CharacterCost, ...]
    values: tuple[tuple[str, int], ...]
    mended: int
    mended_values: int
    mended_cost: int
    mended_values_cost: int
    letters_cost: int
    empty: dict[str, Empty]
    blank: Empty = NO_BLANK
    mended_ucs2: int = 0
    max_cost: int = 0
    max_characters: int = 0

    @property
    def mean(self) -> float:
        """Parts a message; 0 for an empty list."""
        return self.parts / self.messages if self.messages else 0.0

    @property
    def mean_cost(self) -> int:
        """Tiyin a message, rounded; 0 for an empty list."""
        return (self.cost * 2 + self.messages) // (self.messages * 2) if self.messages else 0

    @property
    def saved_in_text(self) -> int:
        """Tiyin that replacement in the text saves; negative where it costs more."""
        return self.cost - self.mended_cost

    @property
    def saved_in_values(self) -> int:
        """Tiyin that replacement in the merged values saves beyond that."""
        return self.mended_cost - self.mended_values_cost

    def saved_by(self, other: "Estimate") -> int:
        """Tiyin that another text for the same recipients costs less; negative where it costs more."""
        return self.cost - other.cost


def estimate(
    text: str, fields: pa.Table, *, price: int | Ints, mend_values: bool = False, is_one_of_several: bool = False
) -> Estimate:
    """The cost of a text over all rows of `fields` (the columns by name) at `price` tiyin a part, one for all or one a
    row, as `campaigns.render` will count it. Raises `DomainError` for a malformed text, for a merge field without a
    column, ("text-too-long") for a message that no phone could put together and ("all-texts-empty") where no row's text
    shows anything, unless the text `is_one_of_several`: the recipients of the others get theirs."""
    blank = merge_fields.parse(text).blank_rows(fields, mend=mend_values)
    if not blank.any():
        return _estimate(text, fields, price, mend_values)
    if blank.all() and not is_one_of_several:
        raise all_texts_empty()
    rows, left_out = np.flatnonzero(~blank), np.flatnonzero(blank)
    visible_rows_estimate = _estimate(
        text, fields.take(pa.array(rows)), price if isinstance(price, int) else price[rows], mend_values
    )
    return replace(
        with_list_rows(visible_rows_estimate, rows), blank=Empty(len(left_out), left_out[:BLANK_SHOWN].tolist())
    )


def all_texts_empty() -> DomainError:
    """Return the error for a campaign in which every message would be empty."""
    return DomainError.of("all-texts-empty")


def with_list_rows(estimate_of_rows: Estimate, rows: Ints) -> Estimate:
    """An estimate over some rows, with its row numbers counted in the whole list."""

    def index(row: int | None) -> int | None:
        return None if row is None else int(rows[row])

    def moved(empty: Empty) -> Empty:
        return Empty(empty.count, [int(rows[row]) for row in empty.rows])

    return replace(
        estimate_of_rows,
        dearest=tuple(int(rows[row]) for row in estimate_of_rows.dearest),
        longest=index(estimate_of_rows.longest),
        first_empty=index(estimate_of_rows.first_empty),
        empty={name: moved(empty) for name, empty in estimate_of_rows.empty.items()},
        blank=moved(estimate_of_rows.blank),
    )


def _estimate(text: str, fields: pa.Table, price: int | Ints, mend_values: bool) -> Estimate:
    parsed = merge_fields.parse(text)
    empty = parsed.empty_counts(fields)
    columns = _Columns(fields)
    current_sizes = _sizes(parsed, columns, mend_values)
    parts = current_sizes.parts
    check_part_limit(parts)
    row_prices = np.broadcast_to(np.asarray(price, np.int64), parts.shape)
    replaced = merge_fields.parse(template_text.replace_in_template(text))
    sizes_mended = _sizes(replaced, columns, mend_values)
    parts_mended = sizes_mended.parts
    values_mended = _sizes(replaced, columns, True).parts
    letters = encoding.expensive_characters(_own_text(replaced))
    parts_plain = parts_mended
    if letters:
        parts_plain = _sizes(
            merge_fields.parse(template_text.with_plain_letters(replaced.text, letters)), columns, mend_values
        ).parts
    extras: tuple[CharacterCost, ...] = ()
    if current_sizes.ucs2.any():
        extras = (
            *_replaceable_costs(text, columns, mend_values, parts_mended, row_prices),
            *_remaining_costs(replaced.text, letters, columns, mend_values, parts_plain, row_prices),
        )
    costs = parts * row_prices
    cost = int(costs.sum())
    return Estimate(
        messages=len(parts),
        parts=int(parts.sum()),
        cost=cost,
        price=_price(price, cost, int(parts.sum())),
        prices=(int(row_prices.min()), int(row_prices.max())) if len(row_prices) else (0, 0),
        max_parts=int(parts.max(initial=0)),
        dearest=_top(parts if isinstance(price, int) else costs, current_sizes.units),
        longest=int(current_sizes.length.argmax()) if len(parts) else None,
        first_empty=_first_empty(parsed, columns),
        gsm7=int((~current_sizes.ucs2).sum()),
        ucs2=int(current_sizes.ucs2.sum()),
        extras=extras,
        values=_in_values(parsed, columns, mend_values),
        mended=int(parts_mended.sum()),
        mended_values=int(values_mended.sum()),
        mended_cost=int(parts_mended @ row_prices),
        mended_values_cost=int(values_mended @ row_prices),
        letters_cost=int((parts_mended - parts_plain) @ row_prices),
        empty=empty,
        mended_ucs2=int(sizes_mended.ucs2.sum()),
        max_cost=int(costs.max(initial=0)),
        max_characters=int(current_sizes.length.max(initial=0)),
    )


def check_part_limit(parts: npt.NDArray[np.signedinteger[Any]]) -> None:
    """Raise `DomainError` ("text-too-long") where a message has more parts than a phone can put together."""
    max_parts = int(parts.max(initial=0))
    if max_parts > encoding.MAX_PARTS:
        raise DomainError.of("text-too-long", parts=max_parts, most=encoding.MAX_PARTS)


def _price(price: int | Ints, cost: int, parts: int) -> int:
    if isinstance(price, int):
        return price
    return (cost * 2 + parts) // (parts * 2) if parts else 0


# ------------------------------------------------------------------------------------------------------------- columns


@dataclass(frozen=True, slots=True)
class _Size:
    """Each row: characters, pairs among them (extension characters where GSM-7, else surrogates), whether UCS-2."""

    length: Ints
    pairs: Ints
    ucs2: Bools


class _Columns:
    """A list's columns, cleaned and measured on first use."""

    def __init__(self, fields: pa.Table) -> None:
        self.table = fields
        self.rows = fields.num_rows
        self._values: dict[tuple[str, bool], pa.ChunkedArray] = {}
        self._sizes: dict[tuple[str, bool, str | None], _Size] = {}

    def values(self, name: str, mend: bool) -> pa.ChunkedArray:
        if (name, mend) not in self._values:
            values = merge_fields.clean_column(self.table.column(self.table.column_names.index(name)))
            self._values[name, mend] = merge_fields.clean_column(replace_in_column(values)) if mend else values
        return self._values[name, mend]

    def size(self, field: Field, mend: bool) -> _Size:
        column = merge_fields.column_for(field.name, self.table.column_names) or ""
        cache_key = (column, mend, field.default)
        if cache_key not in self._sizes:
            values = self.values(column, mend)
            if field.default:
                values = pc.if_else(pc.equal(values, ""), field.default, values)
            measures = encoding.measure_column(values)
            length = pc.utf8_length(values).to_numpy().astype(np.int64)
            self._sizes[cache_key] = _Size(length, measures.units - length, ~measures.gsm7)
        return self._sizes[cache_key]


class _Sizes:
    """The sizes of all rows of one template."""

    def __init__(self, length: Ints, pairs: Ints, ucs2: Bools) -> None:
        self.length, self.pairs, self.ucs2 = length, pairs, ucs2
        self.units = length + pairs
        single_units = np.where(ucs2, SINGLE_SMS_UNITS[Encoding.UCS2], SINGLE_SMS_UNITS[Encoding.GSM7])
        self.each = np.where(ucs2, PART_UNITS[Encoding.UCS2], PART_UNITS[Encoding.GSM7])
        self.long = self.units > single_units
        self.parts: Ints = np.where(self.long, -(-self.units // self.each), 1)

    def unsure(self) -> Ints:
        """The rows whose parts may be one more, because a pair is never split."""
        most = 1 - (-(self.units - self.each) // (self.each - 1))
        return np.flatnonzero(self.long & (self.pairs > 0) & (most > self.parts))


def _sizes(parsed: Template, columns: _Columns, mend: bool) -> _Sizes:
    literal = "".join(piece for piece in parsed.pieces if isinstance(piece, str))
    fields = [piece for piece in parsed.pieces if isinstance(piece, Field)]
    merged = [columns.size(field, mend) for field in fields]
    forced = bool(encoding.expensive_characters(literal))
    ucs2 = np.full(columns.rows, forced)
    length = np.full(columns.rows, len(literal), np.int64)
    for size in merged:
        ucs2 |= size.ucs2
        length += size.length
    # A GSM-7 value in a UCS-2 text has no pairs any more: its extension characters count once there.
    extended = np.int64(sum(literal.count(character) for character in encoding.EXTENSION))
    astral = np.int64(sum(character > "\uffff" for character in literal))
    pairs = np.where(ucs2, astral, extended)
    for size in merged:
        pairs += np.where(ucs2 & ~size.ucs2, 0, size.pairs)
    sizes = _Sizes(length, pairs, ucs2)
    unsure = sizes.unsure()
    if len(unsure):
        chosen = columns.table.take(pa.array(unsure))
        sizes.parts[unsure] = encoding.measure_column(parsed.render_column(chosen, mend=mend)).parts
    return sizes


def _top(parts: Ints, units: Ints) -> tuple[int, ...]:
    """The rows with the most parts (or cost), then the most units, then the first of them, without sorting all."""
    count = min(EXPENSIVE_ROWS_SHOWN, len(parts))
    if not count:
        return ()
    weight = parts * (int(units.max()) + 1) + units
    smallest_weight = np.partition(weight, -count)[-count]
    above = np.flatnonzero(weight > smallest_weight).tolist()
    top_rows = above + np.flatnonzero(weight == smallest_weight)[: count - len(above)].tolist()
    return tuple(sorted(top_rows, key=lambda row: (-weight[row], row)))


def _first_empty(parsed: Template, columns: _Columns) -> int | None:
    rows = []
    for name in parsed.columns(columns.table.column_names):
        row = pc.index(pc.equal(columns.values(name, False), ""), True).as_py()
        rows += [row] if row >= 0 else []
    return min(rows, default=None)


# ------------------------------------------------------------------------------------------------- expensive characters


def _own_text(parsed: Template) -> str:
    """Return the literal text and the default values."""
    return "".join(piece.default or "" if isinstance(piece, Field) else piece for piece in parsed.pieces)


def _replaceable_costs(
    text: str, columns: _Columns, mend: bool, best_parts: Ints, row_prices: Ints
) -> list[CharacterCost]:
    """Return the cost of each replaceable character as if all others were replaced; `best_parts` are the parts when all
    are."""
    own_text = _own_text(merge_fields.parse(text))
    times, replaceable = Counter(own_text), template_text.worth_replacing(text)
    costs = []
    for character in (letter for letter in encoding.expensive_characters(own_text) if letter in replaceable):
        others = replaceable - {character}
        extra_parts = (
            _sizes(
                merge_fields.parse(template_text.replace_in_template(text, others) if others else text), columns, mend
            ).parts
            - best_parts
        )
        costs.append(
            CharacterCost(
                character,
                times[character],
                REPLACEMENTS[character],
                int(extra_parts.sum()),
                int(extra_parts @ row_prices),
            )
        )
    return costs


def _remaining_costs(
    replaced_text: str, letters: list[str], columns: _Columns, mend: bool, best_parts: Ints, row_prices: Ints
) -> list[CharacterCost]:
    """Return the cost of each letter and emoji that stays, as if all others were plain letters; `best_parts` are the
    parts when all are."""
    times = Counter(_own_text(merge_fields.parse(replaced_text)))
    costs = []
    for character in letters:
        parts = cost = 0
        if len(letters) <= FEW_LETTERS:
            spelled_text = template_text.with_plain_letters(
                replaced_text, [other for other in letters if other != character]
            )
            extra_parts = _sizes(merge_fields.parse(spelled_text), columns, mend).parts - best_parts
            parts, cost = int(extra_parts.sum()), int(extra_parts @ row_prices)
        costs.append(CharacterCost(character, times[character], None, parts, cost))
    return costs


def _in_values(parsed: Template, columns: _Columns, mend: bool) -> tuple[tuple[str, int], ...]:
    """The expensive characters of merged values and the number of rows that hold each, the commonest first."""
    rows: Counter[str] = Counter()
    for name in parsed.columns(columns.table.column_names):
        for _block, offsets, data in encoding.text_blocks(columns.values(name, mend)):
            if data.isascii():
                continue
            raw = np.frombuffer(data, np.uint8)
            leads = np.flatnonzero(raw >= 0xC2)
            points = encoding.code_points(raw, leads)
            row_numbers = np.searchsorted(offsets, leads, "right")
            pairs = np.unique(row_numbers * _CODE_POINTS + points)
            characters, counts = np.unique(pairs % _CODE_POINTS, return_counts=True)
            for point, count in zip(characters.tolist(), counts.tolist(), strict=True):
                rows[chr(point)] += count
    return tuple((character, n) for character, n in rows.most_common() if encoding.expensive_characters(character))
