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
from pages.ui.shared.plain_text import plain
from pages.ui.shared.remembered_filters import note, one_of, remember
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
        campaigns = _multi_filter("campaign", _("Campaigns"), names, 300, _any_campaign)
        ranges = _multi_filter("range", _("Number ranges"), {n: reports.range_in_words(n) for n in phone.RANGES}, 200)
        sender_names = {name: name or _("Short number") for name in reports.senders(store())}
        senders = _multi_filter(
            "sender", _("Sender names"), sender_names, 200,
            lambda codes: {code: code for code in codes if code.isprintable()},  # PostgreSQL takes no NUL
        )  # fmt: skip
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


def _multi_filter(
    key: str,
    label: str,
    names: Mapping[str, str],
    width: int,
    others: Callable[[list[str]], dict[str, str]] = lambda codes: {},
) -> list[str]:
    """A choice of several codes with their names; none means all. `others` names codes that are not offered and yet may
    be asked for."""
    remember(key, list)
    unlisted = [code for code in st.session_state[key] if code not in names]
    names = {**names, **(others(unlisted) if unlisted else {})}
    if invalid := [code for code in unlisted if code not in names]:
        sentence = _("The address contains {name}={value}, which is not valid. Choose the filters again.")
        st.warning(plain(sentence.format(name=key, value=", ".join(invalid)[:40])), icon=":material/link_off:")
    st.session_state[key] = [code for code in st.session_state[key] if code in names]
    chosen = choices.multiselect(
        label, list(names), format_func=lambda code: names.get(code, code), key=key, placeholder=_("All"), width=width
    )
    note(key, chosen)
    return chosen


def _any_campaign(codes: list[str]) -> dict[str, str]:
    ids = [int(code) for code in codes if code.isdecimal() and len(code) < 10]
    named = listings.names(store(), ids)
    return {str(i): named.get(i) or _("Campaign {id}").format(id=i) for i in ids}


def _period(now: int) -> Filter:
    zone = settings().zone
    dated = "from" in st.query_params or "to" in st.query_params
    usual = "own" if dated else "all" if "campaign" in st.query_params else DEFAULT_PERIOD
    remember("period", lambda values: one_of(values, PERIODS, usual))
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
        since, until = (_day(text, today) for text in address_days)
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


def _day(text: str, today: date) -> date | None:
    with suppress(ValueError):
        return min(max(date.fromisoformat(text), EARLIEST_DAY), today)
    return None
