"""The campaign's text with merge fields, and what becomes of it for each row.

    {name}          the row's value in the column "name"; case and surrounding spaces do not matter
    {name|mijoz}    the same, or "mijoz" where the value is empty
    {{ and }}       a literal brace

Nothing else: no attributes, no format specifications, no expressions. A value is put in and never looked at again:
braces in it stay braces.
"""

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from getsms_core.errors import Refused
from getsms_core.mending import mend_column, mend_text
from getsms_core.segments import any_flag, text_blocks
from getsms_core.words import _

_BRACE = re.compile(r"\{\{|\}\}|[{}]")
_EITHER = re.compile("[{}]")

_BREAKS = "\t\n\v\f\r\x1c\x1d\x1e\x1f\x85\u2028\u2029"  # these read as a space, with the spaces around them
_EDGES = " \u00a0\u1680\u2007\u202f\u3000\ufeff"  # taken off both ends of a value
_BREAK = re.compile(f" *[{_BREAKS}][{_BREAKS} ]*")
_CONTROL = re.compile("[\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f\u202a-\u202e\u2066-\u2069]")  # the last turn text round
# Lead bytes of the characters above: a value without any of them need not be looked at.
_DIRTY = bytes(byte < 0x20 or byte in (0x7F, 0xC2, 0xE2) for byte in range(256))


@dataclass(frozen=True, slots=True)
class Field:
    """A merge field: its `name` as written but trimmed, its `default` (None without one) and the `position` of its
    brace, counted in characters from 0."""

    name: str
    default: str | None
    position: int

    @property
    def key(self) -> str:
        """What the name is compared by."""
        return key(self.name)


@dataclass(frozen=True, slots=True)
class Empty:
    """A field without default that is empty in `count` rows; `rows` are the first 20 of them, counted from 0."""

    count: int
    rows: list[int]


def key(name: str) -> str:
    """What a column's and a field's name are compared by: trimmed, inner white space as one space, case folded."""
    return " ".join(name.split()).casefold()


def clean(value: str) -> str:
    """A value fit to be put into an SMS: line breaks and tabs become one space, control characters vanish, ends are
    trimmed. A cell with a line break would break the SMS, and a lone tab makes it UCS-2."""
    return _CONTROL.sub("", _BREAK.sub(" ", value)).strip(_EDGES)


def clean_column(values: pa.Array | pa.ChunkedArray) -> pa.ChunkedArray:
    """`clean` for each row of a column of any type that casts to string; a null becomes "". Only rows that hold a
    suspicious byte are looked at one by one."""
    if isinstance(values, pa.ChunkedArray):
        values = pa.chunked_array([_as_text(chunk) for chunk in values.chunks], pa.string())
    else:
        values = _as_text(values)
    blocks = []
    for block, offsets, data in text_blocks(values):
        dirty = any_flag(np.frombuffer(data.translate(_DIRTY), np.uint8), offsets)
        if dirty.any():
            cleaned = pa.array([clean(row.as_py()) for row in block.filter(pa.array(dirty.astype(bool)))], pa.string())
            block = pc.replace_with_mask(block, pa.array(dirty.astype(bool)), cleaned)
        blocks.append(pc.utf8_trim(block, characters=_EDGES))
    return pa.chunked_array(blocks, pa.string())


def _as_text(values: pa.Array) -> pa.Array:
    return values if pa.types.is_string(values.type) else values.cast(pa.string())


@dataclass(frozen=True, slots=True)
class Template:
    """A parsed text: literal pieces and fields in order. Made by `parse`."""

    text: str
    pieces: tuple[str | Field, ...]

    @property
    def fields(self) -> list[str]:
        """The names of the fields in order of first appearance, each once, as first written."""
        named: dict[str, str] = {}
        for field in self._fields():
            named.setdefault(field.key, field.name)
        return list(named.values())

    def unknown_fields(self, columns: Iterable[str]) -> list[str]:
        """The fields that no column of these names serves, in order."""
        known = {key(column) for column in columns}
        return [name for name in self.fields if key(name) not in known]

    def render(self, row: Mapping[str, str], *, mend: bool = False) -> str:
        """The text for one row (column name → value). With `mend`, merged values are mended as well. Of columns that
        differ in case alone the first is taken.

        Raises `Refused("unknown-field")` when a field has no column."""
        self._refuse_unknown(row.keys())
        values: dict[str, str] = {}
        for name, value in row.items():
            values.setdefault(key(name), value)
        written = []
        for piece in self.pieces:
            if isinstance(piece, Field):
                value = clean(values[piece.key] or "")
                piece = (clean(mend_text(value)) if mend else value) or piece.default or ""
            written.append(piece)
        return "".join(written)

    def render_column(self, fields: pa.Table, *, mend: bool = False) -> pa.StringArray:
        """`render` for each row of a table whose columns hold the fields' values; n texts for n rows, no nulls.

        Raises `Refused("unknown-field")` when a field has no column, and `Refused("texts-too-large")` when the texts
        exceed 2 GiB together; render a list in blocks."""
        values = {name: self._values(fields, name, mend) for name in {field.key for field in self._resolved(fields)}}
        pieces: list[Any] = []
        for piece in self.pieces:
            if isinstance(piece, Field):
                value = values[piece.key]
                if piece.default:
                    value = pc.if_else(pc.equal(value, ""), piece.default, value)
                pieces.append(value)
            else:
                pieces.append(pa.scalar(piece, pa.string()))
        if not values:
            return pa.repeat(pa.scalar("".join(map(str, self.pieces)), pa.string()), fields.num_rows)
        try:
            rendered = pc.binary_join_element_wise(*pieces, "")
            return rendered.combine_chunks() if rendered.num_chunks != 1 else rendered.chunk(0)
        except (pa.ArrowInvalid, pa.ArrowCapacityError) as error:
            raise Refused(
                "texts-too-large",
                _(
                    "The texts of all {rows} recipients together are too large. Use a shorter text or split the list."
                ).format(rows=fields.num_rows),
            ) from error

    def empty_counts(self, fields: pa.Table) -> dict[str, Empty]:
        """For each field without default that is empty in some row: in how many, and the first of them.

        A field that stands in the text both with and without a default counts as one without.
        Raises `Refused("unknown-field")`."""
        found = {}
        bare = {field.key for field in self._resolved(fields) if field.default is None}
        for name in self.fields:
            if key(name) in bare:
                empty = np.flatnonzero(pc.equal(self._values(fields, key(name), False), "").to_numpy())
                if len(empty):
                    found[name] = Empty(len(empty), empty[:20].tolist())
        return found

    def _fields(self) -> list[Field]:
        return [piece for piece in self.pieces if isinstance(piece, Field)]

    def _resolved(self, fields: pa.Table) -> list[Field]:
        self._refuse_unknown(fields.column_names)
        return self._fields()

    def _refuse_unknown(self, columns: Collection[str]) -> None:
        unknown = self.unknown_fields(columns)
        if unknown:
            raise Refused(
                "unknown-field",
                _("The text uses {field}, but the list has no such column. Its columns are: {columns}.").format(
                    field="{" + unknown[0] + "}", columns=", ".join(columns)
                ),
            )

    def _values(self, fields: pa.Table, name: str, mend: bool) -> pa.ChunkedArray:
        index = [key(column) for column in fields.column_names].index(name)
        values = clean_column(fields.column(index))
        return clean_column(mend_column(values)) if mend else values


def parse(text: str) -> Template:
    """The template of a text.

    Raises `Refused` with the code brace-not-closed, brace-not-opened, brace-in-field or field-without-name and a
    sentence that names the place, counted in characters from 1 as people do."""
    pieces: list[str | Field] = []
    literal = ""
    at = 0
    while found := _BRACE.search(text, at):
        place = found.start()
        literal += text[at:place]
        at = found.end()
        if len(found[0]) == 2:
            literal += found[0][0]
        elif found[0] == "}":
            raise _refused(
                "brace-not-opened",
                _("The brace {brace} at character {place} closes nothing. For a literal brace write it twice."),
                place,
                brace="}",
            )
        else:
            if literal:
                pieces.append(literal)
            field, at = _field(text, place)
            pieces.append(field)
            literal = ""
    if literal + text[at:]:
        pieces.append(literal + text[at:])
    return Template(text, tuple(pieces))


def _field(text: str, place: int) -> tuple[Field, int]:
    """The field whose brace opens at `place`, and the index behind its closing brace."""
    end = _EITHER.search(text, place + 1)
    if end is None:
        raise _refused(
            "brace-not-closed",
            _("The field that begins at character {place} has no closing brace. For a literal brace write it twice."),
            place,
        )
    if end[0] == "{":
        raise _refused(
            "brace-in-field",
            _("The field that begins at character {place} has another opening brace in it, at character {second}."),
            place,
            second=end.start() + 1,
        )
    name, bar, default = text[place + 1 : end.start()].partition("|")
    if not name.strip():
        raise _refused(
            "field-without-name",
            _("The field at character {place} has no name. Write the name of a column, for example {example}."),
            place,
            example="{name}",
        )
    return Field(" ".join(name.split()), clean(default) if bar else None, place), end.end()


def _refused(code: str, message: str, place: int, **names: object) -> Refused:
    return Refused(code, message.format(place=place + 1, **names))
