"""The live progress of a list's check, and a button that cancels it."""

import time
from functools import partial

import streamlit as st

from getsms_core.base.errors import DomainError
from getsms_core.base.work_states import LIST_UNCHECKED
from getsms_core.contacts import lists
from getsms_core.contacts import progress as list_progress
from getsms_core.delivery import workers_online
from pages.ui.jobs import job_cards
from pages.ui.shared import later, live
from pages.ui.shared.session import _, actor, store
from pages.ui.shared.widgets import count_words, duration

STEPS = list(list_progress.STEPS)


def show(list_id: int) -> None:
    """Show the progress of a check; when it ends, run the whole page again."""
    later.fragment(run_every=1.0, shows=partial(_changes, list_id))(_show)(list_id)


def _changes(list_id: int) -> tuple[object, ...]:
    state = live.read(("list-state", list_id), lambda store: lists.get(store, list_id).state)
    workers = live.read("workers", workers_online.present)
    return state, bool(workers), job_cards.changes()


def _show(list_id: int) -> None:
    try:
        recipient_list = lists.get(store(), list_id)
    except DomainError:
        st.rerun()
    if recipient_list.state not in LIST_UNCHECKED:
        st.rerun()
    if not workers_online.present(store()):
        st.warning(
            _("The list is queued: no worker is running to check it. The file is saved."), icon=":material/hourglass:"
        )
    else:
        progress = list_progress.read(list_progress.job_of(store(), actor(), list_id))
        if not progress.step:
            facts = [_("Waiting for a worker …")]
        else:
            facts = [_("Step {n} of {all}: {step} …").format(
                n=progress.place + 1, all=len(STEPS), step=_(list_progress.STEPS[progress.step])
            )]  # fmt: skip
        if progress.rows:
            facts.append(count_words("{n} row", "{n} rows", progress.rows))
        if progress.began_at:
            facts.append(duration(max(0.0, time.time() - progress.began_at / 1000)))
        share = 0.0 if not progress.step else (progress.place + 0.5) / len(STEPS)
        st.progress(share, " · ".join(facts))
    with st.container(horizontal=True, vertical_alignment="center"):
        st.button(
            _("Stop the check"), key=f"list-stop-{list_id}", icon=":material/close:", on_click=_stop, args=(list_id,)
        )
        st.caption(_("You may close this page: the check continues."), width="content")


def _stop(list_id: int) -> None:
    list_progress.cancel(store(), actor(), list_id)
