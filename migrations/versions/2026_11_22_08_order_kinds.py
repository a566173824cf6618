"""The store: rework, service and maintenance orders."""

import sqlalchemy as sa
from alembic import op

revision = "0001_08_order_kinds"
down_revision = "0001_07_units"
branch_labels = None
depends_on = None

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
QUANTITY = sa.BigInteger()


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "rework_order",
        sa.Column("id", KEY, sa.ForeignKey("work_order.id", name="fk_rework_order_id_work_order"), nullable=False),
        sa.Column("item_id", KEY, sa.ForeignKey("item.id", name="fk_rework_order_item_id_item"), nullable=False),
        sa.Column("quantity", QUANTITY, nullable=False),
        sa.Column("unit_id", KEY, sa.ForeignKey("unit.id", name="fk_rework_order_unit_id_unit"), nullable=True),
        sa.Column("minutes", QUANTITY, nullable=False),
        sa.Column(
            "station_id", KEY, sa.ForeignKey("station.id", name="fk_rework_order_station_id_station"), nullable=True
        ),
        sa.PrimaryKeyConstraint("id", name="pk_rework_order"),
    )
    op.create_index("ix_rework_order_item_id", "rework_order", ["item_id"])
    op.create_index("ix_rework_order_station_id", "rework_order", ["station_id"])
    op.create_index("ix_rework_order_unit_id", "rework_order", ["unit_id"])
    op.create_table(
        "service_order",
        sa.Column("id", KEY, sa.ForeignKey("work_order.id", name="fk_service_order_id_work_order"), nullable=False),
        sa.Column("state", sa.String(32), nullable=False),
        sa.Column("customer_ref", sa.String(64), nullable=True),
        sa.Column("unit_id", KEY, sa.ForeignKey("unit.id", name="fk_service_order_unit_id_unit"), nullable=True),
        sa.Column("description", sa.String(2000), nullable=True),
        sa.Column("minutes", QUANTITY, nullable=False),
        sa.Column(
            "station_id", KEY, sa.ForeignKey("station.id", name="fk_service_order_station_id_station"), nullable=True
        ),
        sa.Column("skill_id", KEY, sa.ForeignKey("skill.id", name="fk_service_order_skill_id_skill"), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_service_order"),
    )
    op.create_index("ix_service_order_skill_id", "service_order", ["skill_id"])
    op.create_index("ix_service_order_station_id", "service_order", ["station_id"])
    op.create_index("ix_service_order_unit_id", "service_order", ["unit_id"])
    op.create_table(
        "maintenance_order",
        sa.Column("id", KEY, sa.ForeignKey("work_order.id", name="fk_maintenance_order_id_work_order"), nullable=False),
        sa.Column("state", sa.String(32), nullable=False),
        sa.Column(
            "machine_id",
            KEY,
            sa.ForeignKey("machine.id", name="fk_maintenance_order_machine_id_machine"),
            nullable=False,
        ),
        sa.Column("description", sa.String(2000), nullable=True),
        sa.Column("minutes", QUANTITY, nullable=False),
        sa.Column(
            "skill_id", KEY, sa.ForeignKey("skill.id", name="fk_maintenance_order_skill_id_skill"), nullable=True
        ),
        sa.PrimaryKeyConstraint("id", name="pk_maintenance_order"),
    )
    op.create_index("ix_maintenance_order_machine_id", "maintenance_order", ["machine_id"])
    op.create_index("ix_maintenance_order_skill_id", "maintenance_order", ["skill_id"])


def downgrade() -> None:
    """Drop them."""
    op.drop_table("maintenance_order")
    op.drop_table("service_order")
    op.drop_table("rework_order")
