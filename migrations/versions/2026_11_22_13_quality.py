"""The store: inspections and nonconformances."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0001_13_quality"
down_revision = "0001_12_machines"
branch_labels = None
depends_on = None

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
MOMENT = sa.DateTime(timezone=True)
QUANTITY = sa.BigInteger()
DOCUMENT = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "inspection",
        sa.Column("id", KEY, nullable=False),
        sa.Column("site_id", KEY, sa.ForeignKey("site.id", name="fk_inspection_site_id_site"), nullable=False),
        sa.Column("kind", sa.String(32), nullable=False),
        sa.Column("task_id", KEY, sa.ForeignKey("task.id", name="fk_inspection_task_id_task"), nullable=True),
        sa.Column("unit_id", KEY, sa.ForeignKey("unit.id", name="fk_inspection_unit_id_unit"), nullable=True),
        sa.Column("lot_id", KEY, sa.ForeignKey("lot.id", name="fk_inspection_lot_id_lot"), nullable=True),
        sa.Column("verdict", sa.String(32), nullable=False),
        sa.Column("person_id", KEY, sa.ForeignKey("person.id", name="fk_inspection_person_id_person"), nullable=True),
        sa.Column("details", DOCUMENT, nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_inspection"),
    )
    op.create_index("ix_inspection_lot_id", "inspection", ["lot_id"])
    op.create_index("ix_inspection_task_id", "inspection", ["task_id"])
    op.create_index("ix_inspection_unit_id", "inspection", ["unit_id"])
    op.create_table(
        "nonconformance",
        sa.Column("id", KEY, nullable=False),
        sa.Column("site_id", KEY, sa.ForeignKey("site.id", name="fk_nonconformance_site_id_site"), nullable=False),
        sa.Column("code", sa.String(64), nullable=False),
        sa.Column("status", sa.String(32), nullable=False),
        sa.Column("title", sa.String(2000), nullable=False),
        sa.Column(
            "reason_id", KEY, sa.ForeignKey("reason.id", name="fk_nonconformance_reason_id_reason"), nullable=True
        ),
        sa.Column("task_id", KEY, sa.ForeignKey("task.id", name="fk_nonconformance_task_id_task"), nullable=True),
        sa.Column(
            "opened_by",
            KEY,
            sa.ForeignKey("user_account.id", name="fk_nonconformance_opened_by_user_account"),
            nullable=True,
        ),
        sa.Column("opened_at", MOMENT, nullable=False),
        sa.Column("closed_at", MOMENT, nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_nonconformance"),
        sa.UniqueConstraint("site_id", "code", name="uq_nonconformance_site_id_code"),
    )
    op.create_index("ix_nonconformance_site_id", "nonconformance", ["site_id"])
    op.create_index("ix_nonconformance_task_id", "nonconformance", ["task_id"])
    op.create_table(
        "disposition",
        sa.Column("id", KEY, nullable=False),
        sa.Column("site_id", KEY, sa.ForeignKey("site.id", name="fk_disposition_site_id_site"), nullable=False),
        sa.Column(
            "nonconformance_id",
            KEY,
            sa.ForeignKey("nonconformance.id", name="fk_disposition_nonconformance_id_nonconformance"),
            nullable=False,
        ),
        sa.Column("unit_id", KEY, sa.ForeignKey("unit.id", name="fk_disposition_unit_id_unit"), nullable=True),
        sa.Column("lot_id", KEY, sa.ForeignKey("lot.id", name="fk_disposition_lot_id_lot"), nullable=True),
        sa.Column("quantity", QUANTITY, nullable=False),
        sa.Column("decision", sa.String(32), nullable=True),
        sa.Column(
            "decided_by",
            KEY,
            sa.ForeignKey("user_account.id", name="fk_disposition_decided_by_user_account"),
            nullable=True,
        ),
        sa.Column("decided_at", MOMENT, nullable=True),
        sa.Column("note", sa.String(2000), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_disposition"),
    )
    op.create_index("ix_disposition_lot_id", "disposition", ["lot_id"])
    op.create_index("ix_disposition_nonconformance_id", "disposition", ["nonconformance_id"])
    op.create_index("ix_disposition_unit_id", "disposition", ["unit_id"])


def downgrade() -> None:
    """Drop them."""
    op.drop_table("disposition")
    op.drop_table("nonconformance")
    op.drop_table("inspection")
