"""The store: items, bills of material and lots."""

import sqlalchemy as sa
from alembic import op

revision = "0001_03_items"
down_revision = "0001_02_people"
branch_labels = None
depends_on = None

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
MOMENT = sa.DateTime(timezone=True)
QUANTITY = sa.BigInteger()


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "item",
        sa.Column("id", KEY, nullable=False),
        sa.Column("site_id", KEY, sa.ForeignKey("site.id", name="fk_item_site_id_site"), nullable=False),
        sa.Column("code", sa.String(64), nullable=False),
        sa.Column("name", sa.String(200), nullable=False),
        sa.Column("name_zh", sa.String(200), nullable=True),
        sa.Column("unit", sa.String(32), nullable=False),
        sa.Column("decimals", sa.Integer(), nullable=False),
        sa.Column("supply", sa.String(32), nullable=False),
        sa.Column("is_serialised", sa.Boolean(), nullable=False),
        sa.Column("is_lot_tracked", sa.Boolean(), nullable=False),
        sa.Column("tolerance_percent", QUANTITY, nullable=False),
        sa.Column("negative_stock", sa.String(32), nullable=False),
        sa.Column("serial_prefix", sa.String(32), nullable=True),
        sa.Column("retired", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_item"),
        sa.UniqueConstraint("site_id", "code", name="uq_item_site_id_code"),
    )
    op.create_index("ix_item_site_id", "item", ["site_id"])
    op.create_table(
        "item_unit",
        sa.Column("item_id", KEY, sa.ForeignKey("item.id", name="fk_item_unit_item_id_item"), nullable=False),
        sa.Column("unit", sa.String(32), nullable=False),
        sa.Column("numerator", sa.Integer(), nullable=False),
        sa.Column("denominator", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("item_id", "unit", name="pk_item_unit"),
    )
    op.create_table(
        "bom",
        sa.Column("id", KEY, nullable=False),
        sa.Column("site_id", KEY, sa.ForeignKey("site.id", name="fk_bom_site_id_site"), nullable=False),
        sa.Column("item_id", KEY, sa.ForeignKey("item.id", name="fk_bom_item_id_item"), nullable=False),
        sa.Column("revision", sa.String(32), nullable=False),
        sa.Column("status", sa.String(32), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_bom"),
        sa.UniqueConstraint("item_id", "revision", name="uq_bom_item_id_revision"),
    )
    op.create_index("ix_bom_item_id", "bom", ["item_id"])
    op.create_index("ix_bom_site_id", "bom", ["site_id"])
    op.create_table(
        "bom_line",
        sa.Column("id", KEY, nullable=False),
        sa.Column("bom_id", KEY, sa.ForeignKey("bom.id", name="fk_bom_line_bom_id_bom"), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("item_id", KEY, sa.ForeignKey("item.id", name="fk_bom_line_item_id_item"), nullable=False),
        sa.Column("quantity", QUANTITY, nullable=False),
        sa.Column("per", QUANTITY, nullable=False),
        sa.Column("scrap_percent", QUANTITY, nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=True),
        sa.Column("valid_to", sa.Date(), nullable=True),
        sa.Column("alternate_group", sa.String(64), nullable=True),
        sa.Column("priority", sa.Integer(), nullable=False),
        sa.Column("operation", sa.String(64), nullable=True),
        sa.Column("backflush", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_bom_line"),
        sa.UniqueConstraint("bom_id", "position", name="uq_bom_line_bom_id_position"),
    )
    op.create_index("ix_bom_line_bom_id", "bom_line", ["bom_id"])
    op.create_index("ix_bom_line_item_id", "bom_line", ["item_id"])
    op.create_table(
        "lot",
        sa.Column("id", KEY, nullable=False),
        sa.Column("site_id", KEY, sa.ForeignKey("site.id", name="fk_lot_site_id_site"), nullable=False),
        sa.Column("item_id", KEY, sa.ForeignKey("item.id", name="fk_lot_item_id_item"), nullable=False),
        sa.Column("code", sa.String(64), nullable=False),
        sa.Column("status", sa.String(32), nullable=False),
        sa.Column("supplier", sa.String(200), nullable=True),
        sa.Column("supplier_lot", sa.String(64), nullable=True),
        sa.Column("received_at", MOMENT, nullable=True),
        sa.Column("expires_on", sa.Date(), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_lot"),
        sa.UniqueConstraint("site_id", "item_id", "code", name="uq_lot_site_id_item_id_code"),
    )
    op.create_index("ix_lot_code", "lot", ["code"])
    op.create_index("ix_lot_item_id", "lot", ["item_id"])
    op.create_index("ix_lot_supplier_lot", "lot", ["supplier_lot"])


def downgrade() -> None:
    """Drop them."""
    op.drop_table("lot")
    op.drop_table("bom_line")
    op.drop_table("bom")
    op.drop_table("item_unit")
    op.drop_table("item")
