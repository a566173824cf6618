"""The store: complaints, recalls, holds that a second person releases; the reports of a period by one index."""

import sqlalchemy as sa
from alembic import op

revision = "0001_45_complaints"
down_revision = "0001_50_views"
branch_labels = None
depends_on = None

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
MOMENT = sa.DateTime(timezone=True)


def _to(table: str, name: str, target: str, nullable: bool = False) -> sa.Column[int]:
    column = target.partition(".")[0]
    return sa.Column(name, KEY, sa.ForeignKey(target, name=f"fk_{table}_{name}_{column}"), nullable=nullable)


def upgrade() -> None:
    """Make the tables, the column and the index."""
    op.create_table(
        "complaint",
        sa.Column("id", KEY, nullable=False),
        _to("complaint", "site_id", "site.id"),
        sa.Column("code", sa.String(64), nullable=False),
        _to("complaint", "unit_id", "unit.id"),
        _to("complaint", "symptom_id", "reason.id"),
        sa.Column("received_at", MOMENT, nullable=False),
        sa.Column("customer_ref", sa.String(64), nullable=True),
        sa.Column("note", sa.String(2000), nullable=True),
        _to("complaint", "opened_by", "user_account.id", nullable=True),
        sa.Column("opened_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_complaint"),
        sa.UniqueConstraint("site_id", "code", name="uq_complaint_site_id_code"),
        sa.UniqueConstraint(
            "site_id",
            "unit_id",
            "symptom_id",
            "received_at",
            name="uq_complaint_site_id_unit_id_symptom_id_received_at",
        ),
    )
    op.create_index("ix_complaint_site_id_received_at", "complaint", ["site_id", "received_at"])
    op.create_index("ix_complaint_unit_id", "complaint", ["unit_id"])
    op.create_table(
        "recall",
        sa.Column("id", KEY, nullable=False),
        _to("recall", "site_id", "site.id"),
        _to("recall", "nonconformance_id", "nonconformance.id"),
        _to("recall", "unit_id", "unit.id"),
        sa.Column("status", sa.String(32), nullable=False),
        _to("recall", "changed_by", "user_account.id", nullable=True),
        sa.Column("changed_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_recall"),
        sa.UniqueConstraint("nonconformance_id", "unit_id", name="uq_recall_nonconformance_id_unit_id"),
    )
    op.create_index("ix_recall_unit_id", "recall", ["unit_id"])
    op.add_column("hold", sa.Column("needs_second", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.create_index("ix_report_site_id_server_at", "report", ["site_id", "server_at"])


def downgrade() -> None:
    """Drop them."""
    op.drop_index("ix_report_site_id_server_at", "report")
    op.drop_column("hold", "needs_second")
    op.drop_table("recall")
    op.drop_table("complaint")
