"""Every page and view as each role: a role without the right to see phones gets no complete number in the browser."""

import shutil
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from sqlmodel import col
from streamlit.testing.v1 import AppTest

from getsms_core.base.permissions import Actor, Permission, Role
from getsms_core.contacts import suppression
from getsms_core.db.engine import Store, open_store
from getsms_core.db.models import Attempt, Chunk, Message
from pages.ui.shared.sitemap import PAGES
from tests.conftest import PageFactory, copy_sqlite_template
from tests.each_case import each_case
from tests.engine_support import AZIZA, Engine, messages_of, receipt, running, statuses
from tests.factories import NOW
from tests.ui.folded_tables import run_with_open_tables

PHONES = [998901234567, 998935556677, 998977771122, 998991239988]
CAMPAIGN = ("delivery", "messages", "responses", "uncertain", "log", "files")
ANALYTICS = ("time", "campaigns", "ranges", "by", "hours", "arrival", "funnel", "cost", "compare", "messages")
SETTINGS = ("gateway", "rules", "prices", "people", "mail")
VIEWS: dict[str, list[dict[str, str]]] = {
    "campaigns.py": [{}, *({"id": "1", "view": view} for view in CAMPAIGN)],
    "analytics.py": [{"view": view} for view in ANALYTICS],
    "lists.py": [{}, {"list": "1"}, {"view": "opt-outs"}],
    "settings.py": [{"view": view} for view in SETTINGS],
}


@pytest.fixture(scope="module")
def story_url(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A campaign to known numbers in every state, whose text, reasons and receipts quote them. Every test copies it."""
    url = copy_sqlite_template(tmp_path_factory.mktemp("story"))
    with closing(open_store(url)) as store:
        _tell_the_story(store)
    return url


def _tell_the_story(store: Store) -> None:
    campaign_id = running(store, numbers=PHONES, chunk_size=1)
    engine = Engine(store)
    engine.send(want=3)
    engine.now += 10_000
    first, second, third, fourth = messages_of(store, campaign_id)
    for due in engine.due():
        if due.request_id == first.request_id:
            engine.apply_answers(([due], statuses(receipt(first, description=f"to {first.phone}"))))
    by_id = col(Message.id)
    with store.writing() as session:
        session.execute(sa.update(Message).values(text=sa.cast(col(Message.phone), sa.String).concat(" - raqamingiz")))
        reason = f"{second.phone} is not a phone"
        session.execute(sa.update(Message).where(by_id == second.id).values(state="rejected", reason=reason))
        session.execute(sa.update(Message).where(by_id == third.id).values(state="uncertain", reason="read-timeout"))
        session.execute(sa.update(Attempt).values(detail=f"not understood: {fourth.phone}", ended_at=NOW))
        session.execute(sa.update(Chunk).values(detail=f"+998 {str(fourth.phone)[3:]}"))
    suppression.add(store, AZIZA, PHONES[:1], "call", "asked")


@pytest.fixture
def sqlite_url(story_url: str, tmp_path: Path) -> str:
    """A copy of the story's database."""
    shutil.copyfile(story_url.removeprefix("sqlite:///"), tmp_path / "test.db")
    return f"sqlite:///{tmp_path / 'test.db'}"


def everything(page: AppTest) -> str:
    """All that went to the browser, tables decoded."""
    texts: list[str] = []

    def walk(node: Any) -> None:
        proto = getattr(node, "proto", None)
        if proto is not None:
            texts.append(str(proto))
        for child in getattr(node, "children", {}).values():
            walk(child)

    walk(page._tree)
    texts += [table.value.to_string() for table in (*page.dataframe, *page.table)]
    return "\n".join(texts)


CASES = [
    (entry.file, query) for entries in PAGES.values() for entry in entries for query in VIEWS.get(entry.file, [{}])
]


@pytest.mark.parametrize("role", [Role.MANAGER, Role.ANALYST])
@each_case(("file", "query"), CASES)
def test_users_without_the_right_get_no_complete_number(
    open_page: PageFactory, role: Role, file: str, query: dict[str, str]
) -> None:
    page = open_page(file, role)
    for name, value in query.items():
        page.query_params[name] = value
    shown = everything(run_with_open_tables(page))
    for phone in PHONES:
        local = str(phone)[3:]
        assert local not in shown, f"{file} {query} shows {phone}"
        assert f"{local[:2]} {local[2:5]} {local[5:7]} {local[7:]}" not in shown


def test_users_with_the_right_see_the_numbers(open_page: PageFactory) -> None:
    """Otherwise the test above could not fail."""
    for role in (Role.MARKETER, Role.ADMINISTRATOR):
        page = open_page("campaigns.py", role)
        page.query_params["id"], page.query_params["view"] = "1", "messages"
        shown = everything(page.run())
        assert all(str(phone) in shown for phone in PHONES)


def test_every_role_is_tested() -> None:
    assert {role for role in Role if not Actor("x", role).may(Permission.SEE_PHONES)} == {Role.MANAGER, Role.ANALYST}
