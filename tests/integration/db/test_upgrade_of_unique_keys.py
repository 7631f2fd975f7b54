"""Rows of a release without unique keys: the first row of a key gets it, the others stay as they are and are found."""

import json
from decimal import Decimal

import pytest
import sqlalchemy as sa
from alembic import command
from sqlmodel import col

from getsms_core.accounts import gateway_account
from getsms_core.base.errors import DomainError
from getsms_core.base.permissions import SYSTEM, Role
from getsms_core.billing import price_rules
from getsms_core.campaigns import service as campaigns
from getsms_core.db import schema
from getsms_core.db.engine import Store
from getsms_core.db.models import Account, Campaign, PriceRule, User
from getsms_core.scheduled import alerts
from getsms_core.users import identity
from getsms_core.users import service as users
from tests.engine_support import AZIZA, checked_list, phones, settings_for

PASSWORD = "a good password"
LOGIN = settings_for(login="bulk", password="secret", nickname="Shop")
BEFORE = "0025"


def test_duplicates_of_an_older_release_stay_and_accounts_of_one_login_become_one(store: Store) -> None:
    first = users.create_first_administrator(store, "Oʻktam", PASSWORD)
    price_rules.add(store, SYSTEM, Decimal(100), 1, sender="Shop")
    account_id = gateway_account.account_id(store, LOGIN)
    list_id = checked_list(store, phones(1))
    campaign_id = campaigns.create(store, AZIZA, LOGIN, campaigns.Draft("Old", "Salom", list_id))
    config = schema.alembic_config()
    with store.engine.execution_options(getsms_write=True).begin() as connection:
        config.attributes["connection"] = connection
        command.downgrade(config, BEFORE)
        person = "name, password_hash, role, language, created_at, created_by, disabled_at, totp_secret, totp_step"
        copied = person.replace("name,", "'OʻKTAM',", 1)
        connection.execute(sa.text(f"INSERT INTO person ({person}) SELECT {copied} FROM person"))
        rule = "account_id, sender, number_range, category, from_at, price, created_at, created_by"
        connection.execute(sa.text(f"INSERT INTO price_rule ({rule}) SELECT {rule} FROM price_rule"))
        for mail in ("old", "new"):
            plan = json.dumps({"mail": [f"{mail}@shop.uz"], "language": "en"})
            values = f"'watch', 'watch', '{plan}', FALSE, 'idle', '', '', 0, 'Aziza'"
            columns = "kind, name, plan, paused, state, code, message, created_at, created_by"
            connection.execute(sa.text(f"INSERT INTO saved_report ({columns}) VALUES ({values})".replace(":", r"\:")))
        account = "name, login, url, sandbox, concurrency, rate, next_slot_us, failures, failed_at, policy, created_at"
        copied = account.replace("name,", "'bulk@elsewhere',", 1)
        source = "account WHERE login = 'bulk'"
        connection.execute(sa.text(f"INSERT INTO account ({account}) SELECT {copied} FROM {source}"))
        owner = "UPDATE campaign SET account_id = (SELECT max(id) FROM account) WHERE id = :id"
        connection.execute(sa.text(owner), {"id": campaign_id})

    schema.upgrade(store.engine)

    with store.reading() as session:
        assert session.scalars(sa.select(col(Account.id)).where(col(Account.login) == "bulk")).all() == [account_id]
        assert session.scalar(sa.select(col(Campaign.account_id)).where(col(Campaign.id) == campaign_id)) == account_id
        keys = session.scalars(sa.select(col(User.name_key)).order_by(col(User.id))).all()
        assert keys == [identity.folded("Oʻktam"), None]
        keys = session.scalars(sa.select(col(PriceRule.scope_key)).order_by(col(PriceRule.id))).all()
        assert keys == ["|shop|||1", None]
        user = identity.named(session, "OʻKTAM")
        assert user is not None
        assert user.id == first.id
    watched = alerts.watched(store)
    assert watched is not None
    assert alerts.AlertPlan.from_stored(watched.plan).mail == ("new@shop.uz",)
    with pytest.raises(DomainError) as taken:
        users.create(store, SYSTEM, "oʻktam", PASSWORD, Role.ANALYST)
    assert taken.value.code == "name-taken"
    assert price_rules.add(store, SYSTEM, Decimal(100), 1, sender="SHOP") == price_rules.all_rules(store)[0].id


def test_a_user_of_an_older_release_without_a_key_signs_in_and_keeps_the_name(store: Store) -> None:
    users.create_first_administrator(store, "Aziza", PASSWORD)
    with store.writing() as session:
        session.execute(sa.update(User).values(name_key=None))
        user = identity.named(session, "AZIZA")
        assert user is not None
    with pytest.raises(DomainError) as taken:
        users.create(store, SYSTEM, "aziza", PASSWORD, Role.ANALYST)
    assert taken.value.code == "name-taken"
