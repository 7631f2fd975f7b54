"""All campaigns as a table: filtered, sorted, and ordered by tags and an archive. What is shown is in the address."""

from collections.abc import Sequence
from datetime import datetime

import pandas as pd
import streamlit as st

from getsms_core import reports
from getsms_core.base.i18n import N_
from getsms_core.base.permissions import Permission
from getsms_core.base.states import CampaignState, campaign_label
from getsms_core.campaigns import ordering
from getsms_core.reports import CampaignFilter, CampaignRow, Order, listings
from pages.ui.campaign import order_campaigns
from pages.ui.shared import choices, outcomes, repeats, share_link, table_formats, url_state
from pages.ui.shared.remembered_filters import note, remember
from pages.ui.shared.session import _, actor, store
from pages.ui.shared.widgets import count_words, empty, local, number

ALL = "all"
TABLE = "campaigns-table"
HEIGHT = 560
MOST_NAMES = 300
ORDERS = {
    Order.NEWEST: N_("Newest"),
    Order.STARTED: N_("Started"),
    Order.NAME: N_("Name"),
    Order.MESSAGES: N_("Messages"),
    Order.RATE: N_("Delivery rate"),
    Order.COST: N_("Cost"),
}


def show() -> None:
    """The page without a campaign in its address."""
    with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
        st.title(_("Campaigns"), anchor=False, width="content")
        if actor().may(Permission.CAMPAIGN) and st.button(
            _("New campaign"), key="campaigns-new", type="primary", icon=":material/add:"
        ):
            st.switch_page("new_campaign.py")
    outcomes.show("campaign")
    if not listings.campaigns(store(), tests=True, limit=1):
        empty(
            _("No campaign yet"),
            _("Upload a list, write a text, see what it costs. Nothing is sent before you say so."),
            _("Make the first one") if actor().may(Permission.CAMPAIGN) else None,
            "new_campaign.py",
            key="campaigns-empty",
        )
        return
    with st.container(horizontal=True, vertical_alignment="bottom"):
        wanted = _filter()
        order, ascending = _order()
    rows = reports.campaign_rows(store(), wanted, order, ascending=ascending)
    with st.container(horizontal=True, vertical_alignment="center"):
        share_link.link()
        if rows:
            st.caption(
                count_words(
                    "{n} campaign. A click on its name opens it.",
                    "{n} campaigns. A click on a name opens one.",
                    len(rows),
                )
            )
    if not rows:
        st.info(_("No campaigns match. Change the filters."), icon=":material/search_off:")
        return
    _open_by_name(rows)
    chosen = _table(rows)
    if len(chosen) == 1:
        st.button(_("Open"), key="campaigns-open", icon=":material/open_in_full:", on_click=open_campaign,
                  args=(chosen[0].id,))  # fmt: skip
    if actor().may(Permission.CAMPAIGN):
        order_campaigns.show(chosen)


def _open_by_name(rows: Sequence[CampaignRow]) -> None:
    """The way of the keyboard: the names in the table are opened by the mouse alone."""
    names = {row.id: row.name for row in rows[:MOST_NAMES]}
    choices.selectbox(
        _("Open a campaign"),
        list(names),
        index=None,
        format_func=lambda campaign_id: names.get(campaign_id, str(campaign_id)),
        placeholder=_("Open a campaign by its name"),
        label_visibility="collapsed",
        key="campaigns-by-name",
        on_change=_open_chosen,
        width=300,
    )
    if len(rows) > MOST_NAMES:
        sentence = _("This choice offers the first {n} of {all}. Write a part of the name above to find the others.")
        st.caption(sentence.format(n=number(MOST_NAMES), all=number(len(rows))))


def _open_chosen() -> None:
    campaign_id = choices.value("campaigns-by-name")
    st.session_state["campaigns-by-name"] = None
    if campaign_id is not None:
        open_campaign(int(campaign_id))


def _filter() -> CampaignFilter:
    search = url_state.text_field(_("Name"), "name", placeholder=_("part of the name"), width=200)
    state = url_state.choice(
        choices.selectbox,
        _("State"),
        [ALL, *(state.value for state in CampaignState)],
        "status",
        lambda code: _("all") if code == ALL else campaign_label(code),
        width=160,
    )
    tags = _several("tag", _("Tags"), ordering.all_tags(store()))
    people = _several("author", _("Created by"), reports.authors(store()))
    tests = url_state.flag(_("Show tests"), "tests")
    archived = url_state.flag(_("Archive"), "archive", help=_("Only campaigns in the archive."))
    states = () if state == ALL else (CampaignState(state),)
    return CampaignFilter(search, states, tuple(tags), tuple(people), tests, archived)


def _several(key: str, label: str, options: Sequence[str]) -> list[str]:
    """A choice of several texts that lives in the address; none means all. One that is no longer there is kept, so
    that a link does not show more than it says."""
    remember(key, list)
    offered = [*options, *(word for word in st.session_state[key] if word not in options)]
    if not offered:
        return []
    chosen = choices.multiselect(label, offered, key=key, placeholder=_("All"), width=200)
    note(key, chosen)
    return chosen


def _order() -> tuple[Order, bool]:
    order = url_state.choice(
        choices.selectbox, _("Sort by"), [order.value for order in Order], "sort",
        lambda code: _(ORDERS[Order(code)]), width=200,
    )  # fmt: skip
    ascending = url_state.flag(_("Smallest first"), "ascending")
    return Order(order), ascending != (order == Order.NAME)  # names begin with A


def _table(rows: Sequence[CampaignRow]) -> list[CampaignRow]:
    """Show the table; return the chosen rows. A click on a name opens its campaign: where cells can be chosen, an arrow
    key chooses one, and left the page.

    The browser keeps the ticks of a table by their places: other rows, or an action that is done, make a new table."""
    key = f"{TABLE}-{repeats.turn(TABLE)}-{hash(tuple(row.id for row in rows))}"
    event = st.dataframe(
        table_formats.styled(_frame(rows), {_("Delivery rate")}, {_("Done"), _("Tags")}, {_("When")}),
        hide_index=True,
        height=min(HEIGHT, 38 + 35 * len(rows)),
        on_select="rerun",
        selection_mode="multi-row",
        key=key,
        placeholder="–",
        alt=_("Campaigns"),
        column_config={
            _("Name"): st.column_config.ButtonColumn(
                type="tertiary",
                alignment="left",
                on_click=_open_clicked,
                args=(f"{key}-open", tuple(row.id for row in rows)),
                key=f"{key}-open",
            ),
            _("When"): st.column_config.DatetimeColumn(format=table_formats.moment_format()),
            _("Messages"): st.column_config.NumberColumn(format="localized"),
            _("Done"): st.column_config.ProgressColumn(
                format=table_formats.whole_percent_format(), min_value=0, max_value=100, width="small"
            ),
            _("Delivery rate"): st.column_config.NumberColumn(format="percent"),
            _("Uncertain"): st.column_config.NumberColumn(format="localized"),
            _("Cost, so'm"): st.column_config.NumberColumn(format="localized"),
            _("Tags"): st.column_config.ListColumn(width=150),
        },
    )
    return [rows[i] for i in event["selection"]["rows"] if i < len(rows)]


def _open_clicked(key: str, campaign_ids: Sequence[int]) -> None:
    """Open the campaign whose name was clicked; `key` is that of the column."""
    click = st.session_state.get(key)
    if click is not None and click["row"] < len(campaign_ids):
        open_campaign(campaign_ids[click["row"]])


def _frame(rows: Sequence[CampaignRow]) -> pd.DataFrame:
    labels = {state: campaign_label(state) for state in CampaignState}
    test = f" ({_('Test')})"
    return pd.DataFrame(
        {
            _("Name"): [_button_label(row.name) + test * row.is_test for row in rows],
            _("State"): [labels.get(row.state, row.state) for row in rows],
            _("Tags"): [list(row.tags) for row in rows],
            _("When"): pd.Series([_clock(row.at) for row in rows], dtype="datetime64[ms]"),
            _("Messages"): [row.messages for row in rows],
            _("Done"): [row.done * 100 // row.messages if row.messages else None for row in rows],
            _("Delivery rate"): [None if row.rate is None else round(row.rate, 3) for row in rows],
            _("Uncertain"): [row.uncertain or None for row in rows],
            _("Cost, so'm"): [row.cost / 100 for row in rows],
            _("Created by"): [row.created_by for row in rows],
        }
    )


def _button_label(name: str) -> str:
    """A name as the label of a button in a table, where ":material/home:" begins with an icon and "[…]" is a menu."""
    return "\u2060" + name if name.lstrip()[:1] in ("[", ":") else name


def _clock(at: int) -> datetime:
    return local(at).replace(second=0, microsecond=0, tzinfo=None)


def open_campaign(campaign_id: int) -> None:
    """Go to a campaign; a callback."""
    st.query_params["id"] = str(campaign_id)


def close_campaign() -> None:
    """Go back to the list; a callback."""
    for name in ("id", "view", "state", "search", "reason", "range", "sent", "column", "value", "responses-by"):
        st.query_params.pop(name, None)
