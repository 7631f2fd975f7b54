"""one table for background jobs

Unfinished work of earlier releases becomes a row of `job`, and its own row gets the word that says no more than that it
is not done: `pending` (list, export), `idle` (saved report), empty (campaign). The columns that were a queue before
(`state` of lists, files and reports, `prepared`, `erasing`, `worker_id`) stay, because workers of the release before run
beside this one; this release reads of them only the words of that release, in `jobs.previous_release`.

A worker of the release before does not know the new words, so no work is done twice. What it is doing while the
tables are upgraded keeps its old word and has no job yet: that worker ends it, or `jobs.previous_release` takes it over
when the worker is gone. The same holds for what a page of that release asks for afterwards.

No large table is touched: a hundred thousand lists take two seconds.
"""

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_LIVING = "SELECT id FROM worker WHERE stopped_at IS NULL"
_MOVES = (
    # kind, table, subject, column, requested, running, the word of now, who asked for it
    ("list", "recipient_list", "list", "state", "waiting", "checking", "pending", "created_by"),
    ("campaign", "campaign", "campaign", "prepared", "asked", "preparing", "", "created_by"),
    ("export", "export", "export", "state", "waiting", "making", "pending", "created_by"),
    ("report", "saved_report", "report", "state", "asked", "making", "idle", "created_by"),
    ("erase", "campaign", "campaign", "erasing", "asked", "erasing", "", "'program'"),
)


def upgrade() -> None:
    op.create_table(
        "job",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("subject", sa.String(), nullable=False),
        sa.Column("params", sa.JSON(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("step", sa.String(), nullable=False),
        sa.Column("done", BIG, nullable=False),
        sa.Column("total", BIG, nullable=True),
        sa.Column("worker_id", sa.String(), nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("cancelled_by", sa.String(), nullable=False),
        sa.Column("error_code", sa.String(), nullable=False),
        sa.Column("error_params", sa.JSON(), nullable=False),
        sa.Column("created_at", BIG, nullable=False),
        sa.Column("created_by", sa.String(), nullable=False),
        sa.Column("started_at", BIG, nullable=True),
        sa.Column("ended_at", BIG, nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_job")),
    )
    for name, columns, where, unique in (
        ("ix_job_queued", ["kind", "subject"], "state = 'queued'", True),
        ("ix_job_running", ["subject"], "state = 'running'", False),
    ):
        condition = sa.text(where)
        op.create_index(op.f(name), "job", columns, unique=unique, sqlite_where=condition, postgresql_where=condition)
    op.create_index(op.f("ix_job_subject"), "job", ["subject"])
    for move in _MOVES:
        _move(*move)
    # Of an unreleased revision: the second check of exclusions, which the schedule enqueues by itself.
    op.execute("UPDATE campaign SET exclusion_check = 'needed' WHERE exclusion_check IN ('asked', 'checking')")


def _move(
    kind: str, table: str, subject: str, column: str, requested: str, running: str, word: str, asked_by: str
) -> None:
    # A build without a worker (`getsms create`) has a token that begins with "direct:"; it goes on by itself.
    # A file that belongs to a saved report is being made without a worker of its own: the report's job makes another.
    lost = f"worker_id IS NOT NULL AND worker_id NOT IN ({_LIVING}) AND worker_id NOT LIKE 'direct:%'"
    unfinished = f"{column} = '{requested}' OR ({column} = '{running}' AND {lost})"
    op.execute(
        "INSERT INTO job (kind, subject, params, state, step, done, attempts, cancelled_by, error_code, error_params,"
        " created_at, created_by)"
        f" SELECT '{kind}', '{subject}:' || CAST(id AS VARCHAR), '{{}}', 'queued', '', 0, 0, '', '', '{{}}',"
        f" created_at, {asked_by} FROM {table} WHERE {unfinished} ORDER BY id"
    )
    op.execute(f"UPDATE {table} SET {column} = '{word}', worker_id = NULL WHERE {unfinished}")


def downgrade() -> None:
    for kind, table, subject, column, requested, _running, word, _asked_by in _MOVES:
        op.execute(
            f"UPDATE {table} SET {column} = '{requested}' WHERE {column} = '{word}' AND '{subject}:' || "
            f"CAST(id AS VARCHAR) IN (SELECT subject FROM job WHERE kind = '{kind}' AND state IN ('queued', 'running'))"
        )
    op.execute("UPDATE campaign SET exclusion_check = 'asked' WHERE exclusion_check = 'needed'")
    op.drop_table("job")
