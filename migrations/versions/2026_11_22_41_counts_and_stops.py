"""The store: what machines counted by the hour, and why they stood in the words of people."""

import sqlalchemy as sa
from alembic import op

revision = "0001_41_counts_and_stops"
down_revision = "0001_22_outside"
branch_labels = None
depends_on = None

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Make the table and the columns."""
    op.create_table(
        "machine_count",
        sa.Column(
            "machine_id", KEY, sa.ForeignKey("machine.id", name="fk_machine_count_machine_id_machine"), nullable=False
        ),
        sa.Column("tag", sa.String(64), nullable=False),
        sa.Column("hour_at", MOMENT, nullable=False),
        sa.Column("site_id", KEY, sa.ForeignKey("site.id", name="fk_machine_count_site_id_site"), nullable=False),
        sa.Column("pieces", sa.Integer(), nullable=False),
        sa.Column("odd", sa.Integer(), nullable=False),
        sa.Column("last_at", MOMENT, nullable=False),
        sa.Column("scanned", sa.Integer(), nullable=True),
        sa.PrimaryKeyConstraint("machine_id", "tag", "hour_at", name="pk_machine_count"),
    )
    with op.batch_alter_table("machine_state") as table:
        table.add_column(sa.Column("reason_id", KEY, nullable=True))
        table.add_column(sa.Column("reason_by", sa.String(200), nullable=True))
        table.add_column(sa.Column("asked_at", MOMENT, nullable=True))
        table.create_foreign_key("fk_machine_state_reason_id_reason", "reason", ["reason_id"], ["id"])


def downgrade() -> None:
    """Drop them."""
    with op.batch_alter_table("machine_state") as table:
        table.drop_constraint("fk_machine_state_reason_id_reason", type_="foreignkey")
        table.drop_column("asked_at")
        table.drop_column("reason_by")
        table.drop_column("reason_id")
    op.drop_table("machine_count")
