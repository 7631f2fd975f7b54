"""Numbers are typed into text fields that the program reads itself: a browser's number field reads "1,5" and "1.000" by
its own language."""

import ast
from pathlib import Path

PAGES = sorted((Path(__file__).resolve().parents[2] / "pages").rglob("*.py"))


def test_no_page_has_a_number_field_of_the_browser() -> None:
    assert len(PAGES) > 50
    for file in PAGES:
        tree = ast.parse(file.read_text("utf-8"))
        used = {node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute)}
        assert not used & {"number_input", "slider"}, file
