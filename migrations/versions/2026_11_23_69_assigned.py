"""The store: to whom a notice was given, and from where a lead moved a person."""

import sqlalchemy as sa
from alembic import op

revision = "0001_69_assigned"
down_revision = "0001_65_inspections"
branch_labels = None
depends_on = None

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Make the columns."""
    with op.batch_alter_table("notice") as table:
        table.add_column(sa.Column("assigned_to", KEY, nullable=True))
        table.create_foreign_key("fk_notice_assigned_to_person", "person", ["assigned_to"], ["id"])
    with op.batch_alter_table("roster") as table:
        table.add_column(sa.Column("moved_from_id", KEY, nullable=True))
        table.create_foreign_key("fk_roster_moved_from_id_station", "station", ["moved_from_id"], ["id"])


def downgrade() -> None:
    """Drop them."""
    with op.batch_alter_table("roster") as table:
        table.drop_constraint("fk_roster_moved_from_id_station", type_="foreignkey")
        table.drop_column("moved_from_id")
    with op.batch_alter_table("notice") as table:
        table.drop_constraint("fk_notice_assigned_to_person", type_="foreignkey")
        table.drop_column("assigned_to")
