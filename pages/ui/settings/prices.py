"""The prices in force: the default from the environment, and rules that replace it from a day on."""

from datetime import datetime, time

import streamlit as st

from getsms_core import phone
from getsms_core.base.errors import DomainError
from getsms_core.base.kinds import KIND_LABELS, MessageKind
from getsms_core.billing import price_list, price_rules
from pages.ui.shared import amount_fields, ask_first, choices
from pages.ui.shared.plain_text import plain
from pages.ui.shared.records import PriceRule
from pages.ui.shared.session import _, actor, settings, store
from pages.ui.shared.widgets import Figure, expander, local, metric_row, moment, money

ANY = ""
CATEGORIES = (ANY, "service", "advertising")


def show() -> None:
    """Show the default price, the rules, and a form to add one."""
    default = money(price_list.tiyin(settings().price))
    metric_row([Figure(_("Default price per SMS"), default, help="GETSMS_PRICE")])
    rules = price_rules.all_rules(store())
    if rules:
        st.caption(_("The most specific matching rule applies; if several are equal, the newest."))
    for rule in rules:
        _rule(rule)
    _add()


def _category(code: str) -> str:
    if code == ANY:
        return _("any")
    return _(KIND_LABELS[MessageKind(code)]) if code in tuple(MessageKind) else plain(code)


def _rule(rule: PriceRule) -> None:
    scopes = [
        _("sender {name}").format(name=plain(rule.sender)) if rule.sender else "",
        _("numbers of {range}").format(range=plain(rule.number_range)) if rule.number_range else "",
        _category(rule.category) if rule.category else "",
        plain(price_rules.account_names(store()).get(rule.account_id, "?")) if rule.account_id else "",
    ]
    with st.container(border=True, horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
        scope = ", ".join(filter(None, scopes)) or _("every SMS")
        since = _("from {time}").format(time=moment(rule.from_at))
        st.markdown(f"**{money(rule.price)}** · {scope} · {since}", width="content")
        what_happens = _("Drafts are priced without it at once. Messages that were sent keep their price.")
        ask_first.button(
            _("Remove"),
            what_happens,
            _("Remove the price"),
            key=f"price-remove-{rule.id}",
            on_click=_remove,
            args=(rule.id,),
        )


def _add() -> None:
    # Not a form: what was typed is shown as it is read.
    with expander(_("Add a price"), "price-form", ":material/sell:"):
        left, right = st.columns(2)
        example = _("for example {price}").format(price=amount_fields.of_money(9550))
        amount_fields.money_field(left, _("Price of one SMS, so'm"), empty=example, key="price-amount")
        right.date_input(
            _("Start date"), local(int(datetime.now().timestamp() * 1000)).date(), key="price-day",
            format="DD.MM.YYYY",
        )  # fmt: skip
        left.text_input(_("Only for the sender name"), key="price-sender", placeholder=_("any"))
        choices.selectbox(
            _("Only for the number range"),
            [ANY, *phone.RANGES],
            format_func=lambda name: name or _("any"),
            where=right,
            key="price-range",
        )
        choices.selectbox(_("Only for the kind"), CATEGORIES, format_func=_category, where=left, key="price-category")
        named = {0: _("any")} | price_rules.account_names(store())
        choices.selectbox(
            _("Only for the account"), list(named), format_func=named.__getitem__, where=right, key="price-account"
        )
        st.button(_("Add it"), key="price-go", type="primary", on_click=_add_rule)


def _add_rule() -> None:
    state = st.session_state
    try:
        try:
            amount = amount_fields.money("price-amount")
        except DomainError as refusal:
            sentence = _("The price cannot be added. {problem}")
            raise DomainError("bad-price", sentence.format(problem=refusal.message)) from None
        if amount is None:
            raise DomainError("bad-price", _("Write the price as a number of so'm, for example 95 or 95.50."))
        begins = datetime.combine(state["price-day"], time(), settings().zone)
        price_rules.add(
            store(),
            actor(),
            price_list.som(amount),
            int(begins.timestamp() * 1000),
            sender=state["price-sender"],
            number_range=choices.value("price-range"),
            category=choices.value("price-category"),
            account_id=choices.value("price-account") or None,
        )
    except DomainError as refusal:
        state["settings-error"] = refusal.message
        return
    state["settings-success"] = _("The price is saved. Drafts use it from its start date.")
    state["price-amount"] = state["price-sender"] = ""


def _remove(rule_id: int) -> None:
    try:
        price_rules.remove(store(), actor(), rule_id)
    except DomainError as refusal:
        st.session_state["settings-error"] = refusal.message
        return
    st.session_state["settings-success"] = _("The price is removed.")
