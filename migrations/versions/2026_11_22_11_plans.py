"""The store: plans and the wishes for them."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0001_11_plans"
down_revision = "0001_10_stock"
branch_labels = None
depends_on = None

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
MOMENT = sa.DateTime(timezone=True)
DOCUMENT = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "plan_run",
        sa.Column("id", KEY, nullable=False),
        sa.Column("site_id", KEY, sa.ForeignKey("site.id", name="fk_plan_run_site_id_site"), nullable=False),
        sa.Column("status", sa.String(32), nullable=False),
        sa.Column("cause", DOCUMENT, nullable=False),
        sa.Column(
            "requested_by",
            KEY,
            sa.ForeignKey("user_account.id", name="fk_plan_run_requested_by_user_account"),
            nullable=True,
        ),
        sa.Column("requested_at", MOMENT, nullable=False),
        sa.Column("leased_until", MOMENT, nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("finished_at", MOMENT, nullable=True),
        sa.Column("outcome", DOCUMENT, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_plan_run"),
    )
    op.create_index("ix_plan_run_site_id_status", "plan_run", ["site_id", "status"])
    op.create_table(
        "plan",
        sa.Column("id", KEY, nullable=False),
        sa.Column("site_id", KEY, sa.ForeignKey("site.id", name="fk_plan_site_id_site"), nullable=False),
        sa.Column("status", sa.String(32), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("based_on", sa.Integer(), nullable=False),
        sa.Column("run_id", KEY, sa.ForeignKey("plan_run.id", name="fk_plan_run_id_plan_run"), nullable=True),
        sa.Column("epoch_at", MOMENT, nullable=False),
        sa.Column("tick_s", sa.Integer(), nullable=False),
        sa.Column("objective", DOCUMENT, nullable=False),
        sa.Column("problem_hash", sa.String(64), nullable=True),
        sa.Column("published_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_plan"),
    )
    op.create_index("ix_plan_site_id_status", "plan", ["site_id", "status"])
    op.create_table(
        "planned_task",
        sa.Column("plan_id", KEY, sa.ForeignKey("plan.id", name="fk_planned_task_plan_id_plan"), nullable=False),
        sa.Column("task_id", KEY, sa.ForeignKey("task.id", name="fk_planned_task_task_id_task"), nullable=False),
        sa.Column(
            "station_id", KEY, sa.ForeignKey("station.id", name="fk_planned_task_station_id_station"), nullable=False
        ),
        sa.Column("start_at", MOMENT, nullable=False),
        sa.Column("end_at", MOMENT, nullable=False),
        sa.Column("bound_by", sa.String(32), nullable=False),
        sa.Column("bound_ref", sa.String(64), nullable=True),
        sa.Column("is_late", sa.Boolean(), nullable=False),
        sa.Column("is_pinned", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("plan_id", "task_id", name="pk_planned_task"),
    )
    op.create_index("ix_planned_task_station_id", "planned_task", ["station_id"])


def downgrade() -> None:
    """Drop them."""
    op.drop_table("planned_task")
    op.drop_table("plan")
    op.drop_table("plan_run")
