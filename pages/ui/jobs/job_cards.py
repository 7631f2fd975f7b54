"""Background jobs as cards: what is done, how far it is, who asked for it, why it failed; retry and cancel."""

import time

import streamlit as st

from getsms_core import jobs
from getsms_core.audit import details
from getsms_core.audit import labels as audit_labels
from getsms_core.base.errors import DomainError
from getsms_core.base.permissions import SYSTEM
from getsms_core.base.work_states import JOB_LABELS, JobKind, JobState
from getsms_core.campaigns import response_uploads
from getsms_core.contacts.progress import STEPS
from getsms_core.jobs import JobInfo
from getsms_core.worker import handlers
from pages.ui.shared import later, live, outcomes
from pages.ui.shared.plain_text import plain
from pages.ui.shared.session import _, actor, store
from pages.ui.shared.sitemap import named
from pages.ui.shared.style import Look
from pages.ui.shared.widgets import count_words, duration, moment, number

LOOKS = {
    JobState.QUEUED: Look("gray", "○"),
    JobState.RUNNING: Look("blue", "►"),
    JobState.DONE: Look("green", "●"),
    JobState.FAILED: Look("red", "▼"),
    JobState.CANCELLED: Look("gray", "⊘"),
}
SUBJECT_PAGES = {"list": ("lists", "list"), "campaign": ("campaigns", "id"), "export": ("reports", ""),
                 "report": ("reports", "")}  # fmt: skip
"""The page of a kind of subject, and its parameter there; others have none."""
OPEN_STATES = (JobState.QUEUED, JobState.RUNNING)


def show_of_subject(subject: str, *, shown_code: str = "") -> None:
    """Show the open and failed jobs of a subject on its page, live while one is open. `shown_code`: the code of a
    reason that the page itself shows; it is not repeated."""
    shown = jobs.of_subject(store(), actor(), subject)
    if shown:
        is_open = any(job.state in OPEN_STATES for job in shown)
        drawn = [(job.id, job.state) for job in shown]
        later.fragment(run_every=1.0 if is_open else None, shows=changes)(_live)(subject, shown_code, drawn)


def changes() -> tuple[object, ...]:
    """Return a value that changes with any card of any user, for the timers of all pages: only compared, never shown. A
    job that runs shows its seconds."""
    all_jobs = live.read("jobs", lambda store: jobs.all_jobs(store, SYSTEM))
    runs = any(job.state == JobState.RUNNING for job in all_jobs)
    return *all_jobs, int(time.time()) if runs else 0


def _live(subject: str, shown_code: str, drawn: list[tuple[int, JobState]]) -> None:
    shown = jobs.of_subject(store(), actor(), subject)
    if [(job.id, job.state) for job in shown] != drawn:
        st.rerun()
    show_problem()
    for job in shown:
        show(job, with_subject=False, with_reason=job.error_code != shown_code)


def show(job: JobInfo, *, with_subject: bool = True, with_reason: bool = True) -> None:
    """Show one job as a card."""
    look, label = LOOKS[job.state], _("Stopping") if job.stopping else _(JOB_LABELS[job.state])
    with st.container(border=True, horizontal=True, vertical_alignment="center", key=f"job-card-{job.id}"):
        with st.container(width="stretch", gap=None):
            name = f" · {plain(_subject_name(job))}" if with_subject else ""
            st.markdown(f":{look.colour}-badge[{look.shape} {label}] **{_(jobs.KIND_LABELS[job.kind])}**{name}")
            if job.state == JobState.RUNNING:
                st.progress(job.share or 0.0, progress_in_words(job, with_state=False))
            if with_reason and job.reason:
                st.markdown(f"▼ {plain(job.reason)}")
            st.caption(_about(job))
        if with_subject:
            _link(job)
        buttons(job)


def buttons(job: JobInfo | None) -> None:
    """Show what the user may do with a job."""
    if job is None:
        return
    if job.may_retry:
        st.button(_("Try again"), key=f"job-retry-{job.id}", icon=":material/refresh:", on_click=_act,
                  args=("retry", job.id))  # fmt: skip
    if job.may_cancel:
        st.button(_("Stop"), key=f"job-cancel-{job.id}", icon=":material/close:", on_click=_act,
                  args=("cancel", job.id))  # fmt: skip


def show_problem() -> None:
    """Show why the last retry or cancelling was refused."""
    outcomes.show("jobs")


def _act(action: str, job_id: int) -> None:
    try:
        {"retry": handlers.retry, "cancel": handlers.cancel}[action](store(), actor(), job_id)
    except DomainError as refusal:
        st.session_state["jobs-error"] = refusal.message


def progress_in_words(job: JobInfo, *, with_state: bool = True) -> str:
    """How far a running job is: its step, what is done of all, and for how long it runs."""
    state = [_("In progress")] if with_state else []
    steps = {**STEPS, **response_uploads.STEPS}
    facts = [_(steps[job.step])] if job.step in steps else state
    if job.share is not None and job.done:
        facts.append(f"{number(job.done)} / {number(job.total or 0)}")
    if job.started_at is not None:
        facts.append(duration(max(0.0, time.time() - job.started_at / 1000)))
    return " · ".join(facts)


def _subject_name(job: JobInfo) -> str:
    words = audit_labels.subject(job.subject)
    return f"{words} “{job.name}”" if job.name and job.kind != JobKind.REPORT else job.name or words


def _about(job: JobInfo) -> str:
    facts = [_("Job {id}").format(id=job.id)]
    who = plain(details.who(job.created_by))
    facts.append(_("asked for by {name}, {when}").format(name=who, when=moment(job.created_at)))
    if job.state == JobState.RUNNING and job.host:
        facts.append(_("on {host}").format(host=plain(job.host)))
    if job.ended_at is not None:
        facts.append(_("ended {when}").format(when=moment(job.ended_at)))
    if job.attempts > 1:
        facts.append(count_words("{n} attempt", "{n} attempts", job.attempts))
    return " · ".join(facts)


def _link(job: JobInfo) -> None:
    kind, _colon, identifier = job.subject.partition(":")
    if kind not in SUBJECT_PAGES:
        return
    page, parameter = SUBJECT_PAGES[kind]
    entry = named(page)
    if not job.name or entry is None or not actor().may(entry.right):
        return
    if st.button(_("Open"), key=f"job-open-{job.id}", icon=":material/arrow_forward:", type="tertiary"):
        st.switch_page(entry.file, query_params={parameter: identifier} if parameter else None)
