"""Background jobs: those that run, those that wait for a worker, and those that failed, with the reason."""

import streamlit as st

from getsms_core import jobs
from getsms_core.base.permissions import Permission
from getsms_core.base.work_states import JobState
from pages.ui.jobs import job_cards
from pages.ui.shared import later
from pages.ui.shared.session import _, actor, require, store

GROUPS = (
    ((JobState.RUNNING,), "running"),
    ((JobState.QUEUED,), "queued"),
    ((JobState.FAILED, JobState.CANCELLED), "ended"),
)


def main() -> None:
    """One run of the page."""
    user = require(Permission.READ)
    st.title(_("Background jobs"), anchor=False)
    st.caption(
        _("What workers do beside the sending, for all users. Failed jobs are kept for a month.")
        if user.may(Permission.SETTINGS)
        else _("What workers do for you beside the sending. Failed jobs are kept for a month.")
    )
    show_jobs()


@later.fragment(run_every="2s", shows=job_cards.changes)
def show_jobs() -> None:
    """Show the jobs, live."""
    job_cards.show_problem()
    shown = jobs.all_jobs(store(), actor())
    if not shown:
        st.info(_("No job is running, waiting or failed."), icon=":material/task_alt:")
    titles = {"running": _("Running"), "queued": _("Waiting for a worker"), "ended": _("Failed or cancelled")}
    for states, group in GROUPS:
        of_group = [job for job in shown if job.state in states]
        if of_group:
            st.header(titles[group], anchor=False)
        for job in of_group:
            job_cards.show(job)


main()
