"""Who may administer."""

from sqlalchemy import func, select

from app.db import db
from app.models import User, UserRole


def count() -> int:
    """How many active administrators there are, in all sites."""
    query = select(func.count()).select_from(UserRole).join(User, User.id == UserRole.user_id)
    return db.session.scalar(query.where(UserRole.role == "admin", User.active.is_(True))) or 0
