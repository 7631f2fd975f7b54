"""choices of notices store which events were offered: one that is new, or that a new role brings, is then on by default

Who has chosen before was offered all events of the role. Nobody chose against the notices of failed backups, which are
newer than most choices: an administrator who does not get them gets them from now on.
"""

import sqlalchemy as sa
from alembic import op

revision = "0035"
down_revision = "0034"
branch_labels = None
depends_on = None

TO_ALL = ["decided", "finished", "paused", "receipts-refused", "spending", "delivery-worse"]
APPROVERS = ("manager", "administrator")
WAITS, BACKUP = "approval-waits", "backup-failed"


def upgrade() -> None:
    with op.batch_alter_table("notice_choice") as batch:
        batch.add_column(sa.Column("offered_events", sa.JSON(), nullable=False, server_default="[]"))
    choice = sa.table("notice_choice", sa.column("user_id"), sa.column("app_events", sa.JSON),
                      sa.column("mail_events", sa.JSON), sa.column("offered_events", sa.JSON))  # fmt: skip
    person = sa.table("person", sa.column("id"), sa.column("role"))
    connection = op.get_bind()
    query = sa.select(choice, person.c.role).join(person, person.c.id == choice.c.user_id)
    for row in connection.execute(query).all():
        offered = [*TO_ALL, *([WAITS] if row.role in APPROVERS else [])]
        offered += [BACKUP] if BACKUP in (*row.app_events, *row.mail_events) else []
        connection.execute(sa.update(choice).where(choice.c.user_id == row.user_id).values(offered_events=offered))


def downgrade() -> None:
    with op.batch_alter_table("notice_choice") as batch:
        batch.drop_column("offered_events")
