"""Label printers, the printer of a station, and the queue of labels."""

import sqlalchemy as sa
from alembic import op

revision = "0001_35_printing"
down_revision = "0001_21_containers"
branch_labels = None
depends_on = None

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "printer",
        sa.Column("id", KEY, nullable=False),
        sa.Column("site_id", KEY, sa.ForeignKey("site.id", name="fk_printer_site_id_site"), nullable=False),
        sa.Column("code", sa.String(64), nullable=False),
        sa.Column("name", sa.String(200), nullable=False),
        sa.Column("host", sa.String(200), nullable=False),
        sa.Column("port", sa.Integer(), nullable=False),
        sa.Column("dpi", sa.Integer(), nullable=False),
        sa.Column("retired", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_printer"),
        sa.UniqueConstraint("site_id", "code", name="uq_printer_site_id_code"),
    )
    op.create_index("ix_printer_site_id", "printer", ["site_id"])
    station = sa.ForeignKey("station.id", name="fk_station_printer_station_id_station")
    printer = sa.ForeignKey("printer.id", name="fk_station_printer_printer_id_printer")
    op.create_table(
        "station_printer",
        sa.Column("station_id", KEY, station, nullable=False),
        sa.Column("printer_id", KEY, printer, nullable=False),
        sa.PrimaryKeyConstraint("station_id", name="pk_station_printer"),
    )
    op.create_index("ix_station_printer_printer_id", "station_printer", ["printer_id"])
    op.create_table(
        "print_job",
        sa.Column("id", KEY, nullable=False),
        sa.Column("site_id", KEY, sa.ForeignKey("site.id", name="fk_print_job_site_id_site"), nullable=False),
        sa.Column("printer_id", KEY, sa.ForeignKey("printer.id", name="fk_print_job_printer_id_printer")),
        sa.Column("template", sa.String(32), nullable=False),
        sa.Column("subject_id", KEY, nullable=False),
        sa.Column("title", sa.String(200), nullable=False),
        sa.Column("copies", sa.Integer(), nullable=False),
        sa.Column("reason", sa.String(2000)),
        sa.Column("content", sa.LargeBinary()),
        sa.Column("status", sa.String(32), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("problem", sa.String(200)),
        sa.Column("asked_by", sa.String(64), nullable=False),
        sa.Column("asked_at", MOMENT, nullable=False),
        sa.Column("due_at", MOMENT, nullable=False),
        sa.Column("ended_at", MOMENT),
        sa.PrimaryKeyConstraint("id", name="pk_print_job"),
    )
    op.create_index("ix_print_job_printer_id", "print_job", ["printer_id"])
    op.create_index("ix_print_job_status_due_at", "print_job", ["status", "due_at"])
    columns = ["site_id", "template", "subject_id"]
    op.create_index("ix_print_job_site_id_template_subject_id", "print_job", columns)


def downgrade() -> None:
    """Drop the tables."""
    for table in ("print_job", "station_printer", "printer"):
        op.drop_table(table)
