"""The store: the event log and its seals."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0001_14_events"
down_revision = "0001_13_quality"
branch_labels = None
depends_on = None

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
MOMENT = sa.DateTime(timezone=True)
DOCUMENT = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "event",
        sa.Column("id", KEY, nullable=False),
        sa.Column("site_id", KEY, sa.ForeignKey("site.id", name="fk_event_site_id_site"), nullable=False),
        sa.Column("topic", sa.String(64), nullable=False),
        sa.Column("subject_type", sa.String(32), nullable=False),
        sa.Column("subject_id", sa.Integer(), nullable=False),
        sa.Column("actor", sa.String(64), nullable=True),
        sa.Column("occurred_at", MOMENT, nullable=False),
        sa.Column("recorded_at", MOMENT, nullable=False),
        sa.Column("data", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_event"),
    )
    op.create_index("ix_event_subject_type_subject_id", "event", ["subject_type", "subject_id"])
    op.create_index("ix_event_topic", "event", ["topic"])
    op.create_table(
        "event_seal",
        sa.Column("position", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("event_id", KEY, sa.ForeignKey("event.id", name="fk_event_seal_event_id_event"), nullable=False),
        sa.Column("site_id", KEY, sa.ForeignKey("site.id", name="fk_event_seal_site_id_site"), nullable=False),
        sa.Column("hash", sa.String(64), nullable=False),
        sa.PrimaryKeyConstraint("position", name="pk_event_seal"),
        sa.UniqueConstraint("event_id", name="uq_event_seal_event_id"),
    )
    op.create_index("ix_event_seal_site_id", "event_seal", ["site_id"])
    op.create_table(
        "event_cursor",
        sa.Column("consumer", sa.String(64), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("consumer", name="pk_event_cursor"),
    )
    op.create_table(
        "lease",
        sa.Column("name", sa.String(64), nullable=False),
        sa.Column("holder", sa.String(64), nullable=False),
        sa.Column("fence", sa.Integer(), nullable=False),
        sa.Column("until", MOMENT, nullable=False),
        sa.Column("info", DOCUMENT, nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_lease"),
    )
    op.create_table(
        "idempotency_key",
        sa.Column(
            "user_id",
            KEY,
            sa.ForeignKey("user_account.id", name="fk_idempotency_key_user_id_user_account"),
            nullable=False,
        ),
        sa.Column("key", sa.String(64), nullable=False),
        sa.Column("payload_hash", sa.String(64), nullable=False),
        sa.Column("status", sa.Integer(), nullable=False),
        sa.Column("answer", DOCUMENT, nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("user_id", "key", name="pk_idempotency_key"),
    )


def downgrade() -> None:
    """Drop them."""
    op.drop_table("idempotency_key")
    op.drop_table("lease")
    op.drop_table("event_cursor")
    op.drop_table("event_seal")
    op.drop_table("event")
