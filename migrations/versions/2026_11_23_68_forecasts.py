"""The store: forecasts of completions and congestion, and what then came."""

import sqlalchemy as sa
from alembic import op

revision = "0001_68_forecasts"
down_revision = "0001_63_routing_drafts"
branch_labels = None
depends_on = None

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "forecast",
        sa.Column("id", KEY, nullable=False),
        sa.Column("site_id", KEY, sa.ForeignKey("site.id", name="fk_forecast_site_id_site"), nullable=False),
        sa.Column("made_at", MOMENT, nullable=False),
        sa.Column("horizon_min", sa.Integer(), nullable=False),
        sa.Column("runs", sa.Integer(), nullable=False),
        sa.Column("took_ms", sa.Integer(), nullable=False),
        sa.Column("is_kept", sa.Boolean(), nullable=False),
        sa.Column("checked_at", MOMENT, nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_forecast"),
    )
    op.create_index("ix_forecast_site_id_made_at", "forecast", ["site_id", "made_at"])
    op.create_table(
        "forecast_row",
        sa.Column("forecast_id", KEY, nullable=False),
        sa.Column("kind", sa.String(32), nullable=False),
        sa.Column("subject_id", KEY, nullable=False, autoincrement=False),
        sa.Column("permille", sa.Integer(), nullable=False),
        sa.Column("at", MOMENT, nullable=True),
        sa.Column("early_at", MOMENT, nullable=True),
        sa.Column("late_at", MOMENT, nullable=True),
        sa.Column("plain_at", MOMENT, nullable=True),
        sa.Column("came_at", MOMENT, nullable=True),
        sa.ForeignKeyConstraint(["forecast_id"], ["forecast.id"], name="fk_forecast_row_forecast_id_forecast"),
        sa.PrimaryKeyConstraint("forecast_id", "kind", "subject_id", name="pk_forecast_row"),
    )


def downgrade() -> None:
    """Drop them."""
    op.drop_table("forecast_row")
    op.drop_table("forecast")
