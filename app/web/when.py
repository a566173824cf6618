"""Times that people type: a form's date and time in the site's zone."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from app.auth import identity
from app.errors import Invalid


def local_moment(value: str | None, field: str) -> datetime:
    """The moment behind a ``datetime-local`` field of the site's zone; Invalid when it is none."""
    try:
        found = datetime.fromisoformat(value or "")
    except ValueError:
        raise Invalid("value.wrong", field=field, value=(value or "")[:40]) from None
    if found.tzinfo is None:
        found = found.replace(tzinfo=ZoneInfo(identity().zone or "UTC"))
    return found.astimezone(UTC)


__all__ = ["local_moment"]
