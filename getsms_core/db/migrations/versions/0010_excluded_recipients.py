"""who of a list gets no message, row by row, and a roll-up in place of the campaign's JSON

The rows of campaigns that were made before are not written: their only reason is an empty text, which
`campaigns.excluded` works out again from the list.
"""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0012"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
ROLLUP = sa.table("excluded_rollup", *(sa.column(name) for name in ("campaign_id", "reason", "recipients")))
CAMPAIGN = sa.table("campaign", sa.column("id"), sa.column("excluded", sa.JSON()))


def upgrade() -> None:
    op.create_table(
        "excluded",
        sa.Column("campaign_id", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("row", sa.Integer(), nullable=False),
        sa.Column("phone", BIG, nullable=True),
        sa.Column("reason", sa.String(length=20), nullable=False),
        sa.PrimaryKeyConstraint("campaign_id", "position", name=op.f("pk_excluded")),
    )
    op.create_table(
        "excluded_rollup",
        sa.Column("campaign_id", sa.Integer(), nullable=False),
        sa.Column("reason", sa.String(length=20), nullable=False),
        sa.Column("recipients", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("campaign_id", "reason", name=op.f("pk_excluded_rollup")),
    )
    connection = op.get_bind()
    rows = [
        {"campaign_id": campaign.id, "reason": reason, "recipients": int(n)}
        for campaign in connection.execute(sa.select(CAMPAIGN)).all()
        for reason, n in (campaign.excluded or {}).items()
        if n
    ]
    if rows:
        connection.execute(sa.insert(ROLLUP), rows)
    op.drop_column("campaign", "excluded")


def downgrade() -> None:
    op.add_column("campaign", sa.Column("excluded", sa.JSON(), nullable=False, server_default="{}"))
    connection = op.get_bind()
    counts: dict[int, dict[str, int]] = {}
    for row in connection.execute(sa.select(ROLLUP)).all():
        counts.setdefault(row.campaign_id, {})[row.reason] = row.recipients
    for campaign_id, excluded in counts.items():
        connection.execute(sa.update(CAMPAIGN).where(CAMPAIGN.c.id == campaign_id).values(excluded=excluded))
    op.drop_table("excluded_rollup")
    op.drop_table("excluded")
