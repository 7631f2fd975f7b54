"""Widgets that all pages share, and numbers, money and times as the person's language writes them.

Instants are UTC milliseconds and money is tiyin, as in the tables; here they become what a person reads.
"""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import NamedTuple, TypeVar

import streamlit as st
from streamlit.elements.lib.mutable_expander_container import ExpanderContainer

from getsms_core.base import formatting
from getsms_core.base.formatting import MINUS, NOTHING
from getsms_core.base.i18n import set_language
from getsms_core.base.states import LABELS, CampaignState, campaign_label
from pages.ui.shared.plain_text import unbroken_amounts
from pages.ui.shared.session import _, language, ngettext, pgettext, settings
from pages.ui.shared.style import LOOKS

NO_BREAK = "\u00a0"
Row = TypeVar("Row")


def locale() -> str:
    """The locale of this session, for Babel."""
    set_language(language())
    return formatting.locale()


# ------------------------------------------------------------------------------------------------ numbers, money, times


def number(n: float) -> str:
    """1234567 → "1,234,567" or "1 234 567"."""
    set_language(language())
    return formatting.number(n)


def count_words(singular: str, plural: str, n: int, **values: object) -> str:
    """Return the sentence for `n` in the language of this session, with its number and `values`: "1,234 messages"."""
    return ngettext(singular, plural, n).format(n=number(n), **values)


def money(tiyin: int) -> str:
    """123450000 → "1,234,500 so'm"; tiyin are shown where there are any."""
    set_language(language())
    return unbroken_amounts(formatting.money(tiyin))


def percent(share: float | None) -> str:
    """0.9731 → "97.3%"; None, which is "nothing to take a share of", → "–"."""
    set_language(language())
    return formatting.percent(share)


def whole_percent(percent: int) -> str:
    """34 → "34%", in Russian "34 %"."""
    set_language(language())
    return formatting.percent_of_tick(percent / 100)


def moment(ms: int | None, seconds: bool = False) -> str:
    """An instant as date and time in the settings' time zone; None → "–"."""
    if ms is None:
        return NOTHING
    set_language(language())
    return formatting.moment(local(ms), seconds)


def day(ms: int | None) -> str:
    """An instant as a date in the settings' time zone; None → "–"."""
    set_language(language())
    return NOTHING if ms is None else formatting.day(local(ms))


def local(ms: int) -> datetime:
    """An instant in the settings' time zone."""
    return datetime.fromtimestamp(ms / 1000, UTC).astimezone(settings().zone)


def duration(seconds: float | None) -> str:
    """95 → "1 min 35 s"; the two largest units; None → "–"."""
    if seconds is None:
        return NOTHING
    total_seconds = max(0, round(seconds))
    days, hours, minutes, rest_seconds = (
        total_seconds // 86400,
        total_seconds // 3600 % 24,
        total_seconds // 60 % 60,
        total_seconds % 60,
    )
    if days:
        return _("{days} d {hours} h").format(days=days, hours=hours)
    if hours:
        return _("{hours} h {minutes} min").format(hours=hours, minutes=minutes)
    if minutes:
        return _("{minutes} min {seconds} s").format(minutes=minutes, seconds=rest_seconds)
    return _("{seconds} s").format(seconds=rest_seconds)


# --------------------------------------------------------------------------------------------------------------- states


def state_label(state: str) -> str:
    """A state's shape and word, for places that show plain text: "● Delivered"."""
    label = campaign_label(state) if isinstance(state, CampaignState) else _(LABELS[state])
    return f"{LOOKS[state].shape} {label}"


def state_markdown(state: str) -> str:
    """A state as a coloured badge inside markdown. Its shape never stands alone at the end of a line."""
    return f":{LOOKS[state].colour}-badge[{state_label(state).replace(' ', NO_BREAK, 1)}]"


def campaign_markdown(state: CampaignState, *, is_preparing: bool) -> str:
    """The state of a campaign as a badge; of a running one whose messages do not exist yet, that they are prepared: "is
    being sent" would frighten who has just asked for approval."""
    if is_preparing and state == CampaignState.RUNNING:
        look = LOOKS["queued"]
        return f":{look.colour}-badge[{look.shape}{NO_BREAK}{_('Preparing')}]"
    return state_markdown(state)


def state_badge(state: str) -> None:
    """A state of a campaign, chunk or message: shape, word, and colour last."""
    st.markdown(state_markdown(state))


# -------------------------------------------------------------------------------------------------------------- figures


class Figure(NamedTuple):
    """One big number: what it is, the number as text, how it changed, and what it means."""

    label: str
    value: str
    change: str | None = None
    help: str | None = None
    worse_is_up: bool = False


def metric_row(figures: Sequence[Figure]) -> None:
    """Big numbers beside each other; on a phone below each other."""
    with st.container(horizontal=True):
        for figure in figures:
            falls = (figure.change or "").startswith(MINUS)  # Streamlit takes only a hyphen for a minus
            st.metric(
                figure.label,
                figure.value,
                figure.change,
                delta_color="green" if falls == figure.worse_is_up else "red",
                delta_arrow="down" if falls else "up",
                help=figure.help,
                border=True,
                height="stretch",
            )


def progress(processed: int, total: int, rate: float | None = None) -> None:
    """How far, how fast (a second) and how long still."""
    share = min(1.0, processed / total) if total else 0.0
    facts = [_("{done} of {total}").format(done=number(processed), total=number(total)), percent(share)]
    if rate and processed < total:
        facts.append(_("{rate} a second").format(rate=number(round(rate))))
        facts.append(_("about {time} left").format(time=duration((total - processed) / rate)))
    st.progress(share, " · ".join(facts))


def empty(title: str, hint: str, button: str | None = None, page: str | None = None, key: str = "empty") -> bool:
    """Says kindly that there is nothing here yet and what to do. With `page` ("new_campaign.py") the button leads
    there; without, it returns True when it was pressed."""
    with st.container(border=True, horizontal_alignment="center", key=f"{key}-box"):
        st.header(title, anchor=False, text_alignment="center")
        st.markdown(hint, text_alignment="center")
        pressed = bool(button) and st.button(button or "", type="primary", key=key)
    if pressed and page:
        st.switch_page(page)
    return pressed


def expander(label: str, key: str, icon: str | None = None, *, expanded: bool = False) -> ExpanderContainer:
    """An expander that stays as the user left it while `key` is the same; `expanded` says how it is at first.
    Streamlit's own goes back to `expanded` when its label changes: by a switch of the language, or a count in it."""
    if key in st.session_state:
        st.session_state[key] = st.session_state[key]
    return st.expander(label, expanded=expanded, icon=icon, key=key, on_change="rerun")


# --------------------------------------------------------------------------------------------------------------- paging


def chosen_row(cells: object, rows: Sequence[Row], key: str, alt: str) -> Row | None:
    """Show a table of which one row can be chosen, with `cells` as `st.dataframe` takes them; return the chosen one of
    `rows`."""
    selection = st.dataframe(
        cells, hide_index=True, placeholder="–", on_select="rerun", selection_mode="single-row", key=key, alt=alt
    )
    positions = selection["selection"]["rows"]
    return rows[positions[0]] if positions and positions[0] < len(rows) else None


def pager(
    key: str,
    fetch: Callable[[int | None, int], Sequence[Row]],
    key_of: Callable[[Row], int],
    show: Callable[[Sequence[Row]], None],
    size: int = 50,
    total: int | None = None,
    question: object = None,
) -> None:
    """Show a long table page by page with `fetch(after, limit)`, a query like `WHERE id > :after ORDER BY id LIMIT`.

    A keyset costs the same on page 1 and page 3,000; an offset reads all that it skips. When `question` (the filters)
    changes, it begins again at the first page."""
    if st.session_state.get(f"{key}-question") != question:
        st.session_state[f"{key}-question"] = question
        st.session_state[f"{key}-trail"] = []
    trail: list[int] = st.session_state.setdefault(f"{key}-trail", [])
    rows = fetch(trail[-1] if trail else None, size + 1)
    has_more, rows = len(rows) > size, rows[:size]
    show(rows)
    if not rows and not trail:
        return
    first = len(trail) * size + 1
    last = first + len(rows) - 1
    if not trail and not has_more:
        rows_shown(first, last, last)
        return
    with st.container(horizontal=True, vertical_alignment="center"):
        st.button(pgettext("page", "Previous"), key=f"{key}-back", on_click=lambda: _forget(trail), disabled=not trail)
        st.button(
            pgettext("page", "Next"),
            key=f"{key}-on",
            on_click=lambda: trail.append(key_of(rows[-1])),
            disabled=not has_more,
        )
        rows_shown(first, last, total if has_more else last)


def rows_shown(first: int, last: int, total: int | None) -> None:
    """Say which rows of a table are shown, and of how many; None where that is not known."""
    span = {"first": number(first), "last": number(last)}
    if total is None:
        st.caption(_("{first} to {last}").format(**span))
    else:
        sentence = ngettext("{first} to {last} of {total} row", "{first} to {last} of {total} rows", total)
        st.caption(sentence.format(total=number(total), **span))


def _forget(trail: list[int]) -> None:
    if trail:  # two clicks may have been on their way
        trail.pop()
