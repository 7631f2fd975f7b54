"""Files: every format holds every row once, right, and nothing that a spreadsheet would run."""

import csv
import io
import json
import os
from concurrent.futures import ThreadPoolExecutor
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import openpyxl
import pandas as pd
import pyarrow.parquet
import pytest
import sqlalchemy as sa
from sqlmodel import col

from getsms_core import exports, reports
from getsms_core.base.codes import ExportFormat
from getsms_core.base.errors import DomainError
from getsms_core.base.i18n import LANGUAGES, using_language
from getsms_core.base.permissions import Actor, Role
from getsms_core.base.work_states import ExportState
from getsms_core.db import arrow_reader
from getsms_core.db.engine import Store
from getsms_core.db.models import Export, Message
from getsms_core.exports import xlsx
from getsms_core.reports import Filter
from getsms_core.scheduled import runner
from getsms_core.worker import handlers
from tests.conftest import SettingsFactory
from tests.engine_support import AZIZA
from tests.factories import HOUR, NOW, count_as_sent, make_campaign, make_messages, with_history
from tests.job_support import claim, claimed, label

TASHKENT = ZoneInfo("Asia/Tashkent")
DANGERS = ["=1+1", "+998", "-2", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "＝1+1", "https://example.uz", "mailto:a@b.uz"]
MANAGER = Actor("Malika", Role.MANAGER)


def read(path: Path) -> list[dict[str, Any]]:
    """The rows of a file, whatever its format, as text ("" for nothing)."""
    if path.suffix == ".csv":
        with path.open(encoding="utf-8-sig", newline="") as file:
            return list(csv.DictReader(file))
    if path.suffix == ".json":
        rows = json.loads(path.read_text())
    elif path.suffix == ".parquet":
        rows = pyarrow.parquet.read_table(path).to_pylist()
    else:
        sheet = openpyxl.load_workbook(path)["Messages"]
        head, *cells = sheet.iter_rows(values_only=True)
        rows = [dict(zip(map(str, head), row, strict=True)) for row in cells]
    return [{name: _plain(value) for name, value in row.items()} for row in rows]


def _plain(value: Any) -> str:
    if isinstance(value, datetime):
        return value.isoformat(timespec="seconds")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, float):
        return str(int(value)) if value == int(value) else str(value)
    return "" if value is None else str(value)


@pytest.mark.parametrize("few", [0, 10**9], ids=["apart", "here"])
def test_a_file_holds_every_message_of_the_question(
    store: Store, tmp_path: Path, few: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    for limit in ("FEW", "FEW_OF_POSTGRES"):
        monkeypatch.setattr(arrow_reader, limit, few)
    with_history(store, days=6, campaigns=3, messages=30)
    for file_format in exports.FORMATS:
        _assert_that_a_file_holds_every_message(store, tmp_path / f"all.{file_format}", file_format)


def _assert_that_a_file_holds_every_message(store: Store, path: Path, file_format: str) -> None:
    question = Filter(include_tests=True)
    columns = [*exports.COLUMNS, *exports.MORE_COLUMNS]
    written = exports.write(store, AZIZA, question, file_format, path, columns, zone=TASHKENT)
    rows = read(path)
    with store.reading() as session:
        messages = session.scalars(sa.select(Message).order_by(col(Message.id))).all()
    assert written == exports.Written(len(messages), path.stat().st_size)
    assert [name for name in rows[0] if not name.endswith("_local")] == columns
    zoned = file_format != "xlsx"
    for row, message in zip(rows, messages, strict=True):
        assert row["phone"] == str(message.phone)
        assert row["text"] == message.text
        assert (row["row"], row["parts"]) == (str(message.row), str(message.parts))
        assert Decimal(row["price"]) == Decimal(message.price) / 100
        assert row["state"] == message.state.value
        assert row["reason"] == (message.reason or "")
        assert row["request_id"] == (message.request_id or "")
        assert row["billed_parts"] == ("" if message.billed_parts is None else str(message.billed_parts))
        assert row["sent_at"].endswith("+05:00") is (zoned and message.left_at is not None)
        assert row["range"] == reports.range_name(message.number_range)
        assert row["campaign_id"] == str(message.campaign_id)
    states = {state: [row["state"] for row in rows].count(state) for state in reports.STATES}
    assert states == reports.total(store, question, TASHKENT).figures.counts()


def test_a_file_counts_as_the_reports_do(store: Store, tmp_path: Path) -> None:
    with_history(store, days=6, campaigns=5, messages=40)
    for question in (
        Filter(ranges=("Ucell",)),
        reports.last_days(2, TASHKENT, NOW),
        Filter(senders=("KORZINKA UZ",)),
        Filter(campaigns=(1,)),
        Filter(campaigns=(999,)),
    ):
        written = exports.write(store, AZIZA, question, "csv", tmp_path / "cut.csv", zone=TASHKENT)
        assert written.rows == reports.total(store, question, TASHKENT).figures.total, question


def test_local_times_are_those_of_the_zone_in_summer_and_winter(sqlite_store: Store, tmp_path: Path) -> None:
    campaign = make_campaign(sqlite_store)
    summer = NOW + 120 * 24 * HOUR
    make_messages(sqlite_store, campaign, ["accepted", "accepted"], left_at=[NOW, summer])
    exports.write(sqlite_store, AZIZA, campaign, "csv", tmp_path / "a.csv", ["sent_at"], zone=ZoneInfo("Europe/Berlin"))
    assert [row["sent_at"] for row in read(tmp_path / "a.csv")] == [
        "2026-03-20T08:00:00+01:00",
        "2026-07-18T09:00:00+02:00",
    ]


def test_messages_in_flight_are_shown_as_sending(store: Store, tmp_path: Path) -> None:
    campaign = make_campaign(store, state="running")
    make_messages(store, campaign, {"sending": 2})
    exports.write(store, AZIZA, campaign, "json", tmp_path / "a.json", ["state"], zone=TASHKENT)
    assert read(tmp_path / "a.json") == [{"state": "sending"}] * 2


def with_dangers(store: Store) -> int:
    """A campaign whose texts and name a spreadsheet would like to run."""
    campaign = make_campaign(store, name="=HYPERLINK(1)")
    make_messages(store, campaign, {"delivered": len(DANGERS)})
    with store.writing() as session:
        for number, text in enumerate(DANGERS, start=1):
            session.execute(sa.update(Message).where(col(Message.row) == number + 1).values(text=text))
    return campaign


def test_no_text_is_a_formula_in_csv(sqlite_store: Store, tmp_path: Path) -> None:
    campaign = with_dangers(sqlite_store)
    exports.write(sqlite_store, AZIZA, campaign, "csv", tmp_path / "a.csv", zone=TASHKENT)
    rows = read(tmp_path / "a.csv")
    assert [row["text"] for row in rows] == [*(f"'{text}" for text in DANGERS[:8]), *DANGERS[8:]]
    assert rows[0]["campaign"] == "'=HYPERLINK(1)"
    assert (tmp_path / "a.csv").read_bytes().startswith(b"\xef\xbb\xbf")


def test_no_name_is_a_formula_in_the_table_of_a_chart() -> None:
    made = exports.table_csv(pd.DataFrame({"name": [*DANGERS, "Bahor", None], "sent": 1})).decode("utf-8-sig")
    names = [row["name"] for row in csv.DictReader(io.StringIO(made, newline=""))]
    assert names == [*(f"'{text}" for text in DANGERS[:8]), *DANGERS[8:], "Bahor", ""]


def test_no_text_is_a_formula_or_a_link_in_xlsx(sqlite_store: Store, tmp_path: Path) -> None:
    campaign = with_dangers(sqlite_store)
    exports.write(sqlite_store, AZIZA, campaign, "xlsx", tmp_path / "a.xlsx", zone=TASHKENT)
    book = openpyxl.load_workbook(tmp_path / "a.xlsx")
    for sheet in book.worksheets:
        cells = [cell for row in sheet.iter_rows() for cell in row]
        assert not [cell for cell in cells if cell.data_type == "f" or cell.hyperlink]
    texts = [row[2].value for row in book["Messages"].iter_rows(min_row=2)]
    assert [str(text).replace("_x000D_", "\r").strip() for text in texts] == [text.strip() for text in DANGERS]


def test_xlsx_is_typed_with_a_frozen_header_and_a_summary(sqlite_store: Store, tmp_path: Path) -> None:
    campaign = make_campaign(sqlite_store)
    make_messages(sqlite_store, campaign, {"delivered": 3, "undelivered": 1, "uncertain": 2})
    exports.write(sqlite_store, AZIZA, campaign, "xlsx", tmp_path / "a.xlsx", zone=TASHKENT)
    book = openpyxl.load_workbook(tmp_path / "a.xlsx")
    assert book.sheetnames == ["Summary", "By day", "Messages"]
    sheet = book["Messages"]
    assert sheet.freeze_panes == "A2"
    types = {head.value: cell.data_type for head, cell in zip(sheet[1], sheet[2], strict=True)}
    assert (types["phone"], types["request_id"], types["price"], types["sent_at"]) == ("s", "s", "n", "d")
    summary = {row[0]: row[1] for row in book["Summary"].iter_rows(min_row=2, values_only=True)}
    assert (summary["Messages"], summary["Sent"], summary["Uncertain"]) == (6, 4, 2)
    assert summary["Delivery rate"] == 0.75
    assert {sheet.freeze_panes for sheet in book.worksheets} == {"A2"}
    (rate,) = [row[1] for row in book["Summary"].iter_rows() if row[0].value == "Delivery rate"]
    assert rate.number_format == "0.0%"


def test_the_summary_names_the_cut_and_counts_whatever_columns_are_chosen(sqlite_store: Store, tmp_path: Path) -> None:
    make_messages(sqlite_store, make_campaign(sqlite_store, "Bahor"), {"delivered": 3, "uncertain": 1})
    make_campaign(sqlite_store, "Qoralama", "draft")
    question = Filter(date(2026, 3, 1), date(2026, 3, 31), senders=("Korzinka",))
    exports.write(sqlite_store, AZIZA, question, "xlsx", tmp_path / "a.xlsx", ["phone", "row", "phone"], zone=TASHKENT)
    book = openpyxl.load_workbook(tmp_path / "a.xlsx")
    assert [cell.value for cell in book["Messages"][1]] == ["phone", "row"]
    lines = list(book["Summary"].iter_rows(min_row=2, values_only=True))
    assert [line[1] for line in lines if line[0] == "Campaign"] == ["Bahor"]
    summary = {line[0]: line[1] for line in lines}
    assert (summary["From"], summary["To"], summary["Sender names"]) == ("1 Mar 2026", "31 Mar 2026", "Korzinka")
    assert (summary["Messages"], summary["Delivered"], summary["Uncertain"]) == (4, 3, 1)


def test_a_text_longer_than_a_cell_of_excel_is_cut_there_and_nowhere_else(sqlite_store: Store, tmp_path: Path) -> None:
    longest = "a" * 39_015  # 255 parts
    make_messages(sqlite_store, make_campaign(sqlite_store), {"delivered": 1}, text=longest)
    for format in exports.FORMATS:
        exports.write(sqlite_store, AZIZA, 1, format, tmp_path / f"a.{format}", ["text"], zone=TASHKENT)
        text = read(tmp_path / f"a.{format}")[0]["text"]
        assert text == (longest[:32_766] + "…" if format == "xlsx" else longest)


def test_xlsx_draws_charts_from_a_table_of_days_in_every_language(sqlite_store: Store, tmp_path: Path) -> None:
    campaign = make_campaign(sqlite_store)
    late = datetime(2026, 3, 1, 23, 59, tzinfo=TASHKENT).timestamp() * 1000
    times = [int(late), int(late), *[int(late) + 60_000] * 3]
    states = ["delivered", "undelivered", "delivered", "accepted", "uncertain"]
    make_messages(sqlite_store, campaign, states, left_at=times)
    for language in LANGUAGES:
        with using_language(language):
            exports.write(sqlite_store, AZIZA, campaign, "xlsx", tmp_path / "a.xlsx", zone=TASHKENT)
        sheet: Any = openpyxl.load_workbook(tmp_path / "a.xlsx")["By day"]
        cells = [[cell.value for cell in row] for row in sheet.iter_rows(min_row=2)]
        assert [row[0].date() for row in cells] == [date(2026, 3, 1), date(2026, 3, 2)]
        assert [row[1:8] for row in cells] == [[2, 1, 1, 0, 0, 0, 0.5], [2, 1, 0, 0, 1, 1, 1.0]]
        assert cells[0][8:10] == pytest.approx(reports.wilson(1, 2))
        assert cells[1][8:10] == [0.5, 1.0]  # one of two waits
        assert [row[10:] for row in cells] == [[0], [0]]  # counted as sent
        assert sheet["H2"].number_format == "0.0%"
        assert [type(chart).__name__ for chart in sheet._charts] == ["BarChart", "LineChart"]
        assert [len(chart.series) for chart in sheet._charts] == [6, 1]
        assert [type(chart.x_axis).__name__ for chart in sheet._charts] == ["DateAxis", "DateAxis"]
        (line,) = sheet._charts[1].series  # what a preview draws without calculating
        assert [float(point.v) for point in line.val.numRef.numCache.pt] == [0.5, 1.0]
        assert line.val.numRef.numCache.formatCode == "0.0%"  # a preview does not read the cells
        assert line.tx.strRef.strCache.pt[0].v == sheet["H1"].value
        assert line.marker.symbol == "circle"


def test_a_workbook_has_its_sheets_ranges_and_print_set_up_in_every_language_even_when_empty(
    sqlite_store: Store, tmp_path: Path
) -> None:
    empty = make_campaign(sqlite_store, state="draft")
    full = make_campaign(sqlite_store)
    make_messages(sqlite_store, full, {"delivered": 1, "uncertain": 1})
    for language in LANGUAGES:
        for campaign, last in ((empty, 1), (full, 3)):
            with using_language(language):
                exports.write(sqlite_store, AZIZA, campaign, "xlsx", tmp_path / "a.xlsx", zone=TASHKENT)
            book = openpyxl.load_workbook(tmp_path / "a.xlsx")
            assert book.sheetnames == ["Summary", "By day", "Messages"]
            assert list(book.defined_names) == ["SummaryTable", "ByDayTable", "MessagesTable"]
            assert book.defined_names["MessagesTable"].attr_text == f"'Messages'!$A$1:$N${last}"
            assert {sheet.page_setup.orientation for sheet in book.worksheets} == {"landscape"}
            assert {sheet.print_title_rows for sheet in book.worksheets} == {"$1:$1"}
            assert {sheet.page_setup.fitToHeight for sheet in book.worksheets} == {0}
    lines = [row[0].value for row in book["Summary"].iter_rows(min_row=2)]
    assert lines.index("cancelled") > lines.index(next(name for name in lines if name == "accepted"))  # the legend


def test_the_summary_compares_with_the_period_before(sqlite_store: Store, tmp_path: Path) -> None:
    campaign = make_campaign(sqlite_store, finished_at=None, state="running", started_at=NOW - 48 * HOUR)
    days = [NOW - 24 * HOUR, NOW - 24 * HOUR, NOW]
    make_messages(sqlite_store, campaign, ["delivered", "undelivered", "delivered"], left_at=days)
    question = reports.last_days(1, TASHKENT, NOW)
    exports.write(sqlite_store, AZIZA, question, "xlsx", tmp_path / "a.xlsx", zone=TASHKENT)
    summary = {row[0]: row[1:3] for row in openpyxl.load_workbook(tmp_path / "a.xlsx")["Summary"].values}
    assert summary["Sent"] == (1, "2 in the period before")
    assert summary["Delivery rate of the period before"] == (0.5, "+50.0 points against the period before")


def test_past_the_last_row_of_a_sheet_another_one_follows(
    sqlite_store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(xlsx, "MOST_ROWS", 100)
    campaign = make_campaign(sqlite_store)
    make_messages(sqlite_store, campaign, {"delivered": 250})
    exports.write(sqlite_store, AZIZA, campaign, "xlsx", tmp_path / "a.xlsx", zone=TASHKENT)
    book = openpyxl.load_workbook(tmp_path / "a.xlsx")
    assert book.sheetnames == ["Summary", "By day", "Messages", "Messages 2", "Messages 3"]
    assert [book[name].max_row for name in book.sheetnames[2:]] == [101, 101, 51]
    assert book["Messages 2"]["A2"].value == 102


@pytest.mark.parametrize("format", exports.FORMATS)
def test_an_empty_file_is_a_file(sqlite_store: Store, tmp_path: Path, format: str) -> None:
    campaign = make_campaign(sqlite_store, state="draft")
    path = tmp_path / f"a.{format}"
    assert exports.write(sqlite_store, AZIZA, campaign, format, path, zone=TASHKENT).rows == 0
    assert read(path) == []


def test_masked_files_have_no_complete_number(sqlite_store: Store, tmp_path: Path) -> None:
    campaign = make_campaign(sqlite_store)
    make_messages(sqlite_store, campaign, {"delivered": 2}, phones=[998901234567, 998937654321])
    exports.write(sqlite_store, AZIZA, campaign, "csv", tmp_path / "a.csv", mask=True, zone=TASHKENT)
    assert [row["phone"] for row in read(tmp_path / "a.csv")] == ["99890*****67", "99893*****21"]


@pytest.mark.parametrize("columns", [["text"], ["phone", "text"]])
def test_a_masked_text_does_not_quote_its_own_number_though_the_number_is_no_column(
    store: Store, tmp_path: Path, columns: list[str]
) -> None:
    make_messages(store, make_campaign(store), {"delivered": 1}, phones=[998901234567], text="Siz: 90 123-45-67")
    exports.write(store, AZIZA, 1, "json", tmp_path / "a.json", columns, mask=True, zone=TASHKENT)
    assert [row["text"] for row in read(tmp_path / "a.json")] == ["Siz: 99890*****67"]


@pytest.mark.parametrize("format", ["csv", "pdf"])
def test_a_pipe_is_written_to_and_not_replaced(sqlite_store: Store, tmp_path: Path, format: str) -> None:
    make_messages(sqlite_store, make_campaign(sqlite_store), {"delivered": 2})
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    with ThreadPoolExecutor() as reader:
        read_by_another = reader.submit(pipe.read_bytes)
        written = exports.report(sqlite_store, AZIZA, Filter(), format, pipe, zone=TASHKENT)
        assert written.bytes == len(read_by_another.result(20))
    assert pipe.is_fifo()
    assert not list(tmp_path.glob(".pipe*"))


def test_a_link_stays_one_and_its_file_is_written(sqlite_store: Store, tmp_path: Path) -> None:
    campaign = make_campaign(sqlite_store, state="draft")
    (tmp_path / "real.csv").write_text("old")
    (tmp_path / "link.csv").symlink_to("real.csv")
    exports.write(sqlite_store, AZIZA, campaign, "csv", tmp_path / "link.csv", zone=TASHKENT)
    assert (tmp_path / "link.csv").is_symlink()
    assert "phone" in (tmp_path / "real.csv").read_text("utf-8-sig")


def test_what_cannot_be_written_is_refused_and_leaves_nothing(sqlite_store: Store, tmp_path: Path) -> None:
    for selection, format, columns, code in (
        (1, "csv", None, "no-such-campaign"),
        (Filter(), "pdf", None, "no-such-format"),
        (Filter(), "csv", ["shoe size"], "no-such-column"),
    ):
        with pytest.raises(DomainError) as refused:
            exports.write(sqlite_store, AZIZA, selection, format, tmp_path / "a", columns, zone=TASHKENT)
        assert refused.value.code == code
    assert not list(tmp_path.glob("a*")) + list(tmp_path.glob(".a*"))


# ------------------------------------------------------------------------------------------------------ by the worker


def test_a_file_that_is_asked_for_is_made_kept_and_deleted(
    sqlite_store: Store, sqlite_url: str, settings: SettingsFactory, actor: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    rules = settings(database_url=sqlite_url)
    campaign = make_campaign(sqlite_store)
    make_messages(sqlite_store, campaign, {"delivered": 5})
    export_id = exports.enqueue(sqlite_store, actor, rules, campaign, "csv", name="Mart", columns=["phone", "state"])
    assert [(file.name, file.state, file.question["expected"]) for file in exports.all_exports(sqlite_store)] == [
        ("Mart", "pending", 5)
    ]
    with sqlite_store.writing() as session:
        assert label(claim(session, "w1")) == ("export", f"export:{export_id}")
    exports.make(sqlite_store, export_id, rules)
    file = exports.get(sqlite_store, export_id)
    assert (file.state, file.rows) == ("ready", 5)
    with exports.open_file(sqlite_store, actor, export_id) as opened:
        assert len(opened.read().splitlines()) == 6
    exports.delete(sqlite_store, actor, export_id)
    assert not Path(file.path).exists()
    assert exports.all_exports(sqlite_store) == []


def test_who_may_not_see_phones_gets_them_masked_and_no_whole_file(
    sqlite_store: Store, sqlite_url: str, settings: SettingsFactory, actor: Actor
) -> None:
    rules = settings(database_url=sqlite_url)
    campaign = make_campaign(sqlite_store)
    make_messages(sqlite_store, campaign, {"delivered": 1})
    own_export_id = exports.enqueue(sqlite_store, MANAGER, rules, campaign, "csv", mask=False)
    whole = exports.enqueue(sqlite_store, actor, rules, campaign, "csv")
    for export_id in (own_export_id, whole):
        exports.make(sqlite_store, export_id, rules)
    with exports.open_file(sqlite_store, MANAGER, own_export_id) as opened:
        assert b"*****" in opened.read()
    with pytest.raises(DomainError):
        exports.open_file(sqlite_store, MANAGER, whole)
    with pytest.raises(DomainError):
        exports.delete(sqlite_store, MANAGER, whole)


def test_a_file_deleted_while_it_is_made_does_not_come_back(
    sqlite_store: Store, sqlite_url: str, settings: SettingsFactory, actor: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    rules = settings(database_url=sqlite_url)
    campaign = make_campaign(sqlite_store)
    make_messages(sqlite_store, campaign, {"delivered": 1})
    export_id = exports.enqueue(sqlite_store, actor, rules, campaign, "csv")

    def write_and_delete(*args: Any, **more: Any) -> exports.Written:
        written = exports.report(*args, **more)
        exports.delete(sqlite_store, actor, export_id)
        return written

    monkeypatch.setattr("getsms_core.exports.jobs.report", write_and_delete)
    exports.make(sqlite_store, export_id, rules)
    assert exports.all_exports(sqlite_store) == []
    assert list(rules.files.iterdir()) == []


def test_files_are_deleted_after_their_time_without_another_export(store: Store, tmp_path: Path) -> None:
    keeping_time = exports.KEPT_DAYS * 86_400_000
    ages = {"ready": (1, 1), "failed": (1, None), "young": (2 * HOUR, 2 * HOUR), "pending": (1, None)}
    for name, (created_at, ready_at) in ages.items():
        path = tmp_path / f"{name}.xlsx"
        for left in (path, tmp_path / f".{name}.xlsx.part", tmp_path / f".{name}.xlsx.rows"):
            left.write_text("998901234567")
        with store.writing() as session:
            state = ExportState.READY if ready_at else ExportState(name)
            session.add(Export(name=name, format=ExportFormat.XLSX, state=state, path=str(path), created_at=created_at,
                               created_by="A", ready_at=ready_at))  # fmt: skip
    with store.writing() as session:
        runner.mark_due(session, TASHKENT, keeping_time + HOUR)  # what every worker does each second
    assert sorted(file.name for file in exports.all_exports(store)) == ["pending", "young"]
    assert {path.name.split(".xlsx")[0].strip(".") for path in tmp_path.glob("*xlsx*")} == {"pending", "young"}


def test_a_file_that_cannot_be_deleted_stays_listed(sqlite_store: Store, tmp_path: Path) -> None:
    folder = tmp_path / "folder.csv"
    folder.mkdir()  # no file, so that nobody can delete it as one
    with sqlite_store.writing() as session:
        session.add(Export(name="x", format=ExportFormat.CSV, state=ExportState.READY, path=str(folder), created_at=0,
                           created_by="A", ready_at=1))  # fmt: skip
    with sqlite_store.writing() as session:
        exports.sweep(session, NOW)
    assert [file.name for file in exports.all_exports(sqlite_store)] == ["x"]


def test_a_worker_that_is_killed_at_a_file_leaves_nothing_behind_its_deletion(
    sqlite_store: Store, sqlite_url: str, settings: SettingsFactory, actor: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Killed(BaseException):
        pass

    def cut_off(store: Store, actor: Actor, question: Filter, format: str, path: Path, *rest: Any) -> exports.Written:
        path.with_name(f".{path.name}.part").write_text("998901234567")
        raise Killed

    rules = settings(database_url=sqlite_url)
    campaign = make_campaign(sqlite_store)
    make_messages(sqlite_store, campaign, {"delivered": 1})
    export_id = exports.enqueue(sqlite_store, actor, rules, campaign, "csv")
    monkeypatch.setattr("getsms_core.exports.jobs.report", cut_off)
    run = claimed(sqlite_store)
    with pytest.raises(Killed):
        exports.make(sqlite_store, export_id, rules)
    handlers.record_crash(sqlite_store, run)
    assert len(list(rules.files.iterdir())) == 1
    exports.delete(sqlite_store, actor, export_id)
    assert list(rules.files.iterdir()) == []


def test_messages_counted_as_sent_are_apart_in_the_summary_and_by_day(store: Store, tmp_path: Path) -> None:
    campaign = make_campaign(store)
    make_messages(store, campaign, {"delivered": 3, "accepted": 2})
    count_as_sent(store, campaign)
    exports.write(store, AZIZA, campaign, "xlsx", tmp_path / "a.xlsx", ["phone"], mask=True, zone=TASHKENT)
    book = openpyxl.load_workbook(tmp_path / "a.xlsx")
    summary = {row[0]: row[1] for row in book["Summary"].iter_rows(min_row=2, values_only=True)}
    assert summary["Waiting for receipt"] == 0
    assert (summary["Counted as sent"], summary["Sent"], summary["Rate, at most"]) == (2, 5, 1)
    day = dict(zip(*book["By day"].iter_rows(max_row=2, values_only=True), strict=True))
    assert (day["Waiting"], day["Counted as sent"], day["Sent"]) == (0, 2, 5)


def test_the_name_of_a_file_holds_the_same_iso_days_in_every_language(
    sqlite_store: Store, settings: SettingsFactory
) -> None:
    november = Filter(since=date(2026, 11, 1), until=date(2026, 11, 30))
    names = []
    for language in LANGUAGES:
        with using_language(language):
            export_id = exports.enqueue(sqlite_store, AZIZA, settings(), november, "csv")
        with sqlite_store.reading() as session:
            names.append(session.get_one(Export, export_id).name)
    assert len(set(names)) == 3
    assert all(name.endswith(" 2026-11-01 – 2026-11-30") for name in names), names
