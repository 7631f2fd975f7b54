"""Every page as each role, with a hostile name wherever the database holds what somebody typed: no element that reads
Markdown, HTML or Plotly's markup gets it unescaped, and no element of plain text gets it escaped."""

import json
import re
import shutil
from collections.abc import Iterator
from contextlib import closing
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from sqlmodel import col
from streamlit.testing.v1 import AppTest

from getsms_core import exports
from getsms_core.base.permissions import Actor, Role
from getsms_core.base.settings import Settings, load
from getsms_core.billing import price_rules
from getsms_core.campaigns import templates
from getsms_core.contacts import lists, segments, suppression
from getsms_core.contacts.conditions import Columns, parse
from getsms_core.db.engine import Store, open_store
from getsms_core.db.models import (
    Account,
    Audit,
    Campaign,
    Chunk,
    Export,
    Message,
    OptOut,
    RecipientList,
    SavedReport,
    Segment,
    Template,
    User,
)
from getsms_core.scheduled import reports as saved_reports
from getsms_core.users import service as users
from pages.ui.shared.plain_text import plain
from pages.ui.shared.sitemap import PAGES
from tests.conftest import PageFactory, copy_sqlite_template
from tests.engine_support import AZIZA, Engine, running
from tests.factories import NOW, make_campaign, make_messages
from tests.ui.folded_tables import run_with_open_tables
from tests.ui.test_masking import CASES

HOSTILE = (
    "**Qz** [x](https://evil.uz) `c` $1+1$ :material/home: :smile: :red[r] <b>h</b> www.evil.uz a@evil.uz "
    "~~s~~ &lt; | -> =1 <script>s</script>"
)
RAW_MARKDOWN = re.compile(
    r"(?<!\\)\*\*Qz|(?<!\\)\[x|://evil|(?<!\\)`c|(?<!\\)\$1|:material[/_]home|:smile:|(?<!\\):red\[|(?<!\\)<b>|www\.evil"
    r"|a@evil|(?<!\\)~~s|(?<!\\)&lt;|(?<!\\)\| | -> |(?<!\\)<script"
)
RAW_HTML = re.compile(r"<b>h|<script>s")
ESCAPED = re.compile(r"\\\*|\\\[|\\<|\u2060")
NOT_MARKDOWN = {
    "id", "form_id", "url", "key", "element_id", "query_param_key", "query_string", "deferred_file_id", "page",
    "anchor", "placeholder", "default", "value", "raw_value", "raw_values", "alt", "element_hash", "page_script_hash",
    "fragment_id", "script_run_id", "user_key",
}  # fmt: skip
"""Fields that Streamlit shows as they are, or does not show."""
TEXT = {("Text", "body"), ("Selectbox", "options"), ("MultiSelect", "options"), ("Code", "code_text"),
        ("Dataframe", "columns"), ("PlotlyChart", "config")}  # fmt: skip
HTML = {("Html", "body"), ("PlotlyChart", "spec")}
OWN_COMPONENT = {"BidiComponent", "MixedData"}  # the text editor: its script sets textContent and values only


def strings(message: Any) -> Iterator[tuple[str, str, str]]:
    """(message type, field, text) of every string in a message of Streamlit's protocol, nested ones too."""
    for descriptor, value in message.ListFields():
        values = list(value) if descriptor.is_repeated else [value]
        for one in values:
            if isinstance(one, str):
                yield message.DESCRIPTOR.name, descriptor.name, one
            elif hasattr(one, "ListFields"):
                yield from strings(one)


def elements(page: AppTest) -> Iterator[Any]:
    """Yield the elements that hold the name: to read the others field by field takes a sixth of the test."""

    def walk(node: Any) -> Iterator[Any]:
        proto = getattr(node, "proto", None)
        if proto is not None and hasattr(proto, "ListFields") and b"Qz" in proto.SerializeToString():
            yield proto
        for child in getattr(node, "children", {}).values():
            yield from walk(child)

    yield from walk(page._tree)


def faults(page: AppTest) -> list[str]:
    problems = []
    for proto in elements(page):
        for kind, field, text in strings(proto):
            if "Qz" not in text or kind in OWN_COMPONENT:
                continue
            place = f"{kind}.{field}: {text[:160]!r}"
            if (kind, field) in HTML:
                shown = json.dumps(json.loads(text), ensure_ascii=False) if field == "spec" else text
                problems += [f"raw HTML in {place}"] if RAW_HTML.search(shown) else []
            elif (kind, field) in TEXT or field in NOT_MARKDOWN:
                problems += [f"escaped text in {place}"] if field != "id" and ESCAPED.search(text) else []
            elif match := RAW_MARKDOWN.search(text):
                problems.append(f"{match[0]!r} in {place}")
    for table in page.table:
        cells = [
            *map(str, table.value.columns),
            *map(str, table.value.index),
            *map(str, table.value.to_numpy().ravel()),
        ]
        problems += [f"table: {cell[:160]!r}" for cell in cells if "Qz" in cell and RAW_MARKDOWN.search(cell)]
    for frame in page.dataframe:
        cells = [*map(str, frame.value.columns), *map(str, frame.value.to_numpy().ravel())]
        problems += [f"escaped cell: {cell[:160]!r}" for cell in cells if "Qz" in cell and ESCAPED.search(cell)]
    return problems


def seen(page: AppTest) -> bool:
    frames = (*page.table, *page.dataframe)
    return any("Qz" in text for proto in elements(page) for _kind, _field, text in strings(proto)) or any(
        "Qz" in frame.value.to_string() for frame in frames
    )


def fill(store: Store, settings: Settings) -> None:
    """Something of everything, through the core."""
    # 1 running, partly sent; 2 … 5 in the other states; 6 finished, an A/B test
    running_id = running(store, messages=6, chunk_size=1)
    Engine(store).send(want=2)
    rows = f"Telefon;{HOSTILE};Ism\n901234567;{HOSTILE};A\n935556677;{HOSTILE};\n{HOSTILE};x;y\n"
    list_id = lists.upload(store, AZIZA, "L", "l.csv", [rows.encode()], lists.Options(delimiter=";"))
    lists.check_uploaded_list(store, list_id)
    assert lists.get(store, list_id).counts.accepted == 2
    broken = lists.upload(store, AZIZA, "B", "b.csv", [b"PK broken"], lists.Options())
    lists.check_uploaded_list(store, broken)
    for state in ("draft", "awaiting approval", "paused", "scheduled", "finished"):
        other = make_campaign(store, state.title(), state, prepared="ready", messages=2, parts=2, cost=100,
                              list_id=list_id, started_by="Bek", text="Salom", code="rejected")  # fmt: skip
        make_messages(store, other, {"delivered": 1, "undelivered": 1} if state == "finished" else {"queued": 2})
    suppression.add(store, AZIZA, [998901234567], "call", "asked")
    for kind in ("csv", "json"):
        exports.make(store, exports.enqueue(store, AZIZA, settings, running_id, kind), settings)
    exports.enqueue(store, AZIZA, settings, running_id, "csv", name="waits")
    failed = exports.enqueue(store, AZIZA, settings, running_id, "csv", name="failed")
    segments.save(store, AZIZA, "Yosh", parse("Ism = A", Columns(["Ism"])))
    price_rules.add(store, AZIZA, Decimal(90), NOW, sender="SHOP")
    saved_reports.save(store, AZIZA, settings, saved_reports.Plan(name="R", format="csv"))
    for number, state in enumerate(("draft", "submitted", "approved", "refused")):
        template_id = templates.create(store, AZIZA, templates.Wording(f"T{number}", "Salom {ism}"))
        with store.writing() as session:
            session.execute(sa.update(Template).where(col(Template.id) == template_id).values(state=state, reason="no"))
    with store.writing() as session:
        session.execute(sa.update(Export).where(col(Export.id) == failed).values(state="failed", old_message="x"))
        session.execute(
            sa.update(Message).where(col(Message.id) % 5 == 2).values(state="uncertain", reason="read-timeout")
        )


NAMES: list[tuple[Any, tuple[str, ...]]] = [
    (Campaign, ("name", "sender", "created_by", "started_by", "approved_by", "reason", "text")),
    (RecipientList, ("name", "filename", "created_by", "origin_code", "old_message")),
    (Template, ("name", "text", "reason", "created_by", "decided_by")),
    (Segment, ("name", "created_by")),
    (SavedReport, ("name", "created_by", "old_message")),
    (Export, ("name", "old_message", "created_by")),
    (OptOut, ("source", "reason", "created_by")),
    (Audit, ("actor", "subject")),
    (Account, ("name", "login")),
    (Chunk, ("detail",)),
    (Message, ("text", "reason")),
]


def rename(store: Store) -> None:
    """Put the hostile name where a name is, past the core: a database of an earlier release may hold it."""
    with store.writing() as session:
        for model, columns in NAMES:
            for name in columns:
                column = getattr(model, name)
                unique = (model, name) in {(Template, "name"), (Account, "name"), (Segment, "name")}
                text = (HOSTILE + " " + sa.cast(model.id, sa.String)) if unique else HOSTILE
                rows = sa.update(model).values({name: text})
                session.execute(rows.where(column != "") if name in ("reason", "old_message") else rows)
        session.execute(sa.update(Audit).values(detail={"name": HOSTILE, "list": [HOSTILE]}))
        for user in session.scalars(sa.select(User)):
            user.name = f"{HOSTILE} {user.id}"
        for row in session.scalars(sa.select(RecipientList)):
            row.tags = [HOSTILE[:40]]
            row.facts = row.facts | {"sheet": HOSTILE, "sheets": [HOSTILE, "b"]}
        for campaign in session.scalars(sa.select(Campaign)):
            campaign.variants = [{"text": HOSTILE, "share": 40}] if campaign.state.value == "finished" else []


@pytest.fixture(scope="module")
def hostile_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A SQLite file with something of everything but users, and its files."""
    folder = tmp_path_factory.mktemp("hostile")
    url = copy_sqlite_template(folder)
    with closing(open_store(url)) as store:
        fill(store, load(env="test", database_url=url, files=folder / "files", _env_file=None))
    return folder


@pytest.fixture
def sqlite_url(hostile_folder: Path, tmp_path: Path) -> str:
    """A copy of that file, with its files."""
    shutil.copyfile(hostile_folder / "test.db", tmp_path / "test.db")
    shutil.copytree(hostile_folder / "files", tmp_path / "files")
    return f"sqlite:///{tmp_path / 'test.db'}"


@pytest.fixture
def hostile(open_page: PageFactory, sqlite_store: Store) -> Store:
    """That database with users, and a hostile name in each place."""
    users.create(sqlite_store, AZIZA, "Bek", "a good password", Role.MARKETER)
    rename(sqlite_store)
    return sqlite_store


WIZARD = [("new_campaign.py", {"campaign": "2", "step": step}) for step in ("list", "check", "text", "preview", "send")]
OTHERS = [("campaigns.py", {"id": str(number)}) for number in (2, 3, 4, 5, 6)]
MORE = [
    ("campaigns.py", {"id": "6", "view": "variants"}),
    ("lists.py", {"list": "2"}),
    ("new_campaign.py", {}),
    ("campaigns.py", {"id": "1", "name": "Qz"}),
]
VIEWS = [*CASES, *OTHERS, *WIZARD, *MORE]


def test_the_helper_leaves_nothing_that_markdown_reads() -> None:
    assert RAW_MARKDOWN.search(HOSTILE)
    assert not RAW_MARKDOWN.search(plain(HOSTILE))


def may_open(role: Role, file: str) -> bool:
    entry = next(entry for entries in PAGES.values() for entry in entries if entry.file == file)
    return Actor("x", role).may(entry.right)


@pytest.mark.parametrize("role", list(Role), ids=lambda role: role.value)
def test_no_element_of_any_page_reads_a_name_as_markup(open_page: PageFactory, hostile: Store, role: Role) -> None:
    problems, views_with_names = [], 0
    framed = open_page("frame.py", role).run()
    for file, query in (view for view in VIEWS if may_open(role, view[0])):
        is_framed = file == "new_campaign.py"  # it links to another page, which only the frame knows
        page = framed.switch_page(file) if is_framed else open_page(file, role)
        page.query_params.clear()
        for name, value in query.items():
            page.query_params[name] = value
        run_with_open_tables(page)
        assert not page.exception, (file, query, page.exception)
        views_with_names += seen(page)
        problems += [f"{file} {query}: {fault}" for fault in faults(page)]
    assert not problems, "\n".join(dict.fromkeys(problems))
    assert views_with_names >= {Role.ADMINISTRATOR: 25, Role.MARKETER: 20}.get(role, 10)
