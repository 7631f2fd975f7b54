"""What a user chose last on a page, by the name of the choice; kept for the next time, on any device."""

from collections.abc import Sequence

from getsms_core.base.permissions import Actor, Permission
from getsms_core.db.engine import Store
from getsms_core.db.models import RememberedChoice
from getsms_core.db.upserts import insert_unless_exists

MOST = 200
"""Values of one choice that are kept."""


def get(store: Store, actor: Actor, name: str) -> list[str] | None:
    """Return what the user chose last; None where nothing was."""
    actor.must(Permission.READ)
    with store.reading() as session:
        row = session.get(RememberedChoice, (actor.name, name))
        return None if row is None else list(row.value)


def keep(store: Store, actor: Actor, name: str, values: Sequence[str]) -> None:
    """Keep a choice in place of the last one."""
    actor.must(Permission.READ)
    first_values = list(values)[:MOST]
    with store.writing() as session:
        if insert_unless_exists(session, RememberedChoice(user_name=actor.name, name=name, value=first_values)) is None:
            row = session.get(RememberedChoice, (actor.name, name), populate_existing=True)
            if row is not None:
                row.value = first_values
