"""Settings: gateway, rules, prices, users, workers. Settings of the environment are read-only."""

import streamlit as st

from getsms_core.base.i18n import N_
from getsms_core.base.permissions import Permission
from pages.ui.settings import gateway, mail, prices, rules, users
from pages.ui.shared import outcomes, url_state
from pages.ui.shared.session import _, require

VIEWS = {
    "gateway": N_("Gateway"),
    "rules": N_("Rules"),
    "prices": N_("Prices"),
    "mail": N_("E-mail"),
    "people": N_("Users"),
}
SHOW = {
    "gateway": gateway.show,
    "rules": rules.show,
    "prices": prices.show,
    "mail": mail.show,
    "people": users.show,
}


def main() -> None:
    """One run of the page."""
    require(Permission.SETTINGS)
    st.title(_("Settings"), anchor=False)
    view = url_state.section({code: _(title) for code, title in VIEWS.items()})
    outcomes.show("settings")
    SHOW[view]()


main()
