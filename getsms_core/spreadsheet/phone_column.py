"""Find the phone column: by its header, else by its cells; never a column of tax numbers."""

import re
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from getsms_core import phone
from getsms_core.phone import CODES, Outcome
from getsms_core.spreadsheet.header_words import header_weight, is_never_a_phone

_SAMPLE = 2_000
_FEW_FILLED = 100  # cells of a sample, from which on they speak for their column
_ALIKE = 0.1  # columns whose shares differ by less are equally good
_TAX_NUMBER = re.compile(r"20\d[ \xa0]?\d{3}[ \xa0]?\d{3}(?:[.,]0)?")
_WHOLE_NUMBER = r"(?:^|[^0-9.,])(?:998[ -]?)?[(]?[0-9]{2}[)]?[ -]?[0-9]{3}[ -]?[0-9]{2}[ -]?[0-9]{2}(?:$|[^0-9])"
_NO_ATTEMPT = [CODES[Outcome.EMPTY], CODES[Outcome.NOT_A_NUMBER]]
_ALSO_PHONES = [CODES[Outcome.LANDLINE], CODES[Outcome.TWO_NUMBERS]]
_NO_VALUE = [CODES[Outcome.FORMULA], CODES[Outcome.ERROR_VALUE]]


@dataclass(frozen=True)
class PhoneColumns:
    """`chosen` is the column to read, None where no column can be meant; `plausible` are all that may hold the phones,
    in the order of the file. `decided` is False where nothing makes the chosen one better than another."""

    chosen: str | None
    plausible: list[str]
    decided: bool


@dataclass(frozen=True)
class _Column:
    """What a sample of a column shows. `mobile` is the share of mobile numbers among its filled cells, `share` the mean
    of that and the share among all cells: a rarely filled second phone has a low one."""

    name: str
    weight: float
    share: float
    mobile: float
    attempted: bool  # any cell that looks like a number
    without_values: bool  # holds formulas or errors in place of values
    tax_numbers: bool

    @property
    def score(self) -> float:
        return self.share + 0.15 * self.weight


def phone_columns(table: pa.Table) -> PhoneColumns:
    """The columns that may hold the phone numbers, judged by their headers and 2,000 rows spread over the table.

    A header that means phone wins over any cells, so that bad numbers are explained row by row. Columns named as tax
    numbers, amounts, codes or dates are never taken, nor those that look like tax numbers beside other columns."""
    columns = [_sample_column(table, name) for name in table.column_names if not is_never_a_phone(name)]
    if len(table.column_names) > 1:
        columns = [column for column in columns if column.weight == 2 or not column.tax_numbers]
    named = [column for column in columns if column.weight == 2]
    named_with_numbers = [column for column in named if column.attempted]
    mobile = [column for column in columns if column.mobile >= 0.5 and column not in named_with_numbers]
    fallback = named or [
        column
        for column in columns
        if column.share >= 0.2
        or (column.without_values and column.weight)
        or (column.attempted and len(table.column_names) == 1)
    ]
    best = named_with_numbers or mobile or fallback
    if not best:
        return PhoneColumns(None, [], True)
    chosen = max(best, key=lambda column: (round(column.score, 9), -table.column_names.index(column.name)))
    plausible = {column.name for column in [*named_with_numbers, *mobile]} or {chosen.name}
    rivals = [column for column in best if column is not chosen]
    decided = chosen.weight == 2 or not any(chosen.score - rival.score < _ALIKE for rival in rivals)
    return PhoneColumns(chosen.name, [name for name in table.column_names if name in plausible], decided)


def with_phones(table: pa.Table, besides: str) -> list[str]:
    """Return the columns of texts besides one whose filled cells are mostly phone numbers, landlines too, judged by at
    most 2,000 filled cells spread over the table; none that is named as a tax number, an amount, a code or a date."""
    return [
        name for name in table.column_names
        if name != besides and not is_never_a_phone(name) and _mostly_phones(table.column(name))
    ]  # fmt: skip


def _mostly_phones(column: pa.ChunkedArray) -> bool:
    cells = _filled(column.take(_spread(len(column))))
    if len(cells) < _FEW_FILLED:  # a rarely filled column; to look through a million cells takes 20 ms
        filled = _filled(column)
        cells = filled.take(_spread(len(filled)))
    cells = cells.combine_chunks()
    candidates = cells.filter(pa.array(phone.may_hold_numbers(cells)))  # to parse 2,000 names takes 40 ms
    checked = phone.check_column(candidates)
    phones = (checked.numbers > 0) | np.isin(checked.outcomes, _ALSO_PHONES)
    return bool(phones.sum() * 2 > len(cells)) and not _tax_numbers(candidates.filter(pa.array(phones)).to_pylist())


def _filled(column: pa.ChunkedArray) -> pa.ChunkedArray:
    texts = column.cast(pa.string())
    return texts.filter(pc.fill_null(pc.not_equal(texts, ""), False))


def _spread(length: int) -> pa.Array:
    return pa.array(np.unique(np.linspace(0, max(length - 1, 0), min(_SAMPLE, length)).astype(np.int64)))


def guess_phone_column(table: pa.Table) -> str | None:
    """The name of the column that `phone_columns` chooses; None where neither cells nor header say so."""
    return phone_columns(table).chosen


def _sample_column(table: pa.Table, name: str) -> _Column:
    column, weight = table.column(name), header_weight(name)
    rows = _spread(len(column))
    if not len(rows):
        return _Column(name, weight, 0, 0, False, False, False)
    cells = column.take(rows).combine_chunks()
    checked = phone.check_column(cells)
    good = checked.numbers > 0
    filled = int((checked.outcomes != CODES[Outcome.EMPTY]).sum())
    mobile = float(good.sum()) / filled if filled else 0.0
    return _Column(
        name=name,
        weight=weight,
        share=mobile / 2 + float(good.sum()) / len(rows) / 2,
        mobile=mobile,
        attempted=not np.isin(checked.outcomes, _NO_ATTEMPT).all() or _has_words_beside(cells, len(table.column_names)),
        without_values=bool(np.isin(checked.outcomes, _NO_VALUE).any()),
        tax_numbers=_tax_numbers(cells.filter(pa.array(good)).to_pylist()),
    )


def _has_words_beside(cells: pa.Array, columns: int) -> bool:
    """Whether most cells of the only column are numbers beside words: each is refused with its reason."""
    if columns > 1:
        return False
    texts = pc.fill_null(cells, "")
    beside = pc.and_(pc.match_substring_regex(texts, _WHOLE_NUMBER), pc.match_substring_regex(texts, r"\p{L}"))
    return bool(beside.to_numpy(zero_copy_only=False).mean() >= 0.5)


def _tax_numbers(cells: list[str]) -> bool:
    """Whether most cells that can be mobile numbers are written like tax numbers: nine digits that begin with 20, bare
    or in threes. Many old companies have one; of mobile numbers hardly any are written so."""
    return sum(bool(_TAX_NUMBER.fullmatch(cell)) for cell in cells) * 2 > len(cells)
