"""The store: station tasks and the flow between them."""

import sqlalchemy as sa
from alembic import op

revision = "0001_06_tasks"
down_revision = "0001_05_orders"
branch_labels = None
depends_on = None

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
MOMENT = sa.DateTime(timezone=True)
QUANTITY = sa.BigInteger()


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "task",
        sa.Column("id", KEY, nullable=False),
        sa.Column("site_id", KEY, sa.ForeignKey("site.id", name="fk_task_site_id_site"), nullable=False),
        sa.Column("order_id", KEY, sa.ForeignKey("work_order.id", name="fk_task_order_id_work_order"), nullable=False),
        sa.Column("op_key", sa.String(200), nullable=False),
        sa.Column("node", sa.String(200), nullable=False),
        sa.Column("split_no", sa.Integer(), nullable=False),
        sa.Column("loop_no", sa.Integer(), nullable=False),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(32), nullable=False),
        sa.Column("name", sa.String(200), nullable=False),
        sa.Column("name_zh", sa.String(200), nullable=True),
        sa.Column("item_id", KEY, sa.ForeignKey("item.id", name="fk_task_item_id_item"), nullable=True),
        sa.Column(
            "operation_id", KEY, sa.ForeignKey("operation.id", name="fk_task_operation_id_operation"), nullable=True
        ),
        sa.Column("skill_id", KEY, sa.ForeignKey("skill.id", name="fk_task_skill_id_skill"), nullable=True),
        sa.Column("station_id", KEY, sa.ForeignKey("station.id", name="fk_task_station_id_station"), nullable=True),
        sa.Column("machine_id", KEY, sa.ForeignKey("machine.id", name="fk_task_machine_id_machine"), nullable=True),
        sa.Column("status", sa.String(32), nullable=False),
        sa.Column("quantity", QUANTITY, nullable=False),
        sa.Column("quantity_input", QUANTITY, nullable=False),
        sa.Column("quantity_good", QUANTITY, nullable=False),
        sa.Column("quantity_scrap", QUANTITY, nullable=False),
        sa.Column("quantity_rework", QUANTITY, nullable=False),
        sa.Column("piece_min", QUANTITY, nullable=False),
        sa.Column("fixed_min", QUANTITY, nullable=False),
        sa.Column("batch_size", sa.Integer(), nullable=True),
        sa.Column("max_loops", sa.Integer(), nullable=False),
        sa.Column("is_final", sa.Boolean(), nullable=False),
        sa.Column("is_serialised", sa.Boolean(), nullable=False),
        sa.Column("instruction", sa.String(2000), nullable=True),
        sa.Column("instruction_zh", sa.String(2000), nullable=True),
        sa.Column("started_at", MOMENT, nullable=True),
        sa.Column("finished_at", MOMENT, nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_task"),
        sa.UniqueConstraint(
            "order_id", "op_key", "split_no", "loop_no", name="uq_task_order_id_op_key_split_no_loop_no"
        ),
        sa.CheckConstraint(
            "quantity_good >= 0 AND quantity_scrap >= 0 AND quantity_rework >= 0", name=op.f("ck_task_counters")
        ),
    )
    op.create_index("ix_task_item_id", "task", ["item_id"])
    op.create_index("ix_task_operation_id", "task", ["operation_id"])
    op.create_index("ix_task_order_id", "task", ["order_id"])
    op.create_index("ix_task_site_id_status", "task", ["site_id", "status"])
    op.create_index("ix_task_station_id_status", "task", ["station_id", "status"])
    op.create_table(
        "task_link",
        sa.Column("id", KEY, nullable=False),
        sa.Column("site_id", KEY, sa.ForeignKey("site.id", name="fk_task_link_site_id_site"), nullable=False),
        sa.Column(
            "order_id", KEY, sa.ForeignKey("work_order.id", name="fk_task_link_order_id_work_order"), nullable=False
        ),
        sa.Column("pred_id", KEY, sa.ForeignKey("task.id", name="fk_task_link_pred_id_task"), nullable=False),
        sa.Column("succ_id", KEY, sa.ForeignKey("task.id", name="fk_task_link_succ_id_task"), nullable=False),
        sa.Column("type", sa.String(32), nullable=False),
        sa.Column("kind", sa.String(32), nullable=False),
        sa.Column("input_key", sa.String(200), nullable=False),
        sa.Column("ratio_num", sa.Integer(), nullable=False),
        sa.Column("ratio_den", sa.Integer(), nullable=False),
        sa.Column("lag_min", sa.Integer(), nullable=False),
        sa.Column("transfer_batch", sa.Integer(), nullable=True),
        sa.Column("alternate_group", sa.String(64), nullable=True),
        sa.Column("is_chosen", sa.Boolean(), nullable=False),
        sa.Column("quantity_passed", QUANTITY, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_task_link"),
        sa.UniqueConstraint("pred_id", "succ_id", "kind", name="uq_task_link_pred_id_succ_id_kind"),
    )
    op.create_index("ix_task_link_order_id", "task_link", ["order_id"])
    op.create_index("ix_task_link_succ_id", "task_link", ["succ_id"])
    op.create_table(
        "task_station",
        sa.Column("task_id", KEY, sa.ForeignKey("task.id", name="fk_task_station_task_id_task"), nullable=False),
        sa.Column(
            "station_id", KEY, sa.ForeignKey("station.id", name="fk_task_station_station_id_station"), nullable=False
        ),
        sa.Column(
            "machine_id", KEY, sa.ForeignKey("machine.id", name="fk_task_station_machine_id_machine"), nullable=True
        ),
        sa.Column("factor", QUANTITY, nullable=False),
        sa.Column("preference", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("task_id", "station_id", name="pk_task_station"),
    )
    op.create_table(
        "task_material",
        sa.Column("id", KEY, nullable=False),
        sa.Column("task_id", KEY, sa.ForeignKey("task.id", name="fk_task_material_task_id_task"), nullable=False),
        sa.Column("item_id", KEY, sa.ForeignKey("item.id", name="fk_task_material_item_id_item"), nullable=False),
        sa.Column("line_key", sa.String(64), nullable=False),
        sa.Column("need_num", sa.Integer(), nullable=False),
        sa.Column("need_den", sa.Integer(), nullable=False),
        sa.Column("backflush", sa.Boolean(), nullable=False),
        sa.Column("quantity_issued", QUANTITY, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_task_material"),
        sa.UniqueConstraint("task_id", "line_key", name="uq_task_material_task_id_line_key"),
    )
    op.create_index("ix_task_material_item_id", "task_material", ["item_id"])
    op.create_index("ix_task_material_task_id", "task_material", ["task_id"])


def downgrade() -> None:
    """Drop them."""
    op.drop_table("task_material")
    op.drop_table("task_station")
    op.drop_table("task_link")
    op.drop_table("task")
