"""recipients without a message are counted by reason

A message whose text shows nothing is no longer made. Drafts that are prepared already are prepared again when they
start, and the texts of drafts lose the control characters that are refused from now on.
"""

import re

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

CONTROL = re.compile("[\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f\u202a-\u202e\u2066-\u2069]")
LINE_BREAK = re.compile("\r\n|[\r\f\x85\u2028\u2029]")
SEPARATOR = re.compile("[\t\v\x1c-\x1f]")


def upgrade() -> None:
    # Not by a batch: on SQLite that makes the table again, and messages refer to the old one.
    op.add_column("campaign", sa.Column("excluded", sa.JSON(), nullable=False, server_default="{}"))
    campaign = sa.table("campaign", *(sa.column(name) for name in ("id", "state", "prepared", "text")),
                        sa.column("variants", sa.JSON()))  # fmt: skip
    connection = op.get_bind()
    drafts = connection.execute(sa.select(campaign).where(campaign.c.state == "draft")).all()
    for draft in drafts:
        more = [one | {"text": cleaned(one["text"])} for one in draft.variants or ()]
        prepared = "" if draft.prepared == "ready" else draft.prepared
        connection.execute(
            sa.update(campaign)
            .where(campaign.c.id == draft.id)
            .values(text=cleaned(draft.text), variants=more, prepared=prepared)
        )


def cleaned(text: str) -> str:
    return CONTROL.sub("", SEPARATOR.sub(" ", LINE_BREAK.sub("\n", text)))


def downgrade() -> None:
    op.drop_column("campaign", "excluded")
