"""Times to delivery and the period before, for the summary of a workbook."""

from dataclasses import dataclass, replace
from datetime import date, timedelta, tzinfo

from getsms_core import reports
from getsms_core.base.states import Figures
from getsms_core.db.engine import Store
from getsms_core.exports.row_filter import RowFilter
from getsms_core.reports import Filter


@dataclass(frozen=True)
class Comparison:
    """Median and 95 % of the time to delivery, seconds, and the figures of the period of the same length before; None
    where there is none."""

    median: float | None = None
    p95: float | None = None
    before: Figures | None = None


def compared(store: Store, question: Filter, zone: tzinfo, rows: RowFilter | None) -> Comparison:
    """Return the comparison of a file that holds all messages of its filter; an empty one for a part of them."""
    if rows:
        return Comparison()
    delays = reports.time_to_delivery(store, question, zone)
    before = None
    length = question.until - question.since + timedelta(days=1) if question.since and question.until else None
    if question.since and question.until and length and question.since - date.min >= length:  # else before the year 1
        earlier = replace(question, since=question.since - length, until=question.until - length)
        before = reports.total(store, earlier, zone).figures
    return Comparison(delays.median, delays.p95, before)
