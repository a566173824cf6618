"""The store: stock moves and their balance."""

import sqlalchemy as sa
from alembic import op

revision = "0001_10_stock"
down_revision = "0001_09_reports"
branch_labels = None
depends_on = None

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
MOMENT = sa.DateTime(timezone=True)
QUANTITY = sa.BigInteger()


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "stock_move",
        sa.Column("id", KEY, nullable=False),
        sa.Column("site_id", KEY, sa.ForeignKey("site.id", name="fk_stock_move_site_id_site"), nullable=False),
        sa.Column("kind", sa.String(32), nullable=False),
        sa.Column("item_id", KEY, sa.ForeignKey("item.id", name="fk_stock_move_item_id_item"), nullable=False),
        sa.Column("lot_id", KEY, sa.ForeignKey("lot.id", name="fk_stock_move_lot_id_lot"), nullable=True),
        sa.Column(
            "location_id", KEY, sa.ForeignKey("location.id", name="fk_stock_move_location_id_location"), nullable=False
        ),
        sa.Column("quantity", QUANTITY, nullable=False),
        sa.Column("report_id", KEY, sa.ForeignKey("report.id", name="fk_stock_move_report_id_report"), nullable=True),
        sa.Column("actor", sa.String(64), nullable=True),
        sa.Column("reason", sa.String(200), nullable=True),
        sa.Column("at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_stock_move"),
    )
    op.create_index("ix_stock_move_item_id", "stock_move", ["item_id"])
    op.create_index("ix_stock_move_lot_id", "stock_move", ["lot_id"])
    op.create_index("ix_stock_move_report_id", "stock_move", ["report_id"])
    op.create_table(
        "stock_balance",
        sa.Column("item_id", KEY, sa.ForeignKey("item.id", name="fk_stock_balance_item_id_item"), nullable=False),
        sa.Column("lot_key", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column(
            "location_id",
            KEY,
            sa.ForeignKey("location.id", name="fk_stock_balance_location_id_location"),
            nullable=False,
        ),
        sa.Column("site_id", KEY, sa.ForeignKey("site.id", name="fk_stock_balance_site_id_site"), nullable=False),
        sa.Column("quantity", QUANTITY, nullable=False),
        sa.PrimaryKeyConstraint("item_id", "lot_key", "location_id", name="pk_stock_balance"),
    )


def downgrade() -> None:
    """Drop them."""
    op.drop_table("stock_balance")
    op.drop_table("stock_move")
