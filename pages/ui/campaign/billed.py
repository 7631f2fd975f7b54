"""Predicted against billed parts and cost of a campaign with receipts."""

from functools import partial

import pandas as pd
import streamlit as st

from getsms_core.base.states import LABELS, Figures
from getsms_core.billing import reconciliation
from pages.ui.campaign.delivery_chart import SECONDS_BETWEEN
from pages.ui.campaign.live import live_figures
from pages.ui.shared import later
from pages.ui.shared.session import _, store
from pages.ui.shared.table_formats import styled
from pages.ui.shared.text_names import encoding_name
from pages.ui.shared.widgets import Figure, metric_row, money, number


def show(campaign_id: int, figures: Figures) -> None:
    """Show the panel; nothing before the first receipt. It refreshes while receipts arrive."""
    seconds = SECONDS_BETWEEN if figures.waiting or figures.unsent else None
    later.fragment(run_every=seconds, shows=partial(live_figures, campaign_id))(_show)(campaign_id)


def _show(campaign_id: int) -> None:
    comparison = reconciliation.compare(store(), campaign_id)
    if not comparison.messages:
        return
    st.markdown("**" + _("Predicted and billed") + "**")
    extra_parts = comparison.more
    change = f"{'+' if extra_parts > 0 else ''}{number(extra_parts)}" if extra_parts else None
    cost = comparison.extra_cost
    metric_row(
        [
            Figure(_("SMS predicted"), number(comparison.parts), help=_("For the messages whose receipts have come.")),
            Figure(
                _("SMS billed"),
                number(comparison.billed_parts),
                change,
                help=_("As the gateway's receipts count them."),
                worse_is_up=True,
            ),
            Figure(
                _("Cost billed"),
                money(comparison.billed_cost),
                f"{'+' if cost > 0 else ''}{money(cost)}" if cost else None,
                help=_("Predicted: {sum}").format(sum=money(comparison.cost)),
                worse_is_up=True,
            ),
        ]
    )
    if not extra_parts:
        st.caption(f":material/check: {_('The gateway billed what was predicted.')}")
    if comparison.remainder:
        unbilled_list = ", ".join(
            f"{_(LABELS[state])} {number(unbilled.parts)}" for state, unbilled in comparison.remainder.items()
        )
        st.caption(_("SMS that no receipt names: {parts}").format(parts=unbilled_list))
    if (extra_parts or cost) and st.toggle(_("Which messages differ"), key=f"billed-differing-{campaign_id}"):
        _differing_messages(campaign_id)


def _differing_messages(campaign_id: int) -> None:
    rows = reconciliation.differences(store(), campaign_id)
    frame = pd.DataFrame(
        {
            _("Row"): [row.row for row in rows],
            _("Predicted"): [row.parts for row in rows],
            _("Billed"): [row.billed_parts for row in rows],
            _("Encoding"): [encoding_name(row.encoding) for row in rows],
            _("Text"): [row.text for row in rows],
        }
    )
    st.dataframe(styled(frame, ()), hide_index=True, placeholder="–", key=f"billed-rows-{campaign_id}")
