"""The report for the board: the figures of every screen, on paper, in three languages."""

from pathlib import Path
from zoneinfo import ZoneInfo

import pypdfium2
import pytest

from getsms_core import exports, formats, reports
from getsms_core.actor import Actor, Role
from getsms_core.errors import Refused
from getsms_core.reports import Question, last_days
from getsms_core.store.engine import Store
from getsms_core.words import LANGUAGES, _, speaking
from tests.conftest import SettingsFactory
from tests.factories import NOW, make_campaign, make_messages, with_history

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


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_figures_are_those_of_the_screens_in_every_language(store: Store, tmp_path: Path, language: str) -> None:
    with_history(store, campaigns=6, messages=60)
    question = last_days(30, TASHKENT, NOW)
    sums = reports.total(store, question, TASHKENT)
    with speaking(language):
        made = exports.report(store, question, "pdf", tmp_path / "a.pdf", zone=TASHKENT, title=LETTERS)
        said = words(tmp_path / "a.pdf")
        figures = sums.figures
        for figure in (figures.sent, figures.delivered, figures.waiting, figures.uncertain):
            assert plain(formats.number(figure)) in said
        for part in (formats.percent(figures.rate), formats.money(sums.sent_cost), _("Delivery rate"), LETTERS):
            assert plain(part) in said
        for one in reports.by_campaign(store, question, TASHKENT).to_dict("records"):
            assert one["sent"] == 0 or str(one["name"]) in said
    assert made.rows == figures.total
    assert "998" not in said.replace(" ", "") or figures.sent == 998  # no phone number


def test_a_period_without_a_message_is_a_report_that_says_so(store: Store, tmp_path: Path) -> None:
    exports.report(store, Question(), "pdf", tmp_path / "a.pdf", zone=TASHKENT)
    assert "Nothing was sent in this period." in words(tmp_path / "a.pdf")


def test_one_day_and_one_message_can_be_drawn(store: Store, tmp_path: Path) -> None:
    make_messages(store, make_campaign(store), {"delivered": 1})
    exports.report(store, Question(), "pdf", tmp_path / "a.pdf", zone=TASHKENT)
    assert "100%" in words(tmp_path / "a.pdf")


def test_hundreds_of_campaigns_are_summed_up_in_the_last_line(store: Store, tmp_path: Path) -> None:
    for i in range(45):
        make_messages(store, make_campaign(store, f"No {i:03}"), {"delivered": 50 - i})
    exports.report(store, Question(), "pdf", tmp_path / "a.pdf", zone=TASHKENT)
    said = words(tmp_path / "a.pdf")
    assert "No 039" in said
    assert "No 040" not in said
    assert f"5 more campaigns {sum(50 - i for i in range(40, 45))}" in said


def test_the_worker_makes_it_and_whoever_sees_no_phones_may_have_it(
    sqlite_store: Store, sqlite_url: str, settings: SettingsFactory, actor: Actor
) -> None:
    rules = settings(database_url=sqlite_url)
    make_messages(sqlite_store, make_campaign(sqlite_store), {"delivered": 2})
    asked = exports.ask(sqlite_store, actor, rules, Question(), "pdf", name="Mart")
    exports.make(sqlite_store, asked, rules)
    with exports.open_file(sqlite_store, Actor("Malika", Role.MANAGER), asked) as opened:
        assert opened.read(5) == b"%PDF-"
    assert "Mart" in words(Path(exports.get(sqlite_store, asked).path))


def test_what_cannot_be_written_leaves_nothing(sqlite_store: Store, tmp_path: Path) -> None:
    with pytest.raises(OSError, match="No such file"):
        exports.report(sqlite_store, Question(), "pdf", tmp_path / "none" / "a.pdf", zone=TASHKENT)
    with pytest.raises(Refused):
        exports.report(sqlite_store, Question(), "doc", tmp_path / "a.doc", zone=TASHKENT)
    assert not list(tmp_path.glob("*a.*"))
