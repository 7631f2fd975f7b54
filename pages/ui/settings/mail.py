"""E-mail: the mail server, a test mail to oneself, and the recipients of delivery alerts."""

import streamlit as st

from getsms_core.base.errors import DomainError
from getsms_core.base.permissions import Permission
from getsms_core.mail import message as mail
from getsms_core.scheduled import alerts
from pages.ui.shared.plain_text import plain
from pages.ui.shared.session import _, actor, pgettext, settings, store
from pages.ui.shared.widgets import moment


def show() -> None:
    """The view."""
    rules = settings()
    if not mail.is_set_up(rules):
        st.info(
            _("No mail server is set up. Set GETSMS_SMTP_HOST and GETSMS_SMTP_FROM where the program is "
              "started to send reports and alerts."),
            icon=":material/mail_off:",
        )  # fmt: skip
        return
    facts = {
        _("Mail server"): f"{rules.smtp_host}:{rules.smtp_port}",
        _("Security"): {"starttls": "STARTTLS", "tls": "TLS", "none": _("none: the mail is not encrypted")}[
            rules.smtp_security
        ],
        pgettext("e-mail", "From"): rules.smtp_from,
    }
    st.table({name: plain(value) for name, value in facts.items()}, border="horizontal", width="content")
    with st.form("mail-try"):
        st.text_input(_("Your address"), key="mail-address", placeholder="name@example.uz")
        st.form_submit_button(_("Send a test e-mail"), key="mail-try-go", on_click=_send_test_mail)
    watched = alerts.watched(store())
    with st.form("alerts"):
        st.markdown("**" + _("When something gets worse") + "**")
        st.caption(
            _("You get an e-mail within 15 minutes when the delivery rate drops, receipts stop or the gateway "
              "refuses requests; once per problem. Later if the mail server is down.")
        )  # fmt: skip
        now = ", ".join(alerts.AlertPlan.from_stored(watched.plan).mail) if watched else ""
        st.text_input(_("Addresses, separated by commas"), now, key="alerts-to", placeholder=_("nobody"))
        st.form_submit_button(_("Save addresses"), key="alerts-go", type="primary", on_click=_save_addresses)
    if watched and watched.last_at is not None:
        st.caption(plain(_("Last check {when}: {said}").format(when=moment(watched.last_at), said=watched.message)))


def _send_test_mail() -> None:
    try:
        actor().must(Permission.SETTINGS)
        to = mail.parse_addresses(str(st.session_state["mail-address"]))
        if not to:
            raise DomainError("no-address", _("Write an address."))
        mail.send(settings(), to, _("Test e-mail"), _("GETSMS Campaigns can send e-mail."))
    except DomainError as refusal:
        st.session_state["settings-error"] = refusal.message
        return
    st.session_state["settings-success"] = _("The mail server accepted the message.")


def _save_addresses() -> None:
    try:
        alerts.watch(store(), actor(), settings(), mail.parse_addresses(str(st.session_state["alerts-to"])))
    except DomainError as refusal:
        st.session_state["settings-error"] = refusal.message
        return
    st.session_state["settings-success"] = _("The addresses are saved.")
