"""A chart that is drawn once for many viewers: each sees it whole, in their own place, language and theme."""

import time
from collections.abc import Collection
from types import SimpleNamespace
from typing import Any

import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

from getsms_core.base.permissions import Role
from getsms_core.db.engine import Store
from pages.ui.shared import live, table_formats
from tests.conftest import PageFactory
from tests.factories import with_history
from tests.ui.folded_tables import open_tables


def _seen(page: AppTest) -> tuple[list[str], str, str]:
    """The headings of the chart's table, its figure, and the label of its download."""
    assert not page.exception
    expander = next(expander for expander in open_tables(page).expander if expander.dataframe)
    [table] = expander.dataframe
    [button] = expander.get("download_button")
    [chart] = page.get("plotly_chart")
    return list(table.value.columns), chart.proto.spec, button.proto.label


def test_the_second_viewer_gets_the_chart_of_the_first_and_another_language_its_own(
    open_page: PageFactory, sqlite_store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    with_history(sqlite_store, now=time.time_ns() // 1_000_000)
    formatted = []

    def noted(table: pd.DataFrame, shares: Collection[str], **options: Collection[str]) -> Any:
        formatted.append(table)
        return table_formats.styled(table, shares, **options)

    monkeypatch.setattr("pages.ui.shared.chart_display.styled", noted)
    monkeypatch.setattr(live, "time", SimpleNamespace(monotonic=lambda: 1.0))  # nothing gets old on a busy machine
    viewers = ((Role.ADMINISTRATOR, "en"), (Role.ANALYST, "en"), (Role.MANAGER, "ru"))
    for viewer in viewers:
        open_page("overview.py", *viewer)  # adds the user: a write empties what viewers share
    page = open_page("overview.py").run()
    assert not formatted, "a table that is folded is not made"
    first = _seen(page)
    assert len(formatted) == 1
    assert _seen(open_page("overview.py", *viewers[1]).run()) == first
    assert len(formatted) == 1, "the table was formatted for the first viewer alone"
    headings, figure, label = _seen(open_page("overview.py", *viewers[2]).run())
    assert len(formatted) == 2
    assert headings != first[0]
    assert figure != first[1]
    assert label != first[2]
    assert _seen(open_page("overview.py").run()) == first
