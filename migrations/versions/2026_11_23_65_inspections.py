"""The store: calibrations, the checks of an inspection plan, and inspections that fall due by it."""

import sqlalchemy as sa
from alembic import op

revision = "0001_65_inspections"
down_revision = "0001_60_bom_drafts"
branch_labels = None
depends_on = None

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
MOMENT = sa.DateTime(timezone=True)
LINKS = {"plan_id": "inspection_plan", "report_id": "report", "station_id": "station",
         "nonconformance_id": "nonconformance", "user_id": "user_account"}  # fmt: skip
INDEXED = ("plan_id", "report_id", "nonconformance_id")
PLAIN = {
    "cause": (sa.String(32), ""), "trigger": (sa.String(64), None), "lot_size": (sa.BigInteger(), "1000000"),
    "size": (sa.Integer(), "1"), "accept": (sa.Integer(), "0"), "reject": (sa.Integer(), "1"),
    "severity": (sa.String(32), "normal"), "nonconforming": (sa.Integer(), None), "measured_at": (MOMENT, None),
    "done_at": (MOMENT, None),
}  # fmt: skip


def _to(table: str, name: str, target: str, nullable: bool = False) -> sa.Column[int]:
    return sa.Column(name, KEY, sa.ForeignKey(f"{target}.id", name=f"fk_{table}_{name}_{target}"), nullable=nullable)


def upgrade() -> None:
    """Make the tables and columns."""
    for column in (sa.Column("unit", sa.String(32)), sa.Column("range_from", sa.BigInteger()),
                   sa.Column("range_to", sa.BigInteger()), sa.Column("retired_on", sa.Date())):  # fmt: skip
        op.add_column("instrument", column)
    op.add_column("inspection_plan", sa.Column("pieces", sa.Integer(), nullable=False, server_default="1"))
    op.create_table(
        "calibration",
        sa.Column("id", KEY, nullable=False),
        _to("calibration", "site_id", "site"),
        _to("calibration", "instrument_id", "instrument"),
        sa.Column("done_on", sa.Date(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("result", sa.String(32), nullable=False),
        sa.Column("certificate", sa.String(200), nullable=True),
        sa.Column("note", sa.String(2000), nullable=True),
        _to("calibration", "user_id", "user_account", nullable=True),
        sa.Column("at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_calibration"),
    )
    op.create_index("ix_calibration_instrument_id", "calibration", ["instrument_id"])
    _checks()
    _inspections()


def _checks() -> None:
    op.create_table(
        "inspection_check",
        sa.Column("id", KEY, nullable=False),
        _to("inspection_check", "plan_id", "inspection_plan"),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("code", sa.String(64), nullable=False),
        sa.Column("name", sa.String(200), nullable=False),
        sa.Column("name_zh", sa.String(200), nullable=True),
        sa.Column("kind", sa.String(32), nullable=False),
        sa.Column("unit", sa.String(32), nullable=True),
        sa.Column("lower", sa.BigInteger(), nullable=True),
        sa.Column("target", sa.BigInteger(), nullable=True),
        sa.Column("upper", sa.BigInteger(), nullable=True),
        sa.Column("by_instrument", sa.Boolean(), nullable=False),
        sa.Column("retired", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_inspection_check"),
        sa.UniqueConstraint("plan_id", "code", name="uq_inspection_check_plan_id_code"),
    )


def _inspections() -> None:
    with op.batch_alter_table("inspection") as table:
        for name, (kind, usual) in PLAIN.items():
            table.add_column(sa.Column(name, kind, nullable=usual is None, server_default=usual))
        for name, target in LINKS.items():
            table.add_column(sa.Column(name, KEY, nullable=True))
            table.create_foreign_key(f"fk_inspection_{name}_{target}", target, [name], ["id"])
        table.create_unique_constraint("uq_inspection_site_id_trigger", ["site_id", "trigger"])
    for name in INDEXED:
        op.create_index(f"ix_inspection_{name}", "inspection", [name])
    op.create_index("ix_inspection_site_id_verdict_at", "inspection", ["site_id", "verdict", "at"])
    with op.batch_alter_table("measurement") as table:
        table.add_column(sa.Column("inspection_id", KEY, nullable=True))
        table.add_column(sa.Column("piece", sa.Integer(), nullable=True))
        table.create_foreign_key("fk_measurement_inspection_id_inspection", "inspection", ["inspection_id"], ["id"])
    op.create_index("ix_measurement_inspection_id", "measurement", ["inspection_id"])


def downgrade() -> None:
    """Take them back."""
    op.drop_index("ix_measurement_inspection_id", "measurement")
    with op.batch_alter_table("measurement") as table:
        table.drop_constraint("fk_measurement_inspection_id_inspection", type_="foreignkey")
        table.drop_column("piece")
        table.drop_column("inspection_id")
    op.drop_index("ix_inspection_site_id_verdict_at", "inspection")
    for name in INDEXED:
        op.drop_index(f"ix_inspection_{name}", "inspection")
    with op.batch_alter_table("inspection") as table:
        table.drop_constraint("uq_inspection_site_id_trigger", type_="unique")
        for name, target in LINKS.items():
            table.drop_constraint(f"fk_inspection_{name}_{target}", type_="foreignkey")
            table.drop_column(name)
        for name in PLAIN:
            table.drop_column(name)
    op.drop_table("inspection_check")
    op.drop_column("inspection_plan", "pieces")
    op.drop_table("calibration")
    for name in ("retired_on", "range_to", "range_from", "unit"):
        op.drop_column("instrument", name)
