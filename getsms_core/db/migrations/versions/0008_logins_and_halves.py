"""the login identifies an account; halved chunks; what was counted as sent stays out of the delivery rate

Accounts of one login at several addresses become one: its campaigns, chunks, workers and price rules move to the
account of the newest campaign. Messages that a person counted as sent expired before; they are accepted again, since
the gateway was never asked about them.
"""

import json

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
SPAN = 1 << 24
HOUR = 3_600_000


def upgrade() -> None:
    op.add_column("account", sa.Column("login", sa.String(), nullable=False, server_default=""))
    op.add_column("chunk", sa.Column("root_id", BIG, nullable=True))
    op.add_column("chunk", sa.Column("halvings", sa.Integer(), nullable=True))
    where = sa.text("root_id IS NOT NULL")
    op.create_index("ix_chunk_root", "chunk", ["root_id"], sqlite_where=where, postgresql_where=where)
    for table in ("tally", "variant_tally"):
        op.add_column(table, sa.Column("counted", BIG, nullable=False, server_default="0"))
    connection = op.get_bind()
    _name_logins(connection)
    for campaign_id in _resolved_campaigns(connection):
        _accept_counted(connection, campaign_id)


def downgrade() -> None:
    op.drop_index("ix_chunk_root", "chunk")
    for table, column in (
        ("variant_tally", "counted"),
        ("tally", "counted"),
        ("chunk", "halvings"),
        ("chunk", "root_id"),
        ("account", "login"),
    ):
        op.drop_column(table, column)


def _name_logins(connection: sa.Connection) -> None:
    """Fill `login` from the name, "login@address", and merge the accounts of one login."""
    accounts: dict[str, list[int]] = {}
    query = "SELECT id, name, url FROM account WHERE NOT sandbox ORDER BY id"
    for account_id, name, url in connection.execute(sa.text(query)).all():
        login = name.removesuffix(f"@{url}")
        accounts.setdefault(login, []).append(account_id)
        _run(connection, "UPDATE account SET login = :login WHERE id = :id", login=login, id=account_id)
    for account_ids in accounts.values():
        if len(account_ids) > 1:
            _merge(connection, account_ids)


def _merge(connection: sa.Connection, account_ids: list[int]) -> None:
    ids = ", ".join(map(str, account_ids))
    newest = f"SELECT account_id FROM campaign WHERE account_id IN ({ids}) ORDER BY id DESC LIMIT 1"
    target = connection.execute(sa.text(newest)).scalar() or account_ids[-1]
    for other in account_ids:
        if other == target:
            continue
        for table in ("campaign", "chunk", "worker", "price_rule"):
            _run(connection, f"UPDATE {table} SET account_id = :target WHERE account_id = :other",
                 target=target, other=other)  # fmt: skip
        _keep_policy(connection, target, other)
        _run(connection, "DELETE FROM account WHERE id = :other", other=other)


def _keep_policy(connection: sa.Connection, target: int, other: int) -> None:
    """The account that stays keeps its rules; where it has none it takes the other's."""
    query = sa.text("SELECT CAST(policy AS VARCHAR) FROM account WHERE id = :id")
    kept, others = (json.loads(connection.execute(query, {"id": at}).scalar() or "{}") for at in (target, other))
    if not any(kept.values()) and any(others.values()):
        policy = sa.table("account", sa.column("id"), sa.column("policy", sa.JSON()))
        connection.execute(sa.update(policy).where(policy.c.id == target).values(policy=others))


def _resolved_campaigns(connection: sa.Connection) -> list[int]:
    """The campaigns of which a person counted messages as sent, by the audit log: no index finds such messages."""
    subjects = connection.execute(sa.text("SELECT DISTINCT subject FROM audit WHERE action = 'campaign.resolve'"))
    return sorted(int(subject.removeprefix("campaign:")) for (subject,) in subjects)


_COUNTED = """id BETWEEN :first AND :last AND reason = 'counted-as-sent' AND request_id IS NULL
 AND state IN ('accepted', 'expired')"""


def _accept_counted(connection: sa.Connection, campaign_id: int) -> None:
    span = {"first": campaign_id * SPAN, "last": (campaign_id + 1) * SPAN - 1}
    by = f"number_range, variant, left_at / {HOUR}, state"
    sums_of = "count(*), sum(parts), sum(price), sum(coalesce(billed_parts, 0))"
    query = f"SELECT {by}, {sums_of} FROM message WHERE {_COUNTED} GROUP BY {by}"
    for number_range, variant, hour, state, *sums in connection.execute(sa.text(query), span).all():
        cell = {"campaign_id": campaign_id, "hour": hour, "number_range": number_range}
        _move(connection, "tally", cell, state, [int(n) for n in sums])
        if variant is not None:
            cell = {"campaign_id": campaign_id, "variant": variant}
            _move(connection, "variant_tally", cell, state, [int(n) for n in sums])
    _run(connection, "UPDATE message SET state = 'accepted', settled_at = NULL, next_poll_at = NULL, polls = NULL "
         f"WHERE {_COUNTED}", **span)  # fmt: skip


def _move(connection: sa.Connection, table: str, cell: dict[str, int], state: str, sums: list[int]) -> None:
    messages, parts, cost, billed = sums
    names = [*cell, "state", "messages", "parts", "cost", "billed_parts", "counted", "billed_messages",
             "expected_parts"]  # fmt: skip
    add = ", ".join(f"{name} = {table}.{name} + excluded.{name}" for name in names[len(cell) + 1 :])
    statement = (
        f"INSERT INTO {table} ({', '.join(names)}) VALUES ({', '.join(f':{name}' for name in names)}) "
        f"ON CONFLICT ({', '.join([*cell, 'state'])}) DO UPDATE SET {add}"
    )
    amounts = {"messages": messages, "parts": parts, "cost": cost, "billed_parts": billed, "billed_messages": 0,
               "expected_parts": 0}  # fmt: skip
    _run(connection, statement, **cell, state=state, counted=0, **{name: -n for name, n in amounts.items()})
    _run(connection, statement, **cell, state="accepted", counted=messages, **amounts)


def _run(connection: sa.Connection, statement: str, **values: object) -> None:
    connection.execute(sa.text(statement), values)
