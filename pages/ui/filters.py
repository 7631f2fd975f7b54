"""The filters of Analytics and Reports: period, campaigns, number ranges, sender names. They live in the address, by
the names of `Question.to_query`."""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import streamlit as st

from getsms_core import phone, reports
from getsms_core.reports import Question
from getsms_core.words import N_
from pages.ui.remembering import note, one_of, remember
from pages.ui.session import _, settings, store

PERIODS = {
    "7": N_("7 days"),
    "30": N_("30 days"),
    "90": N_("90 days"),
    "all": N_("All time"),
    "own": N_("From … to …"),
}
USUAL = "30"


def ask(now: int) -> Question:
    """The filters, and the question that they ask; `now` in UTC ms."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        question = _period(now)
        names = reports.choices(store(), replace(question, include_tests=True), settings().zone)
        known = reports.senders(store())
        campaigns = _several("campaign", _("Campaigns"), {str(i): name for i, name in names.items()}, 300)
        ranges = _several(
            "range", _("Number ranges"), {n: _("Other") if n == "other" else n for n in phone.RANGES}, 200
        )
        senders = _several("sender", _("Sender names"), {name: name or _("Short number") for name in known}, 200)
        remember("tests", lambda values: values == ["1"])
        tests = st.toggle(_("With tests"), key="tests", help=_("Test SMS to oneself are left out of every figure."))
        note("tests", ["1"] if tests else [])
    return replace(
        question,
        campaigns=tuple(int(i) for i in campaigns),
        ranges=tuple(ranges),
        senders=tuple(senders),
        include_tests=tests,
    )


def _several(key: str, label: str, names: Mapping[str, str], width: int) -> list[str]:
    """A choice of several codes with their names; none means all."""
    remember(key, list)
    st.session_state[key] = [code for code in st.session_state[key] if code in names]
    chosen = st.multiselect(
        label, list(names), format_func=lambda code: names.get(code, code), key=key, placeholder=_("All"), width=width
    )
    note(key, chosen)
    return chosen


def _period(now: int) -> Question:
    zone = settings().zone
    dated = "from" in st.query_params or "to" in st.query_params
    usual = "own" if dated else "all" if "campaign" in st.query_params else USUAL
    remember("period", lambda values: one_of(values, PERIODS, usual))
    period = st.selectbox(
        _("Period"), list(PERIODS), format_func=lambda code: _(PERIODS[code]), key="period", width=150
    )
    note("period", [period])  # always: a link that names only a campaign means all time
    if period == "own":
        return _own(reports.local_day(now, zone))
    note("from", [])
    note("to", [])
    return Question() if period == "all" else reports.last_days(int(period), zone, now)


def _own(today: date) -> Question:
    asked = (st.query_params.get("from", ""), st.query_params.get("to", ""))
    if "days" not in st.session_state or asked != st.session_state.get("days-noted", asked):
        since, until = (_day(text) for text in asked)
        st.session_state["days"] = (since or today - timedelta(days=6), min(until or today, today))
    picked: Any = st.date_input(_("From … to …"), max_value=today, format="DD.MM.YYYY", key="days", width=240)
    days: list[date] = list(picked) if isinstance(picked, tuple) else [picked] if picked else []
    if not days:
        return Question()
    note("from", [days[0].isoformat()])
    note("to", [days[-1].isoformat()])
    st.session_state["days-noted"] = (days[0].isoformat(), days[-1].isoformat())
    return Question(since=days[0], until=days[-1])


def _day(text: str) -> date | None:
    with suppress(ValueError):
        return date.fromisoformat(text)
    return None
