"""The store: serialised units and what they are packed in."""

import sqlalchemy as sa
from alembic import op

revision = "0001_07_units"
down_revision = "0001_06_tasks"
branch_labels = None
depends_on = None

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
MOMENT = sa.DateTime(timezone=True)
QUANTITY = sa.BigInteger()


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "unit",
        sa.Column("id", KEY, nullable=False),
        sa.Column("site_id", KEY, sa.ForeignKey("site.id", name="fk_unit_site_id_site"), nullable=False),
        sa.Column("item_id", KEY, sa.ForeignKey("item.id", name="fk_unit_item_id_item"), nullable=False),
        sa.Column("serial", sa.String(64), nullable=False),
        sa.Column("order_id", KEY, sa.ForeignKey("work_order.id", name="fk_unit_order_id_work_order"), nullable=True),
        sa.Column("lot_id", KEY, sa.ForeignKey("lot.id", name="fk_unit_lot_id_lot"), nullable=True),
        sa.Column("task_id", KEY, sa.ForeignKey("task.id", name="fk_unit_task_id_task"), nullable=True),
        sa.Column("status", sa.String(32), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_unit"),
        sa.UniqueConstraint("site_id", "item_id", "serial", name="uq_unit_site_id_item_id_serial"),
    )
    op.create_index("ix_unit_item_id", "unit", ["item_id"])
    op.create_index("ix_unit_lot_id", "unit", ["lot_id"])
    op.create_index("ix_unit_order_id", "unit", ["order_id"])
    op.create_index("ix_unit_serial", "unit", ["serial"])
    op.create_index("ix_unit_task_id", "unit", ["task_id"])
    op.create_table(
        "container",
        sa.Column("id", KEY, nullable=False),
        sa.Column("site_id", KEY, sa.ForeignKey("site.id", name="fk_container_site_id_site"), nullable=False),
        sa.Column("code", sa.String(64), nullable=False),
        sa.Column("kind", sa.String(32), nullable=False),
        sa.Column(
            "location_id", KEY, sa.ForeignKey("location.id", name="fk_container_location_id_location"), nullable=True
        ),
        sa.PrimaryKeyConstraint("id", name="pk_container"),
        sa.UniqueConstraint("site_id", "code", name="uq_container_site_id_code"),
    )
    op.create_index("ix_container_location_id", "container", ["location_id"])
    op.create_index("ix_container_site_id", "container", ["site_id"])
    op.create_table(
        "container_item",
        sa.Column("id", KEY, nullable=False),
        sa.Column(
            "container_id",
            KEY,
            sa.ForeignKey("container.id", name="fk_container_item_container_id_container"),
            nullable=False,
        ),
        sa.Column("unit_id", KEY, sa.ForeignKey("unit.id", name="fk_container_item_unit_id_unit"), nullable=True),
        sa.Column("lot_id", KEY, sa.ForeignKey("lot.id", name="fk_container_item_lot_id_lot"), nullable=True),
        sa.Column("quantity", QUANTITY, nullable=False),
        sa.Column("packed_at", MOMENT, nullable=False),
        sa.Column("unpacked_at", MOMENT, nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_container_item"),
    )
    op.create_index("ix_container_item_container_id", "container_item", ["container_id"])
    op.create_index("ix_container_item_lot_id", "container_item", ["lot_id"])
    op.create_index("ix_container_item_unit_id", "container_item", ["unit_id"])
    op.create_table(
        "shipment",
        sa.Column("id", KEY, nullable=False),
        sa.Column("site_id", KEY, sa.ForeignKey("site.id", name="fk_shipment_site_id_site"), nullable=False),
        sa.Column("unit_id", KEY, sa.ForeignKey("unit.id", name="fk_shipment_unit_id_unit"), nullable=True),
        sa.Column(
            "container_id", KEY, sa.ForeignKey("container.id", name="fk_shipment_container_id_container"), nullable=True
        ),
        sa.Column("customer_ref", sa.String(200), nullable=True),
        sa.Column("customer_order", sa.String(64), nullable=True),
        sa.Column("at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_shipment"),
    )
    op.create_index("ix_shipment_container_id", "shipment", ["container_id"])
    op.create_index("ix_shipment_customer_order", "shipment", ["customer_order"])
    op.create_index("ix_shipment_unit_id", "shipment", ["unit_id"])


def downgrade() -> None:
    """Drop them."""
    op.drop_table("shipment")
    op.drop_table("container_item")
    op.drop_table("container")
    op.drop_table("unit")
