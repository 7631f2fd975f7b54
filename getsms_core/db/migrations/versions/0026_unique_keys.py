"""unique keys of user names, the first administrator, scopes of price rules, logins of accounts and the delivery alerts

A key is NULL for a row that another row of the same key was there before, which release 0.1 could make, and for rows
that a process of 0.1 adds beside this release. Accounts of one login become one, the oldest. These tables have tens of
rows: milliseconds.
"""

import unicodedata

import sqlalchemy as sa
from alembic import op

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None

LOGIN = sa.text("login <> ''")
WATCH = sa.text("kind = 'watch'")
KEYS = (("person", "name_key"), ("person", "first_key"), ("price_rule", "scope_key"))


def upgrade() -> None:
    op.add_column("person", sa.Column("name_key", sa.String(), nullable=True))
    op.add_column("person", sa.Column("first_key", sa.Integer(), nullable=True))
    op.add_column("price_rule", sa.Column("scope_key", sa.String(), nullable=True))
    connection = op.get_bind()
    _merge_accounts(connection)
    _key_users(connection)
    _key_price_rules(connection)
    for table, column in KEYS:
        op.create_index(f"ix_{table}_{column}", table, [column], unique=True)
    op.create_index("ix_account_login", "account", ["login"], unique=True, sqlite_where=LOGIN, postgresql_where=LOGIN)
    newest = "(SELECT max(id) FROM saved_report WHERE kind = 'watch')"
    _run(connection, f"DELETE FROM saved_report WHERE kind = 'watch' AND id <> {newest}")
    op.create_index("ix_saved_report_watch", "saved_report", ["kind"], unique=True, sqlite_where=WATCH,
                    postgresql_where=WATCH)  # fmt: skip


def downgrade() -> None:
    op.drop_index("ix_saved_report_watch", "saved_report")
    op.drop_index("ix_account_login", "account")
    for table, column in KEYS:
        op.drop_index(f"ix_{table}_{column}", table)
        op.drop_column(table, column)


def _key_users(connection: sa.Connection) -> None:
    keys: set[str] = set()
    for user_id, name in connection.execute(sa.text("SELECT id, name FROM person ORDER BY id")).all():
        key = unicodedata.normalize("NFKC", name).strip().casefold()
        if key not in keys:
            keys.add(key)
            _run(connection, "UPDATE person SET name_key = :key WHERE id = :id", key=key, id=user_id)


def _key_price_rules(connection: sa.Connection) -> None:
    keys: set[str] = set()
    query = "SELECT id, account_id, sender, number_range, category, from_at FROM price_rule ORDER BY id"
    for rule_id, account_id, sender, number_range, category, from_at in connection.execute(sa.text(query)).all():
        key = "|".join((str(account_id or ""), sender.casefold(), number_range, category, str(from_at)))
        if key not in keys:
            keys.add(key)
            _run(connection, "UPDATE price_rule SET scope_key = :key WHERE id = :id", key=key, id=rule_id)


def _merge_accounts(connection: sa.Connection) -> None:
    oldest: dict[str, int] = {}
    query = "SELECT id, login FROM account WHERE login <> '' ORDER BY id"
    for account_id, login in connection.execute(sa.text(query)).all():
        if oldest.setdefault(login, account_id) == account_id:
            continue
        for table in ("campaign", "chunk", "worker", "price_rule"):
            _run(connection, f"UPDATE {table} SET account_id = :oldest WHERE account_id = :id",
                 oldest=oldest[login], id=account_id)  # fmt: skip
        _run(connection, "DELETE FROM account WHERE id = :id", id=account_id)


def _run(connection: sa.Connection, statement: str, **values: object) -> None:
    connection.execute(sa.text(statement), values)
