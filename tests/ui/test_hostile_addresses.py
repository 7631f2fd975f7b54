"""Every page with parameters in its address that no link of the app has: they end in a sentence or are ignored, and
none reaches the database as a value that one of the two databases refuses."""

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from streamlit import error_util
from streamlit.testing.v1 import AppTest

from getsms_core.db.engine import Store
from pages.ui.shared import session
from pages.ui.shared.sitemap import PAGES
from tests.conftest import PageFactory
from tests.each_case import each_case
from tests.ui.test_masking import VIEWS, story_url  # noqa: F401 - a fixture

HOSTILE = {
    "NUL": "\0a\0",
    "long number": "9" * 40,
    "longer number": "9" * 5000,
    "other digits": "٣",
    "first day": "0001-01-01",
    "last day": "9999-12-31",
    "separator": "a\n\x1f\u2028b",
}
NAMES = (
    "about", "address", "archive", "ascending", "calendar", "campaign", "compare", "day", "delay", "from",
    "hour", "id", "lang", "list", "name", "order", "part", "part_of", "period", "range", "reason", "search",
    "sender", "sent", "state", "step", "tag", "tests", "to", "view", "weekday", "what", "who", "phone",
    "number", "role", "column", "value", "with", "by", "grain", "sort", "status", "author", "responses-by",
)  # fmt: skip
FILES = [entry.file for entries in PAGES.values() for entry in entries]
LARGEST = 2**63


@pytest.fixture
def sqlite_url(story_url: str, tmp_path: Path) -> str:  # noqa: F811
    """A copy of the story's database."""
    shutil.copyfile(story_url.removeprefix("sqlite:///"), tmp_path / "test.db")
    return f"sqlite:///{tmp_path / 'test.db'}"


@pytest.fixture
def refused(sqlite_store: Store) -> Iterator[list[str]]:
    """What PostgreSQL or SQLite would refuse among the values of the queries."""
    values: list[str] = []

    def look(_connection: Any, _cursor: Any, statement: str, parameters: Any, _context: Any, _many: bool) -> None:
        for row in parameters if isinstance(parameters, list) else [parameters]:
            for value in row.values() if isinstance(row, dict) else row:
                if (isinstance(value, str) and "\0" in value) or (isinstance(value, int) and abs(value) >= LARGEST):
                    values.append(f"{value!r:.60} in {statement:.200}")

    sa.event.listen(sqlite_store.engine, "before_cursor_execute", look)
    yield values
    sa.event.remove(sqlite_store.engine, "before_cursor_execute", look)


@pytest.fixture(autouse=True)
def _errors_as_the_app_shows_them(monkeypatch: pytest.MonkeyPatch) -> None:
    """A refusal as its sentence, all else as "Something went wrong": AppTest has no `on_script_error`."""
    monkeypatch.setattr(error_util, "invoke_script_error_handler", lambda error, _handler: session.show_error(error))


def run(page: AppTest, query: dict[str, str]) -> list[str]:
    for name, value in query.items():
        page.query_params[name] = value
    page.run()
    broken = [error.value for error in page.error if "Something went wrong" in error.value]
    return broken + [f"{error.message}\n{''.join(error.stack_trace)}" for error in page.exception]


@each_case("value", HOSTILE.values())
@pytest.mark.parametrize("file", FILES)
def test_a_page_survives_parameters_that_no_link_has(
    open_page: PageFactory, refused: list[str], file: str, value: str
) -> None:
    refused.clear()
    for base in VIEWS.get(file, [{}]):
        assert run(open_page(file), {name: value for name in NAMES if name not in base} | base) == []
        assert refused == [], base
