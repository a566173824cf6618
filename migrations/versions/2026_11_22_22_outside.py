"""Work done outside: what was sent to a supplier, and what came back."""

import sqlalchemy as sa
from alembic import op

revision = "0001_22_outside"
down_revision = "0001_46_improvement"
branch_labels = None
depends_on = None

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "outside_dispatch",
        sa.Column("id", KEY, nullable=False),
        sa.Column("site_id", KEY, sa.ForeignKey("site.id", name="fk_outside_dispatch_site_id_site"), nullable=False),
        sa.Column("code", sa.String(64), nullable=False),
        sa.Column("task_id", KEY, sa.ForeignKey("task.id", name="fk_outside_dispatch_task_id_task"), nullable=False),
        sa.Column("supplier", sa.String(200), nullable=False),
        sa.Column("quantity", sa.BigInteger(), nullable=False),
        sa.Column("quantity_good", sa.BigInteger(), nullable=False),
        sa.Column("quantity_lost", sa.BigInteger(), nullable=False),
        sa.Column("sent_at", MOMENT, nullable=False),
        sa.Column("due_at", MOMENT, nullable=False),
        sa.Column("closed_at", MOMENT, nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_outside_dispatch"),
        sa.UniqueConstraint("site_id", "code", name="uq_outside_dispatch_site_id_code"),
        sa.CheckConstraint("quantity_good + quantity_lost <= quantity", name="ck_outside_dispatch_balance"),
    )
    op.create_index("ix_outside_dispatch_task_id", "outside_dispatch", ["task_id"])
    op.create_index("ix_outside_dispatch_site_id_closed_at", "outside_dispatch", ["site_id", "closed_at"])
    op.create_table(
        "outside_unit",
        sa.Column(
            "dispatch_id", KEY,
            sa.ForeignKey("outside_dispatch.id", name="fk_outside_unit_dispatch_id_outside_dispatch"), nullable=False,
        ),
        sa.Column("unit_id", KEY, sa.ForeignKey("unit.id", name="fk_outside_unit_unit_id_unit"), nullable=False),
        sa.Column("back_at", MOMENT, nullable=True),
        sa.PrimaryKeyConstraint("dispatch_id", "unit_id", name="pk_outside_unit"),
    )  # fmt: skip


def downgrade() -> None:
    """Drop them."""
    op.drop_table("outside_unit")
    op.drop_table("outside_dispatch")
