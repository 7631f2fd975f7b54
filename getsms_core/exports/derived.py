"""Columns of a file that are worked out from others: by campaign, by text, by time, by state."""

import hashlib
from collections.abc import Callable, Mapping

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from getsms_core.base.failure_reasons import LOST, code_shown, stored_code
from getsms_core.base.states import SENT, MessageState
from getsms_core.exports.columns_of_files import LIST_DELETED
from getsms_core.exports.conversions import Dress, local_times, mapped, prices
from getsms_core.exports.query import Selection
from getsms_core.reports import reason_in_words
from getsms_core.reports.rollup_queries import Meta

FLAGS = frozenset({"sent", "response", LIST_DELETED})
"""Columns of yes and no: Booleans in Parquet."""
KEY_BYTES = 10
_BETWEEN = "\x1f"
Column = Callable[[pa.RecordBatch, Selection, Dress], pa.Array]


def campaign_of(batch: pa.RecordBatch) -> int:
    """Return the campaign of a batch; all its rows are of one."""
    return int(batch["campaign_id"][0].as_py()) if batch.num_rows else 0


def _of_campaign(text: Callable[[Selection, Meta], str]) -> Column:
    def column(batch: pa.RecordBatch, selection: Selection, dress: Dress) -> pa.Array:
        if not batch.num_rows:
            return pa.array([], pa.string())
        return pa.repeat(pa.scalar(text(selection, selection.campaigns[campaign_of(batch)]), pa.string()), len(batch))

    return column


def _text_name(letters: bool) -> Column:
    def column(batch: pa.RecordBatch, selection: Selection, dress: Dress) -> pa.Array:
        names = selection.texts.get(campaign_of(batch), ())
        by_letter = not names or names[0] != ""  # texts by column: the fallback has no value
        if not names or by_letter is not letters:
            return pa.nulls(len(batch), pa.string())
        return pa.array(names, pa.string()).take(batch["variant"])

    return column


def _flag(values: pa.Array, dress: Dress) -> pa.Array:
    return values if dress == "typed" else pc.if_else(values, pa.scalar("yes"), pa.scalar("no"))


def _is_sent(batch: pa.RecordBatch) -> pa.Array:
    return pc.is_in(batch["state"], pa.array([state.value for state in SENT]))


def _sent(batch: pa.RecordBatch, selection: Selection, dress: Dress) -> pa.Array:
    return _flag(_is_sent(batch), dress)


def _response(batch: pa.RecordBatch, selection: Selection, dress: Dress) -> pa.Array:
    return _flag(pc.equal(batch["response"], 1), dress)


def _list_deleted(batch: pa.RecordBatch, selection: Selection, dress: Dress) -> pa.Array:
    is_deleted = selection.lists.is_deleted(campaign_of(batch)) if batch.num_rows else False
    return _flag(pa.repeat(pa.scalar(is_deleted), len(batch)), dress)


def _cost(batch: pa.RecordBatch, selection: Selection, dress: Dress) -> pa.Array:
    return prices(pc.if_else(_is_sent(batch), batch["price"], pa.scalar(0, batch["price"].type)), dress)


def _day(batch: pa.RecordBatch, selection: Selection, dress: Dress) -> pa.Array:
    days = local_times(batch["sent_at"], selection.zone).cast(pa.date32(), safe=False)
    return mapped(days, lambda day: day and day.isoformat(), pa.string()) if dress in ("text", "excel") else days


def _hour(batch: pa.RecordBatch, selection: Selection, dress: Dress) -> pa.Array:
    return pc.hour(local_times(batch["sent_at"], selection.zone)).cast(pa.int32())


def _weekday(batch: pa.RecordBatch, selection: Selection, dress: Dress) -> pa.Array:
    local = local_times(batch["sent_at"], selection.zone)
    return pc.day_of_week(local, count_from_zero=False, week_start=1).cast(pa.int32())


def _seconds(batch: pa.RecordBatch, selection: Selection, dress: Dress) -> pa.Array:
    milliseconds = pc.subtract(batch["settled_at"], batch["sent_at"])
    delivered = pc.equal(batch["state"], MessageState.DELIVERED.value)
    seconds = pc.divide(pc.if_else(delivered, milliseconds, None).cast(pa.float64()), 1000.0)
    if dress in ("typed", "sheet"):
        return seconds
    texts = seconds.cast(pa.string())
    return texts if dress == "text" else pc.replace_substring(texts, ".", ",")


def _client_key(batch: pa.RecordBatch, selection: Selection, dress: Dress) -> pa.Array:
    if not selection.mask:
        return selection.lists.keys(campaign_of(batch), batch["row"]) if len(batch) else pa.array([], pa.string())
    phones = batch["phone"].to_numpy(zero_copy_only=False).astype(np.int64)
    salt = selection.salt
    hashed = [
        hashlib.blake2b(b"%d" % phone, digest_size=KEY_BYTES, key=salt).hexdigest() if phone else None
        for phone in phones.tolist()
    ]
    return pa.array(hashed, pa.string())


def _reason(of: Callable[[str, str], str]) -> Column:
    """Return the column of a text that depends on state and reason, of which there are few pairs."""

    def column(batch: pa.RecordBatch, selection: Selection, dress: Dress) -> pa.Array:
        pairs = pc.binary_join_element_wise(batch["state"], pc.fill_null(batch["reason"], ""), _BETWEEN)

        def text(pair: str) -> str | None:
            state, _between, reason = pair.partition(_BETWEEN)
            return of(state, reason) if state in LOST else None

        return mapped(pairs, text, pa.string())

    return column


COLUMNS: Mapping[str, Column] = {
    "client_key": _client_key,
    "variant": _text_name(letters=True),
    "language": _text_name(letters=False),
    "category": _of_campaign(lambda selection, meta: meta.category),
    "template": _of_campaign(lambda selection, meta: selection.templates.get(meta.template_id or 0, "")),
    "author": _of_campaign(lambda selection, meta: meta.created_by),
    "list": _of_campaign(lambda selection, meta: selection.lists.name_of(meta.id)),
    "sent": _sent,
    "cost": _cost,
    "response": _response,
    "day": _day,
    "hour": _hour,
    "weekday": _weekday,
    "seconds_to_delivery": _seconds,
    LIST_DELETED: _list_deleted,
    "reason_code": _reason(lambda state, reason: code_shown(stored_code(reason), state)),
    "reason_words": _reason(lambda state, reason: reason_in_words(reason, MessageState(state))),
}
