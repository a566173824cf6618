"""Tasks that are skipped on the floor: the links that lead past them say whose place they take."""

import sqlalchemy as sa
from alembic import op

revision = "0001_20_skipped_tasks"
down_revision = "0001_26_setup_and_receipts"
branch_labels = None
depends_on = None

COLUMNS = ("bridges_id", "closed_by_id")


def upgrade() -> None:
    """Add the columns."""
    with op.batch_alter_table("task_link") as table:
        for name in COLUMNS:
            table.add_column(sa.Column(name, sa.BigInteger().with_variant(sa.Integer(), "sqlite")))
            table.create_foreign_key(f"fk_task_link_{name}_task", "task", [name], ["id"])
            table.create_index(f"ix_task_link_{name}", [name])


def downgrade() -> None:
    """Take them away."""
    with op.batch_alter_table("task_link") as table:
        for name in COLUMNS:
            table.drop_index(f"ix_task_link_{name}")
            table.drop_constraint(f"fk_task_link_{name}_task", type_="foreignkey")
            table.drop_column(name)
