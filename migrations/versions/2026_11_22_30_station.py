"""The station: several people, device clocks that are measured, marks of what is uncertain or closed by itself."""

import sqlalchemy as sa
from alembic import op

revision = "0001_30_station"
down_revision = "0001_40_limits_and_people"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Add the columns; rows that are there are certain and belong to one person."""
    op.add_column("station", sa.Column("people", sa.Integer(), nullable=False, server_default="1"))
    op.add_column("station", sa.Column("idle_min", sa.Integer(), nullable=False, server_default="15"))
    op.add_column("scan", sa.Column("device", sa.String(64), nullable=True))
    op.add_column("scan", sa.Column("offset_ms", sa.Integer(), nullable=True))
    op.add_column("scan", sa.Column("made_at", MOMENT, nullable=True))
    op.add_column("scan", sa.Column("uncertain", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.add_column("report", sa.Column("uncertain", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.add_column("work_session", sa.Column("mark", sa.String(32), nullable=True))


def downgrade() -> None:
    """Take them away."""
    op.drop_column("work_session", "mark")
    op.drop_column("report", "uncertain")
    for name in ("uncertain", "made_at", "offset_ms", "device"):
        op.drop_column("scan", name)
    op.drop_column("station", "idle_min")
    op.drop_column("station", "people")
