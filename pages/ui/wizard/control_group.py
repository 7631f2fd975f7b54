"""In the check: the share of the recipients who get no message, so that the effect of the campaign can be measured."""

import streamlit as st

from getsms_core.base.errors import DomainError
from getsms_core.base.i18n import set_language
from getsms_core.campaigns import control
from getsms_core.campaigns import service as campaigns
from pages.ui.shared import wizard_draft
from pages.ui.shared.plain_text import plain
from pages.ui.shared.records import Campaign
from pages.ui.shared.session import _, language, store
from pages.ui.shared.widgets import count_words, expander


def show(campaign: Campaign, held_out: int) -> bool:
    """The field, and how many recipients are held out. Returns whether what is typed can be read."""
    with expander(
        _("Control group"), f"control-group-{campaign.id}", ":material/science:", expanded=bool(campaign.control)
    ):
        st.caption(_("A random part of the recipients gets no message. When you upload who responded, the campaign's "
                     "page compares both groups and says what the messages added."))  # fmt: skip
        key = f"control-{campaign.id}"
        st.text_input(
            _("Share of the recipients, %"),
            share_text(campaign.control),
            key=key,
            width=300,
            max_chars=10,
            on_change=_save,
            args=(int(campaign.id or 0),),
            help=_("0 means no control group. 5 to 10 is usual."),
        )
        try:
            share = _share(key)
        except DomainError as refusal:
            st.caption(f":red[{plain(refusal.message)}]")
            return False
        if share:
            st.caption(count_words("{n} recipient gets no message.", "{n} recipients get no message.", held_out))
        if share and not held_out:
            st.warning(_("The share of these recipients is less than one person: nobody is held out."),
                       icon=":material/science:")  # fmt: skip
    return True


def share_text(share: int) -> str:
    """Hundredths of a percent as the field shows them: 1250 → "12.50", 1000 → "10"."""
    return str(share // control.PERCENT) if share % control.PERCENT == 0 else f"{share / control.PERCENT:.2f}"


def _share(key: str) -> int:
    set_language(language())
    return control.parse_share(str(st.session_state.get(key) or "0"))


def _save(campaign_id: int) -> None:
    try:
        share = _share(f"control-{campaign_id}")
    except DomainError:  # the sentence is below the field, and the step does not go on
        share = campaigns.get(store(), campaign_id).control
    wizard_draft.save(campaign_id, control=share)
