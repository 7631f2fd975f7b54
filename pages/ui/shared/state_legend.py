"""What the states of campaigns and messages mean for the reader: a sentence, and the tables of the legends."""

import streamlit as st

from getsms_core.base.i18n import set_language
from getsms_core.base.state_meanings import CAMPAIGN_MEANINGS, MESSAGE_MEANINGS, campaign_meaning, message_meaning
from getsms_core.base.states import COUNTED, COUNTED_AS_SENT, CampaignState
from getsms_core.reports import OUTCOME_LABELS, MessageRow
from pages.ui.shared.session import _, language
from pages.ui.shared.widgets import expander, state_markdown


def of_campaign(state: CampaignState, *, is_preparing: bool) -> None:
    """Show what the state of a campaign means; `is_preparing`: its messages do not exist yet."""
    set_language(language())
    st.caption(campaign_meaning(state, is_preparing=is_preparing))


def of_message(message: MessageRow) -> None:
    """Show what the state of a message means."""
    set_language(language())
    st.caption(message_meaning(COUNTED if message.reason == COUNTED_AS_SENT else message.state))


def message_table() -> None:
    """Show the meaning of every state of a message."""
    set_language(language())
    st.table({_badge(state): message_meaning(state) for state in MESSAGE_MEANINGS}, border="horizontal")


def campaign_table() -> None:
    """Show the meaning of every state of a campaign."""
    set_language(language())
    meanings = {state_markdown(CampaignState(state)): campaign_meaning(state) for state in CAMPAIGN_MEANINGS}
    st.table(meanings, border="horizontal")


def below_messages() -> None:
    """Show the legend of a table of messages, folded away."""
    with expander(_("What the states mean"), "state-legend", ":material/help:"):
        message_table()


def _badge(state: str) -> str:
    return f":blue-badge[◐ {_(OUTCOME_LABELS[state])}]" if state == COUNTED else state_markdown(state)
