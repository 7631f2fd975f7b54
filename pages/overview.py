"""Overview: figures of recent days, running campaigns, and concerns that need a user."""

import time

import pandas as pd
import streamlit as st
from babel.numbers import format_decimal

from getsms_core import reports
from getsms_core.base.i18n import N_, set_language
from getsms_core.base.permissions import Actor, Permission
from getsms_core.base.states import CampaignState
from getsms_core.db.engine import Store
from getsms_core.reports import BackupTrouble, Concern, Degradation, Kind, Need, Running, Severity, Span, listings
from pages.ui.overview import calendar, last_campaigns, live_checklist
from pages.ui.shared import analytics_targets, chart_display, charts, drill_down, later, live
from pages.ui.shared.chart_figure import ChartFigure
from pages.ui.shared.plain_text import plain
from pages.ui.shared.session import _, actor, language, ngettext, require, sees_commands, settings, store
from pages.ui.shared.widgets import (
    campaign_markdown,
    count_words,
    empty,
    local,
    locale,
    moment,
    money,
    number,
    percent,
    progress,
)
from pages.ui.wizard import first_run

ICONS = {
    Need.NO_WORKER: ":material/heart_broken:",
    Need.REFUSED: ":material/block:",
    Need.UNCERTAIN: ":material/help:",
    Need.APPROVAL: ":material/approval:",
    Need.SENT_BACK: ":material/undo:",
    Need.RECEIPTS: ":material/hourglass:",
    Need.WORSE: ":material/trending_down:",
    Need.STATUS_CALLS: ":material/sync_problem:",
    Need.BACKUP: ":material/backup:",
}
SHARED_SECONDS = 5.0
"""Figures of days, read once for all who open the page at about the same time."""
SEVERITIES = {
    Severity.STOPPED: ("red", "▲", N_("Sending stopped")),
    Severity.DECIDE: ("orange", "◆", N_("Decide")),
    Severity.WATCH: ("blue", "●", N_("May get worse")),
}
"""The colour, shape and word of each severity."""
TITLES = {1: N_("Today"), 7: N_("Last 7 days"), 30: N_("Last 30 days")}
PREVIOUS_PERIODS = {1: N_("yesterday"), 7: N_("the 7 days before"), 30: N_("the 30 days before")}
COMPARED_WITH = {1: N_("on yesterday"), 7: N_("on the 7 before"), 30: N_("on the 30 before")}


def main() -> None:
    """One run of the page."""
    actor = require(Permission.READ)
    drill_down.follow()
    with st.container(horizontal=True, vertical_alignment="center"):
        st.title(_("Overview"), anchor=False, width="stretch")
        if actor.may(Permission.CAMPAIGN) and st.button(
            _("New campaign"), key="overview-new", type="primary", icon=":material/add_circle:"
        ):
            st.switch_page("new_campaign.py")
    overview = live.read("overview", lambda store: reports.overview(store, settings().zone, now()), SHARED_SECONDS)
    if not overview.any_campaign:
        show_first_steps(actor)
        live_checklist.show(actor)
        return
    with st.grid(3, min_column_width=250):
        for span in (overview.today, overview.week, overview.month):
            show_span(span)
    concerns = live.read(
        ("concerns", language()),  # they hold sentences
        lambda store: reports.concerns(store, settings().zone, now()),
        SHARED_SECONDS,
    )
    for i, concern in enumerate(concerns):
        if concern.need is Need.NO_WORKER:  # the frame says so on every page
            continue
        if concern.need is not Need.BACKUP or actor.may(Permission.SETTINGS):
            show_concern(concern, i)
    live_checklist.show(actor)
    running()
    last_campaigns.show()
    calendar.show()
    st.header(_("The last 30 days"), anchor=False)
    frame = live.read("rate-by-day", rate_by_day, SHARED_SECONDS)
    if frame.empty:
        st.caption(_("No messages were sent in this period."))
        return
    show_days(frame)
    if st.button(_("Open Analytics"), key="overview-analytics", icon=":material/monitoring:", type="tertiary"):
        st.switch_page("analytics.py")


def show_days(frame: pd.DataFrame) -> None:
    """Show the delivery rate and the messages of each day, whose points and bars open Analytics. The cells of the table
    do not: a table without clicks is made once for all viewers."""
    marks, _rows = analytics_targets.of_times(frame, reports.Grain.DAY)
    base = {**analytics_targets.TABLE, "period": ("30",)}
    drawn = chart_display.shared(draw_days, frame, "rate-by-day", SHARED_SECONDS)
    drill_down.show(drawn, "rate-by-day", base, marks, page=analytics_targets.PAGE)


def draw_days(frame: pd.DataFrame, theme: charts.Theme) -> ChartFigure:
    """Return the chart of the last 30 days."""
    figure = charts.rate_over_time(frame, theme, "day")
    return figure.update_layout(hovermode="closest")  # a click selects the one mark that it shows


def rate_by_day(store: Store) -> pd.DataFrame:
    """Return the delivery rate of each of the last 30 days."""
    question = reports.last_days(30, settings().zone, now())
    return reports.rate_over_time(store, question, settings().zone, reports.Grain.DAY, now())


def now() -> int:
    """Return the current instant, UTC ms."""
    return time.time_ns() // 1_000_000


def show_first_steps(actor: Actor) -> None:
    """Show the first page of a new installation: start a campaign, or continue the latest draft."""
    why = _("Upload a list, see what is wrong with it, write a text, send it, and watch it arrive.")
    if drafts := listings.drafts(store(), actor.name, limit=1) if actor.may(Permission.CAMPAIGN) else []:
        button = _("Continue “{name}”").format(name=plain(drafts[0].name))
        if empty(_("Nothing was sent yet"), why, button, key="overview-go-on"):
            st.switch_page("new_campaign.py", query_params={"campaign": str(drafts[0].id), "step": "text"})
        return
    begin = _("Try it with the sample list") if actor.may(Permission.CAMPAIGN) else None
    if not first_run.sample_exists():
        empty(_("No campaign yet"), why, begin, "new_campaign.py", key="overview-begin")
    elif empty(_("No campaign yet"), why, begin, key="overview-begin"):
        st.switch_page("new_campaign.py", query_params={"campaign": str(first_run.create_draft())})


def show_span(span: Span) -> None:
    """Show a card with the delivery rate of a period and its other figures."""
    figures = span.figures
    with st.container(border=True, height="stretch"):
        st.markdown(f"**{_(TITLES[span.days])}**")
        st.metric(
            _("Delivery rate"),
            percent(figures.rate),
            help=_(
                "Delivery rate: the share delivered of messages with a final status. Waiting and uncertain "
                "messages are not counted."
            ),
        )
        sent = count_words("**{n}** message sent", "**{n}** messages sent", figures.sent)
        lines = [trend(span), sent, _("{n} delivered").format(n=number(figures.delivered))]
        if figures.waiting:
            low, high = reports.interval(figures)
            sentence = _("{n} waiting for receipts: finally {low} to {high}")
            lines.append(sentence.format(n=number(figures.waiting), low=percent(low), high=percent(high)))
        if figures.uncertain:
            lines.append(":violet[◆ " + _("{n} uncertain").format(n=number(figures.uncertain)) + "]")
        lines.append(_("{sum} spent").format(sum=money(span.sums.sent_cost)))
        st.markdown("  \n".join(lines))


def trend(span: Span) -> str:
    """Return how the rate changed against the previous period, as shape, text and colour."""
    against = _(COMPARED_WITH[span.days])
    if span.change is None:
        return f":gray[{_('nothing to compare')}]"
    if abs(span.change) < 0.0005:
        return f":gray[= {_('as {before}').format(before=_(PREVIOUS_PERIODS[span.days]))}]"
    points = format_decimal(abs(span.change) * 100, "0.0", locale=locale())
    colour, shape = ("green", "▲") if span.change > 0 else ("red", "▼")
    return f":{colour}[{shape} {_('{points} points').format(points=points)}] {against}"


def show_concern(concern: Concern, i: int) -> None:
    """Show a task for the user, with a button that opens its page."""
    text, button, page, query = concern_notice(concern)
    with (
        st.container(border=True, key=f"concern-{i}"),
        st.container(horizontal=True, vertical_alignment="center", key=f"concern-row-{i}"),
    ):
        colour, shape, word = SEVERITIES[concern.severity]
        badge = f":{colour}-badge[{shape} {_(word)}]"
        st.markdown(f"{badge} {ICONS[concern.need]} {text}", width="stretch")
        if button and st.button(button, key=f"concern-go-{i}"):  # not in a column: the words would be cut
            st.switch_page(page, query_params=query)


def concern_notice(concern: Concern) -> tuple[str, str, str, dict[str, str]]:
    """Return the sentence, the button's label, the page and its parameters."""
    name = f"**{plain(concern.name)}**"
    campaign_link = "campaigns.py", {"id": str(concern.campaign_id)}
    match concern.need:
        case Need.UNCERTAIN:
            text = ngettext(
                "{name}: **{n}** message is uncertain. It may or may not have been sent; a user must decide.",
                "{name}: **{n}** messages are uncertain. They may or may not have been sent; a user must decide.",
                concern.messages,
            )
            decide = _("Decide") if actor().may(Permission.CAMPAIGN) else _("View")
            return text.format(name=name, n=number(concern.messages)), decide, *campaign_link
        case Need.REFUSED:
            text = _("{name} is paused. {reason}").format(name=name, reason=plain(concern.reason))
            return text, _("View"), *campaign_link
        case Need.APPROVAL:
            sentence = count_words(
                "{name} waits for approval: {n} message.",
                "{name} waits for approval: {n} messages.",
                concern.messages,
                name=name,
            )
            return sentence, _("View"), *campaign_link
        case Need.SENT_BACK:
            fix = _("Fix it") if actor().may(Permission.CAMPAIGN) else _("View")
            return f"{name}: {plain(concern.reason)}", fix, *campaign_link
        case Need.NO_WORKER:
            text = (
                _("No worker is running: nothing is sent and no receipts are fetched. Start it with: {command}")
                if sees_commands()
                else _("No worker is running: nothing is sent and no receipts are fetched. Tell an administrator.")
            )
            return text.format(command="`getsms worker`"), "", "", {}
        case Need.RECEIPTS:
            text = _("Receipts are behind: {n} status calls are more than ten minutes late.")
            return text.format(n=number(concern.messages)), _("View waiting messages"), "analytics.py", {"view": "time"}
        case Need.STATUS_CALLS:
            text = _("{name}: no receipts come, the status calls fail. {reason}")
            return text.format(name=name, reason=plain(concern.reason)), _("View"), *campaign_link
        case Need.BACKUP:
            assert concern.backup is not None
            return backup_notice(concern.backup), "", "", {}
        case Need.WORSE:
            assert concern.worse is not None
            return degradation_notice(concern.worse)


def backup_notice(found: BackupTrouble) -> str:
    """Return what is wrong with the backups, and what there is of them."""
    if found.failed_at is None:
        text = _("The nightly backup was not made. The last one is of {time}. Check the timer that runs {command}.")
        return text.format(time=moment(found.made_at), command="`getsms backup`")
    text = _("The backup of {time} failed. {reason}").format(time=moment(found.failed_at), reason=plain(found.reason))
    if found.made_at is None:
        return f"{text} {_('There is no good backup.')}"
    return f"{text} {_('The last good one is of {time}.').format(time=moment(found.made_at))}"


def degradation_notice(degradation: Degradation) -> tuple[str, str, str, dict[str, str]]:
    """Return a delivery problem as a sentence, and the page that shows it."""
    set_language(language())
    text = plain(reports.alert_in_words(degradation, settings().zone))
    query = {"from": local(degradation.since).date().isoformat()}
    match degradation.kind:
        case Kind.FALL:
            query |= {"view": "ranges"} | ({"range": degradation.ranges[0]} if len(degradation.ranges) == 1 else {})
            return text, _("See where"), "analytics.py", query
        case Kind.RECEIPTS:
            return text, _("View waiting messages"), "analytics.py", {"view": "time", **query}
        case Kind.REFUSALS:
            may_check = actor().may(Permission.SETTINGS)
            return text, _("Check the connection") if may_check else "", "settings.py", {}


def under_way_now() -> list[Running]:
    """Return the active campaigns."""
    return live.read("running", lambda store: reports.running(store, now()))


@later.fragment(run_every="2s", shows=under_way_now)
def running() -> None:
    """Show the active campaigns, live."""
    under_way = under_way_now()
    if not under_way:
        return
    st.header(_("Under way"), anchor=False)
    for campaign in under_way:
        show_running(campaign)


def show_running(campaign: Running) -> None:
    """Show an active campaign: progress, speed and remaining time."""
    with st.container(border=True, key=f"running-{campaign.id}"):
        with st.container(horizontal=True, vertical_alignment="center"):
            badge = campaign_markdown(campaign.state, is_preparing=not campaign.figures.total)
            st.markdown(f"**{plain(campaign.name)}** {badge}", width="stretch")
            if st.button(_("Open"), key=f"running-open-{campaign.id}", type="tertiary"):
                st.switch_page("campaigns.py", query_params={"id": str(campaign.id)})
        figures = campaign.figures
        if campaign.state == CampaignState.SCHEDULED:
            st.caption(_("Starts {when}").format(when=moment(campaign.scheduled_at)))
        elif figures.total:
            progress(campaign.done, figures.total, campaign.speed)
            facts = [_("{rate} delivered").format(rate=percent(figures.rate))] if figures.settled else []
            if figures.waiting:
                facts.append(_("{n} waiting for receipts").format(n=number(figures.waiting)))
            if figures.uncertain:
                facts.append(_("{n} uncertain").format(n=number(figures.uncertain)))
            st.caption(" · ".join(facts))
        else:
            st.caption(_("Its messages are being prepared."))


main()
