"""Electronic signatures: a person says what they mean and enters their secret again; the content is kept as its hash.

Name, time and meaning belong to the signature (21 CFR 11.50), and it is bound to what was signed (11.70): the hash
covers the content as it was, the event tells it in the chain.
"""

import hashlib
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from app import events
from app.db import canonical, db
from app.errors import Forbidden, Invalid
from app.models import Signature, User
from app.services.users import sign_in

MEANINGS = ("concession", "release", "effectiveness", "report")


def check_secret(user_id: int | None, secret: str, now: datetime) -> None:
    """Refuse unless it is the user's own secret; wrong ones count like a failed sign-in. Outside any transaction."""
    if not secret:
        raise Invalid("sign.secret_missing")
    user = db.session.get(User, user_id) if user_id is not None else None
    if user is None or not user.active:
        raise Forbidden("sign.nobody")
    sign_in(user.name, secret, now)  # counts a failure, and lets nobody guess on while he has to wait


def sign(
    session: Session, site_id: int, subject: tuple[str, int], meaning: str, content: Mapping[str, Any],
    user_id: int | None, actor: str, now: datetime,
) -> int:  # fmt: skip
    """Put a signature under content, inside the transaction of what it allows; the secret was checked before."""
    if meaning not in MEANINGS:
        raise Invalid("value.wrong", field="meaning", value=meaning[:20])
    if user_id is None:
        raise Forbidden("sign.nobody")
    digest = hashlib.sha256(canonical(dict(content)).encode()).hexdigest()
    row = Signature(site_id=site_id, subject_type=subject[0], subject_id=subject[1], meaning=meaning, user_id=user_id,
                    content_hash=digest, at=now)  # fmt: skip
    session.add(row)
    session.flush()
    events.record(session, site_id, "signature.made", subject, actor, now,
                  {"signature": row.id, "meaning": meaning, "hash": digest})  # fmt: skip
    return row.id


__all__ = ["MEANINGS", "check_secret", "sign"]
