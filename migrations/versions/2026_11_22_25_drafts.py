"""The store: drafts of plans with their steps, searches with their progress, locks of planners."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0001_25_drafts"
down_revision = "0001_15_guards"
branch_labels = None
depends_on = None

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
MOMENT = sa.DateTime(timezone=True)
DOCUMENT = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")


def upgrade() -> None:
    """Make the tables and columns."""
    op.add_column("plan_run", sa.Column("scope", sa.String(32), nullable=False, server_default="site"))
    op.add_column("plan_run", sa.Column("seconds", sa.Integer(), nullable=False, server_default="0"))
    op.add_column("plan_run", sa.Column("wanted", sa.String(32), nullable=True))
    op.add_column("plan_run", sa.Column("plan_id", KEY, nullable=True))
    op.add_column("plan", sa.Column("name", sa.String(200), nullable=True))
    op.add_column("plan", sa.Column("base_id", KEY, nullable=True))
    op.add_column("plan", sa.Column("revision", sa.Integer(), nullable=False, server_default="1"))
    with op.batch_alter_table("plan") as batch:
        batch.add_column(sa.Column("created_by", KEY, nullable=True))
        batch.create_foreign_key("fk_plan_created_by_user_account", "user_account", ["created_by"], ["id"])
    locked = sa.Column("is_locked", sa.Boolean(), nullable=False, server_default=sa.false())
    op.add_column("planned_task", locked)
    _steps()
    _progress()


def _steps() -> None:
    op.create_table(
        "plan_step",
        sa.Column("id", KEY, nullable=False),
        sa.Column("plan_id", KEY, sa.ForeignKey("plan.id", name="fk_plan_step_plan_id_plan"), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(32), nullable=False),
        sa.Column("task_id", KEY, nullable=True),
        sa.Column("before", DOCUMENT, nullable=False),
        sa.Column("after", DOCUMENT, nullable=False),
        sa.Column("undone", sa.Boolean(), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_plan_step"),
        sa.UniqueConstraint("plan_id", "number", name="uq_plan_step_plan_id_number"),
    )


def _progress() -> None:
    whole = (sa.Column(name, sa.Integer(), nullable=False) for name in ("late_orders", "late_bound", "makespan_min"))
    op.create_table(
        "plan_progress",
        sa.Column("id", KEY, nullable=False),
        sa.Column("run_id", KEY, sa.ForeignKey("plan_run.id", name="fk_plan_progress_run_id_plan_run"), nullable=False),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("at_ms", sa.Integer(), nullable=False),
        sa.Column("phase", sa.String(32), nullable=False),
        sa.Column("cost", sa.BigInteger(), nullable=False),
        sa.Column("bound", sa.BigInteger(), nullable=False),
        *whole,
        sa.Column("moved", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_plan_progress"),
    )
    op.create_index("ix_plan_progress_run_id_id", "plan_progress", ["run_id", "id"])


def downgrade() -> None:
    """Drop them."""
    op.drop_table("plan_progress")
    op.drop_table("plan_step")
    op.drop_column("planned_task", "is_locked")
    with op.batch_alter_table("plan") as batch:
        batch.drop_constraint("fk_plan_created_by_user_account", type_="foreignkey")
        batch.drop_column("created_by")
    for column in ("revision", "base_id", "name"):
        op.drop_column("plan", column)
    for column in ("plan_id", "wanted", "seconds", "scope"):
        op.drop_column("plan_run", column)
