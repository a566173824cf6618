"""The store: drafts of routings, and the steps that can be taken back."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0001_63_routing_drafts"
down_revision = "0001_41_counts_and_stops"
branch_labels = None
depends_on = None

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
MOMENT = sa.DateTime(timezone=True)
DOCUMENT = sa.JSON().with_variant(JSONB(), "postgresql")


def _to(name: str, table: str, target: str, **more: object) -> sa.Column:
    """A column that refers to another table."""
    column, _, key = target.partition(".")
    return sa.Column(name, KEY, sa.ForeignKey(f"{column}.{key}", name=f"fk_{table}_{name}_{column}"), **more)


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "routing_draft",
        _to("routing_id", "routing_draft", "routing.id", nullable=False, autoincrement=False),
        _to("site_id", "routing_draft", "site.id", nullable=False),
        _to("item_id", "routing_draft", "item.id", nullable=False),
        _to("base_id", "routing_draft", "routing.id", nullable=True),
        sa.Column("base_hash", sa.String(32), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("content", DOCUMENT, nullable=False),
        _to("changed_by", "routing_draft", "user_account.id", nullable=True),
        sa.Column("changed_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("routing_id", name="pk_routing_draft"),
        sa.UniqueConstraint("item_id", name="uq_routing_draft_item_id"),
    )
    op.create_index("ix_routing_draft_site_id", "routing_draft", ["site_id"])
    op.create_table(
        "routing_step",
        sa.Column("id", KEY, nullable=False),
        _to("routing_id", "routing_step", "routing_draft.routing_id", nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("undone", sa.Boolean(), nullable=False),
        sa.Column("before", DOCUMENT, nullable=False),
        sa.Column("after", DOCUMENT, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_routing_step"),
        sa.UniqueConstraint("routing_id", "number", name="uq_routing_step_routing_id_number"),
    )


def downgrade() -> None:
    """Drop them; drafts are given up, their headers would mean nothing."""
    op.drop_table("routing_step")
    op.drop_table("routing_draft")
    op.execute("DELETE FROM routing WHERE status = 'draft'")
