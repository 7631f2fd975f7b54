"""The view Compare: up to twelve campaigns in one table, each compared with the first."""

from collections.abc import Mapping, Sequence
from typing import Any

import streamlit as st

from getsms_core import reports
from getsms_core.base.i18n import N_
from getsms_core.reports import MOST_COMPARED, Filter
from pages.ui.analytics.filters import multi_filter
from pages.ui.shared import analytics_targets as targets
from pages.ui.shared import chart_display, charts
from pages.ui.shared.plain_text import plain
from pages.ui.shared.session import _, settings, store
from pages.ui.shared.table_formats import styled
from pages.ui.shared.widgets import count_words, number

VERDICTS = {
    "first": N_("the others are compared with it"),
    "no receipts": N_("no receipts yet"),
    "waiting": N_("too early: waiting messages can change it"),
    "no difference": N_("no clear difference"),
    "better": N_("better"),
    "worse": N_("worse"),
}
DIFFERENCES = ["difference", "difference_low", "difference_high", "p_value"]
COLUMNS = ["campaign", "name", "sent", "delivered", "waiting", "uncertain", "rate", "low", "high", "verdict",
           *DIFFERENCES, "median", "p95", "sent_cost", "per_delivered"]  # fmt: skip
CHANCE = 0.05


def show(question: Filter) -> None:
    """Compare two or more campaigns: those of the filter, or chosen here."""
    offered = reports.choices(store(), Filter(include_tests=True), settings().zone)
    names = {str(campaign_id): f"{name} ({campaign_id})" for campaign_id, name in offered.items()}
    if (asked := len(set(st.query_params.get_all("with")))) > MOST_COMPARED:
        words = _("The address names {n} campaigns; the first {most} of them are compared.")
        st.info(words.format(n=number(asked), most=number(MOST_COMPARED)), icon=":material/compare:")
    chosen = multi_filter(
        "with", _("Campaigns to compare"), names, most=MOST_COMPARED, placeholder=_("Choose two or more")
    )
    ids = list(map(int, chosen)) or list(question.campaigns)
    if len(ids) < 2:
        st.info(_("Choose at least two campaigns. The others are compared with the first."), icon=":material/compare:")
        return
    if len(ids) > MOST_COMPARED:
        words = _("The filter has {n} campaigns; the first {most} of them are compared.")
        st.info(words.format(n=number(len(ids)), most=number(MOST_COMPARED)), icon=":material/compare:")
    frame = reports.compare(store(), ids[:MOST_COMPARED], settings().zone)
    if len(frame) < 2:
        st.info(_("Choose at least two campaigns. The others are compared with the first."), icon=":material/compare:")
        return
    rows = frame.to_dict("records")
    codes = ["first", *(verdict(rows[0], row) for row in rows[1:])]
    st.markdown(summary(str(rows[0]["name"]), codes))
    drawn = int(frame["rate"].notna().sum())
    figure = charts.rates(
        frame,
        chart_display.theme(),
        frame["name"].tolist(),
        count_words("Delivery rate of {n} campaign", "Delivery rate of {n} campaigns, best on top", drawn),
    )
    st.caption(charts.band())
    words_of_codes = [_(VERDICTS[code]) for code in codes]
    compared = [
        targets.Row(name, filters={**targets.EVERYTHING, "campaign": (str(campaign_id),)})
        for name, campaign_id in zip(frame["name"], frame["campaign"], strict=True)
    ]
    shown = frame.assign(verdict=words_of_codes)[COLUMNS]
    targets.show(figure, shown, "compare", targets.settled(frame, compared), compared)
    table = frame.assign(verdict=words_of_codes)[["name", "verdict", "rate", *DIFFERENCES, "per_delivered"]]
    shares = {_(chart_display.HEADINGS[column]) for column in ("rate", *DIFFERENCES)}
    st.dataframe(
        styled(chart_display.for_display(table), shares),
        hide_index=True,
        key="compare-differences",
        placeholder="–",
        alt=_("Differences to the first campaign"),
    )
    st.caption(_("All intervals of the differences hold together with 95% confidence, and the chances are adjusted for "
                 "the number of comparisons (Holm)."))  # fmt: skip


def verdict(first: Mapping[Any, Any], other: Mapping[Any, Any]) -> str:
    """Return the code of what a comparison with the first campaign says."""
    if not (first["settled"] and other["settled"]):
        return "no receipts"
    significant = other["p_value"] < CHANCE  # not where it is NaN: waiting messages can still close the gap
    if significant:
        return "better" if other["rate"] > first["rate"] else "worse"
    return "waiting" if first["waiting"] or other["waiting"] else "no difference"


def summary(name: str, codes: Sequence[str]) -> str:
    """Return one sentence about all comparisons with the campaign of this name."""
    others = len(codes) - 1
    better, worse = codes.count("better"), codes.count("worse")
    if not better + worse:
        if codes.count("waiting") + codes.count("no receipts"):
            sentence = _("**{name}** can’t be compared yet: messages without a final status can change the result.")
        else:
            sentence = _("No campaign differs clearly from **{name}**.")
        return sentence.format(name=plain(name))
    sentence = _("Compared with **{name}**: {better} of {n} were delivered better, {worse} worse.")
    return sentence.format(name=plain(name), better=number(better), n=number(others), worse=number(worse))
