"""The reads of charts, pages and files. Figures come from `states.Figures` and sums only from the roll-ups; only
tables of rows read messages. A selection is a `Filter`; money is tiyin, rates are 0 to 1, days are days of
`zone`."""

from getsms_core.billing.reconciliation import Sums
from getsms_core.reports.ab_test import (
    Experiment,
    VariantRow,
    delivery_in_words,
    experiment,
    not_delivered_in_words,
    response_in_words,
    texts_in_words,
)
from getsms_core.reports.anomalies import Degradation, Kind
from getsms_core.reports.backups import BackupTrouble
from getsms_core.reports.backups import trouble as backup_trouble
from getsms_core.reports.breakdowns import (
    Grain,
    by_campaign,
    by_hour_and_weekday,
    by_range,
    by_sender,
    by_template,
    choices,
    cost,
    range_in_words,
    rate_over_time,
    senders,
    total,
    unmatched,
)
from getsms_core.reports.campaign_calendar import CalendarEntry, calendar, month_of, week_of
from getsms_core.reports.campaign_table import CampaignFilter, CampaignRow, Order, authors, campaign_rows
from getsms_core.reports.comparison import MOST_COMPARED, compare, holm
from getsms_core.reports.cuts import CUTS, by_cut
from getsms_core.reports.cuts import check as check_cut
from getsms_core.reports.cuts import columns as cut_columns
from getsms_core.reports.degradation import alert_in_words, delivery_alerts
from getsms_core.reports.delivery_times import Delays, arrivals_by_range, funnel, time_to_delivery
from getsms_core.reports.filters import Filter, last_days, local_day
from getsms_core.reports.intervals import difference, interval, interval_in_words, wilson
from getsms_core.reports.message_log import (
    AttemptRow,
    ChunkRow,
    MessageRow,
    ReceiptRow,
    chunk_log,
    message,
    messages_page,
    receipts_of,
    uncertain_cost,
    uncertain_page,
)
from getsms_core.reports.message_slices import STATES as SLICE_STATES
from getsms_core.reports.message_slices import Behind, Slice, campaign_of, seconds_of_delay, whole_hours
from getsms_core.reports.message_slices import count as count_slice
from getsms_core.reports.message_slices import page as slice_page
from getsms_core.reports.overview import Concern, Need, Overview, Running, Severity, Span, concerns, overview, running
from getsms_core.reports.reasons import (
    LossReason,
    campaigns_with_reason,
    reason_in_words,
    reasons,
    reasons_of_campaign,
    reasons_over_time,
)
from getsms_core.reports.reasons import words_of as words_of_reason
from getsms_core.reports.response_rates import (
    ControlFigures,
    ResponseFigures,
    control_figures,
    control_in_words,
    has_responses,
    response_figures,
    responses_by_column,
    responses_by_text,
    responses_in_words,
)
from getsms_core.reports.rollup_queries import OUTCOME_LABELS, STATES, range_name
from getsms_core.reports.sender import SenderName, sender_name
from getsms_core.reports.significance import p_value
from getsms_core.reports.timelines import Step, Timeline, seconds_fresh, timeline

__all__ = [
    "CUTS",
    "MOST_COMPARED",
    "OUTCOME_LABELS",
    "SLICE_STATES",
    "STATES",
    "AttemptRow",
    "BackupTrouble",
    "Behind",
    "CalendarEntry",
    "CampaignFilter",
    "CampaignRow",
    "ChunkRow",
    "Concern",
    "ControlFigures",
    "Degradation",
    "Delays",
    "Experiment",
    "Filter",
    "Grain",
    "Kind",
    "LossReason",
    "MessageRow",
    "Need",
    "Order",
    "Overview",
    "ReceiptRow",
    "ResponseFigures",
    "Running",
    "SenderName",
    "Severity",
    "Slice",
    "Span",
    "Step",
    "Sums",
    "Timeline",
    "VariantRow",
    "alert_in_words",
    "arrivals_by_range",
    "authors",
    "backup_trouble",
    "by_campaign",
    "by_cut",
    "by_hour_and_weekday",
    "by_range",
    "by_sender",
    "by_template",
    "calendar",
    "campaign_of",
    "campaign_rows",
    "campaigns_with_reason",
    "check_cut",
    "choices",
    "chunk_log",
    "compare",
    "concerns",
    "control_figures",
    "control_in_words",
    "cost",
    "count_slice",
    "cut_columns",
    "delivery_alerts",
    "delivery_in_words",
    "difference",
    "experiment",
    "funnel",
    "has_responses",
    "holm",
    "interval",
    "interval_in_words",
    "last_days",
    "local_day",
    "message",
    "messages_page",
    "month_of",
    "not_delivered_in_words",
    "overview",
    "p_value",
    "range_in_words",
    "range_name",
    "rate_over_time",
    "reason_in_words",
    "reasons",
    "reasons_of_campaign",
    "reasons_over_time",
    "receipts_of",
    "response_figures",
    "response_in_words",
    "responses_by_column",
    "responses_by_text",
    "responses_in_words",
    "running",
    "seconds_fresh",
    "seconds_of_delay",
    "sender_name",
    "senders",
    "slice_page",
    "texts_in_words",
    "time_to_delivery",
    "timeline",
    "total",
    "uncertain_cost",
    "uncertain_page",
    "unmatched",
    "week_of",
    "whole_hours",
    "wilson",
    "words_of_reason",
]
