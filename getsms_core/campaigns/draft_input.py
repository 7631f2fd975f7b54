"""What a user typed for a campaign and the campaign does not hold: it survives a reload, on any device.

Such are a text that cannot be saved yet, the number for a test, the chosen start time, the reason of a refusal. Each
user has their own. They are rows of `RememberedChoice`, and go once the campaign is started, decided on or deleted.
"""

import json
from collections.abc import Mapping
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlmodel import Session, col

from getsms_core.base.permissions import Actor, Permission
from getsms_core.db.engine import Store
from getsms_core.db.models import RememberedChoice
from getsms_core.db.upserts import insert_unless_exists

MOST_CHARACTERS = 50_000
"""A longer input is not kept; no field of a page takes one."""
TEST_PHONE = "test-phone"
_SAVED = "saved"


class LastSave(NamedTuple):
    """Who changed a draft last, and when (UTC ms)."""

    name: str
    at: int


def keep(store: Store, actor: Actor, campaign_id: int, values: Mapping[str, Any]) -> None:
    """Keep what this user typed, by the name of the field; None forgets a field. Values are what JSON can hold."""
    actor.must(Permission.READ)
    with store.writing() as session:
        for field, value in values.items():
            name = _name(campaign_id, field)
            text = json.dumps(value, ensure_ascii=False)
            if value is None or len(text) > MOST_CHARACTERS:
                _forget(session, actor.name, name)
            else:
                _put(session, actor.name, name, text)


def kept(store: Store, actor: Actor, campaign_id: int) -> dict[str, Any]:
    """Return what this user typed, by the name of the field."""
    actor.must(Permission.READ)
    prefix = _name(campaign_id, "")
    query = sa.select(RememberedChoice).where(
        col(RememberedChoice.user_name) == actor.name, col(RememberedChoice.name).startswith(prefix, autoescape=True)
    )
    with store.reading() as session:
        fields = {row.name.removeprefix(prefix): row.value for row in session.scalars(query)}
    return {field: json.loads(value[0]) for field, value in fields.items() if field != _SAVED}


def note_saved(session: Session, user_name: str, campaign_id: int, now: int) -> None:
    """Note that this user changed the draft at `now` (UTC ms)."""
    _put(session, user_name, _name(campaign_id, _SAVED), str(now))


def last_save(session: Session, campaign_id: int) -> LastSave | None:
    """Return who changed the draft last; None where nobody has."""
    query = sa.select(RememberedChoice).where(col(RememberedChoice.name) == _name(campaign_id, _SAVED))
    saves = [LastSave(row.user_name, int(row.value[0])) for row in session.scalars(query)]
    return max(saves, key=lambda save: save.at, default=None)


def forget(session: Session, campaign_id: int) -> None:
    """Forget what every user typed for a campaign."""
    of_campaign = col(RememberedChoice.name).startswith(_name(campaign_id, ""), autoescape=True)
    session.execute(sa.delete(RememberedChoice).where(of_campaign), execution_options={"synchronize_session": False})


def forget_number(session: Session, phone: int) -> None:
    """Forget the numbers for a test that name this one, as its owner asked to be erased."""
    suffix = f":{TEST_PHONE}"
    query = sa.select(RememberedChoice).where(col(RememberedChoice.name).like(f"draft:%{suffix}"))
    for row in session.scalars(query).all():
        if str(phone)[3:] in "".join(filter(str.isdigit, row.value[0])):
            session.delete(row)


def _name(campaign_id: int, field: str) -> str:
    return f"draft:{campaign_id}:{field}"


def _put(session: Session, user_name: str, name: str, text: str) -> None:
    if insert_unless_exists(session, RememberedChoice(user_name=user_name, name=name, value=[text])) is None:
        row = session.get(RememberedChoice, (user_name, name), populate_existing=True)
        if row is not None:
            row.value = [text]


def _forget(session: Session, user_name: str, name: str) -> None:
    where = (col(RememberedChoice.user_name) == user_name, col(RememberedChoice.name) == name)
    session.execute(sa.delete(RememberedChoice).where(*where), execution_options={"synchronize_session": False})
