"""The user's notices, and which of them the user wants."""

import streamlit as st

from getsms_core.base.codes import NoticeEvent
from getsms_core.base.errors import DomainError
from getsms_core.base.i18n import N_
from getsms_core.base.permissions import Permission
from getsms_core.mail import message as mail
from getsms_core.notices import choices as notice_choices
from getsms_core.notices import inbox
from getsms_core.notices.choices import Choices
from getsms_core.notices.inbox import NoticeInfo
from getsms_core.notices.words import event_label
from pages.ui.shared import outcomes, url_state
from pages.ui.shared.plain_text import plain
from pages.ui.shared.session import _, actor, current_user, pgettext, require, settings, store
from pages.ui.shared.widgets import count_words, moment

VIEWS = {"notices": N_("Notices"), "choices": N_("What I get")}
ICONS = {
    NoticeEvent.APPROVAL: ":material/approval:",
    NoticeEvent.DECIDED: ":material/gavel:",
    NoticeEvent.FINISHED: ":material/check_circle:",
    NoticeEvent.PAUSED: ":material/pause_circle:",
    NoticeEvent.RECEIPTS: ":material/sync_problem:",
    NoticeEvent.SPENDING: ":material/payments:",
    NoticeEvent.WORSE: ":material/trending_down:",
    NoticeEvent.BACKUP: ":material/backup:",
    NoticeEvent.TEMPLATE_WAITS: ":material/approval:",
    NoticeEvent.TEMPLATE_DECIDED: ":material/gavel:",
}


def main() -> None:
    """One run of the page."""
    require(Permission.READ)
    st.title(_("Notices"), anchor=False)
    outcomes.show("notices")
    view = url_state.section({code: _(title) for code, title in VIEWS.items()})
    if view == "choices":
        show_choices()
    else:
        show_notices()


# ------------------------------------------------------------------------------------------------------------- the list


def show_notices() -> None:
    """Show the unread notices by event, then those that were read."""
    notices = inbox.listing(store(), actor(), current_user().id)
    unread = [notice for notice in notices if notice.read_at is None]
    if not notices:
        st.info(
            _("No notices yet. They appear here when something happens that you chose to know about."),
            icon=":material/notifications:",
        )
        return
    if unread:
        with st.container(horizontal=True, vertical_alignment="center"):
            sentence = count_words("{n} new notice", "{n} new notices", len(unread))
            st.markdown(f"**{sentence}**", width="stretch")
            st.button(_("Mark all as read"), key="notices-read", icon=":material/done_all:", on_click=_read_all,
                      args=(max(notice.id for notice in unread),))  # fmt: skip
        for group in inbox.grouped(unread):
            with st.container(border=True, key=f"notices-{group.event}"):
                icon = ICONS.get(group.event, ":material/notifications:")
                st.markdown(f"{icon} **{plain(group.heading)}**")
                for notice in group.notices:
                    _row(notice)
    if read := [notice for notice in notices if notice.read_at is not None]:
        st.header(pgettext("notices", "Read"), anchor=False)
        for notice in read[:50]:
            _row(notice)


def _row(notice: NoticeInfo) -> None:
    with st.container(horizontal=True, vertical_alignment="center", key=f"notice-row-{notice.id}"):
        st.markdown(f"{plain(notice.sentence)}  \n:gray[{moment(notice.created_at)}]", width="stretch")
        if st.button(_("View"), key=f"notice-{notice.id}", type="tertiary"):
            inbox.mark_read(store(), actor(), current_user().id, [notice.id])
            query = {"id": str(notice.campaign_id)} if notice.campaign_id is not None else None
            st.switch_page(f"{notice.page}.py", query_params=query)


def _read_all(newest_id: int) -> None:
    """Mark what the page showed; a notice that came meanwhile has not been read."""
    try:
        inbox.mark_read(store(), actor(), current_user().id, up_to=newest_id)
    except DomainError as refusal:
        st.session_state["notices-error"] = refusal.message


# -------------------------------------------------------------------------------------------------------------- choices


def show_choices() -> None:
    """Show the form with the events and the ways."""
    user = current_user()
    chosen = notice_choices.get(store(), actor(), user.id)
    by_mail = mail.is_set_up(settings())
    if chosen.mail_failure:
        st.warning(
            _("The last e-mail could not be sent: {reason}").format(reason=plain(chosen.mail_failure)),
            icon=":material/mail:",
        )
    with st.form("notice-choices"):
        st.caption(_("Each event comes once. An e-mail has no phone numbers and no texts, only links to the app."))
        offered = notice_choices.offered(user.role)
        for event in offered:
            with st.container(horizontal=True, vertical_alignment="center", key=f"notice-choice-{event.value}"):
                st.markdown(plain(event_label(event)), width="stretch")
                st.checkbox(_("In the app"), value=event in chosen.app, key=f"notice-app-{event.value}")
                st.checkbox(
                    _("By e-mail"), value=event in chosen.mail, key=f"notice-mail-{event.value}", disabled=not by_mail
                )
        st.toggle(
            _("Only campaigns and templates of my own"),
            value=chosen.own_only,
            key="notice-own",
            help=_("What waits for your approval always counts."),
        )
        st.text_input(
            _("Your e-mail address"),
            value=chosen.email,
            key="notice-email",
            max_chars=200,
            disabled=not by_mail,
            placeholder="name@example.uz",
        )
        if not by_mail:
            st.caption(_("No mail server is set up. Ask an administrator."))
        st.form_submit_button(_("Save"), key="notice-save", type="primary", on_click=_save)


def _save() -> None:
    state = st.session_state
    app, mailed = (
        frozenset(event for event in NoticeEvent if state.get(f"notice-{way}-{event.value}")) for way in ("app", "mail")
    )
    chosen = Choices(app, mailed, str(state.get("notice-email") or ""), bool(state.get("notice-own")))
    try:
        notice_choices.save(store(), actor(), settings(), current_user().id, chosen)
    except DomainError as refusal:
        state["notices-error"] = refusal.message
        return
    state["notices-success"] = _("Your choice is saved.")


main()
