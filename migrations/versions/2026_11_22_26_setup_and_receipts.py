"""The store: setup families and times, work done outside, expected receipts of material."""

import sqlalchemy as sa
from alembic import op

revision = "0001_26_setup_and_receipts"
down_revision = "0001_25_drafts"
branch_labels = None
depends_on = None

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Make the tables and columns."""
    for table in ("operation", "task"):
        op.add_column(table, sa.Column("setup_family", sa.String(64), nullable=True))
        op.add_column(table, sa.Column("outside_min", sa.Integer(), nullable=True))
    op.create_table(
        "setup_time",
        sa.Column(
            "station_id", KEY, sa.ForeignKey("station.id", name="fk_setup_time_station_id_station"), nullable=False
        ),
        sa.Column("from_family", sa.String(64), nullable=False),
        sa.Column("to_family", sa.String(64), nullable=False),
        sa.Column("minutes", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("station_id", "from_family", "to_family", name="pk_setup_time"),
    )
    op.create_table(
        "expected_receipt",
        sa.Column("id", KEY, nullable=False),
        sa.Column("site_id", KEY, sa.ForeignKey("site.id", name="fk_expected_receipt_site_id_site"), nullable=False),
        sa.Column("code", sa.String(64), nullable=False),
        sa.Column("item_id", KEY, sa.ForeignKey("item.id", name="fk_expected_receipt_item_id_item"), nullable=False),
        sa.Column("quantity", sa.BigInteger(), nullable=False),
        sa.Column("due_at", MOMENT, nullable=False),
        sa.Column("received_at", MOMENT, nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_expected_receipt"),
        sa.UniqueConstraint("site_id", "code", name="uq_expected_receipt_site_id_code"),
    )
    op.create_index("ix_expected_receipt_item_id_due_at", "expected_receipt", ["item_id", "due_at"])


def downgrade() -> None:
    """Drop them."""
    op.drop_table("expected_receipt")
    op.drop_table("setup_time")
    for table in ("task", "operation"):
        for column in ("outside_min", "setup_family"):
            op.drop_column(table, column)
