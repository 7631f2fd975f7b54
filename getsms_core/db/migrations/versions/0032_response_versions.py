"""responses are written in portions and published at once: the version of each row

The table of responses is copied on SQLite for its new key: two seconds for a million rows.
"""

import sqlalchemy as sa
from alembic import op

revision = "0032"
down_revision = "0031"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
KEYS = {
    "response": ["message_id"],
    "response_event": ["campaign_id", "recipient", "responded_at", "amount", "ordinal"],
}


def upgrade() -> None:
    for table, key in KEYS.items():
        with op.batch_alter_table(table) as batch:
            batch.add_column(sa.Column("version", sa.Integer(), nullable=False, server_default="0"))
            if table == "response":
                batch.add_column(sa.Column("replaced_in", sa.Integer(), nullable=False, server_default=str(2**31 - 1)))
            batch.drop_constraint(f"pk_{table}", type_="primary")
            batch.create_primary_key(f"pk_{table}", [*key, "version"])
    op.create_table(
        "response_version",
        sa.Column("campaign_id", sa.Integer(), nullable=False, autoincrement=False),
        *(sa.Column(name, sa.Integer(), nullable=False) for name in ("oldest", "newest", "writing")),
        sa.Column("writer", sa.String(), nullable=False),
        sa.Column("touched_at", BIG, nullable=False),
        sa.Column("clean", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("campaign_id", name=op.f("pk_response_version")),
    )


def downgrade() -> None:
    version = "(SELECT newest FROM response_version v WHERE v.campaign_id = {table}.campaign_id)"
    oldest = version.replace("newest", "oldest")
    for table in KEYS:
        hidden = f"version > {version} OR version < {oldest}".format(table=table)
        op.execute(sa.text(f"DELETE FROM {table} WHERE {hidden}"))
    op.execute(sa.text(f"DELETE FROM response WHERE replaced_in <= {version.format(table='response')}"))
    op.drop_table("response_version")
    for table, key in KEYS.items():
        with op.batch_alter_table(table) as batch:
            batch.drop_constraint(f"pk_{table}", type_="primary")
            batch.create_primary_key(f"pk_{table}", key)
            batch.drop_column("version")
            if table == "response":
                batch.drop_column("replaced_in")
