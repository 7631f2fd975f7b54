"""No callback, fragment, dialog or download captures who was signed in: the sources of all pages, walked."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PAGES = [ROOT / "app.py", *sorted((ROOT / "pages").rglob("*.py"))]
RESOLVING = {ROOT / "pages" / "ui" / "shared" / name for name in ("later.py", "session.py")}
"""Where the user is resolved: what they keep is a look-up, tested in test_rights.py."""
RESOLVERS = {"actor", "current_user", "require", "signed_in", "current", "user_of_session", "get_active"}
USER_TYPES = {"Actor", "UserInfo", "SignedIn"}
CALLBACKS = {"on_click", "on_change", "on_submit", "on_select", "on_dismiss"}
CAPTURING = {"args", "kwargs", *CALLBACKS}
Function = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda


def name_of(node: ast.expr) -> str:
    """The last name of `x`, `a.x`, `x()` and `a.x()`."""
    if isinstance(node, ast.Call):
        return name_of(node.func)
    return node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""


def is_user(value: ast.expr) -> bool:
    """Whether an expression gives a user: `actor()`, `current_user()`, `current_user().actor`, `require(…)`."""
    if isinstance(value, ast.Attribute) and value.attr == "actor":
        return True
    return isinstance(value, ast.Call) and name_of(value) in RESOLVERS


def user_names(function: Function) -> set[str]:
    """The parameters and variables of a function that hold a user."""
    arguments = function.args
    names = {
        argument.arg
        for argument in (*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs)
        if argument.annotation is not None and any(kind in ast.unparse(argument.annotation) for kind in USER_TYPES)
    }
    for node in own_nodes(function):
        if isinstance(node, ast.NamedExpr) and is_user(node.value) and isinstance(node.target, ast.Name):
            names.add(node.target.id)
        if isinstance(node, ast.Assign) and is_user(node.value):
            names |= {target.id for target in node.targets if isinstance(target, ast.Name)}
    return names


def own_nodes(function: Function) -> Iterator[ast.AST]:
    """What belongs to a function and not to one inside it."""
    waiting = list(ast.iter_child_nodes(function))
    while waiting:
        node = waiting.pop()
        yield node
        if not isinstance(node, Function):
            waiting += ast.iter_child_nodes(node)


def captured(node: ast.AST, names: set[str]) -> bool:
    """Whether an expression that is kept for later holds a user: by a variable, or by a call that is made now."""
    inside_lambdas = {
        id(inner) for part in ast.walk(node) if isinstance(part, ast.Lambda) for inner in ast.walk(part.body)
    }
    harmless = {id(inner) for part in ast.walk(node) if is_label(part) for inner in ast.walk(part)}
    for part in ast.walk(node):
        if isinstance(part, ast.Name) and part.id in names and id(part) not in harmless:
            return True
        if isinstance(part, ast.expr) and is_user(part) and id(part) not in inside_lambdas:
            return True
    return False


def is_label(node: ast.AST) -> bool:
    """Whether an expression gives no rights: the id of a user, or a text that is made at once."""
    return isinstance(node, ast.JoinedStr) or (isinstance(node, ast.Attribute) and node.attr == "id")


def faults(tree: ast.Module) -> list[tuple[int, str]]:
    """The line and the fault of every place where a user or their rights would outlive the moment."""
    captures = []
    for function in (node for node in ast.walk(tree) if isinstance(node, Function)):
        names = user_names(function)
        for node in own_nodes(function):
            if isinstance(node, Function):
                inside = node.body if isinstance(node.body, list) else [node.body]
                if any(captured(part, names) for part in inside if names and uses(part, names)):
                    captures.append((node.lineno, "a function inside another uses its user"))
            if isinstance(node, ast.Call):
                if name_of(node) == "partial" and any(captured(part, names) for part in (*node.args, *node.keywords)):
                    captures.append((node.lineno, "a partial holds a user"))
                keywords = [part for part in node.keywords if part.arg in CAPTURING]
                if any(captured(part.value, names) for part in keywords):
                    captures.append((node.lineno, "a callback is given a user"))
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and ast.unparse(node) in ("st.fragment", "st.dialog"):
            captures.append((node.lineno, f"st.{node.attr}: take pages.ui.shared.later"))
        if isinstance(node, ast.ImportFrom) and node.module == "streamlit":
            captures.append((node.lineno, "import streamlit as st"))
        if isinstance(node, ast.Call) and name_of(node) == "download_button":
            data = node.args[1:2] or [part.value for part in node.keywords if part.arg == "data"]
            if not (data and isinstance(data[0], ast.Call) and ast.unparse(data[0].func) == "later.download"):
                captures.append((node.lineno, "a download that is not later.download(…)"))
    return captures


def uses(node: ast.AST, names: set[str]) -> bool:
    return any(isinstance(part, ast.Name) and part.id in names for part in ast.walk(node))


@pytest.fixture(scope="module")
def trees() -> dict[Path, ast.Module]:
    """The sources of all pages."""
    return {path: ast.parse(path.read_text()) for path in PAGES}


def test_no_page_keeps_a_user_for_later(trees: dict[Path, ast.Module]) -> None:
    captured_names = {str(path.relative_to(ROOT)): faults(trees[path]) for path in PAGES if path not in RESOLVING}
    assert {path: captures for path, captures in captured_names.items() if captures} == {}


def test_the_walk_meets_the_callbacks_fragments_and_downloads_of_the_pages(trees: dict[Path, ast.Module]) -> None:
    calls = [node for tree in trees.values() for node in ast.walk(tree) if isinstance(node, ast.Call)]
    assert sum(1 for call in calls for keyword in call.keywords if keyword.arg in CALLBACKS) > 80
    assert sum(ast.unparse(call.func) in ("later.fragment", "later.dialog") for call in calls) >= 12
    assert sum(name_of(call) == "download_button" for call in calls) >= 9


@pytest.mark.parametrize(
    "body",
    [
        "st.button('x', on_click=delete, args=(store(), actor(), 7))",
        "user = actor()\n    st.button('x', on_click=delete, args=(user, 7))",
        "user = require(Permission.READ)\n    st.button('x', on_click=lambda: delete(user))",
        "if user := session.current_user():\n        st.button('x', on_change=run, kwargs={'user': user})",
        "st.button('x', on_click=partial(delete, actor()))",
        "user = current_user().actor\n    @later.dialog('x')\n    def ask():\n        delete(user)",
        "user = actor()\n    st.download_button('x', later.download(Permission.READ, partial(csv, user)))",
        "st.download_button('x', partial(csv, 7))",
        "st.download_button('x', data=lambda: b'')",
        "st.fragment(_live, run_every=1)()",
        "@st.dialog('x')\n    def ask(): ...",
    ],
)
def test_the_walk_finds_what_would_keep_a_user(body: str) -> None:
    assert faults(ast.parse(f"def show() -> None:\n    {body}\n"))


def test_the_walk_finds_a_user_that_came_as_a_parameter() -> None:
    for source in (
        "def show(who: Actor) -> None:\n    st.button('x', on_click=delete, args=(who,))\n",
        "def show(who: identity.UserInfo | None) -> None:\n    def inner():\n        delete(who)\n",
    ):
        assert faults(ast.parse(source)), source


@pytest.mark.parametrize(
    "body",
    [
        "st.button('x', on_click=_delete, args=(7,))",
        "attempt(lambda: delete(store(), actor(), 7))",
        "user = require(Permission.READ)\n    if user.may(Permission.EXPORT):\n        show(user)",
        "st.download_button('x', later.download(Permission.READ, partial(csv, 7)))",
    ],
)
def test_the_walk_lets_pass_what_asks_when_it_runs(body: str) -> None:
    assert faults(ast.parse(f"def show() -> None:\n    {body}\n")) == []
