"""Correct the refused cells of a list by hand: the list itself never changes, a new one holds the corrected rows.

A corrected row keeps its number of the file and its other columns; it is a recipient, or a duplicate, or opted out.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from getsms_core import phone
from getsms_core.base import reasons
from getsms_core.base.errors import Conflict, Invalid, NotFound
from getsms_core.base.i18n import _
from getsms_core.base.permissions import Actor, Permission
from getsms_core.contacts import lists, set_algebra, storage, suppression
from getsms_core.contacts.facts import Derivation, ListFacts
from getsms_core.contacts.validation import CheckedList, Numbers, counts_of
from getsms_core.db.engine import Store
from getsms_core.phone import CODES, OUTCOMES, Outcome

MOST_CORRECTIONS = 1_000  # at once, by hand
_ROWS_NAMED = 20
_REFUSED = np.array([outcome.family == "rejected" for outcome in OUTCOMES])
_RECIPIENT = np.array([outcome.family in ("accepted", "repaired") for outcome in OUTCOMES])


def correct(store: Store, actor: Actor, list_id: int, cells: Mapping[int, str]) -> int:
    """Create a list with these cells in place of refused ones; return its id. The keys are positions in the rows of the
    list, the values what the phone cells should be.

    Raises `DomainError`, and stores nothing: not-refused (the row can be sent to already), still-refused (with the
    reason of each), nothing-to-correct, too-many-corrections, list-not-ready."""
    actor.must(Permission.LISTS)
    actor.must(Permission.SEE_PHONES)
    source = storage.checked(store, list_id)
    cells = {position: text.strip() for position, text in cells.items() if text.strip()}
    if not cells:
        raise Invalid.of("nothing-to-correct")
    if len(cells) > MOST_CORRECTIONS:
        raise Invalid.of("too-many-corrections", n=MOST_CORRECTIONS)
    corrected = _corrected_list(source, cells, suppression.numbers(store))
    row = storage.get(store, list_id)
    numbers = sorted(int(number) for number in source.rows["row"].take(pa.array(list(cells))).to_pylist())
    named = ", ".join(map(str, numbers[:_ROWS_NAMED])) + (", …" if len(numbers) > _ROWS_NAMED else "")
    origin = reasons.reason("list-corrected", n=len(numbers), name=row.name, id=list_id, rows=named)
    derivation = Derivation("correct", (list_id,), details={"rows": numbers})
    facts = replace(ListFacts.from_stored(row.facts), made=derivation, phone_columns=None, origin=None)
    return lists.save_derived_lists(store, actor, [(row.name, origin, corrected, facts)])[0]


def _corrected_list(source: CheckedList, cells: Mapping[int, str], opted_out: Numbers) -> CheckedList:
    """Return all rows of the list with these cells by their positions. Raises `DomainError`: not-refused,
    still-refused."""
    positions = np.array(sorted(cells), np.int64)
    if len(positions) and not (positions[0] >= 0 and positions[-1] < source.rows.num_rows):
        raise NotFound.of("no-such-row", case="position")
    rows = source.rows["row"].take(pa.array(positions)).to_pylist()
    outcomes = source.outcomes.copy()
    for position, row in zip(positions, rows, strict=True):
        if not _REFUSED[outcomes[position]]:
            raise Conflict.of("not-refused", row=row)
    texts = [cells[int(position)] for position in positions]
    corrected_numbers = _numbers_of(rows, texts)
    numbers = set_algebra.numbers_of(source).copy()
    other_rows = source.other_rows.copy()
    counting = {int(numbers[at]): int(at) for at in np.flatnonzero(_RECIPIENT[outcomes])}
    suppressed = set(map(int, opted_out))
    for position, (number, outcome) in zip(map(int, positions), corrected_numbers, strict=True):
        numbers[position] = number
        if number in suppressed:
            outcomes[position] = CODES[Outcome.OPTED_OUT]
        elif (first := counting.setdefault(number, position)) != position:
            outcomes[position] = CODES[Outcome.DUPLICATE]
            other_rows[position] = source.rows["row"][first].as_py()
        else:
            outcomes[position] = CODES[outcome]
    mask = np.zeros(source.rows.num_rows, np.bool_)
    mask[positions] = True

    def with_texts(column: pa.ChunkedArray) -> pa.Array:
        flat = column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column
        return pc.replace_with_mask(flat, pa.array(mask), pa.array(texts, pa.string()))

    fields = source.fields
    if source.phone_column in fields.column_names:
        index = fields.column_names.index(source.phone_column)
        fields = fields.set_column(index, source.phone_column, with_texts(fields.column(index)))
    return replace(
        source,
        rows=pa.table(
            {
                "row": source.rows["row"],
                "value": with_texts(source.rows["value"]),
                "phone": pa.array(numbers, pa.int64(), mask=numbers == 0),
                "outcome": set_algebra.outcome_array(outcomes),
            }
        ),
        fields=fields,
        other_rows=other_rows,
        counts=counts_of(outcomes),
    )


def _numbers_of(rows: Sequence[int], texts: Sequence[str]) -> list[tuple[int, Outcome]]:
    """Return the number and the outcome of each corrected cell. Raises `DomainError` ("still-refused") if any has no
    number."""
    checked = [phone.check(text) for text in texts]
    refusals = [
        _("Row {row}: {message}").format(row=row, message=phone.message(result.outcome, text))
        for row, text, result in zip(rows, texts, checked, strict=True)
        if not result.number
    ]
    if refusals:
        raise Invalid("still-refused", " ".join([*refusals[:_ROWS_NAMED], _("Nothing was saved.")]))
    return [(int(result.number or 0), result.outcome) for result in checked]


def positions_of_rows(checked: CheckedList, cells: Mapping[int, str]) -> dict[int, str]:
    """Corrections by the numbers of rows, as the spreadsheet counts, as corrections by position. Raises `DomainError`:
    no-such-row, not-refused, ambiguous-row (several refused rows have one number, as in a text of one line)."""
    numbers = checked.rows["row"].to_numpy()
    refused = _REFUSED[checked.outcomes]
    by_position = {}
    for row, text in cells.items():
        among = np.flatnonzero(numbers == row)
        if not len(among):
            raise NotFound.of("no-such-row", case="list", row=row)
        positions = among[refused[among]]
        if not len(positions):
            raise Conflict.of("not-refused", row=row)
        if len(positions) > 1:
            raise Conflict.of("ambiguous-row", row=row)
        by_position[int(positions[0])] = text
    return by_position
