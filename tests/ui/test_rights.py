"""A tab that was opened before its user was disabled or got another role: what it still can do, page by page."""

import copy
import dataclasses
import functools
import io
import shutil
import types
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from streamlit.runtime.fragment import MemoryFragmentStorage
from streamlit.runtime.media_file_manager import MediaFileManager
from streamlit.runtime.state.session_state import SessionState, WStates
from streamlit.testing.v1 import AppTest

from getsms_core import exports
from getsms_core.base.errors import DomainError
from getsms_core.base.permissions import Actor, Role
from getsms_core.base.settings import Settings, load
from getsms_core.contacts import suppression
from getsms_core.db.engine import Store, open_store
from getsms_core.db.models import Table
from getsms_core.users import service as users
from getsms_core.users.identity import UserInfo
from tests.conftest import PageFactory, copy_sqlite_template
from tests.engine_support import AZIZA, Engine, checked_list, running
from tests.factories import make_campaign, make_messages
from tests.ui.test_masking import CASES

PHONES = [998901234567, 998935556677]
TAKE_OUT = {"export", "saved_report", "audit"}
"""What an analyst may still write: files for themselves."""


@dataclass
class Kept:
    """All that a page leaves behind for later: callbacks by widget key, fragments, downloads by file name."""

    callbacks: dict[str, tuple[Any, ...]] = field(default_factory=dict)
    fragments: list[Any] = field(default_factory=list)
    downloads: dict[str, Callable[[], bytes]] = field(default_factory=dict)

    def everything(self) -> list[Any]:
        return [*self.callbacks.values(), *self.fragments, *self.downloads.values()]


@pytest.fixture
def kept(monkeypatch: pytest.MonkeyPatch) -> Kept:
    """What Streamlit is given to run later."""
    memory = Kept()
    register, keep, defer = SessionState.register_widget, MemoryFragmentStorage.register, MediaFileManager.add_deferred

    def registered(state: Any, metadata: Any, user_key: str | None) -> Any:
        if metadata.callback is not None or metadata.callbacks:
            callbacks = (metadata.callback, metadata.callbacks, metadata.callback_args, metadata.callback_kwargs)
            memory.callbacks[user_key or metadata.id] = callbacks
        return register(state, metadata, user_key)

    def stored(storage: Any, key: str, value: Any, *args: Any, **options: Any) -> Any:
        memory.fragments.append(value)
        return keep(storage, key, value, *args, **options)

    def deferred(manager: Any, data_callable: Any, *args: Any, **options: Any) -> str:
        name = options.get("file_name") or args[2]
        memory.downloads[str(name)] = data_callable
        return defer(manager, data_callable, *args, **options)

    monkeypatch.setattr(SessionState, "register_widget", registered)
    monkeypatch.setattr(MemoryFragmentStorage, "register", stored)
    monkeypatch.setattr(MediaFileManager, "add_deferred", deferred)
    return memory


def users_in(value: object, seen: set[int] | None = None) -> Iterator[object]:
    """The users that are reachable from what is kept: through closures, defaults, partials, arguments and fields."""
    seen = set() if seen is None else seen
    if id(value) in seen or isinstance(value, (Store, Settings, str, bytes, types.ModuleType)):
        return
    seen.add(id(value))
    inside: list[object] = []
    if isinstance(value, (Actor, UserInfo)):
        yield value
    elif isinstance(value, functools.partial):
        inside = [value.func, *value.args, *value.keywords.values()]
    elif isinstance(value, types.MethodType):
        inside = [value.__func__, value.__self__]
    elif isinstance(value, types.FunctionType):
        cells = [cell.cell_contents for cell in value.__closure__ or () if cell != types.CellType()]
        inside = [*cells, *(value.__defaults__ or ()), *(value.__kwdefaults__ or {}).values()]
    elif isinstance(value, dict):
        inside = list(value.values())
    elif isinstance(value, (list, tuple, set)):
        inside = list(value)
    elif type(value).__module__.startswith(("pages", "getsms_core")) and hasattr(value, "__dict__"):
        inside = list(vars(value).values())
    for part in inside:
        yield from users_in(part, seen)


@pytest.fixture(scope="module")
def story_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A SQLite file and its files with something of everything, which every test copies: campaigns in each state, a
    list with refused rows, an opt-out, a ready file."""
    folder = tmp_path_factory.mktemp("story")
    url = copy_sqlite_template(folder)
    store, settings = open_store(url), load(env="test", database_url=url, files=folder / "files", _env_file=None)
    running_campaign = running(store, numbers=PHONES, chunk_size=1)
    Engine(store).send(want=1)
    for state in ("draft", "awaiting approval", "paused", "scheduled"):
        list_id = checked_list(store, [*PHONES, "12"])
        other = make_campaign(store, state.title(), state, prepared="ready", messages=2, parts=2, cost=100,
                              list_id=list_id, started_by="Bek", text="Salom")  # fmt: skip
        make_messages(store, other, {"queued": 2})
    suppression.add(store, AZIZA, PHONES[:1], "call", "asked")
    for campaign in (running_campaign, other):
        exports.make(store, exports.enqueue(store, AZIZA, settings, campaign, "csv"), settings)
    store.close()
    return folder


@pytest.fixture
def sqlite_url(story_folder: Path, tmp_path: Path) -> str:
    """A copy of the story's database, with its files."""
    shutil.copyfile(story_folder / "test.db", tmp_path / "test.db")
    shutil.copytree(story_folder / "files", tmp_path / "files")
    return f"sqlite:///{tmp_path / 'test.db'}"


@pytest.fixture
def story(sqlite_store: Store) -> Store:
    """The store of the story, with a marketer."""
    users.create(sqlite_store, AZIZA, "Bek", "a good password", Role.MARKETER)
    return sqlite_store


VIEWS = [
    *CASES,
    *(("campaigns.py", {"id": str(number)}) for number in (2, 3, 4, 5)),
    ("new_campaign.py", {"campaign": "2", "step": "text"}),
    ("new_campaign.py", {"campaign": "2", "step": "preview"}),
    ("new_campaign.py", {"campaign": "2", "step": "send"}),
]


class Tab:
    """An open page that any number of its buttons are pressed on, each as if it were the first."""

    def __init__(self, page: AppTest) -> None:
        self.page, self._tree, self._query = page, page._tree, dict(page.query_params)
        self._state = _copied(page._session_state._state)

    def press(self, key: str) -> AppTest:
        """Return the page that follows. Opening the page anew for each button took two runs of the page, not one."""
        self.page._tree = self._tree
        # An ordinary assignment would set a key of the session.
        object.__setattr__(self.page._session_state, "_state", _copied(self._state))
        self.page.query_params.clear()
        self.page.query_params.update(self._query)
        return self.page.button(key=key).click().run()


def _copied(state: SessionState) -> SessionState:
    """Copy the containers and share the values: a copy of a store would be another store."""
    widgets = state._new_widget_state
    return dataclasses.replace(
        state,
        _old_state=dict(state._old_state),
        _new_session_state=dict(state._new_session_state),
        _new_widget_state=WStates(dict(widgets.states), dict(widgets.widget_metadata)),
        _key_id_mapper=copy.deepcopy(state._key_id_mapper),
    )


def opened(open_page: PageFactory, file: str, query: dict[str, str]) -> AppTest:
    page = open_page(file)
    for name, value in query.items():
        page.query_params[name] = value
    return page.run()


def contents(store: Store, without: set[str] | None = None) -> dict[str, list[str]]:
    """Every row of every table, as SQLite has it: through the models it takes ten times as long."""
    tables = [name for name in Table.metadata.tables if name not in (without or set())]
    with store.engine.connect() as connection:
        return {name: sorted(map(repr, connection.exec_driver_sql(f'SELECT * FROM "{name}"'))) for name in tables}


def test_the_walk_finds_a_user_in_whatever_keeps_one() -> None:
    user = Actor("Aziza", Role.ADMINISTRATOR)
    keeps: list[object] = [
        lambda: user,
        functools.partial(print, user),
        (print, None, (7, user), None),
        (None, {"change": lambda x=user: x}, None, {}),
        functools.partial(functools.partial(print, who=user)),
    ]
    assert all(list(users_in(value)) == [user] for value in keeps)


@pytest.mark.parametrize(("file", "query"), VIEWS, ids=str)
def test_an_open_tab_keeps_no_user_and_a_disabled_one_changes_nothing_with_its_buttons(
    open_page: PageFactory, story: Store, kept: Kept, file: str, query: dict[str, str]
) -> None:
    page = opened(open_page, file, query)
    assert not page.exception
    assert [user for value in kept.everything() for user in users_in(value)] == []
    administrator = next(user for user in users.all_users(story) if user.name == "Aziza")
    users.create(story, AZIZA, "Second", "a good password", Role.ADMINISTRATOR)
    page = opened(open_page, file, query)  # with another approver the author of a campaign may not approve it
    keys = [str(button.key) for button in page.button if str(button.key) in kept.callbacks and not button.disabled]
    tab = Tab(page)
    users.disable(story, AZIZA, administrator.id)
    before = contents(story)
    for key in keys:
        page = tab.press(key)
        assert contents(story) == before, f"{file} {query}: {key}"
        assert not page.exception
        assert "signed out" in " ".join(element.value for element in (*page.warning, *page.error))
        assert [str(button.key) for button in page.button] == []


def test_an_analyst_changes_nothing_with_the_buttons_of_the_administrator_they_were(
    open_page: PageFactory, story: Store, kept: Kept
) -> None:
    administrator = next(user for user in users.all_users(story) if user.name == "Aziza")
    users.create(story, AZIZA, "Second", "a good password", Role.ADMINISTRATOR)
    pressed = set()
    campaigns = [("campaigns.py", {"id": str(number)}) for number in (3, 4, 5)]
    for file, query in (*campaigns, ("lists.py", {"list": "2"}), ("settings.py", {"view": "people"})):
        page = opened(open_page, file, query)
        tab = Tab(page)
        usable = [button for button in page.button if not button.disabled]
        users.change_role(story, AZIZA, administrator.id, Role.ANALYST)
        before = contents(story, TAKE_OUT)
        for key in [str(button.key) for button in usable if str(button.key) in kept.callbacks]:
            tab.press(key)
            assert contents(story, TAKE_OUT) == before, f"{file} {query}: {key}"
            pressed.add(key)
        users.change_role(story, AZIZA, administrator.id, Role.ADMINISTRATOR)
    assert {"campaign-pause", "campaign-resume", "withdraw", "campaign-copy"} <= pressed


# ---------------------------------------------------------------------------------------------------------- downloads


def user_of(store: Store, name: str = "Aziza") -> UserInfo:
    return next(user for user in users.all_users(store) if user.name == name)


@pytest.fixture
def second(story: Store) -> UserInfo:
    """Another administrator, so that the first can lose their role."""
    return users.create(story, AZIZA, "Second", "a good password", Role.ADMINISTRATOR)


def test_a_csv_has_whole_numbers_only_for_whom_may_see_them_at_the_click(
    open_page: PageFactory, story: Store, second: UserInfo, kept: Kept
) -> None:
    assert not opened(open_page, "campaigns.py", {"id": "1", "view": "files"}).exception
    click = next(make for name, make in kept.downloads.items() if name.endswith(".csv") and "Campaign" not in name)
    assert b"998901234567" in click()
    users.change_role(story, second.actor, user_of(story).id, Role.ANALYST)
    assert b"998901234567" not in click()
    users.disable(story, second.actor, user_of(story).id)
    with pytest.raises(DomainError) as refused:
        click()
    assert refused.value.code == "signed-out"


def test_a_cut_is_masked_by_the_rights_at_the_click(
    open_page: PageFactory, story: Store, second: UserInfo, kept: Kept
) -> None:
    def numbers() -> set[str]:
        book = openpyxl.load_workbook(io.BytesIO(kept.downloads["messages.xlsx"]()), read_only=True)
        header, *rows = book["Messages"].iter_rows(values_only=True)
        return {str(row[list(header).index("phone")]) for row in rows}

    assert not opened(open_page, "reports.py", {"period": "all"}).exception
    assert "998935556677" in numbers()
    users.change_role(story, second.actor, user_of(story).id, Role.MANAGER)
    masked = numbers()
    assert masked
    assert not masked & set(map(str, PHONES))


@pytest.mark.parametrize(
    ("file", "query", "names"),
    [
        ("reports.py", {"period": "all"}, {"Campaign 1.csv", "Campaign 5.csv"}),
        ("campaigns.py", {"id": "1", "view": "files"}, {"Campaign 1.csv"}),
        ("lists.py", {"list": "2"}, {"Customers - left out.csv", "Customers - left out.xlsx"}),
        ("lists.py", {"view": "opt-outs"}, {"opt-outs.csv", "opt-outs.xlsx"}),
    ],
    ids=["reports", "campaign files", "refused rows", "opt-outs"],
)
def test_a_file_with_whole_numbers_is_refused_at_the_click_and_the_page_says_why(
    open_page: PageFactory, story: Store, second: UserInfo, kept: Kept, file: str, query: dict[str, str],
    names: set[str],
) -> None:  # fmt: skip
    assert not opened(open_page, file, query).exception
    assert names <= set(kept.downloads)
    assert all(kept.downloads[name]() for name in names)
    users.change_role(story, second.actor, user_of(story).id, Role.ANALYST)
    for name in names:
        with pytest.raises(DomainError) as refused:
            kept.downloads[name]()
        assert refused.value.code == "not-allowed"
    frame = open_page("frame.py").run()
    assert "may not do this" in frame.toast[0].value


# ------------------------------------------------------------------------------------------------- fragments, dialogs


def test_a_fragment_draws_the_whole_page_again_once_its_user_has_other_rights(
    open_page: PageFactory, sqlite_store: Store
) -> None:
    """The role is lowered between the page and its fragment, as it is while an open tab follows by itself."""
    page = open_page("glossary.py")
    users.create(sqlite_store, AZIZA, "Second", "a good password", Role.ADMINISTRATOR)
    page = AppTest.from_function(_page_with_a_fragment, default_timeout=30)
    page.session_state["runs"] = 0
    page.run()
    assert not page.exception
    assert page.session_state["runs"] == 2
    assert [text.value for text in page.markdown] == ["Aziza sees phones: False", "in the fragment: False"]


def _page_with_a_fragment() -> None:
    import streamlit as st

    from getsms_core.base.permissions import Actor, Permission, Role
    from getsms_core.users import service as users
    from pages.ui.shared import later
    from pages.ui.shared.session import actor, require, store

    user = require(Permission.READ)
    st.session_state["runs"] += 1
    st.markdown(f"{user.name} sees phones: {user.may(Permission.SEE_PHONES)}")
    if st.session_state["runs"] == 1:
        named = next(account for account in users.all_users(store()) if account.name == user.name)
        users.change_role(store(), Actor("Second", Role.ADMINISTRATOR), named.id, Role.ANALYST)

    @later.fragment(run_every=None)
    def follow() -> None:
        st.markdown(f"in the fragment: {actor().may(Permission.SEE_PHONES)}")

    follow()
