"""The store: tablets and wall displays that are paired by a code."""

import sqlalchemy as sa
from alembic import op

revision = "0001_51_screens"
down_revision = "0001_30_station"
branch_labels = None
depends_on = None

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "screen",
        sa.Column("id", KEY, nullable=False),
        sa.Column("site_id", KEY, sa.ForeignKey("site.id", name="fk_screen_site_id_site"), nullable=True),
        sa.Column("user_id", KEY, sa.ForeignKey("user_account.id", name="fk_screen_user_id_user_account")),
        sa.Column("hash", sa.String(64), nullable=False),
        sa.Column("code", sa.String(32), nullable=True),
        sa.Column("asked_at", MOMENT, nullable=False),
        sa.Column("name", sa.String(200), nullable=True),
        sa.Column("kind", sa.String(32), nullable=True),
        sa.Column("path", sa.String(200), nullable=True),
        sa.Column("paired_at", MOMENT, nullable=True),
        sa.Column("revoked_at", MOMENT, nullable=True),
        sa.Column("seen_at", MOMENT, nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_screen"),
        sa.UniqueConstraint("hash", name="uq_screen_hash"),
        sa.UniqueConstraint("code", name="uq_screen_code"),
    )
    op.create_index("ix_screen_user_id", "screen", ["user_id"])


def downgrade() -> None:
    """Drop it."""
    op.drop_table("screen")
