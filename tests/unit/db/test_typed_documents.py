"""JSON columns are read through their dataclass: nothing takes a key of a row's document by its name, and the
documents of older releases can be read."""

import ast
import json
from dataclasses import asdict, replace

import pytest

from getsms_core.contacts.facts import Derivation, ListFacts
from getsms_core.contacts.lists import Options
from getsms_core.db.documents import Exclusions, RowCounts
from getsms_core.delivery.approval_terms import Terms
from getsms_core.exports import ExportRequest
from getsms_core.scheduled.alerts import AlertPlan
from getsms_core.scheduled.reports import Plan
from tests.conftest import ROOT

COLUMNS = {"facts", "options", "question", "plan", "policy", "exclusions", "params"}
COLUMNS |= {"counts", "stored_counts", "approved_terms"}
SOURCES = sorted(path for folder in ("getsms_core", "pages") for path in (ROOT / folder).rglob("*.py"))


def keys_taken(source: str) -> list[int]:
    """The lines that take a key of a document by its name."""
    lines: list[int] = []
    if not any(f".{column}" in source for column in COLUMNS):
        return lines
    for node in ast.walk(ast.parse(source)):
        holder = key = None
        if isinstance(node, ast.Subscript):
            holder, key = node.value, node.slice
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "get":
            holder, key = node.func.value, node.args[0] if node.args else None
        of_row = isinstance(holder, ast.Attribute) and holder.attr in COLUMNS
        if of_row and isinstance(node, ast.expr) and isinstance(key, ast.Constant) and isinstance(key.value, str):
            lines.append(node.lineno)
    return lines


def test_no_key_of_a_document_is_taken_by_name() -> None:
    lines = {str(path.relative_to(ROOT)): keys_taken(path.read_text("utf-8")) for path in SOURCES}
    assert {path: keys for path, keys in lines.items() if keys} == {}


@pytest.mark.parametrize("source", ['row.facts["columns"]', 'export.question.get("mask")', 'a.b.plan["mail"]'])
def test_each_way_to_take_a_key_is_noticed(source: str) -> None:
    assert keys_taken(source) == [1]


def test_facts_are_stored_and_read_back() -> None:
    derivation = Derivation("filter", (3,), details={"condition": "age > 3"})
    facts = ListFacts(sheet="A", sheets=("A", "B"), header_row=1, phone_column="t", columns=("n", "t"), made=derivation)
    assert ListFacts.from_stored(facts.to_stored()) == facts
    assert facts.to_stored()["made"] == {"how": "filter", "lists": [3], "condition": "age > 3"}


def test_documents_with_unknown_and_missing_keys_are_read() -> None:
    unknown = {"of another release": 1}
    assert ListFacts.from_stored(unknown) == ListFacts.from_stored(None) == ListFacts()
    assert Options.from_stored(unknown | {"keep": "last"}) == Options(keep="last")
    assert Exclusions.from_stored(unknown) == Exclusions()
    assert AlertPlan.from_stored(unknown) == AlertPlan()
    assert RowCounts.from_stored(unknown | {"rows": 7}) == RowCounts(rows=7)
    assert Terms.from_stored(unknown) is Terms.from_stored(None) is None
    assert Plan.from_stored(unknown) == Plan("")
    assert ExportRequest.from_stored(unknown).mask is False


def test_options_leave_out_what_the_release_before_does_not_know() -> None:
    assert "skip_hidden" not in Options().to_stored()
    assert Options(skip_hidden=True).to_stored() == asdict(Options(skip_hidden=True))


def test_the_terms_of_an_approval_are_read_back_and_those_of_older_releases_too() -> None:
    terms = Terms(1, (3, "ab"), "t", "v", "Shop", "service", None, None, 5_000, None, (2, 7), 95_00, where="w")
    assert Terms.from_stored(json.loads(json.dumps(terms.to_stored()))) == terms
    added_later = ("where", "exclusions", "text_column")
    older = {name: value for name, value in terms.to_stored().items() if name not in added_later}
    assert Terms.from_stored(older) == replace(terms, where=None)
