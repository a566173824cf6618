"""The store: views that people keep of a list."""

import sqlalchemy as sa
from alembic import op

revision = "0001_50_views"
down_revision = "0001_20_skipped_tasks"
branch_labels = None
depends_on = None

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Make the table."""
    user = sa.ForeignKey("user_account.id", name="fk_saved_view_user_id_user_account")
    op.create_table(
        "saved_view",
        sa.Column("id", KEY, nullable=False),
        sa.Column("site_id", KEY, sa.ForeignKey("site.id", name="fk_saved_view_site_id_site"), nullable=False),
        sa.Column("user_id", KEY, user, nullable=False),
        sa.Column("place", sa.String(64), nullable=False),
        sa.Column("name", sa.String(64), nullable=False),
        sa.Column("query", sa.String(2000), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_saved_view"),
        sa.UniqueConstraint("user_id", "place", "name", name="uq_saved_view_user_id_place_name"),
    )
    op.create_index("ix_saved_view_user_id", "saved_view", ["user_id"])


def downgrade() -> None:
    """Drop it."""
    op.drop_table("saved_view")
