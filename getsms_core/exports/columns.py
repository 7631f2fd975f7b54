"""Convert database columns to columns of a file: local times, so'm, masked numbers, names; typed or as text."""

from datetime import tzinfo

import pyarrow as pa
import pyarrow.compute as pc

from getsms_core.base.masking import mask_all_numbers, mask_own_number
from getsms_core.exports import derived
from getsms_core.exports.columns_of_files import INSTANTS, INTEGERS, QUOTING, of_list
from getsms_core.exports.conversions import MONEY_TYPES, Dress, instants, mapped, prices
from getsms_core.exports.query import Selection
from getsms_core.phone import mask_cells, mask_texts, may_hold_numbers
from getsms_core.reports import range_name
from getsms_core.spreadsheet.formulas import escape_texts

LOCAL = "_local"
"""The ending of the columns of Parquet with the local time beside an instant."""
EXCEL_READS = frozenset({*INSTANTS, "price", "cost", "seconds_to_delivery", "day"})
"""Text columns of a CSV that Excel shall read as numbers and times."""
_EXCEL_CHANGES = (
    r"^(?:\d{12,}|0\d+"  # phones and long keys lose digits, 007 its zeros
    r"|\d+(?:[.,]\d+)?[eE][+-]?\d+"  # 12E5 becomes 1200000
    r"|\d{1,2}([./-])\d{1,2}(?:[./-]\d)?"  # 12.05 becomes the 12th of May, 1.2.3 the 1st of February
    r"|\d{1,2}[./-]\d{4})$"  # 5.2024 and the house 7-2024 become a month
)


def schema(selection: Selection, dress: Dress) -> pa.Schema:
    """Return the Arrow schema of a file."""
    names = selection.columns if dress == "typed" else selection.headings
    types = [_type(name, selection.zone, dress) for name in selection.columns]
    fields = list(zip(names, types, strict=True))
    if dress == "typed":
        fields += [(f"{name}{LOCAL}", pa.timestamp("ms")) for name in selection.columns if name in INSTANTS]
    return pa.schema(fields)


def _type(name: str, zone: tzinfo, dress: Dress) -> pa.DataType:
    if name in INTEGERS or name in ("hour", "weekday"):
        return pa.int32()
    if name in ("price", "cost"):
        return MONEY_TYPES[dress]
    if name in INSTANTS:
        zoned = pa.timestamp("ms", tz=str(zone))
        return {"typed": zoned, "sheet": pa.timestamp("ms")}.get(dress, pa.string())
    if name in derived.FLAGS and dress == "typed":
        return pa.bool_()
    if name == "day":
        return pa.date32() if dress in ("typed", "sheet") else pa.string()
    if name == "seconds_to_delivery":
        return pa.float64() if dress in ("typed", "sheet") else pa.string()
    return pa.string()


def dressed(batch: pa.RecordBatch, selection: Selection, dress: Dress) -> pa.RecordBatch:
    """Return a batch of the file for a batch of the database."""
    dressed_columns = [_column(name, batch, selection, dress) for name in selection.columns]
    if selection.mask:
        dressed_columns = [
            _quoted(name, column, batch, selection)
            for name, column in zip(selection.columns, dressed_columns, strict=True)
        ]
    if dress == "excel":
        dressed_columns = [
            text_for_excel(column) if pa.types.is_string(column.type) and name not in EXCEL_READS else column
            for name, column in zip(selection.columns, dressed_columns, strict=True)
        ]
    if dress == "typed":
        local = [instants(batch[name], selection.zone, "sheet") for name in selection.columns if name in INSTANTS]
        dressed_columns += local
    return pa.record_batch(dressed_columns, schema(selection, dress))


def text_for_excel(cells: pa.Array) -> pa.Array:
    """Return texts without formulas, and those that Excel would change, to another number or a date, as formulas of our
    own that give the text."""
    changed = pc.fill_null(pc.match_substring_regex(cells, _EXCEL_CHANGES), False)
    return pc.if_else(changed, pc.binary_join_element_wise('="', cells, '"', ""), escape_texts(cells))


def _quoted(name: str, column: pa.Array, batch: pa.RecordBatch, selection: Selection) -> pa.Array:
    """Mask numbers inside texts and the gateway's sentences as well. Only rows that may contain one are searched."""
    if of_list(name) is not None:
        return mask_cells(column, batch["phone"].to_numpy(zero_copy_only=False))
    if name not in QUOTING:
        return column
    if name == "text":
        return _masked_texts(column, batch, selection)
    suspects = may_hold_numbers(column)
    if not suspects.any():
        return column
    rows = zip(column.to_pylist(), batch["phone"].to_pylist(), suspects.tolist(), strict=True)
    masked = (mask_own_number(text, phone) if suspect else text for text, phone, suspect in rows)
    return pa.array([text and mask_all_numbers(text) for text in masked], pa.string())


def _masked_texts(column: pa.Array, batch: pa.RecordBatch, selection: Selection) -> pa.Array:
    if not len(column):
        return column
    written = selection.written.get(derived.campaign_of(batch), ())
    return mask_texts(column, batch["phone"].to_numpy(zero_copy_only=False), written)


def _column(name: str, batch: pa.RecordBatch, selection: Selection, dress: Dress) -> pa.Array:
    if (list_column := of_list(name)) is not None:
        return selection.lists.take(list_column, derived.campaign_of(batch), batch["row"])
    if name in derived.COLUMNS:
        return derived.COLUMNS[name](batch, selection, dress)
    values = batch[name]
    if name in INTEGERS:
        return values.cast(pa.int32())
    if name == "phone":
        text = _masked(values) if selection.mask else values.cast(pa.string())
        return pc.if_else(pc.equal(values, 0), pa.scalar(None, pa.string()), text)  # erased
    if name == "price":
        return prices(values, dress)
    if name in INSTANTS:
        return instants(values, selection.zone, dress)
    if name == "range":
        return mapped(values, range_name, pa.string())
    if name in ("campaign", "sender"):
        attribute = "name" if name == "campaign" else "sender"
        return mapped(values, lambda i: getattr(selection.campaigns[i], attribute), pa.string())
    if name in ("reason", "request_id", "status_word"):
        return pc.if_else(pc.equal(values, ""), pa.scalar(None, pa.string()), values)
    return values


def _masked(values: pa.Array) -> pa.Array:
    text = values.cast(pa.string())
    stars = pa.scalar("*****")
    return pc.binary_join_element_wise(
        pc.utf8_slice_codeunits(text, 0, 5), stars, pc.utf8_slice_codeunits(text, 10, 12), ""
    )
