"""The gateway: mode, account, a check that sends nothing, and what the environment has set."""

import time

import streamlit as st
from pydantic import SecretStr

from getsms_core import reports
from getsms_core.accounts import gateway_account
from getsms_core.base.errors import DomainError
from getsms_core.billing import price_list
from getsms_core.delivery import workers_online
from getsms_core.gateway import Probe
from getsms_core.reports import going_live
from getsms_core.sandbox.process import ensure_running_for
from pages.ui.overview import live_checklist
from pages.ui.shared import later
from pages.ui.shared.plain_text import plain
from pages.ui.shared.session import _, actor, settings, store
from pages.ui.shared.widgets import Figure, count_words, duration, expander, metric_row, moment, money, number

UNSET = "–"


def show() -> None:
    """Show the mode and a check, figures of use, and every setting with its name."""
    current = settings()
    with st.container(border=True):
        if current.sandbox:
            st.header(_("Sandbox: nothing leaves this machine"), anchor=False, icon=":material/science:")
            st.markdown(
                _("The program practises with a gateway of its own. To send for real, set {login} and {password} "
                  "in the environment or in the file {file}, and start it again.").format(
                    login="`GETSMS_LOGIN`", password="`GETSMS_PASSWORD`", file="`.env`")  # noqa: S106
            )  # fmt: skip
        else:
            st.header(
                _("Live: account {name}").format(name=plain(current.login)), anchor=False, icon=":material/cell_tower:"
            )
            st.markdown(_("SMS go to real phones, through {url}.").format(url=f"`{current.shown_url}`"))
            if current.url.startswith("http://"):
                st.caption(_("The gateway speaks plain HTTP: texts and the password cross the network in clear."))
        _check()
        _sender()
    live_checklist.show_again_button(actor())
    _workers()
    metric_row(
        [
            Figure(
                _("Requests a second"),
                number(current.rate) if current.rate else _("no limit"),
                help=_("How often all workers together may call the gateway; one call has up to {n} messages. Setting: "
                       "{name}").format(n=number(current.chunk_size), name="GETSMS_RATE"),
            ),
            Figure(
                _("At the same time"),
                number(current.concurrency),
                help=_("How many calls may wait for the gateway's answer at once. Setting: {name}").format(
                    name="GETSMS_CONCURRENCY"),
            ),
            Figure(_("Price of one SMS"), money(price_list.tiyin(current.price)), help="GETSMS_PRICE"),
            Figure(_("Time zone"), current.timezone, help="GETSMS_TIMEZONE"),
        ]
    )  # fmt: skip
    with expander(_("All settings, with the names they come from"), "gateway-settings", ":material/tune:"):
        st.caption(_("Set them as environment variables or in .env. They are read at startup."))
        st.table(_settings(), hide_index=True, border="horizontal")


def _check() -> None:
    if st.button(_("Check the connection"), key="gateway-check", icon=":material/network_check:"):
        with st.spinner(_("Asking the gateway …")):
            st.session_state["gateway-probe"] = (
                going_live.check_connection(store(), actor(), settings(), probe),
                time.time(),
            )
    st.caption(_("It asks for the status of a made-up message. No SMS is sent and nothing is charged."))
    last_probe = st.session_state.get("gateway-probe")
    if last_probe is None:
        return
    probe_result, probed_at = last_probe
    ago = _("{time} ago").format(time=duration(time.time() - probed_at))
    if probe_result.ok:
        st.success(f"{plain(probe_result.message)} ({ago})", icon=":material/check_circle:")
    else:
        st.error(f"{plain(probe_result.message)} ({ago})", icon=":material/block:")
    if probe_result.outgoing_ip:
        st.markdown(
            _("The gateway sees this machine as {ip}. That address must be registered with its support.").format(
                ip=f"`{probe_result.outgoing_ip}`"
            )
        )


def _sender() -> None:
    """Show the last answers to the sender name: the gateway checks it only at a submission."""
    name = settings().nickname
    if not name:
        st.caption(_("No sender name is set (GETSMS_NICKNAME): SMS come from a short number."))
        return
    sender = reports.sender_name(store(), gateway_account.account_id(store(), settings()), name)
    if sender.refused:
        sentence = _(
            "The gateway refused the sender name “{name}” on {when}. Choose a registered one (GETSMS_NICKNAME)."
        )
        st.error(sentence.format(name=plain(name), when=moment(sender.refused_at)), icon=":material/badge:")
    elif sender.taken_at is not None:
        sentence = _("The gateway last accepted the sender name “{name}” on {when}.")
        st.caption(sentence.format(name=plain(name), when=moment(sender.taken_at)))
    else:
        sentence = _("The sender name “{name}” has not been used yet. The gateway checks it only when a message "
                  "is sent: send a test SMS to yourself.")  # fmt: skip
        st.caption(sentence.format(name=plain(name)))


def probe() -> Probe:
    """Check whether the current gateway would accept messages from here."""
    current = settings()
    try:
        sandbox = ensure_running_for(current) if current.sandbox else None
    except DomainError as refusal:
        return Probe(refusal.code, False, refusal.message)
    try:
        gateway = gateway_account.gateway(current, sandbox.url if sandbox else "")
        try:
            return gateway.probe()
        finally:
            gateway.close()
    except ValueError as error:
        sentence = _("The setting {name} cannot be used: {reason}.").format(name="GETSMS_URL", reason=error)
        return Probe("bad-setting", False, sentence)
    finally:
        if sandbox is not None:
            sandbox.stop()


@later.fragment(run_every="5s")
def _workers() -> None:
    workers = workers_online.present(store())
    if not workers:
        st.warning(
            _("No worker is running: nothing will be sent. Start it with: {command}").format(command="`getsms worker`"),
            icon=":material/heart_broken:",
        )
        return
    label = count_words("{n} worker is running", "{n} workers are running", len(workers))
    with expander(label, "gateway-workers", ":material/engineering:"):
        st.table(
            [
                {
                    _("Machine"): plain(worker.host),
                    _("Process"): str(worker.pid),
                    _("Last seen"): _("{time} ago").format(time=duration(worker.silent_ms / 1000)),
                }
                for worker in workers
            ],
            hide_index=True,
            border="horizontal",
        )


def _settings() -> list[dict[str, str]]:
    now = settings()
    return [
        {_("Setting"): f"`GETSMS_{name.upper()}`", _("In force"): plain(_value(name, getattr(now, name)))}
        for name in type(now).model_fields
        if name != "database_url"
    ]


def _value(name: str, value: object) -> str:
    if name == "url":
        return settings().shown_url
    if isinstance(value, SecretStr):
        return _("set") if value.get_secret_value() else UNSET
    return UNSET if value is None or str(value) == "" else str(value)
