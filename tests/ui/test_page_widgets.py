"""Every widget of a page has a key, and every choice goes through `pages.ui.shared.choices`: without them a switch
of the language changes the values, because Streamlit knows a widget without a key by its label."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import ROOT

Sources = list[tuple[Path, ast.Module]]
CHOICES = {"selectbox", "radio", "segmented_control", "pills", "multiselect", "select_slider"}
OTHERS = {
    "button", "download_button", "form_submit_button", "text_input", "text_area", "number_input", "date_input",
    "time_input", "datetime_input", "toggle", "checkbox", "slider", "file_uploader", "data_editor", "color_picker",
}  # fmt: skip


@pytest.fixture(scope="module")
def pages() -> Sources:
    """The sources of all pages."""
    return [(path, ast.parse(path.read_text())) for path in sorted((ROOT / "pages").rglob("*.py"))]


def calls(tree: ast.AST) -> Iterator[tuple[str, str, ast.Call]]:
    """Each call of a method: what it is called on, its name, the call."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            yield ast.unparse(node.func.value), node.func.attr, node


def has_key(call: ast.Call) -> bool:
    return any(keyword.arg in ("key", None) for keyword in call.keywords)


def test_every_widget_has_a_key(pages: Sources) -> None:
    widgets = [(path, call) for path, tree in pages for _on, name, call in calls(tree)
               if name in CHOICES | OTHERS]  # fmt: skip
    assert len(widgets) > 100
    assert not [f"{path.name}:{call.lineno}" for path, call in widgets if not has_key(call)]


def test_every_expander_stays_open_when_its_label_changes(pages: Sources) -> None:
    """Streamlit's own folds when the language is switched."""
    direct = [path.name for path, tree in pages for _on, name, _call in calls(tree) if name == "expander"]
    assert direct == ["widgets.py"]


def test_choices_are_asked_for_by_code_alone(pages: Sources) -> None:
    direct = [
        f"{path.name}:{ast.unparse(call.func)}"
        for path, tree in pages
        if path.name != "choices.py"
        for on, name, call in calls(tree)
        if name in CHOICES and on != "choices"
    ]
    assert direct == ["frame.py:st.selectbox"]  # the language itself: its labels are the same in each


def test_states_are_compared_with_members_of_their_enums(pages: Sources) -> None:
    """A word in quotes is not found by who renames a state."""
    literal = [
        f"{path.name}:{node.lineno}"
        for path, tree in pages
        for node in ast.walk(tree)
        if isinstance(node, ast.Compare)
        and isinstance(node.left, ast.Attribute)
        and node.left.attr in ("state", "prepared")
        and any(isinstance(other, ast.Constant) for other in node.comparators)
    ]
    assert not literal


def test_no_choice_lies_in_a_form(pages: Sources) -> None:
    """A form holds its values back until it is submitted, and a switch of the language then resets them."""
    for path, tree in pages:
        for node in ast.walk(tree):
            if isinstance(node, ast.With) and "st.form(" in " ".join(ast.unparse(item) for item in node.items):
                inside = [name for on, name, _call in calls(node) if on == "choices"]
                assert not inside, f"{path.name}:{node.lineno}: {inside}"
