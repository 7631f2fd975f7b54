"""The calendar of sent and scheduled campaigns, by month or week; weeks begin on Monday. On a phone it is a list."""

import time
from collections.abc import Sequence
from datetime import date, timedelta
from html import escape

import streamlit as st
from babel.dates import format_date, get_day_names

from getsms_core import reports
from getsms_core.base.i18n import N_
from getsms_core.base.states import campaign_label
from getsms_core.reports import CalendarEntry
from pages.ui.shared import chart_display, choices, later
from pages.ui.shared.session import _, settings, store
from pages.ui.shared.style import LOOKS
from pages.ui.shared.widgets import count_words, local, locale

VIEWS = {"month": N_("Month"), "week": N_("Week")}
MOST_A_DAY = 4
"""Campaigns of one day that the month shows; the week shows all."""
FIRST_YEAR, LAST_YEAR = 2000, 2200
_COLOURS = {"gray": "grey", "orange": "amber"}


@later.fragment()
def show() -> None:
    """Show the calendar with its buttons."""
    st.header(_("Calendar"), anchor=False)
    today = local(time.time_ns() // 1_000_000).date()
    day = _shown_day(today)
    with st.container(horizontal=True, vertical_alignment="center"):
        view = choices.segmented_control(
            _("View"), list(VIEWS), key="calendar-view", default=_view_of_address(), required=True,
            format_func=lambda code: _(VIEWS[code]), label_visibility="collapsed", on_change=_keep_view,
        )  # fmt: skip
        by_week = view == "week"
        first, last = (reports.week_of if by_week else reports.month_of)(day)
        st.markdown(f"**{_title(day, first, last, by_week)}**", width="stretch")
        steps = (first - timedelta(days=7), today, last + timedelta(days=1)) if by_week else _months(day, today)
        with st.container(horizontal=True, width="content"):  # on a phone they wrap together
            _step(":material/chevron_left:", _("Earlier dates"), "calendar-back", steps[0])
            _step("", _("Today"), "calendar-today", steps[1])
            _step(":material/chevron_right:", _("Later dates"), "calendar-on", steps[2])
    entries = reports.calendar(store(), settings().zone, first, last)
    st.html(_table(entries, first, last, None if by_week else day.month, today))
    if not entries:
        st.caption(_("No campaign was sent or is scheduled in this period."))


def _view_of_address() -> str:
    code = st.query_params.get("calendar", "month")
    return code if code in VIEWS else "month"


def _keep_view() -> None:
    if choices.value("calendar-view") == "week":
        st.query_params["calendar"] = "week"
    else:
        st.query_params.pop("calendar", None)


def _shown_day(today: date) -> date:
    try:
        day = date.fromisoformat(st.query_params.get("day", ""))
    except ValueError:
        return today
    return day if FIRST_YEAR <= day.year <= LAST_YEAR else today


def _step(icon: str, label: str, key: str, day: date) -> None:
    st.button(icon or label, key=key, help=label if icon else None, type="tertiary", on_click=_go, args=(day,))


def _go(day: date) -> None:
    st.query_params["day"] = day.isoformat()


def _months(day: date, today: date) -> tuple[date, date, date]:
    first = day.replace(day=1)
    return (first - timedelta(days=1)).replace(day=1), today, (first + timedelta(days=31)).replace(day=1)


def _title(day: date, first: date, last: date, by_week: bool) -> str:
    if not by_week:
        return str(format_date(day, "LLLL y", locale=locale())).capitalize()
    return f"{format_date(first, 'd MMM', locale=locale())} – {format_date(last, 'd MMM y', locale=locale())}"


def _table(entries: Sequence[CalendarEntry], first: date, last: date, month: int | None, today: date) -> str:
    """Return the weeks from `first` to `last` as an HTML table; `month`: the days of others are pale."""
    by_day: dict[date, list[CalendarEntry]] = {}
    for entry in entries:
        by_day.setdefault(entry.day, []).append(entry)
    names = get_day_names("abbreviated", locale=locale())
    head = "".join(f"<th scope='col'>{escape(str(names[weekday]).capitalize())}</th>" for weekday in range(7))
    rows = []
    for start in range(0, (last - first).days + 1, 7):
        days = [first + timedelta(days=start + offset) for offset in range(7)]
        rows.append("<tr>" + "".join(_cell(day, by_day.get(day, []), month, today) for day in days) + "</tr>")
    theme = chart_display.theme()
    style = f"--mark:{theme['link']};--ground:{theme['background']}"
    table = f"<thead><tr>{head}</tr></thead><tbody>{''.join(rows)}</tbody>"
    kind = "calendar" if month is not None else "calendar week"
    return f"<table class='{kind}' style='{style}'>{table}</table>"


def _cell(day: date, entries: Sequence[CalendarEntry], month: int | None, today: date) -> str:
    classes = ["other"] if month is not None and day.month != month else []
    classes += ["today"] if day == today else []
    classes += [] if entries else ["free"]
    most = MOST_A_DAY if month is not None else len(entries)
    links = "".join(_link(entry, month is None) for entry in entries[:most])
    if hidden_entries := len(entries) - most if entries else 0:
        links += _link_to_week(day, hidden_entries) if hidden_entries > 0 else ""
    name = format_date(day, "EEEE, d MMMM", locale=locale())
    heading = f"<span class='day'>{day.day}</span> <span class='name'>{escape(str(name))}</span>"
    return f"<td class='{' '.join(classes)}'>{heading}{links}</td>"


def _link_to_week(day: date, hidden_entries: int) -> str:
    words = escape(count_words("{n} more", "{n} more", hidden_entries))
    colour = chart_display.theme()["link"]
    return f"<a href='/?calendar=week&amp;day={day.isoformat()}' target='_self' style='color:{colour}'>{words}</a>"


def _link(entry: CalendarEntry, with_facts: bool) -> str:
    look = LOOKS[entry.state]
    colour = chart_display.theme()[_COLOURS.get(look.colour, look.colour)]
    label = campaign_label(entry.state)
    clock = f"{local(entry.at):%H:%M}"
    facts = ""
    if with_facts and entry.messages:
        n = count_words("{n} message", "{n} messages", entry.messages)
        facts = f"<br><small>{escape(label)} · {escape(n)}</small>"
    title = escape(f"{label}: {entry.name}", quote=True)
    text = f"{look.shape} {clock} {entry.name}"
    return (
        f"<a class='in-app' href='/campaigns?id={entry.campaign_id}' target='_self' title='{title}' "
        f"style='color:{colour}'>"
        f"{escape(text)}{facts}</a>"
    )
