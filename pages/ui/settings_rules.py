"""The rules of the account: quiet hours, a limit a day, how often one number may be written to, and approval."""

from datetime import date, timedelta
from decimal import Decimal, InvalidOperation

import streamlit as st
from babel.dates import format_date

from getsms_core import accounts, policy, prices
from getsms_core.errors import Refused
from getsms_core.policy import Policy, Quiet
from pages.ui.session import _, actor, settings, store
from pages.ui.widgets import locale

MONDAY = date(2026, 1, 5)


def show() -> None:
    """One form for all of them; running campaigns heed it within a second."""
    account_id = accounts.account_id(store(), settings())
    with store().reading() as session:
        now = policy.get(session, account_id)
    quiet = now.quiet[0] if now.quiet else Quiet((), "21:00", "08:00")
    with st.form("rules"):
        st.markdown("**" + _("Quiet hours") + "**")
        st.caption(
            _("Nothing is sent in them: campaigns pause and go on afterwards by themselves. Time zone: {zone}.").format(
                zone=settings().timezone
            )
        )
        st.pills(
            _("Days on which they begin"),
            range(7),
            selection_mode="multi",
            default=quiet.days,
            format_func=weekday,
            key="rules-days",
        )
        left, right = st.columns(2)
        left.text_input(_("From"), quiet.start, key="rules-from", placeholder="21:00", max_chars=5)
        right.text_input(_("To"), quiet.to, key="rules-to", placeholder="08:00", max_chars=5)
        if len(now.quiet) > 1:
            st.caption(_("There are more windows, set from outside this page. They are kept."))
        st.markdown("**" + _("Limits") + "**")
        spend = "" if now.spend_day is None else f"{prices.som(now.spend_day).normalize():f}"
        st.text_input(_("At most so many so'm a day"), spend, key="rules-spend", placeholder=_("no limit"))
        left, right = st.columns(2)
        left.number_input(_("At most so many SMS to one number"), 0, 1000, now.cap_messages, key="rules-cap")
        right.number_input(_("in so many days (0: no limit)"), 0, 365, now.cap_days, key="rules-cap-days")
        st.markdown("**" + _("Approval") + "**")
        st.caption(
            _("A campaign above either limit is sent only after a manager or an administrator has approved it: not the "
              "one who asked, unless nobody else could. 0: every campaign. Empty: none.")
        )  # fmt: skip
        left, right = st.columns(2)
        most = "" if now.approve_messages is None else str(now.approve_messages)
        dear = "" if now.approve_cost is None else f"{prices.som(now.approve_cost).normalize():f}"
        left.text_input(_("More messages than"), most, key="rules-approve", placeholder=_("no approval"))
        right.text_input(_("Dearer than so many so'm"), dear, key="rules-approve-cost", placeholder=_("no approval"))
        st.markdown("**" + _("Privacy") + "**")
        st.number_input(
            _("Erase texts and numbers so many months after a campaign has ended (0: never)"),
            0,
            policy.MOST_MONTHS,
            now.erase_months,
            key="rules-erase",
            help=_("Counts and charts stay as they are. What is erased cannot be brought back."),
        )
        st.form_submit_button(
            _("Keep the rules"), key="rules-go", type="primary", on_click=_kept, args=(account_id, now)
        )


def weekday(day: int) -> str:
    """The short name of a weekday, 0 for Monday."""
    return str(format_date(MONDAY + timedelta(days=day), "ccc", locale=locale()))


def _kept(account_id: int, before: Policy) -> None:
    state = st.session_state
    days = tuple(sorted(state["rules-days"]))
    windows = (Quiet(days, state["rules-from"].strip(), state["rules-to"].strip()),) if days else ()
    try:
        wanted = Policy(
            quiet=windows + before.quiet[1:],
            spend_day=_tiyin(state["rules-spend"]),
            cap_messages=int(state["rules-cap"]),
            cap_days=int(state["rules-cap-days"]),
            approve_messages=_count(state["rules-approve"]),
            approve_cost=_tiyin(state["rules-approve-cost"]),
            erase_months=int(state["rules-erase"]),
        )
        policy.save(store(), actor(), account_id, wanted, settings().zone)
    except Refused as refusal:
        state["settings-error"] = refusal.message
        return
    state["settings-success"] = _("The rules are kept and hold from now on.")


def _tiyin(text: str) -> int | None:
    plain = text.replace(" ", "").replace("\u00a0", "").replace(",", ".")
    if not plain:
        return None
    try:
        return prices.tiyin(Decimal(plain))
    except (InvalidOperation, ValueError):
        raise Refused("bad-limit", _("Write the limit as a number of so'm, for example 500000.")) from None


def _count(text: str) -> int | None:
    plain = "".join(text.split())
    if not plain:
        return None
    if not plain.isdecimal() or len(plain) > 9:
        raise Refused("bad-limit", _("Write how many messages need no approval as a number, for example 10000."))
    return int(plain)
