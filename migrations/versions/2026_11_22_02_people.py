"""The store: people, skills, shifts and logins."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0001_02_people"
down_revision = "0001_01_plant"
branch_labels = None
depends_on = None

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
MOMENT = sa.DateTime(timezone=True)
DOCUMENT = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "person",
        sa.Column("id", KEY, nullable=False),
        sa.Column("site_id", KEY, sa.ForeignKey("site.id", name="fk_person_site_id_site"), nullable=False),
        sa.Column("code", sa.String(64), nullable=False),
        sa.Column("name", sa.String(200), nullable=True),
        sa.Column("name_zh", sa.String(200), nullable=True),
        sa.Column("phone", sa.String(64), nullable=True),
        sa.Column("badge", sa.String(64), nullable=True),
        sa.Column("is_lead", sa.Boolean(), nullable=False),
        sa.Column("line_id", KEY, sa.ForeignKey("line.id", name="fk_person_line_id_line"), nullable=True),
        sa.Column("retired", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_person"),
        sa.UniqueConstraint("site_id", "badge", name="uq_person_site_id_badge"),
        sa.UniqueConstraint("site_id", "code", name="uq_person_site_id_code"),
    )
    op.create_index("ix_person_line_id", "person", ["line_id"])
    op.create_index("ix_person_site_id", "person", ["site_id"])
    op.create_table(
        "skill",
        sa.Column("id", KEY, nullable=False),
        sa.Column("site_id", KEY, sa.ForeignKey("site.id", name="fk_skill_site_id_site"), nullable=False),
        sa.Column("code", sa.String(64), nullable=False),
        sa.Column("name", sa.String(200), nullable=False),
        sa.Column("name_zh", sa.String(200), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_skill"),
        sa.UniqueConstraint("site_id", "code", name="uq_skill_site_id_code"),
    )
    op.create_index("ix_skill_site_id", "skill", ["site_id"])
    op.create_table(
        "person_skill",
        sa.Column(
            "person_id", KEY, sa.ForeignKey("person.id", name="fk_person_skill_person_id_person"), nullable=False
        ),
        sa.Column("skill_id", KEY, sa.ForeignKey("skill.id", name="fk_person_skill_skill_id_skill"), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=True),
        sa.Column("valid_until", sa.Date(), nullable=True),
        sa.PrimaryKeyConstraint("person_id", "skill_id", name="pk_person_skill"),
    )
    op.create_table(
        "shift_pattern",
        sa.Column("id", KEY, nullable=False),
        sa.Column("site_id", KEY, sa.ForeignKey("site.id", name="fk_shift_pattern_site_id_site"), nullable=False),
        sa.Column("code", sa.String(64), nullable=False),
        sa.Column("name", sa.String(200), nullable=False),
        sa.Column("name_zh", sa.String(200), nullable=True),
        sa.Column("weekdays", DOCUMENT, nullable=False),
        sa.Column("start_min", sa.Integer(), nullable=False),
        sa.Column("end_min", sa.Integer(), nullable=False),
        sa.Column("breaks", DOCUMENT, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_shift_pattern"),
        sa.UniqueConstraint("site_id", "code", name="uq_shift_pattern_site_id_code"),
    )
    op.create_index("ix_shift_pattern_site_id", "shift_pattern", ["site_id"])
    op.create_table(
        "calendar_day",
        sa.Column("site_id", KEY, sa.ForeignKey("site.id", name="fk_calendar_day_site_id_site"), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("kind", sa.String(32), nullable=False),
        sa.Column("name", sa.String(200), nullable=True),
        sa.PrimaryKeyConstraint("site_id", "day", name="pk_calendar_day"),
    )
    op.create_table(
        "roster",
        sa.Column("id", KEY, nullable=False),
        sa.Column("site_id", KEY, sa.ForeignKey("site.id", name="fk_roster_site_id_site"), nullable=False),
        sa.Column("person_id", KEY, sa.ForeignKey("person.id", name="fk_roster_person_id_person"), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column(
            "shift_id", KEY, sa.ForeignKey("shift_pattern.id", name="fk_roster_shift_id_shift_pattern"), nullable=False
        ),
        sa.Column("station_id", KEY, sa.ForeignKey("station.id", name="fk_roster_station_id_station"), nullable=True),
        sa.Column("absent", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_roster"),
        sa.UniqueConstraint("person_id", "day", "shift_id", name="uq_roster_person_id_day_shift_id"),
    )
    op.create_index("ix_roster_day", "roster", ["day"])
    op.create_index("ix_roster_person_id", "roster", ["person_id"])
    op.create_index("ix_roster_site_id", "roster", ["site_id"])
    op.create_table(
        "user_account",
        sa.Column("id", KEY, nullable=False),
        sa.Column("site_id", KEY, sa.ForeignKey("site.id", name="fk_user_account_site_id_site"), nullable=False),
        sa.Column("name", sa.String(64), nullable=False),
        sa.Column("password_hash", sa.String(200), nullable=False),
        sa.Column("person_id", KEY, sa.ForeignKey("person.id", name="fk_user_account_person_id_person"), nullable=True),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("session_epoch", sa.Integer(), nullable=False),
        sa.Column("failed_count", sa.Integer(), nullable=False),
        sa.Column("locked_until", MOMENT, nullable=True),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_user_account"),
        sa.UniqueConstraint("name", name="uq_user_account_name"),
    )
    op.create_index("ix_user_account_person_id", "user_account", ["person_id"])
    op.create_index("ix_user_account_site_id", "user_account", ["site_id"])
    op.create_table(
        "user_role",
        sa.Column(
            "user_id", KEY, sa.ForeignKey("user_account.id", name="fk_user_role_user_id_user_account"), nullable=False
        ),
        sa.Column("role", sa.String(32), nullable=False),
        sa.PrimaryKeyConstraint("user_id", "role", name="pk_user_role"),
    )
    op.create_table(
        "api_token",
        sa.Column("id", KEY, nullable=False),
        sa.Column(
            "user_id", KEY, sa.ForeignKey("user_account.id", name="fk_api_token_user_id_user_account"), nullable=False
        ),
        sa.Column("name", sa.String(200), nullable=False),
        sa.Column("hash", sa.String(64), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("last_used_at", MOMENT, nullable=True),
        sa.Column("revoked_at", MOMENT, nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_api_token"),
        sa.UniqueConstraint("hash", name="uq_api_token_hash"),
    )
    op.create_index("ix_api_token_user_id", "api_token", ["user_id"])


def downgrade() -> None:
    """Drop them."""
    op.drop_table("api_token")
    op.drop_table("user_role")
    op.drop_table("user_account")
    op.drop_table("roster")
    op.drop_table("calendar_day")
    op.drop_table("shift_pattern")
    op.drop_table("person_skill")
    op.drop_table("skill")
    op.drop_table("person")
