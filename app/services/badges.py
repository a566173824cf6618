"""Badges: an opaque random code that names a person here and can be taken back; never a secret."""

import secrets
from datetime import datetime

from sqlalchemy import select

from app import events
from app.db import transaction
from app.errors import NotFound
from app.models import Person
from devices.codes import LIMIT, Kind, make


def issue(site_id: int, person_id: int, actor: str | None, now: datetime) -> str:
    """Give a person a new badge and its code; an earlier one opens nothing any more."""
    with transaction() as session:
        row = session.get(Person, person_id)
        if row is None or row.site_id != site_id or row.retired:
            raise NotFound("person.unknown")
        code = make(Kind.BADGE, secrets.randbelow(LIMIT))
        while session.scalar(select(Person.id).where(Person.site_id == site_id, Person.badge == code)):
            code = make(Kind.BADGE, secrets.randbelow(LIMIT))
        row.badge = code
        events.record(session, site_id, "badge.issued", ("person", person_id), actor, now)
        return code
