"""The docs for maintainers name only modules and files that exist."""

import importlib
import re
import tomllib
from collections.abc import Iterable
from pathlib import Path

import pytest

from getsms_core.base import failure_reasons
from getsms_core.base.codes import NoticeEvent
from getsms_core.base.work_states import JobKind
from tests.conftest import ROOT

MODULE = re.compile(r"`([a-z_]+(?:\.[a-z_]+)+)`")
FILE = re.compile(r"`((?:docs|getsms_core|pages|requirements|tests)/[\w./-]*)`")
LINK = re.compile(r"\]\(([^)#:]+)(?:#[^)]*)?\)")
GUIDES = [
    ROOT / "docs" / "architecture.md",
    ROOT / "CONTRIBUTING.md",
    *sorted((ROOT / "docs" / "decisions").glob("*.md")),
]
PAGES = [ROOT / "README.md", *GUIDES, *sorted((ROOT / "docs").glob("*.md"))]
PACKAGES = {path.name for path in (ROOT / "getsms_core").iterdir() if (path / "__init__.py").exists()}

guides = pytest.mark.parametrize("guide", GUIDES, ids=lambda guide: guide.name)


def _exists(dotted: str) -> bool:
    """Whether `package.module`, or `package.module.name`, is in getsms_core."""
    package, module = dotted.split(".")[:2]
    folder = ROOT / "getsms_core" / package
    if (folder / f"{module}.py").exists() or (folder / module / "__init__.py").exists():
        return True
    return hasattr(importlib.import_module(f"getsms_core.{package}"), module)


@guides
def test_every_module_that_a_guide_names_exists(guide: Path) -> None:
    named = {name for name in MODULE.findall(guide.read_text("utf-8")) if name.split(".")[0] in PACKAGES}
    assert sorted(name for name in named if not _exists(name)) == []


@guides
def test_every_file_that_a_guide_names_exists(guide: Path) -> None:
    named = {path for path in FILE.findall(guide.read_text("utf-8")) if "NAME" not in path and "NNNN" not in path}
    assert sorted(path for path in named if not (ROOT / path).exists()) == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_link_between_the_pages_leads_to_a_file(page: Path) -> None:
    assert sorted(link for link in LINK.findall(page.read_text("utf-8")) if not (page.parent / link).exists()) == []


@pytest.mark.parametrize(
    ("row", "codes"),
    [
        ("| `kind` | `list`", JobKind),
        ("`notices` with `id`, `event`", NoticeEvent),
        ("| `reasons` |", failure_reasons.WORDS),
    ],
    ids=["jobs", "notices", "reasons"],
)
def test_the_page_of_the_command_lists_every_code(row: str, codes: Iterable[str]) -> None:
    text = (ROOT / "docs" / "cli.md").read_text("utf-8")
    listed = text[text.index(row) :][:2_000]
    assert [code for code in codes if f"`{code}`" not in listed] == []


def test_every_decision_is_in_the_table() -> None:
    folder = ROOT / "docs" / "decisions"
    listed = set(LINK.findall((folder / "README.md").read_text("utf-8")))
    assert listed == {path.name for path in folder.glob("0*.md")}


def test_every_dependency_is_explained() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    declared = [*project["dependencies"], *project["optional-dependencies"]["dev"]]
    section = (ROOT / "docs" / "architecture.md").read_text("utf-8").split("## Dependencies")[1].lower()
    names = [re.split(r"[=\[]", line)[0].lower() for line in declared]
    words = set(re.findall(r"[\w*-]+", section))
    assert [name for name in names if name not in words and f"{name.rpartition('-')[0]}-*" not in words] == []


def test_every_module_is_in_the_table_of_modules() -> None:
    table = (ROOT / "docs" / "architecture.md").read_text("utf-8").split("## Every module")[1].split("\n## ")[0]
    rows = dict(re.findall(r"^\| `([\w.]+)` \| (.*) \|$", table, re.M))
    missing = []
    for path in (ROOT / "getsms_core").rglob("*.py"):
        package = ".".join(path.relative_to(ROOT / "getsms_core").parts[:-1])
        in_groups = package in ("", "cli", "base.reasons", "db.models") or "migrations" in package
        if not in_groups and not path.stem.startswith("__") and f"`{path.stem}`" not in rows.get(package, ""):
            missing.append(f"{package}.{path.stem}")
    assert sorted(missing) == []
