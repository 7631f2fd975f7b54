"""The filters of Analytics and Reports: period, campaigns, number ranges, sender names. They live in the address, by
the names of `Filter.to_query`.

What an address asks for stays asked for, though no such message is there: figures of everything under a link to one
campaign would be wrong ones. What cannot be read is said.
"""

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import streamlit as st

from getsms_core import phone, reports
from getsms_core.base.i18n import N_
from getsms_core.reports import Filter, listings
from pages.ui.shared import choices
from pages.ui.shared.remembered_filters import note, remember, remember_one, say_invalid
from pages.ui.shared.session import _, settings, store

PERIODS = {
    "7": N_("7 days"),
    "30": N_("30 days"),
    "90": N_("90 days"),
    "all": N_("All time"),
    "own": N_("Custom range"),
}
DEFAULT_PERIOD = "30"
EARLIEST_DAY = date(2000, 1, 1)
"""The first day of "all time": nothing was sent before."""


def filter_bar(now: int) -> Filter:
    """Show the filters and return the `Filter`; `now` is UTC ms."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        question = _period(now)
        offered = reports.choices(store(), replace(question, include_tests=True), settings().zone)
        names = {str(i): name for i, name in offered.items()}
        campaigns = multi_filter("campaign", _("Campaigns"), names, others=_any_campaign, width=300)
        range_names = {name: reports.range_in_words(name) for name in phone.RANGES}
        ranges = multi_filter("range", _("Number ranges"), range_names, width=200)
        sender_names = {name: name or _("Short number") for name in reports.senders(store())}
        senders = multi_filter("sender", _("Sender names"), sender_names, others=_printable, width=200)
        remember("tests", lambda values: values == ["1"])
        tests = st.toggle(_("With tests"), key="tests", help=_("Test SMS are not counted in any figure."))
        note("tests", ["1"] if tests else [])
    return replace(
        question,
        campaigns=tuple(int(i) for i in campaigns),
        ranges=tuple(ranges),
        senders=tuple(senders),
        include_tests=tests,
    )


def multi_filter(
    key: str,
    label: str,
    names: Mapping[str, str],
    *,
    others: Callable[[list[str]], dict[str, str]] = lambda codes: {},
    most: int | None = None,
    **widget_options: Any,
) -> list[str]:
    """Return the chosen ones of several codes, at most `most`, kept in the address. `others` names codes that are not
    offered and yet may be asked for. What else the address asks for is said."""
    choices.labels_to_codes(key)  # before the address is read, which may have codes that no earlier run offered
    remember(key, lambda values: list(dict.fromkeys(values)))
    asked: list[str] = st.session_state[key]
    unlisted = [code for code in asked if code not in names]
    names = {**names, **(others(unlisted) if unlisted else {})}
    if invalid := [code for code in unlisted if code not in names]:
        say_invalid(key, invalid)
    st.session_state[key] = [code for code in asked if code in names][:most]
    chosen = choices.multiselect(
        label, list(names), format_func=lambda code: names.get(code, code), key=key, max_selections=most,
        **{"placeholder": _("All")} | widget_options,
    )  # fmt: skip
    note(key, chosen)
    return chosen


def _printable(sender_names: list[str]) -> dict[str, str]:
    return {name: name for name in sender_names if name.isprintable()}  # PostgreSQL takes no NUL


def _any_campaign(codes: list[str]) -> dict[str, str]:
    ids = [int(code) for code in codes if code.isdecimal() and len(code) < 10]
    named = listings.names(store(), ids)
    return {str(i): named.get(i) or _("Campaign {id}").format(id=i) for i in ids}


def _period(now: int) -> Filter:
    zone = settings().zone
    dated = "from" in st.query_params or "to" in st.query_params
    usual = "own" if dated else "all" if "campaign" in st.query_params else DEFAULT_PERIOD
    remember_one("period", PERIODS, usual)
    period = choices.selectbox(
        _("Period"), list(PERIODS), format_func=lambda code: _(PERIODS[code]), key="period", width=150
    )
    note("period", [period])  # always: a link that names only a campaign means all time
    if period == "own":
        return _custom_period(reports.local_day(now, zone))
    note("from", [])
    note("to", [])
    return Filter() if period == "all" else reports.last_days(int(period), zone, now)


def _custom_period(today: date) -> Filter:
    address_days = (st.query_params.get("from", ""), st.query_params.get("to", ""))
    if "days" not in st.session_state or address_days != st.session_state.get("days-noted", address_days):
        since, until = (_day(name, text, today) for name, text in zip(("from", "to"), address_days, strict=True))
        until = until or today
        st.session_state["days"] = tuple(sorted((since or min(today - timedelta(days=6), until), until)))
    picked: Any = st.date_input(
        _("Custom range"), min_value=EARLIEST_DAY, max_value=today, format="DD.MM.YYYY", key="days", width=240
    )
    days: list[date] = list(picked) if isinstance(picked, tuple) else [picked] if picked else []
    if not days:
        return Filter()
    note("from", [days[0].isoformat()])
    note("to", [days[-1].isoformat()])
    st.session_state["days-noted"] = (days[0].isoformat(), days[-1].isoformat())
    return Filter(since=days[0], until=days[-1])


def _day(name: str, text: str, today: date) -> date | None:
    """Return the day that the address has as `name`, within those that can be chosen; None for none and for one that
    cannot be read or begins in the future, which is said."""
    if not text:
        return None
    with suppress(ValueError):
        day = date.fromisoformat(text)
        if name == "to" or day <= today:
            return min(max(day, EARLIEST_DAY), today)
    say_invalid(name, [text])
    return None
