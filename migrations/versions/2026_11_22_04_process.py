"""The store: routings and what is checked."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0001_04_process"
down_revision = "0001_03_items"
branch_labels = None
depends_on = None

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
QUANTITY = sa.BigInteger()
DOCUMENT = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "routing",
        sa.Column("id", KEY, nullable=False),
        sa.Column("site_id", KEY, sa.ForeignKey("site.id", name="fk_routing_site_id_site"), nullable=False),
        sa.Column("item_id", KEY, sa.ForeignKey("item.id", name="fk_routing_item_id_item"), nullable=False),
        sa.Column("revision", sa.String(32), nullable=False),
        sa.Column("status", sa.String(32), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_routing"),
        sa.UniqueConstraint("item_id", "revision", name="uq_routing_item_id_revision"),
    )
    op.create_index("ix_routing_item_id", "routing", ["item_id"])
    op.create_index("ix_routing_site_id", "routing", ["site_id"])
    op.create_table(
        "operation",
        sa.Column("id", KEY, nullable=False),
        sa.Column(
            "routing_id", KEY, sa.ForeignKey("routing.id", name="fk_operation_routing_id_routing"), nullable=False
        ),
        sa.Column("key", sa.String(64), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(200), nullable=False),
        sa.Column("name_zh", sa.String(200), nullable=True),
        sa.Column("kind", sa.String(32), nullable=False),
        sa.Column("piece_min", QUANTITY, nullable=False),
        sa.Column("fixed_min", QUANTITY, nullable=False),
        sa.Column("is_optional", sa.Boolean(), nullable=False),
        sa.Column("alternate_group", sa.String(64), nullable=True),
        sa.Column("batch_size", sa.Integer(), nullable=True),
        sa.Column("max_loops", sa.Integer(), nullable=False),
        sa.Column("skill_id", KEY, sa.ForeignKey("skill.id", name="fk_operation_skill_id_skill"), nullable=True),
        sa.Column("instruction", sa.String(2000), nullable=True),
        sa.Column("instruction_zh", sa.String(2000), nullable=True),
        sa.Column("parameters", DOCUMENT, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_operation"),
        sa.UniqueConstraint("routing_id", "key", name="uq_operation_routing_id_key"),
    )
    op.create_index("ix_operation_routing_id", "operation", ["routing_id"])
    op.create_index("ix_operation_skill_id", "operation", ["skill_id"])
    op.create_table(
        "operation_link",
        sa.Column("id", KEY, nullable=False),
        sa.Column(
            "routing_id", KEY, sa.ForeignKey("routing.id", name="fk_operation_link_routing_id_routing"), nullable=False
        ),
        sa.Column(
            "pred_id", KEY, sa.ForeignKey("operation.id", name="fk_operation_link_pred_id_operation"), nullable=False
        ),
        sa.Column(
            "succ_id", KEY, sa.ForeignKey("operation.id", name="fk_operation_link_succ_id_operation"), nullable=False
        ),
        sa.Column("type", sa.String(32), nullable=False),
        sa.Column("kind", sa.String(32), nullable=False),
        sa.Column("lag_min", sa.Integer(), nullable=False),
        sa.Column("transfer_batch", sa.Integer(), nullable=True),
        sa.Column("alternate_group", sa.String(64), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_operation_link"),
        sa.UniqueConstraint("pred_id", "succ_id", "kind", name="uq_operation_link_pred_id_succ_id_kind"),
    )
    op.create_index("ix_operation_link_routing_id", "operation_link", ["routing_id"])
    op.create_index("ix_operation_link_succ_id", "operation_link", ["succ_id"])
    op.create_table(
        "operation_station",
        sa.Column(
            "operation_id",
            KEY,
            sa.ForeignKey("operation.id", name="fk_operation_station_operation_id_operation"),
            nullable=False,
        ),
        sa.Column(
            "station_id",
            KEY,
            sa.ForeignKey("station.id", name="fk_operation_station_station_id_station"),
            nullable=False,
        ),
        sa.Column(
            "machine_id",
            KEY,
            sa.ForeignKey("machine.id", name="fk_operation_station_machine_id_machine"),
            nullable=True,
        ),
        sa.Column("factor", QUANTITY, nullable=False),
        sa.Column("preference", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("operation_id", "station_id", name="pk_operation_station"),
    )
    op.create_table(
        "characteristic",
        sa.Column("id", KEY, nullable=False),
        sa.Column(
            "operation_id",
            KEY,
            sa.ForeignKey("operation.id", name="fk_characteristic_operation_id_operation"),
            nullable=False,
        ),
        sa.Column("code", sa.String(64), nullable=False),
        sa.Column("name", sa.String(200), nullable=False),
        sa.Column("name_zh", sa.String(200), nullable=True),
        sa.Column("kind", sa.String(32), nullable=False),
        sa.Column("unit", sa.String(32), nullable=True),
        sa.Column("lower", QUANTITY, nullable=True),
        sa.Column("target", QUANTITY, nullable=True),
        sa.Column("upper", QUANTITY, nullable=True),
        sa.Column("source", sa.String(32), nullable=False),
        sa.Column("meaning", sa.String(32), nullable=True),
        sa.Column("is_required", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_characteristic"),
        sa.UniqueConstraint("operation_id", "code", name="uq_characteristic_operation_id_code"),
    )
    op.create_index("ix_characteristic_operation_id", "characteristic", ["operation_id"])
    op.create_table(
        "reason",
        sa.Column("id", KEY, nullable=False),
        sa.Column("site_id", KEY, sa.ForeignKey("site.id", name="fk_reason_site_id_site"), nullable=False),
        sa.Column("code", sa.String(64), nullable=False),
        sa.Column("kind", sa.String(32), nullable=False),
        sa.Column("name", sa.String(200), nullable=False),
        sa.Column("name_zh", sa.String(200), nullable=True),
        sa.Column("retired", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_reason"),
        sa.UniqueConstraint("site_id", "code", name="uq_reason_site_id_code"),
    )
    op.create_index("ix_reason_site_id", "reason", ["site_id"])


def downgrade() -> None:
    """Drop them."""
    op.drop_table("reason")
    op.drop_table("characteristic")
    op.drop_table("operation_station")
    op.drop_table("operation_link")
    op.drop_table("operation")
    op.drop_table("routing")
