"""Reports: the messages of a filter as a file. A worker makes large ones and stores them."""

import time
from functools import partial

import streamlit as st

from getsms_core import exports, reports
from getsms_core.base.errors import DomainError
from getsms_core.base.i18n import N_
from getsms_core.base.permissions import Actor, Permission
from getsms_core.base.temporary import temporary_folder
from getsms_core.base.work_states import EXPORT_UNWRITTEN, ExportState, JobState
from getsms_core.contacts.list_columns import PREFIX
from getsms_core.jobs import JobInfo
from getsms_core.reports import Filter
from pages.ui.analytics import filters, saved_reports
from pages.ui.campaign import files as campaign_files
from pages.ui.jobs import job_cards
from pages.ui.shared import ask_first, choices, file_columns, later, outcomes
from pages.ui.shared.plain_text import plain
from pages.ui.shared.records import Export
from pages.ui.shared.session import _, actor, require, settings, store
from pages.ui.shared.widgets import count_words, moment, number

DIRECT_DOWNLOAD_LIMIT = 20_000  # messages; what is read in less than a second
FORMATS = {
    "xlsx": N_("Excel (XLSX)"),
    "csv": N_("CSV"),
    "parquet": N_("Parquet"),
    "json": N_("JSON"),
    "pdf": N_("For the board (PDF)"),
}
MIMES = {
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "csv": "text/csv",
    "parquet": "application/vnd.apache.parquet",
    "json": "application/json",
    "pdf": "application/pdf",
}


def main() -> None:
    """One run of the page."""
    user = require(Permission.EXPORT)
    st.title(_("Reports"), anchor=False)
    st.markdown(_("Choose what to include, then download: one row per message, or charts for the board."))
    question = filters.filter_bar(time.time_ns() // 1_000_000)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        format = choices.segmented_control(
            _("Format"), list(FORMATS), default="xlsx", required=True, format_func=lambda code: _(FORMATS[code]),
            key="report-format", wrap=True,
        )  # fmt: skip
        board = format == exports.BOARD
        hidden = (
            not board
            and user.may(Permission.SEE_PHONES)
            and st.toggle(_("Hide the middle of phone numbers"), key="report-mask")
        )
    columns: list[str] = []
    if not board:
        of_lists = reports.cut_columns(store(), user, question, settings().zone)
        columns = file_columns.file_choice("report-columns", [f"{PREFIX}{name}" for name in of_lists])
    if board:
        st.caption(_("Title, period, figures, charts and a table of campaigns. It names no phone number."))
    elif not user.may(Permission.SEE_PHONES):
        st.caption(_("Your role sees phone numbers with their middle hidden, in files too."))
    n = reports.total(store(), question, settings().zone).figures.total
    outcomes.show("reports")
    show_file_buttons(question, str(format or "xlsx"), columns, bool(hidden), n)
    saved_reports.save_form(question, str(format or "xlsx"), columns, bool(hidden))
    saved_reports.show()
    st.header(_("Files"), anchor=False)
    show_files()


def show_file_buttons(question: Filter, format: str, columns: list[str], hidden: bool, n: int) -> None:
    """Show the buttons: download now for a small file, prepare by a worker otherwise."""
    chosen = columns or None
    name = "report" if format == exports.BOARD else "messages"
    sentence = count_words("**{n}** message matches these filters.", "**{n}** messages match these filters.", n)
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(sentence)
        if n > 0 and (n <= DIRECT_DOWNLOAD_LIMIT or format == exports.BOARD):
            st.download_button(
                _("Download now"),
                data=later.download(
                    Permission.EXPORT, partial(_report_bytes, question, format, chosen, hidden), "messages"
                ),
                file_name=f"{name}.{format}", mime=MIMES[format], type="primary",
                key="report-now", icon=":material/download:", on_click="ignore",
            )  # fmt: skip
            if format == "csv":
                st.download_button(
                    _("CSV for Excel"),
                    data=later.download(
                        Permission.EXPORT,
                        partial(_report_bytes, question, format, chosen, hidden, csv_for=exports.EXCEL_RU),
                        "messages",
                    ),
                    file_name=f"{name}.csv", mime=MIMES["csv"], key="report-excel", icon=":material/table:",
                    help=_("For Excel in Russian or Uzbek: semicolons, decimal commas, phones as text."),
                    on_click="ignore",
                )  # fmt: skip
        if st.button(
            _("Prepare the file in the background"), key="report-ask", icon=":material/schedule:", disabled=n == 0
        ):
            exports.enqueue(store(), actor(), settings(), question, format, columns=chosen, mask=hidden)
            outcomes.show_one("success", _("A worker is preparing it. You may close this page."))


def _report_bytes(
    question: Filter, format: str, columns: list[str] | None, hidden: bool, user: Actor, *, csv_for: str = ""
) -> bytes:
    """Return the file of a filter. Numbers are masked on request."""
    with temporary_folder() as folder:
        path = folder / f"messages.{format}"
        exports.report(store(), user, question, format, path, columns, hidden, zone=settings().zone, csv_for=csv_for)
        return path.read_bytes()


def show_files() -> None:
    """Show the stored files, and the progress of those that a worker prepares."""
    files = exports.all_exports(store())
    if not files:
        st.caption(_("None yet. Files are stored here for {n} days.").format(n=exports.KEPT_DAYS))
    show_files_in_progress([(file.id, file.state) for file in files])
    ended = [file for file in files if file.state not in EXPORT_UNWRITTEN]
    ended_jobs = campaign_files.jobs_of(ended)
    for file in ended:
        show_file(file, ended_jobs.get(file.id or 0))


@later.fragment(run_every="2s", shows=campaign_files.changes)
def show_files_in_progress(shown_states: list[tuple[int | None, str]]) -> None:
    """Show the files that a worker prepares. The whole page runs again when one is added, ready or deleted: a download
    button that is redrawn every two seconds would lose clicks."""
    files = exports.all_exports(store())
    if [(file.id, file.state) for file in files] != shown_states:
        st.rerun()
    job_cards.show_problem()
    in_progress = [file for file in files if file.state in EXPORT_UNWRITTEN]
    open_jobs = campaign_files.jobs_of(in_progress)
    for file in in_progress:
        show_file(file, open_jobs.get(file.id or 0))


def show_file(file: Export, job: JobInfo | None) -> None:
    """Show a file with its progress and the permitted actions."""
    assert file.id is not None
    with st.container(border=True, horizontal=True, vertical_alignment="center", key=f"file-{file.id}"):
        with st.container(width="stretch", gap=None):
            st.markdown(f"**{plain(file.name)}** · {_(FORMATS.get(file.format, file.format))}")
            about = _("{when}, {who}").format(when=moment(file.created_at), who=plain(file.created_by))
            if file.state == ExportState.READY:
                rows = count_words("{n} row", "{n} rows", file.rows)
                st.caption(f"{about} · {rows} · {file_size(file.size)}")
            elif file.state == ExportState.FAILED:
                st.caption(f"{about} · ▼ {plain(file.message)}")
            else:
                is_running = job is not None and job.state == JobState.RUNNING
                in_words = job_cards.progress_in_words(job) if job and is_running else _("Waiting for a worker")
                st.progress((job and job.share) or 0.0, f"{in_words}")
                st.caption(about)
        if file.state == ExportState.READY and exports.may_open(actor(), file):
            st.download_button(
                _("Download"),
                data=later.download(
                    Permission.EXPORT, partial(campaign_files.export_bytes, file.id), f"export:{file.id}"
                ),
                mime=MIMES[file.format], file_name=f"{file.name}.{file.format}", key=f"file-get-{file.id}",
                icon=":material/download:",
                on_click="ignore",
            )  # fmt: skip
        job_cards.buttons(job)
        if file.created_by == actor().name or actor().may(Permission.SETTINGS):
            what_happens = _("The file is deleted. The messages stay: it can be prepared again.")
            ask_first.button(
                _("Delete"),
                what_happens,
                _("Delete the file"),
                key=f"file-delete-{file.id}",
                on_click=_delete,
                args=(file.id,),
                type="tertiary",
            )


def _delete(export_id: int) -> None:
    try:
        exports.delete(store(), actor(), export_id)
    except DomainError as refusal:
        st.session_state["reports-error"] = refusal.message
        return
    st.session_state["reports-success"] = _("The file is deleted.")


def file_size(n: int) -> str:
    """Return a size in readable units."""
    return _("{n} KB").format(n=number(round(n / 1e3))) if n < 1e6 else _("{n} MB").format(n=number(round(n / 1e6, 1)))


main()
