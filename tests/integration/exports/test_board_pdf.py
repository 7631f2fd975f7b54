"""The report for the board: the figures of every screen, on paper, in three languages."""

from datetime import date, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pypdfium2
import pytest

from getsms_core import exports, reports
from getsms_core.base import formatting
from getsms_core.base.errors import DomainError
from getsms_core.base.i18n import LANGUAGES, _, using_language
from getsms_core.base.permissions import Actor, Role
from getsms_core.db.engine import Store
from getsms_core.exports import board_pdf, charts_pdf
from getsms_core.reports import Filter, last_days
from tests.conftest import SettingsFactory
from tests.engine_support import AZIZA
from tests.factories import DAY, NOW, count_as_sent, make_campaign, make_messages, with_history

TASHKENT = ZoneInfo("Asia/Tashkent")
LETTERS = "Ўзбекистон ў қ ғ ҳ Ў Қ Ғ Ҳ Oʻzbekiston ʻʼ’ ş ç ö ğ Ёлка ЪЬЭ №5 «ЁЛКА» – 50%"


def words(path: Path) -> str:
    """All that stands in a PDF, blanks of every kind as one."""
    document = pypdfium2.PdfDocument(path)
    try:
        return " ".join(" ".join(page.get_textpage().get_text_bounded() for page in document).split())
    finally:
        document.close()


def plain(text: str) -> str:
    return " ".join(text.split())


def test_the_figures_are_those_of_the_screens_in_every_language(store: Store, tmp_path: Path) -> None:
    with_history(store, campaigns=6, messages=60)
    question = last_days(30, TASHKENT, NOW)
    sums = reports.total(store, question, TASHKENT)
    figures = sums.figures
    for language in LANGUAGES:
        file = tmp_path / f"{language}.pdf"
        with using_language(language):
            written = exports.report(store, AZIZA, question, "pdf", file, zone=TASHKENT, title=LETTERS)
            text = words(file)
            for figure in (figures.sent, figures.delivered, figures.waiting, figures.uncertain):
                assert plain(formatting.number(figure)) in text, language
            money = formatting.money(sums.sent_cost)
            for part in (formatting.percent(figures.rate), money, _("Delivery rate"), LETTERS):
                assert plain(part) in text, language
            for row in reports.by_campaign(store, question, TASHKENT).to_dict("records"):
                assert row["sent"] == 0 or str(row["name"]) in text, language
        assert written.rows == figures.total
        assert "998" not in text.replace(" ", "") or figures.sent == 998  # no phone number


def test_the_fonts_are_files_of_the_package_with_their_licence() -> None:
    assert {file.name for file in board_pdf.FONTS.iterdir()} == {
        "LICENSE.txt", "SourceSansPro-Regular.ttf", "SourceSansPro-Semibold.ttf",
    }  # fmt: skip
    assert "SIL OPEN FONT LICENSE Version 1.1" in (board_pdf.FONTS / "LICENSE.txt").read_text()


def test_a_period_without_a_message_is_a_report_that_says_so(sqlite_store: Store, tmp_path: Path) -> None:
    exports.report(sqlite_store, AZIZA, Filter(), "pdf", tmp_path / "a.pdf", zone=TASHKENT)
    assert "Nothing was sent in this period." in words(tmp_path / "a.pdf")


def test_one_day_and_one_message_can_be_drawn(sqlite_store: Store, tmp_path: Path) -> None:
    make_messages(sqlite_store, make_campaign(sqlite_store), {"delivered": 1})
    exports.report(sqlite_store, AZIZA, Filter(), "pdf", tmp_path / "a.pdf", zone=TASHKENT)
    assert "100%" in words(tmp_path / "a.pdf")


def test_a_day_of_two_messages_does_not_press_the_others_flat(sqlite_store: Store, tmp_path: Path) -> None:
    make_messages(sqlite_store, make_campaign(sqlite_store), {"delivered": 970, "undelivered": 30})
    make_messages(sqlite_store, make_campaign(sqlite_store), {"delivered": 2}, left_at=NOW - DAY)
    exports.report(sqlite_store, AZIZA, last_days(7, TASHKENT, NOW), "pdf", tmp_path / "a.pdf", zone=TASHKENT)
    text = words(tmp_path / "a.pdf")
    assert "92.5%" in text  # a mark of the axis, which begins at 90 %
    assert "50.0%" not in text


def test_a_range_that_has_no_name_is_called_as_on_the_screen(sqlite_store: Store, tmp_path: Path) -> None:
    make_messages(sqlite_store, make_campaign(sqlite_store), {"delivered": 1}, phones=[7_901_234_567])
    with using_language("uz"):
        exports.report(sqlite_store, AZIZA, Filter(), "pdf", tmp_path / "a.pdf", zone=TASHKENT)
    text = words(tmp_path / "a.pdf")
    assert "Boshqa" in text
    assert "other" not in text


def test_uncertain_messages_are_in_the_figures_the_chart_and_the_table(sqlite_store: Store, tmp_path: Path) -> None:
    make_messages(sqlite_store, make_campaign(sqlite_store, "Noaniq"), {"uncertain": 37})
    exports.report(sqlite_store, AZIZA, last_days(1, TASHKENT, NOW), "pdf", tmp_path / "a.pdf", zone=TASHKENT)
    text = words(tmp_path / "a.pdf")
    assert "No receipts yet" in text
    assert "0 10 20 30 40" in " ".join(part for part in text.split() if part in ("0", "10", "20", "30", "40"))
    assert "Noaniq 20 Mar 2026 Korzinka 0 0 – 37 0" in text
    assert "20 Mar 2026 – 20 Mar 2026" not in text  # one day is one day


def test_a_rate_of_few_carries_its_interval_in_the_table_and_one_that_still_waits_a_mark(
    sqlite_store: Store, tmp_path: Path
) -> None:
    make_messages(sqlite_store, make_campaign(sqlite_store, "Kam"), {"delivered": 1})
    make_messages(sqlite_store, make_campaign(sqlite_store, "Kutadi"), {"delivered": 10, "accepted": 5})
    exports.report(sqlite_store, AZIZA, Filter(), "pdf", tmp_path / "a.pdf", zone=TASHKENT)
    text = words(tmp_path / "a.pdf")
    assert "Kam 20 Mar 2026 Korzinka 1 1 100% 20.7% – 100% 0 95" in text
    assert "Kutadi 20 Mar 2026 Korzinka 15 10 100% * 66.7% – 100% 0 1,425" in text  # of five that wait all may fail
    assert "* Some of its messages still wait" in text


def test_the_axis_is_time_so_that_days_without_a_message_keep_their_place(store: Store) -> None:
    times = [NOW - 60 * DAY, NOW]
    make_messages(store, make_campaign(store, started_at=times[0], finished_at=NOW), ["delivered"] * 2, left_at=times)
    last = date(2026, 3, 20)
    for since, sent, days in (
        (date(2026, 3, 11), 1, [f"2026-03-{day}" for day in range(11, 21)]),
        (date(2026, 1, 12), 2, [str(date(2026, 1, 12) + timedelta(weeks=week)) for week in range(10)]),
        (
            date(2024, 12, 1),
            2,
            ["2024-12-01", *(f"2025-{n:02}-01" for n in range(1, 13)), *(f"2026-0{n}-01" for n in (1, 2, 3))],
        ),
    ):
        frame = board_pdf.gathered(store, Filter(since, last), TASHKENT).over_time
        assert (frame["sent"].sum(), frame["settled"].sum()) == (sent, sent)
        assert [str(at.date()) for at in frame["at"]] == days


def test_no_line_crosses_days_without_a_message() -> None:
    rows = [{"n": 1}, {"n": 2}, None, None, {"n": 3}, None]
    assert [[i for i, _row in run] for run in charts_pdf.unbroken_runs(rows)] == [[0, 1], [4]]


def test_the_table_ends_with_the_total_and_a_period_with_today_is_marked(sqlite_store: Store, tmp_path: Path) -> None:
    make_messages(sqlite_store, make_campaign(sqlite_store, "Bir"), {"delivered": 3, "undelivered": 1})
    make_messages(sqlite_store, make_campaign(sqlite_store, "Ikki"), {"delivered": 2})
    exports.report(sqlite_store, AZIZA, Filter(), "pdf", tmp_path / "a.pdf", zone=TASHKENT)
    text = words(tmp_path / "a.pdf")
    assert "Total 6 5" in text
    assert "(not complete: today is" in text
    assert "What failed, on its own scale" in text
    assert text.index("What the words mean") < text.index("By campaign")  # never alone on the last page


@pytest.mark.parametrize(
    ("most", "ticks"),
    [(0, [0, 1]), (1, [0, 1]), (3, [0, 1, 2, 3]), (1913, [0, 500, 1000, 1500, 2000]), (100, [0, 20, 40, 60, 80, 100])],
)
def test_the_numbers_of_an_axis_are_round(most: int, ticks: list[int]) -> None:
    assert charts_pdf.round_ticks(most) == ticks


def test_a_very_long_title_does_not_displace_the_charts(sqlite_store: Store, tmp_path: Path) -> None:
    with_history(sqlite_store, campaigns=3, messages=20)
    exports.report(
        sqlite_store,
        AZIZA,
        last_days(30, TASHKENT, NOW),
        "pdf",
        tmp_path / "a.pdf",
        zone=TASHKENT,
        title="Sarlavha " * 90,
    )
    document = pypdfium2.PdfDocument(tmp_path / "a.pdf")
    assert len(document) <= 3
    assert "Delivery rate by day" in document[0].get_textpage().get_text_bounded()
    document.close()


@pytest.mark.parametrize("language", list(LANGUAGES))
def test_no_heading_and_no_figure_of_the_table_is_broken(sqlite_store: Store, tmp_path: Path, language: str) -> None:
    for name in ("Ism " * 50, "A" * 200):
        campaign = make_campaign(sqlite_store, name, sender="Korzinka")
        make_messages(sqlite_store, campaign, {"delivered": 12_345, "uncertain": 1, "accepted": 2})
    file = tmp_path / "a.pdf"
    with using_language(language):
        exports.report(sqlite_store, AZIZA, Filter(), "pdf", file, zone=TASHKENT)
        table = words(file).rpartition(_("By campaign"))[2]
        for heading in ("Sent", "Delivered", "Delivery rate", "Interval", "Uncertain", "Cost, so'm", "Sender name"):
            for word in plain(_(heading)).split():
                assert word in table, (heading, table)
        for figure in (formatting.number(12_345), formatting.number(24_690), formatting.number(1_172_965)):
            assert plain(figure) in table
    assert "A" * 10 in table
    assert table.count("A") < 70  # a name of 200 characters would take a third of the page
    assert table.count("Ism") < 20


def test_hundreds_of_campaigns_are_summed_up_in_the_last_line(sqlite_store: Store, tmp_path: Path) -> None:
    for i in range(45):
        make_messages(sqlite_store, make_campaign(sqlite_store, f"No {i:03}"), {"delivered": 50 - i})
    exports.report(sqlite_store, AZIZA, Filter(), "pdf", tmp_path / "a.pdf", zone=TASHKENT)
    text = words(tmp_path / "a.pdf")
    assert "No 039" in text
    assert "No 040" not in text
    assert f"5 more campaigns {sum(50 - i for i in range(40, 45))}" in text


def test_the_worker_makes_the_report_and_a_user_without_phones_may_open_it(
    sqlite_store: Store, sqlite_url: str, settings: SettingsFactory, actor: Actor
) -> None:
    rules = settings(database_url=sqlite_url)
    make_messages(sqlite_store, make_campaign(sqlite_store), {"delivered": 2})
    export_id = exports.enqueue(sqlite_store, actor, rules, Filter(), "pdf", name="Mart")
    exports.make(sqlite_store, export_id, rules)
    with exports.open_file(sqlite_store, Actor("Malika", Role.MANAGER), export_id) as opened:
        assert opened.read(5) == b"%PDF-"
    assert "Mart" in words(Path(exports.get(sqlite_store, export_id).path))


def test_what_cannot_be_written_leaves_nothing(sqlite_store: Store, tmp_path: Path) -> None:
    with pytest.raises(OSError, match="No such file"):
        exports.report(sqlite_store, AZIZA, Filter(), "pdf", tmp_path / "none" / "a.pdf", zone=TASHKENT)
    with pytest.raises(DomainError):
        exports.report(sqlite_store, AZIZA, Filter(), "doc", tmp_path / "a.doc", zone=TASHKENT)
    assert not list(tmp_path.glob("*a.*"))


def test_messages_counted_as_sent_are_apart_in_the_figures_and_the_chart(sqlite_store: Store, tmp_path: Path) -> None:
    campaign = make_campaign(sqlite_store)
    make_messages(sqlite_store, campaign, {"delivered": 3, "accepted": 37})

    def report() -> str:
        exports.report(sqlite_store, AZIZA, Filter(), "pdf", tmp_path / "a.pdf", zone=TASHKENT)
        return words(tmp_path / "a.pdf")

    for language in LANGUAGES:
        with using_language(language):
            assert plain(_("Counted as sent")) not in report(), language
    count_as_sent(sqlite_store, campaign)
    for language in LANGUAGES:
        with using_language(language):
            text = report()
            assert text.count(plain(_("Counted as sent"))) == 3, language  # the figure, the legend, the meaning
            assert f"{plain(_('Counted as sent'))} 37" in text, language
