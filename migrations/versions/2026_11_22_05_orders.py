"""The store: the order store."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0001_05_orders"
down_revision = "0001_04_process"
branch_labels = None
depends_on = None

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
MOMENT = sa.DateTime(timezone=True)
QUANTITY = sa.BigInteger()
DOCUMENT = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "work_order",
        sa.Column("id", KEY, nullable=False),
        sa.Column("site_id", KEY, sa.ForeignKey("site.id", name="fk_work_order_site_id_site"), nullable=False),
        sa.Column("code", sa.String(64), nullable=False),
        sa.Column("kind", sa.String(32), nullable=False),
        sa.Column("status", sa.String(32), nullable=False),
        sa.Column("title", sa.String(200), nullable=False),
        sa.Column("priority", sa.Integer(), nullable=False),
        sa.Column("due_at", MOMENT, nullable=False),
        sa.Column("earliest_at", MOMENT, nullable=True),
        sa.Column("line_id", KEY, sa.ForeignKey("line.id", name="fk_work_order_line_id_line"), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column(
            "created_by",
            KEY,
            sa.ForeignKey("user_account.id", name="fk_work_order_created_by_user_account"),
            nullable=True,
        ),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("released_at", MOMENT, nullable=True),
        sa.Column("started_at", MOMENT, nullable=True),
        sa.Column("completed_at", MOMENT, nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_work_order"),
        sa.UniqueConstraint("site_id", "code", name="uq_work_order_site_id_code"),
    )
    op.create_index("ix_work_order_line_id", "work_order", ["line_id"])
    op.create_index("ix_work_order_site_id_status_due_at", "work_order", ["site_id", "status", "due_at"])
    op.create_table(
        "production_order",
        sa.Column("id", KEY, sa.ForeignKey("work_order.id", name="fk_production_order_id_work_order"), nullable=False),
        sa.Column("item_id", KEY, sa.ForeignKey("item.id", name="fk_production_order_item_id_item"), nullable=False),
        sa.Column("quantity", QUANTITY, nullable=False),
        sa.Column("customer_order", sa.String(64), nullable=True),
        sa.Column("customer_ref", sa.String(64), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_production_order"),
    )
    op.create_index("ix_production_order_customer_order", "production_order", ["customer_order"])
    op.create_index("ix_production_order_item_id", "production_order", ["item_id"])
    op.create_table(
        "order_link",
        sa.Column(
            "from_id", KEY, sa.ForeignKey("work_order.id", name="fk_order_link_from_id_work_order"), nullable=False
        ),
        sa.Column("to_id", KEY, sa.ForeignKey("work_order.id", name="fk_order_link_to_id_work_order"), nullable=False),
        sa.Column("type", sa.String(32), nullable=False),
        sa.PrimaryKeyConstraint("from_id", "to_id", "type", name="pk_order_link"),
    )
    op.create_table(
        "order_revision",
        sa.Column("id", KEY, nullable=False),
        sa.Column("site_id", KEY, sa.ForeignKey("site.id", name="fk_order_revision_site_id_site"), nullable=False),
        sa.Column(
            "order_id",
            KEY,
            sa.ForeignKey("work_order.id", name="fk_order_revision_order_id_work_order"),
            nullable=False,
        ),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("snapshot", DOCUMENT, nullable=False),
        sa.Column("content_hash", sa.String(64), nullable=False),
        sa.Column("effective", sa.String(32), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_order_revision"),
        sa.UniqueConstraint("order_id", "revision", name="uq_order_revision_order_id_revision"),
    )
    op.create_index("ix_order_revision_order_id", "order_revision", ["order_id"])
    op.create_table(
        "external_ref",
        sa.Column("id", KEY, nullable=False),
        sa.Column("site_id", KEY, sa.ForeignKey("site.id", name="fk_external_ref_site_id_site"), nullable=False),
        sa.Column("system", sa.String(32), nullable=False),
        sa.Column("type", sa.String(32), nullable=False),
        sa.Column("ref", sa.String(64), nullable=False),
        sa.Column("target_id", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_external_ref"),
        sa.UniqueConstraint("site_id", "system", "type", "ref", name="uq_external_ref_site_id_system_type_ref"),
    )
    op.create_index("ix_external_ref_ref", "external_ref", ["ref"])
    op.create_table(
        "hold",
        sa.Column("id", KEY, nullable=False),
        sa.Column("site_id", KEY, sa.ForeignKey("site.id", name="fk_hold_site_id_site"), nullable=False),
        sa.Column("target_type", sa.String(32), nullable=False),
        sa.Column("target_id", sa.Integer(), nullable=False),
        sa.Column("reason_id", KEY, sa.ForeignKey("reason.id", name="fk_hold_reason_id_reason"), nullable=True),
        sa.Column("note", sa.String(2000), nullable=True),
        sa.Column(
            "opened_by", KEY, sa.ForeignKey("user_account.id", name="fk_hold_opened_by_user_account"), nullable=True
        ),
        sa.Column("opened_at", MOMENT, nullable=False),
        sa.Column(
            "released_by", KEY, sa.ForeignKey("user_account.id", name="fk_hold_released_by_user_account"), nullable=True
        ),
        sa.Column("released_at", MOMENT, nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_hold"),
    )
    op.create_index("ix_hold_site_id", "hold", ["site_id"])
    op.create_index("ix_hold_target_type_target_id", "hold", ["target_type", "target_id"])


def downgrade() -> None:
    """Drop them."""
    op.drop_table("hold")
    op.drop_table("external_ref")
    op.drop_table("order_revision")
    op.drop_table("order_link")
    op.drop_table("production_order")
    op.drop_table("work_order")
