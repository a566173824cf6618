"""People, skills, shifts and who may sign in. Names live here alone, so that they can be erased."""

from datetime import date

from sqlalchemy import UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.db import Code, Document, Key, Model, Moment, Name, Text, Word, to


class Person(Model):
    """Somebody who works here; ``badge`` is the printed badge's code and can be revoked."""

    __tablename__ = "person"
    __table_args__ = (UniqueConstraint("site_id", "code"), UniqueConstraint("site_id", "badge"))
    id: Mapped[Key]
    site_id: Mapped[int] = to("site.id")
    code: Mapped[Code]
    name: Mapped[Name | None]
    name_zh: Mapped[Name | None]
    phone: Mapped[Code | None]
    badge: Mapped[Code | None]
    is_lead: Mapped[bool] = mapped_column(default=False)
    line_id: Mapped[int | None] = to("line.id", nullable=True)
    retired: Mapped[bool] = mapped_column(default=False)


class Skill(Model):
    """Something a person must be able to do."""

    __tablename__ = "skill"
    __table_args__ = (UniqueConstraint("site_id", "code"),)
    id: Mapped[Key]
    site_id: Mapped[int] = to("site.id")
    code: Mapped[Code]
    name: Mapped[Name]
    name_zh: Mapped[Name | None]


class PersonSkill(Model):
    """A person's skill, from and until (inclusive) a day."""

    __tablename__ = "person_skill"
    person_id: Mapped[int] = to("person.id", primary_key=True)
    skill_id: Mapped[int] = to("skill.id", primary_key=True)
    valid_from: Mapped[date | None]
    valid_until: Mapped[date | None]


class ShiftPattern(Model):
    """A shift: minutes after midnight in the site's zone; ``end_min`` beyond 1440 runs into the next day.

    ``weekdays`` holds 0 (Monday) to 6; ``breaks`` are pairs of minutes after the same midnight.
    """

    __tablename__ = "shift_pattern"
    __table_args__ = (UniqueConstraint("site_id", "code"),)
    id: Mapped[Key]
    site_id: Mapped[int] = to("site.id")
    code: Mapped[Code]
    name: Mapped[Name]
    name_zh: Mapped[Name | None]
    weekdays: Mapped[list[int]] = mapped_column(Document)
    start_min: Mapped[int]
    end_min: Mapped[int]
    breaks: Mapped[list[list[int]]] = mapped_column(Document, default=list)


class CalendarDay(Model):
    """A day that differs from the week: ``holiday`` or make-up ``workday`` (调休)."""

    __tablename__ = "calendar_day"
    site_id: Mapped[int] = to("site.id", primary_key=True)
    day: Mapped[date] = mapped_column(primary_key=True)
    kind: Mapped[Word]
    name: Mapped[Name | None]


class Roster(Model):
    """Who works which shift where on a business date; ``absent`` says who does not come.

    ``moved_from_id`` is where somebody was to work before a lead moved them.
    """

    __tablename__ = "roster"
    __table_args__ = (UniqueConstraint("person_id", "day", "shift_id"),)
    id: Mapped[Key]
    site_id: Mapped[int] = to("site.id")
    person_id: Mapped[int] = to("person.id")
    day: Mapped[date] = mapped_column(index=True)
    shift_id: Mapped[int] = to("shift_pattern.id", index=False)
    station_id: Mapped[int | None] = to("station.id", index=False, nullable=True)
    absent: Mapped[bool] = mapped_column(default=False)
    moved_from_id: Mapped[int | None] = to("station.id", index=False, nullable=True)


class User(Model):
    """A login. ``session_epoch`` is raised to end all its sessions."""

    __tablename__ = "user_account"
    id: Mapped[Key]
    site_id: Mapped[int] = to("site.id")
    name: Mapped[Code] = mapped_column(unique=True)
    password_hash: Mapped[Name]
    person_id: Mapped[int | None] = to("person.id", nullable=True)
    active: Mapped[bool] = mapped_column(default=True)
    session_epoch: Mapped[int] = mapped_column(default=0)
    failed_count: Mapped[int] = mapped_column(default=0)
    locked_until: Mapped[Moment | None]
    created_at: Mapped[Moment]


class UserRole(Model):
    """A role of a user; what a role may do stands in ``app.auth.policy``."""

    __tablename__ = "user_role"
    user_id: Mapped[int] = to("user_account.id", primary_key=True)
    role: Mapped[Word] = mapped_column(primary_key=True)


class LoginSession(Model):
    """A browser in which somebody signed in: from where, since when, last seen; ``hash`` is that of its cookie's key.

    ``confirmed_at`` is when the secret was last entered in it: what releases, undoes or overrides asks for it again.
    """

    __tablename__ = "login_session"
    id: Mapped[Key]
    user_id: Mapped[int] = to("user_account.id")
    hash: Mapped[Code] = mapped_column(unique=True)
    address: Mapped[Code]
    device: Mapped[Name]
    started_at: Mapped[Moment]
    seen_at: Mapped[Moment]
    confirmed_at: Mapped[Moment]
    ended_at: Mapped[Moment | None]


class ApiToken(Model):
    """A personal token for the API; only its hash is kept."""

    __tablename__ = "api_token"
    id: Mapped[Key]
    user_id: Mapped[int] = to("user_account.id")
    name: Mapped[Name]
    hash: Mapped[Code] = mapped_column(unique=True)
    created_at: Mapped[Moment]
    last_used_at: Mapped[Moment | None]
    revoked_at: Mapped[Moment | None]


class SavedView(Model):
    """How somebody narrows and sorts a list (``place``), under a name; ``query`` is that of the address."""

    __tablename__ = "saved_view"
    __table_args__ = (UniqueConstraint("user_id", "place", "name"),)
    id: Mapped[Key]
    site_id: Mapped[int] = to("site.id", index=False)
    user_id: Mapped[int] = to("user_account.id")
    place: Mapped[Code]
    name: Mapped[Code]
    query: Mapped[Text]
    created_at: Mapped[Moment]


class Screen(Model):
    """A tablet or wall display that was paired by a code: it shows its place without anybody's password.

    It acts as a login of its own (``user_id``) with the role of its kind. ``hash`` is that of the secret its browser
    keeps; ``code`` is what it shows until somebody with the right confirms it.
    """

    __tablename__ = "screen"
    id: Mapped[Key]
    site_id: Mapped[int | None] = to("site.id", index=False, nullable=True)
    user_id: Mapped[int | None] = to("user_account.id", nullable=True)
    hash: Mapped[Code] = mapped_column(unique=True)
    code: Mapped[Word | None] = mapped_column(unique=True)
    asked_at: Mapped[Moment]
    name: Mapped[Name | None]
    kind: Mapped[Word | None]
    path: Mapped[Name | None]
    paired_at: Mapped[Moment | None]
    revoked_at: Mapped[Moment | None]
    seen_at: Mapped[Moment | None]
