"""Only `base.states.change` and `db.moves` write a state: the sources of the core and of the pages, walked."""

import ast
import re
from collections.abc import Iterator

import pytest

from getsms_core.base.states import STATE_TABLES
from tests.conftest import ROOT
from tests.each_case import each_case

SOURCES = sorted(
    path
    for folder in ("getsms_core", "pages")
    for path in (ROOT / folder).rglob("*.py")
    if not path.is_relative_to(ROOT / "getsms_core" / "db" / "migrations")
)
COLUMNS = {states.column for states in STATE_TABLES}
ENUMS = {states.states.__name__ for states in STATE_TABLES}
FILTERS = {
    "getsms_core/jobs/listing.py",
    "getsms_core/reports/message_slices.py",
    "pages/ui/shared/analytics_targets.py",
}
"""What is read of a job has the state to show; a slice of messages is chosen by a state."""
SETS_OTHERS = {
    "getsms_core/base/states.py",
    "getsms_core/campaigns/drafts.py",
    "getsms_core/cli/framework.py",
    "getsms_core/db/models/campaigns.py",
}
"""Those that set attributes by a name that is not in the source."""
SQL = re.compile(rf"\bset\b[^;]*?\b({'|'.join(COLUMNS)})\s*=", re.IGNORECASE | re.DOTALL)


def writes(source: str) -> list[int]:
    """The lines of a source that write a state."""
    if not any(column in source for column in COLUMNS):  # to walk all sources takes 2 s of CPU
        return []
    tree = ast.parse(source)
    aliases = ENUMS | set(_aliases(tree))
    constants = {
        target.id: node.value
        for node in tree.body
        if isinstance(node, ast.Assign)
        for target in node.targets
        if isinstance(target, ast.Name)
    }
    return sorted(
        {node.lineno for node in ast.walk(tree) if isinstance(node, ast.expr) and _writes(node, aliases, constants)}
    )


def _aliases(tree: ast.Module) -> Iterator[str]:
    """The other names of the enums of states: `C = CampaignState`."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Name) and node.value.id in ENUMS:
            yield from (target.id for target in node.targets if isinstance(target, ast.Name))


def _writes(node: ast.expr, enums: set[str], constants: dict[str, ast.expr]) -> bool:
    if isinstance(node, ast.Attribute):
        return isinstance(node.ctx, ast.Store | ast.Del) and node.attr in COLUMNS
    if isinstance(node, ast.Call):
        return _call_writes(node, constants)
    if isinstance(node, ast.Dict):
        pairs = zip(node.keys, node.values, strict=True)
        return any(_column_of(key) in COLUMNS and _is_state(value, enums) for key, value in pairs)
    return isinstance(node, ast.Constant) and isinstance(node.value, str) and SQL.search(node.value) is not None


def _call_writes(call: ast.Call, constants: dict[str, ast.expr]) -> bool:
    name = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
    if name == "setattr":
        return _column_of(call.args[1]) in COLUMNS
    if name in ("update_by_id", "update_by_attempt"):
        columns = call.args[2]
        columns = constants.get(columns.id, columns) if isinstance(columns, ast.Name) else columns
        return any(_column_of(node) in COLUMNS for node in ast.walk(columns) if isinstance(node, ast.Constant))
    # A sentence with the name of a state, as text or as a reason; the widget that chooses one to show.
    if name in ("format", "of", "choice"):
        return False
    return any(keyword.arg in COLUMNS for keyword in call.keywords)


def _column_of(key: ast.expr | None) -> str:
    if isinstance(key, ast.Constant) and isinstance(key.value, str):
        return key.value
    return key.attr if isinstance(key, ast.Attribute) else ""


def _is_state(value: ast.expr, enums: set[str]) -> bool:
    """Whether an expression names a member of an enum of states."""
    names = (node.value for node in ast.walk(value) if isinstance(node, ast.Attribute))
    return any(isinstance(name, ast.Name) and name.id in enums for name in names)


def test_nothing_else_writes_a_state() -> None:
    lines = {str(path.relative_to(ROOT)): writes(path.read_text("utf-8")) for path in SOURCES}
    assert {path: changes for path, changes in lines.items() if changes and path not in FILTERS} == {}
    assert [path for path in FILTERS if not lines[path]] == [], "exceptions without need"


def test_the_names_of_attributes_that_are_set_are_known() -> None:
    """`setattr` with a name from elsewhere could write a state."""
    unknown = {
        str(path.relative_to(ROOT))
        for path in SOURCES
        if "setattr(" in (source := path.read_text("utf-8"))
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Call)
        and getattr(node.func, "id", "") == "setattr"
        and not isinstance(node.args[1], ast.Constant)
    }
    assert unknown == SETS_OTHERS


@each_case(
    "source",
    [
        'campaign.state = "running"',
        'campaign.state, campaign.code = C.PAUSED, "by-person"',
        "for campaign.state in states: pass",
        'setattr(campaign, "state", after)',
        "sa.update(Campaign).values(state=after)",
        'sa.update(Campaign).values({"state": CampaignState.PAUSED})',
        "C = CampaignState\nvalues = {'state': C.PAUSED}",
        "sa.update(Campaign).values({Campaign.state: CampaignState.PAUSED})",
        'update_by_id(session, "message", {"state": "text"}, rows)',
        'COLUMNS = ("state", "reason")\nupdate_by_id(session, "message", COLUMNS, rows)',
        'Chunk(id=1, state="done")',
        'session.execute(sa.text("UPDATE campaign SET code = 1, state = 2"))',
        'replace(campaign, state="done")',
    ],
)
def test_each_way_to_write_a_state_is_found(source: str) -> None:
    assert writes(source)


@pytest.mark.parametrize(
    "source",
    [
        "if campaign.state == C.PAUSED: pass",
        "sa.select(Campaign.state).where(Campaign.state.in_(OPEN))",
        'document = {"state": campaign.state, "figures": {}}',
        '_("Campaign {id} is {state}.").format(id=1, state=word)',
    ],
)
def test_reading_a_state_is_allowed(source: str) -> None:
    assert not writes(source)
