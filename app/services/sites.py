"""Sites: made by import or with the first administrator."""

from datetime import datetime

from sqlalchemy import select

from app import events
from app.db import transaction
from app.models import Site


def ensure(code: str, now: datetime, name: str | None = None, zone: str = "UTC") -> int:
    """The id of a site, made when it is not there."""
    with transaction() as session:
        known = session.scalar(select(Site.id).where(Site.code == code))
        if known:
            return known
        site = Site(code=code, name=name or code, zone=zone)
        session.add(site)
        session.flush()
        events.record(session, site.id, "site.created", ("site", site.id), None, now)
        return site.id
