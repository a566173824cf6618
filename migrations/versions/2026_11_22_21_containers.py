"""Packing: a container may lie in another one."""

import sqlalchemy as sa
from alembic import op

revision = "0001_21_containers"
down_revision = "0001_51_screens"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column."""
    with op.batch_alter_table("container_item") as table:
        table.add_column(sa.Column("inner_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite")))
        table.create_foreign_key("fk_container_item_inner_id_container", "container", ["inner_id"], ["id"])
        table.create_index("ix_container_item_inner_id", ["inner_id"])


def downgrade() -> None:
    """Take it away."""
    with op.batch_alter_table("container_item") as table:
        table.drop_index("ix_container_item_inner_id")
        table.drop_constraint("fk_container_item_inner_id_container", type_="foreignkey")
        table.drop_column("inner_id")
