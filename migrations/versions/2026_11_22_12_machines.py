"""The store: devices, states and limits."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0001_12_machines"
down_revision = "0001_11_plans"
branch_labels = None
depends_on = None

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
MOMENT = sa.DateTime(timezone=True)
QUANTITY = sa.BigInteger()
DOCUMENT = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "device",
        sa.Column("id", KEY, nullable=False),
        sa.Column("site_id", KEY, sa.ForeignKey("site.id", name="fk_device_site_id_site"), nullable=False),
        sa.Column("code", sa.String(64), nullable=False),
        sa.Column("machine_id", KEY, sa.ForeignKey("machine.id", name="fk_device_machine_id_machine"), nullable=True),
        sa.Column("map", DOCUMENT, nullable=False),
        sa.Column("map_hash", sa.String(64), nullable=False),
        sa.Column("may_write", sa.Boolean(), nullable=False),
        sa.Column("enabled", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_device"),
        sa.UniqueConstraint("site_id", "code", name="uq_device_site_id_code"),
    )
    op.create_index("ix_device_machine_id", "device", ["machine_id"])
    op.create_index("ix_device_site_id", "device", ["site_id"])
    op.create_table(
        "latest_value",
        sa.Column(
            "device_id", KEY, sa.ForeignKey("device.id", name="fk_latest_value_device_id_device"), nullable=False
        ),
        sa.Column("tag", sa.String(64), nullable=False),
        sa.Column("meaning", sa.String(32), nullable=False),
        sa.Column("value", DOCUMENT, nullable=False),
        sa.Column("unit", sa.String(32), nullable=True),
        sa.Column("quality", sa.String(32), nullable=False),
        sa.Column("reason", sa.String(32), nullable=True),
        sa.Column("received_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("device_id", "tag", name="pk_latest_value"),
    )
    op.create_table(
        "machine_state",
        sa.Column("id", KEY, nullable=False),
        sa.Column("site_id", KEY, sa.ForeignKey("site.id", name="fk_machine_state_site_id_site"), nullable=False),
        sa.Column(
            "machine_id", KEY, sa.ForeignKey("machine.id", name="fk_machine_state_machine_id_machine"), nullable=False
        ),
        sa.Column("state", sa.String(32), nullable=False),
        sa.Column("reason", sa.String(64), nullable=True),
        sa.Column("started_at", MOMENT, nullable=False),
        sa.Column("ended_at", MOMENT, nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_machine_state"),
    )
    op.create_index("ix_machine_state_machine_id_started_at", "machine_state", ["machine_id", "started_at"])
    op.create_table(
        "limit_rule",
        sa.Column("id", KEY, nullable=False),
        sa.Column("site_id", KEY, sa.ForeignKey("site.id", name="fk_limit_rule_site_id_site"), nullable=False),
        sa.Column("code", sa.String(64), nullable=False),
        sa.Column(
            "station_id", KEY, sa.ForeignKey("station.id", name="fk_limit_rule_station_id_station"), nullable=False
        ),
        sa.Column(
            "upstream_station_id",
            KEY,
            sa.ForeignKey("station.id", name="fk_limit_rule_upstream_station_id_station"),
            nullable=False,
        ),
        sa.Column(
            "upstream_machine_id",
            KEY,
            sa.ForeignKey("machine.id", name="fk_limit_rule_upstream_machine_id_machine"),
            nullable=True,
        ),
        sa.Column("high", sa.Integer(), nullable=False),
        sa.Column("low", sa.Integer(), nullable=False),
        sa.Column("mode", sa.String(32), nullable=False),
        sa.Column("rate_permille", sa.Integer(), nullable=False),
        sa.Column("on_delay_s", sa.Integer(), nullable=False),
        sa.Column("dwell_s", sa.Integer(), nullable=False),
        sa.Column("enabled", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_limit_rule"),
        sa.UniqueConstraint("site_id", "code", name="uq_limit_rule_site_id_code"),
    )
    op.create_index("ix_limit_rule_site_id", "limit_rule", ["site_id"])
    op.create_index("ix_limit_rule_station_id", "limit_rule", ["station_id"])
    op.create_index("ix_limit_rule_upstream_station_id", "limit_rule", ["upstream_station_id"])
    op.create_table(
        "limit_signal",
        sa.Column("id", KEY, nullable=False),
        sa.Column("site_id", KEY, sa.ForeignKey("site.id", name="fk_limit_signal_site_id_site"), nullable=False),
        sa.Column(
            "rule_id", KEY, sa.ForeignKey("limit_rule.id", name="fk_limit_signal_rule_id_limit_rule"), nullable=False
        ),
        sa.Column("mode", sa.String(32), nullable=False),
        sa.Column("rate_permille", sa.Integer(), nullable=False),
        sa.Column("backlog", sa.Integer(), nullable=False),
        sa.Column("status", sa.String(32), nullable=False),
        sa.Column("written", DOCUMENT, nullable=False),
        sa.Column("read_back", DOCUMENT, nullable=False),
        sa.Column("requested_at", MOMENT, nullable=False),
        sa.Column("verified_at", MOMENT, nullable=True),
        sa.Column("cleared_at", MOMENT, nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_limit_signal"),
    )
    op.create_index("ix_limit_signal_rule_id", "limit_signal", ["rule_id"])
    op.create_index("ix_limit_signal_site_id_cleared_at", "limit_signal", ["site_id", "cleared_at"])
    op.create_table(
        "notice",
        sa.Column("id", KEY, nullable=False),
        sa.Column("site_id", KEY, sa.ForeignKey("site.id", name="fk_notice_site_id_site"), nullable=False),
        sa.Column("kind", sa.String(32), nullable=False),
        sa.Column("severity", sa.String(32), nullable=False),
        sa.Column("line_id", KEY, sa.ForeignKey("line.id", name="fk_notice_line_id_line"), nullable=True),
        sa.Column("station_id", KEY, sa.ForeignKey("station.id", name="fk_notice_station_id_station"), nullable=True),
        sa.Column("subject_type", sa.String(32), nullable=True),
        sa.Column("subject_id", sa.Integer(), nullable=True),
        sa.Column("data", DOCUMENT, nullable=False),
        sa.Column("note", sa.String(2000), nullable=True),
        sa.Column("quantity", QUANTITY, nullable=True),
        sa.Column("opened_at", MOMENT, nullable=False),
        sa.Column(
            "acknowledged_by",
            KEY,
            sa.ForeignKey("user_account.id", name="fk_notice_acknowledged_by_user_account"),
            nullable=True,
        ),
        sa.Column("acknowledged_at", MOMENT, nullable=True),
        sa.Column("cleared_at", MOMENT, nullable=True),
        sa.Column("cleared_by", sa.String(200), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_notice"),
    )
    op.create_index("ix_notice_line_id", "notice", ["line_id"])
    op.create_index("ix_notice_site_id_cleared_at", "notice", ["site_id", "cleared_at"])
    op.create_index("ix_notice_station_id", "notice", ["station_id"])


def downgrade() -> None:
    """Drop them."""
    op.drop_table("notice")
    op.drop_table("limit_signal")
    op.drop_table("limit_rule")
    op.drop_table("machine_state")
    op.drop_table("latest_value")
    op.drop_table("device")
