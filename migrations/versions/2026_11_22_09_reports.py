"""The store: reports, sessions, consumption, scans."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0001_09_reports"
down_revision = "0001_08_order_kinds"
branch_labels = None
depends_on = None

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
MOMENT = sa.DateTime(timezone=True)
QUANTITY = sa.BigInteger()
DOCUMENT = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "work_session",
        sa.Column("id", KEY, nullable=False),
        sa.Column("site_id", KEY, sa.ForeignKey("site.id", name="fk_work_session_site_id_site"), nullable=False),
        sa.Column("task_id", KEY, sa.ForeignKey("task.id", name="fk_work_session_task_id_task"), nullable=False),
        sa.Column("person_id", KEY, sa.ForeignKey("person.id", name="fk_work_session_person_id_person"), nullable=True),
        sa.Column(
            "station_id", KEY, sa.ForeignKey("station.id", name="fk_work_session_station_id_station"), nullable=True
        ),
        sa.Column("kind", sa.String(32), nullable=False),
        sa.Column("reason_id", KEY, sa.ForeignKey("reason.id", name="fk_work_session_reason_id_reason"), nullable=True),
        sa.Column("started_at", MOMENT, nullable=False),
        sa.Column("ended_at", MOMENT, nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_work_session"),
    )
    op.create_index("ix_work_session_person_id", "work_session", ["person_id"])
    op.create_index("ix_work_session_station_id", "work_session", ["station_id"])
    op.create_index("ix_work_session_task_id", "work_session", ["task_id"])
    op.create_table(
        "report",
        sa.Column("id", KEY, nullable=False),
        sa.Column("site_id", KEY, sa.ForeignKey("site.id", name="fk_report_site_id_site"), nullable=False),
        sa.Column("uuid", sa.String(64), nullable=False),
        sa.Column("kind", sa.String(32), nullable=False),
        sa.Column("quantity", QUANTITY, nullable=False),
        sa.Column("task_id", KEY, sa.ForeignKey("task.id", name="fk_report_task_id_task"), nullable=False),
        sa.Column("unit_id", KEY, sa.ForeignKey("unit.id", name="fk_report_unit_id_unit"), nullable=True),
        sa.Column("lot_id", KEY, sa.ForeignKey("lot.id", name="fk_report_lot_id_lot"), nullable=True),
        sa.Column("station_id", KEY, sa.ForeignKey("station.id", name="fk_report_station_id_station"), nullable=True),
        sa.Column("machine_id", KEY, sa.ForeignKey("machine.id", name="fk_report_machine_id_machine"), nullable=True),
        sa.Column("person_id", KEY, sa.ForeignKey("person.id", name="fk_report_person_id_person"), nullable=True),
        sa.Column("on_behalf_of", KEY, sa.ForeignKey("person.id", name="fk_report_on_behalf_of_person"), nullable=True),
        sa.Column(
            "shift_id", KEY, sa.ForeignKey("shift_pattern.id", name="fk_report_shift_id_shift_pattern"), nullable=True
        ),
        sa.Column("business_date", sa.Date(), nullable=False),
        sa.Column(
            "work_session_id",
            KEY,
            sa.ForeignKey("work_session.id", name="fk_report_work_session_id_work_session"),
            nullable=True,
        ),
        sa.Column("reason_id", KEY, sa.ForeignKey("reason.id", name="fk_report_reason_id_reason"), nullable=True),
        sa.Column("channel", sa.String(32), nullable=False),
        sa.Column("reverses_id", KEY, sa.ForeignKey("report.id", name="fk_report_reverses_id_report"), nullable=True),
        sa.Column("device_at", MOMENT, nullable=True),
        sa.Column("server_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_report"),
        sa.UniqueConstraint("reverses_id", name="uq_report_reverses_id"),
        sa.UniqueConstraint("uuid", name="uq_report_uuid"),
    )
    op.create_index("ix_report_lot_id", "report", ["lot_id"])
    op.create_index("ix_report_person_id", "report", ["person_id"])
    op.create_index("ix_report_station_id_server_at", "report", ["station_id", "server_at"])
    op.create_index("ix_report_task_id", "report", ["task_id"])
    op.create_index("ix_report_unit_id", "report", ["unit_id"])
    op.create_table(
        "consumption",
        sa.Column("id", KEY, nullable=False),
        sa.Column("site_id", KEY, sa.ForeignKey("site.id", name="fk_consumption_site_id_site"), nullable=False),
        sa.Column("report_id", KEY, sa.ForeignKey("report.id", name="fk_consumption_report_id_report"), nullable=False),
        sa.Column("task_id", KEY, sa.ForeignKey("task.id", name="fk_consumption_task_id_task"), nullable=False),
        sa.Column("unit_id", KEY, sa.ForeignKey("unit.id", name="fk_consumption_unit_id_unit"), nullable=True),
        sa.Column("item_id", KEY, sa.ForeignKey("item.id", name="fk_consumption_item_id_item"), nullable=False),
        sa.Column("lot_id", KEY, sa.ForeignKey("lot.id", name="fk_consumption_lot_id_lot"), nullable=True),
        sa.Column(
            "component_unit_id",
            KEY,
            sa.ForeignKey("unit.id", name="fk_consumption_component_unit_id_unit"),
            nullable=True,
        ),
        sa.Column("quantity", QUANTITY, nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_consumption"),
    )
    op.create_index("ix_consumption_component_unit_id", "consumption", ["component_unit_id"])
    op.create_index("ix_consumption_lot_id", "consumption", ["lot_id"])
    op.create_index("ix_consumption_report_id", "consumption", ["report_id"])
    op.create_index("ix_consumption_task_id", "consumption", ["task_id"])
    op.create_index("ix_consumption_unit_id", "consumption", ["unit_id"])
    op.create_table(
        "measurement",
        sa.Column("id", KEY, nullable=False),
        sa.Column("site_id", KEY, sa.ForeignKey("site.id", name="fk_measurement_site_id_site"), nullable=False),
        sa.Column(
            "characteristic_id",
            KEY,
            sa.ForeignKey("characteristic.id", name="fk_measurement_characteristic_id_characteristic"),
            nullable=True,
        ),
        sa.Column("code", sa.String(64), nullable=False),
        sa.Column("task_id", KEY, sa.ForeignKey("task.id", name="fk_measurement_task_id_task"), nullable=True),
        sa.Column("unit_id", KEY, sa.ForeignKey("unit.id", name="fk_measurement_unit_id_unit"), nullable=True),
        sa.Column("report_id", KEY, sa.ForeignKey("report.id", name="fk_measurement_report_id_report"), nullable=True),
        sa.Column(
            "machine_id", KEY, sa.ForeignKey("machine.id", name="fk_measurement_machine_id_machine"), nullable=True
        ),
        sa.Column("person_id", KEY, sa.ForeignKey("person.id", name="fk_measurement_person_id_person"), nullable=True),
        sa.Column("value", QUANTITY, nullable=False),
        sa.Column("unit", sa.String(32), nullable=True),
        sa.Column("lower", QUANTITY, nullable=True),
        sa.Column("upper", QUANTITY, nullable=True),
        sa.Column("verdict", sa.String(32), nullable=False),
        sa.Column("instrument", sa.String(64), nullable=True),
        sa.Column("source", sa.String(32), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_measurement"),
    )
    op.create_index("ix_measurement_characteristic_id", "measurement", ["characteristic_id"])
    op.create_index("ix_measurement_task_id", "measurement", ["task_id"])
    op.create_index("ix_measurement_unit_id", "measurement", ["unit_id"])
    op.create_table(
        "batch_run",
        sa.Column("id", KEY, nullable=False),
        sa.Column("site_id", KEY, sa.ForeignKey("site.id", name="fk_batch_run_site_id_site"), nullable=False),
        sa.Column(
            "machine_id", KEY, sa.ForeignKey("machine.id", name="fk_batch_run_machine_id_machine"), nullable=True
        ),
        sa.Column(
            "station_id", KEY, sa.ForeignKey("station.id", name="fk_batch_run_station_id_station"), nullable=True
        ),
        sa.Column("started_at", MOMENT, nullable=False),
        sa.Column("ended_at", MOMENT, nullable=True),
        sa.Column("values", DOCUMENT, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_batch_run"),
    )
    op.create_index("ix_batch_run_machine_id", "batch_run", ["machine_id"])
    op.create_table(
        "batch_run_item",
        sa.Column(
            "batch_run_id",
            KEY,
            sa.ForeignKey("batch_run.id", name="fk_batch_run_item_batch_run_id_batch_run"),
            nullable=False,
        ),
        sa.Column(
            "report_id", KEY, sa.ForeignKey("report.id", name="fk_batch_run_item_report_id_report"), nullable=False
        ),
        sa.PrimaryKeyConstraint("batch_run_id", "report_id", name="pk_batch_run_item"),
    )
    op.create_table(
        "scan",
        sa.Column("id", KEY, nullable=False),
        sa.Column("site_id", KEY, sa.ForeignKey("site.id", name="fk_scan_site_id_site"), nullable=False),
        sa.Column("uuid", sa.String(64), nullable=False),
        sa.Column("payload_hash", sa.String(64), nullable=False),
        sa.Column("raw", sa.String(2000), nullable=False),
        sa.Column("parsed", sa.String(64), nullable=True),
        sa.Column("station_id", KEY, sa.ForeignKey("station.id", name="fk_scan_station_id_station"), nullable=True),
        sa.Column("person_id", KEY, sa.ForeignKey("person.id", name="fk_scan_person_id_person"), nullable=True),
        sa.Column("sequence", sa.Integer(), nullable=True),
        sa.Column("accepted", sa.Boolean(), nullable=False),
        sa.Column("status", sa.Integer(), nullable=False),
        sa.Column("answer", DOCUMENT, nullable=False),
        sa.Column("device_at", MOMENT, nullable=True),
        sa.Column("server_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_scan"),
        sa.UniqueConstraint("uuid", name="uq_scan_uuid"),
    )
    op.create_index("ix_scan_station_id_id", "scan", ["station_id", "id"])
    op.create_table(
        "station_state",
        sa.Column(
            "station_id", KEY, sa.ForeignKey("station.id", name="fk_station_state_station_id_station"), nullable=False
        ),
        sa.Column(
            "person_id", KEY, sa.ForeignKey("person.id", name="fk_station_state_person_id_person"), nullable=True
        ),
        sa.Column("task_id", KEY, sa.ForeignKey("task.id", name="fk_station_state_task_id_task"), nullable=True),
        sa.Column("pending", DOCUMENT, nullable=False),
        sa.Column("stopped_reason", sa.String(200), nullable=True),
        sa.Column("updated_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("station_id", name="pk_station_state"),
    )


def downgrade() -> None:
    """Drop them."""
    op.drop_table("station_state")
    op.drop_table("scan")
    op.drop_table("batch_run_item")
    op.drop_table("batch_run")
    op.drop_table("measurement")
    op.drop_table("consumption")
    op.drop_table("report")
    op.drop_table("work_session")
