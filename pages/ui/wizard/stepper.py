"""The frame of a new campaign: the five steps, the slot that the open one is drawn in, and Back and Next.

Streamlit leaves what the step before drew on the page until the new step draws over it, so that for seconds widgets of
both are seen. Here each step has a slot of its own, and the slots of the others are emptied before a step is drawn."""

from collections.abc import Callable
from typing import Any, NamedTuple

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from pages.ui.shared.asset_files import style_element
from pages.ui.shared.page_scripts import TO_THE_TOP
from pages.ui.shared.plain_text import plain
from pages.ui.shared.session import _
from pages.ui.shared.wizard_draft import STEPS, go_to_step, take_refusals

_SHOWN = "wizard-shown"
_ORDER = list(STEPS)


class Onward(NamedTuple):
    """The button that leads on from a step. `why_not` says what must be done first where the step is not `ready`."""

    label: str
    ready: bool = True
    why_not: str = ""
    key: str = "wizard-on"
    icon: str = ":material/arrow_forward:"
    on_click: Callable[..., None] = go_to_step
    args: tuple[Any, ...] = ()


def to_step(code: str, ready: bool = True, why_not: str = "") -> Onward:
    """The button to one of `STEPS`."""
    return Onward(_("Next: {step}").format(step=_(STEPS[code])), ready, why_not, args=(code,))


def show(draft_id: int, current: str, blocked: dict[str, str], draw: Callable[[], Onward]) -> None:
    """Draw a step with `draw`, below the steps and above Back and Next; `blocked` as `wizard_draft.why_blocked`."""
    st.html(style_element("wizard/assets/steps.css"))
    _trail(current, blocked)
    place = f"{draft_id} {current}"
    is_new = st.session_state.get(_SHOWN) != place
    slots = {code: st.container(key=f"wizard-step-{code}") if code == current else st.empty() for code in STEPS}
    with st.container(key="wizard-bar"):
        sentence = st.container()
        with st.container(horizontal=True, horizontal_alignment="distribute", key="wizard-buttons"):
            _back(current)
            onward = st.empty()
    if is_new:
        st.session_state[_SHOWN] = place
        _wait(current, onward)
        # To the top: the button was at the end of the step before.
        st.html(f'<i hidden title="{place}"></i><script>{TO_THE_TOP}</script>', unsafe_allow_javascript=True)
    with slots[current]:
        if is_new:
            with st.skeleton(height=240):
                button = draw()
        else:
            st.empty()  # in place of the skeleton, so that what follows keeps its place
            button = draw()
    with sentence:
        _say(button)
    onward.button(
        button.label,
        key=button.key,
        type="primary",
        icon=button.icon,
        icon_position="right",
        disabled=not button.ready,
        on_click=button.on_click,
        args=button.args,
    )


def _trail(current: str, blocked: dict[str, str]) -> None:
    """The five steps: done, open, or blocked with the reason."""
    with st.container(horizontal=True, gap="xsmall", wrap=False, key="wizard-trail"):
        for number, (code, label) in enumerate(STEPS.items(), 1):
            # A text that can be sent proves that the three steps before the preview are done, whichever is open now.
            is_done = number <= _ORDER.index(current) or ("preview" not in blocked and number <= 3)
            icon = "lock" if code in blocked else "check_circle" if is_done else f"counter_{number}"
            st.button(
                _(label),
                key=f"step-{code}",
                icon=f":material/{icon}:",
                type="primary" if code == current else "tertiary",
                disabled=code in blocked,
                help=blocked.get(code),
                on_click=go_to_step,
                args=(code,),
            )


def _back(current: str) -> None:
    before = _ORDER.index(current) - 1
    st.button(
        _("Back"),
        key="wizard-back",
        icon=":material/arrow_back:",
        disabled=before < 0,
        on_click=go_to_step,
        args=(_ORDER[max(before, 0)],),
    )


def _wait(current: str, onward: DeltaGenerator) -> None:
    """Until a new step is drawn, its button cannot be pressed: that of the step before leads elsewhere."""
    after = _ORDER[_ORDER.index(current) + 1 :]
    label = to_step(after[0]).label if after else _(STEPS[current])
    onward.button(label, key="wizard-on-wait", type="primary", disabled=True)


def _say(button: Onward) -> None:
    """What was refused and has no place in the step, and why the button cannot be pressed."""
    for message in take_refusals():
        st.error(plain(message), icon=":material/block:")
    if not button.ready and button.why_not:
        st.caption(button.why_not, text_alignment="right")
