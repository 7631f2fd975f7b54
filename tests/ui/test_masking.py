"""Every page and view as each role: who needs no full number never gets one into the browser."""

from typing import Any

import pytest
import sqlalchemy as sa
from sqlmodel import col
from streamlit.testing.v1 import AppTest

from getsms_core.base.permissions import Actor, Permission, Role
from getsms_core.contacts import suppression
from getsms_core.db.engine import Store
from getsms_core.db.models import Attempt, Chunk, Message
from pages.ui.shared.sitemap import PAGES
from tests.conftest import PageFactory
from tests.engine_support import AZIZA, Engine, messages_of, receipt, running, told
from tests.factories import NOW

PHONES = [998901234567, 998935556677, 998977771122, 998991239988]
CAMPAIGN = ("delivery", "messages", "uncertain", "log", "files")
ANALYTICS = ("time", "campaigns", "ranges", "hours", "arrival", "funnel", "cost", "compare")
SETTINGS = ("gateway", "rules", "prices", "people", "mail")
VIEWS: dict[str, list[dict[str, str]]] = {
    "campaigns.py": [{}, *({"id": "1", "view": view} for view in CAMPAIGN)],
    "analytics.py": [{"view": view} for view in ANALYTICS],
    "lists.py": [{}, {"list": "1"}, {"view": "opt-outs"}],
    "settings.py": [{"view": view} for view in SETTINGS],
}


@pytest.fixture
def story(sqlite_store: Store) -> Store:
    """A campaign to known numbers in every state, whose text, reasons and receipts quote them."""
    made = running(sqlite_store, numbers=PHONES, chunk_size=1)
    engine = Engine(sqlite_store)
    engine.send(want=3)
    engine.now += 10_000
    first, second, third, fourth = messages_of(sqlite_store, made)
    for due in engine.due():
        if due.request_id == first.request_id:
            engine.hear(([due], told(receipt(first, description=f"to {first.phone}"))))
    by_id = col(Message.id)
    with sqlite_store.writing() as session:
        session.execute(sa.update(Message).values(text=sa.cast(col(Message.phone), sa.String).concat(" - raqamingiz")))
        reason = f"{second.phone} is not a phone"
        session.execute(sa.update(Message).where(by_id == second.id).values(state="rejected", reason=reason))
        session.execute(sa.update(Message).where(by_id == third.id).values(state="uncertain", reason="read-timeout"))
        session.execute(sa.update(Attempt).values(detail=f"not understood: {fourth.phone}", ended_at=NOW))
        session.execute(sa.update(Chunk).values(detail=f"+998 {str(fourth.phone)[3:]}"))
    suppression.add(sqlite_store, AZIZA, PHONES[:1], "call", "asked")
    return sqlite_store


def everything(page: AppTest) -> str:
    """All that went to the browser, tables decoded."""
    said: list[str] = []

    def walk(node: Any) -> None:
        proto = getattr(node, "proto", None)
        if proto is not None:
            said.append(str(proto))
        for child in getattr(node, "children", {}).values():
            walk(child)

    walk(page._tree)
    said += [table.value.to_string() for table in (*page.dataframe, *page.table)]
    return "\n".join(said)


CASES = [
    (entry.file, query) for entries in PAGES.values() for entry in entries for query in VIEWS.get(entry.file, [{}])
]


@pytest.mark.parametrize("role", [Role.MANAGER, Role.ANALYST])
@pytest.mark.parametrize(("file", "query"), CASES, ids=lambda value: str(value))
def test_no_whole_number_reaches_those_who_need_none(
    open_page: PageFactory, story: Store, role: Role, file: str, query: dict[str, str]
) -> None:
    page = open_page(file, role)
    for name, value in query.items():
        page.query_params[name] = value
    page.run()
    shown = everything(page)
    for phone in PHONES:
        local = str(phone)[3:]
        assert local not in shown, f"{file} {query} shows {phone}"
        assert f"{local[:2]} {local[2:5]} {local[5:7]} {local[7:]}" not in shown


def test_those_who_need_them_see_them(open_page: PageFactory, story: Store) -> None:
    """Else the test above could not fail."""
    for role in (Role.MARKETER, Role.ADMINISTRATOR):
        page = open_page("campaigns.py", role)
        page.query_params["id"], page.query_params["view"] = "1", "messages"
        shown = everything(page.run())
        assert all(str(phone) in shown for phone in PHONES)


def test_every_role_is_on_one_side() -> None:
    assert {role for role in Role if not Actor("x", role).may(Permission.SEE_PHONES)} == {Role.MANAGER, Role.ANALYST}
