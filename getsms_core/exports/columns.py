"""Convert database columns to columns of a file: local times, so'm, masked numbers, names; typed or as text."""

from collections.abc import Callable
from datetime import tzinfo
from typing import Any, Literal

import pyarrow as pa
import pyarrow.compute as pc

from getsms_core.base.masking import mask_all_numbers, mask_own_number
from getsms_core.billing import price_list
from getsms_core.exports.query import INSTANTS, INTEGERS, QUOTING, Selection
from getsms_core.reports import range_name

Dress = Literal["typed", "sheet", "text"]
'"typed": Parquet types, times with a zone; "sheet": Excel\'s types, local times and '
'floats; "text": ISO 8601 and "95.00".'

MONEY = pa.decimal128(12, 2)
_NINE_DIGITS = r"(?:\p{Nd}[^\p{L}\p{Nd}]{0,3}){9}"
"""What a text holds at least that quotes a number, as RE2 reads it."""


def schema(selection: Selection, dress: Dress) -> pa.Schema:
    """Return the Arrow schema of a file."""
    return pa.schema([(name, _type(name, selection.zone, dress)) for name in selection.columns])


def _type(name: str, zone: tzinfo, dress: Dress) -> pa.DataType:
    if name in INTEGERS:
        return pa.int32()
    if name == "price":
        return {"typed": MONEY, "sheet": pa.float64(), "text": pa.string()}[dress]
    if name in INSTANTS:
        zoned = pa.timestamp("ms", tz=str(zone))
        return {"typed": zoned, "sheet": pa.timestamp("ms"), "text": pa.string()}[dress]
    return pa.string()


def dressed(batch: pa.RecordBatch, selection: Selection, dress: Dress) -> pa.RecordBatch:
    """Return a batch of the file for a batch of the database."""
    dressed_columns = [_column(name, batch[name], selection, dress) for name in selection.columns]
    if selection.mask:
        dressed_columns = [
            _quoted(name, column, batch) for name, column in zip(selection.columns, dressed_columns, strict=True)
        ]
    return pa.record_batch(dressed_columns, schema(selection, dress))


def _quoted(name: str, column: pa.Array, batch: pa.RecordBatch) -> pa.Array:
    """Mask numbers inside texts and the gateway's sentences as well. Only rows that may contain one are searched."""
    if name not in QUOTING:
        return column
    suspects = pc.fill_null(pc.match_substring_regex(column, _NINE_DIGITS), False)
    if not pc.any(suspects).as_py():
        return column
    rows = zip(column.to_pylist(), batch["phone"].to_pylist(), suspects.to_pylist(), strict=True)
    masked = (mask_own_number(text, phone) if suspect else text for text, phone, suspect in rows)
    if name == "text":
        return pa.array(masked, pa.string())
    return pa.array([text and mask_all_numbers(text) for text in masked], pa.string())


def _column(name: str, values: pa.Array, selection: Selection, dress: Dress) -> pa.Array:
    if name in INTEGERS:
        return values.cast(pa.int32())
    if name == "phone":
        text = _masked(values) if selection.mask else values.cast(pa.string())
        return pc.if_else(pc.equal(values, 0), pa.scalar(None, pa.string()), text)  # erased
    if name == "price":
        return _mapped(values, _price(dress), _type(name, selection.zone, dress))
    if name in INSTANTS:
        return _instant(values, selection.zone, dress)
    if name == "range":
        return _mapped(values, range_name, pa.string())
    if name in ("campaign", "sender"):
        attribute = "name" if name == "campaign" else "sender"
        return _mapped(values, lambda i: getattr(selection.campaigns[i], attribute), pa.string())
    if name in ("reason", "request_id", "status_word", "sender"):
        return pc.if_else(pc.equal(values, ""), pa.scalar(None, pa.string()), values)
    return values


def _price(dress: Dress) -> Callable[[int], Any]:
    return {
        "typed": price_list.som,
        "sheet": lambda n: float(price_list.som(n)),
        "text": lambda n: f"{price_list.som(n):.2f}",
    }[dress]


def _mapped(values: pa.Array, of: Callable[[int], Any], kind: pa.DataType) -> pa.Array:
    """Convert each distinct value once: there are few of them in many rows."""
    codes = values.dictionary_encode()
    return pa.array([of(value) for value in codes.dictionary.to_pylist()], kind).take(codes.indices)


def _masked(values: pa.Array) -> pa.Array:
    text = values.cast(pa.string())
    stars = pa.scalar("*****")
    return pc.binary_join_element_wise(
        pc.utf8_slice_codeunits(text, 0, 5), stars, pc.utf8_slice_codeunits(text, 10, 12), ""
    )


def _instant(values: pa.Array, zone: tzinfo, dress: Dress) -> pa.Array:
    if dress == "typed":
        return values.cast(pa.timestamp("ms")).cast(pa.timestamp("ms", tz=str(zone)))
    seconds = pc.cast(pc.divide(values, 1000), pa.timestamp("s", tz="UTC")).cast(pa.timestamp("s", tz=str(zone)))
    local = pc.local_timestamp(seconds)
    if dress == "sheet":
        return local.cast(pa.timestamp("ms"))
    # strftime or the cast of a zoned time takes 1.4 s a million; the local time and its offset take 0.2.
    text = pc.binary_replace_slice(local.cast(pa.string()), 10, 11, "T")
    shift = pc.subtract(local.cast(pa.int64()), seconds.cast(pa.int64()))
    return pc.binary_join_element_wise(text, _mapped(shift, _offset, pa.string()), "")


def _offset(seconds: int | None) -> str | None:
    if seconds is None:
        return None
    sign, minutes = "-" if seconds < 0 else "+", abs(seconds) // 60
    return f"{sign}{minutes // 60:02d}:{minutes % 60:02d}"
