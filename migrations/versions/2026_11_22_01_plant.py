"""The store: sites, lines, stations and machines."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0001_01_plant"
down_revision = None
branch_labels = None
depends_on = None

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
DOCUMENT = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "site",
        sa.Column("id", KEY, nullable=False),
        sa.Column("code", sa.String(64), nullable=False),
        sa.Column("name", sa.String(200), nullable=False),
        sa.Column("name_zh", sa.String(200), nullable=True),
        sa.Column("zone", sa.String(64), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_site"),
        sa.UniqueConstraint("code", name="uq_site_code"),
    )
    op.create_table(
        "area",
        sa.Column("id", KEY, nullable=False),
        sa.Column("site_id", KEY, sa.ForeignKey("site.id", name="fk_area_site_id_site"), nullable=False),
        sa.Column("code", sa.String(64), nullable=False),
        sa.Column("name", sa.String(200), nullable=False),
        sa.Column("name_zh", sa.String(200), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_area"),
        sa.UniqueConstraint("site_id", "code", name="uq_area_site_id_code"),
    )
    op.create_index("ix_area_site_id", "area", ["site_id"])
    op.create_table(
        "line",
        sa.Column("id", KEY, nullable=False),
        sa.Column("site_id", KEY, sa.ForeignKey("site.id", name="fk_line_site_id_site"), nullable=False),
        sa.Column("area_id", KEY, sa.ForeignKey("area.id", name="fk_line_area_id_area"), nullable=True),
        sa.Column("code", sa.String(64), nullable=False),
        sa.Column("name", sa.String(200), nullable=False),
        sa.Column("name_zh", sa.String(200), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_line"),
        sa.UniqueConstraint("site_id", "code", name="uq_line_site_id_code"),
    )
    op.create_index("ix_line_area_id", "line", ["area_id"])
    op.create_index("ix_line_site_id", "line", ["site_id"])
    op.create_table(
        "location",
        sa.Column("id", KEY, nullable=False),
        sa.Column("site_id", KEY, sa.ForeignKey("site.id", name="fk_location_site_id_site"), nullable=False),
        sa.Column("code", sa.String(64), nullable=False),
        sa.Column("name", sa.String(200), nullable=False),
        sa.Column("name_zh", sa.String(200), nullable=True),
        sa.Column("kind", sa.String(32), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_location"),
        sa.UniqueConstraint("site_id", "code", name="uq_location_site_id_code"),
    )
    op.create_index("ix_location_site_id", "location", ["site_id"])
    op.create_table(
        "station",
        sa.Column("id", KEY, nullable=False),
        sa.Column("site_id", KEY, sa.ForeignKey("site.id", name="fk_station_site_id_site"), nullable=False),
        sa.Column("line_id", KEY, sa.ForeignKey("line.id", name="fk_station_line_id_line"), nullable=False),
        sa.Column("code", sa.String(64), nullable=False),
        sa.Column("name", sa.String(200), nullable=False),
        sa.Column("name_zh", sa.String(200), nullable=True),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("capacity", sa.Integer(), nullable=False),
        sa.Column("shifts", DOCUMENT, nullable=False),
        sa.Column(
            "location_id", KEY, sa.ForeignKey("location.id", name="fk_station_location_id_location"), nullable=True
        ),
        sa.Column("retired", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_station"),
        sa.UniqueConstraint("site_id", "code", name="uq_station_site_id_code"),
    )
    op.create_index("ix_station_line_id", "station", ["line_id"])
    op.create_index("ix_station_location_id", "station", ["location_id"])
    op.create_index("ix_station_site_id", "station", ["site_id"])
    op.create_table(
        "machine",
        sa.Column("id", KEY, nullable=False),
        sa.Column("site_id", KEY, sa.ForeignKey("site.id", name="fk_machine_site_id_site"), nullable=False),
        sa.Column("station_id", KEY, sa.ForeignKey("station.id", name="fk_machine_station_id_station"), nullable=True),
        sa.Column("code", sa.String(64), nullable=False),
        sa.Column("name", sa.String(200), nullable=False),
        sa.Column("name_zh", sa.String(200), nullable=True),
        sa.Column("retired", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_machine"),
        sa.UniqueConstraint("site_id", "code", name="uq_machine_site_id_code"),
    )
    op.create_index("ix_machine_site_id", "machine", ["site_id"])
    op.create_index("ix_machine_station_id", "machine", ["station_id"])
    op.create_table(
        "number_series",
        sa.Column("site_id", KEY, sa.ForeignKey("site.id", name="fk_number_series_site_id_site"), nullable=False),
        sa.Column("series", sa.String(64), nullable=False),
        sa.Column("next", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("site_id", "series", name="pk_number_series"),
    )
    op.create_table(
        "setting",
        sa.Column("site_id", KEY, sa.ForeignKey("site.id", name="fk_setting_site_id_site"), nullable=False),
        sa.Column("name", sa.String(32), nullable=False),
        sa.Column("value", DOCUMENT, nullable=False),
        sa.PrimaryKeyConstraint("site_id", "name", name="pk_setting"),
    )


def downgrade() -> None:
    """Drop them."""
    op.drop_table("setting")
    op.drop_table("number_series")
    op.drop_table("machine")
    op.drop_table("station")
    op.drop_table("location")
    op.drop_table("line")
    op.drop_table("area")
    op.drop_table("site")
