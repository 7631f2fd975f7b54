"""Columns with a closed set of texts: members are read, and what another release wrote can be read too, on both
databases."""

from enum import StrEnum

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import StatementError

from getsms_core.base.errors import Conflict, NotAllowed
from getsms_core.base.permissions import Permission, Role
from getsms_core.base.states import CAMPAIGN_STATES, CampaignState
from getsms_core.db.engine import Store
from getsms_core.db.models import EnumText, Table, User
from getsms_core.users import identity
from getsms_core.users import service as users
from tests.engine_support import AZIZA

COLUMNS = {
    f"{table.name}.{column.name}": column.type
    for table in Table.metadata.sorted_tables
    for column in table.columns
    if isinstance(column.type, EnumText)
}
FOREIGN = "of another release"


@pytest.fixture
def bek(store: Store) -> int:
    return users.create(store, AZIZA, "Bek", "a good password", Role.MARKETER).id


def rewrite(store: Store, statement: str, **values: object) -> None:
    """Write as another release does: without the types of this one."""
    with store.writing() as session:
        session.execute(sa.text(statement), values)


def test_no_column_has_a_type_that_fails_for_an_unknown_text() -> None:
    columns = [column for table in Table.metadata.sorted_tables for column in table.columns]
    assert not [column for column in columns if isinstance(column.type, sa.Enum)]
    assert {"person.role", "campaign.state", "attempt.outcome", "set_aside.reason"} <= set(COLUMNS)


@pytest.mark.parametrize("name", sorted(COLUMNS))
def test_a_column_gives_members_and_an_unknown_text_as_it_is(store: Store, name: str) -> None:
    column_type = COLUMNS[name]
    enum: type[StrEnum] = column_type.enum
    with store.reading() as session:
        for member in enum:
            query = sa.text("SELECT CAST(:stored AS VARCHAR) AS value").columns(sa.column("value", column_type))
            assert session.execute(query, {"stored": member.value}).scalar_one() is member
        assert session.execute(query, {"stored": FOREIGN}).scalar_one() == FOREIGN


def test_a_user_with_an_unknown_role_can_be_read_and_may_do_nothing(store: Store, bek: int) -> None:
    rewrite(store, "UPDATE person SET role = :role WHERE id = :id", role=FOREIGN, id=bek)
    user = identity.get_active(store, bek)
    assert user is not None
    assert user.role == FOREIGN
    assert not any(user.actor.may(permission) for permission in Permission)
    with pytest.raises(NotAllowed) as refusal:
        user.actor.must(Permission.READ)
    assert FOREIGN in refusal.value.message


def test_an_unknown_text_cannot_be_written(store: Store, bek: int) -> None:
    with pytest.raises(StatementError), store.writing() as session:
        session.execute(sa.update(User).values(role=FOREIGN))
    user = identity.get_active(store, bek)
    assert user is not None
    assert user.role is Role.MARKETER


def test_an_unknown_state_changes_into_nothing() -> None:
    with pytest.raises(Conflict) as refusal:
        CAMPAIGN_STATES.check(FOREIGN, CampaignState.RUNNING)  # type: ignore[arg-type]
    assert FOREIGN in refusal.value.message
