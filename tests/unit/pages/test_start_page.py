"""The page that starts Streamlit's front end."""

import re
from pathlib import Path

import pytest
import streamlit
from starlette.requests import Request

from getsms_core.base.permissions import Role
from getsms_core.users.identity import UserInfo
from pages.ui.gate.start_page import start_page
from pages.ui.shared import static_assets

USER = UserInfo(1, "Aziza", Role.ADMINISTRATOR, "en", 0, "", None)
SCRIPTS = Path(streamlit.__file__).parent / "static" / "static" / "js"


def scripts(address: str) -> list[str]:
    """The scripts that the page at `address` asks for at once, without Streamlit's own choice of them."""
    path, _question, query = address.partition("?")
    request = Request({"type": "http", "method": "GET", "path": path, "query_string": query.encode(), "headers": []})
    answer = start_page(request, USER)
    assert answer is not None
    links = re.findall(r'<link rel="modulepreload" crossorigin href="/static/js/([^"]+)">', bytes(answer.body).decode())
    assert len(links) == len(set(links))
    return [link for link in links if f"/static/js/{link}" not in static_assets.first()]


@pytest.mark.parametrize(
    ("address", "element"),
    [("/", "PlotlyChart"), ("/analytics", "PlotlyChart"), ("/campaigns?id=7", "PlotlyChart"),
     ("/campaigns", "DataFrame"), ("/audit?who=Aziza", "DataFrame"), ("/help", "Selectbox")],
)  # fmt: skip
def test_a_page_asks_at_once_for_what_it_begins_with_and_for_all_that_this_imports(address: str, element: str) -> None:
    names = scripts(address)
    assert any(name.startswith(f"{element}.") for name in names)
    initial = {Path(path).name for path in static_assets.first()}
    for name in names:
        imported = set(re.findall(r'(?:from|import)"\./([^"]+\.js)"', (SCRIPTS / name).read_text("utf-8")))
        assert imported <= {*names, *initial}


def test_a_page_does_not_ask_for_what_only_others_show() -> None:
    assert not any(name.startswith(("PlotlyChart.", "DataFrame.")) for name in scripts("/settings"))
    assert not any(name.startswith("PlotlyChart.") for name in scripts("/campaigns"))
