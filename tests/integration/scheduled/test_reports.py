"""Saved reports on their days: made once, delivered, and what went wrong is said."""

from datetime import date, datetime, timedelta
from email.message import Message
from functools import partial
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa

from getsms_core import exports, jobs
from getsms_core.base import formatting
from getsms_core.base.errors import DomainError
from getsms_core.base.i18n import using_language
from getsms_core.base.permissions import Actor, Role
from getsms_core.base.settings import Settings
from getsms_core.db.engine import Store, now_ms
from getsms_core.db.models import Campaign, SavedReport
from getsms_core.mail import message as mail
from getsms_core.reports import Filter
from getsms_core.scheduled import reports as saved_reports
from getsms_core.scheduled import runner
from getsms_core.scheduled.reports import Plan
from getsms_core.users import service as users
from getsms_core.worker import handlers
from tests.conftest import find_free_port
from tests.engine_support import AZIZA, running, settings_for
from tests.factories import make_campaign, make_messages
from tests.job_support import claim, claimed, current, label
from tests.mail_server import MailServer, mail_server
from tests.waits import run_threads

ZONE = ZoneInfo("Asia/Tashkent")
MALIKA = Actor("Malika", Role.MANAGER)
DAY = 86_400_000


def rules(tmp_path: Path, server: MailServer | None = None, **more: Any) -> Settings:
    known: dict[str, Any] = {"files": tmp_path / "files", "reports_folder": tmp_path / "reports"}
    if server is not None:
        known |= {"smtp_host": "127.0.0.1", "smtp_port": server.port, "smtp_security": "none",
                  "smtp_from": "sms@example.uz"}  # fmt: skip
    return settings_for(**(known | more))


def ms(text: str) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=ZONE).timestamp() * 1000)


def run_due(store: Store, now: int, settings: Settings) -> list[int]:
    """What a worker does: mark, take, make; returns which reports."""
    made: list[int] = []
    with store.writing() as session:
        runner.mark_due(session, ZONE, now)
    while True:
        run = claim(store)
        if run is None:
            return made
        try:
            runner.make(store, run, settings)
        except jobs.JobStopped:
            pass
        except DomainError as refusal:
            handlers.record_failure(store, run, refusal)
        made.append(run.subject_id)


def said(message: Message) -> str:
    """The text of a mail."""
    text = message.get_payload(decode=True)
    assert isinstance(text, bytes)
    return text.decode()


def yesterday(store: Store, delivered: int = 3) -> None:
    with store.reading() as session:
        at = now_ms(session) - DAY
    make_messages(store, make_campaign(store, started_at=at), {"delivered": delivered}, left_at=at)


# ------------------------------------------------------------------------------------------------------------ the days


@pytest.mark.parametrize(
    ("plan", "due"),
    [
        (Plan("x"), None),
        (Plan("x", every="day", at="08:00"), "2026-03-05T08:00"),
        (Plan("x", every="day", at="23:00"), "2026-03-04T23:00"),
        (Plan("x", every="week", weekday=0, at="08:00"), "2026-03-09T08:00"),
        (Plan("x", every="week", weekday=2, at="12:00"), "2026-03-11T12:00"),
        (Plan("x", every="month", day=1, at="08:00"), "2026-04-01T08:00"),
        (Plan("x", every="month", day=31, at="08:00"), "2026-03-31T08:00"),
    ],
)
def test_the_next_time_is_in_local_days(plan: Plan, due: str | None) -> None:
    now = ms("2026-03-04T12:00")  # a Wednesday
    assert plan.next_after(now, ZONE) == (ms(due) if due else None)


@pytest.mark.parametrize("day", [29, 30, 31])
def test_a_day_that_a_month_does_not_have_is_its_last_and_no_month_is_passed_over(day: int) -> None:
    plan, at, due = Plan("x", every="month", day=day, at="08:00"), ms("2026-01-01T00:00"), list[str]()
    for _month in range(12):
        at = plan.next_after(at, ZONE) or 0
        due.append(datetime.fromtimestamp(at / 1000, ZONE).strftime("%m-%d %H:%M"))
    lengths = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
    assert due == [f"{month:02d}-{min(day, last):02d} 08:00" for month, last in enumerate(lengths, start=1)]


@pytest.mark.parametrize(
    ("period", "days"),
    [
        ("yesterday", (date(2026, 2, 28), date(2026, 2, 28))),
        ("week", (date(2026, 2, 22), date(2026, 2, 28))),
        ("month", (date(2026, 1, 30), date(2026, 2, 28))),
        ("last-month", (date(2026, 2, 1), date(2026, 2, 28))),
        ("all", (None, None)),
        ("this-month", (date(2026, 2, 1), date(2026, 2, 28))),
        ("this-quarter", (date(2026, 1, 1), date(2026, 2, 28))),
        ("this-year", (date(2026, 1, 1), date(2026, 2, 28))),
    ],
)
def test_periods_end_the_day_before(period: str, days: tuple[date | None, date | None]) -> None:
    assert saved_reports.period_of(period, date(2026, 3, 1)) == days


# ------------------------------------------------------------------------------------------------------------- keeping


@pytest.mark.parametrize(
    ("plan", "code"),
    [
        (Plan(" "), "bad-plan"),
        (Plan("x", at="8"), "bad-plan"),
        (Plan("x", at="24:00"), "bad-plan"),
        (Plan("x", every="year"), "bad-plan"),
        (Plan("x", period="century"), "bad-plan"),
        (Plan("x", question=Filter(campaigns=(999,))), "no-such-campaign"),
        (Plan("x", question=Filter(senders=("Nobody",))), "no-such-sender"),
        (Plan("x", day=32), "bad-plan"),
        (Plan("x", format="doc"), "no-such-format"),
        (Plan("x", columns=("nonsense",)), "no-such-column"),
        (Plan("x", mail=("a@b.uz",)), "mail-not-set-up"),
    ],
)
def test_what_cannot_be_is_refused_and_nothing_is_kept(store: Store, tmp_path: Path, plan: Plan, code: str) -> None:
    with pytest.raises(DomainError) as refusal:
        saved_reports.save(store, AZIZA, rules(tmp_path), plan)
    assert refusal.value.code == code
    assert saved_reports.everything(store) == []


def test_it_is_kept_as_it_was_meant(store: Store, tmp_path: Path) -> None:
    make_campaign(store, sender="A")
    plan = Plan("  Hafta  hisoboti ", "week", Filter(ranges=("Ucell",), senders=("A",)), "csv", ("phone", "state"),
                every="week", weekday=4, at="09:30", folder=True)  # fmt: skip
    report_id = saved_reports.save(store, MALIKA, rules(tmp_path), plan)
    report = saved_reports.get(store, report_id)
    stored_plan = saved_reports.plan_of(report)
    assert (stored_plan.name, stored_plan.question, stored_plan.columns, stored_plan.mask) == (
        "Hafta hisoboti",
        plan.question,
        plan.columns,
        True,
    )
    assert report.next_at is not None
    assert datetime.fromtimestamp(report.next_at / 1000, ZONE).strftime("%A %H:%M") == "Friday 09:30"
    saved_reports.pause(store, MALIKA, rules(tmp_path), report_id, True)
    assert saved_reports.get(store, report_id).next_at is None
    saved_reports.pause(store, MALIKA, rules(tmp_path), report_id, False)
    assert saved_reports.get(store, report_id).next_at == report.next_at
    with pytest.raises(DomainError):
        saved_reports.delete(store, Actor("Bek", Role.ANALYST), report_id)
    saved_reports.delete(store, MALIKA, report_id)
    with pytest.raises(DomainError, match="no saved report"):
        saved_reports.get(store, report_id)


# ------------------------------------------------------------------------------------------------------------- running


def test_on_its_day_it_is_written_to_the_folder_and_mailed_once(store: Store, tmp_path: Path) -> None:
    yesterday(store)
    with mail_server() as server:
        settings = rules(tmp_path, server)
        plan = Plan("Kun: <b>/..", "yesterday", format="csv", every="day", folder=True, mail=("boss@example.uz",))
        report_id = saved_reports.save(store, AZIZA, settings, plan)
        due = saved_reports.get(store, report_id).next_at
        assert due
        assert run_due(store, due - 1, settings) == []
        assert run_due(store, due, settings) == [report_id]
        assert run_due(store, due + 1, settings) == []
        [(to, message)] = server.mails
    report = saved_reports.get(store, report_id)
    assert (report.state, report.code) == ("idle", "")
    assert report.next_at == plan.next_after(due, ZONE)
    [file] = (tmp_path / "reports").iterdir()
    assert file.name.startswith("Kun-b-")
    assert file.suffix == ".csv"
    assert len(file.read_text("utf-8-sig").splitlines()) == 4
    assert to == ["boss@example.uz"]
    assert [part.get_filename() for part in message.walk() if part.get_filename()] == [file.name]
    assert [export.state for export in exports.all_exports(store)] == ["ready"]
    assert not [file for file in (tmp_path / "files").iterdir() if file.name.startswith(".")]


@pytest.mark.parametrize("then", ["as before", "analyst", "disabled"])
def test_whoever_no_longer_sees_whole_numbers_gets_none_from_an_old_report(
    store: Store, tmp_path: Path, then: str
) -> None:
    yesterday(store)
    settings = rules(tmp_path)
    users.create(store, AZIZA, "Admin", "a good password", Role.ADMINISTRATOR)
    person = users.create(store, AZIZA, "Sardor", "a good password", Role.MARKETER).id
    plan = Plan("Kunlik", "yesterday", format="csv", columns=("phone",), folder=True)
    report_id = saved_reports.save(store, Actor("Sardor", Role.MARKETER), settings, plan)
    if then == "analyst":
        users.change_role(store, AZIZA, person, Role.ANALYST)
    elif then == "disabled":
        users.disable(store, AZIZA, person)
    saved_reports.run_now(store, AZIZA, report_id)
    assert run_due(store, 0, settings) == [report_id]
    (written,) = settings.reports_folder.iterdir()
    assert ("*****" in written.read_text()) is (then != "as before")


def test_two_reports_of_one_name_are_two_files(store: Store, tmp_path: Path) -> None:
    yesterday(store)
    settings = rules(tmp_path)
    for ranges in ((), ("Ucell",)):
        plan = Plan("Kun", "yesterday", Filter(ranges=ranges), "csv", folder=True)
        saved_reports.run_now(store, AZIZA, saved_reports.save(store, AZIZA, settings, plan))
    run_due(store, 0, settings)
    names = sorted(file.name for file in (tmp_path / "reports").iterdir())
    assert [name[:6] for name in names] == ["Kun-1-", "Kun-2-"]


def test_files_of_a_report_carry_its_period_and_no_day_lacks_a_column(store: Store, tmp_path: Path) -> None:
    settings = rules(tmp_path)
    older = running(store, 1, fields={"Shahar": ["Buxoro"]})
    plan = Plan("Kun", "yesterday", format="csv", columns=("phone", "column:Shahar"))
    report_id = saved_reports.save(store, AZIZA, settings, plan)
    with store.writing() as session:
        session.get_one(Campaign, older).finished_at = 1
    yesterday(store)  # to a list without the column
    saved_reports.run_now(store, AZIZA, report_id)
    assert run_due(store, 0, settings) == [report_id]
    [file] = exports.all_exports(store)
    assert (file.state, file.message) == ("ready", "")
    today = datetime.fromtimestamp(file.created_at / 1000, settings.zone).date()
    assert file.name == f"Kun, {formatting.day(today - timedelta(days=1))}"
    assert Path(file.path).read_text("utf-8-sig").splitlines()[0] == '"phone","Shahar"'


class Killed(BaseException):
    """What ends a process without a word."""


@pytest.mark.parametrize("after", [False, True], ids=["before the mail", "after it"])
def test_a_worker_that_is_killed_about_the_mail_never_makes_two(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, after: bool
) -> None:
    yesterday(store)
    with mail_server() as server:
        settings = rules(tmp_path, server)
        report_id = saved_reports.save(store, AZIZA, settings, Plan("Kun", format="csv", mail=("boss@example.uz",)))
        saved_reports.run_now(store, AZIZA, report_id)
        send = mail.send

        def killed_about_it(*arguments: Any) -> None:
            if after:
                send(*arguments)
            raise Killed

        monkeypatch.setattr(mail, "send", killed_about_it)
        with pytest.raises(Killed):
            run_due(store, 0, settings)
        monkeypatch.setattr(mail, "send", send)
        with store.writing() as session:
            jobs.requeue(session, ["w"])
        assert run_due(store, 0, settings) == [report_id]
        report = saved_reports.get(store, report_id)
        assert (report.state, report.code, len(server.mails)) == ("idle", "mail-lost", int(after))
        assert "it may have arrived" in report.message
        saved_reports.run_now(store, AZIZA, report_id)
        run_due(store, 0, settings)
        assert (saved_reports.get(store, report_id).code, len(server.mails)) == ("", int(after) + 1)


def killed(*_arguments: Any, **_more: Any) -> None:
    """In place of a step: the process ends there."""
    raise Killed


def test_a_process_that_dies_while_it_mails_says_that_the_mail_may_have_left(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with using_language("ru"):
        report_id = saved_reports.save(store, AZIZA, rules(tmp_path), Plan("Kun", format="csv"))
    with store.writing() as session:
        session.execute(
            sa.update(SavedReport).values(
                plan={**saved_reports.get(store, report_id).plan, "mail": ["boss@example.uz"]}
            )
        )
    saved_reports.run_now(store, AZIZA, report_id)
    monkeypatch.setattr(mail, "send", killed)
    with pytest.raises(Killed):
        run_due(store, 0, rules(tmp_path))
    handlers.record_crash(store, current(store, "report", f"report:{report_id}"))
    report = saved_reports.get(store, report_id)
    assert (report.state, report.code) == ("idle", "mail-lost")
    assert "it may have arrived" in report.message
    with using_language("ru"):
        assert "возможно" in report.message


@pytest.mark.parametrize("how", ["the worker", "the process", "and the report is deleted"])
def test_a_killed_run_leaves_no_file_that_is_made_for_ever(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, how: str
) -> None:
    report_id = saved_reports.save(store, AZIZA, rules(tmp_path), Plan("Kun", format="csv"))
    saved_reports.run_now(store, AZIZA, report_id)
    with monkeypatch.context() as patched:
        patched.setattr(exports, "make", killed)
        with pytest.raises(Killed):
            run_due(store, 0, rules(tmp_path))
    states = ["failed"]
    if how == "the worker":
        with store.writing() as session:
            jobs.requeue(session, ["w"])
        assert run_due(store, 0, rules(tmp_path)) == [report_id]
        states = ["ready", "failed"]
    elif how == "the process":
        handlers.record_crash(store, current(store, "report", f"report:{report_id}"))
    else:
        saved_reports.delete(store, AZIZA, report_id)
        handlers.record_crash(store, current(store, "report", f"report:{report_id}"))
    assert [export.state for export in exports.all_exports(store)] == states
    with store.writing() as session:
        assert not jobs.any_open(session)


def test_a_worker_that_was_taken_for_dead_and_another_one_mail_it_once(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with mail_server() as server:
        settings = rules(tmp_path, server)
        report_id = saved_reports.save(store, AZIZA, settings, Plan("Kun", format="csv", mail=("boss@example.uz",)))
        saved_reports.run_now(store, AZIZA, report_id)
        slow = claimed(store, "slow")
        make = exports.make

        def slowly(*arguments: Any) -> None:
            make(*arguments[:3])
            monkeypatch.setattr(exports, "make", make)
            with store.writing() as session:
                jobs.requeue(session, ["slow"])
            assert run_due(store, 0, settings) == [report_id]

        monkeypatch.setattr(exports, "make", slowly)
        with pytest.raises(jobs.JobStopped):
            runner.make(store, slow, settings)
        handlers.record_failure(store, slow, DomainError("late", "What a late process says counts no more."))
        assert len(server.mails) == 1
    report = saved_reports.get(store, report_id)
    assert (report.state, report.code) == ("idle", "")


def test_a_report_that_is_deleted_while_it_is_made_is_not_mailed(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with mail_server() as server:
        settings = rules(tmp_path, server)
        report_id = saved_reports.save(store, AZIZA, settings, Plan("Kun", format="csv", mail=("boss@example.uz",)))
        saved_reports.run_now(store, AZIZA, report_id)
        make = exports.make

        def meanwhile(*arguments: Any) -> None:
            saved_reports.delete(store, AZIZA, report_id)
            make(*arguments)

        monkeypatch.setattr(exports, "make", meanwhile)
        run_due(store, 0, settings)
        assert server.mails == []
    assert [export.state for export in exports.all_exports(store)] == ["failed"]


def test_a_mail_that_was_not_taken_just_now_is_tried_once_more_the_same_day(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    noon = ms("2026-03-04T12:00")
    monkeypatch.setattr(runner, "now_ms", lambda _session: noon)
    plan = Plan("Kun", format="csv", mail=("boss@example.uz",))
    with mail_server() as server:
        report_id = saved_reports.save(store, AZIZA, rules(tmp_path, server), plan)
        saved_reports.run_now(store, AZIZA, report_id)
        run_due(store, noon, rules(tmp_path, server, smtp_port=find_free_port()))
        report = saved_reports.get(store, report_id)
        assert (report.code, report.next_at) == ("mail-unreachable", noon + runner.AGAIN_MS)
        assert "It is tried again at 12:15." in report.message
        assert run_due(store, noon + runner.AGAIN_MS - 1, rules(tmp_path, server)) == []
        assert run_due(store, noon + runner.AGAIN_MS, rules(tmp_path, server)) == [report_id]
        report = saved_reports.get(store, report_id)
        assert (report.code, report.next_at, len(server.mails)) == ("", None, 1)


@pytest.mark.parametrize("at", ["2026-03-04T12:00", "2026-03-04T23:50"])
def test_a_mail_server_that_stays_away_is_not_tried_for_ever_nor_after_midnight(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, at: str
) -> None:
    monkeypatch.setattr(runner, "now_ms", lambda _session: ms(at))
    with mail_server() as server:
        settings = rules(tmp_path, server, reports_folder=tmp_path / "no")
        (tmp_path / "no").write_text("the folder fails too")
        plan = Plan("Kun", format="csv", folder=True, mail=("boss@example.uz",))
        report_id = saved_reports.save(store, AZIZA, settings, plan)
    saved_reports.run_now(store, AZIZA, report_id)
    runs = 0
    while run_due(store, ms(at) + runner.AGAIN_MS, settings):
        runs += 1
        assert runs < 3
    report = saved_reports.get(store, report_id)
    assert (report.code, report.next_at) == ("mail-unreachable", None)
    assert "tried again" not in report.message
    assert runs == (2 if at.endswith("12:00") else 1)


def test_a_folder_that_cannot_be_written_costs_no_mail(store: Store, tmp_path: Path) -> None:
    (tmp_path / "no").write_text("a file where the folder should be")
    with mail_server() as server:
        settings = rules(tmp_path, server, reports_folder=tmp_path / "no")
        plan = Plan("Kun", format="csv", folder=True, mail=("boss@example.uz",))
        saved_reports.run_now(store, AZIZA, saved_reports.save(store, AZIZA, settings, plan))
        [made] = run_due(store, 0, settings)
        assert len(server.mails) == 1
    report = saved_reports.get(store, made)
    assert report.code == "folder-not-writable"
    assert "GETSMS_REPORTS_FOLDER" in report.message
    assert "Sent to boss@example.uz." in report.message


def test_a_long_name_in_wide_letters_makes_a_name_that_file_systems_take(store: Store, tmp_path: Path) -> None:
    plan = Plan("𝐇" * 80, format="parquet", folder=True)
    saved_reports.run_now(store, AZIZA, saved_reports.save(store, AZIZA, rules(tmp_path), plan))
    [made] = run_due(store, 0, rules(tmp_path))
    assert saved_reports.get(store, made).code == ""
    [file] = (tmp_path / "reports").iterdir()
    assert file.name.startswith("𝐇" * 45 + "-")


def test_what_was_due_while_nobody_was_here_is_made_once(store: Store, tmp_path: Path) -> None:
    report_id = saved_reports.save(store, AZIZA, rules(tmp_path), Plan("x", every="day"))
    due = saved_reports.get(store, report_id).next_at
    assert due
    late = due + 9 * DAY + 60_000
    assert run_due(store, late, rules(tmp_path)) == [report_id]
    assert run_due(store, late, rules(tmp_path)) == []
    assert saved_reports.get(store, report_id).next_at == due + 10 * DAY


def test_several_workers_make_it_once(store: Store, tmp_path: Path) -> None:
    report_id = saved_reports.save(store, AZIZA, rules(tmp_path), Plan("x", every="day"))
    due = saved_reports.get(store, report_id).next_at
    assert due

    def worker(worker_name: str) -> jobs.JobRun | None:
        def work(session: Any) -> jobs.JobRun | None:
            runner.mark_due(session, ZONE, due)
            return claim(session, worker_name)

        return store.transact(work)

    runs = run_threads(*(partial(worker, f"w{i}") for i in range(4)))
    assert [label(run) for run in runs if run] == [("report", f"report:{report_id}")]


def test_what_fails_says_why_and_goes_on_with_its_schedule(store: Store, tmp_path: Path) -> None:
    with mail_server(refuse="boss") as server:
        settings = rules(tmp_path, server)
        report_id = saved_reports.save(store, AZIZA, settings, Plan("x", every="day", mail=("boss@example.uz",)))
        due = saved_reports.get(store, report_id).next_at
        assert due
        run_due(store, due, settings)
    report = saved_reports.get(store, report_id)
    assert (report.state, report.code) == ("idle", "mail-refused")
    assert "boss@example.uz" in report.message
    assert report.next_at
    (tmp_path / "no").write_text("a file where the folder should be")
    other = saved_reports.save(store, AZIZA, rules(tmp_path), Plan("y", folder=True))
    saved_reports.run_now(store, AZIZA, other)
    run_due(store, due, rules(tmp_path, reports_folder=tmp_path / "no"))
    assert saved_reports.get(store, other).code == "folder-not-writable"


def test_a_worker_does_it_as_a_job_and_that_of_a_dead_one_is_requeued(
    store: Store, store_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GETSMS_FILES", str(tmp_path / "files"))
    monkeypatch.setenv("GETSMS_DATABASE_URL", store_url)
    report_id = saved_reports.save(store, AZIZA, rules(tmp_path), Plan("x"))
    saved_reports.run_now(store, AZIZA, report_id)
    saved_reports.run_now(store, AZIZA, report_id)
    with store.writing() as session:
        assert label(claim(session, "w")) == ("report", f"report:{report_id}")
        assert jobs.any_open(session)
        jobs.requeue(session, ["w"])
    again = claimed(store, "v")
    handlers.run_job(store, again)
    report = saved_reports.get(store, report_id)
    assert (report.state, report.code) == ("idle", "")
    handlers.record_crash(store, current(store, "report", f"report:{report_id}"))
    assert saved_reports.get(store, report_id).code == ""  # it had ended well
    saved_reports.run_now(store, AZIZA, report_id)
    handlers.record_crash(store, claimed(store))
    assert saved_reports.get(store, report_id).code == "stopped"


def test_a_number_range_that_is_no_more_fails_its_own_report_and_no_worker(store: Store, tmp_path: Path) -> None:
    settings = rules(tmp_path)
    make_messages(store, make_campaign(store), {"delivered": 2})
    report_id = saved_reports.save(store, AZIZA, settings, Plan("x", every="day", period="all", format="csv"))
    with store.writing() as session:  # saved before the metadata of numbers was renewed
        report = session.get_one(SavedReport, report_id)
        report.plan = report.plan | {"question": {"range": ["Perfectum Mobile CDMA"]}}
        due = int(report.next_at or 0)
    assert run_due(store, due, settings) == [report_id]
    report = saved_reports.get(store, report_id)
    assert report.code == "no-such-range"
    assert "“Perfectum Mobile CDMA”" in report.message
    assert report.next_at == due + DAY
    saved_reports.delete(store, AZIZA, report_id)
    assert saved_reports.everything(store) == []
