"""What cannot be undone asks first: pages show it with `ask_first`, in a dialog, or as listed here."""

import ast
from collections.abc import Iterator
from pathlib import Path

from tests.conftest import ROOT

DESTRUCTIVE = {"delete", "delete_draft", "delete_drafts", "discard", "remove", "revoke", "revoke_all", "disable"}
"""Functions of the core that delete, end or take away."""
OTHERWISE = {
    "condition_editor.py:_row_removed": "a row of a condition, written again in a moment",
    "optouts.py:_remove_number": "the number is typed, and can be opted out again",
    "users.py:_remove_factor": "the button is in a popover, which says what happens",
}


def callbacks(path: Path) -> Iterator[tuple[str, bool]]:
    """Each destructive callback of a page that a widget calls, and whether the widget is one of `ask_first`."""
    tree = ast.parse(path.read_text())
    destructive = {
        function.name
        for function in ast.walk(tree)
        if isinstance(function, ast.FunctionDef)
        and any(
            isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in DESTRUCTIVE
            for node in ast.walk(function)
        )
    }  # fmt: skip
    for call in ast.walk(tree):
        if isinstance(call, ast.Call):
            names = {ast.unparse(argument) for argument in (*call.args, *(word.value for word in call.keywords))}
            for name in sorted(destructive & names - {"work"}):  # what a callback does, within it
                yield f"{path.name}:{name}", ast.unparse(call.func) == "ask_first.button"


def test_what_cannot_be_undone_asks_first() -> None:
    found = [callback for path in sorted((ROOT / "pages").rglob("*.py")) for callback in callbacks(path)]
    asking = {name for name, asks in found if asks}
    assert asking >= {
        "account.py:_end", "account.py:_end_others", "prices.py:_remove", "templates.py:_discard", "reports.py:_delete",
        "saved_reports.py:_apply_action", "draft_deletion.py:_delete", "order_campaigns.py:_delete",
        "list_operations.py:_delete_list", "users.py:_disable",
    }  # fmt: skip
    assert {name for name, asks in found if not asks} - asking == set(OTHERWISE)
