"""The store: drafts of bills of material, who changed and who approved a revision."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0001_60_bom_drafts"
down_revision = "0001_72_login_sessions"
branch_labels = None
depends_on = None

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
MOMENT = sa.DateTime(timezone=True)
DOCUMENT = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")
DRAFT = sa.text("status = 'draft'")


# Without foreign keys: SQLite would have to write the table anew, and lines refer to it.
IDS = ("based_on_id", "changed_by", "approved_by")
MOMENTS = ("changed_at", "approved_at")


def upgrade() -> None:
    """Add columns, the table of typed rows, and the rule that there is one draft."""
    op.create_table(
        "bom_draft_row",
        sa.Column("bom_id", KEY, sa.ForeignKey("bom.id", name="fk_bom_draft_row_bom_id_bom"), nullable=False),
        sa.Column("key", sa.String(64), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("cells", DOCUMENT, nullable=False),
        sa.PrimaryKeyConstraint("bom_id", "key", name="pk_bom_draft_row"),
    )
    op.add_column("bom", sa.Column("version", sa.Integer(), nullable=False, server_default="1"))
    for name in IDS:
        op.add_column("bom", sa.Column(name, KEY, nullable=True))
    for name in MOMENTS:
        op.add_column("bom", sa.Column(name, MOMENT, nullable=True))
    op.create_index("uq_bom_one_draft", "bom", ["item_id"], unique=True, sqlite_where=DRAFT, postgresql_where=DRAFT)


def downgrade() -> None:
    """Take them out; drafts go with them."""
    op.drop_index("uq_bom_one_draft", "bom")
    op.drop_table("bom_draft_row")
    for name in (*MOMENTS, *IDS, "version"):
        op.drop_column("bom", name)
