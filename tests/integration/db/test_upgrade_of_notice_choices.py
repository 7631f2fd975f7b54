"""Migration 0035: who chose their notices before gets what was not offered then."""

from alembic import command

from getsms_core.base.codes import NoticeEvent
from getsms_core.base.permissions import SYSTEM, Role
from getsms_core.db import schema
from getsms_core.db.engine import open_store
from getsms_core.notices import choices
from getsms_core.notices.choices import Choices
from getsms_core.users import service as users
from tests.engine_support import settings_for

E = NoticeEvent


def test_choices_of_before_stay_and_only_what_was_not_offered_comes_on(store_url: str) -> None:
    store = open_store(store_url)
    saved = {
        Role.ADMINISTRATOR: frozenset({E.WORSE}),
        Role.MANAGER: frozenset({E.SPENDING}),
        Role.MARKETER: frozenset({E.FINISHED}),
        Role.ANALYST: frozenset({E.FINISHED}),
    }
    ids = {role: users.create(store, SYSTEM, role.value, "a good password", role).id for role in saved}
    for role, app in saved.items():
        choices.save(store, SYSTEM, settings_for(), ids[role], Choices(app))
    config = schema.alembic_config()
    with store.engine.execution_options(getsms_write=True).begin() as connection:
        config.attributes["connection"] = connection
        command.downgrade(config, "0034")
    schema.upgrade(store.engine)
    new = {
        Role.ADMINISTRATOR: {E.BACKUP, E.TEMPLATE_WAITS, E.TEMPLATE_DECIDED},
        Role.MANAGER: {E.TEMPLATE_WAITS},
        Role.MARKETER: {E.TEMPLATE_DECIDED},
        Role.ANALYST: set(),
    }
    assert {role: choices.get(store, SYSTEM, ids[role]).app - app for role, app in saved.items()} == new
    users.change_role(store, SYSTEM, ids[Role.MARKETER], Role.MANAGER)
    assert E.APPROVAL in choices.get(store, SYSTEM, ids[Role.MARKETER]).app
    store.close()
