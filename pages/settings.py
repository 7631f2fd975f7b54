"""Settings: gateway, rules, prices, people, workers. What the environment sets is shown, not changed."""

import streamlit as st

from getsms_core.actor import May
from getsms_core.words import N_
from pages.ui import address, choices, settings_gateway, settings_mail, settings_people, settings_prices, settings_rules
from pages.ui.session import _, need

VIEWS = {
    "gateway": N_("Gateway"),
    "rules": N_("Rules"),
    "prices": N_("Prices"),
    "mail": N_("E-mail"),
    "people": N_("People"),
}
SHOW = {
    "gateway": settings_gateway.show,
    "rules": settings_rules.show,
    "prices": settings_prices.show,
    "mail": settings_mail.show,
    "people": settings_people.show,
}


def main() -> None:
    """One run of the page."""
    need(May.SETTINGS)
    st.title(_("Settings"), anchor=False)
    view = address.choice(
        choices.segmented_control,
        _("Look at"),
        list(VIEWS),
        "view",
        lambda code: _(VIEWS[code]),
        required=True,
        label_visibility="collapsed",
        wrap=True,
    )
    for kind, icon in (("error", ":material/block:"), ("success", ":material/check_circle:")):
        if message := st.session_state.pop(f"settings-{kind}", None):
            getattr(st, kind)(message, icon=icon)
    SHOW[view]()


main()
