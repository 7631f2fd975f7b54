"""The files of a campaign: CSV directly, other formats by a worker and stored for some days."""

from collections.abc import Sequence
from functools import partial

import streamlit as st

from getsms_core import exports, jobs
from getsms_core.base.errors import DomainError
from getsms_core.base.permissions import Actor, Permission
from getsms_core.base.temporary import temporary_folder
from getsms_core.base.work_states import EXPORT_UNWRITTEN, ExportState, JobState
from getsms_core.jobs import JobInfo
from pages.ui.campaign import file_choice
from pages.ui.campaign.file_choice import FileChoice
from pages.ui.jobs import job_cards
from pages.ui.shared import later, live
from pages.ui.shared.plain_text import plain
from pages.ui.shared.records import Campaign, Export
from pages.ui.shared.session import _, actor, settings, store
from pages.ui.shared.widgets import count_words, moment

DIRECT_DOWNLOAD_LIMIT = 200_000  # messages of a CSV that is made while the user waits


def show(campaign: Campaign) -> None:
    """The buttons, and below them the files that a worker made or is making."""
    if not actor().may(Permission.EXPORT):
        st.info(_("Your role does not export files."), icon=":material/lock:")
        return
    campaign_id = int(campaign.id or 0)
    st.markdown(_("Every message with its row, number, text, cost, state and times."))
    chosen = file_choice.show(campaign_id)
    with st.container(horizontal=True):
        if campaign.messages <= DIRECT_DOWNLOAD_LIMIT:
            st.download_button(
                _("CSV, at once"),
                later.download(
                    Permission.EXPORT, partial(campaign_csv, campaign_id, chosen), f"campaign:{campaign_id}"
                ),
                f"{campaign.name}.csv",
                "text/csv",
                key="files-csv",
                type="primary",
                icon=":material/download:",
                on_click="ignore",
            )
            st.download_button(
                _("CSV for Excel"),
                later.download(
                    Permission.EXPORT, partial(campaign_csv, campaign_id, chosen, csv_for=exports.EXCEL_RU),
                    f"campaign:{campaign_id}",
                ),
                f"{campaign.name}.csv",
                "text/csv",
                key="files-csv-excel",
                icon=":material/table:",
                help=_("For Excel in Russian or Uzbek: semicolons, decimal commas, phones as text."),
                on_click="ignore",
            )  # fmt: skip
        for kind in ("xlsx", "parquet", "json", "csv"):
            if kind != "csv" or campaign.messages > DIRECT_DOWNLOAD_LIMIT:
                st.button(
                    {"xlsx": "Excel", "parquet": "Parquet", "json": "JSON", "csv": "CSV"}[kind],
                    key=f"files-{kind}-ask",
                    icon=":material/description:",
                    on_click=_enqueue,
                    args=(campaign_id, campaign.name, kind, chosen),
                )
    st.caption(_("A worker prepares these in the background. They are stored here for {days} days.").format(
        days=exports.KEPT_DAYS))  # fmt: skip
    exports_of_campaign = _campaign_exports(campaign_id)
    busy = [int(export.id or 0) for export in exports_of_campaign if export.state in EXPORT_UNWRITTEN]
    later.fragment(run_every=1.0 if busy else None, shows=changes)(_show_in_progress)(campaign_id, busy)
    ended = [export for export in exports_of_campaign if export.state not in EXPORT_UNWRITTEN]
    ended_jobs = jobs_of(ended)
    for export in ended:
        _file(export, ended_jobs.get(int(export.id or 0)))


def campaign_csv(campaign_id: int, chosen: FileChoice, user: Actor, *, csv_for: str = "") -> bytes:
    """Return the campaign as CSV; numbers are masked unless the user may see them."""
    with temporary_folder() as folder:
        path = folder / "messages.csv"
        exports.write(store(), user, campaign_id, "csv", path, chosen.columns, zone=settings().zone,
                      rows=chosen.rows, csv_for=csv_for)  # fmt: skip
        return path.read_bytes()


def export_bytes(export_id: int, user: Actor) -> bytes:
    """A file that a worker made."""
    with exports.open_file(store(), user, export_id) as file:
        return file.read()


def _enqueue(campaign_id: int, name: str, kind: str, chosen: FileChoice) -> None:
    try:
        exports.enqueue(
            store(), actor(), settings(), campaign_id, kind, name=name, columns=chosen.columns, rows=chosen.rows
        )
    except DomainError as refusal:
        st.session_state["campaign-error"] = refusal.message


def _campaign_exports(campaign_id: int) -> list[Export]:
    return [
        export
        for export in exports.all_exports(store())
        if exports.ExportRequest.from_stored(export.question).is_of_campaign(campaign_id)
    ]


def changes() -> tuple[object, ...]:
    """Return a value that changes with any stored file or job; only compared, never shown."""
    states = live.read("exports", lambda store: [(export.id, export.state) for export in exports.all_exports(store)])
    return states, job_cards.changes()


def _show_in_progress(campaign_id: int, followed: list[int]) -> None:
    """Show the files in progress, live. Finished files are drawn by the page: a download button that is redrawn every
    second would lose clicks."""
    in_progress = [export for export in _campaign_exports(campaign_id) if export.state in EXPORT_UNWRITTEN]
    if [int(export.id or 0) for export in in_progress] != followed:
        st.rerun()
    job_cards.show_problem()
    export_jobs = jobs_of(in_progress)
    for export in in_progress:
        _file(export, export_jobs.get(int(export.id or 0)))


def jobs_of(files: Sequence[Export]) -> dict[int, JobInfo]:
    """The job that writes, or could not write, each of these files, by the file's id."""
    subjects = {f"export:{export.id}": int(export.id or 0) for export in files if export.state != ExportState.READY}
    jobs_by_subject = jobs.of_subjects(store(), actor(), subjects) if subjects else {}
    return {subjects[subject]: of_file[0] for subject, of_file in jobs_by_subject.items()}


def _file(export: Export, job: JobInfo | None = None) -> None:
    with st.container(border=True, horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
        rows = count_words("{n} row", "{n} rows", export.rows)
        st.markdown(f"**{export.format.upper()}** · {moment(export.created_at)} · {rows}", width="content")
        if export.state == ExportState.READY and not exports.may_open(actor(), export):
            st.caption(_("It holds whole phone numbers, which your role does not see."), width="content")
        elif export.state == ExportState.READY:
            st.download_button(
                _("Download"),
                later.download(Permission.EXPORT, partial(export_bytes, int(export.id or 0)), f"export:{export.id}"),
                f"{export.name}.{export.format}",
                key=f"file-{export.id}",
                icon=":material/download:",
                on_click="ignore",
            )
        elif export.state == ExportState.FAILED:
            st.error(plain(export.message), icon=":material/block:")
        elif job is not None and job.state == JobState.RUNNING:
            st.progress(job.share or 0.0, job_cards.progress_in_words(job))
        else:
            st.caption(_("waiting for a worker …"), width="content")
        job_cards.buttons(job)
