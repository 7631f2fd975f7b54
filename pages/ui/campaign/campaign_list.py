"""All campaigns: state, progress and rate, newest first."""

from collections.abc import Sequence

import streamlit as st

from getsms_core.base.permissions import Permission
from getsms_core.base.states import LABELS, CampaignState, Figures
from getsms_core.reports import listings
from pages.ui.shared import choices, url_state
from pages.ui.shared.plain_text import plain
from pages.ui.shared.records import Campaign
from pages.ui.shared.session import _, actor, ngettext, store
from pages.ui.shared.widgets import empty, moment, money, number, pager, percent, state_markdown

ALL = "all"


def show() -> None:
    """The page without a campaign in its address."""
    with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
        st.title(_("Campaigns"), anchor=False, width="content")
        if actor().may(Permission.CAMPAIGN) and st.button(
            _("New campaign"), key="campaigns-new", type="primary", icon=":material/add:"
        ):
            st.switch_page("new_campaign.py")
    if message := st.session_state.pop("campaign-said", None):
        st.success(plain(message), icon=":material/check_circle:")
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
        search = url_state.text_field(_("Name"), "name", placeholder=_("part of the name"), width=260)
        state = url_state.choice(
            choices.selectbox,
            _("State"),
            [ALL, *(state.value for state in CampaignState)],
            "status",
            lambda code: _("all") if code == ALL else _(LABELS[code]),
            width=220,
        )
        tests = url_state.flag(_("Show tests"), "tests")
    pager(
        "campaigns-pages",
        lambda before, limit: listings.campaigns(
            store(),
            state=None if state == ALL else state,
            search=search,
            tests=tests,
            before_id=before,
            limit=limit,
        ),
        lambda row: int(row[0].id or 0),
        _rows,
        size=12,
        question=(search, state, tests),
    )


def _rows(rows: Sequence[tuple[Campaign, Figures]]) -> None:
    if not rows:
        st.info(_("No campaigns match. Change the filters."), icon=":material/search_off:")
    for campaign, figures in rows:
        _card(campaign, figures)


def _card(campaign: Campaign, figures: Figures) -> None:
    with st.container(border=True):
        left, middle, right = st.columns([5, 4, 3], vertical_alignment="center")
        with left, st.container(gap="xxsmall"):
            st.button(
                f"**{plain(campaign.name)}**",
                key=f"campaign-open-{campaign.id}",
                type="tertiary",
                on_click=open_campaign,
                args=(campaign.id,),
            )
            test = f" :gray-badge[{_('Test')}]" if campaign.is_test else ""
            shown_at = moment(campaign.started_at or campaign.scheduled_at or campaign.created_at)
            st.markdown(f"{state_markdown(campaign.state)}{test} :gray[{shown_at} · {plain(campaign.created_by)}]")
        with middle:
            if figures.total:
                processed = figures.total - figures.unsent
                st.progress(
                    processed / figures.total,
                    _("{done} of {total}").format(done=number(processed), total=number(figures.total)),
                )
            else:
                st.caption(_("No message yet."))
        with right:
            _result(campaign, figures)


def _result(campaign: Campaign, figures: Figures) -> None:
    if not figures.total:
        return
    lines = [f":gray[{money(campaign.cost)}]"]
    if figures.rate is not None:
        rate = _("{rate} delivered").format(rate=percent(figures.rate))
        lines.insert(0, f"**{rate}**")
    if figures.uncertain:
        uncertain_label = ngettext("{n} uncertain", "{n} uncertain", figures.uncertain).format(
            n=number(figures.uncertain)
        )
        lines.append(f":violet-badge[◆ {uncertain_label}]")
    st.markdown("  \n".join(lines))


def open_campaign(campaign_id: int) -> None:
    """Go to a campaign; a callback."""
    st.query_params["id"] = str(campaign_id)


def close_campaign() -> None:
    """Go back to the list; a callback."""
    for name in ("id", "view", "state", "search"):
        st.query_params.pop(name, None)
