"""The rules of the account: quiet hours, the daily limit, the frequency cap, and approval."""

from dataclasses import replace
from datetime import date, timedelta

import streamlit as st
from babel.dates import format_date
from streamlit.delta_generator import DeltaGenerator

from getsms_core.accounts import gateway_account, policy
from getsms_core.accounts.policy import Policy, QuietHours
from getsms_core.base.errors import DomainError
from getsms_core.base.kinds import MessageKind
from pages.ui.shared import amount_fields, choices
from pages.ui.shared.session import _, actor, pgettext, settings, store
from pages.ui.shared.widgets import locale

MAX_CAP_MESSAGES, MAX_CAP_DAYS = 1_000, 365
MONDAY = date(2026, 1, 5)
NO_QUIET = QuietHours((), "21:00", "08:00")
_SHOWN = "rules-as-shown"
"""The key in the session of the rules that the fields began with."""


def show() -> None:
    """Show all rules, saved together; running campaigns apply them within a second."""
    account_id = gateway_account.account_id(store(), settings())
    policy_in_force = policy.in_force(store(), account_id)
    if "rules-own-words" not in st.session_state:  # the fields are drawn for the first time
        st.session_state[_SHOWN] = policy_in_force
    with st.container(border=True):  # not a form: typed amounts are read at once, and their meaning is shown
        _quiet_hours(policy_in_force)
        _limits(policy_in_force)
        _service_rules(policy_in_force)
        _approval(policy_in_force)
        st.markdown("**" + _("Privacy") + "**")
        amount_fields.bounded_field(
            st.container(),
            _("Erase texts and numbers after this many months (0 = never)"),
            policy_in_force.erase_months,
            low=0,
            high=policy.MAX_MONTHS,
            key="rules-erase",
            help=_("Counts and charts stay as they are. What is erased cannot be brought back."),
        )
        st.markdown("**" + _("Own words") + "**")
        st.text_area(
            _("Names that stay as they are when a text changes its script, one per line"),
            "\n".join(policy_in_force.own_words),
            key="rules-own-words",
            height=110,
            placeholder="Asaxiy\nIT Park",
            help=_("Brands and products of your own. Well-known names and English words of advertising stay already."),
        )
        st.button(_("Save rules"), key="rules-go", type="primary", on_click=_save, args=(account_id,))


def _quiet_hours(policy_in_force: Policy) -> None:
    st.markdown("**" + _("Quiet hours") + "**")
    st.caption(
        _("Nothing is sent during quiet hours: campaigns pause and resume automatically. Time zone: {zone}.").format(
            zone=settings().timezone
        )
    )
    _quiet_fields(policy_in_force, _("Days on which they start"), "rules")
    if len(policy_in_force.quiet) > 1:
        st.caption(_("There are more quiet hours, set outside this page. They stay in force."))


def _quiet_fields(rules: Policy, days_label: str, key: str) -> tuple[DeltaGenerator, DeltaGenerator]:
    """The fields of the first quiet hours; returns the two columns that they are in."""
    quiet = rules.quiet[0] if rules.quiet else NO_QUIET
    choices.pills(
        days_label, range(7), selection_mode="multi", default=quiet.days, format_func=weekday, key=f"{key}-days"
    )
    left, right = st.columns(2)
    left.text_input(pgettext("time of day", "From"), quiet.start, key=f"{key}-from", placeholder="21:00", max_chars=5)
    right.text_input(pgettext("time of day", "To"), quiet.to, key=f"{key}-to", placeholder="08:00", max_chars=5)
    return left, right


def _limits(policy_in_force: Policy) -> None:
    st.markdown("**" + _("Limits") + "**")
    amount_fields.money_field(
        st.container(),
        _("Daily spending limit, so'm"),
        amount_fields.of_money(policy_in_force.spend_day),
        empty=_("no limit"),
        key="rules-spend",
        help=_(
            "Campaigns pause before the cost of the day exceeds it, and wait until it is raised or a user resumes them "
            "on another day."
        ),
    )
    left, right = st.columns(2)
    cap_messages, cap_days = policy_in_force.cap_messages, policy_in_force.cap_days
    label = _("Maximum SMS per number")
    explanation = _(
        "The frequency cap: a number that got as many SMS within these days is left out of the next campaigns until "
        "the days are over. Test SMS do not count."
    )
    amount_fields.bounded_field(
        left, label, cap_messages, low=0, high=MAX_CAP_MESSAGES, key="rules-cap", help=explanation
    )
    label = _("Within how many days (0 = no limit)")
    amount_fields.bounded_field(right, label, cap_days, low=0, high=MAX_CAP_DAYS, key="rules-cap-days")


def _approval(policy_in_force: Policy) -> None:
    st.markdown("**" + _("Approval") + "**")
    st.caption(
        _("Campaigns above either limit need approval from another manager or administrator (from the "
          "sender, if there is no one else). 0 = every campaign; empty = none.")
    )  # fmt: skip
    left, right = st.columns(2)
    no_limit = _("no approval")
    messages_limit, cost_limit = (
        amount_fields.of_count(policy_in_force.approve_messages),
        amount_fields.of_money(policy_in_force.approve_cost),
    )
    amount_fields.count_field(left, _("Messages above"), messages_limit, empty=no_limit, key="rules-approve")
    amount_fields.money_field(right, _("Cost above, so'm"), cost_limit, empty=no_limit, key="rules-approve-cost")


def _service_rules(policy_in_force: Policy) -> None:
    """Quiet hours and a cap of service messages alone, for who wants codes and order updates to come at any hour."""
    own = policy_in_force.by_kind.get(MessageKind.SERVICE)
    with st.container(border=True):
        if not st.toggle(
            _("Other quiet hours and another cap for service messages"),
            own is not None,
            key="rules-service",
            help=_("Each kind then counts its own SMS for the cap. The change is in the audit log."),
        ):
            return
        rules = policy_in_force.of_kind(MessageKind.SERVICE)
        days_label = _("Days on which the quiet hours of service messages start (none = no quiet hours)")
        left, right = _quiet_fields(rules, days_label, "rules-service")
        label = _("Maximum service SMS per number")
        amount_fields.bounded_field(
            left, label, rules.cap_messages, low=0, high=MAX_CAP_MESSAGES, key="rules-service-cap"
        )
        label = _("Within how many days (0 = no limit)")
        amount_fields.bounded_field(
            right, label, rules.cap_days, low=0, high=MAX_CAP_DAYS, key="rules-service-cap-days"
        )


def weekday(day: int) -> str:
    """The short name of a weekday, 0 for Monday."""
    return str(format_date(MONDAY + timedelta(days=day), "ccc", locale=locale()))


def _with_service_rules(new_policy: Policy, before: Policy) -> Policy:
    by_kind = {kind: own for kind, own in before.by_kind.items() if kind != MessageKind.SERVICE}
    new_policy = replace(new_policy, by_kind=by_kind)
    state = st.session_state
    if not state["rules-service"]:
        return new_policy
    days = tuple(sorted(choices.value("rules-service-days")))
    starts, ends = state["rules-service-from"].strip(), state["rules-service-to"].strip()
    windows = (QuietHours(days, starts, ends),) if days else ()
    quiet = windows + before.of_kind(MessageKind.SERVICE).quiet[1:]
    cap = (
        amount_fields.bounded("rules-service-cap", 0, MAX_CAP_MESSAGES),
        amount_fields.bounded("rules-service-cap-days", 0, MAX_CAP_DAYS),
    )
    is_same_cap = cap == (new_policy.cap_messages, new_policy.cap_days)  # only another cap counts each kind apart
    return new_policy.with_rules_of(MessageKind.SERVICE, quiet=quiet, cap=None if is_same_cap else cap)


def _save(account_id: int) -> None:
    """Save what was changed of the rules that the page showed, and show those that are in force then: another user may
    have changed other ones."""
    state = st.session_state
    shown: Policy = state[_SHOWN]
    try:
        saved = policy.save(store(), actor(), account_id, _typed(shown), settings().zone, seen=shown)
    except DomainError as refusal:
        state["settings-error"] = refusal.message
        if refusal.code == "changed-meanwhile":
            _show_stored(policy.in_force(store(), account_id))
        return
    _show_stored(saved)
    state["settings-success"] = _("The rules are saved and in force.")


def _typed(shown: Policy) -> Policy:
    """Return the rules in the fields. Raises `DomainError` for what cannot be read."""
    state = st.session_state
    days = tuple(sorted(choices.value("rules-days")))
    windows = (QuietHours(days, state["rules-from"].strip(), state["rules-to"].strip()),) if days else ()
    new_policy = Policy(
        quiet=windows + shown.quiet[1:],
        spend_day=amount_fields.money("rules-spend"),
        cap_messages=amount_fields.bounded("rules-cap", 0, MAX_CAP_MESSAGES),
        cap_days=amount_fields.bounded("rules-cap-days", 0, MAX_CAP_DAYS),
        approve_messages=amount_fields.count("rules-approve"),
        approve_cost=amount_fields.money("rules-approve-cost"),
        erase_months=amount_fields.bounded("rules-erase", 0, policy.MAX_MONTHS),
        own_words=policy.words_of(state["rules-own-words"]),
    )
    return _with_service_rules(new_policy, shown)


def _show_stored(rules: Policy) -> None:
    """Let the fields show these rules; in a callback."""
    service = rules.of_kind(MessageKind.SERVICE)
    values = {
        "rules-spend": amount_fields.of_money(rules.spend_day),
        "rules-cap": str(rules.cap_messages),
        "rules-cap-days": str(rules.cap_days),
        "rules-approve": amount_fields.of_count(rules.approve_messages),
        "rules-approve-cost": amount_fields.of_money(rules.approve_cost),
        "rules-erase": str(rules.erase_months),
        "rules-own-words": "\n".join(rules.own_words),
        "rules-service": MessageKind.SERVICE in rules.by_kind,
        "rules-service-cap": str(service.cap_messages),
        "rules-service-cap-days": str(service.cap_days),
    }
    for key, of_kind in (("rules", rules), ("rules-service", service)):
        quiet = of_kind.quiet[0] if of_kind.quiet else NO_QUIET
        values |= {f"{key}-days": list(quiet.days), f"{key}-from": quiet.start, f"{key}-to": quiet.to}
    st.session_state[_SHOWN] = rules
    st.session_state.update({key: value for key, value in values.items() if key in st.session_state})
