"""Numbers are typed into text fields that the program reads itself: a browser's number field reads "1,5" and "1.000" by
its own language."""

import ast
from pathlib import Path

import pytest

PAGES = sorted((Path(__file__).resolve().parents[2] / "pages").rglob("*.py"))


@pytest.mark.parametrize("file", PAGES, ids=lambda file: file.name)
def test_no_page_has_a_number_field_of_the_browser(file: Path) -> None:
    tree = ast.parse(file.read_text("utf-8"))
    used = {node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute)}
    assert not used & {"number_input", "slider"}
