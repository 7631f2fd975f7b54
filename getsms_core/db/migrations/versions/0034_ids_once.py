"""SQLite gives no id again that a deleted row had

What a job, a file, a page or the audit log names by its id is then gone, and never another row; PostgreSQL's sequences
have always done so. The rows of these tables are copied, a few thousand at most.
"""

import re
from collections.abc import Callable

from alembic import op

revision = "0034"
down_revision = "0033"
branch_labels = None
depends_on = None

TABLES = (
    "campaign",
    "export",
    "job",
    "price_rule",
    "recipient_list",
    "response_upload",
    "saved_report",
    "segment",
    "template",
)
ID = re.compile(r'\(\s*"?id"? INTEGER NOT NULL')
KEY = re.compile(r',\s*(CONSTRAINT "?pk_\w+"? )?PRIMARY KEY \("?id"?\)')
AUTOINCREMENT = " PRIMARY KEY AUTOINCREMENT"


def upgrade() -> None:
    def with_ids_once(_name: str, definition: str) -> str:
        return ID.sub(f"(\n\tid INTEGER NOT NULL{AUTOINCREMENT}", KEY.sub("", definition, count=1), count=1)

    _copy(with_ids_once)


def downgrade() -> None:
    def with_ids_again(name: str, definition: str) -> str:
        columns = definition.replace(AUTOINCREMENT, "", 1).rstrip().removesuffix(")").rstrip()
        return f"{columns},\n\tCONSTRAINT pk_{name} PRIMARY KEY (id)\n)"

    _copy(with_ids_again)


def _copy(redefine: Callable[[str, str], str]) -> None:
    """SQLite: give the tables other definitions; their rows and indexes stay."""
    connection = op.get_bind()
    if connection.dialect.name != "sqlite":
        return
    run = connection.exec_driver_sql
    run("PRAGMA defer_foreign_keys = ON")  # rows that name the copied ones stay, until the end of the transaction
    run("CREATE INDEX copied_campaign ON chunk (campaign_id)")  # else each campaign would look at every chunk, twice
    for name in TABLES:
        schema = "SELECT sql FROM sqlite_master WHERE tbl_name = ? AND type = ? AND sql IS NOT NULL"
        [definition] = run(schema, (name, "table")).scalars().all()
        indexes = run(schema, (name, "index")).scalars().all()
        run(f"CREATE TEMPORARY TABLE copied AS SELECT * FROM main.{name}")
        run(f"DROP TABLE {name}")
        run(redefine(name, definition))
        run(f"INSERT INTO {name} SELECT * FROM temp.copied")
        run("DROP TABLE temp.copied")
        for index in indexes:
            run(index)
    run("DROP INDEX copied_campaign")
