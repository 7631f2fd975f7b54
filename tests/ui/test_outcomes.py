"""What a click led to is said where it is seen: in a box on the page and in a toast, in the user's language."""

import ast
from collections.abc import Callable

import pytest
from streamlit.testing.v1 import AppTest

from getsms_core.base.permissions import SYSTEM, Role
from getsms_core.billing import price_list, price_rules
from getsms_core.campaigns import templates
from getsms_core.campaigns.templates import Wording
from getsms_core.db.engine import Store
from getsms_core.users import service as users
from pages.ui.shared import session
from tests.conftest import ROOT, PageFactory
from tests.factories import make_campaign, make_list

SHOWS_ITSELF = {"outcomes.py", "uncertain.py", "gateway.py"}
"""Files with `st.success`: `outcomes` itself, "Nothing is uncertain." and the result of a connection check, which are
states and not outcomes."""


def at(page: AppTest, **query: str) -> AppTest:
    for name, value in query.items():
        page.query_params[name] = value
    return page.run()


def price(page: AppTest, store: Store) -> AppTest:
    rule = price_rules.add(store, SYSTEM, price_list.som(9000), 0)
    return at(page, view="prices").button(key=f"price-remove-{rule}").click().run()


def refused_price(page: AppTest, _store: Store) -> AppTest:
    return at(page, view="prices").button(key="price-go").click().run()


def notice_choice(page: AppTest, _store: Store) -> AppTest:
    return at(page, view="choices").button(key="notice-save").click().run()


def template(page: AppTest, store: Store) -> AppTest:
    template_id = templates.create(store, SYSTEM, Wording("Eslatma", "Salom"))
    return page.run().button(key=f"discard-{template_id}").click().run()


def draft(page: AppTest, store: Store) -> AppTest:
    campaign_id = make_campaign(store, "Bahor", "draft")
    return at(page, id=str(campaign_id)).button(key=f"draft-delete-{campaign_id}").click().run()


def deleted_list(page: AppTest, store: Store) -> AppTest:
    list_id = make_list(store, 2)
    return at(page, list=str(list_id)).button(key=f"list-delete-{list_id}").click().run()


def disabled_user(page: AppTest, store: Store) -> AppTest:
    lola = users.create(store, SYSTEM, "Lola", "a good password", Role.ANALYST)
    return at(page, view="people").button(key=f"person-disable-{lola.id}").click().run()


@pytest.mark.parametrize("language", ["en", "uz", "ru"])
@pytest.mark.parametrize(
    ("name", "click"),
    [
        ("settings.py", price),
        ("settings.py", refused_price),
        ("settings.py", disabled_user),
        ("notices.py", notice_choice),
        ("templates.py", template),
        ("campaigns.py", draft),
        ("lists.py", deleted_list),
    ],
)
def test_an_outcome_is_seen_without_scrolling(
    open_page: PageFactory,
    sqlite_store: Store,
    name: str,
    click: Callable[[AppTest, Store], AppTest],
    language: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(session, "_language_now", lambda: language)  # AppTest formats choices outside of any page
    page = click(open_page(name, language=language), sqlite_store)
    assert not page.exception
    [toast] = page.toast
    assert toast.value
    assert toast.value in [box.value for box in (*page.success, *page.error)]
    assert toast.proto.duration >= 10
    assert not page.run().toast  # once


def test_pages_say_outcomes_in_one_way() -> None:
    said_otherwise = {
        path.name
        for path in (ROOT / "pages").rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Attribute) and ast.unparse(node) in ("st.success", "st.toast")
    }
    assert said_otherwise <= {*SHOWS_ITSELF, "frame.py"}  # the frame: a download outside any script was refused
