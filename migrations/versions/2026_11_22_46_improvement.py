"""The store: control plans, instruments, inspection plans, corrective actions, 8D reports, signatures."""

import sqlalchemy as sa
from alembic import op

revision = "0001_46_improvement"
down_revision = "0001_35_printing"
branch_labels = None
depends_on = None

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
MOMENT = sa.DateTime(timezone=True)


def _to(table: str, name: str, target: str, nullable: bool = False) -> sa.Column[int]:
    column = target.partition(".")[0]
    return sa.Column(name, KEY, sa.ForeignKey(target, name=f"fk_{table}_{name}_{column}"), nullable=nullable)


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "control_plan",
        sa.Column("id", KEY, nullable=False),
        _to("control_plan", "site_id", "site.id"),
        _to("control_plan", "characteristic_id", "characteristic.id"),
        sa.Column("chart", sa.String(32), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("rules", sa.String(32), nullable=False),
        sa.Column("phase", sa.Integer(), nullable=True),
        sa.Column("opens_case", sa.Boolean(), nullable=False),
        sa.Column("checked_id", sa.Integer(), nullable=False),
        sa.Column("changed_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_control_plan"),
        sa.UniqueConstraint("characteristic_id", name="uq_control_plan_characteristic_id"),
    )
    op.create_index("ix_control_plan_site_id", "control_plan", ["site_id"])
    op.create_table(
        "instrument",
        sa.Column("id", KEY, nullable=False),
        _to("instrument", "site_id", "site.id"),
        sa.Column("code", sa.String(64), nullable=False),
        sa.Column("name", sa.String(200), nullable=False),
        sa.Column("name_zh", sa.String(200), nullable=True),
        sa.Column("calibrated_on", sa.Date(), nullable=True),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("retired", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_instrument"),
        sa.UniqueConstraint("site_id", "code", name="uq_instrument_site_id_code"),
    )
    op.create_index("ix_instrument_site_id", "instrument", ["site_id"])
    op.create_table(
        "inspection_plan",
        sa.Column("id", KEY, nullable=False),
        _to("inspection_plan", "site_id", "site.id"),
        _to("inspection_plan", "item_id", "item.id"),
        sa.Column("operation", sa.String(64), nullable=True),
        sa.Column("kind", sa.String(32), nullable=False),
        sa.Column("by", sa.String(32), nullable=False),
        sa.Column("every", sa.Integer(), nullable=True),
        sa.Column("level", sa.String(32), nullable=False),
        sa.Column("aql", sa.BigInteger(), nullable=True),
        sa.Column("instruction", sa.String(2000), nullable=True),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_inspection_plan"),
        sa.UniqueConstraint(
            "site_id", "item_id", "operation", "kind", name="uq_inspection_plan_site_id_item_id_operation_kind"
        ),
    )
    op.create_index("ix_inspection_plan_item_id", "inspection_plan", ["item_id"])
    op.create_table(
        "corrective_action",
        sa.Column("id", KEY, nullable=False),
        _to("corrective_action", "site_id", "site.id"),
        _to("corrective_action", "nonconformance_id", "nonconformance.id"),
        sa.Column("kind", sa.String(32), nullable=False),
        sa.Column("what", sa.String(2000), nullable=False),
        _to("corrective_action", "owner_id", "user_account.id", nullable=True),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("done_at", MOMENT, nullable=True),
        _to("corrective_action", "done_by", "user_account.id", nullable=True),
        sa.Column("check_on", sa.Date(), nullable=False),
        sa.Column("effect", sa.String(32), nullable=False),
        sa.Column("checked_at", MOMENT, nullable=True),
        _to("corrective_action", "checked_by", "user_account.id", nullable=True),
        sa.Column("check_note", sa.String(2000), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_corrective_action"),
    )
    op.create_index("ix_corrective_action_nonconformance_id", "corrective_action", ["nonconformance_id"])
    op.create_index("ix_corrective_action_site_id_due_on", "corrective_action", ["site_id", "due_on"])
    op.create_table(
        "eight_d",
        _to("eight_d", "nonconformance_id", "nonconformance.id"),
        sa.Column("step", sa.Integer(), nullable=False, autoincrement=False),
        _to("eight_d", "site_id", "site.id"),
        sa.Column("text", sa.String(2000), nullable=False),
        _to("eight_d", "changed_by", "user_account.id", nullable=True),
        sa.Column("changed_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("nonconformance_id", "step", name="pk_eight_d"),
    )
    op.create_table(
        "signature",
        sa.Column("id", KEY, nullable=False),
        _to("signature", "site_id", "site.id"),
        sa.Column("subject_type", sa.String(32), nullable=False),
        sa.Column("subject_id", sa.Integer(), nullable=False),
        sa.Column("meaning", sa.String(32), nullable=False),
        _to("signature", "user_id", "user_account.id"),
        sa.Column("content_hash", sa.String(64), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_signature"),
    )
    op.create_index("ix_signature_subject_type_subject_id", "signature", ["subject_type", "subject_id"])


def downgrade() -> None:
    """Drop them."""
    for table in ("signature", "eight_d", "corrective_action", "inspection_plan", "instrument", "control_plan"):
        op.drop_table(table)
