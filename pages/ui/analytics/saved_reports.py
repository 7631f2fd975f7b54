"""Saved reports: a named filter and format that runs on a schedule, writes to a folder and is sent by e-mail."""

from dataclasses import replace

import streamlit as st

from getsms_core import jobs
from getsms_core.base.errors import DomainError
from getsms_core.base.names import LIMITS
from getsms_core.base.report_plans import EVERY, PERIODS
from getsms_core.jobs import JobInfo
from getsms_core.mail import message as mail
from getsms_core.reports import Filter
from getsms_core.scheduled import reports as saved_reports
from pages.ui.jobs import job_cards
from pages.ui.settings.rules import weekday
from pages.ui.shared import amount_fields, ask_first, choices
from pages.ui.shared.plain_text import plain
from pages.ui.shared.records import SavedReport
from pages.ui.shared.session import _, actor, settings, store
from pages.ui.shared.widgets import expander, moment


def save_form(question: Filter, format: str, columns: list[str], mask: bool) -> None:
    """Show the form that saves the filter above."""
    with expander(_("Save this selection as a report"), "saved-form", ":material/bookmark_add:"):
        left, right = st.columns(2)
        left.text_input(_("Name of the report"), key="saved-name", max_chars=LIMITS["report"].length)
        choices.selectbox(_("Period"), list(PERIODS), index=1, where=right,
                        key="saved-period", format_func=lambda code: _(PERIODS[code]),
                        help=_("Counted from the day of the run; the period ends the day before."))  # fmt: skip
        left, middle, right = st.columns(3)
        every = choices.selectbox(_("Schedule"), list(EVERY), where=left, key="saved-every",
                               format_func=lambda code: _(EVERY[code]))  # fmt: skip
        if every == "week":
            choices.selectbox(_("On"), range(7), where=middle, key="saved-weekday", format_func=weekday)
        elif every == "month":
            amount_fields.bounded_field(middle, _("On day"), 1, low=1, high=saved_reports.MONTH_DAYS, key="saved-day",
                                        help=_("In a shorter month: its last day."))  # fmt: skip
        if every != "never":
            right.text_input(_("At ({zone})").format(zone=settings().timezone), "08:00", key="saved-at", max_chars=5)
        st.checkbox(_("Write it to the folder {folder}").format(folder=settings().reports_folder), key="saved-folder")
        if mail.is_set_up(settings()):
            st.text_input(_("Send it to these addresses, separated by commas"), key="saved-mail")
        else:
            st.caption(_("To send it by e-mail, an administrator must set up a mail server: GETSMS_SMTP_HOST."))
        st.button(_("Save the report"), key="saved-go", type="primary", icon=":material/bookmark:", on_click=_save,
                  args=(question, format, tuple(columns), mask))  # fmt: skip


def _save(question: Filter, format: str, columns: tuple[str, ...], mask: bool) -> None:
    state = st.session_state
    every = str(choices.value("saved-every"))
    try:
        plan = saved_reports.Plan(
            name=str(state.get("saved-name", "")),
            period=str(choices.value("saved-period")),
            question=replace(question, since=None, until=None),
            format=format,
            columns=columns,
            mask=mask,
            every=every,
            weekday=int(choices.value("saved-weekday") or 0),
            day=amount_fields.bounded("saved-day", 1, saved_reports.MONTH_DAYS) if every == "month" else 1,
            at=str(state.get("saved-at") or "08:00").strip(),
            folder=bool(state.get("saved-folder")),
            mail=tuple(mail.parse_addresses(str(state.get("saved-mail") or ""))),
        )
        saved_reports.save(store(), actor(), settings(), plan)
    except DomainError as refusal:
        state["reports-error"] = refusal.message
        return
    state["reports-success"] = _("The report is saved.")
    state["saved-name"] = ""


def show() -> None:
    """Show the saved reports, each with the permitted actions."""
    reports = saved_reports.everything(store())
    if not reports:
        return
    st.header(_("Saved reports"), anchor=False)
    report_jobs = jobs.of_subjects(store(), actor(), [saved_reports.subject(int(report.id or 0)) for report in reports])
    for report in reports:
        of_report = report_jobs.get(saved_reports.subject(int(report.id or 0)), [])
        _report_card(report, next((job for job in of_report if job.state in job_cards.OPEN_STATES), None))


def _report_card(report: SavedReport, job: JobInfo | None) -> None:
    report_id, plan = int(report.id or 0), saved_reports.plan_of(report)
    busy = job is not None
    with st.container(border=True, key=f"saved-{report_id}"):
        with st.container(horizontal=True, vertical_alignment="center"):
            st.markdown(f"**{plain(report.name)}** · {plan.format.upper()} · {_(PERIODS[plan.period])}",
                        width="stretch")  # fmt: skip
            st.button(_("Run now"), key=f"saved-run-{report_id}", icon=":material/play_arrow:", disabled=busy,
                      on_click=_apply_action, args=("run", report_id))  # fmt: skip
            may_change = saved_reports.may_change(actor(), report)
            if may_change and plan.every != "never":
                st.button(_("Resume") if report.paused else _("Pause"), key=f"saved-pause-{report_id}", type="tertiary",
                          on_click=_apply_action, args=("resume" if report.paused else "pause", report_id))  # fmt: skip
            if may_change:
                what_happens = _("It is not made and sent any more. The files that it has written stay.")
                ask_first.button(
                    _("Delete"),
                    what_happens,
                    _("Delete the report"),
                    key=f"saved-delete-{report_id}",
                    on_click=_apply_action,
                    args=("delete", report_id),
                    type="tertiary",
                )
        st.caption(" · ".join(_facts(report, plan)))
        if busy:
            with st.container(horizontal=True, vertical_alignment="center"):
                st.caption(":material/hourglass: " + _("A worker is preparing it."), width="content")
                job_cards.buttons(job)
        elif report.last_at is not None:
            shape = "▼" if report.code else "✓"
            st.caption(plain(_("{shape} {when}: {said}").format(shape=shape, when=moment(report.last_at),
                                                                said=report.message)))  # fmt: skip


def _facts(report: SavedReport, plan: saved_reports.Plan) -> list[str]:
    when = _(EVERY[plan.every])
    if plan.every == "week":
        when += f", {weekday(plan.weekday)}"
    elif plan.every == "month":
        when += ", " + _("day {n}").format(n=plan.day)
    facts = [when if plan.every == "never" else f"{when}, {plan.at}"]
    if report.paused:
        facts.append(_("paused"))
    elif report.next_at is not None:
        facts.append(_("next run {when}").format(when=moment(report.next_at)))
    if plan.folder:
        facts.append(_("written to the folder"))
    if plan.mail:
        facts.append(_("sent to {addresses}").format(addresses=", ".join(plan.mail)))
    return [plain(fact) for fact in (*facts, _("saved by {name}").format(name=report.created_by))]


def _apply_action(action: str, report_id: int) -> None:
    try:
        if action == "run":
            saved_reports.run_now(store(), actor(), report_id)
            done = _("A worker is preparing it. You may close this page.")
        elif action == "delete":
            saved_reports.delete(store(), actor(), report_id)
            done = _("The report is deleted.")
        else:
            saved_reports.pause(store(), actor(), settings(), report_id, action == "pause")
            done = _("The report is paused.") if action == "pause" else _("The report is made again, as planned.")
    except DomainError as refusal:
        st.session_state["reports-error"] = refusal.message
        return
    st.session_state["reports-success"] = done
