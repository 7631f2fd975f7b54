"""The campaign's text with merge fields, and what becomes of it for each row.

    {name}          the row's value in the column "name": the column of exactly this name, else the only one whose name
                    differs in case alone; where several do, the field is refused
    {name|mijoz}    the same, or "mijoz" where the value is empty
    {{ and }}       a literal brace

Nothing else: no attributes, no format specifications, no expressions. An inserted value is not parsed
again: braces in it stay braces.
"""

import re
import unicodedata
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from getsms_core.base import cell_bytes
from getsms_core.base.errors import DomainError
from getsms_core.messages.encoding import any_flag, text_blocks
from getsms_core.messages.gsm7_replacements import composed, replace_in_column, replace_in_text
from getsms_core.messages.invisible import BLANK, blank_rows, is_blank

_BLOCK = 65_536  # rows rendered at once
_BRACE = re.compile(r"\{\{|\}\}|[{}]")
_EITHER = re.compile("[{}]")

_BREAKS = "\t\n\v\f\r\x1c\x1d\x1e\x1f\x85\u2028\u2029"  # these read as a space, with the spaces around them
_EDGES = " \u00a0\u1680\u2007\u202f\u3000\ufeff"  # taken off both ends of a value
_BREAK = re.compile(f" *[{_BREAKS}][{_BREAKS} ]*")
_CONTROL = re.compile("[\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f\u202a-\u202e\u2066-\u2069]")  # the last turn text round
# Lead bytes of the characters above and of combining marks: a value without any of them needs no cleaning.
_DIRTY = bytes(byte < 0x20 or byte in (0x7F, 0xC2, 0xCC, 0xCD, 0xE2) for byte in range(256))
# Lead bytes of invisible characters that `_EDGES` does not take off: a value of nothing else is empty.
_INVISIBLE = bytes(byte in (0xC2, 0xCD, 0xD8, 0xE1, 0xE2, 0xE3, 0xEF, 0xF0, 0xF3) for byte in range(256))
_EDGE_BYTES = cell_bytes.byte_table({byte for edge in _EDGES for byte in (edge.encode()[0], edge.encode()[-1])})
_VISIBLE = cell_bytes.byte_table([*range(0x21, 0x7F), 0xD0, 0xD1])
_APOSTROPHES = str.maketrans(dict.fromkeys("ʻʼ’‘`´", "'"))
_LINE_BREAK = re.compile("\r\n|[\r\f\x85\u2028\u2029]")
_SEPARATOR = re.compile("[\t\v\x1c-\x1f]")


@dataclass(frozen=True, slots=True)
class Field:
    """A merge field: its `name` as written but trimmed, its `default` (None without one) and the `position` of its
    brace, counted in characters from 0."""

    name: str
    default: str | None
    position: int

    @property
    def key(self) -> str:
        """The name as it is compared."""
        return key(self.name)


@dataclass(frozen=True, slots=True)
class Empty:
    """A field without default that is empty in `count` rows; `rows` are the first 20 of them, counted from 0."""

    count: int
    rows: list[int]


def key(name: str) -> str:
    """A column's or a field's name without regard to case, to invisible characters, the kind of apostrophe and how
    letters with marks are composed: trimmed, inner white space as one space, case folded."""
    composed = unicodedata.normalize("NFC", name)
    return (
        _squeezed("".join(letter for letter in composed if unicodedata.category(letter) != "Cf"))
        .translate(_APOSTROPHES)
        .casefold()
    )


def _squeezed(name: str) -> str:
    return " ".join(name.split())


def column_for(field: str, columns: Iterable[str]) -> str | None:
    """The column that serves a merge field: the one of exactly this name, else the only one whose name is the same when
    case is ignored; None if no column matches.

    Raises `DomainError` ("ambiguous-field") where several columns have this name when case is ignored."""
    by_name, by_squeezed, by_key = _columns_by_name(tuple(columns))
    name = _squeezed(field)
    matching = by_name.get(name) or by_squeezed.get(name) or by_key.get(key(name)) or []
    if len(set(matching)) > 1:
        raise DomainError.of("ambiguous-field", field="{" + field + "}", columns=", ".join(matching))
    return matching[0] if matching else None


@lru_cache(maxsize=32)
def _columns_by_name(columns: tuple[str, ...]) -> tuple[dict[str, list[str]], ...]:
    """Return the columns of each name: as written, with single spaces, and as it is compared. Without it each field is
    compared with each column: 0.12 s for one message of 60 fields, and 1 s for what they cost while a text is typed."""
    by_name: dict[str, list[str]] = {}
    by_squeezed: dict[str, list[str]] = {}
    by_key: dict[str, list[str]] = {}
    for column in columns:
        by_name.setdefault(column, []).append(column)
        by_squeezed.setdefault(_squeezed(column), []).append(column)
        by_key.setdefault(key(column), []).append(column)
    return by_name, by_squeezed, by_key


def clean(value: str) -> str:
    """Clean a value for an SMS: line breaks and tabs become one space, control characters are removed, letters with
    marks are composed, ends are trimmed, and a value of invisible characters alone is empty. A cell with a line break
    would break the SMS, and a lone tab makes it UCS-2."""
    cleaned = composed(_CONTROL.sub("", _BREAK.sub(" ", value)).strip(_EDGES))
    return "" if not cleaned.isascii() and is_blank(cleaned) else cleaned


def clean_text(text: str) -> str:
    """Remove control characters from a campaign's text and compose its letters, as `clean` does for values; line breaks
    stay, all as "\\n". PostgreSQL refuses a text with NUL in it, and a carriage return is one more character that is
    billed."""
    return composed(_CONTROL.sub("", _SEPARATOR.sub(" ", _LINE_BREAK.sub("\n", text))))


def clean_column(values: pa.Array | pa.ChunkedArray) -> pa.ChunkedArray:
    """`clean` for each row of a column of any type that casts to string; a null becomes "". Only rows that hold a
    suspicious byte are cleaned one by one."""
    if isinstance(values, pa.ChunkedArray):
        values = pa.chunked_array([_as_text(chunk) for chunk in values.chunks], pa.string())
    else:
        values = _as_text(values)
    blocks = []
    for block, offsets, data in text_blocks(values):
        flags = data.translate(_DIRTY)
        if is_dirty := flags.find(1) >= 0:
            dirty = any_flag(np.frombuffer(flags, np.uint8), offsets)
            cleaned = pa.array([clean(row.as_py()) for row in block.filter(pa.array(dirty.astype(bool)))], pa.string())
            block = pc.replace_with_mask(block, pa.array(dirty.astype(bool)), cleaned)
        if is_dirty or _may_have_edges(offsets, data):
            block = pc.utf8_trim(block, characters=_EDGES)
        if data.translate(_INVISIBLE).find(1) >= 0:
            block = pc.if_else(pc.match_substring_regex(block, BLANK), "", block)
        blocks.append(block)
    return pa.chunked_array(blocks, pa.string())


def _may_have_edges(offsets: npt.NDArray[np.int64], data: bytes) -> bool:
    """Whether any cell begins or ends with a byte of `_EDGES`: without them the trimming is not needed."""
    filled, cells = offsets[1:] > offsets[:-1], np.frombuffer(data, np.uint8)
    return bool(_EDGE_BYTES[cells[offsets[:-1][filled]]].any() or _EDGE_BYTES[cells[offsets[1:][filled] - 1]].any())


def _empty_rows(values: pa.ChunkedArray) -> npt.NDArray[np.int64]:
    """The positions of the cells of which `clean` leaves nothing. Only those are cleaned that do not begin with a
    visible character of ASCII or a Cyrillic letter."""
    suspects = np.flatnonzero(~_VISIBLE[cell_bytes.first_bytes(values)])
    cleaned = clean_column(values.take(pa.array(suspects)))
    blank: npt.NDArray[np.bool_] = pc.equal(cleaned, "").to_numpy()
    return suspects[blank]


def _as_text(values: pa.Array) -> pa.Array:
    return values if pa.types.is_string(values.type) else values.cast(pa.string())


@dataclass(frozen=True, slots=True)
class Template:
    """A parsed text: literal pieces and fields in order. Made by `parse`."""

    text: str
    pieces: tuple[str | Field, ...]

    @property
    def fields(self) -> list[str]:
        """The names of the fields in order of first appearance, each once whatever its case, as first written."""
        named: dict[str, str] = {}
        for field in self._fields():
            named.setdefault(field.key, field.name)
        return list(named.values())

    def unknown_fields(self, columns: Iterable[str]) -> list[str]:
        """The fields that no column of these names serves, in order. Raises `DomainError` ("ambiguous-field")."""
        names = list(columns)
        unknown: dict[str, str] = {}
        for field in self._fields():
            if column_for(field.name, names) is None:
                unknown.setdefault(field.key, field.name)
        return list(unknown.values())

    def columns(self, columns: Iterable[str]) -> list[str]:
        """The columns of these that serve the fields, each once. Raises `DomainError` ("ambiguous-field")."""
        names = list(columns)
        serving = (column_for(field.name, names) for field in self._fields())
        return list(dict.fromkeys(column for column in serving if column is not None))

    @property
    def is_blank(self) -> bool:
        """Whether it has neither a merge field nor a visible character: nothing could ever be sent."""
        return not self._fields() and is_blank("".join(map(str, self.pieces)))

    @property
    def may_be_blank(self) -> bool:
        """Whether it has no visible character of its own, so that merge fields decide whether there is anything."""
        return is_blank("".join(piece for piece in self.pieces if isinstance(piece, str)))

    def render(self, row: Mapping[str, str], *, mend: bool = False) -> str:
        """The text for one row (column name → value). With `mend`, expensive characters of merged values are replaced.

        Raises `DomainError("unknown-field")` when a field has no column and `DomainError("ambiguous-field")` when
        several columns could serve it."""
        self._refuse_unknown(row.keys())
        written = []
        for piece in self.pieces:
            if isinstance(piece, Field):
                value = clean(row[column_for(piece.name, row) or ""] or "")
                piece = (clean(replace_in_text(value)) if mend else value) or piece.default or ""
            written.append(piece)
        return "".join(written)

    def render_column(self, fields: pa.Table, *, mend: bool = False) -> pa.StringArray:
        """`render` for each row of a table whose columns hold the fields' values; n texts for n rows, no nulls.

        Raises what `render` does, and `DomainError("texts-too-large")` when the texts exceed 2 GiB together; render
        a list in blocks."""
        self._refuse_unknown(fields.column_names)
        column_of = {field.name: column_for(field.name, fields.column_names) or "" for field in self._fields()}
        values = {column: self._values(fields, column, mend) for column in set(column_of.values())}
        pieces: list[Any] = []
        for piece in self.pieces:
            if isinstance(piece, Field):
                value = values[column_of[piece.name]]
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
            raise DomainError.of("texts-too-large", rows=fields.num_rows) from error

    def blank_rows(self, fields: pa.Table, *, mend: bool = False) -> npt.NDArray[np.bool_]:
        """For each row whether its text shows nothing, so that nothing is sent. Texts with a visible character of their
        own are not rendered. Raises what `render_column` does."""
        if not self.may_be_blank:
            self._refuse_unknown(fields.column_names)
            return np.zeros(fields.num_rows, np.bool_)
        if not self._fields():
            return np.ones(fields.num_rows, np.bool_)
        blocks = [
            blank_rows(self.render_column(fields.slice(start, _BLOCK), mend=mend))
            for start in range(0, fields.num_rows, _BLOCK)
        ]
        return np.concatenate(blocks) if blocks else np.zeros(0, np.bool_)

    def empty_counts(self, fields: pa.Table) -> dict[str, Empty]:
        """For each field without default that is empty in some row: in how many, and the first of them.

        A field that is in the text both with and without a default counts as one without.
        Raises `DomainError("unknown-field")` and `DomainError("ambiguous-field")`."""
        self._refuse_unknown(fields.column_names)
        counts: dict[str, Empty] = {}
        names: dict[str, str] = {}
        bare: set[str] = set()
        for field in self._fields():
            column = column_for(field.name, fields.column_names) or ""
            names.setdefault(column, field.name)
            if field.default is None:
                bare.add(column)
        for column, name in names.items():
            if column in bare:
                empty = _empty_rows(fields.column(fields.column_names.index(column)))
                if len(empty):
                    counts[name] = Empty(len(empty), empty[:20].tolist())
        return counts

    def _fields(self) -> list[Field]:
        return [piece for piece in self.pieces if isinstance(piece, Field)]

    def _refuse_unknown(self, columns: Collection[str]) -> None:
        unknown = self.unknown_fields(columns)
        if unknown:
            raise DomainError.of("unknown-field", case="text", field="{" + unknown[0] + "}", columns=", ".join(columns))

    def _values(self, fields: pa.Table, column: str, mend: bool) -> pa.ChunkedArray:
        values = clean_column(fields.column(fields.column_names.index(column)))
        return clean_column(replace_in_column(values)) if mend else values


def parse(text: str) -> Template:
    """The template of a text.

    Raises `DomainError` with the code brace-not-closed, brace-not-opened, brace-in-field or field-without-name and a
    message that gives the position, counted in characters from 1."""
    pieces: list[str | Field] = []
    literal = ""
    position = 0
    while match := _BRACE.search(text, position):
        brace_position = match.start()
        literal += text[position:brace_position]
        position = match.end()
        if len(match[0]) == 2:
            literal += match[0][0]
        elif match[0] == "}":
            raise _refused(
                "brace-not-opened",
                brace_position,
                brace="}",
            )
        else:
            if literal:
                pieces.append(literal)
            field, position = _field(text, brace_position)
            pieces.append(field)
            literal = ""
    if literal + text[position:]:
        pieces.append(literal + text[position:])
    return Template(text, tuple(pieces))


def _field(text: str, brace_position: int) -> tuple[Field, int]:
    """Return the field whose brace opens at `brace_position`, and the index after its closing brace."""
    end = _EITHER.search(text, brace_position + 1)
    if end is None:
        raise _refused(
            "brace-not-closed",
            brace_position,
        )
    if end[0] == "{":
        raise _refused(
            "brace-in-field",
            brace_position,
            second=end.start() + 1,
        )
    name, bar, default = text[brace_position + 1 : end.start()].partition("|")
    if not name.strip():
        raise _refused(
            "field-without-name",
            brace_position,
            example="{name}",
        )
    return Field(_squeezed(name), clean(default) if bar else None, brace_position), end.end()


def _refused(code: str, position: int, **names: object) -> DomainError:
    return DomainError.of(code, place=position + 1, **names)
