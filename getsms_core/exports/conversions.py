"""Conversions of columns that read the database to columns of a file, a million rows at a time."""

from collections.abc import Callable
from datetime import tzinfo
from typing import Any, Literal

import pyarrow as pa
import pyarrow.compute as pc

from getsms_core.billing import price_list

Dress = Literal["typed", "sheet", "text", "excel"]
'"typed": Parquet types, times with a zone; "sheet": Excel\'s types, local times and '
'floats; "text": ISO 8601 and "95.00"; "excel": local times and "95,00", as Excel in '
"Russian and Uzbek reads CSV."
MONEY = pa.decimal128(12, 2)
MONEY_TYPES = {"typed": MONEY, "sheet": pa.float64(), "text": pa.string(), "excel": pa.string()}


def prices(values: pa.Array, dress: Dress) -> pa.Array:
    """Return tiyin as so'm."""
    return mapped(values, _price(dress), MONEY_TYPES[dress])


def _price(dress: Dress) -> Callable[[int], Any]:
    return {
        "typed": price_list.som,
        "sheet": lambda n: float(price_list.som(n)),
        "text": lambda n: f"{price_list.som(n):.2f}",
        "excel": lambda n: f"{price_list.som(n):.2f}".replace(".", ","),
    }[dress]


def mapped(values: pa.Array, of: Callable[[Any], Any], kind: pa.DataType) -> pa.Array:
    """Convert each distinct value once: there are few of them in many rows."""
    codes = values.dictionary_encode()
    return pa.array([of(value) for value in codes.dictionary.to_pylist()], kind).take(codes.indices)


def local_times(values: pa.Array, zone: tzinfo) -> pa.Array:
    """Return UTC ms as local times without a zone, to the second."""
    return pc.local_timestamp(_in_zone(values, zone))


def instants(values: pa.Array, zone: tzinfo, dress: Dress) -> pa.Array:
    """Return UTC ms as the times of a file."""
    if dress == "typed":
        return values.cast(pa.timestamp("ms")).cast(pa.timestamp("ms", tz=str(zone)))
    seconds = _in_zone(values, zone)
    local = pc.local_timestamp(seconds)
    if dress == "sheet":
        return local.cast(pa.timestamp("ms"))
    if dress == "excel":
        return local.cast(pa.string())
    # strftime or the cast of a zoned time takes 1.4 s a million; the local time and its offset take 0.2.
    text = pc.binary_replace_slice(local.cast(pa.string()), 10, 11, "T")
    shift = pc.subtract(local.cast(pa.int64()), seconds.cast(pa.int64()))
    return pc.binary_join_element_wise(text, mapped(shift, _offset, pa.string()), "")


def _in_zone(values: pa.Array, zone: tzinfo) -> pa.Array:
    return pc.cast(pc.divide(values, 1000), pa.timestamp("s", tz="UTC")).cast(pa.timestamp("s", tz=str(zone)))


def _offset(seconds: int | None) -> str | None:
    if seconds is None:
        return None
    sign, minutes = "-" if seconds < 0 else "+", abs(seconds) // 60
    return f"{sign}{minutes // 60:02d}:{minutes % 60:02d}"
