"""The price rules on the settings page: what a part costs, for whom, from which day on."""

from datetime import datetime, time, timedelta
from decimal import Decimal, InvalidOperation

import streamlit as st

from getsms_core import phone, pricerules, prices
from getsms_core.actor import May
from getsms_core.errors import Refused
from getsms_core.store.models import PriceRule
from pages.ui.bubble import plain
from pages.ui.session import _, actor, settings, store
from pages.ui.widgets import day, money


def show() -> None:
    """The panel."""
    st.subheader(_("Prices"), anchor=False)
    st.markdown(
        _("One part of an SMS costs {price} where no rule below fits. The rule that names most wins, then the newest.")
        .format(price=f"**{money(prices.tiyin(settings().price))}**")
    )  # fmt: skip
    if kept := st.session_state.pop("price-said", None):
        st.error(kept, icon=":material/block:")
    for rule in pricerules.all_rules(store()):
        _row(rule)
    if actor().may(May.SETTINGS):
        _form()


def _row(rule: PriceRule) -> None:
    with st.container(
        border=True, horizontal=True, horizontal_alignment="distribute", vertical_alignment="center",
        key=f"price-{rule.id}",
    ):  # fmt: skip
        st.markdown(f"**{money(rule.price)}** · {_whom(rule)} · {_since(rule)}", width="content")
        if actor().may(May.SETTINGS):
            st.button(_("Remove"), key=f"price-remove-{rule.id}", type="tertiary", on_click=_remove, args=(rule.id,))


def _whom(rule: PriceRule) -> str:
    named = [
        plain(rule.number_range),
        {"service": _("Service"), "advertising": _("Advertising")}.get(rule.category, ""),
        _("from {sender}").format(sender=plain(rule.sender)) if rule.sender else "",
        _account(rule.account_id) if rule.account_id else "",
    ]
    return ", ".join(name for name in named if name) or _("all SMS")


def _account(account_id: int) -> str:
    return plain(pricerules.account_names(store()).get(account_id, str(account_id)))


def _since(rule: PriceRule) -> str:
    words = _("since {day}") if rule.from_at <= datetime.now(settings().zone).timestamp() * 1000 else _("from {day} on")
    return words.format(day=day(rule.from_at))


def _form() -> None:
    with st.form("price-new", border=True, clear_on_submit=False):
        st.markdown("**" + _("Add a price") + "**")
        left, right = st.columns(2)
        left.text_input(_("So'm for one part"), key="price-som", placeholder="95", max_chars=9)
        right.date_input(_("From the day"), key="price-day", format="DD.MM.YYYY", min_value=_years_ago())
        left.selectbox(_("Number range"), ["", *phone.RANGES], key="price-range",
                       format_func=lambda name: name or _("Any"))  # fmt: skip
        kinds = {"": _("Any"), "service": _("Service"), "advertising": _("Advertising")}
        right.selectbox(_("Kind"), list(kinds), key="price-category", format_func=lambda code: kinds[code])
        left.text_input(_("Sender name"), key="price-sender", placeholder=_("Any"), max_chars=11)
        named = {None: _("Any")} | {int(one): name for one, name in pricerules.account_names(store()).items()}
        right.selectbox(_("Account"), list(named), key="price-account", format_func=lambda one: named[one])
        st.form_submit_button(_("Add the price"), key="price-add", type="primary", on_click=_add)


def _years_ago() -> datetime:
    return datetime.now(settings().zone) - timedelta(days=3650)


def _add() -> None:
    held = st.session_state
    from_at = int(datetime.combine(held["price-day"], time(), settings().zone).timestamp() * 1000)
    try:
        pricerules.add(
            store(), actor(), _decimal(held["price-som"]), from_at, account_id=held["price-account"],
            sender=held["price-sender"], number_range=held["price-range"], category=held["price-category"],
        )  # fmt: skip
    except Refused as refusal:
        held["price-said"] = refusal.message
        return
    for key in ("price-som", "price-sender"):
        held[key] = ""


def _decimal(text: str) -> Decimal:
    try:
        return Decimal("".join(text.split()).replace(",", "."))
    except InvalidOperation:
        return Decimal("NaN")


def _remove(rule_id: int) -> None:
    try:
        pricerules.remove(store(), actor(), rule_id)
    except Refused as refusal:
        st.session_state["price-said"] = refusal.message
