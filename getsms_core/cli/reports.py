"""`getsms reports, alerts`: saved reports and the recipients of delivery alerts."""

from typing import TYPE_CHECKING, Any

import click
from click.core import ParameterSource

from getsms_core.base.i18n import N_, _, pgettext
from getsms_core.base.report_plans import EVERY, PERIODS
from getsms_core.cli.file_options import (
    columns_of,
    columns_option,
    filter_options,
    refuse_ignored,
    refuse_unknown_ranges,
)
from getsms_core.cli.framework import (
    Whole,
    answer,
    clock,
    database,
    instant,
    json_option,
    settings_in_force,
    somebody,
    table,
)
from getsms_core.cli.weekdays import DAYS, Weekday

if TYPE_CHECKING:
    from getsms_core.base.settings import Settings
    from getsms_core.db.models import SavedReport

FORMATS = ["pdf", "csv", "xlsx", "parquet", "json"]
_PLAN = ("format", "period", "question", "columns", "mask", "every", "at", "folder", "mail")
report_id = click.argument("report_id", metavar="ID", type=Whole(1))


@click.group("reports")
def reports_command() -> None:
    """Manage saved reports. A worker creates them on request or on a schedule; they are written to a folder or sent
    by e-mail."""


@reports_command.command("list")
@json_option
def list_command(as_json: bool) -> None:
    """List saved reports, their next run and the result of the last one."""
    settings = settings_in_force()
    from getsms_core.scheduled import reports as saved_reports

    with database(settings) as store:
        saved_report_rows = saved_reports.everything(store)
        states = saved_reports.states(store)
    head = [
        _("ID"),
        _("Name"),
        _("Format"),
        _("Period"),
        _("Schedule"),
        pgettext("run of a report", "Next"),
        pgettext("run of a report", "Last"),
        _("How it went"),
    ]
    rows = [
        [
            report.id,
            report.name,
            saved_reports.plan_of(report).format,
            _(PERIODS[saved_reports.plan_of(report).period]),
            _(EVERY[saved_reports.plan_of(report).every]),
            clock(report.next_at, settings),
            clock(report.last_at, settings),
            report.message,
        ]
        for report in saved_report_rows
    ]
    documents = [_document(report, settings, states.get(report.id or 0, "idle")) for report in saved_report_rows]
    answer(as_json, {"reports": documents}, table(rows, head))


@reports_command.command("add")
@click.option("--name", required=True, help=N_("Name of the report."))
@click.option("--format", "kind", type=click.Choice(FORMATS), default="pdf", show_default=True, help=N_("The format."))
@click.option(
    "--period",
    type=click.Choice(["yesterday", "week", "month", "last-month", "all", "this-month", "this-quarter", "this-year"]),
    default="week",
    show_default=True,
    help=N_("Period, relative to the day of the run."),
)
@filter_options
@columns_option
@click.option("--mask", is_flag=True, help=N_("Hide the middle of phone numbers."))
@click.option("--every", type=click.Choice(["never", "day", "week", "month"]), default="never", show_default=True,
              help=N_("Schedule of the report."))  # fmt: skip
@click.option("--weekday", type=Weekday(), default="monday", show_default=True, metavar="DAY",
              help=N_("Weekday, with --every week: monday, mon or 1."))  # fmt: skip
@click.option("--day", type=Whole(1, 31), default=1, show_default=True,
              help=N_("Day of the month, with --every month; the last day in shorter months."))  # fmt: skip
@click.option("--at", default="08:00", show_default=True, metavar="HH:MM", help=N_("Time of day, in GETSMS_TIMEZONE."))
@click.option("--folder", is_flag=True, help=N_("Write it to GETSMS_REPORTS_FOLDER too."))
@click.option("--mail", "to", default="", metavar="A,B…", help=N_("Mail it to these addresses."))
@json_option
def add_command(kind: str, campaigns: tuple[int, ...], ranges: tuple[str, ...], senders: tuple[str, ...],
                columns: str | None, weekday: str, to: str, as_json: bool, **asked: Any) -> None:  # fmt: skip
    """Save a report."""
    _must_fit_schedule(asked["every"])
    if kind == "pdf":
        refuse_ignored("--format pdf", {"--columns": columns, "--mask": asked["mask"]})
    settings = settings_in_force()
    from getsms_core.mail import message as mail
    from getsms_core.reports import Filter
    from getsms_core.scheduled import reports as saved_reports

    refuse_unknown_ranges(ranges)
    plan = saved_reports.Plan(
        format=kind,
        question=Filter(campaigns=campaigns, ranges=ranges, senders=senders),
        columns=tuple(columns_of(columns) or ()),
        weekday=DAYS.index(weekday),
        mail=tuple(mail.parse_addresses(to)),
        **asked,
    )
    with database(settings) as store:
        report_id = saved_reports.save(store, somebody(), settings, plan)
        report = saved_reports.get(store, report_id)
    sentence = _("Report {id} is saved.").format(id=report_id)
    if report.next_at is not None:
        sentence += " " + _("Due next: {at}").format(at=clock(report.next_at, settings))
    answer(as_json, _document(report, settings), [sentence])


def _must_fit_schedule(every: str) -> None:
    """Raise a usage error for a day of another schedule than the one that is chosen: it would be ignored."""
    context = click.get_current_context()
    for name, schedule in {"weekday": "week", "day": "month"}.items():
        if every != schedule and context.get_parameter_source(name) is ParameterSource.COMMANDLINE:
            refuse_ignored(f"--every {every}", {f"--{name}": True})


@reports_command.command("run")
@report_id
@json_option
def run_command(report_id: int, as_json: bool) -> None:
    """Run report ID now; a worker creates it."""
    settings = settings_in_force()
    from getsms_core.scheduled import reports as saved_reports

    with database(settings) as store:
        saved_reports.run_now(store, somebody(), report_id)
        report = saved_reports.get(store, report_id)
        state = saved_reports.states(store).get(report_id, "idle")
    answer(as_json, _document(report, settings, state), [_("A worker makes it.")])


@reports_command.command("pause")
@report_id
@json_option
def pause_command(report_id: int, as_json: bool) -> None:
    """Stop the schedule of report ID."""
    _pause(report_id, True, as_json)


@reports_command.command("resume")
@report_id
@json_option
def resume_command(report_id: int, as_json: bool) -> None:
    """Resume the schedule of report ID."""
    _pause(report_id, False, as_json)


def _pause(report_id: int, paused: bool, as_json: bool) -> None:
    settings = settings_in_force()
    from getsms_core.scheduled import reports as saved_reports

    with database(settings) as store:
        saved_reports.pause(store, somebody(), settings, report_id, paused)
        report = saved_reports.get(store, report_id)
        state = saved_reports.states(store).get(report_id, "idle")
    sentence = _("It has no schedule.")
    if report.next_at is not None:
        sentence = _("Due next: {at}").format(at=clock(report.next_at, settings))
    answer(as_json, _document(report, settings, state), [sentence])


@reports_command.command("delete")
@report_id
@json_option
def delete_command(report_id: int, as_json: bool) -> None:
    """Delete report ID. Its files are kept as long as other files."""
    settings = settings_in_force()
    from getsms_core.scheduled import reports as saved_reports

    with database(settings) as store:
        saved_reports.get(store, report_id)
        saved_reports.delete(store, somebody(), report_id)
    answer(as_json, {"report": report_id, "deleted": True}, [_("Deleted.")])


@click.command("alerts")
@click.option("--to", default=None, metavar="A,B…", help=N_("Mail delivery alerts to these addresses."))
@click.option("--off", is_flag=True, help=N_("Turn delivery alerts off."))
@json_option
def alerts_command(to: str | None, off: bool, as_json: bool) -> None:
    """Choose who gets delivery alerts by e-mail; without an option, show who does. Each problem is mailed once while
    it lasts."""
    if off and to is not None:
        raise click.UsageError(_("--to and --off exclude each other."))
    settings = settings_in_force()
    from getsms_core.mail import message as mail
    from getsms_core.scheduled import alerts

    with database(settings) as store:
        if off or to is not None:
            alerts.watch(store, somebody(), settings, [] if off else mail.parse_addresses(to or ""))
        watched_alerts = alerts.watched(store)
    addresses = list(alerts.AlertPlan.from_stored(watched_alerts.plan).mail) if watched_alerts else []
    sentence = (
        _("Mailed to {addresses}.").format(addresses=", ".join(addresses)) if addresses else _("Nobody is mailed.")
    )
    last = instant(watched_alerts.last_at, settings) if watched_alerts else None
    answer(
        as_json,
        {"mail": addresses, "last_at": last, "last": watched_alerts.message if watched_alerts else ""},
        [sentence],
    )


def _document(report: "SavedReport", settings: "Settings", state: str = "idle") -> dict[str, Any]:
    from getsms_core.scheduled.reports import plan_of

    plan = plan_of(report).to_stored()
    return {
        "report": report.id,
        "name": report.name,
        **{name: plan[name] for name in _PLAN},
        "weekday": DAYS[int(plan["weekday"])],
        "day": plan["day"],
        "paused": report.paused,
        "state": state,
        "next_at": instant(report.next_at, settings),
        "last_at": instant(report.last_at, settings),
        "code": report.code,
        "message": report.message,
    }
