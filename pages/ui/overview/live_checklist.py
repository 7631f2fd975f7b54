"""The way from the sandbox to live sending, as a checklist that ticks itself; administrators see it until it is done or
hidden, and Settings bring it back."""

from contextlib import suppress
from typing import NamedTuple

import streamlit as st

from getsms_core.base.errors import DomainError
from getsms_core.base.permissions import Actor, Permission
from getsms_core.reports import going_live
from getsms_core.reports.going_live import LiveStep
from getsms_core.users import remembered_choices
from pages.ui.shared import live
from pages.ui.shared.session import _, actor, settings, store
from pages.ui.shared.widgets import number

_CHOICE = "live-checklist"
_HIDDEN = "hidden"
_SECONDS = 5.0


class _Line(NamedTuple):
    """What a step is, how it is done, and the page on which it is done."""

    title: str
    how: str
    button: str = ""
    page: str = "settings.py"
    query: dict[str, str] | None = None


def is_hidden(user: Actor) -> bool:
    """Whether the user has hidden the checklist."""
    return remembered_choices.get(store(), user, _CHOICE) == [_HIDDEN]


def show(user: Actor) -> None:
    """Show the checklist to an administrator who has not hidden it, while a step is open."""
    if not user.may(Permission.SETTINGS) or is_hidden(user):
        return
    steps = live.read(_CHOICE, lambda store: going_live.steps(store, actor(), settings()), _SECONDS)
    if all(steps.values()):
        return
    with st.container(border=True, key="live-checklist"):
        with st.container(horizontal=True, vertical_alignment="center"):
            st.header(_("From the sandbox to real phones"), anchor=False, width="stretch")
            sentence = _("{done} of {total} done")
            st.caption(sentence.format(done=number(sum(steps.values())), total=number(len(steps))), width="content")
        lines = _lines()
        for step, is_done in steps.items():
            _show_line(step, lines[step], is_done)
        st.button(_("Hide this list"), key="live-checklist-hide", icon=":material/visibility_off:", type="tertiary",
                  on_click=_hide, help=_("To show it again: Settings, Gateway."))  # fmt: skip


def show_again_button(user: Actor) -> None:
    """A button that brings a hidden checklist back to the overview; for Settings."""
    if is_hidden(user):
        st.button(_("Show the checklist for live sending on the overview"), key="live-checklist-show",
                  icon=":material/checklist:", on_click=_show_again)  # fmt: skip


def _show_line(step: LiveStep, line: _Line, is_done: bool) -> None:
    mark = f":green[:material/check_circle:] {_('Done')}:" if is_done else ":material/radio_button_unchecked:"
    with st.container(horizontal=True, vertical_alignment="center", key=f"live-step-row-{step.value}"):
        st.markdown(f"{mark} **{line.title}**" + ("" if is_done else f"  \n{line.how}"), width="stretch")
        if line.button and not is_done and st.button(line.button, key=f"live-step-go-{step.value}"):
            st.switch_page(line.page, query_params=line.query)


def _lines() -> dict[LiveStep, _Line]:
    gateway = {"view": "gateway"}
    login = _("Set {login} and {password} in the environment or in the file {file}, and start the program again.")
    return {
        LiveStep.LOGIN: _Line(
            _("Gateway login"),
            login.format(login="`GETSMS_LOGIN`", password="`GETSMS_PASSWORD`", file="`.env`"),  # noqa: S106
            _("See the settings"), query=gateway,
        ),
        LiveStep.ADDRESS: _Line(
            _("Registered address"),
            _("Register the address of this machine with the gateway's support, then check the connection."),
            _("Check the connection"), query=gateway,
        ),
        LiveStep.SENDER: _Line(
            _("Sender name"),
            _("Set {name} to a registered name. The gateway checks it when the first SMS is sent.").format(
                name="`GETSMS_NICKNAME`"
            ),
            _("See the answers of the gateway"), query=gateway,
        ),
        LiveStep.TEST: _Line(
            _("Test SMS"),
            _("Write a campaign and, on its last step, send a test SMS to your own phone."),
            _("New campaign"), page="new_campaign.py",
        ),
        LiveStep.USERS: _Line(
            _("Users"),
            _("Invite your colleagues, each with a role of their own."),
            _("Invite users"), query={"view": "people"},
        ),
        LiveStep.LIMITS: _Line(
            _("Limits"),
            _("Set quiet hours, a spending limit, a frequency cap or approval."),
            _("Set the rules"), query={"view": "rules"},
        ),
        LiveStep.BACKUP: _Line(
            _("Backup"),
            _("On the computer that the program runs on, make one regularly: {command}").format(
                command="`getsms backup FILE`"
            ),
        ),
    }  # fmt: skip


def _hide() -> None:
    _remember([_HIDDEN])


def _show_again() -> None:
    _remember([])


def _remember(choice: list[str]) -> None:
    with suppress(DomainError):  # signed out since the page was drawn: the run that follows says so
        remembered_choices.keep(store(), actor(), _CHOICE, choice)
