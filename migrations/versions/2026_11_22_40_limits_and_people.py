"""The store: what each machine made of a limit, work in minutes, pauses, escalation and shelving of notices."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0001_40_limits_and_people"
down_revision = "0001_45_complaints"
branch_labels = None
depends_on = None

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
MOMENT = sa.DateTime(timezone=True)
DOCUMENT = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")


def upgrade() -> None:
    """Make the table and the columns."""
    op.create_table(
        "limit_target",
        sa.Column(
            "signal_id",
            KEY,
            sa.ForeignKey("limit_signal.id", name="fk_limit_target_signal_id_limit_signal"),
            nullable=False,
        ),
        sa.Column(
            "machine_id", KEY, sa.ForeignKey("machine.id", name="fk_limit_target_machine_id_machine"), nullable=False
        ),
        sa.Column("site_id", KEY, sa.ForeignKey("site.id", name="fk_limit_target_site_id_site"), nullable=False),
        sa.Column("status", sa.String(32), nullable=False),
        sa.Column("written", DOCUMENT, nullable=False),
        sa.Column("read_back", DOCUMENT, nullable=False),
        sa.Column("verified_at", MOMENT, nullable=True),
        sa.Column("updated_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("signal_id", "machine_id", name="pk_limit_target"),
    )
    op.add_column("limit_rule", sa.Column("measure", sa.String(32), nullable=False, server_default="pieces"))
    op.add_column("limit_rule", sa.Column("hold_at", sa.Integer(), nullable=True))
    op.add_column("limit_rule", sa.Column("paused_until", MOMENT, nullable=True))
    op.add_column("limit_rule", sa.Column("paused_by", sa.String(200), nullable=True))
    op.add_column("limit_rule", sa.Column("paused_note", sa.String(2000), nullable=True))
    op.add_column("notice", sa.Column("escalated", sa.Integer(), nullable=False, server_default="0"))
    op.add_column("notice", sa.Column("escalated_at", MOMENT, nullable=True))
    op.add_column("notice", sa.Column("shelved_until", MOMENT, nullable=True))
    op.add_column("notice", sa.Column("shelved_by", sa.String(200), nullable=True))
    op.add_column("notice", sa.Column("shelved_note", sa.String(2000), nullable=True))


def downgrade() -> None:
    """Drop them."""
    for column in ("shelved_note", "shelved_by", "shelved_until", "escalated_at", "escalated"):
        op.drop_column("notice", column)
    for column in ("paused_note", "paused_by", "paused_until", "hold_at", "measure"):
        op.drop_column("limit_rule", column)
    op.drop_table("limit_target")
